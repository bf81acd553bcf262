#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Builds the libFuzzer targets and runs each for a while: fuzz.sh FOLDER SECONDS JOBS
# New inputs stay in FOLDER/found; those worth keeping are moved to tests/fuzz/corpus by hand.
set -eu

cd "$(dirname "$0")/.."
folder="$1" seconds="$2" jobs="$3"
[ -e "$folder/build.ninja" ] ||
	CC=clang /usr/bin/python3 /usr/bin/meson setup "$folder" -Dfuzz=true \
		-Db_sanitize=address,undefined -Db_lundef=false
ninja -C "$folder" -j "$jobs" fuzzers

status=0
ran=0
for program in "$folder"/tests/fuzz/fuzz_*; do
	[ -f "$program" ] && [ -x "$program" ] || continue
	name="${program##*/fuzz_}"
	mkdir -p "$folder/found/$name"
	echo "== $name: $seconds s"
	ran=$((ran + 1))
	"$program" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -verbosity=0 -print_final_stats=1 \
		-artifact_prefix="$folder/found/$name-" \
		"$folder/found/$name" "tests/fuzz/corpus/$name" || status=1
done
if [ "$ran" -eq 0 ]; then
	echo "fuzz.sh: no fuzzer was built in $folder/tests/fuzz" >&2
	exit 1
fi
exit $status
