# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the test cases in Meson's logs: count_tests.py BUILD_FOLDER...

Prints one line, "N passed, N failed", with ", N skipped" when some were. A program that runs
cmocka or pytest cases counts as its cases; any other counts as one. The exit code is 1 when
something failed, when nothing ran, or when a folder has no log.
"""

import json
import pathlib
import re
import sys

GOOD = {"OK", "EXPECTEDFAIL"}
CMOCKA = re.compile(r"^\[  (PASSED|FAILED|SKIPPED) +\] (\d+) test\(s\)", re.MULTILINE)
PYTEST_LINE = re.compile(r"^=*\s*((?:\d+ [a-z]+,? ?)+) in [\d.]+s", re.MULTILINE)
PYTEST_ITEM = re.compile(r"(\d+) (passed|failed|errors?|skipped|xfailed|xpassed)")
PYTEST_MEANING = {
    "passed": "passed",
    "xfailed": "passed",
    "failed": "failed",
    "error": "failed",
    "errors": "failed",
    "xpassed": "failed",
    "skipped": "skipped",
}


def cases(text):
    """The cases that a program's own summary lines tell, as a dictionary of counts."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for word, number in CMOCKA.findall(text):
        counts[word.lower()] += int(number)
    for line in PYTEST_LINE.findall(text):
        for number, word in PYTEST_ITEM.findall(line):
            counts[PYTEST_MEANING[word]] += int(number)
    return counts


def one_test(entry):
    """Counts of one program: its cases, made to agree with what Meson says of the program."""
    counts = cases(entry.get("stdout", "") + "\n" + entry.get("stderr", ""))
    if entry["result"] == "SKIP":
        return {"passed": 0, "failed": 0, "skipped": max(1, counts["skipped"])}
    if entry["result"] not in GOOD:
        counts["failed"] = max(1, counts["failed"])
    elif not any(counts.values()):
        counts["passed"] = 1
    return counts


def count_log(lines):
    """Sums over a log of Meson: one JSON object a line."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for line in lines:
        if line.strip():
            for word, number in one_test(json.loads(line)).items():
                total[word] += number
    return total


def main(folders):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    complete = True
    for folder in folders:
        log = pathlib.Path(folder, "meson-logs", "testlog.json")
        if not log.exists():
            print(f"count_tests.py: {log} is not there: that suite did not run", file=sys.stderr)
            complete = False
            continue
        with log.open(encoding="utf-8") as lines:
            for word, number in count_log(lines).items():
                total[word] += number
    if not complete:
        total["failed"] += 1
    line = f"{total['passed']} passed, {total['failed']} failed"
    if total["skipped"]:
        line += f", {total['skipped']} skipped"
    print(line)
    return 0 if complete and total["failed"] == 0 and total["passed"] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
