# SPDX-License-Identifier: GPL-3.0-or-later
"""Using `holdfast sign`: re-using signatures, serials, refusals, and what is left when it fails."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ZONE = """\
$ORIGIN example.
$TTL 3600
@ SOA ns h {serial} 7200 900 1209600 600
@ NS ns
ns A 192.0.2.1
www A {address}
*.deep.er TXT "w"
sub NS ns.sub
ns.sub A 192.0.2.9
"""


class Bench:
    """A folder with one CSK and a zone."""

    def __init__(self, holdfast, folder):
        self.holdfast, self.folder = holdfast, folder
        self.keys, self.source, self.target = folder / "keys", folder / "zone", folder / "signed"
        self.keys.mkdir()
        done = holdfast("keygen", "--csk", "--dir", self.keys, "example")
        assert done.returncode == 0, done.stderr
        self.key = self.keys / done.stdout.strip()
        self.write()

    def write(self, serial=1, address="192.0.2.2", more=""):
        self.source.write_text(ZONE.format(serial=serial, address=address) + more)

    def sign(self, *options, output=None, **more):
        return self.holdfast("sign", "--keys", self.keys, "-o", output or self.target, *options,
                             self.source, **more)

    def records(self, kind):
        lines = [line.split("\t") for line in self.target.read_text().splitlines()]
        return [line for line in lines if line[3] == kind]

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def bench(holdfast, tmp_path):
    return Bench(holdfast, tmp_path)


def counts(done):
    """Signatures made and re-used, by the closing line."""
    assert done.returncode == 0, done.stderr
    found = re.search(r"(\d+) signatures made, (\d+) re-used", done.stderr)
    return int(found[1]), int(found[2])


def refused(bench, *sentences):
    """Nothing was written, the exit code is 2, and it says why."""
    before = bench.files()
    done = bench.sign()
    assert done.returncode == 2, done.stderr
    assert bench.files() == before
    for sentence in sentences:
        assert sentence in done.stderr
    assert all(line.startswith("holdfast: ") for line in done.stderr.splitlines())
    return done


def test_reuse(bench):
    made, reused = counts(bench.sign())
    assert made > 10 and reused == 0
    bench.write(serial=2)
    assert counts(bench.sign("--previous", bench.target)) == (1, made - 1)
    bench.write(serial=3, address="192.0.2.3")
    assert counts(bench.sign("--previous", bench.target)) == (2, made - 2)
    done = bench.holdfast("verify", bench.target)
    assert done.returncode == 0, done.stdout


def test_reuse_when_little_is_left(bench):
    made, _ = counts(bench.sign())
    bench.write(serial=2)
    later = f"@{int(time.time()) + 12 * 86400}"
    options = ("--previous", bench.target, "--at", later)
    assert counts(bench.sign(*options, output=bench.folder / "other")) == (made, 0)
    assert counts(bench.sign(*options, "--refresh", "1d")) == (1, made - 1)


def test_reuse_of_another_signers_zone(bench, peer):
    """A zone that dnssec-signzone signed with the same key."""
    done = peer("dnssec-signzone", "-z", "-S", "-O", "full", "-K", bench.keys, "-d", bench.folder,
                "-o", "example", "-f", bench.folder / "theirs", bench.source)
    assert done.returncode == 0, done.stderr
    bench.write(serial=2)
    made, reused = counts(bench.sign("--previous", bench.folder / "theirs", "--validity", "31d"))
    assert reused > 5 and made < reused


def test_damaged_previous_is_caught(bench):
    """A re-used signature that is bad: the verdict is bad, and nothing is written."""
    assert bench.sign().returncode == 0
    damaged = []
    for line in bench.target.read_text().splitlines():
        if line.startswith("www.example.\t") and "RRSIG\tA " in line:
            line = line[:-8] + ("BBBBBB==" if not line.endswith("BBBBBB==") else "CCCCCC==")
        damaged.append(line)
    previous = bench.folder / "previous"
    previous.write_text("\n".join(damaged) + "\n")
    old = bench.target.read_text()
    assert previous.read_text() != old
    bench.write(serial=2)
    before = bench.files()
    done = bench.sign("--previous", previous)
    assert done.returncode == 1
    assert "rrsig-invalid" in done.stderr and "www.example." in done.stderr
    assert "try without --previous" in done.stderr
    assert bench.files() == before and bench.target.read_text() == old
    assert bench.sign().returncode == 0


@pytest.mark.parametrize("policy, serial", [
    ("keep", 5), ("increment", 6), ("date", 2026010100), ("unixtime", 1767225600)])
def test_serial_policies(bench, policy, serial):
    done = bench.holdfast("keygen", "--csk", "--dir", bench.keys, "--publish", "20250101000000",
                          "--activate", "20250101000000", "example")
    assert done.returncode == 0, done.stderr
    bench.write(serial=5)
    done = bench.sign("--serial", policy, "--at", "20260101000000")
    assert done.returncode == 0, done.stderr
    assert bench.records("SOA")[0][4].split()[2] == str(serial)


def test_serial_that_does_not_move(bench):
    assert bench.sign().returncode == 0
    done = bench.sign("--previous", bench.target)
    assert done.returncode == 2
    assert "use --serial increment" in done.stderr
    assert bench.sign("--previous", bench.target, "--serial", "increment").returncode == 0


def test_pipes(bench):
    """Standard input to standard output, with nothing but the zone in it."""
    done = bench.holdfast("sign", "--keys", bench.keys, "-o", "-", "-",
                          input=bench.source.read_text())
    assert done.returncode == 0, done.stderr
    assert all("\tIN\t" in line for line in done.stdout.splitlines())
    done = bench.holdfast("verify", "-", input=done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr


def test_json(bench):
    done = bench.sign("--json", "--nsec3")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["zone"] == "example." and result["serial"] == 1
    assert result["verdict"] == "good" and result["written"] is True
    assert result["signatures_made"] == result["verification"]["signatures"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", result["first_expiry"])
    done = bench.sign("--json", "--no-verify")
    result = json.loads(done.stdout)
    assert result["verdict"] == "unverified" and result["verification"] is None
    done = bench.sign("--json", output="-")
    assert done.returncode == 2 and done.stdout == ""


def test_jobs_make_no_difference(bench):
    """Ed25519 signatures do not depend on chance, so the files must be the same to the byte."""
    for path in bench.keys.glob("K*"):
        path.unlink()
    for role in ([], ["--ksk"]):
        done = bench.holdfast("keygen", "--algorithm", "ED25519", *role, "--dir", bench.keys,
                              "example")
        assert done.returncode == 0, done.stderr
    bench.write(more="".join(f"n{i} A 192.0.2.{i % 250}\n" for i in range(600)))
    files = set()
    at = f"@{int(time.time())}"
    for jobs in (1, 2, 5):
        done = bench.sign("--nsec3", "--zonemd", "--spread", "2d", "--at", at, "--jobs", str(jobs))
        assert done.returncode == 0, done.stderr
        files.add(bench.target.read_bytes())
    assert len(files) == 1


def test_cds_policies(bench):
    bench.write(more="@ CDS 0 0 0 00\n@ CDNSKEY 0 3 0 AA==\n")
    assert bench.sign("--cds", "none").returncode == 0
    assert [record[4] for record in bench.records("CDS")] == ["0 0 0 00"]
    bench.write()
    assert bench.sign("--cds", "auto").returncode == 0
    assert not bench.records("CDS")
    assert bench.sign("--cds", "delete").returncode == 0
    assert [record[4] for record in bench.records("CDS")] == ["0 0 0 00"]
    assert [record[4] for record in bench.records("CDNSKEY")] == ["0 3 0 AA=="]


def test_dnskey_ttl_and_origin(bench):
    assert bench.sign("--dnskey-ttl", "2h", "--origin", "example").returncode == 0
    assert bench.records("DNSKEY")[0][1] == "7200"
    done = bench.sign("--origin", "other.test", output=bench.folder / "new")
    assert done.returncode == 2 and "other.test." in done.stderr


def test_validity_and_spread(bench):
    done = bench.sign("--validity", "30d", "--spread", "10d", "--inception-offset", "2h", "--at",
                      "20600101000000", "--no-verify")
    assert done.returncode == 0, done.stderr
    ends = {record[4].split()[4] for record in bench.records("RRSIG")}
    begins = {record[4].split()[5] for record in bench.records("RRSIG")}
    assert begins == {"20591231220000"}
    assert len(ends) > 3 and min(ends) >= "20600121000000" and max(ends) <= "20600131000000"


@pytest.mark.parametrize("at", ["20380119031400", "21000101000000", "21051225000000", "@4294967200",
                                "@4300000000"])
def test_far_future(bench, at):
    """Beyond 2038, and around 2106, where the 32-bit stamps of signatures begin anew."""
    done = bench.sign("--at", at)
    assert done.returncode == 0, done.stderr
    done = bench.holdfast("verify", "--at", at, bench.target)
    assert done.returncode == 0, done.stdout + done.stderr


def test_refusals_come_together(bench):
    bench.write(more="www CNAME ns\nns 9999999 TXT x\nlost DS 1 13 2 " + "00" * 32 + "\n")
    refused(bench, "www.example. A: stands beside a CNAME",
            "ns.example. TXT: caches would keep it", "lost.example. DS: there is no delegation")


def test_names_out_of_zone_have_lines(bench):
    bench.write(more="other.test. A 192.0.2.1\n")
    done = refused(bench, "other.test.")
    assert f"{bench.source}:10: " in done.stderr


def test_signed_input(bench):
    assert bench.sign().returncode == 0
    bench.source.write_text(bench.target.read_text())
    refused(bench, "signed already")
    assert bench.sign("--resign", "--nsec3").returncode == 0
    assert not bench.records("NSEC") and bench.records("NSEC3")


def test_unsigned_zone_is_not_replaced(bench):
    before = bench.source.read_text()
    (bench.folder / "link").symlink_to(bench.source)
    for output in (bench.source, bench.folder / "link"):
        done = bench.sign(output=output)
        assert done.returncode == 2 and "name another file with -o" in done.stderr
    assert bench.source.read_text() == before


def test_keys_of_another_zone(bench):
    for path in bench.keys.glob("K*"):
        path.unlink()
    done = bench.holdfast("keygen", "--csk", "--dir", bench.keys, "elsewhere")
    assert done.returncode == 0, done.stderr
    refused(bench, "no keys for example.", "there are keys for elsewhere.", "holdfast keygen")


def test_expired_zsk_is_named_with_its_date(bench):
    for path in bench.keys.glob("K*"):
        path.unlink()
    for words in (["--ksk"], ["--publish", "20240101000000", "--activate", "20240101000000",
                              "--inactive", "20250101000000"]):
        done = bench.holdfast("keygen", *words, "--dir", bench.keys, "example")
        assert done.returncode == 0, done.stderr
    refused(bench, "no active ZSK", "is retired since 2025-01-01T00:00:00Z",
            f"holdfast keygen --algorithm ECDSAP256SHA256 --dir {bench.keys} example.")


def test_private_key_that_does_not_match(bench):
    other = bench.holdfast("keygen", "--csk", "--dir", bench.keys, "example").stdout.strip()
    private = pathlib.Path(f"{bench.key}.private")
    lines = (bench.keys / f"{other}.private").read_text().splitlines()
    secret = next(line for line in lines if line.startswith("PrivateKey:"))
    text = re.sub(r"PrivateKey:.*", lambda _: secret, private.read_text())
    private.write_text(text)
    done = refused(bench, "put the two files of one key together")
    assert str(private.name).removesuffix(".private") in done.stderr
    assert secret.split()[1] not in done.stderr


def test_private_key_that_others_can_read(bench):
    pathlib.Path(f"{bench.key}.private").chmod(0o644)
    refused(bench, "chmod 600")


@pytest.mark.parametrize("options, sentence", [
    (["--opt-out"], "add --nsec3"),
    (["--nsec3", "--salt", "xyz"], "hex digits"),
    (["--serial", "random"], "keep, increment, date or unixtime"),
    (["--cds", "maybe"], "auto, none or delete"),
    (["--spread", "20d"], "--spread and --refresh"),
    (["--nsec3", "--iterations", "51"], "from 0 to 50"),
    (["--validity", "0"], "--validity"),
])
def test_bad_options(bench, options, sentence):
    before = bench.files()
    done = bench.sign(*options)
    assert done.returncode == 2 and sentence in done.stderr
    assert bench.files() == before


def test_full_disk(bench):
    done = bench.sign(output="/dev/full")
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run(
            [os.environ["HOLDFAST"], "sign", "--keys", bench.keys, "-o", "-", bench.source],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr


def test_small_file_system(bench):
    """On a file system that is too small the old file stays, and nothing else is left."""
    mount = bench.folder / "small"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", mount],
                          capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("this user may not mount a tmpfs")
    try:
        (mount / "signed").write_text("the old version\n")
        bench.write(more="".join(f"n{i} A 192.0.2.1\n" for i in range(200)))
        done = bench.sign(output=mount / "signed")
        assert done.returncode == 2
        assert "No space left on device" in done.stderr
        assert (mount / "signed").read_text() == "the old version\n"
        assert [path.name for path in mount.iterdir()] == ["signed"]
    finally:
        subprocess.run(["umount", mount], check=True)


def test_folder_that_is_not_there(bench):
    done = bench.sign(output=bench.folder / "missing" / "signed")
    assert done.returncode == 2
    assert "No such file or directory" in done.stderr


def test_folder_that_may_not_be_written(bench):
    folder = bench.folder / "locked"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        # Root may write anywhere; a read-only file system it may not.
        done = bench.sign(output="/proc/signed")
    else:
        done = bench.sign(output=folder / "signed")
    assert done.returncode == 2
    assert "check that the folder exists and may be written" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killed(bench, number):
    """Ended at any moment: the target is the old file or the whole new one."""
    bench.write(more="".join(f"n{i} A 192.0.2.1\n" for i in range(3000)))
    assert bench.sign("--serial", "increment").returncode == 0
    new = len(bench.target.read_text().splitlines())
    bench.target.write_text("the old version\n")
    whole = 0
    for delay in (0, 0.02, 0.05, 0.1, 0.2, 0.4):
        process = subprocess.Popen(
            [os.environ["HOLDFAST"], "sign", "--keys", bench.keys, "-o", bench.target,
             bench.source], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(number)
        process.wait(timeout=60)
        text = bench.target.read_text()
        if text != "the old version\n":
            assert len(text.splitlines()) == new
            whole += 1
            bench.target.write_text("the old version\n")
    assert whole < 6
