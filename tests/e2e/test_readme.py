# SPDX-License-Identifier: GPL-3.0-or-later
"""The newcomer's path of README.md, typed as it stands there; only ports are others."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from daemonworld import free_port, wait_for
from dnsworld import program

ROOT = pathlib.Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"


def session():
    """Lines that are typed below "Run it", and the files that they show: (commands, {name: text})."""
    section = (ROOT / "README.md").read_text().split("## Run it")[1].split("\n## ")[0]
    commands, files, shown = [], {}, None
    for line in section.split("```")[1].splitlines():
        if line.startswith("$ cat "):
            shown = line.removeprefix("$ cat ")
            files[shown] = ""
        elif line.startswith("$ "):
            shown = None
            commands.append(line[2:])
        elif shown:
            files[shown] += line + "\n"
    return commands, files


@pytest.fixture
def folder(tmp_path):
    """A folder as the reader has it: the configuration and the example's zone."""
    _, files = session()
    port = free_port(HOST)
    for name, text in files.items():
        (tmp_path / name).write_text(text.replace("@5300", f"@{port}").replace("@5301", f"@{port + 1}"))
    shutil.copy(ROOT / "examples" / "example.zone", tmp_path)
    (tmp_path / "port").write_text(str(port))
    return tmp_path


def test_newcomer(holdfast, folder, monkeypatch):
    commands, files = session()
    # What the test types itself has to be what the reader is told.
    assert list(files) == ["holdfast.yaml"]
    assert commands == [
        "holdfastd --config holdfast.yaml &",
        "export HOLDFAST_CONTROL=$PWD/control.sock",
        "holdfast ds-seen example.",
        "holdfast status example.",
        "dig @127.0.0.1 -p 5300 example. DNSKEY",
    ]
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOLDFAST_CONTROL", str(folder / "control.sock"))
    with open("log", "w") as log:
        daemon = subprocess.Popen([os.environ["HOLDFASTD"], "--config", "holdfast.yaml"], stderr=log)
    try:
        wait_for(lambda: holdfast("status").returncode != 2, "holdfastd answers")
        # Without a way to the root's servers a person has to have looked; with one this is harmless.
        wait_for(lambda: holdfast("ds-seen", "example.").returncode == 0, "the parent was looked at")
        waits = "WAITS FOR YOU  example.: say yes"
        wait_for(lambda: holdfast("status", "example.").stdout.startswith(waits), "it is published")
        answer = subprocess.run(
            [program("dig"), f"@{HOST}", "-p", (folder / "port").read_text(), "example.", "DNSKEY", "+short"],
            capture_output=True, text=True, timeout=20,
        )
        assert re.search(r"^257 3 13 ", answer.stdout, re.MULTILINE)
        assert holdfast("approve", "example.").returncode == 0
        assert holdfast("stop").returncode == 0
        assert daemon.wait(timeout=20) == 0
    finally:
        if daemon.poll() is None:
            daemon.terminate()
            daemon.wait()
