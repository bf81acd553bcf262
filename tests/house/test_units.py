# SPDX-License-Identifier: GPL-3.0-or-later
"""The units for systemd, judged by systemd's own tool in a tree of their own: nothing is started."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["HOLDFAST_BUILD"])
UNITS = ["holdfastd.service", "holdfastd.socket", "holdfast-anchors.service", "holdfast-anchors.timer"]
# Of 100; what systemd calls OK ends at 49.
EXPOSURE = 20


@pytest.fixture
def tree(tmp_path):
    """A root folder with the units as they are installed, and the programs that they name."""
    folder = tmp_path / "etc" / "systemd" / "system"
    folder.mkdir(parents=True)
    for name in UNITS:
        made = BUILD / "dist" / name
        shutil.copy(made if made.exists() else ROOT / "dist" / name, folder)
    # The targets that the units wait for are systemd's own.
    (tmp_path / "lib" / "systemd").mkdir(parents=True)
    shutil.copytree("/lib/systemd/system", tmp_path / "lib" / "systemd" / "system", symlinks=True)
    for line in "\n".join((folder / name).read_text() for name in UNITS).splitlines():
        if line.startswith("Exec"):
            program = tmp_path / line.split("=")[1].split()[0].lstrip("/")
            program.parent.mkdir(parents=True, exist_ok=True)
            program.touch(0o755)
    return tmp_path


def analyze(tree, *words):
    """systemd-analyze on that tree; what it says is what is wrong."""
    return subprocess.run(
        ["systemd-analyze", f"--root={tree}", *words], capture_output=True, text=True, timeout=60
    )


def verify(tree):
    return analyze(tree, "verify", "--man=no", *UNITS)


def test_units_are_in_order(tree):
    done = verify(tree)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("old, new", [
    ("ProtectSystem=strict", "ProtectSystem=very"),
    ("NoNewPrivileges=", "NoMorePrivileges="),
    ("ExecStart=", "ExecStart=/nowhere"),
], ids=["value", "name", "program"])
def test_a_mistake_is_seen(tree, old, new):
    path = tree / "etc" / "systemd" / "system" / "holdfastd.service"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert verify(tree).stderr != ""


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_exposure_is_low(tree, unit):
    words = ["security", "--offline=true", f"--threshold={EXPOSURE}", "--no-pager", unit]
    done = analyze(tree, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    path = tree / "etc" / "systemd" / "system" / unit
    path.write_text("".join(
        line for line in path.read_text().splitlines(True) if not line.startswith(("Protect", "System"))
    ))
    assert analyze(tree, *words).returncode != 0, "without its limits a unit is more exposed"
