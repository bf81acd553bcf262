# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast trace and servers that are malformed, lying, slow or endless: its work is bounded, and
it says what it met."""

import json
import socket
import time

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

import dnsworld
from dnsworld import SOA
from hostileserver import HostileServer

HOSTILE, STRANGER = 7, 8
SECONDS = 2  # that a trace may take here


@pytest.fixture(scope="module")
def world(holdfast, tmp_path_factory):
    world = dnsworld.World(tmp_path_factory.mktemp("world"), holdfast)
    try:
        world.delegate("hostile.test.", host=HOSTILE)
        world.leaf("good.test.", SOA + "@ 3600 NS ns\nns 3600 A 192.0.2.1\n")
        world.start()
        yield world
    finally:
        world.close()


@pytest.fixture
def meet(world, tmp_path):
    """Traces www.hostile.test. with its server behaving as told; the result and the queries."""
    servers = []

    def run(behave, *arguments):
        server = HostileServer(world.host(HOSTILE), world.port, behave)
        servers.append(server)
        started = time.monotonic()
        done = world.trace(
            "--json", "--timeout", SECONDS, *arguments, "--save", tmp_path / "capture",
            "www.hostile.test",
        )
        assert time.monotonic() - started < 2 * SECONDS + 2
        replay = world.holdfast("trace", "--json", "--from", tmp_path / "capture")
        assert (replay.returncode, replay.stdout) == (done.returncode, done.stdout)
        return done, server.queries

    run.servers = servers
    yield run
    for server in servers:
        server.close()


def response(query, *records, rcode=0, flags=dns.flags.AA):
    answer = dns.message.make_response(dns.message.from_wire(query))
    answer.flags |= flags
    answer.set_rcode(rcode)
    answer.answer = [dns.rrset.from_text(*record) for record in records]
    return answer


def good(query):
    return response(query, ("www.hostile.test.", 300, "IN", "A", "192.0.2.7")).to_wire()


def truncated(query):
    return response(query, flags=dns.flags.AA | dns.flags.TC).to_wire()


def framed(wire):
    return len(wire).to_bytes(2, "big") + wire


def over_tcp(*parts):
    """Truncates over UDP; over TCP it sends these parts, functions of the query among them."""
    return lambda query, tcp: (
        [part(query) if callable(part) else part for part in parts] if tcp else [truncated(query)]
    )


def cause(done):
    return json.loads(done.stdout)["broken"]["cause"]


def test_the_good_one(meet):
    done, queries = meet(lambda query, tcp: [good(query)])
    assert done.returncode == 3 and "192.0.2.7" in done.stdout
    assert len(queries) == 1


LOOP = b"\xc0\x0c"  # at 12: a name that points at itself

FAILURES = {
    "silence": (lambda query, tcp: None, 2, "no answer", 3),
    "wrong id": (lambda query, tcp: [bytes([query[0] ^ 1]) + good(query)[1:]], 2, "no answer", 3),
    "no response flag": (lambda query, tcp: [query], 2, "no answer", 3),
    "other question": (
        lambda query, tcp: [good(query).replace(b"\3www", b"\3wwv")], 2, "no answer", 3,
    ),
    "a flood of strays": (
        lambda query, tcp: [bytes([query[0] ^ 1]) + good(query)[1:]] * 200,
        2, "64 packets came that answer another question", 1,
    ),
    "header alone": (lambda query, tcp: [good(query)[:12]], 2, "malformed answer", 1),
    "cut off": (lambda query, tcp: [good(query)[:-2]], 2, "malformed answer", 1),
    "bytes too many": (lambda query, tcp: [good(query) + bytes(1000)], 2, "malformed answer", 1),
    "compression loop": (
        lambda query, tcp: [good(query)[:12] + LOOP + good(query)[12:]], 2, "malformed answer", 1,
    ),
    "60 kilobytes of nothing": (
        lambda query, tcp: [good(query)[:12] + bytes(60000)], 2, "malformed answer", 1,
    ),
    "short packet": (lambda query, tcp: [good(query)[:5]], 2, "no answer", 3),
    "TCP: silence": (over_tcp(), 2, "no answer over TCP", 4),
    "TCP: half a message": (over_tcp(b"\1\0" + bytes(100)), 2, "no answer over TCP", 4),
    "TCP: garbage": (
        over_tcp(lambda query: framed(query[:2] + b"\x84\0" + b"\xff" * 30)),
        2, "malformed answer", 2,
    ),
    "TCP: a byte now and then": (
        over_tcp(*[part for _ in range(60) for part in (b"\1", 0.1)]), 2, "no answer", 4,
    ),
    "TCP: empty messages": (over_tcp(bytes(2000)), 2, "no answer over TCP", 4),
}


@pytest.mark.parametrize("name", FAILURES)
def test_no_answer(meet, name):
    behave, code, words, most = FAILURES[name]
    done, queries = meet(behave)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in cause(done), cause(done)
    assert len(queries) <= most, [tcp for _, tcp, _ in queries]


def test_patience_doubles_and_ends(meet):
    done, queries = meet(lambda query, tcp: None, "--timeout", 10)
    assert done.returncode == 2 and cause(done).count("no answer") == 1
    first, second, third = (when for when, _, _ in queries)
    assert 0.4 < second - first < 0.9 and 0.9 < third - second < 1.9


def test_strays_do_not_stand_in_the_way_of_the_answer(meet):
    done, queries = meet(
        lambda query, tcp: [bytes([query[0] ^ 1]) + good(query)[1:], b"", query, good(query)]
    )
    assert done.returncode == 3 and len(queries) == 1


def test_tcp_connection_that_is_never_closed(meet):
    done, _ = meet(over_tcp(lambda query: framed(good(query)), 60))
    assert done.returncode == 3


def test_tcp_in_pieces_behind_a_stray(meet):
    done, _ = meet(
        over_tcp(
            lambda query: framed(bytes([query[0] ^ 1]) + good(query)[1:]),
            lambda query: framed(good(query))[:1], 0.05, lambda query: framed(good(query))[1:20],
            0.05, lambda query: framed(good(query))[20:],
        )
    )
    assert done.returncode == 3


def test_answer_from_another_address(meet, world):
    """Everything fits but the address that it comes from."""

    def behave(query, tcp):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.bind((world.host(STRANGER), world.port))
            stranger.sendto(good(query), meet.servers[-1].client)

    done, queries = meet(behave)
    assert done.returncode == 2 and "no answer" in cause(done)
    assert len(queries) == 3


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.NOTAUTH])
def test_refusals(meet, rcode):
    done, queries = meet(lambda query, tcp: [response(query, rcode=rcode).to_wire()])
    assert done.returncode == 4 and dns.rcode.to_text(rcode) in cause(done), done.stdout
    assert len(queries) == 1


def test_a_server_without_edns(meet):
    def behave(query, tcp):
        if dns.message.from_wire(query).edns < 0:
            return [good(query)]
        bare = dns.message.from_wire(query)
        bare.use_edns(False)
        return [response(bare.to_wire(), rcode=dns.rcode.FORMERR).to_wire()]

    done, queries = meet(behave)
    assert done.returncode == 3 and "192.0.2.7" in done.stdout and len(queries) == 2


def test_upward_referral(meet):
    def behave(query, tcp):
        answer = response(query, flags=0)
        answer.authority = [dns.rrset.from_text(".", 300, "IN", "NS", "ns.root.")]
        return [answer.to_wire()]

    done, queries = meet(behave)
    assert done.returncode == 4 and len(queries) == 1, done.stdout


def test_referrals_without_end(meet):
    """Each answer refers to a zone that its own name server serves, one label deeper."""

    def behave(query, tcp):
        answer = response(query, flags=0)
        name = answer.question[0].name
        for labels in range(4, len(name) + 1):
            zone = name.split(labels)[1]
            if len(queries_seen) < labels:
                queries_seen.append(labels)
                break
        answer.authority = [dns.rrset.from_text(zone, 300, "IN", "NS", "ns.hostile.test.")]
        return [answer.to_wire()]

    queries_seen = [0, 1, 2]
    done, queries = meet(behave)
    assert done.returncode in (2, 4), done.stdout
    assert len(queries) <= 100


def test_a_chain_of_aliases_without_end(meet):
    def behave(query, tcp):
        name = dns.message.from_wire(query).question[0].name.to_text()
        number = int(name.split(".")[0].lstrip("w") or 0)
        return [response(query, (name, 300, "IN", "CNAME", f"w{number + 1}.hostile.test.")).to_wire()]

    done, queries = meet(behave)
    assert done.returncode in (1, 4), done.stdout
    assert "alias" in cause(done) or "CNAME" in cause(done)
    assert len(queries) <= 40
