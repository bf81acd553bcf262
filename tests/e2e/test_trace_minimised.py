# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast trace --qname-minimisation: what each server gets to see, and that no server, however
odd, makes it miss an answer or work without bound."""

import json

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

import dnsworld
from dnsworld import BIND, KNOT, NSD, SOA
from hostileserver import HostileServer

HOSTILE = 7
TEXT = SOA + "@ 3600 NS ns\nns 3600 A {address}\nwww 3600 A 192.0.2.1\na.b.c 3600 A 192.0.2.2\n"
TEXT += "h.i 3600 A {address}\n"
LONG = ".".join("abcdefghijklmnopqrst"[:20]) + ".good.test."
FULL = "www.a.b.hostile.test."
OPTION = "--qname-minimisation"


@pytest.fixture(scope="module")
def world(holdfast, tmp_path_factory):
    world = dnsworld.World(tmp_path_factory.mktemp("world"), holdfast)
    try:
        text = TEXT.format(address=world.host(NSD))
        world.leaf("good.test.", text, "--nsec3")
        # Two empty non-terminals between it and its parent.
        world.leaf("x.y.z.test.", text)
        away = world.sign("away.test.", text)
        world.serve("away.test.", away)
        world.children["test."].append("away.test. 3600 NS h.i.good.test.\n" + world.ds("away.test."))
        world.delegate("hostile.test.", host=HOSTILE)
        world.start()
        yield world
    finally:
        world.close()


def asked(path, server=None):
    """(server, name, type) of every query in a capture, or of those to one server."""
    found = []
    for line in path.read_text().splitlines()[1:]:
        packet = json.loads(line)
        if packet["kind"] == "query":
            question = dns.message.from_wire(bytes.fromhex(packet["data"])).question[0]
            rrtype = dns.rdatatype.to_text(question.rdtype)
            found.append((packet["server"].split("@")[0], question.name.to_text(), rrtype))
    return [one[1:] for one in found if one[0] == server] if server else found


def both(world, tmp_path, *question):
    """The question traced in both ways, and replayed: the same result. The captures."""
    plain, shown = tmp_path / "plain", tmp_path / "shown"
    whole = world.trace("--json", "--save", plain, *question)
    parts = world.trace("--json", OPTION, "--save", shown, *question)
    assert parts.returncode == whole.returncode, parts.stdout + parts.stderr
    replay = world.holdfast("trace", "--json", "--from", shown)
    assert (replay.returncode, replay.stdout) == (parts.returncode, parts.stdout)
    one, other = json.loads(whole.stdout), json.loads(parts.stdout)
    for field in ("status", "rcode", "answer", "ede"):
        assert one[field] == other[field], field
    assert [link["zone"] for link in one["links"]] == [link["zone"] for link in other["links"]]
    return plain, shown


def test_each_server_sees_one_label_more(world, tmp_path):
    plain, shown = both(world, tmp_path, "www.good.test", "TXT")
    assert asked(shown, world.host(BIND)) == [(".", "DNSKEY"), ("test.", "A")]
    assert asked(shown, world.host(KNOT)) == [("test.", "DNSKEY"), ("good.test.", "A")]
    assert asked(shown, world.host(NSD)) == [("good.test.", "DNSKEY"), ("www.good.test.", "TXT")]
    assert len(asked(plain)) == len(asked(shown)) == 6
    assert ("www.good.test.", "TXT") in asked(plain, world.host(BIND))


def test_empty_non_terminals(world, tmp_path):
    _, shown = both(world, tmp_path, "www.x.y.z.test")
    assert asked(shown, world.host(KNOT)) == [
        ("test.", "DNSKEY"), ("z.test.", "A"), ("y.z.test.", "A"), ("x.y.z.test.", "A")
    ]
    _, shown = both(world, tmp_path, "a.b.c.good.test")
    assert asked(shown, world.host(NSD)) == [
        ("good.test.", "DNSKEY"), ("c.good.test.", "A"), ("b.c.good.test.", "A"),
        ("a.b.c.good.test.", "A"),
    ]


@pytest.mark.parametrize("name", ["nothing.good.test", "b.c.good.test", "x.y.nothing.test", "nothing"])
def test_names_that_are_not_there(world, tmp_path, name):
    both(world, tmp_path, name)


def test_name_servers_are_looked_up_in_parts_too(world, tmp_path):
    _, shown = both(world, tmp_path, "www.away.test")
    seen = asked(shown, world.host(NSD))
    assert [("i.good.test.", "A"), ("h.i.good.test.", "A")] == [
        question for question in seen if "i.good" in question[0] and question[1] == "A"
    ]
    assert not [name for name, _ in asked(shown, world.host(BIND)) if name not in (".", "test.")]


def test_a_long_name_takes_ten_questions_at_most(world, tmp_path):
    plain, shown = both(world, tmp_path, LONG)
    names = [name for _, name, rrtype in asked(shown) if rrtype == "A"]
    assert names[-1] == LONG and len(names) <= 10
    assert len(asked(shown)) <= len(asked(plain)) + 10


def response(query, *records, rcode=0):
    answer = dns.message.make_response(dns.message.from_wire(query))
    answer.flags |= dns.flags.AA
    answer.set_rcode(rcode)
    answer.answer = [dns.rrset.from_text(*record) for record in records]
    return [answer.to_wire()]


def silent(query, name):
    return None


def with_rcode(rcode):
    return lambda query, name: response(query, rcode=rcode)


def with_dname(query, name):
    return response(query, ("b.hostile.test.", 300, "IN", "DNAME", "elsewhere.hostile.test."))


def with_foreign_referral(query, name):
    answer = dns.message.make_response(dns.message.from_wire(query))
    answer.authority = [dns.rrset.from_text("good.test.", 300, "IN", "NS", "ns.hostile.test.")]
    return [answer.to_wire()]


# What the server says to a shortened name, and the questions that it gets.
ODD = {
    "NXDOMAIN for an empty non-terminal": (with_rcode(dns.rcode.NXDOMAIN), ["b", "full"]),
    "REFUSED": (with_rcode(dns.rcode.REFUSED), ["b", "full"]),
    "SERVFAIL": (with_rcode(dns.rcode.SERVFAIL), ["b", "full"]),
    "silence": (silent, ["b", "full"]),
    "an alias of everything below": (with_dname, ["b", "full"]),
    "a referral elsewhere": (with_foreign_referral, ["b", "a.b", "full"]),
}


@pytest.mark.parametrize("kind", ODD)
def test_a_server_that_knows_whole_names_only(world, tmp_path, kind):
    say, expected = ODD[kind]

    def behave(query, tcp):
        name = dns.message.from_wire(query).question[0].name.to_text()
        if name == FULL:
            return response(query, (FULL, 300, "IN", "A", "192.0.2.7"))
        return say(query, name)

    capture = tmp_path / "capture"
    server = HostileServer(world.host(HOSTILE), world.port, behave)
    try:
        done = world.trace(OPTION, "--save", capture, FULL)
    finally:
        server.close()
    assert done.returncode == 3 and "192.0.2.7" in done.stdout, done.stdout + done.stderr
    names = {"b": "b.hostile.test.", "a.b": "a.b.hostile.test.", "full": FULL}
    assert [name for name, _ in asked(capture, world.host(HOSTILE))] == [
        names[one] for one in expected
    ]


def test_a_forwarder_gets_the_whole_name(holdfast):
    done = holdfast("trace", OPTION, "@192.0.2.1", "www.example")
    assert done.returncode == 2 and "--qname-minimisation" in done.stderr
