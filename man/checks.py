#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of checks into the manual of `holdfast verify`.

usage: checks.py [--check] CHECKS.def MANUAL

The lines between the manual's two marks are made from the table. With --check nothing is written:
the exit code is 1 when the manual is not up to date.
"""

import re

import marks

AREAS = {
    "ZONE": "The zone as a whole",
    "RRSIG": "Signatures",
    "KEY": "Keys",
    "DS": "The parent's DS, and DS records for delegations",
    "CDS": "CDS and CDNSKEY",
    "NSEC": "NSEC",
    "NSEC3": "NSEC3",
    "ZONEMD": "ZONEMD",
    "DATA": "Data",
    "DELEG": "Delegations and glue",
    "SIZE": "Sizes of answers",
}


def checks(table):
    """(name, severity, area, meaning, fix) of each check, in order."""
    found = []
    for body in re.findall(r"^HF_CHECK\((.*?)\)$", table, re.MULTILINE | re.DOTALL):
        _, name, severity, _, area, meaning, fix = marks.arguments(body)
        found.append((name, severity.removeprefix("HF_SEVERITY_").lower(), area, meaning, fix))
    return found


def section(table):
    lines, last = [], None
    for name, severity, area, meaning, fix in checks(table):
        if area != last:
            lines += [".El"] if last else []
            lines += [f".Ss {AREAS[area]}", ".Bl -tag -width Ds"]
            last = area
        lines += [f".It Cm {name} Pq {severity}", marks.escaped(meaning), ".br", marks.escaped(fix)]
    return "\n".join(lines + [".El"]) + "\n"


if __name__ == "__main__":
    marks.main("checks.py", "src/verify/checks.def", section)
