# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching zones from BIND, Knot and NSD: whole and as differences, with TSIG right and wrong."""

import os
import signal
import subprocess
import time

import dns.exception
import dns.message
import dns.query
import pytest

import dnsworld
from fetching import HOST, ZONE, Zone, dumped, fetch, free_port

SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMgbG9uZyE="
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgb2YgdGhlIHRlc3RzLCAzMiBieXQ="
KEY = "transfer.key"
NAMES = 6000  # NSD signs each hundredth message of a transfer: this gives more than that
START_SECONDS = 20


def bind_config(folder, port, key):
    allowed = f'key "{KEY}"' if key else "any"
    (folder / "bind.conf").write_text(
        dnsworld.bind_key(KEY, SECRET)
        + dnsworld.bind_config(
            folder, HOST, port,
            f"allow-transfer {{ {allowed}; }}; ixfr-from-differences yes; transfer-message-size 1000;",
        )
        + f'zone "{ZONE}" {{ type primary; file "{folder}/zone"; check-names ignore; check-integrity no; }};\n'
    )
    return ["named", "-g", "-c", folder / "bind.conf", "-n", "1"]


def knot_config(folder, port, key):
    (folder / "knot.conf").write_text(
        dnsworld.knot_config(folder, f"{HOST}@{port}")
        + dnsworld.knot_key(KEY, SECRET)
        + f"""acl:
  - id: transfer
    action: transfer
    {f"key: {KEY}" if key else "address: 127.0.0.0/8"}
zone:
  - domain: {ZONE}
    file: "{folder}/zone"
    acl: transfer
    semantic-checks: off
    zonefile-load: difference
    zonefile-sync: -1
    journal-content: changes
"""
    )
    return ["knotd", "-c", folder / "knot.conf"]


def nsd_config(folder, port, key):
    (folder / "nsd.conf").write_text(
        dnsworld.nsd_config(folder, f"  ip-address: {HOST}@{port}\n")
        + f"""key:
  name: "{KEY}"
  algorithm: hmac-sha256
  secret: "{SECRET}"
zone:
  name: "{ZONE}"
  zonefile: "{folder}/zone"
  provide-xfr: 127.0.0.0/8 {KEY if key else "NOKEY"}
  store-ixfr: yes
  create-ixfr: yes
"""
    )
    return ["nsd", "-d", "-c", folder / "nsd.conf"]


CONFIGS = {"bind": bind_config, "knot": knot_config, "nsd": nsd_config}


class Primary:
    def __init__(self, kind, folder, key, names=40):
        self.zone = Zone(names)
        self.folder = folder
        self.changed = time.time()
        self.port = free_port()
        self.place = f"{HOST}@{self.port}"
        self.write()
        words = CONFIGS[kind](folder, self.port, key)
        self.log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [dnsworld.program(words[0]), *words[1:]], stdout=self.log, stderr=self.log, cwd=folder
        )
        self.wait()

    def write(self):
        (self.folder / "zone").write_text(self.zone.text)

    def wait(self):
        """Until it serves the zone as it is now."""
        query = dns.message.make_query(ZONE, "SOA")
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                answer = dns.query.udp(query, HOST, timeout=0.5, port=self.port)
                if answer.answer and answer.answer[0][0].serial == self.zone.serial:
                    return
            except (dns.exception.DNSException, OSError):
                pass
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def change(self, changes=12):
        self.zone.change(changes)
        self.write()
        self.changed += 5  # seconds: a file is loaded again when its time has moved on
        os.utime(self.folder / "zone", (self.changed, self.changed))
        self.process.send_signal(signal.SIGHUP)
        self.wait()

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


@pytest.fixture
def primary(tmp_path):
    started = []

    def start(kind, **options):
        folder = tmp_path / kind
        folder.mkdir()
        started.append(Primary(kind, folder, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def key_option(secret=SECRET, name=KEY, algorithm="hmac-sha256"):
    return ("--key", f"{name}:{algorithm}:{secret}")


@pytest.mark.parametrize("key", [False, True], ids=["open", "tsig"])
@pytest.mark.parametrize("kind", sorted(CONFIGS))
def test_whole_then_differences(primary, tmp_path, kind, key):
    server = primary(kind, key=key)
    options = key_option() if key else ()
    first, later = tmp_path / "first", tmp_path / "later"

    whole = fetch(server.place, *options, "--out", first)
    assert (whole["error"], whole["kind"], whole["sentences"]) == (None, "axfr", [])
    assert whole["serial"] == server.zone.serial
    assert dumped(first) == server.zone.lines

    same = fetch(server.place, *options, "--have", first)
    assert (same["kind"], same["serial"], same["messages"]) == ("current", server.zone.serial, 0)

    # The serial passes zero on the way.
    for _ in range(2):
        server.change()
    differences = fetch(server.place, *options, "--have", first, "--out", later)
    assert differences["serial"] == server.zone.serial < 100
    assert dumped(later) == server.zone.lines
    if kind == "nsd" and differences["kind"] == "axfr":
        # NSD 4.6 adds records in its differences that were there all the time.
        assert "which is there already" in differences["sentences"][0]
    else:
        assert (differences["kind"], differences["sentences"]) == ("ixfr", [])
        assert differences["bytes"] < whole["bytes"]

    asked = fetch(server.place, *options, "--have", first, "--axfr", "--out", later)
    assert asked["kind"] == "axfr"
    assert dumped(later) == server.zone.lines


@pytest.mark.parametrize("kind", sorted(CONFIGS))
def test_many_messages(primary, tmp_path, kind):
    server = primary(kind, key=True, names=NAMES)
    report = fetch(server.place, *key_option(), "--out", tmp_path / "out")
    assert report["kind"] == "axfr" and report["messages"] > 10
    assert dumped(tmp_path / "out") == server.zone.lines


def test_history_that_does_not_reach(primary, tmp_path):
    """A server that cannot tell the differences sends the whole zone, as an answer to IXFR."""
    server = primary("bind", key=False)
    old = Zone(5)
    old.serial -= 1000
    (tmp_path / "old").write_text(old.text)
    report = fetch(server.place, "--have", tmp_path / "old", "--out", tmp_path / "out")
    assert (report["kind"], report["sentences"]) == ("axfr", [])
    assert dumped(tmp_path / "out") == server.zone.lines


def test_not_the_version_that_they_start_from(primary, tmp_path):
    """Differences that do not fit what is there: the whole zone is taken, and it is said why."""
    server = primary("knot", key=False)
    gone = min(one for one in server.zone.records if one[1] == "TXT")
    owner = f"{gone[0]}.{ZONE}"
    line = f"{owner}\t300\tIN\tTXT\t{gone[2]}\n"
    assert line in server.zone.text
    (tmp_path / "torn").write_text(server.zone.text.replace(line, ""))
    server.zone.records.remove(gone)
    server.change(0)
    report = fetch(server.place, "--have", tmp_path / "torn", "--out", tmp_path / "out")
    assert report["kind"] == "axfr"
    assert report["sentences"] == [
        f"primary {server.place}: no IXFR, so AXFR: the differences delete {owner} TXT, which is "
        "not there"
    ]
    assert dumped(tmp_path / "out") == server.zone.lines


def test_serial_that_goes_back(primary, tmp_path):
    server = primary("nsd", key=False)
    ahead = Zone(40)
    ahead.serial = 7  # after 4294967293
    (tmp_path / "ahead").write_text(ahead.text)
    report = fetch(server.place, "--have", tmp_path / "ahead")
    assert (report["kind"], report["serial"]) == ("behind", server.zone.serial)
    assert "has serial 4294967293, which is not newer than our 7" in report["sentences"][0]
    whole = fetch(server.place, "--have", tmp_path / "ahead", "--full", "--out", tmp_path / "out")
    assert (whole["kind"], whole["serial"]) == ("axfr", server.zone.serial)
    assert dumped(tmp_path / "out") == server.zone.lines


@pytest.mark.parametrize("kind", sorted(CONFIGS))
def test_wrong_tsig(primary, tmp_path, kind):
    server = primary(kind, key=True)
    wrong = {
        "secret": (key_option(secret=OTHER_SECRET), "answer NOTAUTH: does not take our TSIG"),
        "name": (key_option(name="other.key"), "answer NOTAUTH: does not take our TSIG"),
        "none": ((), "to our AXFR question"),
    }
    for name, (options, sentence) in wrong.items():
        report = fetch(server.place, *options)
        assert report["error"] is not None, name
        assert sentence in report["sentences"][0], (name, report)
        assert SECRET not in str(report) and OTHER_SECRET not in str(report)


def test_key_that_only_we_have(primary):
    """A server that ignores TSIG is not believed."""
    server = primary("bind", key=False)
    report = fetch(server.place, *key_option(name="other.key"))
    assert report["error"] is not None
    assert "TSIG" in report["sentences"][0]


def test_source_address(primary):
    server = primary("knot", key=False)
    assert fetch(server.place, "--source", "127.0.0.9")["kind"] == "axfr"
    assert "cannot be reached" in fetch(server.place, "--source", "192.0.2.9")["sentences"][0]
