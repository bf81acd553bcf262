#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Run by systemd_test.sh in the container: holdfastd as a service, from the first start to a socket
# unit. Ends the container with status 0 when all is as it should be.
set -eu

zone=example.
passed=0

finish()
{
	status=$?
	if [ "$status" -ne 0 ]; then
		echo "systemd_inside.sh: not so: $what"
		journalctl --no-pager --lines=40 --unit=holdfastd --unit=holdfastd.socket || true
		systemctl exit 1
	else
		echo "$passed passed, 0 failed"
		systemctl exit 0
	fi
}
trap finish EXIT
what="it begins"

# good WHAT COMMAND...: the command succeeds, at once or within some seconds.
good()
{
	what="$1"
	shift
	tries=100
	until "$@" >/tmp/said 2>&1; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ]; then
			cat /tmp/said
			exit 1
		fi
		sleep 0.2
	done
	passed=$((passed + 1))
	echo "ok: $what"
}

# bad WHAT CODE COMMAND...: the command fails, with that code.
bad()
{
	what="$1" code="$2"
	shift 2
	status=0
	"$@" >/tmp/said 2>&1 || status=$?
	if [ "$status" -ne "$code" ]; then
		cat /tmp/said
		echo "exit status $status instead of $code"
		exit 1
	fi
	passed=$((passed + 1))
	echo "ok: $what"
}

property()
{
	systemctl show --property="$1" --value holdfastd
}

transfers()
{
	dig @127.0.0.1 "$zone" AXFR | grep -q RRSIG
}

answers()
{
	holdfast status "$zone" --json | grep -q '"serial_served": [1-9]'
}

# Whether another process is the daemon now: replaced PID
replaced()
{
	now="$(property MainPID)"
	[ "$now" -ne 0 ] && [ "$now" -ne "$1" ] && answers
}

mkdir -p /etc/holdfast /etc/systemd/system/holdfastd.socket.d
cp /example.zone /etc/holdfast/
cat >/etc/holdfast/holdfast.yaml <<END
server:
  listen: [127.0.0.1]
  user: holdfast
  control-group: holdfast
alerts:
  command: [/usr/local/bin/alert]
  self-test: 24h
zones:
- name: $zone
  source: {file: example.zone}
  transfer: [{from: 127.0.0.1}]
  output: /var/lib/holdfast/example.signed
  review: {signed: {command: [/usr/local/bin/review], time: 1m}}
END
printf '#!/bin/sh\ncat >>/var/lib/holdfast/alerts\n' >/usr/local/bin/alert
cat >/usr/local/bin/review <<'END'
#!/bin/sh
dig @$HOLDFAST_SERVER -p $HOLDFAST_PORT -y $HOLDFAST_KEY $HOLDFAST_ZONE AXFR | grep -q DNSKEY
END
chmod 755 /usr/local/bin/alert /usr/local/bin/review

good "the units are in order" systemd-analyze verify --man=no holdfastd.service holdfastd.socket \
	holdfast-anchors.service holdfast-anchors.timer
good "their exposure is low" systemd-analyze security --threshold=20 holdfastd.service \
	holdfast-anchors.service

good "it starts" systemctl start holdfastd
good "it is not root" sh -c "[ \"\$(stat -c %U /proc/$(property MainPID))\" = holdfast ]"
good "it has one capability" grep -q '^CapEff:	0000000000000400$' "/proc/$(property MainPID)/status"
good "a person has seen the parent" holdfast ds-seen "$zone"
good "the zone was reviewed, and is served" transfers
good "it is written" grep -q RRSIG /var/lib/holdfast/example.signed
good "the alert command was run" grep -q '"alarm":"test"' /var/lib/holdfast/alerts
good "a backup is written" holdfast backup /var/backups/holdfast/now.tar
bad "a backup that lands in the service's own /tmp is told" 2 holdfast backup /tmp/now.tar

good "it reads its configuration again" systemctl reload holdfastd
sed -i 's/24h/soon/' /etc/holdfast/holdfast.yaml
bad "a reload with a mistake fails" 1 systemctl reload holdfastd
good "and changes nothing" transfers
sed -i 's/soon/24h/' /etc/holdfast/holdfast.yaml

pid="$(property MainPID)"
kill -9 "$pid"
good "it comes back after a kill" replaced "$pid"
good "and serves" transfers

mkdir -p /run/systemd/system/holdfastd.service.d
printf '[Service]\nWatchdogSec=2\n' >/run/systemd/system/holdfastd.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart holdfastd
sleep 5 # longer than the watchdog's patience
good "it feeds the watchdog" test "$(property NRestarts)" -eq 0
pid="$(property MainPID)"
kill -STOP "$pid"
good "the watchdog replaces one that hangs" replaced "$pid"
rm /run/systemd/system/holdfastd.service.d/watchdog.conf
systemctl daemon-reload

good "it stops" systemctl stop holdfastd
good "in order" test "$(property Result)" = success
good "and leaves no socket" test ! -e /run/holdfast/control.sock

cat >/etc/systemd/system/holdfastd.socket.d/addresses.conf <<END
[Socket]
ListenDatagram=127.0.0.2:53
ListenStream=127.0.0.2:53
END
systemctl daemon-reload
good "the sockets are opened" systemctl start holdfastd.socket
good "a command starts it" holdfast status
good "it serves on the sockets" sh -c "dig @127.0.0.2 $zone AXFR | grep -q RRSIG"
bad "and nowhere else" 9 dig @127.0.0.1 +time=1 +tries=1 "$zone" SOA
good "it starts anew" systemctl restart holdfastd.service
good "on the same sockets" sh -c "dig @127.0.0.2 $zone AXFR | grep -q RRSIG"
good "and control socket" answers
good "all stops" systemctl stop holdfastd.socket holdfastd.service
good "the control socket is gone" test ! -e /run/holdfast/control.sock
good "without the sockets it opens its own" systemctl start holdfastd
good "and serves again" transfers

good "it stops for a restore" systemctl stop holdfastd
mv /var/lib/holdfast /var/lib/holdfast.broken
good "root brings a backup back" holdfast restore /var/backups/holdfast/now.tar /var/lib/holdfast
good "the service takes it over" systemctl start holdfastd
good "and serves what it holds" transfers

good "anchors are kept by the same user" setpriv --reuid=holdfast --regid=holdfast --clear-groups \
	holdfast anchors init /var/lib/holdfast/root.anchors
bad "their check fails where no root can be asked" 1 systemctl start holdfast-anchors
good "with the code that says so" test "$(systemctl show -P ExecMainStatus holdfast-anchors)" -eq 2
