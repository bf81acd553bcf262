# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a manual that is made from a table in the code: what its makers share."""

import pathlib
import re
import sys

STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


def arguments(text):
    """The arguments of one entry of a table: adjacent strings joined, all else as it stands."""
    parts, other, string, at = [], "", None, 0
    while at < len(text):
        found = STRING.match(text, at)
        if found:
            string = (string or "") + found.group(1).replace('\\"', '"')
            at = found.end()
        elif text[at] == ",":
            parts.append(other.strip() if string is None else string)
            other, string, at = "", None, at + 1
        else:
            other, at = other + text[at], at + 1
    return parts + [other.strip() if string is None else string]


def escaped(text):
    """Text for mdoc, a sentence a line; no line may begin with a control character."""
    text = text.replace("\\", "\\e")
    lines = re.split(r"(?<=[.;:]) (?=[A-Z])", text)
    return "\n".join("\\&" + line if line[0] in ".'" else line for line in lines)


def main(maker, source, section):
    """Writes `section(table)` between the marks: MAKER [--check] TABLE MANUAL."""
    begin = f'.\\" Made by man/{maker} from {source}: begin.\n'
    end = f'.\\" Made by man/{maker} from {source}: end.\n'
    words = sys.argv[1:]
    only_check = words[:1] == ["--check"]
    table, manual = map(pathlib.Path, words[1 if only_check else 0 :])
    text = manual.read_text(encoding="utf-8")
    head, rest = text.split(begin)
    tail = rest.split(end)[1]
    made = head + begin + section(table.read_text(encoding="utf-8")) + end + tail
    if only_check and made != text:
        sys.exit(f"{manual} is not up to date: run man/{maker} {table} {manual}")
    if not only_check:
        manual.write_text(made, encoding="utf-8")
