# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, algorithms and security change in a live world while a crowd asks: not one SERVFAIL."""

import time

import dns.rdatatype
import pytest

from liveworld import NSD, SECONDARIES, UNBOUND, ZONE, LiveWorld

LONGEST = 90  # seconds for one change
LONGEST_TTL = 4  # in the zone and at its parent


@pytest.fixture
def live(tmp_path, holdfast, request):
    world = LiveWorld(tmp_path, holdfast, **getattr(request, "param", {}))
    try:
        world.start()
        world.start_registrar()
        yield world
    finally:
        world.close()


def keys(status, role):
    """Tags of the keys of a role that are in use."""
    return {key["tag"] for key in status["keys"] if key["role"] == role and key["state"] == "signs"}


def is_quiet(status):
    return status["roll"] is None and status["state"] in ("good", "empty")


def become_secure(world):
    world.until(lambda: all(world.serial(host) for host in SECONDARIES), "all secondaries serve")
    world.until(world.is_secure, "the zone is secure", LONGEST)
    world.until(lambda: is_quiet(world.status()), "nothing is under way", LONGEST)


def roll(world, *what, changed):
    """Starts a change, and waits until it is over: `changed` is asked about the status."""
    done = world.order("roll", ZONE, *what)
    assert done.returncode == 0, done.stderr
    start = world.clock()

    def over():
        status = world.status()
        return is_quiet(status) and changed(status) and status

    status = world.until(over, f"{' '.join(what)} is over", LONGEST)
    print(f"{' '.join(what)}: {world.clock() - start:.1f} s")
    return status


def edit(world, number):
    """A name changes at the hidden primary, and arrives validated."""
    world.set_record("counter", 1, "TXT", f'"{number}"')

    def arrived():
        answer = world.ask(UNBOUND, "counter.live.", "TXT", recurse=True)
        return str(number) in answer.to_text()

    world.until(arrived, "the change is seen by the resolver", 20)


def judge(world, least):
    crowd = world.crowd
    crowd.end()
    assert crowd.failures == []
    assert crowd.insecure == []
    assert crowd.asked > least, "too few questions to mean anything"
    # A machine that stands still for seconds is no fault of the zone; silence is not either.
    assert crowd.silent * 100 < crowd.asked
    print(f"{crowd.asked} questions, {crowd.silent} without an answer, no failure")


def test_zsk_twice_and_ksk(live):
    become_secure(live)
    live.start_crowd()
    first = live.status()
    edit(live, 1)
    second = roll(live, "zsk", changed=lambda status: not keys(status, "ZSK") & keys(first, "ZSK"))
    edit(live, 2)
    third = roll(live, "zsk", changed=lambda status: not keys(status, "ZSK") & keys(second, "ZSK"))
    assert keys(third, "KSK") == keys(first, "KSK")
    given = len(live.registrar.history)
    roll(live, "ksk", changed=lambda status: not keys(status, "KSK") & keys(first, "KSK"))
    edit(live, 3)
    assert len(live.registrar.history) > given, "the parent's DS set was not changed"
    judge(live, 1000)


@pytest.mark.parametrize("live", [{"algorithm": "rsasha256"}], indirect=True)
def test_algorithm_8_to_13(live):
    become_secure(live)
    live.start_crowd()
    change_policy(live, "rsasha256", "ecdsap256sha256")
    roll(live, "algorithm", "ecdsap256sha256", changed=lambda status: algorithms(status) == {13})
    edit(live, 1)
    judge(live, 500)
    answer = live.ask(NSD, ZONE, "DNSKEY")
    assert {key.algorithm for key in answer.answer[0]} == {13}


def algorithms(status):
    return {key["algorithm"] for key in status["keys"] if key["state"] in ("signs", "published")}


def change_policy(world, old, new):
    path = world.folder / "policies.yaml"
    path.write_text(path.read_text().replace(old, new))
    done = world.order("reload")
    assert done.returncode == 0, done.stderr


def has_keys(world):
    answer = world.ask(NSD, ZONE, "DNSKEY")
    return any(rrset.rdtype == dns.rdatatype.DNSKEY for rrset in answer.answer)


def test_insecure_and_secure_again(live):
    become_secure(live)
    # While it goes insecure, answers may be either; they may never fail.
    live.start_crowd(secure=False)
    roll(live, "insecure", changed=lambda status: not has_keys(live))
    assert not live.is_secure()
    assert live.ask(UNBOUND, ZONE, "DS", recurse=True).answer == []
    edit(live, 1)
    roll(live, "secure", changed=lambda status: has_keys(live))
    live.until(live.is_secure, "the zone is secure again", LONGEST)
    edit(live, 2)
    time.sleep(LONGEST_TTL + 2)  # answers from before may still be in the cache
    live.crowd.secure = True
    time.sleep(2)
    judge(live, 500)
