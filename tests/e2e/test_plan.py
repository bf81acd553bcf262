# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast plan: runbooks of every kind of rollover, their times, forms, sizes and refusals.

The expected texts are in plans/. After a change that is meant to show in them, write them anew with
HOLDFAST_REWRITE=1 and look at the difference. What the engine says about its waiting and the gate
about who breaks is their own tests' matter and left out.
"""

import json
import os
import pathlib
import re

import dns.message
import dns.zone
import pytest

HERE = pathlib.Path(__file__).resolve().parent
START = "2026-01-01T00:00:00Z"
# Public halves only: a plan needs no private keys.
KEYS = {
    "ksk": (
        "Kexample.+013+42788",
        "key-signing key, keyid 42788",
        "257 3 13 V2IhTE120z00FDXkIlNqKoEosaqv/8e/u4iEf+NkP0NNzZpO4LYJozTG2RZMfHKuzL6yVFphTYIzeDhjMhi"
        "hkg==",
    ),
    "zsk": (
        "Kexample.+013+37597",
        "zone-signing key, keyid 37597",
        "256 3 13 +wRogTZGGkeoyW4gbakU1kTqxvZILRinsVszcY9Zx9bMCu0Lm/ZdykJM0ZgMm7FfEziXkZzIp2YqXvVxzpI"
        "2jQ==",
    ),
    "csk": (
        "Kexample.+013+63805",
        "combined-signing key, keyid 63805",
        "257 3 13 4O41oOJx0Pa0KUwAlx2e5gQnzr3wMmOdVCp5Kvt66+jqeMxldaex7gCF7svnBmgW09WuIK2g/MNQFNWZwQv"
        "pow==",
    ),
}
ZONE = """\
$ORIGIN example.
$TTL 7200
@ SOA ns1 hostmaster 1 7200 1800 1209600 900
@ NS ns1
ns1 A 192.0.2.1
www A 192.0.2.2
signed NS ns1
signed DS 1 13 2 00000000000000000000000000000000000000000000000000000000000000aa
"""
POLICY = """\
keys:
  dnskey-ttl: 1h
rollover:
  margin: 0
  ds-margin: 0
  approve: [%(approve)s]
signatures:
  replacement: at-once
parent:
  servers: [192.0.2.53]
  ds-ttl: 1d
  delay: 6h
secondaries:
  delay: 10m
"""


@pytest.fixture
def plan(tmp_path, holdfast):
    """Plans for a zone with these keys: plan("zsk", roles=("ksk", "zsk"), policy=text, zone=…)."""

    def run(roll, *words, roles=("ksk", "zsk"), policy=None, zone=None, approve="ds"):
        folder = tmp_path / "keys"
        folder.mkdir(exist_ok=True)
        for role in roles:
            name, what, key = KEYS[role]
            (folder / f"{name}.key").write_text(
                f"; This is a {what}, for example.\n; Created: 20250101000000\n"
                "; Publish: 20250101000000\n; Activate: 20250101000000\n"
                f"example. IN DNSKEY {key}\n"
            )
        file = tmp_path / "policy.yaml"
        file.write_text(POLICY % {"approve": approve} if policy is None else policy)
        source = tmp_path / "zone"
        source.write_text(ZONE if zone is None else zone)
        start = () if "--start" in words else ("--start", START)
        arguments = ("--zone", source, "--keys", folder, "--policy", file, "--roll", roll)
        return holdfast("plan", *arguments, *start, *words)

    return run


@pytest.fixture
def steps(plan):
    """Seconds from the start to each step of a plan, and to its end."""

    def run(*words, **options):
        done = plan(*words, "--json", **options)
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        return [seconds(step["at"]) for step in made["steps"]] + [seconds(made["end"])]

    return run


def seconds(text):
    """A time in the same month, as seconds from the start; later months count 31 days each."""
    found = re.fullmatch(r"2026-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", text)
    month, day, hour, minute, second = map(int, found.groups())
    assert month <= 2
    return (((month - 1) * 31 + day - 1) * 24 + hour) * 3600 + minute * 60 + second


HOUR = 3600
DAY = 86400
TTL_KEY, TTL_DATA, TTL_DS = HOUR, 2 * HOUR, DAY
D_SECONDARY, D_PARENT = 600, 6 * HOUR


# ---- Times (RFC 7583 section 3) ----


def test_zsk_pre_publication_times(steps):
    published = D_SECONDARY + TTL_KEY
    retired = D_SECONDARY + TTL_DATA
    assert steps("zsk") == [0, published, published + retired, published + retired]


def test_zsk_double_signature_times(steps):
    # The longer of both TTLs counts: caches may mix old and new.
    wait = D_SECONDARY + max(TTL_KEY, TTL_DATA)
    assert steps("zsk", "--method", "double-signature") == [0, wait, wait]


def test_ksk_double_ksk_times(steps):
    published = D_SECONDARY + TTL_KEY
    retired = D_PARENT + TTL_DS
    assert steps("ksk") == [0, published, published + retired, published + retired]


def test_ksk_double_ds_times(steps):
    there = D_PARENT + TTL_DS
    replaced = there + D_SECONDARY + TTL_KEY
    found = steps("ksk", "--method", "double-ds")
    assert found == [0, there, replaced, replaced + D_PARENT]


def test_ksk_double_rrset_times(steps):
    # The DS is asked for with the key: the slower way decides.
    wait = max(D_PARENT + TTL_DS, D_SECONDARY + TTL_KEY)
    assert steps("ksk", "--method", "double-rrset") == [0, wait, wait + D_PARENT]


def test_margins_and_gradual_signatures_add_up(steps):
    policy = (POLICY % {"approve": ""}).replace("margin: 0\n  ds-", "margin: 30m\n  ds-")
    policy = policy.replace("at-once", "gradual\n  validity: 7d\n  refresh: 3d\n  jitter: 1d")
    margin, signing = HOUR // 2, 4 * DAY
    first = margin
    second = first + D_SECONDARY + TTL_KEY + margin
    third = second + signing + D_SECONDARY + TTL_DATA + margin
    assert steps("zsk", policy=policy) == [first, second, third, third]


def test_options_take_the_place_of_the_policy(steps):
    found = steps("ksk", "--ds-ttl", "2h", "--parent-delay", "3h")
    published = D_SECONDARY + TTL_KEY
    assert found[2] == published + 5 * HOUR


# ---- Texts ----


def settled(text):
    """The text without the sentences of the engine and the gate, and without bytes of memory."""
    text = re.sub(r"; [0-9.]+ k?B in\s+memory", "", text)
    text = re.sub(r"(?m)^(    (?:now|\d+) .*\S) +[0-9.]+ k?B$", r"\1", text)
    lines, skipping = [], False
    for line in text.splitlines():
        waiting = re.match(r"(    - (?:[^:(]+ \([a-z-]+\)|who)): ", line)
        if waiting:
            lines.append(waiting.group(1))
        elif not (skipping and line.startswith("    ") and not line.startswith("    - ")):
            lines.append(line)
        skipping = bool(waiting) or (skipping and lines[-1] is not line)
    return "\n".join(lines) + "\n"


LIBERAL = (POLICY % {"approve": "algorithm"}).replace("approve", "rules: liberal\n  approve")
FOLLOWED = (POLICY % {"approve": ""}).replace("dnskey-ttl: 1h", "dnskey-ttl: 1h\n  trust-anchor: yes")
NO_SERVERS = (POLICY % {"approve": "every-step"}).replace("servers: [192.0.2.53]", "cds: no")
TEXTS = {
    "zsk": ("zsk", [], {}),
    "zsk-double": ("zsk", ["--method", "double-signature"], {}),
    "ksk": ("ksk", [], {}),
    "ksk-by-hand": ("ksk", [], {"policy": NO_SERVERS}),
    "ksk-double-ds": ("ksk", ["--method", "double-ds"], {}),
    "ksk-double-rrset": ("ksk", ["--method", "double-rrset"], {}),
    "ksk-followed": ("ksk", [], {"policy": FOLLOWED}),
    "csk": ("csk", [], {"roles": ["csk"], "policy": "keys: {model: csk}\n"}),
    "algorithm": ("algorithm:ed25519", [], {"approve": "algorithm"}),
    "algorithm-liberal": ("algorithm:15", ["--method", "liberal"], {"policy": LIBERAL}),
    "to-csk": ("to-csk", [], {}),
    "to-ksk-zsk": ("to-ksk-zsk", [], {"roles": ["csk"]}),
    "nsec3": ("nsec3", [], {}),
    "opt-out": ("opt-out", [], {}),
    "secure": ("secure", [], {"roles": [], "approve": "secure"}),
    "insecure": ("insecure", [], {"approve": "insecure"}),
    "standby-ksk": ("standby-ksk", [], {}),
    "emergency-zsk": ("emergency:37597", [], {}),
    "emergency-ksk": ("emergency:42788", [], {}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text(plan, name):
    roll, words, options = TEXTS[name]
    done = plan(roll, *words, **options)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    file = HERE / "plans" / f"{name}.txt"
    if os.environ.get("HOLDFAST_REWRITE"):
        file.write_text(settled(done.stdout))
    assert settled(done.stdout) == file.read_text()


@pytest.mark.parametrize("name", TEXTS)
def test_forms_agree(plan, name):
    """Text, Markdown and JSON tell the same story."""
    roll, words, options = TEXTS[name]
    made = json.loads(plan(roll, *words, "--json", **options).stdout)
    markdown = plan(roll, *words, "--markdown", **options).stdout
    plain = re.sub(r"\s+", " ", plan(roll, *words, **options).stdout)
    assert made["steps"] and made["zone"] == "example."
    said = [made["title"], *made["assumptions"], *made["at_once"], *made["after"]]
    for step in made["steps"]:
        said += [step["title"], step["at"], *step["holdfast"], *step["people"], *step["checks"]]
        said += [wait["text"] for wait in step["waits"]]
        assert step["at"] <= step["reached"] <= made["end"]
        assert step["back"]["possible"] == (step["back"]["reason"] is None)
    for sentence in said:
        assert sentence in markdown
        assert re.sub(r"\s+", " ", sentence) in plain
    assert [step["at"] for step in made["steps"]] == sorted(step["at"] for step in made["steps"])
    # Stand-ins for keys have tags that nobody may see.
    tags = set(re.findall(r"\b(?:[KZC]SK|DS) (\d+)", markdown)) - {"42788", "37597", "63805"}
    assert tags == set()


def test_markdown_is_well_formed(plan):
    lines = plan("ksk", "--markdown").stdout.splitlines()
    assert lines[0].startswith("# KSK rollover") and lines[1] == ""
    assert sum(line.startswith("## Step ") for line in lines) == 3
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + 1 + 3
    assert {line.count("|") for line in table} == {9}
    for before, line in zip(lines, lines[1:]):
        # Lists and headings need an empty line before them.
        if line.startswith("- ") and not before.startswith("- "):
            assert before == ""
        if line.startswith("#"):
            assert before == ""


# ---- Signed zones ----


def made_zone(holdfast, tmp_path, roles=("--ksk", None), words=()):
    """A zone signed with keys of its own; the folder, the file, and the tags by role."""
    folder = tmp_path / "own"
    folder.mkdir()
    source = tmp_path / "source"
    source.write_text(ZONE)
    for role in roles:
        more = [role] if role else []
        assert holdfast("keygen", "--dir", folder, *more, "example.").returncode == 0
    signed = tmp_path / "signed"
    done = holdfast("sign", "--keys", folder, "-o", signed, *words, source)
    assert done.returncode == 0, done.stderr
    listed = json.loads(holdfast("keys", "--json", folder).stdout)
    return folder, signed, {key["role"]: key["tag"] for key in listed["keys"]}


def policy_file(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text(POLICY % {"approve": ""})
    return file


def test_signed_zone(holdfast, tmp_path):
    folder, signed, tags = made_zone(holdfast, tmp_path)
    arguments = ["--keys", folder, "--policy", policy_file(tmp_path), "--roll", "zsk"]
    done = holdfast("plan", "--zone", signed, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    last = made["steps"][-1]["keys"]
    assert last == {
        "dnskey": [f"KSK {tags['KSK']}", "new ZSK"],
        "sign_dnskey": [f"KSK {tags['KSK']}"],
        "sign_data": ["new ZSK"],
        "ds": [f"KSK {tags['KSK']}"],
    }
    # What is foretold of the zone as it is, is what it is.
    verified = json.loads(holdfast("verify", "--json", signed).stdout)
    assert made["sizes_now"]["signatures"] == verified["signatures"]


def test_dnskey_answer_is_what_a_server_would_send(holdfast, tmp_path):
    folder, signed, _ = made_zone(holdfast, tmp_path)
    arguments = ["--keys", folder, "--policy", policy_file(tmp_path), "--roll", "nsec3"]
    made = json.loads(holdfast("plan", "--zone", signed, *arguments, "--json").stdout)
    zone = dns.zone.from_file(str(signed), "example.", relativize=False)
    question = dns.message.make_query("example.", "DNSKEY", want_dnssec=True)
    answer = dns.message.make_response(question, our_payload=1232)
    answer.answer.append(zone.find_rrset("example.", "DNSKEY"))
    answer.answer.append(zone.find_rrset("example.", "RRSIG", "DNSKEY"))
    assert made["sizes_now"]["dnskey_answer"] == len(answer.to_wire())


def test_key_of_the_zone_is_not_in_the_folder(holdfast, tmp_path):
    folder, signed, tags = made_zone(holdfast, tmp_path)
    for file in folder.glob(f"*+{tags['ZSK']:05}.*"):
        file.unlink()
    arguments = ["--keys", folder, "--policy", policy_file(tmp_path), "--roll", "zsk"]
    done = holdfast("plan", "--zone", signed, *arguments)
    assert done.returncode == 2
    assert f"a key with tag {tags['ZSK']} that the folder of keys lacks" in done.stderr


def test_spare_key_is_used_before_a_new_one_is_made(holdfast, tmp_path):
    folder, signed, _ = made_zone(holdfast, tmp_path)
    spare = holdfast("keygen", "--dir", folder, "--no-dates", "example.").stdout.strip()
    tag = int(spare.rsplit("+", 1)[1])
    arguments = ["--keys", folder, "--policy", policy_file(tmp_path), "--roll", "zsk"]
    made = json.loads(holdfast("plan", "--zone", signed, *arguments, "--json").stdout)
    assert made["steps"][-1]["keys"]["sign_data"] == [f"ZSK {tag}"]


# ---- Sizes ----


def test_rsa_needs_tcp(plan):
    made = json.loads(plan("algorithm:rsasha256", "--json").stdout)
    widest = max(made["steps"], key=lambda step: step["sizes"]["dnskey_answer"])
    # Both keys of both algorithms, and two signatures.
    owner, zone = 2, 9
    keys = 2 * (owner + 14 + 64) + 2 * (owner + 14 + 4 + 256)
    signatures = 2 * (owner + 28 + zone) + 64 + 256
    assert widest["sizes"]["dnskey_answer"] == 12 + zone + 4 + 11 + keys + signatures
    assert not widest["sizes"]["dnskey_over_tcp"]
    # Two signatures on each record of a negative answer are another matter.
    assert widest["sizes"]["negative_answer"] > 1232
    assert "so it comes over TCP" in re.sub(r"\s+", " ", plan("algorithm:rsasha256").stdout)


def test_large_answers_are_counted(plan):
    large = "".join(f'large TXT "{number:0200}"\n' for number in range(4))
    done = plan("zsk", "--method", "double-signature", "--json", zone=ZONE + large)
    made = json.loads(done.stdout)
    assert made["sizes_now"]["truncated_rrsets"] == 0
    # Four of them fit, with their signature; five and a half do not.
    larger = large + 'large TXT "%0200u"\nlarge TXT "%0100u"\n' % (8, 9)
    both = json.loads(plan("zsk", "--method", "double-signature", "--json", zone=ZONE + larger).stdout)
    assert both["rrsets"] == made["rrsets"]
    assert both["sizes_now"]["truncated_rrsets"] == 1


# ---- Policies and refusals ----


def test_defaults_are_a_policy(plan, holdfast):
    done = holdfast("plan", "--print-defaults")
    assert done.returncode == 0
    assert plan("zsk", policy=done.stdout).returncode == 0


@pytest.mark.parametrize("name", ["registry.yaml", "hosting.yaml:automatic", "hosting.yaml:by-hand"])
def test_examples(holdfast, plan, tmp_path, name):
    plan("zsk")  # writes zone and keys
    words = ["--zone", tmp_path / "zone", "--keys", tmp_path / "keys", "--roll", "zsk"]
    policy = HERE.parents[1] / "examples" / "policies" / name
    done = holdfast("plan", *words, "--policy", policy, "--start", START)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_every_error_of_a_policy_has_its_line(plan, tmp_path):
    done = plan("zsk", policy="keys:\n  model: zsk\nzone:\n  zonemd: 7\n  nonsense: 1\n")
    assert done.returncode == 2 and done.stdout == ""
    file = re.escape(str(tmp_path / "policy.yaml"))
    lines = done.stderr.splitlines()
    assert [re.match(rf"holdfast: {file}:(\d+): ", line).group(1) for line in lines] == list("245")


def test_warnings_of_a_policy(plan):
    done = plan("nsec3", policy="denial: {kind: nsec3, iterations: 1}\n")
    assert done.returncode == 0
    assert ":1: warning: NSEC3 iterations above 0" in done.stderr


REFUSALS = [
    (["csk"], {}, "no CSK in use"),
    (["ksk", "--method", "pre-publication"], {}, "pre-publication is no method for a KSK"),
    (["ksk", "--method", "both"], {}, "--method both: there is no such method"),
    (["algorithm:13"], {}, "the zone has keys of algorithm 13 already"),
    (["algorithm:rsasha1"], {}, "that is no algorithm to sign with"),
    (["algorithm:15", "--method", "liberal"], {}, "the liberal method breaks resolvers"),
    (["nothing"], {}, "nothing has that name; it takes zsk"),
    (["emergency:x"], {}, "give the tag of the key"),
    (["emergency:1"], {}, "no key of the zone has the tag 1"),
    (["to-ksk-zsk"], {}, "has the policy's key model already"),
    (["zsk"], {"roles": []}, "no key in the folder is active at 2026-01-01T00:00:00Z"),
    (["zsk", "--start", "20200101000000"], {}, "give the signed zone or another --start"),
    (["zsk"], {"zone": "www.example. 1 A 192.0.2.1\n"}, "SOA"),
    (["zsk", "--json", "--markdown"], {}, "choose one"),
    (["ksk", "--parent-delay", "400d"], {}, "parent.delay is out of range"),
    (["zsk"], {"policy": ""}, "holds no policy"),
]


@pytest.mark.parametrize("words, options, sentence", REFUSALS, ids=lambda part: str(part)[:40])
def test_refusals(plan, words, options, sentence):
    done = plan(*words, **options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("holdfast: ")
    assert sentence in re.sub(r"\s+", " ", done.stderr)


def test_options_that_are_needed(holdfast):
    done = holdfast("plan", "--zone", "somewhere")
    assert done.returncode == 2
    assert "plan needs --zone, --keys, --policy and --roll" in done.stderr
