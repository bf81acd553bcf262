# SPDX-License-Identifier: GPL-3.0-or-later
"""What every end-to-end test uses: the program under test, and the peers' tools."""

import os
import pathlib
import shutil
import subprocess

import pytest


@pytest.fixture(scope="session")
def holdfast():
    """Runs holdfast: holdfast("verify", path, input=None) gives a CompletedProcess in text.

    The exit code is for the test to look at, except that a death by signal (a crash, or a
    sanitizer's abort) fails the test at once.
    """
    program = os.environ.get("HOLDFAST")
    if not program or not os.access(program, os.X_OK):
        pytest.fail("set HOLDFAST to the path of the holdfast program")

    def run(*arguments, input=None, **options):
        words = [program, *map(str, arguments)]
        options.setdefault("timeout", 60)
        done = subprocess.run(words, input=input, capture_output=True, text=True, **options)
        assert done.returncode >= 0, f"{words} died by signal {-done.returncode}:\n{done.stderr}"
        assert "runtime error:" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def peer():
    """Runs another project's tool, found on PATH or in /usr/sbin; skips when it is missing.

    In `make check` all of them are installed, and HOLDFAST_PEERS=required turns the skip into a
    failure.
    """

    def run(name, *arguments, **options):
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
        if path is None:
            message = f"{name} is not installed"
            if os.environ.get("HOLDFAST_PEERS") == "required":
                pytest.fail(message)
            pytest.skip(message)
        words = [path, *map(str, arguments)]
        options.setdefault("timeout", 60)
        return subprocess.run(words, capture_output=True, text=True, **options)

    return run


@pytest.fixture
def zone_file(tmp_path):
    """Writes text to a file of the test's own folder and gives its path."""

    def write(text, name="zone"):
        path = pathlib.Path(tmp_path, name)
        path.write_text(text, encoding="latin-1")
        return path

    return write
