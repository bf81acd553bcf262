# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust anchors over time: the state file, the root's second roll, servers, other resolvers."""

import fcntl
import json
import os
import re
import socketserver
import threading

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

DAY = 86400
AT = 1736553600  # 2025-01-11T00:00:00Z
ED25519 = 15


class Key:
    def __init__(self):
        self.private = ed25519.Ed25519PrivateKey.generate()

    def dnskey(self, flags=257):
        return dns.dnssec.make_dnskey(self.private.public_key(), ED25519, flags=flags)

    @property
    def tag(self):
        return dns.dnssec.key_id(self.dnskey())


def ds_text(zone, key):
    return f"{zone} IN DS {dns.dnssec.make_ds(zone, key.dnskey(), 'SHA256')}\n"


def key_set(zone, keys, signers, at, ttl=2 * DAY):
    """(DNSKEY set, RRSIG set): keys and signers are (key, flags)."""
    name = dns.name.from_text(zone)
    rrset = dns.rrset.from_rdata_list(name, ttl, [key.dnskey(flags) for key, flags in keys])
    sigs = [
        dns.dnssec.sign(
            rrset,
            key.private,
            name,
            key.dnskey(flags),
            inception=at - 3600,
            expiration=at + 21 * DAY,
        )
        for key, flags in signers
    ]
    return rrset, dns.rrset.from_rdata_list(name, ttl, sigs) if sigs else None


class Book:
    """A state file, with the commands on it."""

    def __init__(self, holdfast, folder, zone="."):
        self.holdfast, self.folder, self.zone = holdfast, folder, zone
        self.path = folder / "state"
        self.old, self.new, self.stranger = Key(), Key(), Key()

    def run(self, action, *words):
        return self.holdfast("anchors", action, *words, self.path)

    def init(self, at=AT):
        given = self.folder / "given"
        given.write_text(ds_text(self.zone, self.old))
        done = self.run("init", "--trust-anchor", given, "--at", f"@{at}")
        assert done.returncode == 0, done.stderr
        return done

    def show(self, at, keys, signers, *words):
        path = self.folder / "set"
        sets = [one.to_text() for one in key_set(self.zone, keys, signers, at) if one]
        path.write_text("\n".join(sets) + "\n")
        return self.run("check", "--from", path, "--at", f"@{at}", *words)

    def states(self, at=AT):
        zones = json.loads(self.run("status", "--json", "--at", f"@{at}").stdout)["zones"]
        return {one["key_tag"]: one["state"] for one in zones[0]["anchors"]}


@pytest.fixture
def book(holdfast, tmp_path):
    return Book(holdfast, tmp_path)


def test_second_roll_of_the_root(book):
    old, new = book.old, book.new
    book.init()
    now = AT
    done = book.show(now, [(old, 257), (new, 257)], [(old, 257)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"changed: {new.tag} from start to addpend" in done.stdout
    assert "2025-02-10T00:00:00Z (in 30 d)" in done.stdout
    assert book.states() == {old.tag: "valid", new.tag: "addpend"}

    now = AT + 30 * DAY - 1
    book.show(now, [(old, 257), (new, 257)], [(old, 257)])
    assert book.states()[new.tag] == "addpend"
    now = AT + 30 * DAY
    done = book.show(now, [(old, 257), (new, 257)], [(old, 257)])
    assert f"changed: {new.tag} from addpend to valid" in done.stdout

    now = 1791676800  # 2026-10-11: the new key signs
    done = book.show(now, [(old, 257), (new, 257)], [(new, 257)])
    assert done.returncode == 0
    now = 1799625600  # 2027-01-11: the old one is revoked
    done = book.show(now, [(old, 385), (new, 257)], [(old, 385), (new, 257)])
    assert f"changed: {old.tag} from valid to revoked" in done.stdout
    assert done.stdout.startswith("GOOD: 1 usable trust anchor for 1 zone")

    now += 70 * DAY
    book.show(now, [(new, 257)], [(new, 257)])
    now += 30 * DAY
    book.show(now, [(new, 257)], [(new, 257)])
    assert book.states() == {old.tag: "removed", new.tag: "valid"}


def test_forged_sets_change_nothing(book):
    book.init()
    book.show(AT, [(book.old, 257)], [(book.old, 257)])
    before = book.states()
    done = book.show(AT + 1, [(book.old, 257), (book.stranger, 257)], [(book.stranger, 257)])
    assert done.returncode == 1
    assert done.stdout.startswith("BAD: 1 usable trust anchor")
    assert "NOT PROVEN: no trusted key signed" in done.stdout
    assert book.states() == before


def test_nothing_left_is_said_loudly(book):
    book.init()
    done = book.show(AT, [(book.old, 385)], [(book.old, 385)])
    assert done.returncode == 1
    assert "NO USABLE TRUST ANCHOR: all of . are revoked" in done.stdout
    done = book.run("status")
    assert done.returncode == 1
    done = book.run("export")
    assert done.returncode == 1 and done.stdout == ""
    assert "no usable trust anchor for ." in done.stderr


def test_clock_that_goes_back(book):
    book.init()
    book.show(AT, [(book.old, 257)], [(book.old, 257)])
    text = book.path.read_text()
    done = book.show(AT - 1, [(book.old, 257), (book.new, 257)], [(book.old, 257)])
    assert done.returncode == 1
    assert "THE CLOCK IS WRONG" in done.stdout
    assert book.path.read_text() == text


def test_due_only(book):
    book.init()
    book.show(AT, [(book.old, 257)], [(book.old, 257)])
    text = book.path.read_text()
    keys = [(book.old, 257), (book.new, 257)]
    assert book.show(AT + DAY - 1, keys, [(book.old, 257)], "--due").returncode == 0
    assert book.path.read_text() == text
    book.show(AT + DAY, keys, [(book.old, 257)], "--due")
    assert book.states()[book.new.tag] == "addpend"


def test_json(book):
    book.init()
    done = book.show(AT, [(book.old, 257), (book.new, 257)], [(book.old, 257)], "--json")
    result = json.loads(done.stdout)
    assert set(result) == {"at", "verdict", "zones"}
    assert (result["at"], result["verdict"]) == ("2025-01-11T00:00:00Z", "good")
    zone = result["zones"][0]
    assert (zone["zone"], zone["usable"], zone["warning"]) == (".", 1, None)
    assert zone["next"] == "2025-01-12T00:00:00Z"
    assert zone["check"]["outcome"] == "proven"
    assert {change["to"] for change in zone["check"]["changes"]} == {"valid", "addpend"}
    waiting = next(one for one in zone["anchors"] if one["state"] == "addpend")
    assert (waiting["trusted"], waiting["due"]) == (False, "2025-02-10T00:00:00Z")
    assert waiting["record"].startswith(". 172800 IN DNSKEY 257 3 15 ")


def test_root_is_built_in(holdfast, tmp_path):
    path = tmp_path / "root"
    done = holdfast("anchors", "init", path)
    assert done.returncode == 0
    assert re.findall(r"^ +(\d+)  DS", done.stdout, re.MULTILINE) == ["20326", "38696"]


def test_init_keeps_an_existing_file(book):
    book.init()
    text = book.path.read_text()
    done = book.run("init")
    assert done.returncode == 2 and "exists already" in done.stderr
    assert book.path.read_text() == text


def test_one_at_a_time(book):
    book.init()
    with open(f"{book.path}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = book.show(AT, [(book.old, 257)], [(book.old, 257)])
        assert done.returncode == 2 and "another run works on" in done.stderr
        assert book.run("status").returncode == 0, "looking needs no lock"
    assert book.show(AT, [(book.old, 257)], [(book.old, 257)]).returncode == 0


def test_damaged_state(book):
    book.init()
    text = book.path.read_text()
    for damaged, says in [
        (text[: len(text) // 2], ""),
        ("", "no file of `holdfast anchors`"),
        (text.replace("zone .", "zone a..b"), ":5: "),
        (text + "zone net.\n", "behind the end line"),
    ]:
        book.path.write_text(damaged)
        done = book.run("check", "--from", book.folder / "given")
        assert done.returncode == 2 and done.stderr.startswith(f"holdfast: {book.path}")
        assert says in done.stderr
        assert book.path.read_text() == damaged


@pytest.mark.parametrize(
    "words, says",
    [
        (["check", "--trust-anchor", "x"], "--trust-anchor belongs to init"),
        (["status", "--from", "x"], "belong to check"),
        (["check", "--format", "bind"], "belong to export"),
        (["check", "--from", "x", "--server", "127.0.0.1"], "--from asks no server"),
        (["check", "--at", "now"], "--at needs --from"),
        (["remove"], 'there is no action "remove"'),
        (["export", "--format", "xml"], 'no form "xml"'),
        (["status"], "make it with `holdfast anchors init`"),
        (["init", "--trust-anchor", "missing"], "missing"),
    ],
)
def test_refusals(holdfast, tmp_path, words, says):
    done = holdfast("anchors", *words, "state", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert not (tmp_path / "state").exists()


def test_no_rights_to_write(book):
    book.init()
    done = book.holdfast("anchors", "init", book.folder / "no-such-folder" / "state")
    assert done.returncode == 2 and "must be writable" in done.stderr


def test_other_resolvers_read_the_export(book, peer):
    book.init()
    now = AT
    both = [(book.old, 257), (book.new, 257)]
    book.show(now, both, [(book.old, 257)])
    book.show(now + 31 * DAY, both, [(book.old, 257)])
    book.show(now + 32 * DAY, both + [(book.stranger, 257)], [(book.old, 257)])
    unbound, bind, zone = (book.folder / name for name in ("unbound.conf", "named.conf", "zone"))
    for form, path in ("unbound", unbound), ("bind", bind), ("zone", zone):
        assert book.run("export", "--format", form, "-o", path).returncode == 0
        # Two that are trusted, and not the one that waits.
        assert path.read_text().count(" 257 3 15 ") == 2
    done = peer("unbound-checkconf", unbound)
    assert done.returncode == 0, done.stdout + done.stderr
    done = peer("named-checkconf", bind)
    assert done.returncode == 0, done.stdout + done.stderr
    second = book.folder / "second"
    assert book.holdfast("anchors", "init", "--trust-anchor", zone, second).returncode == 0


class Server(socketserver.ThreadingUDPServer):
    """Answers DNSKEY questions with a set, or not at all."""

    allow_reuse_address = True

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            data, socket = self.request
            self.server.asked += 1
            if self.server.sets is None:
                return
            response = dns.message.make_response(dns.message.from_wire(data))
            question = response.question[0]
            if question.rdtype == dns.rdatatype.DNSKEY:
                response.answer = [one for one in self.server.sets if one]
            else:
                # It serves the root and the zone, and so sends referrals for everything else.
                response.authority = [
                    dns.rrset.from_text(self.server.zone, 3600, "IN", "NS", "ns.test.")
                ]
                response.additional = [
                    dns.rrset.from_text("ns.test.", 3600, "IN", "A", "127.0.0.1")
                ]
            socket.sendto(response.to_wire(), self.client_address)

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.sets, self.asked = None, 0
        self.zone = "."
        self.port = self.server_address[1]


@pytest.fixture
def server():
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def test_asking_a_server(book, server):
    now = int(os.stat(book.folder).st_mtime)
    book.init(now)
    server.sets = key_set(".", [(book.old, 257), (book.new, 257)], [(book.old, 257)], now)
    done = book.run("check", "--server", f"127.0.0.1#{server.port}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "is signed by a trusted key (from 127.0.0.1" in done.stdout
    assert book.states() == {book.old.tag: "valid", book.new.tag: "addpend"}
    assert server.asked == 1


def test_a_server_that_lies(book, server):
    now = int(os.stat(book.folder).st_mtime)
    book.init(now)
    server.sets = key_set(".", [(book.stranger, 257)], [(book.stranger, 257)], now)
    done = book.run("check", "--server", f"127.0.0.1#{server.port}")
    assert done.returncode == 1 and "NOT PROVEN" in done.stdout
    assert book.states() == {book.old.tag: "ds"}
    assert server.asked <= 3


def test_a_server_without_keys(book, server):
    book.init(int(os.stat(book.folder).st_mtime))
    server.sets = []
    done = book.run("check", "--server", f"127.0.0.1#{server.port}")
    assert done.returncode == 2
    assert done.stdout.startswith("NO ANSWER: 1 usable trust anchor")
    assert "NOERROR without a DNSKEY set" in done.stdout


def test_roots_and_hints(book, server):
    now = int(os.stat(book.folder).st_mtime)
    book.init(now)
    server.sets = key_set(".", [(book.old, 257)], [(book.old, 257)], now)
    hints = book.folder / "hints"
    hints.write_text(". 3600 IN NS ns.test.\nns.test. 3600 IN A 127.0.0.1\n")
    done = book.run("check", "--root-hints", hints, "--port", server.port)
    assert done.returncode == 0, done.stdout + done.stderr


def test_another_zone_than_the_root(holdfast, tmp_path, server):
    book = Book(holdfast, tmp_path, "corp.example.")
    now = int(os.stat(tmp_path).st_mtime)
    book.init(now)
    server.zone = book.zone
    server.sets = key_set(book.zone, [(book.old, 257)], [(book.old, 257)], now)
    hints = tmp_path / "hints"
    hints.write_text(". 3600 IN NS ns.test.\nns.test. 3600 IN A 127.0.0.1\n")
    done = book.run("check", "--root-hints", hints, "--port", server.port)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "corp.example.  1 usable trust anchor, last proven" in done.stdout
    assert book.states() == {book.old.tag: "valid"}
