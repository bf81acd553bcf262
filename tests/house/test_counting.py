# SPDX-License-Identifier: GPL-3.0-or-later
"""The closing line of .ci/run: cases are counted right, and failures cannot get lost."""

import json
import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "count_tests.py"
CMOCKA_GOOD = (
    "[==========] Running 3 test(s).\n[==========] 3 test(s) run.\n[  PASSED  ] 3 test(s).\n"
)
CMOCKA_BAD = (
    "[==========] 3 test(s) run.\n[  PASSED  ] 2 test(s).\n"
    "[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] test_x\n\n 1 FAILED TEST(S)\n"
)


def entry(result, stdout="", stderr=""):
    return {"name": "t", "result": result, "stdout": stdout, "stderr": stderr}


@pytest.fixture
def count(tmp_path):
    def run(*entries):
        log = tmp_path / "meson-logs" / "testlog.json"
        log.parent.mkdir(exist_ok=True)
        log.write_text("".join(json.dumps(one) + "\n" for one in entries))
        done = subprocess.run(
            ["/usr/bin/python3", SCRIPT, tmp_path], capture_output=True, text=True
        )
        return done.stdout, done.returncode

    return run


def test_cases_of_cmocka_and_pytest(count):
    assert count(
        entry("OK", stderr=CMOCKA_GOOD), entry("OK", "...\n5 passed, 1 skipped in 0.12s\n")
    ) == ("8 passed, 0 failed, 1 skipped\n", 0)


def test_long_pytest_line(count):
    text = "==== 1 failed, 2 passed, 1 error in 71.02s (0:01:11) ====\n"
    assert count(entry("FAIL", text)) == ("2 passed, 2 failed\n", 1)


def test_failed_cases(count):
    assert count(entry("FAIL", stderr=CMOCKA_BAD)) == ("2 passed, 1 failed\n", 1)


def test_crash_after_good_cases_is_a_failure(count):
    assert count(entry("FAIL", stderr=CMOCKA_GOOD)) == ("3 passed, 1 failed\n", 1)


@pytest.mark.parametrize("result", ["FAIL", "TIMEOUT", "ERROR", "INTERRUPT", "UNEXPECTEDPASS"])
def test_bad_results_without_output(count, result):
    assert count(entry(result)) == ("0 passed, 1 failed\n", 1)


def test_plain_program_counts_once(count):
    assert count(entry("OK"), entry("EXPECTEDFAIL")) == ("2 passed, 0 failed\n", 0)


def test_nothing_ran(count):
    assert count() == ("0 passed, 0 failed\n", 1)


def test_only_skipped(count):
    assert count(entry("SKIP")) == ("0 passed, 0 failed, 1 skipped\n", 1)


def test_missing_log(tmp_path):
    done = subprocess.run(
        ["/usr/bin/python3", SCRIPT, tmp_path], capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("0 passed, 1 failed\n", 1)
