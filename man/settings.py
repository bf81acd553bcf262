#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the table of settings into the manual of policies.

usage: settings.py [--check] POLICY.def MANUAL

The lines between the manual's two marks are made from the table. With --check nothing is written:
the exit code is 1 when the manual is not up to date.
"""

import re

import marks

UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


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


def section(table):
    lines, last = [], None
    for body in re.findall(r"^HF_SETTING\((.*?)\)$", table, re.MULTILINE | re.DOTALL):
        _, part, name, kind, _, low, high, default, choices, meaning = marks.arguments(body)
        if part != last:
            lines += [".El"] if last else []
            lines += [f".Ss {part}", ".Bl -tag -width Ds"]
            last = part
        lines += [f".It Cm {name} Pq default: {shown_default(kind, default)}"]
        lines += [marks.escaped(meaning), f"Takes {takes(kind, low, high, choices)}."]
    return "\n".join(lines + [".El"]) + "\n"


if __name__ == "__main__":
    marks.main("settings.py", "src/rollover/policy.def", section)
