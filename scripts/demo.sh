#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Holdfast at work, on loopback and without root: holdfastd signs a zone, NSD is its secondary,
# another NSD serves a made-up root zone above it, and Unbound validates from that root's key down. Names
# change, mistakes are refused, a key is replaced. demo.sh HOLDFAST HOLDFASTD
set -eu

program="$(realpath "$1")"
daemon="$(realpath "$2")"
work="$(mktemp -d)"
children=
PATH="$PATH:/usr/sbin:/usr/local/sbin"

# Ends what was started here, by its process id.
clean()
{
	for child in $children; do
		kill "$child" 2>/dev/null || true
	done
	for child in $children; do
		wait "$child" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM
cd "$work"
HOLDFAST_CONTROL="$work/control.sock"
export HOLDFAST_CONTROL

bold='' plain=''
if [ -t 1 ]; then
	bold="$(printf '\033[1m')" plain="$(printf '\033[0m')"
fi

say()
{
	printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

fail()
{
	echo "demo.sh: $*" >&2
	"$program" status example. >&2 || true
	tail -n 20 "$work"/*.log >&2 || true
	exit 1
}

# Shows a holdfast command, runs it, and insists on its exit code: show CODE ARGUMENTS...
show()
{
	expected="$1"
	shift
	printf '$ holdfast %s\n' "$*"
	status=0
	"$program" "$@" 2>&1 || status=$?
	[ "$status" -eq "$expected" ] || fail "exit code $status instead of $expected"
}

# The same for the status of the zone in alarm, down to the first empty line.
show_alarm()
{
	echo '$ holdfast status example.'
	status=0
	"$program" status example. >screen || status=$?
	sed '/^$/q' screen
	[ "$status" -eq 1 ] || fail "exit code $status instead of 1"
}

# Runs a command until it succeeds, for at most that many seconds: until_good SECONDS COMMAND...
until_good()
{
	tries=$((5 * $1))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || fail "not in time: $*"
		sleep 0.2
	done
}

# Asks Unbound, and shows status, flags and records: ask NAME TYPE
ask()
{
	dig @"$resolver" -p "$port" +dnssec "$1" "$2" >answer
	printf '$ dig %s %s +dnssec\n' "$1" "$2"
	awk '/status:/ { sub(/.*status: /, ""); sub(/,.*/, ""); print "   status: " $0; next }
	     /^;; flags:/ { split($0, part, ";"); print "  " part[3]; next }
	     !/^;/ && NF > 0 && $4 != "RRSIG" { print "   " $0 }' answer
}

# Whether Unbound gives this answer, validated: arrived NAME TYPE TEXT
arrived()
{
	dig @"$resolver" -p "$port" +dnssec "$1" "$2" >answer &&
		grep -q 'flags:.* ad[ ;]' answer && grep -qF "$3" answer
}

status_has()
{
	"$program" status example. --json 2>/dev/null | grep -q "$1"
}

# Four addresses of loopback and a port that is free on all of them: "NET PORT".
places()
{
	python3 - <<'END'
import random, socket
for _ in range(100):
    net = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}"
    port = random.randint(10000, 30000)
    try:
        for host in (2, 3, 4, 5):
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind((f"{net}.{host}", port))
    except OSError:
        continue
    print(net, port)
    break
END
}

# An NSD that listens at that address.
nsd_settings()
{
	cat <<END
server:
  ip-address: $1@$port
  username: ""
  chroot: ""
  zonesdir: ""
  pidfile: "$work/nsd-$1.pid"
  database: ""
  xfrdfile: "$work/xfrd-$1.state"
  zonelistfile: "$work/zone-$1.list"
  xfrdir: "$work"
  server-count: 1
  xfrd-reload-timeout: 0
remote-control:
  control-enable: no
END
}

write_files()
{
	cat >example.zone <<END
\$ORIGIN example.
\$TTL 2
@        SOA   ns1 hostmaster 1 3600 60 86400 2
         NS    ns1
ns1      A     $secondary
www      A     192.0.2.80
*.apps   A     192.0.2.81
END
	for child in arts bank club dance eng farm golf horse; do
		echo "$child NS ns1.$child.example.net." >>example.zone
	done
	cat >policies.yaml <<END
# Spans of seconds, so that a rollover fits into a demonstration.
keys: {dnskey-ttl: 2s}
signatures: {replacement: at-once}
rollover: {margin: 2s, ds-margin: 2s, approve: []}
END
	cat >holdfast.yaml <<END
server:
  state: $work/state
  listen: ["$signer@$port"]
  control: $work/control.sock
policies: policies.yaml
zones:
  - name: example.
    source: {file: example.zone}
    secondaries: [{address: "$secondary@$port"}]
# The root of this demonstration instead of the real one.
trust-anchors: anchor
root-hints: hints
resolver-port: $port
END
	nsd_settings "$secondary" >nsd.conf
	cat >>nsd.conf <<END
zone:
  name: "example."
  zonefile: "$work/nsd.zone"
  request-xfr: AXFR $signer@$port NOKEY
  allow-notify: 127.0.0.0/8 NOKEY
  outgoing-interface: $secondary
END
	nsd_settings "$parent" >parent.conf
	cat >>parent.conf <<END
zone:
  name: "."
  zonefile: "$work/root.signed"
END
	cat >unbound.conf <<END
server:
  interface: $resolver@$port
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  use-syslog: no
  trust-anchor-file: "$work/anchor"
  num-threads: 1
remote-control:
  control-enable: no
stub-zone:
  name: "."
  stub-addr: $parent@$port
  stub-prime: no
stub-zone:
  name: "example."
  stub-addr: $secondary@$port
END
}

# The made-up root, with the DS records that are given: sign_root SERIAL DS...
sign_root()
{
	cat >root.zone <<END
. 2 SOA ns.root. hostmaster.root. $1 3600 60 86400 2
. 2 NS ns.root.
ns.root. 2 A $parent
example. 2 NS ns1.example.
ns1.example. 2 A $secondary
END
	shift
	for ds in "$@"; do
		echo "example. 2 DS $ds" >>root.zone
	done
	"$program" sign --keys rootkeys -o root.signed root.zone >sign.log 2>&1 || fail "cannot sign"
}

# start LOG COMMAND...: in the background, until this script ends.
start()
{
	log="$1"
	shift
	"$@" >"$log" 2>&1 </dev/null &
	children="$children $!"
}

# Asks a name all the time; counts answers, and those that fail.
crowd()
{
	asked=0 failed=0
	while [ ! -e crowd.end ]; do
		dig @"$resolver" -p "$port" +time=2 +tries=1 www.example. A >crowd.answer || true
		asked=$((asked + 1))
		grep -q 'status: NOERROR' crowd.answer || failed=$((failed + 1))
		echo "$asked $failed" >crowd.count
	done
}

found="$(places)"
[ -n "$found" ] || fail "no free addresses on loopback"
net="${found% *}" port="${found#* }"
signer="$net.2" secondary="$net.3" resolver="$net.4" parent="$net.5"
write_files
mkdir -m 700 rootkeys
"$program" keygen --csk --dir rootkeys . >keygen.log 2>&1
sign_root 1
"$program" keys --ds rootkeys >anchor
echo ". 2 NS ns.root.
ns.root. 2 A $parent" >hints
start nsd.log nsd -d -c nsd.conf
start parent.log nsd -d -c parent.conf
root="${children##* }"
start unbound.log unbound -d -p -c unbound.conf

say "1. holdfastd signs a zone: a configuration, a zone file, no keys yet"
cat holdfast.yaml
start holdfastd.log "$daemon" --config holdfast.yaml
until_good 15 sh -c "dig @$secondary -p $port example. DNSKEY +short | grep -q 257"
show 0 status example.

say "2. The parent takes the DS that CDS asks for; from then on answers are proved authentic"
until_good 15 sh -c "dig @$secondary -p $port example. CDS +short | grep -q ."
ds="$(dig @"$secondary" -p "$port" example. CDS +short +nosplit)"
echo "   example. DS $ds"
sign_root 2 "$ds"
kill -HUP "$root"
until_good 20 arrived www.example. A 192.0.2.80
ask www.example. A
echo "   (ad: the resolver has proved the answer from the root down)"

say "3. A name changes in the file, and arrives"
sed -i 's/192\.0\.2\.80/192.0.2.99/; s/hostmaster 1 /hostmaster 2 /' example.zone
echo "\$ sed -i 's/192.0.2.80/192.0.2.99/; s/hostmaster 1 /hostmaster 2 /' example.zone"
until_good 15 arrived www.example. A 192.0.2.99
ask www.example. A

say "4. Half of the delegations are gone from the file: refused, and what was published stays"
cp example.zone whole.zone
awk '!/^(arts|bank|club|dance) /' whole.zone | sed 's/hostmaster 2 /hostmaster 3 /' >example.zone
until_good 15 status_has '"stage-check"'
show_alarm
ask www.example. A
sed 's/hostmaster 2 /hostmaster 4 /' whole.zone >example.zone
until_good 15 sh -c "! '$program' status example. --json | grep -q '\"stage-check\"'"

say "5. The signing key on disk is damaged: nothing signed with it gets out"
zsk="$("$program" status example. --json | awk -F: '
	/"role": "ZSK"/ { zsk = 1 } /"tag"/ && zsk { sub(/,/, "", $2); print $2 + 0; exit }')"
key="$(find state -name "K*+$(printf %05d "$zsk").private")"
cp "$key" key.good
"$program" keygen --dir "$work" example. >key.other 2>/dev/null
cat "$(cat key.other).private" >"$key"
sed -i 's/hostmaster 4 /hostmaster 5 /; s/192\.0\.2\.81/192.0.2.82/' example.zone
until_good 15 status_has '"stage-sign"'
show_alarm
ask www.example. A
echo "Its file comes back from a backup, and the zone goes on:"
cat key.good >"$key"
sed -i 's/hostmaster 5 /hostmaster 6 /' example.zone
until_good 15 arrived new.apps.example. A 192.0.2.82
ask new.apps.example. A

say "6. A new ZSK, while somebody asks all the time"
crowd &
crowd=$!
children="$children $crowd"
show 0 roll example. zsk
until_good 40 status_has '"state": "removed"'
: >crowd.end
# Its count is whole only when it has ended.
wait "$crowd"
children="${children% "$crowd"}"
show 0 status example.
read -r asked failed <crowd.count
echo "$asked questions meanwhile, $failed failed"
[ "$failed" -eq 0 ] || fail "a question failed"

say "Your own zone"
cat <<END
  README.md, "Run it": a configuration of ten lines, and holdfastd --config FILE.
  The programs are $program and $daemon; make install puts them on the PATH.
END
