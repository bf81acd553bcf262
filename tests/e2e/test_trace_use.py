# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast trace as a person uses it: its options, captures, exit codes, and how many packets it
takes."""

import json
import os
import time

import dns.message
import pytest

import dnsworld
from dnsworld import BIND, KNOT, NSD, SIX, SOA
from zonevandal import Key, Signed

TEXT = SOA + "@ 3600 NS ns\nns 3600 A {address}\nwww 3600 A 192.0.2.1\n"
CAA = """@ 3600 CAA 0 issue "ca.example; account=1"
@ 3600 CAA 0 issue "other.example"
@ 3600 CAA 0 issuewild ";"
none 3600 A 192.0.2.1
none 3600 CAA 0 issue ";"
strange 3600 A 192.0.2.1
strange 3600 CAA 128 tbs "Unknown"
"""
LIAR, HONEST, SILENT, MANY = 4, 5, 6, 21
SERVERS = 14  # of many.test., from address MANY on


def add_two_servers(world):
    """A zone with two name servers, of which the first one serves spoilt signatures."""
    text = SOA + f"@ 3600 NS a\n@ 3600 NS b\na 3600 A {world.host(LIAR)}\n"
    text += f"b 3600 A {world.host(HONEST)}\nwww 3600 A 192.0.2.1\n"
    key = Key()
    keys = key.write(world.folder / "keys-two.test.", "two.test.")
    signed = Signed("two.test.", world.sign("two.test.", text, keys=keys), key, world.now)
    world.serve("two.test.", signed.text(), HONEST)
    signed.spoil("www", "A")
    world.serve("two.test.", signed.text(), LIAR)
    glue = f"a.two.test. 3600 A {world.host(LIAR)}\nb.two.test. 3600 A {world.host(HONEST)}\n"
    world.children["test."].append(
        "two.test. 3600 NS a.two.test.\ntwo.test. 3600 NS b.two.test.\n" + glue + key.ds("two.test.")
    )


def add_many_servers(world):
    """A zone with 14 name servers, and one below it with two."""
    hosts = range(MANY, MANY + SERVERS)
    one, two = world.host(MANY + SERVERS), world.host(MANY + SERVERS + 1)
    below = SOA + f"@ 3600 NS a\n@ 3600 NS b\na 3600 A {one}\nb 3600 A {two}\n"
    below += "www 3600 A 192.0.2.9\n"
    text = SOA + "".join(f"@ 3600 NS s{host}\ns{host} 3600 A {world.host(host)}\n" for host in hosts)
    text += "leaf 3600 NS a.leaf\nleaf 3600 NS b.leaf\n"
    text += f"a.leaf 3600 A {one}\nb.leaf 3600 A {two}\n"
    world.serve("leaf.many.test.", world.sign("leaf.many.test.", below), MANY + SERVERS)
    text += world.ds("leaf.many.test.")
    world.serve("many.test.", world.sign("many.test.", text), MANY)
    world.also[MANY] = hosts[1:]
    world.also[MANY + SERVERS] = [MANY + SERVERS + 1]
    world.children["test."].append(
        "".join(f"many.test. 3600 NS s{host}.many.test.\n" for host in hosts)
        + "".join(f"s{host}.many.test. 3600 A {world.host(host)}\n" for host in hosts)
        + world.ds("many.test.")
    )


def add_ipv6_server(world):
    """A zone whose one server has an IPv6 address only."""
    text = SOA + "@ 3600 NS ns\nns 3600 AAAA ::1\nwww 3600 A 192.0.2.6\n"
    world.serve("six.test.", world.sign("six.test.", text), SIX)
    world.children["test."].append(
        "six.test. 3600 NS ns.six.test.\nns.six.test. 3600 AAAA ::1\n" + world.ds("six.test.")
    )


@pytest.fixture(scope="module")
def world(holdfast, tmp_path_factory):
    world = dnsworld.World(tmp_path_factory.mktemp("world"), holdfast)
    try:
        world.leaf("good.test.", TEXT.format(address=world.host(NSD)))
        # The servers of these zones have names in other zones: their addresses are looked up.
        away = world.sign("away.test.", TEXT.format(address=world.host(NSD)))
        world.serve("away.test.", away)
        world.children["test."].append(
            "away.test. 3600 NS ns.good.test.\n" + world.ds("away.test.")
        )
        for one, other in (("ring1", "ring2"), ("ring2", "ring1")):
            world.children["test."].append(f"{one}.test. 3600 NS ns.{other}.test.\n")
        world.children["test."].append(
            f"dead.test. 3600 NS ns.dead.test.\nns.dead.test. 3600 A {world.host(SILENT)}\n"
        )
        big = "".join(f'@ 3600 TXT "{number:03}{"x" * 200}"\n' for number in range(20))
        world.leaf("big.test.", TEXT.format(address=world.host(NSD)) + big)
        world.leaf("caa.test.", TEXT.format(address=world.host(NSD)) + CAA)
        world.leaf("bad.test.", TEXT.format(address=world.host(NSD)), ds=Key().ds("bad.test."))
        add_two_servers(world)
        add_many_servers(world)
        if dnsworld.has_ipv6():
            add_ipv6_server(world)
        world.start()
        yield world
    finally:
        world.close()


def packets(path):
    """The queries in a capture: (server, transport, name, type)."""
    found = []
    for line in path.read_text().splitlines()[1:]:
        packet = json.loads(line)
        if packet["kind"] == "query":
            question = dns.message.from_wire(bytes.fromhex(packet["data"])).question[0]
            found.append(
                (packet["server"], packet["transport"], question.name.to_text(),
                 dns.rdatatype.to_text(question.rdtype))
            )
    return found


def test_three_levels_take_six_packets_and_little_time(world, tmp_path):
    capture = tmp_path / "capture"
    done = world.trace("--save", capture, "www.good.test")
    assert done.returncode == 0, done.stdout + done.stderr
    places = [f"{world.host(number)}@{world.port}" for number in (BIND, KNOT, NSD)]
    asked = packets(capture)
    assert sorted(asked) == sorted(
        [(places[0], "udp", ".", "DNSKEY"), (places[0], "udp", "www.good.test.", "A"),
         (places[1], "udp", "test.", "DNSKEY"), (places[1], "udp", "www.good.test.", "A"),
         (places[2], "udp", "good.test.", "DNSKEY"), (places[2], "udp", "www.good.test.", "A")]
    )
    times = []
    for _ in range(5):
        started = time.monotonic()
        world.trace("www.good.test")
        times.append(time.monotonic() - started)
    # The best of several: other work on the machine is not what is measured, and neither is a
    # sanitizer.
    plain = os.environ.get("HOLDFAST_SANITIZER", "none") == "none"
    assert min(times) < (0.05 if plain else 1), times


def test_replay_is_the_same_to_the_byte(world, holdfast, tmp_path):
    for name, rrtype in (("www.good.test", "A"), ("nx.good.test", "A"), ("www.two.test", "A"),
                         ("big.test", "TXT"), ("www.away.test", "A"), ("www.dead.test", "A")):
        capture = tmp_path / "capture"
        live = world.trace("--json", "--timeout", 5, "--save", capture, name, rrtype)
        replay = holdfast("trace", "--json", "--from", capture)
        assert (replay.returncode, replay.stdout) == (live.returncode, live.stdout), name
    assert holdfast("trace", "--from", capture, "www.dead.test").returncode == live.returncode
    other = holdfast("trace", "--from", capture, "other.test")
    assert other.returncode == 2 and "this capture is of www.dead.test. A" in other.stderr


def test_replay_at_another_time(world, holdfast, tmp_path):
    capture = tmp_path / "capture"
    assert world.trace("--save", capture, "www.good.test").returncode == 0
    later = holdfast("trace", "--from", capture, "--at", f"@{world.now + 8 * 86400}")
    assert later.returncode == 1 and "expired" in later.stdout


def test_captures_that_are_none(holdfast, world, zone_file, tmp_path):
    capture = tmp_path / "capture"
    world.trace("--save", capture, "www.good.test")
    head, first, *_ = capture.read_text().splitlines()
    for text, line in (
        ("nothing\n", 1), ("{}\n", 1), (head.replace('"at":', '"ta":') + "\n", 1),
        (head + "\nrubbish\n", 2), (head + "\n{}\n", 2),
        (head + "\n" + first.replace('"data": "', '"data": "g') + "\n", 2),
        (head + "\n" + first.replace('"udp"', "5") + "\n", 2),
        (head + "\n" + first.replace('"query"', '"queue"') + "\n", 2),
        (head + "\n" + first.replace("Z", "") + "\n", 2),
    ):
        path = zone_file(text)
        done = holdfast("trace", "--from", path)
        assert done.returncode == 2, text
        assert done.stderr.startswith(f"holdfast: {path}:{line}: "), done.stderr
    # A capture without the packets is one in which nobody answers.
    done = holdfast("trace", "--from", zone_file(head + "\n"))
    assert done.returncode == 2 and "the capture has no answer from it" in done.stdout


def test_the_server_that_lied_is_named(world):
    done = world.trace("--json", "www.two.test")
    assert done.returncode == 0, done.stdout
    link = json.loads(done.stdout)["links"][-1]
    assert [liar["server"] for liar in link["liars"]] == [
        f"a.two.test. ({world.host(LIAR)}@{world.port})"
    ]
    assert f"b.two.test. ({world.host(HONEST)}@{world.port})" in link["servers"]


def test_truncated_answers_come_over_tcp(world, tmp_path):
    capture = tmp_path / "capture"
    done = world.trace("--json", "--save", capture, "big.test", "TXT")
    assert done.returncode == 0 and len(json.loads(done.stdout)["answer"]) == 20
    assert [transport for _, transport, name, rrtype in packets(capture)
            if (name, rrtype) == ("big.test.", "TXT")][-2:] == ["udp", "tcp"]


def test_servers_without_glue_are_looked_up(world):
    done = world.trace("www.away.test")
    assert done.returncode == 0, done.stdout
    assert "ns.good.test." in done.stdout


def test_all_servers(world, holdfast, tmp_path):
    """Each address is asked each question once, and where they differ is shown."""
    capture = tmp_path / "capture"
    done = world.trace("--all-servers", "--json", "--save", capture, "www.two.test")
    assert done.returncode == 0, done.stderr
    census = json.loads(done.stdout)["census"]
    liar = f"a.two.test. ({world.host(LIAR)}@{world.port})"
    honest = f"b.two.test. ({world.host(HONEST)}@{world.port})"
    differ = [item for item in census if not item["agree"]]
    assert [(item["zone"], item["name"], item["type"]) for item in differ] == [
        ("two.test.", "www.two.test.", "A")
    ]
    assert {tuple(answer["servers"]) for answer in differ[0]["answers"]} == {(liar,), (honest,)}
    asked = {(item["zone"], item["name"], item["type"]) for item in census}
    assert asked >= {(".", "test.", "DS"), ("test.", "two.test.", "DS"), (".", ".", "SOA"),
                     ("two.test.", "two.test.", "DNSKEY")}
    assert holdfast("trace", "--json", "--from", capture).stdout == done.stdout
    text = world.trace("--all-servers", "www.two.test").stdout
    assert "two.test.  2 addresses, 3 questions: they differ in 1" in text and liar in text
    text = world.trace("--all-servers", "www.leaf.many.test").stdout
    assert f"many.test.  {SERVERS} addresses, 3 questions: all agree" in text


def test_servers_that_need_each_other_are_bounded(world, tmp_path):
    capture = tmp_path / "capture"
    done = world.trace("--save", capture, "www.ring1.test")
    assert done.returncode == 2 and "no name server with an address is known" in done.stdout
    assert len(packets(capture)) < 20


@pytest.mark.skipif(not dnsworld.has_ipv6(), reason="loopback has no IPv6 address")
def test_a_server_with_ipv6_only(world, tmp_path):
    capture = tmp_path / "capture"
    done = world.trace("--save", capture, "www.six.test")
    assert done.returncode == 0 and "192.0.2.6" in done.stdout, done.stdout
    asked = packets(capture)
    assert {place for place, *_ in asked if "::1" in place} == {f"::1@{world.port}"}
    assert world.trace("--all-servers", "www.six.test").returncode == 0


def test_forwarder(world, tmp_path):
    host = world.start_unbound(10, world.anchor)
    capture = tmp_path / "capture"
    server = f"@{host}#{world.port}"
    assert world.trace(server, "--save", capture, "www.good.test").returncode == 0
    assert {place for place, *_ in packets(capture)} == {f"{host}@{world.port}"}
    # With CD set, a validating forwarder gives what it thinks bogus.
    wrong = world.folder / "wrong"
    wrong.write_text(Key().ds("."))
    done = world.holdfast("trace", server, "--trust-anchor", wrong, "www.good.test")
    assert done.returncode == 1, done.stdout


def test_a_stale_anchor_is_not_asked_for_again_and_again(world, tmp_path):
    """The outage of 2009: a resolver with a stale anchor for a zone with 14 servers sent 844
    questions for one name below it that is served by two. Here each question is asked once, and
    the one that cannot be proven once more, of another server."""
    wrong, capture = tmp_path / "stale", tmp_path / "capture"
    wrong.write_text(Key().ds("many.test."))
    done = world.holdfast(
        "trace", "--root-hints", world.hints, "--trust-anchor", wrong, "--port", world.port,
        "--save", capture, "www.leaf.many.test",
    )
    assert done.returncode == 1, done.stdout
    asked = packets(capture)
    keys = [place for place, _, name, rrtype in asked if (name, rrtype) == ("many.test.", "DNSKEY")]
    assert len(keys) == 2 and len(set(keys)) == 2
    assert len(asked) == len(set(asked)) <= 8, asked
    assert "192.0.2.9" in done.stdout  # what a resolver that does not validate says


def test_an_anchor_below_the_root(world, tmp_path):
    anchor = tmp_path / "anchor"
    anchor.write_text(world.ds("good.test."))
    done = world.holdfast(
        "trace", "--root-hints", world.hints, "--trust-anchor", anchor, "--port", world.port,
        "--at", f"@{world.now + 60}", "--json", "www.good.test",
    )
    assert done.returncode == 0, done.stdout
    assert [link["zone"] for link in json.loads(done.stdout)["links"]] == ["good.test."]
    # A name that the anchor is not above: no verdict.
    done = world.holdfast(
        "trace", "--root-hints", world.hints, "--trust-anchor", anchor, "--port", world.port,
        "www.two.test",
    )
    assert done.returncode == 4, done.stdout


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], "a name is missing"),
        (["a..b"], "is no domain name"),
        (["www.example", "NOTYPE"], "is no type of records"),
        (["www.example", "A", "B"], "one argument too many"),
        (["www.example", "ANY"], "no answer that could be proven"),
        (["--port", "0", "www.example"], "--port takes a number"),
        (["--timeout", "0", "www.example"], "--timeout takes a number"),
        (["--root-hints", "/nonexistent", "www.example"], "/nonexistent"),
        (["--from", "x", "--save", "y"], "no --save"),
        (["@no.such.host.invalid", "www.example"], "@no.such.host.invalid"),
    ],
)
def test_usage(holdfast, arguments, words):
    done = holdfast("trace", *arguments)
    assert done.returncode == 2 and words in done.stderr, done.stderr
    assert done.stderr.startswith("holdfast: ") and done.stdout == ""


def test_files_without_what_is_needed(holdfast, zone_file):
    hints = zone_file("www.example. 3600 A 192.0.2.1\n", "hints")
    done = holdfast("trace", "--root-hints", hints, "www.example")
    assert done.returncode == 2 and "no name server with an address" in done.stderr
    anchor = zone_file("example. 3600 TXT nothing\n", "anchor")
    done = holdfast("trace", "--trust-anchor", anchor, "www.example")
    assert done.returncode == 2 and f"{anchor}:1: " in done.stderr


def test_the_picture_stands_alone(world, tmp_path):
    picture = tmp_path / "chain.svg"
    assert world.trace("--svg", picture, "www.good.test").returncode == 0
    assert picture.read_text().startswith("<") and "good.test." in picture.read_text()


def test_a_zone_before_it_is_published(world, holdfast, tmp_path):
    """A new key without its DS: bogus with the parent's DS set of now, good with the one to come."""
    new = tmp_path / "keys"
    world.keys("good.test.", "--csk", folder=new)
    signed = tmp_path / "signed"
    signed.write_text(world.sign("good.test.", TEXT.format(address=world.host(NSD)), keys=new))
    now = world.trace("--zone", signed)
    assert now.returncode == 1 and "good.test. SOA" in now.stdout, now.stdout
    ds = tmp_path / "ds"
    ds.write_text(holdfast("keys", "--ds", new).stdout)
    at = f"@{world.now + 60}"
    later = holdfast("trace", "--at", at, "--zone", signed, "--ds", ds, "www.good.test")
    assert later.returncode == 0 and "the zone file" in later.stdout, later.stdout + later.stderr
    other = world.trace("--zone", signed, "www.two.test")
    assert other.returncode == 2 and f"{signed}: www.two.test. is not in the zone" in other.stderr
    for arguments in (["--ds", ds], ["--zone", signed, "--save", "x"]):
        done = holdfast("trace", *arguments, "www.good.test")
        assert done.returncode == 2 and "--zone" in done.stderr, arguments


def ca(world, name):
    done = world.trace("--ca", "--json", name)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert found["possible"] == (done.returncode == 0)
    return found


def test_a_certification_authority(world, holdfast, tmp_path):
    found = ca(world, "www.caa.test")
    assert found["possible"] and found["address_works"] and found["challenge_works"]
    assert (found["caa_owner"], found["issuers"]) == ("caa.test.", "ca.example, other.example")
    assert [look["name"] for look in found["lookups"] if look["purpose"] == "caa"] == [
        "www.caa.test.", "caa.test."
    ]
    assert not ca(world, "none.caa.test")["possible"]  # issue ";"
    assert ca(world, "none.caa.test")["caa_forbids"]
    assert not ca(world, "*.caa.test")["possible"]  # issuewild ";"
    assert not ca(world, "strange.caa.test")["possible"]  # an unknown critical property
    assert ca(world, "www.good.test")["caa_owner"] is None
    # Bogus: a DNSSEC error is no permission.
    bogus = ca(world, "www.bad.test")
    assert bogus["caa_fails"] and not bogus["possible"] and bogus["lookups"][0]["cause"]
    text = world.trace("--ca", "www.bad.test").stdout
    assert text.startswith("NO: a CA cannot validate www.bad.test. and issue") and "->" in text
    capture = tmp_path / "capture"
    live = world.trace("--ca", "--save", capture, "www.caa.test")
    assert holdfast("trace", "--from", capture).stdout == live.stdout
    # Each question is asked once, however many look-ups need it.
    asked = packets(capture)
    assert len(asked) == len(set(asked))
