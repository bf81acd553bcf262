#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# All tests: check.sh JOBS [plain] [sanitize] [thread]
# Without a choice: the normal build, and one with the address and undefined sanitizers. Warnings are
# errors in the normal build; sanitizers make the compiler warn of what is not so. A failure
# in the first does not hide those of the second. Or one with the thread sanitizer.
set -eu

cd "$(dirname "$0")/.."
jobs="$1"
shift
[ $# -gt 0 ] || set -- plain sanitize
meson="/usr/bin/python3 /usr/bin/meson"

suite()
{
	folder="$1"
	shift
	# A log of an earlier run must not be taken for this one's.
	rm -f "$folder/meson-logs/testlog.json"
	[ -e "$folder/build.ninja" ] || $meson setup "$folder" "$@" || return 1
	ninja -C "$folder" -j "$jobs" || return 1
	# Twice as many tests as processors: half of them wait for a clock or a disk.
	$meson test -C "$folder" --no-rebuild --print-errorlogs --num-processes $((2 * jobs)) \
		--timeout-multiplier 4
}

# BIND's tools print local times; ours print UTC.
export TZ=UTC LC_ALL=C.UTF-8
status=0
for kind in "$@"; do
	case "$kind" in
	plain)
		suite build-check --werror || status=1
		;;
	sanitize)
		# Compiled in half the time of the usual form, and hardly slower.
		suite build-sanitize -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 \
			-Dc_args='-fno-sanitize-recover=all -g1' || status=1
		;;
	thread)
		export TSAN_OPTIONS="suppressions=$PWD/scripts/thread.suppressions ${TSAN_OPTIONS:-}"
		suite build-thread -Db_sanitize=thread -Db_lundef=false -Doptimization=1 \
			-Dc_args=-g1 || status=1
		;;
	*)
		echo "check.sh: $kind is none of plain, sanitize, thread" >&2
		status=1
		;;
	esac
done
exit $status
