# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trace says of known outages, word for word: incidents/NAME.txt.

After a change of words, look at each difference, and write the files anew with
TELL_INCIDENT=build/tests/report/tell_incident python3 tests/report/test_trace_incidents.py.
"""

import os
import pathlib
import subprocess

import pytest

TELL = os.environ["TELL_INCIDENT"]
FOLDER = pathlib.Path(__file__).parent / "incidents"


def told(*words):
    return subprocess.run([TELL, *words], capture_output=True, text=True, check=True).stdout


NAMES = told().split()


def test_every_text_has_its_incident():
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_words(name):
    assert told(name) == (FOLDER / f"{name}.txt").read_text(encoding="ascii")


# The cause in a word, where it is, and whose side has to mend it.
JUDGED = {
    "de-2026": ("BOGUS", "What is broken: tld.", "does not verify", "at the zone: "),
    "de-2026-unsigned-delegation": ("BOGUS", "tld.", "does not verify", "at the zone: "),
    "lesson-ksk-no-ds": ("BOGUS", "What is broken: leaf.tld.", "KSK replaced", "at the parent: "),
    "mm-2016": ("BOGUS", "What is broken: leaf.tld.", "expired", "at the zone: "),
    "mozilla-2013": ("BOGUS", "What is broken: leaf.tld.", "KSK replaced", "at the parent: "),
    "nz-2023": ("BOGUS", "What is broken: leaf.tld.", "KSK replaced", "at the parent: "),
    "arpa-e164-2011": ("BOGUS", "What is broken: leaf.tld.", "is not signed by KSK", "at the zone"),
    "ru-2024-1": ("BOGUS", "What is broken: tld.", "does not verify", "at the zone: "),
    "ru-2024-2": ("BOGUS", "What is broken: tld.", "DNSKEY", "at the zone: "),
    "ru-2024-3": ("SECURE", "bad: signature by 20002", "does not verify", "proven until"),
    "ru-2024-4": ("SECURE", "NOERROR, 2 records", "DS 30001", "proven until"),
    "slack-2021": ("BOGUS", "What is broken: leaf.tld.", "has no DNSKEY set", "the parent remove"),
}


@pytest.mark.parametrize("name", NAMES)
def test_cause_and_side(name):
    text = " ".join(told(name).split())
    verdict, *parts = JUDGED[name]
    assert text.startswith(verdict + " ")
    for part in parts:
        assert part in text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for each in NAMES:
        (FOLDER / f"{each}.txt").write_text(told(each), encoding="ascii")
