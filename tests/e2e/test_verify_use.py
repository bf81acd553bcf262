# SPDX-License-Identifier: GPL-3.0-or-later
"""Using `holdfast verify`: options, forms of the report, exit codes, bad input."""

import json
import os
import pathlib
import re
import subprocess

import pytest

ZONE = """\
$ORIGIN example.
$TTL 3600
@ SOA ns1 host 2026010100 7200 900 1209600 3600
@ NS ns1
@ NS ns2
ns1 A 198.51.101.1
ns2 A 198.51.101.2
*.wild TXT "wildcard"
www A 198.51.101.3
"""
FIELDS = {
    "zone", "serial", "at", "verdict", "names", "rrsets", "signatures", "seconds",
    "min_validity", "findings", "findings_dropped",
}  # fmt: skip
FINDING_FIELDS = {"severity", "check", "owner", "type", "key_tag", "detail", "fix", "count"}


@pytest.fixture(scope="module")
def folder(peer, tmp_path_factory):
    """A folder with a signed zone and its DS set; the signatures are valid in January 2026."""
    folder = tmp_path_factory.mktemp("use")
    (folder / "zone").write_text(ZONE)
    for role in [[], ["-f", "KSK"]]:
        peer("dnssec-keygen", "-q", "-a", "13", "-P", "20250101", "-A", "20250101", *role,
             "example", cwd=folder)  # fmt: skip
    done = peer("dnssec-signzone", "-S", "-P", "-o", "example", "-s", "20260101000000",
                "-e", "20260131000000", "-f", "signed", "zone", cwd=folder)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


AT = "20260110000000"


def report_of(done):
    return json.loads(done.stdout)


def test_text_begins_with_the_verdict(holdfast, folder):
    done = holdfast("verify", "--at", AT, folder / "signed")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].startswith("GOOD example., serial 2026010100: 0 errors, 0 warnings, 0 notices")
    assert "as of 2026-01-10T00:00:00Z" in lines[1]
    assert lines[-1].startswith("The first signature to end: example. NS, in 21 d")


def test_json_has_the_fields(holdfast, folder):
    done = holdfast("verify", "--json", "--at", "20260301000000", folder / "signed")
    report = report_of(done)
    assert done.returncode == 1
    assert set(report) == FIELDS
    assert (report["zone"], report["serial"]) == ("example.", 2026010100)
    assert (report["at"], report["verdict"]) == ("2026-03-01T00:00:00Z", "bad")
    assert report["min_validity"] == {"seconds": -29 * 86400, "owner": "example.", "type": "NS"}
    assert all(set(finding) == FINDING_FIELDS for finding in report["findings"])
    first = report["findings"][0]
    assert (first["severity"], first["check"]) == ("error", "rrsig-expired")
    assert isinstance(first["key_tag"], int)
    # One finding for each key whose signatures ended.
    assert [f["check"] for f in report["findings"]] == ["rrsig-expired", "rrsig-expired"]
    assert sum(f["count"] for f in report["findings"]) == report["signatures"]


@pytest.mark.parametrize("at", [AT, "2026-01-10T00:00:00Z", "2026-01-10T02:00:00+02:00",
                                "@1768003200"])  # fmt: skip
def test_forms_of_time(holdfast, folder, at):
    done = holdfast("verify", "--json", "--at", at, folder / "signed")
    assert report_of(done)["at"] == "2026-01-10T00:00:00Z"


def test_standard_input(holdfast, folder):
    text = (folder / "signed").read_text()
    done = holdfast("verify", "--at", AT, "--origin", "example", "-", input=text)
    assert done.returncode == 0
    assert done.stdout.startswith("GOOD example.")


def test_jobs_do_not_change_the_report(holdfast, folder):
    reports = []
    for jobs in ["1", "2", "7"]:
        done = holdfast("verify", "--json", "--jobs", jobs, "--at", "20260301000000",
                        folder / "signed")  # fmt: skip
        report = report_of(done)
        report.pop("seconds")
        reports.append(report)
    assert reports[0] == reports[1] == reports[2]


def test_parent(holdfast, folder):
    signed = folder / "signed"
    assert holdfast("verify", "--at", AT, "--ds", folder / "dsset-example.", signed).returncode == 0
    ksk = next(p for p in folder.glob("K*.key") if " 257 " in p.read_text())
    assert holdfast("verify", "--at", AT, "--ds", ksk, signed).returncode == 0
    other = folder / "other-ds"
    text = (folder / "dsset-example.").read_text().split()
    text[-1] = "0" * len(text[-1])
    other.write_text(" ".join(text) + "\n")
    done = holdfast("verify", "--json", "--at", AT, "--ds", other, signed)
    assert done.returncode == 1
    checks = {finding["check"] for finding in report_of(done)["findings"]}
    assert {"ds-no-chain", "ds-digest-mismatch"} <= checks


@pytest.mark.parametrize("text, words", [
    ("other. 3600 IN DS 1 13 2 " + "00" * 32, "the zone is example."),
    ("example. 3600 IN A 198.51.101.1", "type A"),
    ("; nothing\n", "no DS record"),
])  # fmt: skip
def test_bad_parent_files(holdfast, folder, tmp_path, text, words):
    (tmp_path / "ds").write_text(text + "\n")
    done = holdfast("verify", "--at", AT, "--ds", tmp_path / "ds", folder / "signed")
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.match(r"holdfast: \S*ds(:\d+)?: ", done.stderr)
    assert words in done.stderr


def test_max_findings(holdfast, folder):
    lines = (folder / "signed").read_text()
    extra = "".join(f"n{i}.example. 3600 IN A 198.51.101.9\n" for i in range(5))
    done = holdfast("verify", "--json", "--at", AT, "--max-findings", "2", "-", input=lines + extra)
    report = report_of(done)
    assert len(report["findings"]) == 2
    assert report["findings_dropped"] > 5
    text = holdfast("verify", "--at", AT, "--max-findings", "2", "-", input=lines + extra).stdout
    assert "--max-findings shows more" in text


def test_unsigned_zone_is_one_error(holdfast, folder):
    done = holdfast("verify", "--json", folder / "zone")
    assert done.returncode == 1
    checks = [f["check"] for f in report_of(done)["findings"] if f["severity"] == "error"]
    assert checks == ["zone-unsigned"]


def test_wrong_origin(holdfast, folder):
    done = holdfast("verify", "--json", "--at", AT, "--origin", "example.net", folder / "signed")
    assert done.returncode == 1
    checks = {f["check"] for f in report_of(done)["findings"]}
    assert {"soa-missing", "out-of-zone"} <= checks


def test_list_checks(holdfast):
    text = holdfast("verify", "--list-checks").stdout
    table = json.loads(holdfast("verify", "--list-checks", "--json").stdout)
    names = [check["check"] for check in table]
    assert len(names) == len(set(names)) > 100
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert all(re.search(rf"^{name}  ", text, re.MULTILINE) for name in names)
    assert {check["severity"] for check in table} == {"error", "warning", "notice"}


def test_controls_never_reach_the_terminal(holdfast, folder):
    lines = (folder / "signed").read_text()
    extra = "\\027\\[31m\\007.example. 3600 IN A 198.51.101.9\n"
    done = holdfast("verify", "--at", AT, "-", input=lines + extra)
    assert done.returncode == 1
    assert all(c == "\n" or " " <= c <= "~" for c in done.stdout)


@pytest.mark.parametrize("arguments, words", [
    ([], "needs a zone file"),
    (["--at", "tomorrow", "x"], "--at"),
    (["--jobs", "0", "x"], "--jobs"),
    (["--max-findings", "0", "x"], "--max-findings"),
    (["--nothing", "x"], "--nothing"),
    (["a", "b"], ""),
    (["--ds", "-", "-"], "standard input"),
    (["/nonexistent/zone"], "/nonexistent/zone"),
    (["--origin", "a..b", os.devnull], "a..b"),
])  # fmt: skip
def test_usage_errors(holdfast, arguments, words):
    done = holdfast("verify", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("holdfast: ")
    assert words in done.stderr


def test_syntax_errors_have_lines(holdfast, zone_file):
    done = holdfast("verify", zone_file(ZONE + "bad A 1.2.3\nworse MX\n"))
    assert done.returncode == 2
    assert [int(n) for n in re.findall(r"zone:(\d+): ", done.stderr)] == [10, 11]


def test_full_output(folder):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [os.environ["HOLDFAST"], "verify", "--at", AT, folder / "signed"],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("holdfast: ")


def test_real_root_zone(holdfast):
    data = os.environ.get("HOLDFAST_DATA")
    zone = pathlib.Path(data or ".") / "root-2017082100.zone"
    if not data or not zone.exists():
        pytest.skip("HOLDFAST_DATA names no folder with root-2017082100.zone")
    good = holdfast("verify", "--json", "--at", "20170825000000", zone)
    assert (good.returncode, report_of(good)["verdict"]) == (0, "good")
    assert not [f for f in report_of(good)["findings"] if f["severity"] == "error"]
    late = holdfast("verify", "--json", "--at", "20171001000000", zone)
    assert (late.returncode, report_of(late)["verdict"]) == (1, "bad")
