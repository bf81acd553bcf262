# SPDX-License-Identifier: GPL-3.0-or-later
"""Every version on the way through a rollover is accepted by `holdfast verify`, BIND, ldns and Knot.

Keys do what duties say (src/sign/duties.h); gradual changes leave signatures of old and new keys
side by side. No checker may find fault at any waypoint, also where signatures come before their
keys (RFC 6781 section 4.1.4).
"""

import os
import pathlib
import subprocess

import dns.rdatatype
import dns.zone
import pytest

KINDS = ["zsk", "ksk", "revoked", "algorithm", "csk"]


def versions(kind, folder, *denial):
    program = pathlib.Path(os.environ["HOLDFAST_BUILD"], "tests", "sign", "roll_versions")
    done = subprocess.run([program, kind, folder, *denial], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [folder / str(number) for number in range(int(done.stdout))]


def signers(path):
    """The sets of tags that sign the TXT sets of the zone."""
    zone = dns.zone.from_file(str(path), "example.", relativize=False)
    sets = zone.iterate_rdatasets(dns.rdatatype.RRSIG, dns.rdatatype.TXT)
    return {frozenset(rdata.key_tag for rdata in rrsigs) for _, rrsigs in sets}


@pytest.mark.parametrize("denial", [[], ["nsec3"]], ids=["nsec", "nsec3"])
@pytest.mark.parametrize("kind", KINDS)
def test_waypoints(holdfast, peer, tmp_path, kind, denial):
    for path in versions(kind, tmp_path, *denial):
        done = holdfast("verify", "--origin", "example", path)
        assert done.returncode == 0, done.stdout + done.stderr
        done = peer("dnssec-verify", "-z", "-o", "example", path)
        assert done.returncode == 0, done.stdout + done.stderr
        done = peer("ldns-verify-zone", path)
        assert done.returncode == 0, done.stdout + done.stderr
        done = peer("kzonecheck", "-o", "example", "-d", "on", path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_gradual_is_gradual(tmp_path):
    """Between the first and the last signature of a new ZSK both keys sign, each some sets."""
    paths = versions("zsk", tmp_path)
    before = signers(paths[0])
    assert len(before) == 1 and signers(paths[1]) == before
    for path in paths[2:]:
        sets = signers(path)
        assert len(sets) == 2 and before < sets and all(len(keys) == 1 for keys in sets)


def test_insecure(peer, tmp_path):
    """An unsigned zone in between, without anything of DNSSEC in it but DS records."""
    paths = versions("insecure", tmp_path, "nsec3")
    text = paths[1].read_text()
    for word in ("RRSIG", "DNSKEY", "NSEC", "CDS"):
        assert word not in text and word in paths[0].read_text() + "CDS"
    assert "DS" in text
    done = peer("named-checkzone", "-q", "example", paths[1])
    assert done.returncode == 0, done.stdout + done.stderr
    done = peer("dnssec-verify", "-z", "-o", "example", paths[2])
    assert done.returncode == 0, done.stdout + done.stderr
