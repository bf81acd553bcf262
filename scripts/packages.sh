#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs what is missing of packages.list: packages.sh LEVEL...
# Does nothing at all when everything is there.
set -eu

list="$(dirname "$0")/../packages.list"
missing=
for level in "$@"; do
	for name in $(awk -v level="$level" '$2 == level && $1 !~ /^#/ { print $1 }' "$list"); do
		state="$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)"
		[ "$state" = installed ] || missing="$missing $name"
	done
done
[ -n "$missing" ] || exit 0

refuse()
{
	echo "packages.sh: these Debian packages are missing:$missing" >&2
	echo "packages.sh: $1" >&2
	exit 1
}

command -v apt-get >/dev/null ||
	refuse "there is no apt-get here; install what corresponds to them with your own tool"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null ||
		refuse "run this as root, install sudo, or ask somebody to install them"
	as_root=sudo
fi

# Name servers and resolvers among the packages are for tests and the demonstration, which start
# their own: nothing is started at port 53 of this machine. Whoever has such a policy keeps it.
policy="${POLICY_RC_D:-/usr/sbin/policy-rc.d}"
forbid_services()
{
	[ ! -e "$policy" ] || return 0
	trap '$as_root rm -f "$policy"' EXIT
	trap 'exit 130' INT TERM
	# shellcheck disable=SC2016 # the inner shell's
	$as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy"
}

apt()
{
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}

install_missing()
{
	# shellcheck disable=SC2086 # one word a package
	apt install -y --no-install-recommends $missing
}

echo "Installing:$missing"
forbid_services
# The package index is fetched only if it is not good enough as it is.
# shellcheck disable=SC2086
if ! apt-get -qq --simulate install $missing >/dev/null 2>&1 || ! install_missing; then
	apt update || refuse "apt-get update failed; check the network and /etc/apt/sources.list"
	install_missing || refuse "apt-get could not install them; its message is above"
fi
