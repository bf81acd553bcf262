# SPDX-License-Identifier: GPL-3.0-or-later
"""Known outages in a live world: nothing bad reaches a secondary, and a sentence says why.

Each sentence is checked in under outages/, with numbers that change from run to run as letters.
HOLDFAST_REWRITE=1 writes the files anew, for a person to read before they are committed.
"""

import os
import pathlib
import re
import shutil
import time

import dns.rcode
import pytest

from liveworld import NSD, PRIMARY, SECONDARIES, UNBOUND, ZONE, LiveWorld

OUTAGES = pathlib.Path(__file__).resolve().parent / "outages"


@pytest.fixture(scope="module")
def live(tmp_path_factory, holdfast):
    world = LiveWorld(tmp_path_factory.mktemp("live"), holdfast)
    try:
        world.start()
        world.start_registrar()
        world.until(world.is_secure, "the zone is secure", 60)
        world.until(lambda: world.status()["roll"] is None, "it is at rest", 60)
        world.start_crowd()
        yield world
        world.crowd.end()
        assert world.crowd.failures == [] and world.crowd.insecure == []
        assert world.crowd.asked > 500
    finally:
        world.close()


def plain(text):
    """The sentence without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z| UTC)", "TIME", text)
    text = re.sub(r"\b(KSK|ZSK|DS|tag) \d+", r"\1 TAG", text)
    text = re.sub(r"\+013\+\d{5}", "+013+TAG", text)
    return re.sub(r"\S*/(keys|state)/\S*?(?=[\s:,;]|$)", "PATH", text)


def expect_sentence(name, text):
    path = OUTAGES / f"{name}.txt"
    if os.environ.get("HOLDFAST_REWRITE"):
        path.write_text(plain(text) + "\n")
    assert plain(text) + "\n" == path.read_text()


def serials(world):
    return [world.serial(host) for host in SECONDARIES]


def refused(world, alarm):
    """Waits for the alarm; what it says. Meanwhile and for a while afterwards no secondary moves."""

    def stands():
        return [found for found in world.status()["alarms"] if found["name"] == alarm]

    (found,) = world.until(stands, f"an alarm {alarm}", 30)
    before = serials(world)
    done = world.order("status", ZONE)
    assert done.returncode == 1 and done.stdout.startswith("ALARM  live.: ")
    # Nothing comes later, either: the secondaries would be told at once.
    end = time.monotonic() + 2
    while time.monotonic() < end:
        assert serials(world) == before
        assert world.is_secure()
        time.sleep(0.1)
    return found["text"]


def mended(world, number):
    """The alarms go with their causes, and changes arrive again."""
    world.set_record("counter", 1, "TXT", f'"{number}"')

    def arrived():
        answer = world.ask(UNBOUND, "counter.live.", "TXT", recurse=True)
        return str(number) in answer.to_text()

    world.until(arrived, "a change arrives after the repair", 30)
    world.until(lambda: world.status()["alarms"] == [], "the alarm is gone", 30)


def private_file(world, role):
    """The private half of the key of that role."""
    tags = [key["tag"] for key in world.status()["keys"] if key["role"] == role and key["state"] == "signs"]
    assert len(tags) == 1
    (private,) = world.state.glob(f"**/K*+{tags[0]:05}.private")
    return private


def test_half_the_delegations_gone(live):
    """A source that lost half of its delegations."""

    def lose(message):
        for number in range(10):
            message.delete(f"child{number}")

    live.update(PRIMARY, ZONE, lose)
    expect_sentence("half-gone", refused(live, "stage-check"))
    done = live.order("approve", "--removal", ZONE)
    assert done.returncode == 0, done.stderr

    def gone():
        return live.ask(NSD, "child7.live.", "NS").rcode() == dns.rcode.NXDOMAIN

    live.until(gone, "what a person accepted is published", 30)
    mended(live, 101)


def test_ttl_beyond_signatures(live):
    """ripe-2023: a TTL so long that signatures end before caches let go."""
    live.set_record("www", 172800, "A", "192.0.2.80")
    expect_sentence("long-ttl", refused(live, "stage-check"))
    live.set_record("www", 1, "A", "192.0.2.80")
    mended(live, 102)


def test_damaged_key(live, holdfast):
    """ru-2024, se-2022: the private half is not that of the published key."""
    private = private_file(live, "ZSK")
    other = live.folder / "others"
    other.mkdir()
    made = holdfast("keygen", "--dir", other, ZONE).stdout.strip()
    kept = private.read_bytes()
    private.write_bytes((other / f"{made}.private").read_bytes())
    live.set_record("counter", 1, "TXT", '"by a damaged key"')
    expect_sentence("damaged-key", refused(live, "stage-sign"))
    private.write_bytes(kept)
    # Nothing has to change at the source for what failed to be tried again.
    done = live.order("release", ZONE)
    assert done.returncode == 0 and "tried again" in done.stdout, done.stderr
    live.until(lambda: live.status()["alarms"] == [], "the alarm is gone", 30)
    done = live.order("release", ZONE)
    assert done.returncode == 1 and "nothing to try again" in done.stderr
    mended(live, 103)


def test_key_withdrawn_early(live):
    """nz-2023: the key that the parent's DS stands for is gone before the DS left caches."""
    private = private_file(live, "KSK")
    away = live.folder / "away"
    away.mkdir()
    for path in private.parent.glob(private.stem + ".*"):
        shutil.move(path, away)
    live.set_record("counter", 1, "TXT", '"without the key"')
    expect_sentence("key-withdrawn", refused(live, "stage-sign"))
    for path in away.iterdir():
        shutil.move(path, private.parent)
    mended(live, 104)
