#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The main job on an example zone: keys, sign, verify; then three kinds of damage, each of which
# has taken down a real zone, and what verify says of it. demo_files.sh HOLDFAST
set -eu

program="$(realpath "$1")"
source="$(realpath "$(dirname "$0")/../examples/example.zone")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work"
cp "$source" example.zone

bold='' plain=''
if [ -t 1 ]; then
	bold="$(printf '\033[1m')" plain="$(printf '\033[0m')"
fi

say()
{
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

# Shows a holdfast command, runs it, and insists on its exit code: show CODE ARGUMENTS...
show()
{
	expected="$1"
	shift
	printf '$ holdfast %s\n' "$*"
	status=0
	"$program" "$@" 2>&1 || status=$?
	printf '(exit code %d)\n' "$status"
	if [ "$status" -ne "$expected" ]; then
		echo "demo_files.sh: the exit code should have been $expected" >&2
		exit 1
	fi
}

# A signed zone file has one record a line: owner, TTL, class, type, data. Lines of that type, and
# the signatures over it, at the owner (- for any): of_type drop|keep OWNER TYPE FILE
of_type()
{
	awk -v keep="$1" -v owner="$2" -v type="$3" '
		{ hit = (owner == "-" || $1 == owner) && ($4 == type || ($4 == "RRSIG" && $5 == type)) }
		hit == (keep == "keep")' "$4"
}

say "1. Make keys: one that the parent's DS points to (KSK), one for the data (ZSK)"
echo '$ mkdir -m 700 keys'
mkdir -m 700 keys
show 0 keygen --ksk --dir keys example.
show 0 keygen --dir keys example.
show 0 keys keys

say "2. Sign. The result is verified before it gets its name"
show 0 sign --keys keys -o example.signed example.zone

say "3. Verify: every signature, and the whole chain of denial"
show 0 verify example.signed

say "4. Damage: an address was changed, its signature was not"
sed 's/192\.0\.2\.80$/192.0.2.66/' example.signed >address.signed
show 1 verify address.signed

say "5. Damage: one NSEC record was left out"
of_type drop www.example. NSEC example.signed >nsec.signed
show 1 verify nsec.signed

say "6. Damage: signed by a new ZSK that was never published"
mkdir others
cp keys/K* others
for key in others/*.key; do
	if grep -q 'DNSKEY[[:space:]]*256' "$key"; then
		rm "$key" "${key%.key}.private"
	fi
done
"$program" keygen --dir others example. >/dev/null 2>&1
"$program" sign --keys others -o other.signed example.zone >/dev/null 2>&1
{
	of_type keep - DNSKEY example.signed
	of_type drop - DNSKEY other.signed
} >zsk.signed
show 1 verify zsk.signed

say "Your own zone"
cat <<END
  holdfast verify ZONEFILE                           any signed zone file, whoever signed it
  mkdir -m 700 keys
  holdfast keygen --ksk --dir keys YOUR.ZONE         then again without --ksk
  holdfast sign --keys keys -o ZONEFILE.signed ZONEFILE
The program is $program; make install puts it on the PATH.
END
