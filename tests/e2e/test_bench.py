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


def test_table_names_everybody():
    done = subprocess.run(
        ["/usr/bin/python3", "-B", BENCH / "bench.py", "--raw-seconds", "0.1", "--build"]
        + [os.environ["HOLDFAST_BUILD"]],
        env={**os.environ, "BENCH_DELEGATIONS": "200", "BENCH_RUNS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = ["holdfast sign", "dnssec-signzone", "ldns-signzone"]
    names += ["holdfast verify", "dnssec-verify", "ldns-verify-zone", "kzonecheck", "OpenSSL"]
    assert [name for name in names if name not in done.stdout] == []
    assert "200 delegations" in done.stdout and " 0 signatures" not in done.stdout
    assert re.search(r"A change .*\n.*\n  nsec +1( +[1-9][\d,]*){3}\n", done.stdout), done.stdout
