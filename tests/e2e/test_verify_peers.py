# SPDX-License-Identifier: GPL-3.0-or-later
"""`holdfast verify` beside BIND, ldns and Knot: their zones are good, and damage is seen by all."""

import json
import re

import dns.rdatatype
import dns.zone
import pytest

DIGEST = "0123456789abcdef" * 4

# A zone that gives nobody a reason for a warning.
ZONE = f"""\
$ORIGIN example.
$TTL 3600
@       SOA ns1 host 2026010100 7200 900 1209600 3600
@       NS ns1
@       NS ns2
@       MX 10 mail
ns1     A 198.51.101.1
ns2     AAAA 2606:db00::2
mail    A 198.51.101.3
*.wild  TXT "wildcard"
deep.in.an.empty.place TXT "below empty non-terminals"
alias   CNAME mail
dn      DNAME elsewhere.test.
odd\\.na\\000me TXT "odd"
UPPER   TXT "letters"
plain   NS ns.plain
plain   NS ns1
ns.plain A 198.51.101.5
secure  NS ns.secure
secure  NS ns1
secure  DS 12345 13 2 {DIGEST}
ns.secure A 198.51.101.6
some.tree.below NS ns1
some.tree.below NS ns2
"""

ALGORITHMS = {
    8: ("RSASHA256", "2048"),
    10: ("RSASHA512", "2048"),
    13: ("ECDSAP256SHA256", "256"),
    14: ("ECDSAP384SHA384", "384"),
    15: ("ED25519", "256"),
    16: ("ED448", "456"),
}
DENIALS = ["nsec", "nsec3", "opt-out"]


def sign_bind(peer, folder, algorithm, denial):
    name, bits = ALGORITHMS[algorithm]
    size = ["-b", bits] if name.startswith("RSA") else []
    for role in [[], ["-f", "KSK"]]:
        made = peer("dnssec-keygen", "-q", "-a", name, *size, *role, "example", cwd=folder)
        assert made.returncode == 0, made.stderr
    options = {"nsec": [], "nsec3": ["-3", "-"], "opt-out": ["-3", "-", "-A"]}[denial]
    done = peer(
        "dnssec-signzone", "-S", "-o", "example", "-f", "signed", *options, "zone", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return folder / "signed"


def sign_ldns(peer, folder, algorithm, denial):
    name, bits = ALGORITHMS[algorithm]
    keys = []
    for role in [[], ["-k"]]:
        made = peer("ldns-keygen", "-a", name, "-b", bits, *role, "example", cwd=folder)
        assert made.returncode == 0, made.stderr
        keys.append(made.stdout.strip())
    options = {"nsec": [], "nsec3": ["-n", "-t", "0"], "opt-out": ["-n", "-t", "0", "-p"]}[denial]
    done = peer("ldns-signzone", *options, "-f", "signed", "zone", *keys, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "signed"


def sign_knot(peer, folder, algorithm, denial):
    name, _ = ALGORITHMS[algorithm]
    nsec3 = {
        "nsec": "",
        "nsec3": "    nsec3: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 0\n",
        "opt-out": "    nsec3: on\n    nsec3-iterations: 0\n    nsec3-salt-length: 0\n"
        "    nsec3-opt-out: on\n",
    }[denial]
    (folder / "knot.conf").write_text(
        f"database:\n    storage: {folder}\n"
        f"policy:\n  - id: p\n    algorithm: {name}\n    cds-cdnskey-publish: none\n{nsec3}"
        f"zone:\n  - domain: example.\n    storage: {folder}\n    file: zone\n"
        "    dnssec-signing: on\n    dnssec-policy: p\n    zonefile-load: whole\n"
    )
    (folder / "out").mkdir()
    done = peer("kzonesign", "-c", "knot.conf", "-o", "out", "example.", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return next((folder / "out").iterdir())


SIGNERS = {"bind": sign_bind, "ldns": sign_ldns, "knot": sign_knot}


@pytest.mark.parametrize("denial", DENIALS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("signer", SIGNERS)
def test_their_zones_are_good(holdfast, peer, tmp_path, signer, algorithm, denial):
    (tmp_path / "zone").write_text(ZONE)
    signed = SIGNERS[signer](peer, tmp_path, algorithm, denial)
    done = holdfast("verify", "--json", signed)
    report = json.loads(done.stdout)
    bad = [f for f in report["findings"] if f["severity"] != "notice"]
    assert (done.returncode, report["verdict"], bad) == (0, "good", [])
    assert report["signatures"] > 20


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_sha1_is_verified_with_a_warning(holdfast, peer, tmp_path, denial):
    """RSA/SHA-1 is not signed with, but its signatures are verified like any other."""
    (tmp_path / "zone").write_text(ZONE)
    keys = []
    for role in [[], ["-k"]]:
        made = peer("ldns-keygen", "-a", "RSASHA1-NSEC3-SHA1", "-b", "2048", *role, "example",
                    cwd=tmp_path)  # fmt: skip
        assert made.returncode == 0, made.stderr
        keys.append(made.stdout.strip())
    options = ["-n", "-t", "0"] if denial == "nsec3" else []
    done = peer("ldns-signzone", *options, "-f", "signed", "zone", *keys, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    signed = tmp_path / "signed"
    done = holdfast("verify", "--json", signed)
    warnings = {f["check"] for f in json.loads(done.stdout)["findings"] if f["severity"] != "notice"}
    assert (done.returncode, warnings) == (0, {"alg-deprecated"})
    signed.write_text(signed.read_text().replace("198.51.101.3", "198.51.101.4"))
    done = holdfast("verify", "--json", signed)
    errors = {f["check"] for f in json.loads(done.stdout)["findings"] if f["severity"] == "error"}
    assert (done.returncode, errors) == (1, {"rrsig-invalid"})


# ---- Damage ----


@pytest.fixture(scope="module")
def good(peer, tmp_path_factory):
    """Signed zones, NSEC and NSEC3, as dnspython has them: a function gives a fresh one."""
    texts = {}
    for denial in ["nsec", "nsec3"]:
        folder = tmp_path_factory.mktemp(denial)
        (folder / "zone").write_text(ZONE)
        signed = sign_bind(peer, folder, 13, denial)
        texts[denial] = signed.read_text()
    return lambda denial: dns.zone.from_text(texts[denial], origin="example.", check_origin=False)


def sets(zone, name, rdtype, covers="NONE"):
    return zone.find_rdataset(name, rdtype, covers=covers)


def change_address(zone):
    node = zone.find_node("mail")
    node.delete_rdataset(dns.rdataclass.IN, dns.rdatatype.A)
    node.replace_rdataset(dns.rdataset.from_text("IN", "A", 3600, "198.51.101.99"))


def drop_signature(zone):
    zone.find_node("mail").delete_rdataset(
        dns.rdataclass.IN, dns.rdatatype.RRSIG, dns.rdatatype.A
    )


def drop_wildcard_signature(zone):
    zone.find_node("*.wild").delete_rdataset(
        dns.rdataclass.IN, dns.rdatatype.RRSIG, dns.rdatatype.TXT
    )


def drop_zsk(zone):
    keys = sets(zone, "@", "DNSKEY")
    for key in [key for key in keys if key.flags == 256]:
        keys.remove(key)


def drop_keys(zone):
    zone.find_node("@").delete_rdataset(dns.rdataclass.IN, dns.rdatatype.DNSKEY)


def add_name(zone):
    node = zone.find_node("unsigned", create=True)
    node.replace_rdataset(dns.rdataset.from_text("IN", "A", 3600, "198.51.101.99"))


def drop_name(zone):
    node = zone.find_node("mail")
    node.delete_rdataset(dns.rdataclass.IN, dns.rdatatype.A)
    node.delete_rdataset(dns.rdataclass.IN, dns.rdatatype.RRSIG, dns.rdatatype.A)


def drop_denial(zone):
    """The denial record of the last name that has one, with its signature."""
    for rdtype in [dns.rdatatype.NSEC, dns.rdatatype.NSEC3]:
        names = sorted(name for name, _ in zone.iterate_rdatasets(rdtype))
        for name in names[-1:]:
            node = zone.find_node(name)
            node.delete_rdataset(dns.rdataclass.IN, rdtype)
            node.delete_rdataset(dns.rdataclass.IN, dns.rdatatype.RRSIG, rdtype)


DAMAGE = {
    change_address: {"rrsig-invalid"},
    drop_signature: {"rrsig-missing"},
    drop_wildcard_signature: {"rrsig-missing"},
    drop_zsk: {"rrsig-no-key"},
    drop_keys: {"dnskey-missing"},
    add_name: {"nsec-missing", "nsec3-missing"},
    drop_name: {"nsec-superfluous", "nsec3-orphan"},
    drop_denial: {"nsec-missing", "nsec3-missing", "nsec3-next"},
}


# What a checker does not see, as measured here: a left-over denial record of a name that is gone.
MISSED = {(drop_name, "nsec"): {"ldns"}, (drop_name, "nsec3"): {"knot"}}


def verdicts_of_peers(peer, path):
    """Which of the peers' checkers refuse the zone."""
    return {
        "bind": peer("dnssec-verify", "-z", "-o", "example", path).returncode != 0,
        "ldns": peer("ldns-verify-zone", path).returncode != 0,
        "knot": peer("kzonecheck", "-d", "on", "-o", "example", path).returncode != 0,
    }


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_nobody_refuses_the_good_zone(holdfast, peer, good, tmp_path, denial):
    good(denial).to_file(str(tmp_path / "zone"), relativize=False)
    assert not any(verdicts_of_peers(peer, tmp_path / "zone").values())
    assert holdfast("verify", "--origin", "example", tmp_path / "zone").returncode == 0


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_all_see_the_damage(holdfast, peer, good, tmp_path, damage, denial):
    zone = good(denial)
    damage(zone)
    zone.to_file(str(tmp_path / "zone"), relativize=False)
    done = holdfast("verify", "--json", tmp_path / "zone")
    found = {finding["check"] for finding in json.loads(done.stdout)["findings"]}
    assert done.returncode == 1
    assert found & DAMAGE[damage], found
    refused = verdicts_of_peers(peer, tmp_path / "zone")
    missed = {name for name, refuses in refused.items() if not refuses}
    assert missed == MISSED.get((damage, denial), set())


def test_one_cause_is_one_finding(holdfast, good, tmp_path):
    zone = good("nsec")
    drop_zsk(zone)
    zone.to_file(str(tmp_path / "zone"), relativize=False)
    report = json.loads(holdfast("verify", "--json", tmp_path / "zone").stdout)
    missing = [f for f in report["findings"] if f["check"] == "rrsig-no-key"]
    assert len(missing) == 1
    assert missing[0]["count"] > 20
    assert missing[0]["owner"] == "example."
    assert re.search(r"key \d+ \(ECDSAP256SHA256\)", missing[0]["detail"])
