# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon that signs zones from files: publication, changes, mistakes, and its own ends."""

import pathlib
import re
import shutil
import socket
import subprocess
import time

import pytest

from daemonworld import DaemonWorld, wait_for

ZONE = "example."
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def world(tmp_path):
    world = DaemonWorld(tmp_path)
    yield world
    world.close()


def verified(world, zone=ZONE):
    """What is transferred is proven good by the command."""
    text = world.transfer(zone).to_text(relativize=False)
    path = world.write("transferred", f"{text}\n")
    done = world.holdfast("verify", str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    return text


def test_from_file_to_transfer(world):
    world.add_file_zone(ZONE, 7, "www 5 A 192.0.2.80", output="signed")
    world.start()
    status = world.wait_published(ZONE, 7)
    assert status["state"] == "good" and not status["alarms"], status
    assert "192.0.2.80" in verified(world)
    assert world.soa(ZONE) == status["serial_out"]
    assert "192.0.2.80" in (world.folder / "signed").read_text()

    world.write(f"{ZONE}zone", world.zone_text(ZONE, 8, "www 5 A 192.0.2.81"))
    later = world.wait_published(ZONE, 8)
    assert later["serial_out"] > status["serial_out"]
    assert "192.0.2.81" in verified(world)
    versions = world.good("zone-versions", zone=ZONE)["versions"]
    assert [version["serial"] for version in versions][0] == later["serial_out"]
    assert world.holdfast("status").returncode == 0
    assert world.stop() == 0


def test_bad_file_keeps_what_is_served(world):
    world.add_file_zone(ZONE, 1, "www 5 A 192.0.2.80")
    world.start()
    before = world.wait_published(ZONE, 1)["serial_out"]
    world.write(f"{ZONE}zone", "this is no zone\n")
    status = world.wait_status(ZONE, lambda status: status["alarms"], "an alarm")
    assert world.stage(status, "load")["state"] == "failed"
    assert "zone:1:" in world.stage(status, "load")["text"]
    assert world.soa(ZONE) == before
    assert world.holdfast("status", ZONE).returncode == 1

    world.write(f"{ZONE}zone", world.zone_text(ZONE, 2))
    world.wait_status(ZONE, lambda status: not status["alarms"], "the end of the alarm")
    wait_for(lambda: world.soa(ZONE) > before, "the mended version")


def test_killed_daemon_serves_the_same_at_once(world):
    world.add_file_zone(ZONE, 1, "www 5 A 192.0.2.80")
    world.start()
    world.wait_published(ZONE, 1)
    before = verified(world)
    world.kill()
    (world.folder / f"{ZONE}zone").unlink()  # the source is not needed for that
    begin = time.monotonic()
    world.start()
    wait_for(lambda: world.soa(ZONE), "the SOA after a restart")
    assert time.monotonic() - begin < 5
    assert verified(world) == before


def test_two_daemons_on_one_state(world):
    world.add_file_zone(ZONE)
    world.start()
    world.server["control"] = "other.sock"
    world.server["listen"] = []
    world.write("other.yaml", world.configure().read_text())
    other = world.start_other("other.yaml")
    assert other.returncode == 2
    assert re.search(r"holdfastd: another process uses the state", other.stderr), other.stderr


def test_busy_port_leaves_nothing(world):
    world.add_file_zone(ZONE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as busy:
        busy.bind((world.host, world.port))
        world.configure()
        done = world.start_other("holdfast.yaml")
    assert done.returncode == 2 and "address already in use" in done.stderr, done.stderr
    assert not (world.folder / "state").exists()
    world.start()
    world.wait_published(ZONE, 1)


def test_configuration_is_checked(world):
    world.add_file_zone(ZONE, colour="red")
    path = world.configure()
    done = world.start_other(path.name, "--check")
    assert done.returncode == 1
    assert re.search(r'holdfast.yaml:\d+: there is no setting "colour" in zone', done.stderr)
    world.zones[0].pop("colour")
    world.configure()
    done = world.start_other(path.name, "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "good, 1 zone\n" in done.stdout


def test_example_is_good(world):
    """The example in the project, as its comment says to try it."""
    done = subprocess.run(
        [world.program, "--config", EXAMPLES / "holdfast.yaml", "--check"],
        capture_output=True, text=True, timeout=20,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "good, 3 zones" in done.stdout


def test_reload_is_all_or_nothing(world):
    world.add_file_zone(ZONE)
    world.start()
    world.wait_published(ZONE, 1)
    world.add_file_zone("other.")
    world.zones[0]["history"] = 0
    world.configure()
    answer = world.ask("reload")
    assert not answer["ok"] and answer["code"] == "invalid"
    assert re.search(r"holdfast.yaml:\d+: history: \"0\" is not allowed", answer["error"])
    assert world.ask("status", zone="other.")["code"] == "notfound"

    world.zones[0]["history"] = 5
    world.server["listen"] = []
    world.configure()
    answer = world.ask("reload")
    assert "server.listen cannot change while the daemon runs" in answer["error"]
    assert world.ask("status", zone="other.")["code"] == "notfound"

    world.server["listen"] = [world.place()]
    world.configure()
    world.good("reload")
    world.wait_published("other.", 1)

    world.zones.pop()
    world.configure()
    world.good("reload")
    assert world.soa("other.") is None
    assert world.soa(ZONE) is not None


def test_zones_added_by_command(world):
    world.start()
    path = world.write("b.zone", world.zone_text("b.", 3))
    settings = f'{{source: {{file: {path}}}, transfer: [{{from: 127.0.0.0/8}}]}}'
    world.good("zone-add", zone="b.", policy="default", settings=settings)
    world.wait_published("b.", 3)
    assert world.ask("zone-add", zone="b.", policy="default", settings=settings)["code"] == "exists"
    bad = world.ask("zone-add", zone="c.", policy="none", settings=settings)
    assert not bad["ok"] and 'no policy "none"' in bad["error"]
    serial = world.soa("b.")

    assert world.stop() == 0
    world.start()
    wait_for(lambda: world.soa("b.") == serial, "the added zone after a restart")
    world.add_file_zone("b.")
    world.configure()
    assert "is there already, by holdfast zone add" in world.ask("reload")["error"]
    world.zones.pop()
    world.configure()
    world.good("reload")
    world.good("zone-remove", zone="b.")
    assert world.soa("b.") is None
    assert world.ask("zone-remove", zone="b.")["code"] == "notfound"


def test_hold_release_and_rollback(world):
    world.add_file_zone(ZONE, 1, "www 5 A 192.0.2.80")
    world.start()
    first = world.wait_published(ZONE, 1)["serial_out"]
    world.good("hold", zone=ZONE)
    world.write(f"{ZONE}zone", world.zone_text(ZONE, 2, "www 5 A 192.0.2.81"))
    world.wait_status(ZONE, lambda status: status["serial_in"] == 2, "the input")
    assert world.status(ZONE)["held"] and world.soa(ZONE) == first
    assert world.ask("hold", zone=ZONE)["code"] == "refused"
    world.good("release", zone=ZONE)
    wait_for(lambda: world.soa(ZONE) > first, "the second version")
    second = world.soa(ZONE)
    assert "192.0.2.81" in verified(world)

    world.good("rollback", zone=ZONE, serial=first)
    wait_for(lambda: world.soa(ZONE) > second, "the rollback")
    assert "192.0.2.80" in verified(world)
    notes = world.good("zone-history", zone=ZONE, limit=100)["history"]
    assert {"held", "released", "rolled-back"} <= {note["kind"] for note in notes}


def test_requests_that_make_no_sense(world):
    world.add_file_zone(ZONE)
    world.start()
    for members, code in [
        ({"command": "fly"}, "unsupported"),
        ({"command": "hold"}, "invalid"),
        ({"command": "hold", "zone": "nowhere."}, "notfound"),
        ({"command": "hold", "zone": "a..b"}, "invalid"),
        ({"command": "hold", "zone": ZONE, "how": "well"}, "invalid"),
        ({"command": "rollback", "zone": ZONE, "serial": -1}, "invalid"),
        ({"command": "rollback", "zone": ZONE, "serial": "x"}, "invalid"),
        ({"command": "roll", "zone": ZONE, "action": "jump"}, "invalid"),
        ({"command": "roll", "zone": ZONE, "action": "start", "what": "everything"}, "syntax"),
        ({"command": "compromised", "zone": ZONE, "key": "ksk"}, "invalid"),
        ({"command": "backup", "path": "relative"}, "invalid"),
        ({"command": "zone-history", "zone": ZONE, "limit": 0}, "invalid"),
        ({"command": "zone-remove", "zone": ZONE}, "refused"),
    ]:
        answer = world.ask(**members)
        assert (answer["ok"], answer["code"]) == (False, code), (members, answer)
        assert len(answer["error"]) > 10
    with world.connect() as connection:
        connection.sendall(b"no JSON\n")
        assert b'"syntax"' in connection.makefile("rb").readline()
    with world.connect() as connection:
        connection.sendall(b'"' * (1 << 20) + b'""\n')
        assert b'"limit"' in connection.makefile("rb").readline()
    assert world.status(ZONE)["zone"] == ZONE


def test_many_idle_connections(world):
    world.add_file_zone(ZONE)
    world.start()
    world.wait_published(ZONE, 1)
    idle = [world.connect() for _ in range(200)]
    assert world.status(ZONE)["zone"] == ZONE
    for connection in idle:
        connection.close()
    assert world.status(ZONE)["zone"] == ZONE


def test_reviews_by_command_and_person(world):
    script = world.write("check", '#!/bin/sh\ngrep -q forbidden "$HOLDFAST_FILE" && '
                         '{ echo "forbidden name"; exit 1; }\nexit 0\n')
    script.chmod(0o755)
    world.add_file_zone(ZONE, 1, review={"unsigned": {"command": [str(script)]},
                                         "signed": {"approval": "yes"}})
    world.start()
    waits = lambda status: world.stage(status, "review-signed")["state"] == "waits"
    status = world.wait_status(ZONE, waits, "somebody to approve")
    assert status["state"] == "waits" and world.soa(ZONE) is None
    world.good("approve", zone=ZONE)
    first = world.wait_published(ZONE, 1)["serial_out"]

    world.write(f"{ZONE}zone", world.zone_text(ZONE, 2, "forbidden 5 A 192.0.2.6"))
    status = world.wait_status(
        ZONE, lambda status: world.stage(status, "review-unsigned")["state"] == "failed", "a no"
    )
    assert "forbidden name" in world.stage(status, "review-unsigned")["text"]
    assert world.soa(ZONE) == first

    world.write(f"{ZONE}zone", world.zone_text(ZONE, 3))
    world.wait_status(ZONE, waits, "somebody to approve")
    world.good("reject", zone=ZONE)
    time.sleep(0.5)
    assert world.soa(ZONE) == first


def test_large_zones_have_a_lane_of_their_own(world):
    world.server["large-zone"] = 1000
    world.add_file_zone("big.", 1, *(f"h{number} 5 A 192.0.2.1" for number in range(3000)))
    for number in range(5):
        world.add_file_zone(f"small{number}.")
    world.start()
    world.wait_published("big.", 1, 60)
    for number in range(5):
        world.wait_published(f"small{number}.", 1)
    lanes = world.good("status")["daemon"]["lanes"]
    large = lanes["large"]["done"]
    assert large >= 1 and lanes["small"]["done"] >= 10, lanes
    world.write("big.zone", world.zone_text("big.", 2))
    world.ask("accept-removal", zone="big.")
    wait_for(lambda: world.good("status")["daemon"]["lanes"]["large"]["done"] > large, "its work")


def test_backup_and_restore(world):
    world.add_file_zone(ZONE, 1, "www 5 A 192.0.2.80")
    world.start()
    world.wait_published(ZONE, 1)
    before = verified(world)
    path = world.folder / "backup.tar"
    world.good("backup", path=str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    assert world.ask("backup", path=str(path))["code"] == "exists"
    assert world.stop() == 0
    shutil.rmtree(world.folder / "state")
    done = world.holdfast("restore", str(path), str(world.folder / "state"))
    assert done.returncode == 0, done.stdout + done.stderr
    world.start()
    wait_for(lambda: world.soa(ZONE), "the restored version")
    assert verified(world) == before
    assert world.status(ZONE)["held"]
    world.good("release", zone=ZONE)
    world.wait_status(ZONE, lambda status: not status["held"], "the end of the hold")
