# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon sees of the world, with real servers: a parent on BIND, Knot and NSD at once, and
secondaries with this version, another one, or none."""

import json
import os
import pathlib
import subprocess

import pytest

import dnsworld
from dnsworld import BIND, KNOT, NSD, SOA
from hostileserver import HostileServer

LOOK_OUT = pathlib.Path(os.environ["HOLDFAST_BUILD"], "tests/net/look_out")
TEXT = "@ 3600 NS ns\nns 3600 A {address}\nwww 300 A 192.0.2.{last}\n"
OLD, EMPTY, SILENT = 5, 6, 7


def look_out(*arguments):
    done = subprocess.run(
        [LOOK_OUT, *map(str, arguments)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def world(holdfast, tmp_path_factory):
    world = dnsworld.World(tmp_path_factory.mktemp("world"), holdfast)
    try:
        address = world.host(NSD)
        world.new = world.folder / "new"
        new = world.leaf("good.test.", SOA + TEXT.format(address=address, last=1))
        world.new.write_text(new)
        earlier = SOA.replace("hostmaster 1 ", "hostmaster 4294967295 ")
        old = world.sign("good.test.", earlier + TEXT.format(address=address, last=2))
        world.serve("good.test.", old, OLD)
        world.leaf("bare.test.", SOA + TEXT.format(address=address, last=3), ds="")
        world.serve("other.test.", world.sign("other.test.", SOA + "@ 3600 NS ns\n"), EMPTY)
        # The parent is a zone of its own here: opt-out, and on three kinds of servers.
        parent = SOA + f"@ 3600 NS ns\n@ 3600 NS a\n@ 3600 NS b\nns 3600 A {address}\n"
        parent += f"a 3600 A {world.host(BIND)}\nb 3600 A {world.host(KNOT)}\n"
        parent += "child 3600 NS ns.child\nns.child 3600 A 192.0.2.1\n" + world.ds("good.test.").replace(
            "good.test.", "child.parent.test."
        )
        parent += "plain 3600 NS ns.child\n"
        signed = world.sign("parent.test.", parent, "--nsec3", "--opt-out")
        for host in (BIND, KNOT, NSD):
            world.serve("parent.test.", signed, host)
        # The zone above names one of the three only.
        world.delegate("parent.test.", world.ds("parent.test."))
        world.start()
        yield world
    finally:
        world.close()


def place(world, number):
    return f"{world.host(number)}@{world.port}"


def parent_of(world, zone, *places):
    return look_out(
        "parent", zone, world.hints, world.anchor, world.port, f"@{world.now + 60}", *places
    )


def test_a_proven_ds_set(world, holdfast):
    seen = parent_of(world, "good.test.")
    assert (seen["parent"], seen["unseen"]) == ("test.", 0)
    sight = seen["sights"].pop(place(world, KNOT))
    assert seen["sights"] == {}
    tag = int(world.ds("good.test.").split("DS")[1].split()[0])
    assert (sight["state"], sight["ds"], sight["why"]) == ("present", [tag], None)
    assert sight["ttl"] == 3600 and sight["serial"] > 0


@pytest.mark.parametrize(
    "zone, state, rcode",
    [("child", "present", 0), ("plain", "absent", 0), ("nothing", "absent", 3)],
)
def test_every_server_of_the_parent_is_asked(world, zone, state, rcode):
    """Also those that only the parent itself names; BIND, Knot and NSD deny in their own ways."""
    seen = parent_of(world, f"{zone}.parent.test.")
    assert (seen["parent"], seen["unseen"]) == ("parent.test.", 0)
    assert set(seen["sights"]) == {place(world, host) for host in (BIND, KNOT, NSD)}
    for where, sight in seen["sights"].items():
        assert (sight["state"], sight["rcode"]) == (state, rcode), (where, sight)
        assert sight["ttl"] == (3600 if state == "present" else 300), (where, sight)


def test_absence_in_a_parent_with_nsec(world):
    seen = parent_of(world, "bare.test.")
    assert [sight["state"] for sight in seen["sights"].values()] == ["absent"]


def test_a_parent_that_is_not_signed(world):
    seen = parent_of(world, "below.bare.test.")
    assert seen["parent"] == "bare.test."
    assert [sight["state"] for sight in seen["sights"].values()] == ["unsigned"]
    assert "no DS for bare.test." in list(seen["sights"].values())[0]["why"]


def test_places_that_the_policy_gives(world):
    """One is the parent's, one has the child only, one is silent."""
    with_silence = HostileServer(world.host(SILENT), world.port, lambda query, tcp: None)
    try:
        seen = parent_of(
            world, "child.parent.test.", *(place(world, host) for host in (KNOT, EMPTY, SILENT))
        )
    finally:
        with_silence.close()
    states = {where: sight["state"] for where, sight in seen["sights"].items()}
    assert states == {
        place(world, KNOT): "present", place(world, EMPTY): "silent", place(world, SILENT): "silent"
    }
    assert "REFUSED" in seen["sights"][place(world, EMPTY)]["why"]


def test_secondaries(world):
    with_silence = HostileServer(world.host(SILENT), world.port, lambda query, tcp: None)
    try:
        seen = look_out(
            "secondary", "good.test.", world.new, f"@{world.now + 60}",
            *(place(world, host) for host in (NSD, OLD, EMPTY, SILENT)),
        )
    finally:
        with_silence.close()
    new, old = seen[place(world, NSD)], seen[place(world, OLD)]
    assert new["serves"] and new["has_version"] and new["samples"] == ["same"] * 3
    assert new["keys"] == new["signings"] == 1
    assert old["serves"] and not old["has_version"] and old["serial"] == 4294967295
    # It was signed anew as a whole.
    assert old["samples"] == ["differs", "same", "differs"], old
    for host in (EMPTY, SILENT):
        sight = seen[place(world, host)]
        assert not sight["serves"] and sight["why"] and sight["samples"] == ["unknown"] * 3
