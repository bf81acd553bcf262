# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast rehearse: every method of the example policies, alternatives, faults, forms, wrong use."""

import json
import os
import pathlib
import shlex
import signal
import subprocess

import pytest
from daemonworld import DaemonWorld

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
ZONE = EXAMPLES / "example.zone"
REGISTRY = EXAMPLES / "policies" / "registry.yaml"
HOSTING = EXAMPLES / "policies" / "hosting.yaml"
START = "2026-12-01T09:00:00Z"
FEW = ("--resolvers", "200", "--start", START)


@pytest.fixture
def rehearse(holdfast):
    """rehearse("--roll", "ksk", policy=REGISTRY): a CompletedProcess."""

    def run(*words, policy=REGISTRY, zone=ZONE, few=FEW):
        return holdfast(
            "rehearse", "--zone", zone, "--policy", policy, *few, *words, timeout=250
        )

    return run


@pytest.fixture
def told(rehearse):
    """The same as JSON: told(code, "--roll", …) gives the report; the exit code has to fit."""

    def run(code, *words, **options):
        done = rehearse("--json", *words, **options)
        assert done.returncode == code, done.stdout[:3000] + done.stderr
        return json.loads(done.stdout)

    return run


def figure(story, name):
    return next(one["value"] for one in story["figures"] if one["name"] == name)


# ---- The examples ----

CASES = [
    (REGISTRY, "ksk", ["double-ksk", "double-ds", "double-rrset"]),
    (REGISTRY, "zsk", ["pre-publication", "double-signature"]),
    (REGISTRY, "algorithm:ed25519", ["conservative"]),
    (f"{HOSTING}:automatic", "csk", ["pre-publication", "double-signature"]),
    (f"{HOSTING}:by-hand", "csk", ["pre-publication", "double-signature"]),
]


@pytest.mark.parametrize("policy,what,methods", CASES)
def test_every_method_of_the_examples_fails_nobody(told, policy, what, methods):
    compare = ",".join(methods)
    report = told(0, "--roll", what, "--compare", f"method={compare}", policy=policy)
    assert report["verdict"] == "good"
    assert len(report["stories"]) >= len(methods)
    for story in report["stories"]:
        assert story["verdict"] == "good", story["sentence"]
        assert "no user failed because of the zone" in story["sentence"]
        assert "and all are good" in story["sentence"]
        assert figure(story, "the change takes") > 3600


@pytest.mark.parametrize(
    "what",
    ["to-csk", "nsec", "insecure", "secure", "standby-ksk", "emergency:ksk", "emergency:zsk"],
)
def test_every_kind_of_change_fails_nobody(told, what):
    report = told(0, "--roll", what)
    assert report["stories"][0]["verdict"] == "good"


def test_what_cannot_begin_says_why(told):
    report = told(1, "--roll", "ksk", policy=f"{HOSTING}:automatic")
    sentence = report["stories"][0]["sentence"]
    assert "the zone has no KSK in use that could be replaced; it has a CSK" in sentence


def test_signed_zones_bring_their_own_keys(holdfast, told, tmp_path):
    keys = tmp_path / "keys"
    keys.mkdir()
    for role in (["--ksk"], []):
        made = holdfast("keygen", *role, "--dir", keys, "example.")
        assert made.returncode == 0, made.stderr
    signed = tmp_path / "signed"
    done = holdfast("sign", "--keys", keys, "--output", signed, ZONE)
    assert done.returncode == 0, done.stderr
    tags = sorted(int(path.name.split("+")[2].split(".")[0]) for path in keys.glob("*.key"))
    for words in ((), ("--keys", keys)):
        report = told(0, "--roll", "zsk", *words, zone=signed)
        text = json.dumps(report["stories"][0])
        assert all(str(tag) in text for tag in tags)


def test_the_live_state_of_a_daemon_is_only_read(holdfast, tmp_path):
    world = DaemonWorld(tmp_path)
    try:
        world.add_file_zone("example.", 7, "www 5 A 192.0.2.80")
        world.start()
        status = world.wait_published("example.", 7)
        tags = [key["tag"] for key in status["keys"]]
        policy = world.write("policy.yaml", json.dumps(world.policies["default"]))
        words = ("rehearse", "--zone", tmp_path / "example.zone", "--policy", policy)
        words += ("--resolvers", "50", "--live", tmp_path / "state")
        done = holdfast(*words, "--for", "20d", "--json")
        assert done.returncode in (0, 1), done.stderr
        report = json.loads(done.stdout)
        text = json.dumps(report["stories"][0]["moments"])
        assert len(tags) == 2 and any(f"KSK {tag}" in text for tag in tags), text
        assert "stuck" not in report["sentence"]
        # The daemon noticed nothing, and is still the only one to write.
        assert world.wait_published("example.", 7)["state"] == status["state"]
        world.write("example.zone", world.zone_text("example.", 8))
        world.wait_published("example.", 8)
        for folder, sentence in (("no", "no state that can be read"), ("", "no state that can")):
            words = words[:-1] + (tmp_path / folder,)
            done = holdfast(*words, "--for", "20d")
            assert done.returncode == 2 and sentence in done.stderr
    finally:
        world.close()


# ---- What breaks ----


def test_a_signer_that_does_not_look_breaks(told):
    report = told(
        0, "--roll", "zsk", "--set", "lag=1d", "--set", "signatures.replacement=at-once",
        "--compare", "signer=trusting",
    )  # fmt: skip
    good, bad = report["stories"]
    assert report["verdict"] == good["verdict"] == "good"
    assert bad["verdict"] == "bad" and "no matching key" in bad["sentence"]


def test_liberal_methods_break_strict_resolvers(told):
    words = ("--roll", "algorithm:ed25519", "--share", "strict=30%", "--set")
    report = told(1, *words, "rollover.rules=liberal", "--method", "liberal")
    sentence = report["stories"][0]["sentence"]
    assert "users failed" in sentence and "algorithm" in sentence
    told(0, *words, "rollover.rules=strict")


def test_stale_anchors_fail_and_no_zone_helps(told):
    report = told(1, "--roll", "ksk", "--share", "stale=1%", "--share", "bind-2009=1%")
    assert "which no zone can help" in report["stories"][0]["sentence"]
    assert any("stale trust anchor" in table["caption"] for table in report["tables"])


def test_servers_that_delay_are_asked_less(told):
    report = told(
        1, "--roll", "ksk", "--share", "bind-2009=20%", "--compare", "server-delay=1s",
    )  # fmt: skip
    asked = [story["users"] for story in report["stories"]]
    keys = [sum(bucket["dnskey_questions"] for bucket in one["buckets"]) for one in asked]
    assert keys[1] < 0.8 * keys[0]


def test_the_smallest_history_can_be_repeated(holdfast, rehearse):
    done = rehearse(
        "--json", "--roll", "zsk", "--runs", "20", "--random-faults", "3", "--set",
        "signer=trusting", "--set", "signatures.replacement=at-once", "--fault",
        "secondary@+10m+3d,server=2",
    )  # fmt: skip
    assert done.returncode == 1, done.stdout[:2000] + done.stderr
    report = json.loads(done.stdout)
    assert report["verdict"] == "bad" and "smallest history" in report["sentence"]
    assert any("gets no new versions" in note for note in report["notes"])
    program, *words = shlex.split(report["repeat"])
    assert program == "holdfast"
    again = holdfast(*words, "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["stories"] == report["stories"]


def test_announced_ends_of_signatures_are_counted_apart(told):
    report = told(
        0, "--roll", "zsk", "--runs", "3", "--random-faults", "1", "--fault",
        "signer-down@+1d+40d", "--set", "expire=60d",
    )  # fmt: skip
    assert "in 3 of them" in report["sentence"]
    assert "nobody acted on" in report["sentence"]


# ---- Years ----


def test_years_of_a_policy(told):
    report = told(0, "--years", "1", "--runs", "3", "--set", "expire=7d")
    story = report["stories"][0]
    begun = [moment for moment in story["moments"] if "ZSK rollover begins" in moment["text"]]
    assert len(begun) >= 4  # every 90 days
    assert story["verdict"] == "good"


# ---- Forms ----


def test_one_seed_gives_the_same_bytes(rehearse):
    words = ("--roll", "ksk", "--random-faults", "5")
    one = rehearse(*words, "--jobs", "1", "--json")
    assert one.stdout == rehearse(*words, "--jobs", "3", "--json").stdout
    assert one.stdout != rehearse(*words, "--json", "--seed", "2").stdout


def test_text_says_the_verdict_first(rehearse):
    done = rehearse("--roll", "ksk")
    lines = done.stdout.splitlines()
    assert lines[0] == "Rehearsal of example.: KSK rollover (double-ds)"
    assert "GOOD: no user failed" in "\n".join(lines[:5])
    assert done.stdout.count("GO/NO-GO") >= 3
    for words in ("In figures", "Who looks names up", "The same again", "person = 4h"):
        assert words in done.stdout
    assert all(len(line) <= 80 for line in lines[:-1])
    assert done.stderr == ""


def test_page(rehearse, tmp_path):
    page = tmp_path / "page.html"
    done = rehearse("--roll", "zsk", "--html", page)
    assert done.returncode == 0
    text = page.read_text()
    assert text.startswith("<!DOCTYPE html>") and "<svg" in text
    assert "ZSK rollover (pre-publication)" in text
    done = rehearse("--roll", "zsk", "--html", tmp_path / "no" / "page.html")
    assert done.returncode == 2 and done.stdout == ""


def test_lists(holdfast):
    kinds = holdfast("rehearse", "--list-resolvers")
    assert kinds.returncode == 0 and "unbound, 9 %" in kinds.stdout
    assert kinds.stdout.count("Share: ") >= 12
    settings = holdfast("rehearse", "--list-settings")
    assert settings.returncode == 0 and "\nserver-delay\n" in settings.stdout


def test_interrupt_ends_after_the_play_in_progress():
    program = os.environ["HOLDFAST"]
    words = ["rehearse", "--zone", ZONE, "--policy", REGISTRY, *FEW, "--roll", "ksk"]
    process = subprocess.Popen(
        [program, *map(str, words), "--set", "expire=7d", "--runs", "1000000"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        # The handler is there when SIGINT is caught: /proc tells without a race.
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while True:
            caught = next(x for x in status.read_text().splitlines() if x.startswith("SigCgt"))
            if int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1:
                break
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=200)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "then it was interrupted" in " ".join(out.split())


# ---- Wrong use ----

WRONG = [
    ((), "nothing is to be rehearsed"),
    (("--roll", "everything"), "nothing has that name"),
    (("--roll", "ksk", "--method", "fast"), "there is no such method"),
    (("--method", "double-ds", "--years", "1"), "give both"),
    (("--years", "1", "--for", "3d"), "choose one"),
    (("--years", "101"), "from 1 to 100"),
    (("--roll", "ksk", "--set", "colour=red"), 'there is no setting "colour"'),
    (("--roll", "ksk", "--set", "ksk.colour=red"), "policies have no such setting"),
    (("--roll", "ksk", "--set", "signatures.refresh=30d"), "refresh"),
    (("--roll", "ksk", "--compare", "lag"), "nothing to compare"),
    (("--roll", "nsec", "--compare", "method"), "there are no methods to compare"),
    (("--roll", "ksk", "--share", "nobody=1%"), 'no kind of resolver "nobody"'),
    (("--roll", "ksk", "--share", "bind=1.5"), "from 0 to 1"),
    (("--roll", "ksk", "--fault", "earthquake@now"), 'no fault "earthquake"'),
    (("--roll", "ksk", "--fault", "blind"), "has to say when"),
    (("--roll", "ksk", "--resolvers", "0"), "from 1 to"),
]


@pytest.mark.parametrize("words,sentence", WRONG)
def test_wrong_use(rehearse, words, sentence):
    done = rehearse(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.startswith("holdfast: ")


def test_missing_files(holdfast, tmp_path):
    done = holdfast("rehearse", "--roll", "ksk")
    assert done.returncode == 2 and "needs --zone and --policy" in done.stderr
    done = holdfast("rehearse", "--zone", tmp_path / "no", "--policy", REGISTRY, "--roll", "ksk")
    assert done.returncode == 2 and "no" in done.stderr
