# SPDX-License-Identifier: GPL-3.0-or-later
"""Zone files that are broken or meant to harm: a sentence, exit code 2, bounded time and memory."""

import os
import pathlib
import re
import resource

import pytest

SOA = "@ 3600 SOA ns.example. hostmaster.example. 1 7200 1800 1209600 900\n"
GOOD = f"$ORIGIN example.\n{SOA}@ 3600 NS ns.example.\nns 3600 A 192.0.2.1\n"
SECONDS = 20
MEMORY = 1 << 30


def limits():
    """In the child: an endless loop or a runaway allocation ends the test, not the machine."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    # Sanitizers reserve terabytes of addresses for themselves.
    if os.environ.get("HOLDFAST_SANITIZER", "none") == "none":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


@pytest.fixture
def refused(holdfast):
    """Verifies a file that has no answer, and gives the complaints."""

    def run(*arguments, **options):
        done = holdfast("verify", *arguments, preexec_fn=limits, timeout=2 * SECONDS, **options)
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert lines and all(line.startswith("holdfast: ") for line in lines), done.stderr
        assert max(map(len, lines)) < 1000, "a complaint must be readable"
        assert len(lines) <= 25, "and so must all of them"
        return lines

    return run


def test_missing_file(refused, tmp_path):
    lines = refused(tmp_path / "nowhere")
    assert "nowhere" in lines[0] and "No such file" in lines[0]


def test_folder_instead_of_a_file(refused, tmp_path):
    assert str(tmp_path) in refused(tmp_path)[0]


def test_empty_file(refused, zone_file):
    refused(zone_file(""))


@pytest.mark.parametrize("mark, coding", [("", "utf-8-sig"), ("\ufeff", "utf-16-le"),
                                          ("\ufeff", "utf-16-be")])
def test_byte_order_mark(refused, tmp_path, mark, coding):
    path = tmp_path / "zone"
    path.write_bytes((mark + GOOD).encode(coding))
    lines = refused(path)
    assert len(lines) == 1 and f"{path}:1: " in lines[0] and "byte order mark" in lines[0]


def test_empty_standard_input(refused):
    refused("-", input="")


def test_too_many_records_in_a_set(refused, zone_file):
    path = zone_file(GOOD + "".join(f"www 3600 A 10.{i >> 16}.{i >> 8 & 255}.{i & 255}\n"
                                    for i in range(65536)))
    lines = refused(path)
    assert len(lines) == 1 and str(path) in lines[0] and "65,535 records" in lines[0]


def test_error_names_file_and_line(refused, zone_file):
    path = zone_file(GOOD + "www 3600 A 192.0.2.256\n")
    assert refused(path)[0].startswith(f"holdfast: {path}:5: ")


def test_all_errors_show_at_once(refused, zone_file):
    path = zone_file(GOOD + "a 3600 A x\nb 3600 A 192.0.2.1\nc 3600 MX\nd 3600 AAAA 1.2.3.4\n")
    places = re.findall(rf"{re.escape(str(path))}:(\d+):", "\n".join(refused(path)))
    assert places == ["5", "7", "8"]


def test_very_many_errors_are_counted(refused, zone_file):
    lines = refused(zone_file(GOOD + "bad 3600 A x\n" * 50000))
    assert re.search(r"\b49,?9\d\d\b|more", lines[-1]), lines[-1]


@pytest.mark.parametrize("cut", [1, 20, 60, 75])
def test_truncated(refused, zone_file, cut):
    refused(zone_file(GOOD[:cut]))


def test_open_quote_and_open_parenthesis(refused, zone_file):
    refused(zone_file(GOOD + 'www 3600 TXT "never closed\n'))
    refused(zone_file(GOOD + "www 3600 TXT ( never closed\n"))


def test_binary(refused, zone_file):
    refused(zone_file(bytes(range(256)).decode("latin-1") * 64))


def test_zeros(refused, zone_file):
    refused(zone_file("\0" * 65536))


def test_huge_line(refused, zone_file):
    refused(zone_file(GOOD + "www 3600 TXT " + "x" * (8 << 20) + "\n"))


def test_huge_line_without_an_end(refused, zone_file):
    refused(zone_file("a" * (8 << 20)))


def test_record_over_64_kilobytes(refused, zone_file):
    refused(zone_file(GOOD + "www 3600 TXT " + '"' + '" "'.join(["x" * 255] * 300) + '"\n'))


def test_name_too_long(refused, zone_file):
    refused(zone_file(GOOD + ".".join(["a" * 63] * 5) + " 3600 A 192.0.2.1\n"))
    refused(zone_file(GOOD + "a" * 64 + " 3600 A 192.0.2.1\n"))


def test_file_that_includes_itself(refused, zone_file):
    path = zone_file(GOOD + "$INCLUDE zone\n")
    assert any("INCLUDE" in line for line in refused(path))


def test_includes_that_multiply(refused, tmp_path):
    """Each file includes the next one twenty times: 20^8 files, if nobody counts."""
    for depth in range(8):
        text = f"$INCLUDE {tmp_path}/part{depth + 1}\n" * 20
        pathlib.Path(tmp_path, f"part{depth}").write_text(text)
    pathlib.Path(tmp_path, "part8").write_text("x 3600 A 192.0.2.1\n")
    zone = pathlib.Path(tmp_path, "zone")
    zone.write_text(GOOD + f"$INCLUDE {tmp_path}/part0\n")
    assert any("INCLUDE" in line for line in refused(zone))


def test_many_includes_in_one_file(holdfast, zone_file):
    """libzscanner's own stack has 16 entries, and each $INCLUDE takes one."""
    zone_file("more 3600 A 192.0.2.2\n", "part")
    done = holdfast("verify", zone_file(GOOD + "$INCLUDE part\n" * 100))
    assert (done.returncode, done.stderr) == (1, "")


def test_include_of_a_missing_file(refused, zone_file):
    assert any("missing" in line for line in refused(zone_file(GOOD + "$INCLUDE missing\n")))


def test_zone_without_soa(refused, zone_file):
    assert any("SOA" in line for line in refused(zone_file("www.example. 3600 A 192.0.2.1\n")))


def test_malformed_rdata_of_a_known_type(holdfast, zone_file):
    """RFC 3597 lets any bytes into any type. That is a verdict or a complaint, never a crash."""
    for kind in ["SOA", "DNSKEY", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DS", "ZONEMD", "CDS"]:
        for data in ["\\# 0", "\\# 1 00", "\\# 20 " + "ff" * 20, "\\# 40 " + "01" * 40]:
            path = zone_file(GOOD + f"@ 3600 {kind} {data}\n")
            done = holdfast("verify", path, preexec_fn=limits)
            assert done.returncode in (1, 2), (kind, data, done.stdout)
