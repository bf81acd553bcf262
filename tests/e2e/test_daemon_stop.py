# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon ends, or a zone goes: whatever waits for others breaks off, and commands are told to end."""

import pytest

from daemonworld import DaemonWorld, wait_for

ZONE = "example."
# Says that it began, and that it was told to end.
PATIENT = """#!/bin/sh
trap 'echo told > {folder}/told; exit 1' TERM
echo began > {folder}/began
sleep 600 &
wait
"""
# Does not listen.
STUBBORN = """#!/bin/sh
trap '' TERM
echo began > {folder}/began
sleep 600
"""


@pytest.fixture
def world(tmp_path):
    world = DaemonWorld(tmp_path)
    yield world
    world.close()


def script(world, text):
    path = world.write("script", text.format(folder=world.folder))
    path.chmod(0o755)
    return [str(path)]


def stops_in_order(world):
    assert world.stop() == 0
    log = world.log()
    assert "cut off" not in log and "in order" in log, log


def began(world):
    wait_for(lambda: (world.folder / "began").exists(), "the command")


def test_during_a_look(world):
    world.parent.silent = True
    world.add_file_zone(ZONE)
    world.start()
    wait_for(lambda: world.parent.questions > 0, "a question to the parent")
    # The reason why it ends is told to nobody: it is no failure of the parent.
    stops_in_order(world)
    assert "stopping" in world.log() and "look-failed" not in world.log().split("stopping")[1]


def test_zone_goes_during_a_look(world):
    world.parent.silent = True
    world.start()
    world.write(f"{ZONE}zone", world.zone_text(ZONE, 1))
    world.good("zone-add", zone=ZONE, policy="default",
               settings='{"source": {"file": "%s"}}' % (world.folder / f"{ZONE}zone"))
    wait_for(lambda: world.parent.questions > 0, "a question to the parent")
    world.good("zone-remove", zone=ZONE)
    assert "look-failed" not in world.log()
    assert world.good("status")["zones"] == []
    stops_in_order(world)


@pytest.mark.parametrize("text", [PATIENT, STUBBORN])
def test_during_a_review(world, text):
    world.add_file_zone(ZONE, 1, review={"unsigned": {"command": script(world, text), "time": "10m"}})
    world.start()
    began(world)
    stops_in_order(world)
    assert (world.folder / "told").exists() == (text == PATIENT)
    assert "stage-review" not in world.log()
    # It is no verdict: the next start asks again.
    (world.folder / "script").write_text("#!/bin/sh\nexit 0\n")
    world.start()
    world.wait_published(ZONE, 1)


@pytest.mark.parametrize("text", [PATIENT, STUBBORN])
def test_during_an_alert(world, text):
    world.top["alerts"] = {"command": script(world, text), "time": "10m", "self-test": "1h"}
    world.start()
    began(world)
    stops_in_order(world)
    assert (world.folder / "told").exists() == (text == PATIENT)
