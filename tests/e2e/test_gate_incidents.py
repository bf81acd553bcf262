# SPDX-License-Identifier: GPL-3.0-or-later
"""Known outages as histories: what the gate would have said to each step, word for word.

histories/NAME.json is the history, histories/NAME.txt a transcript: commands behind "$ ", what they
print, and their exit code. The words are meant to be read by somebody in a hurry; whoever changes
them reads the transcripts again.
"""

import pathlib
import re
import shlex

import pytest

FOLDER = pathlib.Path(__file__).parent / "histories"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
STEP = re.compile(r"^\$ holdfast ([^\n]*)\n(.*?)^exit code (\d)\n\n?", re.MULTILINE | re.DOTALL)


def steps(name):
    """The transcript's commands: (arguments, output, exit code). Nothing may stand between."""
    text = (FOLDER / f"{name}.txt").read_text()
    assert STEP.sub("", text) == "", f"{name}.txt has something that is no step"
    return [(shlex.split(words), output, int(code)) for words, output, code in STEP.findall(text)]


@pytest.mark.parametrize("name", NAMES)
def test_transcript(holdfast, name):
    done = steps(name)
    assert done, name
    for arguments, output, code in done:
        result = holdfast(*arguments, cwd=FOLDER)
        assert result.stderr == ""
        assert result.stdout == output, arguments
        assert result.returncode == code


@pytest.mark.parametrize("name", NAMES)
def test_the_outage_would_not_have_happened(name):
    """Each incident has a step that was taken, and that the gate says no to."""
    assert any("--step" in words and code == 1 for words, _, code in steps(name))


def test_all_incidents_are_there():
    expected = {"nz-2023", "mozilla-2013", "nl-2012", "ru-2024", "de-2026", "ca-2023"}
    assert expected <= set(NAMES)
