#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of settings into the manual of the daemon's configuration.

usage: configuration.py [--check] CONFIG.def MANUAL

The lines between the manual's two marks are made from the table. With --check nothing is written:
the exit code is 1 when the manual is not up to date.
"""

import re

import marks
from settings import span

SECTIONS = {
    "top": "Top of the file",
    "server": "server",
    "limits": "limits, of server",
    "fetch": "fetch, of server",
    "key": "keys, each",
    "alerts": "alerts",
    "zone": "zones, each",
    "source": "source, of a zone",
    "peer": "primaries and secondaries, each",
    "rule": "transfer and notify-from, each",
    "reviews": "review, of a zone",
    "review": "unsigned and signed, of review",
}


def takes(kind, low, high, choices):
    words = choices.split("|")
    return {
        "TEXT": "a word",
        "PATH": "a path, relative to the configuration's folder",
        "FLAG": "yes or no",
        "COUNT": f"a number from {low} to {high}",
        "SPAN": f"a span of time from {span(int(low))} to {span(int(high))}",
        "CHOICE": " or ".join([", ".join(words[:-1]), words[-1]]),
        "NAME": "a domain name",
        "COMMAND": "a list of words, the first one a program's absolute path",
        "ENDPOINT": "an IP address",
        "ENDPOINTS": f"a list of at most {high} IP addresses",
        "PREFIX": "an address or a prefix",
        "KEY": "the name of a key under keys",
        "MAP": "settings of its own, below",
        "MAPS": f"a list of at most {high} mappings, below",
    }[kind]


def shown_default(default):
    if default == "!":
        return " Pq has to be there"
    return "" if default == "NULL" else f" Pq default: {default}"


def section(table):
    lines, last = [], None
    for body in re.findall(r"^HF_CONFIG\((.*?)\)$", table, re.MULTILINE | re.DOTALL):
        part, name, kind, _, low, high, default, choices, meaning = marks.arguments(body)
        if part != last:
            lines += [".El"] if last else []
            lines += [f".Ss {SECTIONS[part]}", ".Bl -tag -width Ds"]
            last = part
        lines += [f".It Cm {name}{shown_default(default)}"]
        lines += [marks.escaped(meaning), f"Takes {takes(kind, low, high, choices)}."]
    return "\n".join(lines + [".El"]) + "\n"


if __name__ == "__main__":
    marks.main("configuration.py", "src/daemon/config.def", section)
