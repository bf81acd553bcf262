# SPDX-License-Identifier: GPL-3.0-or-later
"""Unbound keeps a DNSKEY set that it has proven, whatever becomes of the DS set.

That is why the gate waits for the TTL of the DNSKEY set, too, before a zone may be unsigned. The DS
set lives for a second.
"""

import re
import signal
import time

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

import dnsworld

ZONE = "kept.test."
RESOLVER = 5
PLAIN = "@ 1 SOA ns hostmaster {serial} 7200 3600 1209600 1\n@ 1 NS ns\nns 1 A {ns}\nwww 1 A 192.0.2.80\n"


@pytest.fixture
def world(tmp_path, holdfast):
    world = dnsworld.World(tmp_path, holdfast)
    yield world
    world.close()


def ask(world, host, name, rrtype):
    query = dns.message.make_query(name, rrtype, want_dnssec=True)
    return dns.query.udp(query, world.host(host), timeout=10, port=world.port)


def serve_anew(world, zone, text, host, program):
    """The server there has this text from now on."""
    world.serve(zone, text, host)
    for process in world.processes:
        if process.args[0].endswith(program):
            process.send_signal(signal.SIGHUP)


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def go_insecure(world, keys_ttl, seconds):
    """Unsigned so many seconds after the DS set went: the answer, and how long after the first."""
    plain = PLAIN.format(serial=1, ns=world.host(dnsworld.NSD))
    world.leaf(ZONE, plain, "--dnskey-ttl", f"{keys_ttl}s", ds="")
    ds = re.sub(r"^(\S+)\s+(?:\d+\s+)?(?:IN\s+)?DS", r"\1 1 DS", world.ds(ZONE), flags=re.M)
    unvouched = world.children["test."][0]
    world.children["test."][0] += ds
    world.start()
    world.start_unbound(RESOLVER, world.anchor)
    begun = time.monotonic()
    assert ask(world, RESOLVER, "www." + ZONE, "A").flags & dns.flags.AD
    parent = dnsworld.SOA.replace(" 1 7200 ", " 2 7200 ").replace(" 300\n", " 1\n")
    parent += f"@ 3600 NS ns\nns 3600 A {world.host(dnsworld.KNOT)}\n" + unvouched
    serve_anew(world, "test.", world.sign("test.", parent, "--no-verify"), dnsworld.KNOT, "knotd")
    until(lambda: not ask(world, dnsworld.KNOT, ZONE, "DS").answer)
    time.sleep(seconds)
    text = f"$ORIGIN {ZONE}\n" + PLAIN.format(serial=2, ns=world.host(dnsworld.NSD))
    serve_anew(world, ZONE, text, dnsworld.NSD, "nsd")
    until(lambda: ask(world, dnsworld.NSD, ZONE, "SOA").answer[0][0].serial == 2)
    answer = ask(world, RESOLVER, "www." + ZONE, "A")
    return answer, time.monotonic() - begun


def test_unsigned_when_only_the_ds_set_is_gone(world):
    answer, passed = go_insecure(world, keys_ttl=10, seconds=2)
    if passed > 9:
        pytest.skip("the machine was so slow that the DNSKEY set was over as well")
    assert answer.rcode() == dns.rcode.SERVFAIL


def test_unsigned_when_the_dnskey_set_is_gone_too(world):
    answer, _ = go_insecure(world, keys_ttl=1, seconds=3)
    assert answer.rcode() == dns.rcode.NOERROR and not answer.flags & dns.flags.AD
