# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast trace in a world of real servers where each zone has one defect, beside what Unbound
and BIND's delv say of the same answers."""

import subprocess

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

import dnsworld
import trace_defects
from trace_defects import BODY, BOGUS, CASES, INSECURE, SECURE
from dnsworld import KNOT, NSD
from zonevandal import Key, Signed

CODES = {0: SECURE, 1: BOGUS, 2: "no answer", 3: INSECURE, 4: "indeterminate"}
VALIDATOR, ITERATOR = 10, 11  # addresses of the two Unbounds


def place(case):
    """Whose server has the zone: NSD does not survive broken NSEC3 chains."""
    return KNOT if "nsec3" in case.name else NSD


def build(world, case):
    """Adds the case's zone, with its defect, and its delegation."""
    zone = f"{case.name}.test."
    key = Key()
    keys = key.write(world.folder / f"keys-{zone}", zone)
    host = place(case)
    text = world.sign(zone, BODY.format(address=world.host(host)), *case.options, keys=keys)
    if case.change is not None:
        signed = Signed(zone, text, key, world.now)
        case.change(signed)
        text = signed.text()
    world.serve(zone, text, host)
    world.delegate(zone, key.ds(zone) if case.ds is None else case.ds(key, zone), host)


@pytest.fixture(scope="session")
def world(holdfast, tmp_path_factory):
    world = dnsworld.World(tmp_path_factory.mktemp("world"), holdfast)
    try:
        for case in CASES:
            build(world, case)
        world.start()
        world.start_unbound(VALIDATOR, world.anchor)
        world.start_unbound(ITERATOR, world.anchor, module="iterator")
        yield world
    finally:
        world.close()


def question(case):
    return f"{case.name}.test." if case.ask == "@" else f"{case.ask}.{case.name}.test."


def ask_unbound(world, name, rrtype):
    query = dns.message.make_query(name, rrtype, want_dnssec=True)
    query.flags |= dns.flags.AD
    answer = dns.query.udp(query, world.host(VALIDATOR), timeout=10, port=world.port)
    if answer.rcode() == dns.rcode.SERVFAIL:
        return BOGUS
    return SECURE if answer.flags & dns.flags.AD else INSECURE


def ask_delv(world, name, rrtype):
    zone, _, _, tag, algorithm, digest_type, digest = world.anchor.read_text().split(None, 6)
    anchors = world.folder / "delv.anchors"
    anchors.write_text(
        f'trust-anchors {{ "{zone}" static-ds {tag} {algorithm} {digest_type} "{digest.strip()}"; }};\n'
    )
    done = subprocess.run(
        [dnsworld.program("delv"), f"@{world.host(ITERATOR)}", "-p", str(world.port), "-a", anchors,
         "+root=.", name, rrtype],
        capture_output=True, text=True, timeout=30,
    )
    out = done.stdout + done.stderr
    if "fully validated" in out:
        return SECURE
    if "unsigned answer" in out:
        return INSECURE
    assert "resolution failed" in out, out
    return BOGUS


def test_there_are_enough_cases():
    assert len({case.name for case in CASES}) == len(CASES)
    assert sum(case.expected == BOGUS for case in CASES) >= 80
    assert len(CASES) >= 120
    for case in CASES:
        assert (case.unbound is None and case.delv is None) or case.reason, case.name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_status(world, case):
    name = question(case)
    done = world.trace(name, case.rrtype)
    assert CODES[done.returncode] == case.expected, done.stdout + done.stderr
    unbound, delv = ask_unbound(world, name, case.rrtype), ask_delv(world, name, case.rrtype)
    assert unbound == (case.unbound or case.expected), f"Unbound says {unbound}\n{done.stdout}"
    assert delv == (case.delv or case.expected), f"delv says {delv}\n{done.stdout}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_status_before_publication(world, case):
    """From the zone file and the parent's live DS set comes the verdict that its servers give."""
    zone = f"{case.name}.test."
    file = world.served[place(case)][zone]
    done = world.trace("--zone", file, question(case), case.rrtype)
    assert CODES[done.returncode] == case.expected, done.stdout + done.stderr
