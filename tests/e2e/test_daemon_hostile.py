# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfastd and a primary that misbehaves: the status says what is wrong in one sentence, the last
good version goes on being served, and the next good transfer is taken."""

import time

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from daemonworld import DaemonWorld, wait_for
from fetching import ZONE
from hostileprimary import (
    BODY, KEY, SECRET, HangingServer, address, answer, asks, circling, cut, framed, soa,
)

FIRST = 5


class Primary:
    """One that has the zone with a serial, or does with transfers what a test wants."""

    def __init__(self, world):
        self.host = f"{world.net}.10"
        self.serial = FIRST
        self.body = BODY
        self.misbehave = None
        self.server = HangingServer(self.host, world.port, self.behave)

    def behave(self, query, tcp):
        if asks(query) == dns.rdatatype.SOA:
            wire = answer(query, [soa(self.serial)])
            return [framed(wire) if tcp else wire]
        if self.misbehave is not None:
            return self.misbehave(query)
        whole = [soa(self.serial), *self.body, soa(self.serial)]
        return [framed(answer(query, whole))]

    def notify(self, world):
        message = dns.message.make_query(ZONE, "SOA", flags=dns.flags.AA)
        message.set_opcode(dns.opcode.NOTIFY)
        response = dns.query.udp(
            message, world.host, port=world.port, source=self.host, timeout=5
        )
        assert response.rcode() == dns.rcode.NOERROR

    def publish(self, world, serial, *lines):
        self.serial, self.body, self.misbehave = serial, [*BODY, *lines], None
        self.notify(world)


@pytest.fixture
def world(tmp_path):
    world = DaemonWorld(tmp_path)
    primary = Primary(world)
    world.primary = primary
    yield world
    world.close()
    primary.server.close()


def add_zone(world, key=None):
    place = {"address": world.place(world.primary.host)}
    world.zones.append(
        {"name": ZONE, "source": {"primaries": [{**place, "key": key} if key else place]},
         "transfer": [{"from": "127.0.0.0/8"}]}
    )


def load_failure(world, sentence):
    """The status once the stage that loads has failed with this sentence."""

    def failed(status):
        loads = [stage for stage in status.get("stages", []) if stage["name"] == "load"]
        return loads and loads[0]["state"] == "failed" and sentence in loads[0]["text"]

    return world.wait_status(ZONE, failed, sentence)


def next_published(world, serial_in, last):
    """The status once something newer than the serial `last` is out, made of that input."""
    return world.wait_status(
        ZONE,
        lambda status: status["serial_in"] == serial_in and status["serial_out"] != last
        and world.soa(ZONE) == status["serial_out"],
        f"publication of {serial_in}",
    )


def without_differences(transfer, serial):
    """NOTIMP to IXFR, so that it is the whole zone that goes wrong."""

    def behave(query):
        if asks(query) == dns.rdatatype.IXFR:
            return [framed(answer(query, [], dns.rcode.NOTIMP))]
        return transfer(query, serial)

    return behave


def one_foreign(query, serial):
    lines = [soa(serial), *BODY, "www.other.test. 300 IN A 192.0.2.1", soa(serial)]
    return [framed(answer(query, lines))]


# How the whole zone goes wrong, with this serial; a part of the sentence.
MISBEHAVIOURS = [
    (cut, "closed the connection before the transfer was complete"),
    (circling, "goes in circles"),
    (one_foreign, f"www.other.test. is not in the zone {ZONE}"),
    (
        lambda query, serial: [framed(answer(query, [], dns.rcode.REFUSED))],
        "answered REFUSED to our AXFR question",
    ),
]


def test_last_good_version_stays(world):
    add_zone(world)
    world.start()
    serial = next_published(world, FIRST, None)["serial_out"]
    served = world.transfer(ZONE).to_text(relativize=False)

    for number, (transfer, sentence) in enumerate(MISBEHAVIOURS):
        world.primary.serial += 3
        world.primary.misbehave = without_differences(transfer, world.primary.serial)
        world.primary.notify(world)
        status = load_failure(world, sentence)
        load = world.stage(status, "load")
        assert f"primary {world.primary.host}" in load["text"]
        assert (status["serial_out"], world.soa(ZONE)) == (serial, serial)
        assert "stage-load" in [alarm["name"] for alarm in status["alarms"]]
        shown = world.holdfast("status", ZONE)
        assert sentence in " ".join(shown.stdout.split()), shown.stdout + shown.stderr
        assert world.transfer(ZONE).to_text(relativize=False) == served

        world.primary.publish(world, world.primary.serial + 1, address(f"n{number}", 1))
        status = next_published(world, world.primary.serial, serial)
        assert "stage-load" not in [alarm["name"] for alarm in status["alarms"]]
        serial = status["serial_out"]
        served = world.transfer(ZONE).to_text(relativize=False)
        assert f"n{number}.{ZONE}" in served
    assert world.stop() == 0


def test_serial_that_goes_back(world):
    add_zone(world)
    world.start()
    serial = next_published(world, FIRST, None)["serial_out"]
    world.primary.publish(world, FIRST - 1)
    status = load_failure(world, f"has serial {FIRST - 1}, which is not newer than our {FIRST}")
    assert (status["serial_out"], world.soa(ZONE)) == (serial, serial)


def test_differences_that_do_not_fit(world):
    """The whole zone comes instead, and the log says why."""
    add_zone(world)
    world.start()
    serial = next_published(world, FIRST, None)["serial_out"]
    new = FIRST + 1

    def misfit(query):
        if asks(query) == dns.rdatatype.IXFR:
            lines = [soa(new), soa(FIRST), address("never-there", 1), soa(new), soa(new)]
        else:
            lines = [soa(new), *BODY, address("more", 1), soa(new)]
        return [framed(answer(query, lines))]

    world.primary.misbehave, world.primary.serial = misfit, new
    world.primary.notify(world)
    status = next_published(world, new, serial)
    assert "AXFR from" in world.stage(status, "load")["text"]
    assert f"the differences delete never-there.{ZONE} A, which is not there" in world.log()
    assert f"more.{ZONE}" in map(str, world.transfer(ZONE).nodes)


def test_answers_without_tsig(world):
    world.top["keys"] = [{"name": KEY, "secret-file": "key"}]
    world.write("key", SECRET + "\n").chmod(0o600)
    add_zone(world, key=KEY)
    world.start()
    status = load_failure(world, "not signed with TSIG, but has to be; set the key there too")
    assert status["serial_out"] is None and world.soa(ZONE) is None


def test_end_during_a_stalled_transfer(world):
    add_zone(world)
    world.start()
    next_published(world, FIRST, None)
    stalled = []

    def stall(query):
        stalled.append(query)
        return [framed(answer(query, [soa(FIRST + 1)]))]

    world.primary.misbehave, world.primary.serial = stall, FIRST + 1
    world.primary.notify(world)
    wait_for(lambda: stalled, "a transfer")
    started = time.monotonic()
    assert world.stop() == 0
    assert time.monotonic() - started < 5
