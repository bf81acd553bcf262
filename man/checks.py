#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of checks into the manual of `holdfast verify`.

usage: checks.py [--check] CHECKS.def MANUAL

The lines between the manual's two marks are made from the table. With --check nothing is written:
the exit code is 1 when the manual is not up to date.
"""

import pathlib
import re
import sys

BEGIN = '.\\" Made by man/checks.py from src/verify/checks.def: begin.\n'
END = '.\\" Made by man/checks.py from src/verify/checks.def: end.\n'
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
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


def arguments(text):
    """The arguments of one HF_CHECK, adjacent strings joined."""
    parts, current, at = [], None, 0
    while at < len(text):
        string = STRING.match(text, at)
        if string:
            current = (current or "") + string.group(1).replace('\\"', '"')
            at = string.end()
        elif text[at] == ",":
            parts.append(current)
            current, at = None, at + 1
        elif text[at].isspace():
            at += 1
        else:
            word = re.match(r"\w+", text[at:]).group(0)
            current, at = word, at + len(word)
    return parts + [current]


def checks(table):
    """(name, severity, area, meaning, fix) of each check, in order."""
    found = []
    for body in re.findall(r"^HF_CHECK\((.*?)\)$", table, re.MULTILINE | re.DOTALL):
        _, name, severity, _, area, meaning, fix = arguments(body)
        found.append((name, severity.removeprefix("HF_SEVERITY_").lower(), area, meaning, fix))
    return found


def escaped(text):
    """Text for mdoc, a sentence a line; no line may begin with a control character."""
    text = text.replace("\\", "\\e")
    lines = re.split(r"(?<=[.;:]) (?=[A-Z])", text)
    return "\n".join("\\&" + line if line[0] in ".'" else line for line in lines)


def section(table):
    lines, last = [], None
    for name, severity, area, meaning, fix in checks(table):
        if area != last:
            lines += [".El"] if last else []
            lines += [f".Ss {AREAS[area]}", ".Bl -tag -width Ds"]
            last = area
        lines += [f".It Cm {name} Pq {severity}", escaped(meaning), ".br", escaped(fix)]
    return "\n".join(lines + [".El"]) + "\n"


def main():
    words = sys.argv[1:]
    only_check = words[:1] == ["--check"]
    table, manual = map(pathlib.Path, words[1 if only_check else 0 :])
    text = manual.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    made = head + BEGIN + section(table.read_text(encoding="utf-8")) + END + tail
    if only_check and made != text:
        sys.exit(f"{manual} is not up to date: run man/checks.py {table} {manual}")
    if not only_check:
        manual.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
