# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfast keygen and keys: files both ways with BIND's tools, unique tags, warnings, refusals."""

import base64
import json
import os
import pathlib
import re
import resource
import shutil
import stat
import subprocess
import tempfile

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

ALGORITHMS = {
    8: "RSASHA256",
    10: "RSASHA512",
    13: "ECDSAP256SHA256",
    14: "ECDSAP384SHA384",
    15: "ED25519",
    16: "ED448",
}
ZONE = """\
$TTL 3600
@ SOA ns hostmaster 1 7200 3600 1209600 3600
@ NS ns
ns A 192.0.2.1
* TXT "a wildcard"
"""


@pytest.fixture
def folder(tmp_path):
    """An empty folder of keys."""
    path = tmp_path / "keys"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def keygen(holdfast, folder):
    """Makes a key and gives its base name; the sentence on standard error is checked."""

    def run(*arguments):
        done = holdfast("keygen", "--dir", folder, *arguments)
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"Made a [KZC]SK for .*, tag \d+, \w+\.\n", done.stderr)
        assert re.fullmatch(r"K\S+\+\d{3}\+\d{5}\n", done.stdout)
        return done.stdout.strip()

    return run


@pytest.fixture
def listed(holdfast, folder):
    """The folder's keys and warnings from --json."""

    def run(*arguments):
        done = holdfast("keys", "--json", *arguments, folder)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def dnskey_of(path):
    """The DNSKEY record in a .key file, as dnspython reads it."""
    text = path.read_text(encoding="ascii")
    line = next(line for line in text.splitlines() if not line.startswith(";"))
    rdata = line.split(" DNSKEY ", 1)[1]
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, rdata)


def refused(done, *words):
    """The command failed with one sentence that says all of this, and printed nothing else."""
    assert done.returncode == 2, done.stdout
    assert done.stdout == ""
    assert done.stderr.startswith("holdfast: ")
    for word in words:
        assert word in done.stderr
    return True


# ---- our files, read by others ----


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("roles", [("--ksk", None), ("--csk",)], ids=["ksk-zsk", "csk"])
def test_bind_signs_with_our_keys(keygen, folder, peer, tmp_path, algorithm, roles):
    for role in roles:
        keygen("--algorithm", algorithm, *([role] if role else []), "example.com")
    (tmp_path / "zone").write_text(ZONE)
    signed = tmp_path / "zone.signed"
    options = ["-z"] if roles == ("--csk",) else []
    done = peer("dnssec-signzone", "-S", *options, "-K", folder, "-d", tmp_path,
                "-o", "example.com", "-f", signed, tmp_path / "zone")
    assert done.returncode == 0, done.stderr
    done = peer("dnssec-verify", *options, "-o", "example.com", signed)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_dnspython_agrees_on_tag_and_ds(keygen, folder, listed, peer, algorithm):
    name = keygen("--algorithm", algorithm, "--ksk", "a.example")
    rdata = dnskey_of(folder / f"{name}.key")
    [key] = listed()["keys"]
    assert dns.dnssec.key_id(rdata) == key["tag"] == int(name[-5:])
    assert rdata.flags == 257 and rdata.protocol == 3 and rdata.algorithm == algorithm
    revoked = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY,
                                  str(rdata.to_text()).replace("257 ", "385 ", 1))
    assert dns.dnssec.key_id(revoked) == key["revoked_tag"]
    theirs = peer("dnssec-dsfromkey", "-2", folder / f"{name}.key")
    ds = dns.dnssec.make_ds(dns.name.from_text("a.example"), rdata, "SHA256")
    assert ds.to_text().split()[-1].upper() in theirs.stdout


def test_ds_for_the_parent(holdfast, keygen, folder, peer):
    names = [keygen("--ksk", "a.example"), keygen("--csk", "--algorithm", 15, "b.example")]
    keygen("a.example")
    keygen("--ksk", "--revoke", "now", "a.example")
    theirs = [peer("dnssec-dsfromkey", "-2", folder / f"{name}.key").stdout for name in names]
    done = holdfast("keys", "--ds", folder)
    assert done.returncode == 0
    assert done.stdout == "".join(theirs)
    done = holdfast("keys", "--ds", "--json", folder)
    assert refused(done, "--ds", "--json")


def test_settime_keeps_role_and_key(keygen, folder, listed, peer):
    for role in ([], ["--ksk"], ["--csk"]):
        name = keygen(*role, "example.com")
        done = peer("dnssec-settime", "-K", folder, "-I", "20300102030405", "-D", "20310102030405",
                    "-P", "sync", "20260203040506", "-P", "ds", "20260303040506", name)
        assert done.returncode == 0, done.stderr
    keys = listed("--at", "20290101000000")["keys"]
    assert sorted(key["role"] for key in keys) == ["CSK", "KSK", "ZSK"]
    for key in keys:
        # A date of BIND's own is there and does not disturb.
        private = pathlib.Path(key["file"] + ".private").read_text(encoding="ascii")
        assert "DSPublish: 20260303040506" in private
        assert key["times"]["inactive"] == "2030-01-02T03:04:05Z"
        assert key["times"]["delete"] == "2031-01-02T03:04:05Z"
        assert key["times"]["sync_publish"] == "2026-02-03T04:05:06Z"
        assert key["next_event"]["event"] == "inactive"
        assert 366 < key["next_event"]["days"] < 367


def test_odd_zone_names(keygen, folder, listed, peer):
    names = [".", "a\\.b.example", "x\\032y.%41+1.example", "\\000\\255*.example", "UPPER.example"]
    for name in names:
        base = keygen(name)
        done = peer("dnssec-settime", "-K", folder, "-p", "all", base)
        assert done.returncode == 0, done.stderr
    ours = {dns.name.from_text(key["zone"]) for key in listed()["keys"]}
    assert ours == {dns.name.from_text(name) for name in names}


# ---- others' files, read by us ----


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_read_bind_keys(folder, listed, peer, algorithm):
    bits = ["-b", "1024"] if algorithm in (8, 10) else []
    for options in ([], ["-f", "KSK", "-L", "300", "-P", "20260101000000", "-A", "20260201000000",
                         "-I", "20260301000000", "-D", "20260401000000"]):
        done = peer("dnssec-keygen", "-q", "-K", folder, "-a", ALGORITHMS[algorithm], *bits,
                    *options, "example.com")
        assert done.returncode == 0, done.stderr
    states = [listed("--at", at)["keys"][0]["state"] for at in
              ("20251231235959", "20260101000000", "20260201000000", "20260301000000",
               "20260401000000")]
    assert states == ["generated", "published", "active", "retired", "removed"]
    ksk, zsk = listed()["keys"]
    assert (ksk["role"], zsk["role"]) == ("KSK", "ZSK")
    assert (ksk["ttl"], zsk["ttl"]) == (300, 0)
    for key in (ksk, zsk):
        assert key["algorithm"] == algorithm and key["algorithm_name"] == ALGORITHMS[algorithm]
        assert key["tag"] == int(key["file"][-5:])
        assert key["private"] == "safe"
        assert key["bits"] == (1024 if bits else {13: 256, 14: 384, 15: 256, 16: 456}[algorithm])


def test_bind_csk_revocation_and_unused_keys(folder, listed, peer, tmp_path):
    policy = tmp_path / "policy"
    policy.write_text('dnssec-policy csk { keys { csk lifetime unlimited algorithm 13; }; };\n')
    assert peer("dnssec-keygen", "-q", "-K", folder, "-k", "csk", "-l", policy,
                "csk.example").returncode == 0
    made = peer("dnssec-keygen", "-q", "-K", folder, "-a", "13", "-f", "KSK", "revoked.example")
    done = peer("dnssec-revoke", "-r", "-K", folder, made.stdout.strip())
    assert done.returncode == 0, done.stderr
    made = peer("dnssec-keygen", "-q", "-K", folder, "-a", "13", "-f", "KSK", "dated.example")
    assert peer("dnssec-settime", "-K", folder, "-R", "now", made.stdout.strip()).returncode == 0
    made = peer("dnssec-keygen", "-q", "-K", folder, "-a", "13", "-G", "unused.example")
    assert made.returncode == 0
    keys = {key["zone"]: key for key in listed()["keys"]}
    assert keys["csk.example."]["role"] == "CSK"
    assert keys["csk.example."]["state"] == "active"
    assert keys["revoked.example."]["state"] == "revoked"
    assert keys["dated.example."]["state"] == "revoked"
    assert keys["dated.example."]["tag"] != keys["dated.example."]["revoked_tag"]
    assert keys["revoked.example."]["tag"] == keys["revoked.example."]["revoked_tag"]
    assert keys["unused.example."]["state"] == "generated"


# ---- tags ----


def test_tags_are_remembered(keygen, folder):
    name = keygen("example.com")
    book = folder / "holdfast.tags"
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
    lines = [line for line in book.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 1 and lines[0].split()[:2] == ["example.com.", str(int(name[-5:]))]
    # Cut in the middle of a line, as by a crash: the next key starts a line of its own.
    with book.open("a") as file:
        file.write("example.com. 123")
    keygen("example.com")
    lines = [line for line in book.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 3 and lines[1] == "example.com. 123"


def test_a_taken_tag_is_not_taken_again(holdfast, keygen, folder):
    keygen("example.com")
    # Every tag was once some key's: nothing is free, and the command says so and stops.
    with (folder / "holdfast.tags").open("a") as file:
        for tag in range(65536):
            file.write(f"EXAMPLE.com. {tag} {(tag + 128) % 65536} 13 2026-01-02T03:04:05Z\n")
    before = sorted(os.listdir(folder))
    done = holdfast("keygen", "--dir", folder, "example.com")
    assert refused(done, "tag", "folder of its own")
    assert sorted(os.listdir(folder)) == before
    keygen("other.example")  # another zone's tags are another matter


def test_tags_of_files_count_in_all_forms(holdfast, keygen, folder, peer):
    """All tags but a few are taken, through the list; keys made still differ from those there."""
    first = keygen("--ksk", "example.com")
    revoked = next(int(line.split()[2]) for line in
                   (folder / "holdfast.tags").read_text().splitlines() if line[0] != "#")
    # Free are only tags whose own revoked form is free as well: give it a tenth of all.
    with (folder / "holdfast.tags").open("a") as file:
        for tag in range(65536):
            if tag % 256 not in range(3, 40) and tag % 256 not in range(131, 168):
                file.write(f"example.com. {tag} {tag} 13 2026-01-02T03:04:05Z\n")
    seen = {int(first[-5:]), revoked}
    for _ in range(8):
        done = holdfast("keygen", "--json", "--dir", folder, "example.com")
        if done.returncode != 0:
            assert refused(done, "50 new keys")
            continue
        key = json.loads(done.stdout)
        for tag in (key["tag"], key["revoked_tag"]):
            assert tag % 256 in range(3, 40) or tag % 256 in range(131, 168)
            assert tag not in seen
            seen.add(tag)


def test_several_at_once(folder):
    program = os.environ["HOLDFAST"]
    running = [subprocess.Popen([program, "keygen", "--dir", str(folder), "example.com"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
               for _ in range(8)]
    names = [process.communicate(timeout=60)[0].strip() for process in running]
    assert all(process.returncode == 0 for process in running)
    assert len(set(names)) == 8
    book = (folder / "holdfast.tags").read_text().splitlines()
    assert len([line for line in book if not line.startswith("#")]) == 8


# ---- dates ----


def test_default_dates(keygen, listed):
    keygen("example.com")
    keygen("--no-dates", "example.com")
    keygen("--publish", "+20d", "example.com")
    keygen("--activate", "+30d", "example.com")
    by_next = {}
    for key in listed()["keys"]:
        event = key["next_event"]
        by_next[(key["state"], event and event["event"], event and round(event["days"]))] = key
    assert set(by_next) == {
        ("active", None, None),
        ("generated", None, None),
        ("generated", "publish", 20),
        ("published", "activate", 30),
    }
    never = by_next["generated", None, None]["times"]
    assert [name for name, time in never.items() if time] == ["created"]


@pytest.mark.parametrize("options, words", [
    (["--publish", "+2d", "--activate", "+1d"], "activated before it is published"),
    (["--activate", "+2d", "--inactive", "+1d"], "retired before it is activated"),
    (["--inactive", "+2d", "--delete", "+1d"], "deleted before it is retired"),
    (["--delete", "20200101000000"], "deleted before it is published"),
    (["--sync-publish", "+2d", "--sync-delete", "+1d"], "CDS"),
    (["--revoke", "+1d"], "ZSK"),
    (["--inactive", "tomorrow"], "takes a time such as"),
    (["--inactive", "20261301000000"], "no such time"),
    (["--no-dates", "--activate", "now"], "--no-dates"),
])
def test_contradicting_dates(holdfast, folder, options, words):
    assert refused(holdfast("keygen", "--dir", folder, *options, "example.com"), words)
    assert not [name for name in os.listdir(folder) if name.startswith("K")]


# ---- the table ----


def test_table_fits_and_starts_with_the_role(holdfast, keygen, folder):
    keygen("--ksk", "example.com")
    keygen("--algorithm", "10", "--inactive", "+90d", "--delete", "+100d", "example.com")
    keygen("--csk", "--activate", "+30d", "--revoke", "+900d", "--inactive", "+900d",
           "--delete", "+930d", "--sync-publish", "+1d", "--sync-delete", "+950d",
           "longer.example.org")
    done = holdfast("keys", folder)
    lines = done.stdout.splitlines()
    assert lines[0].split()[:2] == ["ROLE", "ZONE"]
    assert max(map(len, lines)) <= 100
    rows = [line for line in lines[1:] if not line.startswith(" ")]
    # In order of zone (canonical: example.com before ….org), then of role.
    assert [row.split()[0] for row in rows] == ["KSK", "ZSK", "CSK"]
    column = lines[0].index("STATE")
    assert [row[column:].split()[0] for row in rows] == ["active", "active", "published"]
    assert re.search(r"  Inactive in (89|90) d", rows[1])
    assert all(re.search(r"Created \d{4}-", done.stdout) for _ in rows)


def test_an_empty_folder(holdfast, folder):
    done = holdfast("keys", folder)
    assert done.returncode == 0 and str(folder) in done.stdout and done.stderr == ""
    assert json.loads(holdfast("keys", "--json", folder).stdout)["keys"] == []


def test_warnings(holdfast, keygen, folder, listed):
    ksk = keygen("--ksk", "example.com")
    warnings = [warning["text"] for warning in listed()["warnings"]]
    assert len(warnings) == 1 and "example.com. has no ZSK" in warnings[0]
    assert "holdfast keygen --dir DIR example.com." in warnings[0]
    zsk = keygen("--inactive", "+10d", "example.com")
    assert listed()["warnings"] == []

    # Later the ZSK is inactive: how a whole zone died once.
    [later] = listed("--at", "+11d")["warnings"]
    assert "no ZSK of example.com. is active" in later["text"]

    private = folder / f"{ksk}.private"
    private.chmod(0o644)
    [exposed] = listed()["warnings"]
    assert exposed["file"].endswith(ksk) and "chmod 600" in exposed["text"]
    private.unlink()
    [missing] = listed()["warnings"]
    assert missing["file"].endswith(ksk) and "missing" in missing["text"]
    done = holdfast("keys", folder)
    assert done.returncode == 0 and "holdfast: " in done.stderr and zsk[-5:].lstrip("0") in done.stdout


def with_tag(tag):
    """Text of an Ed25519 DNSKEY with this tag: the tag is a sum, so the last two bytes steer it."""
    def key(last):
        field = base64.b64encode(bytes(30) + last.to_bytes(2, "big")).decode()
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, f"256 3 15 {field}")

    guess = (tag - dns.dnssec.key_id(key(0))) % 65535
    [found] = [key(last) for last in range(guess, guess + 2) if dns.dnssec.key_id(key(last)) == tag]
    return found.to_text()


def test_equal_tags_are_warned_of(holdfast, keygen, folder, listed):
    plain = int(keygen("example.com")[-5:])
    [key] = listed()["keys"]
    warnings = listed()["warnings"]
    for tag in (plain, key["revoked_tag"]):
        path = folder / f"Kexample.com.+015+{tag:05}.key"
        path.write_text(f"example.com. IN DNSKEY {with_tag(tag)}\n")
        texts = [warning["text"] for warning in listed()["warnings"] if warning not in warnings]
        assert any(f"ZSK {plain} and ZSK {tag} of" in text or f"ZSK {tag} and ZSK {plain} of" in text
                   for text in texts), texts
        path.unlink()


# ---- refusals ----


def test_wrong_use(holdfast, folder):
    refused(holdfast("keygen", "example.com"), "--dir")
    refused(holdfast("keygen", "--dir", folder), "missing", "--help")
    refused(holdfast("keygen", "--dir", folder, "a.example", "b.example"), "too many")
    refused(holdfast("keygen", "--dir", folder, "a..example"), "not a domain name")
    refused(holdfast("keygen", "--dir", folder, "--ksk", "--csk", "a.example"), "either")
    refused(holdfast("keygen", "--dir", folder, "--algorithm", "rot13", "a.example"), "rot13")
    refused(holdfast("keygen", "--dir", folder, "--algorithm", "RSASHA1", "a.example"),
            "RSASHA1 keys are not made", "13")
    refused(holdfast("keygen", "--dir", folder, "-a", "8", "--bits", "1024", "a.example"),
            "2048 to 4096")
    refused(holdfast("keygen", "--dir", folder, "--bits", "2048", "a.example"), "256 bits")
    refused(holdfast("keygen", "--dir", folder, "--bits", "many", "a.example"), "number from")
    refused(holdfast("keygen", "--dir", folder, "--sideways", "a.example"), "--sideways", "--help")
    refused(holdfast("keygen", "--dir", folder, "-x", "a.example"), "-x", "--help")
    refused(holdfast("keygen", "--dir"), "--dir needs an argument")
    refused(holdfast("keygen", "--ksk=yes", "--dir", folder, "a.example"), "no argument")
    refused(holdfast("keys", folder / "none"), "none", "No such file")
    refused(holdfast("nonsense"), "nonsense", "--help")
    assert os.listdir(folder) == []


def test_help(holdfast):
    for words in (["keygen", "--help"], ["help", "keygen"], ["keys", "-h"], ["--help"], ["help"]):
        done = holdfast(*words)
        assert done.returncode == 0 and done.stdout.startswith("Usage: holdfast")
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert not re.search(r"[ \t]$", done.stdout, re.MULTILINE)
    assert holdfast().returncode == 2
    assert re.fullmatch(r"holdfast \d+\.\d+\.\d+\n", holdfast("--version").stdout)
    refused(holdfast("help", "nonsense"), "nonsense")


@pytest.fixture
def nobody(folder):
    """Runs holdfast as a user without rights here (root's own limits are none)."""
    public = pathlib.Path(tempfile.mkdtemp())
    program = shutil.copy(os.environ["HOLDFAST"], public)
    keys = shutil.move(folder, public / "keys")
    public.chmod(0o755)

    def run(*arguments):
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                              check=False, timeout=60, cwd="/", **user)

    yield run, pathlib.Path(keys)
    pathlib.Path(keys).chmod(0o700)
    shutil.rmtree(public)


def test_without_permission(nobody, holdfast):
    run, keys = nobody
    name = holdfast("keygen", "--dir", keys, "example.com").stdout.strip()
    if os.geteuid() == 0:
        keys.chmod(0o755)
        [key] = json.loads(run("keys", "--json", keys).stdout)["keys"]
        assert key["private"] == "unreadable" and key["state"] == "active"
        assert "may not be read" in run("keys", keys).stderr
    keys.chmod(0o555)
    if os.geteuid() == 0:
        assert refused(run("keygen", "--dir", keys, "example.com"), "Permission denied")
    keys.chmod(0)
    assert refused(run("keys", keys), "Permission denied")
    assert refused(run("keygen", "--dir", keys, "example.com"), "Permission denied")
    keys.chmod(0o700)
    assert sorted(os.listdir(keys)) == [f"{name}.key", f"{name}.private", "holdfast.tags"]


def test_no_room(folder):
    """A limit on the size of files, at every place where writing can end: all of a key or none."""
    def limit(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    made = 0
    for size in range(0, 1001, 40):
        before = sorted(os.listdir(folder))
        done = subprocess.run(
            [os.environ["HOLDFAST"], "keygen", "--csk", "--dir", str(folder), f"n{size}.example"],
            capture_output=True, text=True, check=False, timeout=60, restore_signals=False,
            preexec_fn=lambda: limit(size))
        added = set(os.listdir(folder)) - set(before) - {"holdfast.tags"}
        if done.returncode == 0:
            assert len(added) == 3
            made += 1
        else:
            assert refused(done, "File too large")
            assert not added
        # The list of tags grows with each try; only a key's own files are to be limited.
        if size >= 240:
            (folder / "holdfast.tags").unlink()
    assert 0 < made < 26


def test_no_folder(holdfast, tmp_path):
    refused(holdfast("keygen", "--dir", tmp_path / "none", "example.com"), "none", "No such file")
    (tmp_path / "file").write_text("")
    refused(holdfast("keygen", "--dir", tmp_path / "file", "example.com"), "Not a directory")
    refused(holdfast("keys", tmp_path / "file"), "Not a directory")


def test_full_disk(holdfast, keygen, folder):
    name = keygen("example.com")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([os.environ["HOLDFAST"], "keys", str(folder)], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and "No space left" in done.stderr
    assert (folder / f"{name}.key").exists()


def test_damaged_keys_are_all_named(holdfast, keygen, folder):
    names = [keygen("example.com") for _ in range(3)]
    (folder / f"{names[0]}.key").write_text("nonsense\n")
    text = (folder / f"{names[1]}.private").read_text()
    (folder / f"{names[1]}.private").write_text(text.replace("v1.3", "v7.0"))
    done = holdfast("keys", folder)
    assert refused(done, f"{names[0]}.key:1: ", f"{names[1]}.private:1: ")
    assert names[2] not in done.stderr
    # What cannot be read may have any tag: no new key either.
    assert refused(holdfast("keygen", "--dir", folder, "example.com"), names[0])


def test_secrets_stay_in(holdfast, keygen, folder):
    """No message and no listing holds a private key, whatever is wrong with it."""
    name = keygen("--algorithm", "15", "example.com")
    private = folder / f"{name}.private"
    text = private.read_text()
    secret = re.search(r"PrivateKey: (\S+)", text)[1]
    for damage in (text, text.replace(secret, secret[:-5]), text.replace(": " + secret, secret),
                   text.replace("PrivateKey: ", "\0"), text + "PrivateKey: " + secret + "\n"):
        private.write_text(damage)
        for words in (["keys"], ["keys", "--json"], ["keygen", "example.com", "--dir"]):
            done = holdfast(*words, folder)
            assert secret[:12] not in done.stdout + done.stderr
