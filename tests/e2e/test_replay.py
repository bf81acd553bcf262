# SPDX-License-Identifier: GPL-3.0-or-later
"""Known outages replayed: as they happened, and with Holdfast in front, word for word.

replays/NAME.txt is what `holdfast replay NAME` prints in a locale of UTF-8. The words are meant to
be read by somebody in a hurry; whoever changes them (or the resolvers, whose numbers are in them)
reads them again, made anew by setting REPLAYS_ANEW.
"""

import json
import os
import pathlib
import re
import xml.etree.ElementTree

import pytest

HERE = pathlib.Path(__file__).parent
INCIDENTS = HERE.parents[1] / "examples" / "incidents"
MANUAL = HERE.parents[1] / "man" / "holdfast-scenario.5"
NAMES = sorted(path.stem for path in INCIDENTS.glob("*.yaml"))
FEW = ("--resolvers", "300")


@pytest.fixture(scope="module")
def replay(holdfast):
    """Runs `holdfast replay` with the known outages of the source tree."""

    def run(*arguments, **variables):
        surroundings = {**os.environ, "HOLDFAST_INCIDENTS": str(INCIDENTS), "LC_ALL": "C.UTF-8"}
        return holdfast("replay", *arguments, env={**surroundings, **variables}, timeout=240)

    return run


@pytest.fixture(scope="module")
def told(replay):
    """What a replay is like, as JSON; each is played once."""
    known = {}

    def tell(*arguments):
        if arguments not in known:
            done = replay(*arguments, "--json")
            assert done.stderr == ""
            known[arguments] = json.loads(done.stdout)
        return known[arguments]

    return tell


@pytest.mark.parametrize("name", NAMES)
def test_text(replay, name):
    """Users fail when they did, and with Holdfast nobody does whom it could protect."""
    done = replay(name)
    path = HERE / "replays" / f"{name}.txt"
    if os.environ.get("REPLAYS_ANEW"):
        path.write_text(done.stdout)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "does not fit" not in done.stdout
    assert "This fits what is known" in done.stdout or name == "root-durz-2010"
    assert done.stdout == path.read_text()
    assert all(len(line) <= 80 for line in done.stdout.splitlines()[:-1])


def test_texts_are_of_known_outages():
    assert sorted(path.stem for path in (HERE / "replays").glob("*.txt")) == NAMES


def test_all_incidents_are_there(replay):
    listed = json.loads(replay("--list", "--json").stdout)
    assert sorted(entry["id"] for entry in listed) == NAMES
    assert len(NAMES) == 20
    dates = [entry["date"] for entry in listed]
    assert dates == sorted(dates)
    lines = replay("--list").stdout.splitlines()
    for line, entry in zip(lines, listed, strict=True):
        assert line.startswith(entry["id"]) and entry["date"] in line
        assert line.endswith(entry["title"])


# ---- Counts and sizes that are known ----


def table(document, caption):
    """A table's rows as mappings of column to value."""
    for each in document["stories"][0]["tables"]:
        if each["caption"] == caption:
            return [dict(zip(each["columns"], row, strict=True)) for row in each["rows"]]
    pytest.fail(f"no table {caption}")


def counts(rows, column):
    return {row["zone"]: row[column] for row in rows}


def test_questions_of_a_stale_resolver(told):
    """4, 56 and 784, together 844; with the root's key 15,680 and 313,600 more."""
    document = told("arpa-2009", *FEW)
    com = table(document, "One answer below com, with a stale anchor for com")
    keys, ds = counts(com, "DNSKEY questions"), counts(com, "DS questions")
    assert (keys["example.com"], ds["com"], keys["com"]) == (4, 56, 784)
    assert sum(keys.values()) + sum(ds.values()) == 844
    assert (keys["com"] / 14, ds["com"] / 14) == (56, 4)
    root = table(document, "The same with a stale anchor for the root")
    assert counts(root, "DS questions")["."] == 15680
    assert counts(root, "DNSKEY questions")["."] == 313600


def test_questions_for_the_unvalidatable_root_key(told):
    """13 at the start, then 12 to each of 13 addresses."""
    document = told("root-durz-2010")
    rows = table(document, "BIND 9.7.0rc2 with the unvalidatable key of the root")
    assert counts(rows, "DNSKEY questions") == {".": 13 + 12 * 13}


def test_figures_that_do_not_follow(told):
    document = told("arpa-2009", *FEW)
    figures = {
        row["published"]: row["by what it follows from"]
        for row in table(document, "Figures that follow from others, and what was published")
    }
    assert figures["in excess of 35 Mbps"] == pytest.approx(28.512)
    assert figures["some 3,000, with 75 Mbps for each root server"] == pytest.approx(10000 / 3)


def series(document, name):
    (found,) = [each for each in document["stories"][0]["series"] if each["name"] == name]
    return {point["at"]: point["value"] for point in found["points"]}


def test_names_that_fail(told):
    """As many as the scenario knows of, from when to when their signatures are wrong or over."""
    first = "2022-02-04T04:00:00Z"
    expired = series(told("ripe-2023"), "names that fail")
    assert min(at for at, names in expired.items() if names > 0) == "2023-11-01T10:45:01Z"
    assert max(expired.values()) == 11026 and expired[max(expired)] == 0
    wrong = series(told("se-2022"), "names that fail")
    assert wrong[first] == 0 and wrong["2022-02-04T21:30:00Z"] == 0
    assert 0 < wrong["2022-02-04T09:20:00Z"] < wrong["2022-02-04T10:20:00Z"] == 8000
    guarded = told("se-2022")["stories"][1]["series"]
    assert all(point["value"] == 0 for each in guarded if each["name"] == "names that fail"
               for point in each["points"])


def test_answers_of_the_root(told):
    answers = series(told("root-ksk-2018", "--resolvers", "100"), "DNSKEY answer")
    assert answers["2018-09-20T00:00:00Z"] == 1414
    assert answers["2018-12-21T00:00:00Z"] == 1414
    assert answers["2019-01-11T14:00:00Z"] == 1425


def over_tcp(document, first, last):
    """Answers over TCP in an hour, between two times."""
    users = document["stories"][0]["users"]
    chosen = [each["over_tcp"] for each in users["buckets"] if first <= each["at"] < last]
    return sum(chosen) * 3600 / users["step"] / len(chosen)


def test_two_signatures_take_more_tcp(told):
    document = told("nl-2023", *FEW)
    before = over_tcp(document, "2023-07-01", "2023-07-04")
    double = over_tcp(document, "2023-07-05", "2023-07-21")
    after = over_tcp(document, "2023-07-22", "2023-07-30")
    assert double > 5 * before
    assert after < before


# ---- Pages ----


def test_page_with_the_chain_of_each_state(replay, tmp_path):
    page = tmp_path / "ru.html"
    done = replay("ru-2024", "--html", page, *FEW)
    assert done.returncode == 0
    text = page.read_text()
    xml.etree.ElementTree.fromstring(text[text.index("<html") :])
    # As it happened five states follow the first one; the broken link is named.
    assert text.count("the chain of trust") + text.count("<figure") >= 6
    assert "BOGUS" in text and "SECURE" in text
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", text)
    assert "<script" not in text


# ---- What is not known ----


def test_another_value_for_what_is_not_known(replay, told):
    usual = told("nz-2023", "--set", "flushed=0", *FEW)["stories"][0]["users"]["last_failure"]
    short = told("nz-2023", "--set", "ds_ttl=6h", *FEW)
    assert usual > "2023-05-31"
    assert short["stories"][0]["users"]["last_failure"] < "2023-05-29T18"
    (entry,) = [each for each in short["unknowns"] if each["name"] == "ds_ttl"]
    assert entry["value"] == "6h"
    assert "asked for" in entry["range"]
    # It is not held against what happened.
    assert not any("fit what is known" in note for note in short["notes"])


def test_one_seed_one_history(replay):
    first = replay("nl-2012", "--json", *FEW).stdout
    assert replay("nl-2012", "--json", *FEW).stdout == first
    assert replay("nl-2012", "--json", *FEW, "-j", "1").stdout == first
    assert replay("nl-2012", "--json", *FEW, "--seed", "2").stdout != first


# ---- Scenarios of one's own ----


@pytest.fixture
def example(tmp_path):
    """The manual's scenario, in a file."""
    literal = re.search(r"^\.Bd -literal.*?\n(.*?)^\.Ed", MANUAL.read_text(), re.M | re.S).group(1)
    path = tmp_path / "ours.yaml"
    path.write_text(literal)
    return path


def test_the_manual_begins_with_one_that_works(replay, example):
    done = replay(example)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "This fits what is known" in done.stdout
    assert "a version is refused by the verifier: ds-no-chain" in done.stdout


def test_a_replay_that_is_not_what_happened(replay, example):
    example.write_text(example.read_text().replace("until: +5h", "until: +8h"))
    done = replay(example)
    assert done.returncode == 1
    assert "This does not fit what is known" in " ".join(done.stdout.split())


def test_what_others_do_cannot_be_refused(replay, example):
    """The parent withdraws the only DS that fits: nothing that a publisher could stop."""
    text = example.read_text()
    text = text[: text.index("events:")] + (
        "events:\n"
        "  - {at: 2026-03-02T09:00:00Z, by: others, ds: [new ksk], say: A wrong DS.}\n"
        "  - {at: +$repaired, by: others, ds: [old ksk]}\n"
        "expect: {failing: {from: 2026-03-02T09:00:00Z, until: +5h, within: 1h30m}, "
        "prevented: no, because: The parent did it.}\n"
    )
    example.write_text(text)
    done = replay(example)
    assert done.stderr == ""
    assert "refused by" not in done.stdout
    assert "This fits what is known" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("zone: bank.example", "zone: bank..example", 4, "no name of a zone"),
        ("role: zsk", "role: tsk", 16, "one of: ksk zsk csk"),
        ("+$repaired", "+$mended", 27, "no parameter"),
        ("[new ksk, zsk]", "[new ksk, sk]", 25, "no key"),
        ("id: forgotten-ds", "id: forgotten-ds\nsize: 1", 2, "no \"size\" here"),
    ],
)
def test_mistakes_are_named_with_their_line(replay, example, old, new, line, words):
    example.write_text(example.read_text().replace(old, new))
    done = replay(example)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"holdfast: {example}:{line}: " in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "needs the name of an outage"),
        (("no-such-outage",), "--list` has their names"),
        (("./no-such-file.yaml",), "no-such-file.yaml"),
        (("ru-2024", "--set", "ttl"), "NAME=VALUE"),
        (("ru-2024", "--set", "ttl=1h"), "has no parameter"),
        (("ru-2024", "--set", "data_ttl=9w"), "goes from 5m to 4d"),
        (("ru-2024", "--set", "data_ttl=soon"), "no such value"),
        (("ru-2024", "nz-2023"), "too many arguments"),
        (("ru-2024", "--resolvers", "0"), "resolvers"),
    ],
)
def test_usage(replay, arguments, words):
    done = replay(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_no_folder(replay, tmp_path):
    done = replay("--list", HOLDFAST_INCIDENTS=str(tmp_path / "none"))
    assert done.returncode == 2
    assert "HOLDFAST_INCIDENTS" in done.stderr
    # The source tree's folder is found from the program.
    assert replay("--list", HOLDFAST_INCIDENTS="").returncode == 0
