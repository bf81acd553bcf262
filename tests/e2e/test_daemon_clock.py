# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock that steps by a day, back and forth: said in a sentence, nothing published, nothing lost."""

import glob
import os
import time

import pytest

from daemonworld import DaemonWorld, wait_for

# It has to be loaded before anything else, which the sanitizers want for themselves.
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
pytestmark = pytest.mark.skipif(
    os.environ.get("HOLDFAST_SANITIZER", "none") != "none", reason="sanitizers are loaded first"
)


@pytest.fixture(name="world")
def _world(tmp_path):
    world = DaemonWorld(tmp_path)
    yield world
    world.close()


def set_clock(world, step, serial):
    """Sets the daemon's clock; a change of the source makes it look at once, not in a minute."""
    world.write("clock", step + "\n")
    world.write("example.zone", world.zone_text("example.", serial, f"s{serial} 5 A 192.0.2.7"))


def alarm_text(status):
    return " ".join(alarm["text"] for alarm in status["alarms"] if alarm["name"] == "clock")


def wait_right_again(world, serial):
    """Until the contents of that serial are served, and no alarm stands."""

    def is_there():
        world.good("zone-reload", zone="example.")
        return world.transfer("example.").get_node(f"s{serial}.example.")

    wait_for(is_there, "the contents", pause=1)
    world.wait_status("example.", lambda status: not status["alarms"], "the end of the alarm")


def test_clock_steps_by_a_day(world):
    assert FAKETIME, "the package faketime is missing"
    world.add_file_zone("example.", 1)
    world.write("clock", "+0\n")
    world.start(
        LD_PRELOAD=FAKETIME[0], FAKETIME_TIMESTAMP_FILE=str(world.folder / "clock"),
        FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1", NO_FAKE_STAT="1",
    )
    world.wait_published("example.", 1)
    serial = world.soa("example.")

    set_clock(world, "-1d", 2)
    status = world.wait_status("example.", alarm_text, "an alarm")
    assert "the clock is behind" in alarm_text(status)
    time.sleep(1.5)
    assert world.soa("example.") == serial

    set_clock(world, "+0", 3)
    wait_right_again(world, 3)
    serial = world.soa("example.")

    set_clock(world, "+1d", 4)
    status = world.wait_status("example.", alarm_text, "an alarm")
    assert "the clock leapt ahead" in alarm_text(status)
    time.sleep(1.5)
    assert world.soa("example.") == serial

    # What was planned in the false future is taken along.
    set_clock(world, "+0", 5)
    wait_right_again(world, 5)
