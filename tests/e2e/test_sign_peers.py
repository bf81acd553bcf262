# SPDX-License-Identifier: GPL-3.0-or-later
"""What `holdfast sign` makes is accepted by the checkers of BIND, ldns and Knot, and by dnspython.

Known limits of the checkers, as far as they matter here: dnssec-verify asks for a KSK that signs
nothing but keys unless told -z; ldns-verify-zone reads a next name that begins with an escaped @ as
the origin, in anybody's zones; kzonecheck 3.2 does not look at ZONEMD, so ldns-verify-zone -Z does.
"""

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.zone
import pytest

DIGEST = "0123456789abcdef" * 4

# Data of many types, wildcards, empty non-terminals, cuts with and without DS, glue, and a DNAME.
ZONE = f"""\
$ORIGIN example.
$TTL 3600
@       SOA ns1 hostmaster 2026010100 7200 900 1209600 600
@       NS ns1
@       NS ns2.a
@       MX 10 mail
@       TXT "v=spf1 -all" "{'x' * 255}"
@       CAA 0 issue "ca.example.net"
ns1     A 192.0.2.1
ns1     AAAA 2001:db8::1
ns2.a   A 192.0.2.2
mail    300 A 192.0.2.3
mail    60 TYPE65400 \\# 4 01020304
_443._tcp.mail TLSA 3 1 1 {DIGEST}
deep.in.an.empty.place TXT "below empty non-terminals"
*       A 192.0.2.4
*.wild  TXT "wildcard"
x.*.wild TXT "a label below an asterisk"
alias   CNAME ns1
dn      DNAME elsewhere.test.
dn      TXT "beside the DNAME"
plain   NS ns.plain
plain   NS ns2.plain
ns.plain A 192.0.2.5
ns2.plain AAAA 2001:db8::5
secure  NS ns.secure
secure  DS 12345 13 2 {DIGEST}
ns.secure A 192.0.2.6
some.tree.plain2 NS ns1
other.tree.plain2 NS ns1
mixed.plain3 NS ns1
signed.plain3 NS ns1
signed.plain3 DS 12345 13 2 {DIGEST}
"""

# Names that only escapes can write, in an order that text does not show.
ODD_ZONE = """\
$ORIGIN odd.example.
$TTL 300
@ SOA ns h 1 2 3 4 300
@ NS ns
ns A 192.0.2.1
a\\.b TXT "a dot in the label"
a.b TXT "two labels"
\\000 TXT "a zero byte"
\\001 TXT "a one byte"
\\000.a TXT "zero below a"
\\255 TXT "the last byte"
\\(\\)\\; TXT "syntax"
\\"q\\" TXT "quotes"
sp\\032ace TXT "a blank"
\\*.x TXT "an escaped asterisk is a wildcard all the same"
*.*.y TXT "two asterisks"
UPPER.Case TXT "folded"
\\200 TXT "high"
Z TXT "upper case sorts as lower"
\\126 TXT "tilde"
_under TXT "underscore"
""" + "{} TXT long\n{}.{}.{} TXT longer\n".format("l" * 63, "m" * 63, "n" * 63, "o" * 50)


class Bench:
    """A folder with keys, zone and signed zone, and the checkers."""

    def __init__(self, holdfast, peer, folder):
        self.holdfast, self.peer, self.folder = holdfast, peer, folder
        self.keys = folder / "keys"
        self.keys.mkdir()

    def key(self, algorithm, *options, zone="example"):
        done = self.peer("dnssec-keygen", "-q", "-K", self.keys, "-a", str(algorithm), *options,
                         zone)
        assert done.returncode == 0, done.stderr
        return self.keys / done.stdout.strip()

    def pair(self, algorithm, zone="example"):
        size = ["-b", "2048"] if algorithm in (8, 10) else []
        return (self.key(algorithm, "-f", "KSK", *size, zone=zone),
                self.key(algorithm, *size, zone=zone))

    def sign(self, text, *options):
        source = self.folder / "zone"
        source.write_text(text, encoding="latin-1")
        target = self.folder / "signed"
        done = self.holdfast("sign", "--keys", self.keys, "-o", target, *options, source)
        assert done.returncode == 0, done.stderr
        return target

    def check(self, target, zone="example", verify=(), ldns=()):
        done = self.peer("dnssec-verify", *verify, "-o", zone, target)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "fully signed" in done.stdout + done.stderr
        done = self.peer("ldns-verify-zone", *ldns, target)
        assert done.returncode == 0, done.stdout + done.stderr
        done = self.peer("kzonecheck", "-o", zone, "-d", "on", target)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def bench(holdfast, peer, tmp_path):
    return Bench(holdfast, peer, tmp_path)


MODES = {
    "nsec": [],
    "nsec3": ["--nsec3"],
    "salt": ["--nsec3", "--salt", "CAFE", "--iterations", "5"],
    "opt-out": ["--nsec3", "--opt-out"],
    "zonemd": ["--zonemd"],
    "zonemd-nsec3": ["--nsec3", "--zonemd", "--spread", "2d"],
}


@pytest.mark.parametrize("mode", MODES)
def test_denial(bench, mode):
    bench.pair(13)
    target = bench.sign(ZONE, *MODES[mode])
    bench.check(target, ldns=["-Z"] if "zonemd" in mode else [])


@pytest.mark.parametrize("algorithm", [8, 10, 14, 15, 16])
@pytest.mark.parametrize("mode", ["nsec", "nsec3"])
def test_algorithm(bench, algorithm, mode):
    bench.pair(algorithm)
    bench.check(bench.sign(ZONE, *MODES[mode]))


@pytest.mark.parametrize("mode", ["nsec", "nsec3", "opt-out"])
def test_odd_names(bench, mode):
    bench.pair(13, zone="odd.example")
    bench.check(bench.sign(ODD_ZONE, *MODES[mode]), zone="odd.example")


def test_escaped_at_sign(bench):
    """Not for ldns-verify-zone: see above."""
    bench.pair(13, zone="odd.example")
    target = bench.sign(ODD_ZONE + '\\@ TXT "at"\n')
    done = bench.peer("dnssec-verify", "-o", "odd.example", target)
    assert done.returncode == 0, done.stdout + done.stderr
    done = bench.peer("kzonecheck", "-o", "odd.example", "-d", "on", target)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_algorithms(bench):
    bench.pair(13)
    bench.pair(15)
    target = bench.sign(ZONE, "--nsec3")
    bench.check(target)
    done = bench.peer("dnssec-verify", "-o", "example", target)
    assert "ECDSAP256SHA256" in done.stdout + done.stderr
    assert "ED25519" in done.stdout + done.stderr


def test_csk(bench):
    """A single key with the SEP flag signs everything; that it has to is said."""
    bench.key(13, "-f", "KSK")
    source = bench.folder / "zone"
    source.write_text(ZONE)
    done = bench.holdfast("sign", "--keys", bench.keys, "-o", bench.folder / "signed", source)
    assert done.returncode == 0, done.stderr
    assert "signs the whole zone" in done.stderr
    bench.check(bench.folder / "signed", verify=["-z"])


def test_revoked_key(bench):
    bench.pair(13)
    old = bench.key(13, "-f", "KSK")
    done = bench.peer("dnssec-settime", "-K", bench.keys, "-R", "now-1h", old)
    assert done.returncode == 0, done.stderr
    target = bench.sign(ZONE)
    bench.check(target)
    done = bench.peer("dnssec-verify", "-o", "example", target)
    assert "1 revoked" in done.stdout + done.stderr
    flags = [line.split()[4] for line in target.read_text().splitlines()
             if line.split()[3] == "DNSKEY"]
    assert sorted(flags) == ["256", "257", "385"]


def test_standby_key_and_cds(bench):
    """A published key that does not sign yet, and CDS and CDNSKEY for the one that does."""
    ksk, _ = bench.pair(13)
    bench.key(13, "-f", "KSK", "-P", "now", "-A", "+30d")
    done = bench.peer("dnssec-settime", "-K", bench.keys, "-P", "sync", "now-1h", ksk)
    assert done.returncode == 0, done.stderr
    target = bench.sign(ZONE)
    bench.check(target)
    tag = int(ksk.name.rsplit("+", 1)[1])
    records = [line.split() for line in target.read_text().splitlines()]
    assert [record[4] for record in records if record[3] == "CDS"] == [str(tag)]
    assert len([record for record in records if record[3] == "CDNSKEY"]) == 1
    signers = {record[10] for record in records if record[3:5] == ["RRSIG", "CDS"]}
    assert signers == {str(tag)}


def test_occluded_names(bench):
    """Records below a DNAME are kept, and are neither signed nor in the chain."""
    bench.pair(13)
    target = bench.sign(ZONE + "hidden.dn TXT below-the-DNAME\n", "--no-verify")
    lines = [line for line in target.read_text().splitlines() if line.startswith("hidden.dn.")]
    assert len(lines) == 1 and "TXT" in lines[0]
    done = bench.peer("ldns-verify-zone", target)
    assert done.returncode == 0, done.stdout + done.stderr
    done = bench.peer("dnssec-verify", "-o", "example", target)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mode", ["nsec", "opt-out"])
def test_dnspython_validates_every_signature(bench, mode):
    bench.pair(15)
    target = bench.sign(ZONE, *MODES[mode])
    zone = dns.zone.from_file(str(target), origin="example.", relativize=False)
    apex = dns.name.from_text("example.")
    keys = {apex: zone.find_rdataset(apex, dns.rdatatype.DNSKEY)}
    checked = 0
    for name, node in zone.nodes.items():
        for rdataset in node.rdatasets:
            if rdataset.rdtype == dns.rdatatype.RRSIG:
                continue
            signatures = node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.RRSIG, rdataset.rdtype)
            if signatures is not None:
                dns.dnssec.validate((name, rdataset), (name, signatures), keys)
                checked += len(signatures)
    assert checked == target.read_text().count("\tRRSIG\t") > 30
