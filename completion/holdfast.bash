# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Completion for holdfast. Commands and options come from the program's own --help, so that this
# file cannot fall behind.

_holdfast()
{
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} program=${COMP_WORDS[0]} words
	local zoned="approve ds-seen hold reject release roll rollback status"

	if [[ $COMP_CWORD -eq 1 || ($COMP_CWORD -eq 2 && $command == help) ]]; then
		words=$("$program" --help 2>/dev/null | sed -nE 's/^ +([a-z][a-z-]*)  +[^ ].*/\1/p')
		[[ $COMP_CWORD -eq 1 ]] && words+=" help --help --version"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $word == -* ]]; then
		words=$("$program" "$command" --help 2>/dev/null |
			sed -nE 's/^ +(-[a-zA-Z], ?)?(--[a-z0-9-]+).*/\2/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $previous == --algorithm ]]; then
		mapfile -t COMPREPLY < <(compgen -W "8 10 13 14 15 16" -- "$word")
	elif [[ $previous == --serial ]]; then
		mapfile -t COMPREPLY < <(compgen -W "keep increment date unixtime" -- "$word")
	elif [[ $previous == --roll ]]; then
		words="zsk ksk csk algorithm: to-csk to-ksk-zsk nsec nsec3 opt-out secure insecure"
		words+=" standby-zsk standby-ksk standby-csk emergency:"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $previous == --method ]]; then
		words="pre-publication double-signature double-ksk double-ds double-rrset"
		words+=" conservative liberal"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $previous == --share ]]; then
		words=$("$program" rehearse --list-resolvers 2>/dev/null | sed -nE 's/^([a-z0-9-]+), .*/\1=/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $command == rehearse && ($previous == --set || $previous == --compare) ]]; then
		words=$("$program" rehearse --list-settings 2>/dev/null | sed -nE 's/^([a-z0-9-]+)$/\1=/p')
		[[ $previous == --compare ]] && words+=" method"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $previous == --fault ]]; then
		words="signer-down@ crash@ clock@ restored@ hsm-down@ hsm-lies@ secondary@ parent@"
		words+=" request-lost@ slow@ blind@"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $command == roll && $COMP_CWORD -eq 3 ]]; then
		words="zsk ksk csk algorithm to-csk to-ksk-zsk nsec nsec3 opt-out secure insecure"
		words+=" standby-zsk standby-ksk standby-csk emergency"
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $command == zone && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "add remove reload history versions" -- "$word")
	elif [[ " $zoned " == *" $command "* && $COMP_CWORD -eq 2 ||
		$command == zone && $COMP_CWORD -eq 3 ]]; then
		# The zones of the daemon, if it answers.
		words=$("$program" status --json 2>/dev/null |
			sed -nE 's/^ +"zone": "([^"]+)",?$/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
	elif [[ $command == replay && $previous != --* ]]; then
		words=$("$program" replay --list 2>/dev/null | sed -nE 's/^([a-z0-9-]+) .*/\1/p')
		mapfile -t COMPREPLY < <(compgen -W "$words" -f -- "$word")
	elif [[ $previous == --format ]]; then
		mapfile -t COMPREPLY < <(compgen -W "zone unbound bind" -- "$word")
	elif [[ $command == anchors && $COMP_CWORD -eq 2 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "init check status export" -- "$word")
	elif [[ $command == trace && $previous != --* && $previous == *.* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "A AAAA CAA CDS DNSKEY DS MX NS SOA TLSA TXT" -- "$word")
	elif [[ $previous == --keys || $previous == --dir || $command == keys ]]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
	fi
	# Anything else falls through to file names: -o default below.
}

complete -o default -o filenames -F _holdfast holdfast
