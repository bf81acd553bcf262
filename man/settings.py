#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of settings into the manual of policies.

usage: settings.py [--check] POLICY.def MANUAL

The lines between the manual's two marks are made from the table. With --check nothing is written:
the exit code is 1 when the manual is not up to date.
"""

import pathlib
import re
import sys

BEGIN = '.\\" Made by man/settings.py from src/rollover/policy.def: begin.\n'
END = '.\\" Made by man/settings.py from src/rollover/policy.def: end.\n'
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def arguments(text):
    """The arguments of one HF_SETTING: strings joined, everything else as it stands."""
    parts, words, at, strings = [], "", 0, None
    while at < len(text):
        string = STRING.match(text, at)
        if string:
            strings = (strings or "") + string.group(1)
            at = string.end()
        elif text[at] == ",":
            parts.append(words.strip() if strings is None else strings)
            words, strings, at = "", None, at + 1
        else:
            words, at = words + text[at], at + 1
    return parts + [words.strip() if strings is None else strings]


def span(seconds):
    unit, name = next(pair for pair in UNITS if seconds % pair[0] == 0)
    return f"{seconds // unit}{name}" if seconds else "0"


def takes(kind, low, high, choices):
    words = [choice.split("=")[0] for choice in choices.split("|")]
    return {
        "FLAG": "yes or no",
        "COUNT": f"a number from {low} to {high}",
        "SPAN": f"a span of time from {span(int(low))} to {span(int(high))}",
        "CHOICE": " or ".join([", ".join(words[:-1]), words[-1]]),
        "SET": "a list of " + ", ".join(words),
        "ALGORITHM": "an algorithm, by name or number",
        "PLACES": f"a list of at most {high} IP addresses, each with @PORT when that is not 53",
    }[kind]


def shown_default(kind, default):
    if kind in ("SET", "PLACES"):
        return "[" + ", ".join(default.split()) + "]"
    return default


def escaped(text):
    """Text for mdoc, a sentence a line."""
    return re.sub(r"(?<=[.;:]) (?=[A-Z])", "\n", text.replace("\\", "\\e"))


def section(table):
    lines, last = [], None
    for body in re.findall(r"^HF_SETTING\((.*?)\)$", table, re.MULTILINE | re.DOTALL):
        _, part, name, kind, _, low, high, default, choices, meaning = arguments(body)
        if part != last:
            lines += [".El"] if last else []
            lines += [f".Ss {part}", ".Bl -tag -width Ds"]
            last = part
        lines += [f".It Cm {name} Pq default: {shown_default(kind, default)}"]
        lines += [escaped(meaning), f"Takes {takes(kind, low, high, choices)}."]
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
        sys.exit(f"{manual} is not up to date: run man/settings.py {table} {manual}")
    if not only_check:
        manual.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
