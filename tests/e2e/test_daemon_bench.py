# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon's benchmark on small zones: it runs to its end, and its times are those of the stages."""

import os
import pathlib
import re
import subprocess

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "bench" / "daemon_bench.py"
STAGES = ("fetch", "load", "check", "sign", "verify", "gate", "publish", "serve", "rest")


def bench(**settings):
    return subprocess.run(
        ["/usr/bin/python3", "-B", PROGRAM, "--build", os.environ["HOLDFAST_BUILD"]],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=200,
    )


def rows(text):
    """Numbers of a table's rows by the row's name."""
    found = re.findall(r"^  (\w+) +((?:-?[\d.]+ *)+)", text, re.MULTILINE)
    return {name: [float(number) for number in numbers.split()] for name, numbers in found}


def test_tables_have_every_stage():
    done = bench(
        BENCH_DAEMON_DELEGATIONS="500", BENCH_DAEMON_CHANGES="2", BENCH_DAEMON_ZONES="6"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _, changes, whole, many = re.split(
        r"\n(?=IXFR of 100|500 delegations until|6 small)", done.stdout
    )
    for text, columns in ((changes, 2), (whole, 3)):
        table = rows(text)
        assert set(STAGES) <= set(table), text
        assert all(len(table[stage]) == columns for stage in STAGES), text
        # Together they are no more than the whole.
        assert all(rest >= 0 for rest in table["rest"]), text
        assert table["together"][0] > 0, text
    # No stage of a change is without a time; whole zones are told in seconds, and this one is small.
    assert all(rows(changes)[stage][0] > 0 for stage in ("fetch", "sign", "verify")), changes
    assert rows(whole)["fetch"][1:] == [0, 0]
    assert re.search(r"memory a zone: KiB +[1-9]", many), many
    assert re.search(r"one of them changed, 2 times: median, s +0\.\d", many), many


def test_wrong_settings_are_named():
    for name, value in (("BENCH_DAEMON_DELEGATIONS", "many"), ("BENCH_DAEMON_CHANGES", "0")):
        done = bench(**{name: value})
        assert done.returncode != 0 and f"{name} is '{value}'" in done.stderr
