# SPDX-License-Identifier: GPL-3.0-or-later
"""Parents that say nothing, wait for the zone themselves, or differ by address."""

import json
import re
import time
import urllib.request

import dns.rcode
import pytest

from daemonworld import DaemonWorld, Parent, free_port, wait_for

ZONE = "example."


@pytest.fixture
def world(tmp_path):
    world = DaemonWorld(tmp_path)
    yield world
    world.close()


def metric(world, name):
    """The value of the zone's metric."""
    address = f"http://{world.server['metrics'].replace('@', ':')}/metrics"
    with urllib.request.urlopen(address, timeout=10) as page:
        return float(re.search(rf'^{name}{{zone="{ZONE}"}} (\S+)$', page.read().decode(), re.MULTILINE)[1])


def history(world):
    return " ".join(entry["text"] for entry in world.good("zone-history", zone=ZONE)["history"])


@pytest.mark.parametrize("listed", [True, False])
def test_status_says_why_it_waits(world, listed):
    world.parent.rcode = dns.rcode.SERVFAIL
    world.server["metrics"] = f"{world.host}@{free_port(world.host)}"
    if listed:
        world.policies["default"]["parent"] = {"servers": [world.place(world.parent_host)]}
    world.add_file_zone(ZONE, 1, **{"parent-wait": "1h"})
    world.start()
    status = world.wait_status(ZONE, lambda status: status.get("parent_silent_since"), "the sentence")
    assert status["serial_out"] is None
    told = f"{world.place(world.parent_host)}: it answers with SERVFAIL"
    assert status["parent_silence"] == told
    text = world.wait_status(ZONE, lambda status: told in (status["text"] or ""), "the text")["text"]
    assert text.startswith("waiting since 20") and "holdfast ds-seen example." in text
    assert "DS set that its keys say" in text
    assert status["parents"][0]["place"] == world.place(world.parent_host)
    shown = world.holdfast("status", ZONE)
    assert shown.returncode == 0 and "it answers with" in shown.stdout, shown
    time.sleep(2)
    assert metric(world, "holdfast_zone_parent_silent_seconds") >= 1

    # The word of a person is enough.
    done = world.holdfast("ds-seen", ZONE)
    assert done.returncode == 0 and "no DS record" in done.stdout, done
    world.wait_published(ZONE, 1)
    # And so is the parent's, later.
    world.parent.rcode = None
    world.wait_status(ZONE, lambda status: not status["parent_silent_since"], "the parent's word")


def test_nobody_there_is_told(world):
    world.parent.silent = True
    world.add_file_zone(ZONE, 1, **{"parent-wait": "1h"})
    world.start()
    status = world.wait_status(
        ZONE, lambda status: "look at the network" in (status["text"] or ""), "the sentence", 60
    )
    assert status["serial_out"] is None and status["parents"] == []
    # It is found as soon as it is there.
    world.parent.silent = False
    world.wait_published(ZONE, 1, 60)


def test_new_zone_does_not_wait_for_ever(world):
    world.parent.rcode = dns.rcode.REFUSED
    world.policies["default"]["parent"] = {"servers": [world.place(world.parent_host)]}
    world.add_file_zone(ZONE, 1, **{"parent-wait": "3s"})
    world.start()
    world.wait_published(ZONE, 1)
    assert "it answers with REFUSED" in history(world)


def test_parent_that_waits_for_the_zone(world):
    """The parent's only server is a secondary that has not loaded the zone yet."""
    world.parent.rcode = dns.rcode.SERVFAIL
    world.policies["default"]["parent"] = {"servers": [world.place(world.parent_host)]}
    world.add_file_zone(
        ZONE, 1, secondaries=[{"address": world.place(world.parent_host)}], **{"parent-wait": "1d"}
    )
    world.start()
    world.wait_published(ZONE, 1, 60)
    assert "begins with the DS set that its keys say" in history(world)


def wanted_ds(world):
    """The DS set that the zone's CDS records ask for; empty without any."""
    found = world.transfer(ZONE).get_rdataset(ZONE, "CDS")
    return sorted(rdata.to_text() for rdata in found) if found else []


def rests(status):
    return status["serial_out"] and status["roll"] is None and status["wait"] == "nothing"


def without_margins(world, *servers):
    world.policies["default"].update(
        parent={"servers": list(servers)},
        keys={"dnskey-ttl": "1s"},
        ksk={"lifetime": 0},
        zsk={"lifetime": 0},
        rollover={"approve": [], "margin": 0, "ds-margin": 0},
    )


def test_roll_as_a_dry_run(world):
    without_margins(world, world.place(world.parent_host))
    world.add_file_zone(ZONE)
    world.start()
    world.wait_published(ZONE, 1)
    done = world.holdfast("roll", "--dry-run", ZONE, "ksk")
    assert done.returncode == 1 and "a change is in progress (going secure" in done.stderr, done
    world.parent.ds[ZONE] = wait_for(lambda: wanted_ds(world), "the first CDS")
    # CDS goes with a version of its own.
    quiet = lambda status: rests(status) and not wanted_ds(world)
    world.wait_status(ZONE, quiet, "the first DS", 120)
    before = world.wait_status(ZONE, rests, "rest")

    log = history(world)
    done = world.holdfast("roll", "--dry-run", ZONE, "ksk")
    assert done.returncode == 0 and done.stdout.startswith("KSK rollover"), done
    (old,) = (key["tag"] for key in before["keys"] if key["role"] == "KSK")
    assert f"KSK {old}" in done.stdout and "new KSK" in done.stdout, done.stdout
    answer = json.loads(world.holdfast("roll", "--dry-run", "--json", ZONE, "zsk").stdout)
    assert answer["text"].startswith("ZSK rollover") and len(answer["plan"]["steps"]) >= 3
    for words, code in (
        (("roll", "--dry-run", ZONE), 2),
        (("roll", "--dry-run", "--abort", ZONE), 2),
        (("roll", "--dry-run", ZONE, "everything"), 2),
        (("roll", "--dry-run", "elsewhere.", "zsk"), 2),
    ):
        done = world.holdfast(*words)
        assert done.returncode == code and done.stderr.startswith("holdfast: "), (words, done)
    after = world.status(ZONE)
    assert (after["roll"], after["serial_out"]) == (None, before["serial_out"])
    assert after["keys"] == before["keys"] and history(world) == log


def test_parent_that_differs_by_address(world):
    """A KSK rollover waits for the one server of the parent that has the old DS set, and names it."""
    other = f"{world.net}.3"
    slow = Parent(other, world.port)
    try:
        servers = [world.place(world.parent_host), world.place(other)]
        without_margins(world, *servers)
        world.add_file_zone(ZONE)
        world.start()
        world.wait_published(ZONE, 1)
        # Whoever transfers the zone twenty times a second does not keep it from what it has to do.
        old = wait_for(lambda: wanted_ds(world), "the first CDS")
        world.parent.ds[ZONE] = slow.ds[ZONE] = old
        world.wait_status(ZONE, rests, "the first DS everywhere", 120)

        world.good("roll", zone=ZONE, action="start", what="ksk")
        asks = lambda status: [ds for ds in wanted_ds(world) if ds not in old]
        world.wait_status(ZONE, asks, "CDS of the new key", 120)
        new = wanted_ds(world)
        world.parent.ds[ZONE] = new
        sees = lambda status: [server["good"] for server in status["parents"]] == [True, False]
        status = world.wait_status(ZONE, sees, "one server with the new set", 120)
        before, after = (ds[0].split()[0] for ds in (old, new))
        assert before != after
        assert [server["place"] for server in status["parents"]] == servers
        assert before in status["parents"][1]["text"] and after in status["parents"][0]["text"]
        assert status["wait"] == "parent" and status["until"] is None
        assert servers[1] in status["waits"] and servers[0] not in status["waits"], status["waits"]
        shown = world.holdfast("status", ZONE).stdout
        line = next(line for line in shown.splitlines() if line.split()[:1] == [servers[1]])
        assert "NOT YET" in line and before in line, shown
        # It goes on waiting however often it looks, and the old key stays.
        step, questions = status["roll"], slow.questions
        wait_for(lambda: slow.questions > questions + 3, "more looks", 120)
        status = world.status(ZONE)
        assert status["roll"] == step
        assert {key["tag"] for key in status["keys"] if key["role"] == "KSK"} == {int(before), int(after)}

        slow.ds[ZONE] = new
        waits = world.wait_status(ZONE, lambda status: status["roll"] != step or status["until"],
                                  "what caches hold", 120)["waits"]
        assert "the secondary" not in waits, "the parent's servers are none"
        status = world.wait_status(ZONE, rests, "the end of the rollover", 120)
        assert [server["good"] for server in status["parents"]] == [True, True]
        assert not status["alarms"]
        assert [key["tag"] for key in status["keys"] if key["ds"]] == [int(after)]
    finally:
        slow.close()
