# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark on a small zone: it runs, compares everybody, and its zone is what it says."""

import os
import pathlib
import re
import subprocess

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"


def generate(count):
    words = ["/usr/bin/python3", "-B", BENCH / "generate_zone.py", str(count)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def owners(text, kind):
    return {line.split()[0] for line in text.splitlines() if line.split()[1:2] == [kind]}


def test_zone_has_its_shape():
    text = generate(2000)
    assert generate(2000) == text
    delegations = owners(text, "NS") - {"@"}
    assert len(delegations) == 2000
    assert 0.57 < len(owners(text, "DS")) / 2000 < 0.63
    assert owners(text, "DS") <= delegations


def test_zone_is_good(peer, zone_file):
    done = peer("kzonecheck", "-o", "bench.", zone_file(generate(300)))
    assert done.returncode == 0, done.stdout + done.stderr


def bench(before="pass", **settings):
    """Runs the benchmark; `before` are statements that change the module first."""
    code = f"import sys; sys.path.insert(0, {str(BENCH)!r}); import bench; {before}; bench.main()"
    return subprocess.run(
        ["/usr/bin/python3", "-B", "-c", code, "--raw-seconds", "0.1", "--build"]
        + [os.environ["HOLDFAST_BUILD"]],
        env={**os.environ, "BENCH_DAEMON_ZONES": "50", **settings},
        capture_output=True,
        text=True,
    )


def test_tables_name_everybody_for_each_size():
    done = bench(BENCH_DELEGATIONS="200,400", BENCH_RUNS="2")
    assert done.returncode == 0, done.stdout + done.stderr
    sizes = re.split(r"==== ([\d,]+) delegations ====", done.stdout)
    assert sizes[1::2] == ["200", "400"]
    names = ["holdfast sign", "dnssec-signzone", "ldns-signzone", "kzonesign", "holdfast verify"]
    names += ["dnssec-verify", "ldns-verify-zone", "kzonecheck", "OpenSSL", "peak memory"]
    for text in sizes[2::2]:
        assert [name for name in names if name not in text] == []
        assert re.search(r"\n[1-9][\d,]+ records, [1-9][\d,]+ of them signatures", text), text
        assert re.search(r"\n  holdfast verify +2 ", text), text
        assert re.search(r"\n  dnssec-verify +1 ", text), text
        assert re.search(r"over the signed zone in wire form +\d+\.\d\dx +1\.5x\n", text), text
    change = r"400 delegations, in memory(.*\n){4}  nsec +1( +[1-9][\d,]*){4}\n"
    assert re.search(change, done.stdout), done.stdout
    assert re.search(r"\n50 small zones in one state\n", done.stdout), done.stdout
    assert "400 delegations, run 2: holdfast verify" in done.stderr


def test_without_peers():
    ours_alone = "bench.find = lambda name: name if '/' in name else None"
    done = bench(ours_alone, BENCH_DELEGATIONS="200", BENCH_RUNS="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Not installed, left out: dnssec-signzone, dnssec-verify, kz" in done.stdout
    assert "holdfast verify" in done.stdout and "best peer" not in done.stdout


def test_a_slow_peer_is_stopped_and_named():
    done = bench(BENCH_DELEGATIONS="5000", BENCH_RUNS="1", BENCH_LIMIT="1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\n  ldns-verify-zone .*stopped: too slow\n", done.stdout), done.stdout


def test_wrong_settings_are_named():
    for name, value in (("BENCH_DELEGATIONS", "many"), ("BENCH_RUNS", "0")):
        done = bench(**{name: value})
        assert done.returncode != 0 and f"{name} is '{value}'" in done.stderr
