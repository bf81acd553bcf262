# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed zone that a test damages: its records, and keys to sign again what was changed."""

import base64

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

DAY = 86400
P256 = 13


class Key:
    """A new ECDSA P-256 key pair."""

    def __init__(self, flags=257, protocol=3):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.set(flags, protocol)

    def set(self, flags, protocol=3, algorithm=P256):
        point = self.private.public_key().public_numbers()
        data = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
        encoded = base64.b64encode(data).decode()
        self.rdata = dns.rdata.from_text(
            "IN", "DNSKEY", f"{flags} {protocol} {algorithm} {encoded}"
        )
        self.tag = dns.dnssec.key_id(self.rdata)
        return self

    def write(self, folder, zone):
        """As BIND's key files: much faster than a run of keygen for each of many zones."""
        folder.mkdir()
        secret = self.private.private_numbers().private_value.to_bytes(32, "big")
        path = folder / f"K{zone}+{P256:03}+{self.tag:05}"
        path.with_name(path.name + ".key").write_text(f"{zone} IN DNSKEY {self.rdata.to_text()}\n")
        private = path.with_name(path.name + ".private")
        private.write_text(
            f"Private-key-format: v1.3\nAlgorithm: {P256} (ECDSAP256SHA256)\n"
            f"PrivateKey: {base64.b64encode(secret).decode()}\n"
        )
        private.chmod(0o600)
        return folder

    def ds(self, zone, hashed="SHA256", **changes):
        """The DS record as a line; `changes` are fields that it gets wrong."""
        made = dns.dnssec.make_ds(
            dns.name.from_text(zone), self.rdata, hashed, policy=dns.dnssec.allow_all_policy
        )
        tag = changes.get("tag", made.key_tag)
        algorithm = changes.get("algorithm", int(made.algorithm))
        kind = changes.get("digest_type", int(made.digest_type))
        data = changes.get("digest", made.digest.hex())
        return f"{zone} 3600 DS {tag} {algorithm} {kind} {data}\n"

    def sign(self, data):
        r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def flip(data, at=-1):
    """One bit of some bytes turned over."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


class Signed:
    """A signed zone. Names are relative to it: "www", "@"."""

    def __init__(self, zone, text, key, now):
        self.name = dns.name.from_text(zone)
        self.zone = dns.zone.from_text(
            text, origin=self.name, relativize=False, check_origin=False
        )
        self.key = key
        self.now = now

    def text(self):
        return self.zone.to_text(relativize=False) + "\n"

    def at(self, name):
        return dns.name.from_text(name, self.name)

    def set(self, name, rrtype, covers="NONE"):
        return self.zone.find_rdataset(self.at(name), rrtype, covers)

    def drop(self, name, rrtype, covers="NONE"):
        self.zone.delete_rdataset(self.at(name), rrtype, covers)

    def drop_sig(self, name, rrtype):
        self.drop(name, "RRSIG", rrtype)

    def drop_name(self, name):
        self.zone.delete_node(self.at(name))

    def put(self, name, rrtype, *texts, ttl=3600):
        """Replaces a set; it keeps the signature that it had."""
        self.drop(name, rrtype)
        rdataset = self.zone.find_rdataset(self.at(name), rrtype, create=True)
        for text in texts:
            rdataset.add(dns.rdata.from_text("IN", rrtype, text, self.name), ttl)

    def put_keys(self, *keys, ttl=3600):
        self.put("@", "DNSKEY", *[key.rdata.to_text() for key in keys], ttl=ttl)

    def owners(self, rrtype):
        return [name for name in self.zone if self.zone.get_rdataset(name, rrtype)]

    def sigs(self, name, rrtype):
        return list(self.set(name, "RRSIG", rrtype))

    def replace_sigs(self, name, rrtype, *rrsigs, ttl=3600):
        self.drop_sig(name, rrtype)
        rdataset = self.zone.find_rdataset(self.at(name), "RRSIG", rrtype, create=True)
        for rrsig in rrsigs:
            rdataset.add(rrsig, ttl)

    def change_sig(self, name, rrtype, **fields):
        """Changes fields of the signatures there, and does not sign again."""
        changed = [rrsig.replace(**fields) for rrsig in self.sigs(name, rrtype)]
        self.replace_sigs(name, rrtype, *changed)

    def spoil(self, name, rrtype):
        """The signatures there do not verify any more."""
        changed = [
            rrsig.replace(signature=flip(rrsig.signature)) for rrsig in self.sigs(name, rrtype)
        ]
        self.replace_sigs(name, rrtype, *changed)

    def rrsig(self, name, rrtype, key=None, **fields):
        """A new signature over the set there, with these fields."""
        key = key or self.key
        owner = self.at(name)
        rdataset = self.set(name, rrtype)
        labels = len(owner) - 1 - (1 if owner.is_wild() else 0)
        values = {
            "algorithm": key.rdata.algorithm,
            "labels": labels,
            "original_ttl": rdataset.ttl,
            "expiration": self.now + 7 * DAY,
            "inception": self.now - 3600,
            "key_tag": key.tag,
            "signer": self.name,
        }
        values.update(fields)
        made = dns.rdtypes.ANY.RRSIG.RRSIG(
            dns.rdataclass.IN, dns.rdatatype.RRSIG, dns.rdatatype.from_text(rrtype),
            values["algorithm"], values["labels"], values["original_ttl"], values["expiration"],
            values["inception"], values["key_tag"], values["signer"], b"",
        )
        data = made.to_wire(origin=self.name)[:18] + made.signer.canonicalize().to_wire()
        shown = owner
        if made.labels < len(owner) - 1:
            shown = dns.name.Name((b"*",) + owner[len(owner) - 1 - made.labels :])
        head = shown.canonicalize().to_wire()
        head += bytes([0, dns.rdatatype.from_text(rrtype), 0, 1]) + made.original_ttl.to_bytes(4, "big")
        for wire in sorted(rdata.to_digestable(self.name) for rdata in rdataset):
            data += head + len(wire).to_bytes(2, "big") + wire
        return made.replace(signature=key.sign(data))

    def sign(self, name, rrtype, key=None, **fields):
        """Replaces the signatures there by a new one."""
        self.replace_sigs(name, rrtype, self.rrsig(name, rrtype, key, **fields))

    def sign_all(self, key=None, **fields):
        """Signs everything that was signed anew."""
        for name, node in list(self.zone.items()):
            covered = [rdataset.covers for rdataset in node if rdataset.rdtype == dns.rdatatype.RRSIG]
            for rrtype in covered:
                self.sign(name.to_text(), dns.rdatatype.to_text(rrtype), key, **fields)
