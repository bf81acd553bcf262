# SPDX-License-Identifier: GPL-3.0-or-later
"""What peers may take: those that never read, stay idle or are too many, and primaries that send too much."""

import socket

import dns.message
import pytest

from daemonworld import DaemonWorld, wait_for

ZONE = "example."
MANY, LARGE = 2000, 4000  # names, and bytes of each: more than the buffers of a connection hold


@pytest.fixture
def world(tmp_path):
    world = DaemonWorld(tmp_path)
    yield world
    world.close()


def connect(world, room=None):
    connection = socket.socket(socket.AF_INET)
    connection.settimeout(60)
    if room:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    connection.connect((world.host, world.port))
    return connection


def large_text(letter):
    return [f"h{number} 5 TXT " + " ".join([letter * 250] * (LARGE // 250)) for number in range(MANY)]


def ask(connection, kind):
    wire = dns.message.make_query(ZONE, kind).to_wire()
    connection.sendall(len(wire).to_bytes(2, "big") + wire)


def is_closed(connection):
    """Whether the other side closed it; waits for that."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_secondaries_that_never_read(world):
    world.server["limits"] = {"stall": "4s", "transfers": 8}
    world.add_file_zone(ZONE, 1, *large_text("a"))
    world.start()
    first = world.wait_published(ZONE, 1, 60)["serial_out"]
    silent = [connect(world, 4096) for _ in range(8)]
    try:
        for connection in silent:
            ask(connection, "AXFR")
        # They hold every transfer that may go on at once: meanwhile the zone goes on, and others
        # get their turn.
        world.write(f"{ZONE}zone", world.zone_text(ZONE, 2, *large_text("b")))
        assert world.wait_published(ZONE, 2, 60)["serial_out"] > first
        assert len(world.transfer(ZONE).nodes) > MANY
        wait_for(lambda: world.log().count("the other side does not take the data") == 8,
                 "a sentence about each", 60)
        assert world.status(ZONE)["state"] == "good"
    finally:
        for connection in silent:
            connection.close()


def test_idle_and_too_many_connections(world):
    world.server["limits"] = {"connections": 3, "idle": "1h"}
    world.add_file_zone(ZONE)
    world.start()
    world.wait_published(ZONE, 1)
    crowd = [connect(world) for _ in range(3)]
    for connection in crowd:
        ask(connection, "SOA")
        assert connection.recv(2)
    last = connect(world)
    ask(last, "SOA")
    assert last.recv(2), "one more is served"
    closed = [connection for connection in crowd if is_closed_now(connection)]
    assert len(closed) == 1, "in the place of one that was idle"
    # The limits of a reload count at once.
    world.server["limits"]["idle"] = "1s"
    world.configure()
    world.good("reload")
    drain(last)
    assert is_closed(last)


def drain(connection):
    """Reads the rest of one answer."""
    connection.settimeout(0.2)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        pass
    connection.settimeout(60)


def is_closed_now(connection):
    connection.settimeout(1)
    try:
        while connection.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


def test_primary_that_sends_too_much(world):
    """Two daemons: what one serves is more than the other takes."""
    world.add_file_zone(ZONE, 1, *(f"h{number} 5 A 192.0.2.1" for number in range(40)))
    world.start()
    world.wait_published(ZONE, 1)
    small = DaemonWorld(world.folder / "small")
    try:
        small.server["fetch"] = {"records": 50}
        small.zones = [{"name": ZONE, "source": {"primaries": [{"address": world.place()}]},
                        "mode": "check-only"}]
        small.start()
        failed = lambda status: small.stage(status, "load")["state"] == "failed"
        status = small.wait_status(ZONE, failed, "the sentence")
        text = small.stage(status, "load")["text"]
        assert world.place() in text, text
        assert "50" in text and "record" in text, text
        assert status["serial_out"] is None
        small.server["fetch"] = {"records": 5000}
        small.configure()
        small.good("reload")
        small.good("zone-reload", zone=ZONE)
        small.wait_status(ZONE, lambda status: not failed(status), "the load with room for it")
    finally:
        small.close()
