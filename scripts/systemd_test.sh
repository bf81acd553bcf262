#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Boots Debian's systemd in a container of its own, without a network, and runs holdfastd there as a
# service: systemd_test.sh BUILD FOLDER. Needs root. Nothing of it touches this machine's systemd;
# FOLDER keeps the container's files for the next time. What is tested is in systemd_inside.sh.
set -eu

build="$(realpath "$1")"
mkdir -p "$2"
folder="$(realpath "$2")"
tree="$folder/tree"
here="$(dirname "$(realpath "$0")")"

if [ "$(id -u)" -ne 0 ]; then
	echo "systemd_test.sh: a container takes root; run it as root or with sudo" >&2
	exit 1
fi

# The packages that own the libraries of both programs.
libraries()
{
	ldd "$build/src/cli/holdfast" "$build/src/daemon/holdfastd" |
		awk '/=> \// { print $3 }' | xargs -n 1 realpath | sort -u | xargs dpkg-query -S |
		sed 's/:.*//' | sort -u | paste -sd,
}

if [ ! -e "$tree/complete" ]; then
	rm -rf "$tree"
	. /etc/os-release
	mmdebstrap --quiet --variant=apt \
		--include="systemd,systemd-sysv,bind9-dnsutils,$(libraries)" \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		"$VERSION_CODENAME" "$tree"
	: >"$tree/complete"
fi

DESTDIR="$tree" /usr/bin/python3 /usr/bin/meson install -C "$build" --quiet
install -m 755 "$here/systemd_inside.sh" "$tree/systemd_inside.sh"
install -m 644 "$here/../examples/example.zone" "$tree/example.zone"
cat >"$tree/etc/systemd/system/systemd-test.service" <<'END'
[Unit]
Description=Test of holdfastd as a service

[Service]
Type=oneshot
ExecStart=/systemd_inside.sh
StandardOutput=file:/result/log
StandardError=file:/result/log

[Install]
WantedBy=default.target
END
systemctl --quiet --root="$tree" enable systemd-test.service

# What changes is forgotten, but for the test's own words. The exit status is the test's.
mkdir -p "$folder/result"
: >"$folder/result/log"
status=0
timeout 300 systemd-nspawn --quiet --directory="$tree" --bind="$folder/result:/result" \
	--volatile=overlay --boot --register=no --keep-unit --private-network --console=pipe \
	--machine=holdfast-test >"$folder/result/console" 2>&1 </dev/null || status=$?
cat "$folder/result/log"
if [ "$status" -ne 0 ]; then
	tail -n 20 "$folder/result/console" >&2
	echo "systemd_test.sh: exit status $status; all of the console is in $folder/result" >&2
fi
exit "$status"
