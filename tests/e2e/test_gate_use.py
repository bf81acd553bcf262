# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate as people use it: zone files, a history, questions, and mistakes in the history."""

import json
import time

import pytest

ZONE = """$ORIGIN example.
$TTL 3600
@    IN SOA ns1 host {serial} 3600 600 864000 300
@    IN NS ns1
ns1  IN A 192.0.2.1
www  600 IN A 192.0.2.2
sub  IN NS ns.sub
ns.sub IN A 192.0.2.3
"""
DAY = 86400


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class World:
    """A folder with keys, signed versions and a history of them."""

    def __init__(self, holdfast, folder):
        self.holdfast = holdfast
        self.folder = folder
        # Whole minutes, as people write them; signatures begin an hour before.
        self.now = int(time.time()) // 60 * 60
        self.facts = []
        self.more = {}

    def key(self, name, *options):
        (self.folder / name).mkdir(exist_ok=True)
        done = self.holdfast(
            "keygen", "--algorithm", "15", *options, "--dir", self.folder / name, "example."
        )
        assert done.returncode == 0, done.stderr

    def sign(self, name, keys, serial, validity="30d"):
        (self.folder / "plain").write_text(ZONE.format(serial=serial))
        done = self.holdfast(
            "sign", "--keys", self.folder / keys, "--validity", validity,
            "-o", self.folder / name, self.folder / "plain",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def ds(self, keys):
        done = self.holdfast("keys", "--ds", self.folder / keys)
        assert done.returncode == 0, done.stderr
        return [line.split(" DS ")[1] for line in done.stdout.splitlines()]

    def fact(self, kind, at, **fields):
        if "until" in fields:
            fields["until"] = stamp(fields["until"])
        self.facts.append({"kind": kind, "at": stamp(at), **fields})

    @property
    def history(self):
        return self.folder / "history"

    def write(self):
        document = {"zone": "example.", **self.more, "facts": self.facts}
        self.history.write_text(json.dumps(document))

    def ask(self, *arguments):
        """The text answer: exit code and words."""
        self.write()
        done = self.holdfast("gate", "--history", self.history, *arguments)
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def answer(self, *arguments):
        self.write()
        done = self.holdfast("gate", "--history", self.history, "--json", *arguments)
        assert done.returncode in (0, 1), done.stderr
        answer = json.loads(done.stdout)
        assert answer["verdict"] == ("unsafe" if done.returncode else "safe")
        return answer


@pytest.fixture
def world(holdfast, tmp_path):
    """A signed version with its DS at the parent, both old enough to be everywhere."""
    world = World(holdfast, tmp_path)
    world.key("one", "--ksk")
    world.key("one")
    world.sign("v1", "one", 1)
    world.fact("zone", world.now - 9 * DAY, file="v1")
    world.fact("ds", world.now - 9 * DAY, ttl=DAY, records=world.ds("one"))
    return world


def test_what_is_published_stays_safe(world):
    assert world.ask()[0] == 0
    code, text = world.ask("--candidate", world.folder / "v1")
    assert code == 0
    assert text.startswith("SAFE: serial 1 of example. may be published at ")
    answer = world.answer()
    assert answer["earliest_safe"] == answer["at"]


def test_other_keys_break_it_until_caches_are_empty(world):
    """New keys all at once while the old DS ended just now: a day to wait, to the second."""
    world.key("two", "--ksk")
    world.key("two")
    world.sign("v2", "two", 2)
    answer = world.answer("--candidate", world.folder / "v2", "--at", stamp(world.now))
    assert answer["verdict"] == "unsafe" and answer["earliest_safe"] is None
    assert {reason["check"] for reason in answer["reasons"]} == {"ds-dnskey", "dnskey-signatures"}
    assert answer["serial"] == 2

    # The parent took the old DS away and put in the new one; both had a day's TTL.
    world.facts[1]["until"] = stamp(world.now - 3600)
    world.fact("ds", world.now - 3600, ttl=DAY, records=world.ds("two"))
    answer = world.answer("--candidate", world.folder / "v2", "--at", stamp(world.now))
    # The DS for keys that nobody serves hurts already, so the change mends something.
    assert answer["broken_already"] and answer["effect"] == "mixed"
    world.facts[0]["until"] = stamp(world.now - 1800)
    answer = world.answer("--candidate", world.folder / "v2", "--at", stamp(world.now))
    assert answer["earliest_safe"] == stamp(world.now - 3600 + DAY)
    held = [reason for reason in answer["reasons"] if reason["held"]["kind"] == "DS"]
    assert held[0]["held"]["until"] == stamp(world.now - 3600 + DAY)
    assert held[0]["served"]["kind"] == "DNSKEY"


def test_exact_to_the_second(world):
    world.key("two", "--ksk")
    world.key("two")
    world.sign("v2", "two", 2)
    world.facts[0]["until"] = world.facts[1]["until"] = stamp(world.now)
    world.fact("ds", world.now, ttl=DAY, records=world.ds("two"))
    question = ("--candidate", world.folder / "v2", "--at")
    assert world.answer(*question, stamp(world.now + DAY - 1))["verdict"] == "unsafe"
    assert world.answer(*question, stamp(world.now + DAY))["verdict"] == "safe"


def test_going_insecure(world):
    """Unsigned is safe when what the withdrawn DS proved has left the caches, and not a second before."""
    gone = world.now + DAY + 3600  # the DS set, and then the DNSKEY set
    answer = world.answer("--withdraw-ds", "--at", stamp(world.now))
    assert answer["verdict"] == "safe"
    assert answer["unsigned_from"] == stamp(gone)
    # What happened later does not change what could be known then.
    world.facts[1]["until"] = stamp(world.now + 100)
    world.fact("ds", world.now + 100, ttl=DAY, records=world.ds("one"))
    answer = world.answer("--withdraw-ds", "--at", stamp(world.now))
    assert answer["unsigned_from"] == stamp(gone)
    world.facts.pop()
    (world.folder / "bare").write_text(ZONE.format(serial=3))
    world.facts[1]["until"] = stamp(world.now)
    world.fact("ds", world.now, ttl=900, records=[])
    question = ("--candidate", world.folder / "bare", "--at")
    assert world.answer(*question, stamp(gone - 1))["verdict"] == "unsafe"
    assert world.answer(*question, stamp(gone))["verdict"] == "safe"


def test_ds_for_a_key_that_signs_nothing_yet(world):
    world.key("two", "--ksk")
    (world.folder / "ds").write_text(
        "".join(f"example. IN DS {record}\n" for record in world.ds("two"))
    )
    code, text = world.ask("--ds", world.folder / "ds")
    assert code == 1
    assert "this DS set of example. must not be put at the parent" in text
    # Both at once are a good pair: strict validators want each algorithm, not each DS.
    (world.folder / "ds").write_text(
        "".join(
            f"example. IN DS {record}\n" for keys in ("one", "two") for record in world.ds(keys)
        )
    )
    assert world.ask("--ds", world.folder / "ds")[0] == 0


def test_rollback(world):
    """Of two earlier versions only the one with the keys of today's DS could come back."""
    world.key("two", "--ksk")
    world.key("two")
    world.sign("v0", "two", 7)
    world.facts[0]["until"] = stamp(world.now)
    world.fact("zone", world.now - 20 * DAY, until=world.now - 9 * DAY, file="v0")
    world.fact("zone", world.now, file="v1")
    answer = world.answer("--rollback", "--at", stamp(world.now + 60))
    assert [(item["file"], item["verdict"]) for item in answer["rollback"]] == [
        ("v1", "safe"),
        ("v0", "unsafe"),
    ]
    assert answer["rollback"][1]["serial"] == 7
    assert answer["rollback"][1]["reasons"][0]["broken"]
    code, text = world.ask("--rollback", "--at", stamp(world.now + 60))
    assert code == 0
    assert text.startswith("1 of 2 earlier versions of example. could be published at ")


def test_nothing_to_go_back_to(world):
    code, text = world.ask("--rollback")
    assert code == 2
    assert "nothing to go back to" in text


def test_add_notes_what_is_safe(world):
    world.sign("v2", "one", 2)
    world.write()
    done = world.holdfast(
        "gate", "--history", world.history, "--candidate", world.folder / "v2", "--add",
        "--at", stamp(world.now),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(world.history.read_text())
    assert [fact["file"] for fact in document["facts"] if fact["kind"] == "zone"] == ["v1", "v2"]
    assert document["facts"][0]["until"] == stamp(world.now)
    assert document["facts"][2] == {"kind": "zone", "at": stamp(world.now), "file": "v2"}
    # A fact a line, in the order in which they were.
    lines = world.history.read_text().splitlines()
    assert len([line for line in lines if '"kind"' in line]) == 3
    # It reads back, and a second note at the same time is refused.
    again = ("gate", "--history", world.history, "--candidate", world.folder / "v2", "--at")
    assert world.holdfast(*again, stamp(world.now + 1)).returncode == 0
    before = world.history.read_text()
    done = world.holdfast(*again, stamp(world.now), "--add")
    assert done.returncode == 2 and "nothing can follow it" in done.stderr
    assert world.history.read_text() == before


def test_add_leaves_out_what_is_unsafe_unless_forced(world):
    world.key("two", "--ksk")
    world.key("two")
    world.sign("v2", "two", 2)
    world.write()
    before = world.history.read_text()
    question = (
        "gate", "--history", world.history, "--candidate", world.folder / "v2", "--add",
    )  # fmt: skip
    assert world.holdfast(*question).returncode == 1
    assert world.history.read_text() == before
    assert world.holdfast(*question, "--force").returncode == 1
    assert '"v2"' in world.history.read_text()


def test_add_leaves_a_history_that_can_be_read(world):
    (world.folder / "a\u00e9").mkdir()
    world.sign("a\u00e9/v2", "one", 2)
    world.write()
    before = world.history.read_text()
    done = world.holdfast(
        "gate", "--history", world.history, "--add", "--candidate", world.folder / "a\u00e9/v2"
    )
    assert done.returncode == 2 and "printable ASCII" in done.stderr
    assert world.history.read_text() == before


def test_more_contents_than_can_be_tried(world):
    for i in range(70):
        world.fact("ds", world.now - DAY, ttl=DAY, place=f"192.0.2.{i}", records=[f"{i} 13 2 00"])
    code, text = world.ask()
    assert code == 2 and "too many to try all combinations" in text


def test_keys_of_later_versions_count_as_signers(world):
    """Data signed by a key before the key is published: the survey knows it from the next version."""
    world.key("one", "--algorithm", "15")
    world.sign("v2", "one", 2)
    world.facts[0]["until"] = stamp(world.now)
    world.fact("zone", world.now, file="v2")
    assert world.answer("--at", stamp(world.now + 3 * DAY))["verdict"] == "safe"


def test_a_step_of_the_history(world):
    """What is in the history as done is asked about as if it were still to come."""
    world.key("two", "--ksk")
    world.key("two")
    world.sign("v2", "two", 2)
    world.facts[0]["until"] = stamp(world.now)
    world.fact("zone", world.now, file="v2")
    answer = world.answer("--step", "--at", stamp(world.now))
    assert answer["verdict"] == "unsafe" and answer["serial"] == 2
    # The old version is still served then: waiting for its caches would help nobody.
    assert answer["earliest_safe"] is None
    assert not answer["broken_already"]
    # The day after, as the world is: broken by just that.
    assert world.answer("--at", stamp(world.now + 1))["verdict"] == "unsafe"
    code, text = world.ask("--step", "--at", stamp(world.now + 1))
    assert code == 2 and "nothing in it begins at" in text


def test_slow_secondary(world):
    """A secondary that was not seen to move on may serve the old version until SOA expire ends."""
    world.key("two", "--ksk")
    world.key("two")
    world.sign("v2", "two", 2)
    world.more = {"soa_expire": 4 * DAY, "secondaries": ["192.0.2.53"]}
    world.facts[0]["until"] = stamp(world.now)
    world.facts[1]["until"] = stamp(world.now)
    world.fact("ds", world.now, ttl=60, records=world.ds("two"))
    question = ("--candidate", world.folder / "v2", "--at", stamp(world.now + 60))
    expected = world.now + 4 * DAY + 3600
    assert world.answer(*question)["earliest_safe"] == stamp(expected)
    # It is seen to have the version that replaced it: its old answers live for a TTL from then.
    world.fact("zone", world.now, file="v2")
    world.fact("seen", world.now + 50, place="192.0.2.53", version=2)
    assert world.answer(*question)["earliest_safe"] == stamp(world.now + DAY)


def test_signature_that_ends_too_soon(world):
    world.sign("v2", "one", 2, validity="1d")
    answer = world.answer("--candidate", world.folder / "v2", "--at", stamp(world.now + DAY - 1800))
    assert answer["verdict"] == "unsafe"
    assert "signature-lifetime" in [reason["check"] for reason in answer["reasons"]]
    answer = world.answer("--candidate", world.folder / "v2")
    assert answer["verdict"] == "safe"
    assert answer["warnings"], "one day is less than SOA expire"


def test_the_future_is_named(world):
    world.fact("ds", world.now + DAY, ttl=60, records=[], place="192.0.2.9")
    code, text = world.ask()
    assert code == 0
    assert "some of its facts begin in the future" in text


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda d: d.update(zonne="x"), '"zonne" is no field of a history'),
        (lambda d: d.pop("zone"), '"zone" must be there'),
        (lambda d: d.pop("facts"), '"facts" must be there'),
        (lambda d: d.update(soa_expire=-1), '"soa_expire" must be a number of seconds'),
        (lambda d: d.update(keys={"k": "256 3"}), '"keys": "k" is no DNSKEY record'),
        (lambda d: d.update(secondaries="x"), '"secondaries" must be a list'),
        (lambda d: d.update(secondaries=["published"]), "is no address of a secondary"),
        (lambda d: d["facts"][1].update(kind="dns"), 'fact 2 has no "kind" that is known'),
        (lambda d: d["facts"][1].update(kin="x"), 'fact 2 (ds): "kin" is no field'),
        (lambda d: d["facts"][0].update(rrsets=1), 'fact 1 (zone): "rrsets" is no field'),
        (lambda d: d["facts"][1].pop("ttl"), 'fact 2 (ds): "ttl" is missing'),
        (lambda d: d["facts"][1].update(ttl=2**31), 'fact 2 (ds): "ttl" must be'),
        (lambda d: d["facts"][1].update(at="now"), '"at" must be a time'),
        (lambda d: d["facts"][1].update(until="2001-01-01T00:00:00Z"), 'must be later than "at"'),
        (lambda d: d["facts"][1].update(records=["x"]), '"x" is neither a record of this zone'),
        (lambda d: d["facts"][1].update(records=["b. DS 1 8 2 aa"]), "neither a record of this"),
        (lambda d: d["facts"][1].update(records=[77]), "no key with the tag 77 is known"),
        (lambda d: d["facts"][1].update(records=["1 8 2 aa\n$INCLUDE x"]), "must have records, names"),
        (lambda d: d["facts"][0].update(file="none"), "none: "),
        (lambda d: d["facts"].append(dict(d["facts"][1])), "fact 2 says what this place serves"),
        (lambda d: d["facts"].append(dict(d["facts"][0])), "fact 1 says what this place serves"),
        (
            lambda d: d["facts"].append(
                {"kind": "seen", "place": "p", "at": d["facts"][0]["at"], "version": 1}
            ),
            'is not in "secondaries"',
        ),
    ],
)
def test_mistakes_in_the_history(world, change, message):
    world.write()
    document = json.loads(world.history.read_text())
    change(document)
    world.history.write_text(json.dumps(document, indent=1))
    done = world.holdfast("gate", "--history", world.history)
    assert done.returncode == 2
    assert done.stderr.startswith("holdfast: ")
    assert message in done.stderr
    assert done.stdout == ""


def test_mistakes_have_a_line(world):
    world.history.write_text('{"zone": "example.",\n"facts": [\n{"kind": "ds"}]}')
    done = world.holdfast("gate", "--history", world.history)
    assert done.returncode == 2 and f"{world.history}:3: fact 1 (ds): " in done.stderr
    world.history.write_text('{"zone": "example.",\n"facts": [\n')
    done = world.holdfast("gate", "--history", world.history)
    assert done.returncode == 2 and f"{world.history}:" in done.stderr
    assert "this is not JSON" in done.stderr


def test_a_bad_candidate_is_no_verdict(world, zone_file):
    code, text = world.ask("--candidate", zone_file("@ IN SOA broken\n"))
    assert code == 2
    other = ZONE.format(serial=1).replace("example.", "elsewhere.")
    code, text = world.ask("--candidate", zone_file(other))
    assert code == 2 and "the history is that of example." in text


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "gate needs --history"),
        (["--history", "h", "--rollback", "--add"], "question of its own"),
        (["--history", "h", "--ds", "a", "--withdraw-ds"], "exclude each other"),
        (["--history", "h", "--step"], "needs the time of the step"),
        (["--history", "h", "--step", "--ds", "a"], "asks about what is in the history"),
        (["--history", "h", "--add"], "name it with --candidate"),
        (["--history", "h", "--force"], "give both or neither"),
        (["--history", "-", "--candidate", "-"], "one file only"),
    ],
)
def test_wrong_usage(holdfast, arguments, message):
    done = holdfast("gate", *arguments)
    assert done.returncode == 2 and message in done.stderr
