# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones with one defect each, as a table: what is done to a good zone, what is asked, and what a
validator has to say about it."""

import dataclasses
import typing

import dns.dnssec
import dns.name

from zonevandal import DAY, Key, flip

BODY = """@ 3600 SOA ns hostmaster 1 7200 3600 1209600 300
@ 3600 NS ns
ns 3600 A {address}
www 3600 A 192.0.2.1
www 3600 A 192.0.2.2
mail 3600 MX 10 www
*.wild 3600 A 192.0.2.3
a.ent 3600 A 192.0.2.4
alias 3600 CNAME www
short 3600 DNAME wild
plain 3600 NS ns.plain
ns.plain 3600 A 192.0.2.5
zz 3600 TXT "last"
"""

SECURE, BOGUS, INSECURE = "secure", "bogus", "insecure"


@dataclasses.dataclass
class Case:
    name: str
    ask: str
    rrtype: str
    expected: str
    change: typing.Callable = None  # (signed) to a changed one, in place
    ds: typing.Callable = None  # (key, zone) to the text of the DS set
    options: tuple = ()
    unbound: str = None  # what Unbound says, when it is something else, and
    delv: str = None  # the same for delv:
    reason: str = ""  # why


CASES = []


def case(name, ask, rrtype, expected, **more):
    """Adds a case; as a decorator the function is its change."""

    def add(change):
        CASES.append(Case(name, ask, rrtype, expected, change, **more))
        return change

    return add


def good(name, ask, rrtype, expected=SECURE, **more):
    CASES.append(Case(name, ask, rrtype, expected, **more))


def nsec3_owner(signed, name):
    """The owner of the NSEC3 record that matches a name."""
    params = signed.set("@", "NSEC3PARAM")[0]
    label = dns.dnssec.nsec3_hash(signed.at(name), params.salt or None, params.iterations, 1)
    return f"{label.lower()}.{signed.name.to_text()}"


def rewrite(signed, name, rrtype, **fields):
    """Changes fields of the one record of a set, and signs it again."""
    rdataset = signed.set(name, rrtype)
    changed = rdataset[0].replace(**fields)
    ttl = rdataset.ttl
    signed.put(name, rrtype, changed.to_text(), ttl=ttl)
    signed.sign(name, rrtype)


def bitmap(signed, name, rrtype, add=(), remove=()):
    """Changes the types in an NSEC or NSEC3 record, and signs it again."""
    rdata = signed.set(name, rrtype)[0]
    words = rdata.to_text().split()
    first = 1 if rrtype == "NSEC" else 5
    types = [word for word in words[first:] if word not in remove] + list(add)
    signed.put(name, rrtype, " ".join(words[:first] + types), ttl=300)
    signed.sign(name, rrtype)


# ---- Good ones ----

for kind, options in (("nsec", ()), ("nsec3", ("--nsec3",))):
    good(f"{kind}-a", "www", "A", options=options)
    good(f"{kind}-nodata", "www", "TXT", options=options)
    good(f"{kind}-nxdomain", "nx", "A", options=options)
    good(f"{kind}-deep-nxdomain", "a.b.nx", "A", options=options)
    good(f"{kind}-wildcard", "x.wild", "A", options=options)
    good(f"{kind}-wildcard-nodata", "x.wild", "TXT", options=options)
    good(f"{kind}-ent", "ent", "A", options=options)
    good(f"{kind}-cname", "alias", "A", options=options)
    good(f"{kind}-dname", "y.short", "A", options=options)
    good(f"{kind}-no-ds", "plain", "DS", options=options)
    good(f"{kind}-soa", "@", "SOA", options=options)
    good(f"{kind}-dnskey", "@", "DNSKEY", options=options)

OPT_OUT = ("--nsec3", "--opt-out")
DELV_OPT_OUT = "delv says nothing of opt-out: to it a proof with it is as good as any"
good("optout-a", "www", "A", options=OPT_OUT)
good("optout-nodata", "www", "TXT", options=OPT_OUT)
good("optout-wildcard", "x.wild", "A", INSECURE, options=OPT_OUT)
for name, ask, rrtype in (
    ("nxdomain", "nx", "A"),
    ("deep-nxdomain", "a.b.nx", "A"),
    ("wildcard-nodata", "x.wild", "TXT"),
    ("dname", "y.short", "A"),
    ("no-ds", "plain", "DS"),
):
    good(
        f"optout-{name}", ask, rrtype, INSECURE, options=OPT_OUT, delv=SECURE, reason=DELV_OPT_OUT
    )
good("nsec3-salt", "nx", "A", options=("--nsec3", "--salt", "abcd", "--iterations", "3"))
good("unsigned", "www", "A", INSECURE, ds=lambda key, zone: "")
good(
    "ds-unknown-algorithm", "www", "A", INSECURE,
    ds=lambda key, zone: key.ds(zone, algorithm=99),
)
good(
    "ds-unknown-digest", "www", "A", INSECURE,
    ds=lambda key, zone: key.ds(zone, digest_type=99),
)
good("ds-sha1-and-sha256", "www", "A", ds=lambda key, zone: key.ds(zone, "SHA1") + key.ds(zone))
good("ds-sha384", "www", "A", ds=lambda key, zone: key.ds(zone, "SHA384"))
good("ds-and-another", "www", "A", ds=lambda key, zone: key.ds(zone) + Key().ds(zone))
good(
    "ds-and-unknown-algorithm", "www", "A",
    ds=lambda key, zone: key.ds(zone) + key.ds(zone, algorithm=99),
)
good(
    "ds-good-and-bad-digest", "www", "A",
    ds=lambda key, zone: key.ds(zone) + key.ds(zone, digest="00" * 32),
)

# ---- DS ----

for rrtype in ("A", "DNSKEY"):
    low = rrtype.lower()
    good(f"ds-other-key-{low}", "www" if rrtype == "A" else "@", rrtype, BOGUS,
         ds=lambda key, zone: Key().ds(zone))
good("ds-digest-wrong", "www", "A", BOGUS, ds=lambda key, zone: key.ds(zone, digest="11" * 32))
good("ds-tag-wrong", "www", "A", BOGUS, ds=lambda key, zone: key.ds(zone, tag=(key.tag + 1) % 65536))
good("ds-algorithm-wrong", "www", "A", BOGUS, ds=lambda key, zone: key.ds(zone, algorithm=8))
good("ds-digest-short", "www", "A", BOGUS, ds=lambda key, zone: key.ds(zone, digest="22" * 31))
good("ds-two-wrong", "www", "A", BOGUS, ds=lambda key, zone: Key().ds(zone) + Key().ds(zone))
good("ds-nxdomain-under-wrong", "nx", "A", BOGUS, ds=lambda key, zone: Key().ds(zone))
good(
    "ds-sha1-good-sha256-bad", "www", "A", BOGUS,
    ds=lambda key, zone: key.ds(zone, "SHA1") + key.ds(zone, digest="33" * 32),
    unbound=SECURE,
    reason="Unbound falls back on a weaker digest unless harden-algo-downgrade is on",
)

# ---- Keys ----

UNBOUND_REVOKED = "Unbound looks at the REVOKE flag of trust anchors only"


@case("no-dnskey", "www", "A", BOGUS)
def _(signed):
    signed.drop("@", "DNSKEY")
    signed.drop_sig("@", "DNSKEY")


@case("dnskey-unsigned", "www", "A", BOGUS)
def _(signed):
    signed.drop_sig("@", "DNSKEY")


@case("dnskey-sig-spoilt", "www", "A", BOGUS)
def _(signed):
    signed.spoil("@", "DNSKEY")


@case("dnskey-sig-expired", "www", "A", BOGUS)
def _(signed):
    signed.sign("@", "DNSKEY", inception=signed.now - 9 * DAY, expiration=signed.now - DAY)


@case("dnskey-sig-early", "www", "A", BOGUS)
def _(signed):
    signed.sign("@", "DNSKEY", inception=signed.now + DAY)


@case("dnskey-signed-by-other", "www", "A", BOGUS)
def _(signed):
    other = Key()
    signed.put_keys(signed.key, other)
    signed.sign("@", "DNSKEY", other)


@case("dnskey-replaced", "www", "A", BOGUS)
def _(signed):
    other = Key()
    signed.put_keys(other)
    signed.sign_all(other)


@case("dnskey-key-spoilt", "www", "A", BOGUS)
def _(signed):
    rdata = signed.key.rdata
    signed.put("@", "DNSKEY", rdata.replace(key=flip(rdata.key)).to_text())


@case("dnskey-more-is-fine", "www", "A", SECURE)
def _(signed):
    signed.put_keys(signed.key, Key(), Key(flags=256))
    signed.sign("@", "DNSKEY")


@case("dnskey-unknown-beside", "www", "A", SECURE)
def _(signed):
    signed.put_keys(signed.key, Key().set(256, algorithm=99))
    signed.sign("@", "DNSKEY")


def _flags(flags, protocol=3):
    """The zone's key gets other flags; everything is signed again and the DS fits."""

    def change(signed):
        signed.key.set(flags, protocol)
        signed.put_keys(signed.key)
        signed.sign_all()

    return change


def _flags_ds(flags, protocol=3):
    return lambda key, zone: key.set(flags, protocol).ds(zone)


CASES += [
    Case(
        "key-revoked", "www", "A", BOGUS, _flags(385), _flags_ds(385),
        unbound=SECURE, reason=UNBOUND_REVOKED,
    ),
    Case("key-no-zone-flag", "www", "A", BOGUS, _flags(1), _flags_ds(1)),
    Case("key-protocol", "www", "A", BOGUS, _flags(257, 2), _flags_ds(257, 2)),
    Case("key-without-sep", "www", "A", SECURE, _flags(256), _flags_ds(256)),
    Case("key-unknown-flags", "www", "A", SECURE, _flags(0x0109), _flags_ds(0x0109)),
]


@case("zsk-missing", "www", "A", BOGUS)
def _(signed):
    other = Key(flags=256)
    signed.sign("www", "A", other)


@case("zsk-fine", "www", "A", SECURE)
def _(signed):
    other = Key(flags=256)
    signed.put_keys(signed.key, other)
    signed.sign_all(other)
    signed.sign("@", "DNSKEY")


@case("zsk-signs-dnskey-alone", "www", "A", BOGUS)
def _(signed):
    other = Key(flags=256)
    signed.put_keys(signed.key, other)
    signed.sign_all(other)


@case("zsk-revoked", "www", "A", BOGUS, unbound=SECURE, reason=UNBOUND_REVOKED)
def _(signed):
    other = Key(flags=0x180)
    signed.put_keys(signed.key, other)
    signed.sign_all(other)
    signed.sign("@", "DNSKEY")


@case("zsk-no-zone-flag", "www", "A", BOGUS)
def _(signed):
    other = Key(flags=0)
    signed.put_keys(signed.key, other)
    signed.sign_all(other)
    signed.sign("@", "DNSKEY")


# ---- Signatures, over several kinds of answers ----

TARGETS = [("a", "www", "A", "www", "A"), ("soa", "@", "SOA", "@", "SOA"),
           ("cname", "alias", "CNAME", "alias", "A"), ("wild", "*.wild", "A", "q.wild", "A"),
           ("mx", "mail", "MX", "mail", "MX"), ("dname", "short", "DNAME", "y.short", "A")]


def _each(label, expected, change, only=None):
    for kind, name, covered, ask, rrtype in TARGETS:
        if only is None or kind in only:
            CASES.append(
                Case(
                    f"{label}-{kind}", ask, rrtype, expected,
                    lambda signed, name=name, covered=covered: change(signed, name, covered),
                )
            )


_each("sig-missing", BOGUS, lambda signed, name, rrtype: signed.drop_sig(name, rrtype))
_each("sig-spoilt", BOGUS, lambda signed, name, rrtype: signed.spoil(name, rrtype))
_each(
    "sig-expired", BOGUS,
    lambda signed, name, rrtype: signed.sign(
        name, rrtype, inception=signed.now - 9 * DAY, expiration=signed.now - DAY
    ),
)
_each(
    "sig-early", BOGUS,
    lambda signed, name, rrtype: signed.sign(name, rrtype, inception=signed.now + DAY),
    only=("a", "soa", "wild"),
)
_each(
    "sig-reversed", BOGUS,
    lambda signed, name, rrtype: signed.sign(
        name, rrtype, inception=signed.now + 2 * DAY, expiration=signed.now + DAY
    ),
    only=("a",),
)
_each(
    "sig-other-tag", BOGUS,
    lambda signed, name, rrtype: signed.change_sig(name, rrtype, key_tag=(signed.key.tag + 7) % 65536),
    only=("a", "soa"),
)
_each(
    "sig-other-algorithm", BOGUS,
    lambda signed, name, rrtype: signed.change_sig(name, rrtype, algorithm=8),
    only=("a",),
)
_each(
    "sig-foreign-signer", BOGUS,
    lambda signed, name, rrtype: signed.sign(name, rrtype, signer=dns.name.from_text("test.")),
    only=("a",),
)
_each(
    "sig-child-signer", BOGUS,
    lambda signed, name, rrtype: signed.sign(name, rrtype, signer=signed.at("www")),
    only=("a",),
)
_each(
    "sig-short", BOGUS,
    lambda signed, name, rrtype: signed.change_sig(
        name, rrtype, signature=signed.sigs(name, rrtype)[0].signature[:-1]
    ),
    only=("a",),
)
_each(
    "sig-labels-more", BOGUS,
    lambda signed, name, rrtype: signed.change_sig(name, rrtype, labels=9),
    only=("a",),
)
_each(
    "sig-original-ttl-changed", BOGUS,
    lambda signed, name, rrtype: signed.change_sig(name, rrtype, original_ttl=7200),
    only=("a",),
)
_each(
    "sig-good-and-spoilt", SECURE,
    lambda signed, name, rrtype: signed.replace_sigs(
        name, rrtype,
        *signed.sigs(name, rrtype),
        signed.rrsig(name, rrtype).replace(signature=bytes(64)),
    ),
    only=("a", "soa"),
)
_each(
    "sig-good-and-expired", SECURE,
    lambda signed, name, rrtype: signed.replace_sigs(
        name, rrtype,
        *signed.sigs(name, rrtype),
        signed.rrsig(name, rrtype, inception=signed.now - 9 * DAY, expiration=signed.now - DAY),
    ),
    only=("a", "soa"),
)


@case("data-changed", "www", "A", BOGUS)
def _(signed):
    signed.put("www", "A", "192.0.2.66")


@case("data-added", "www", "A", BOGUS)
def _(signed):
    signed.put("www", "A", "192.0.2.1", "192.0.2.2", "192.0.2.66")


@case("data-removed", "www", "A", BOGUS)
def _(signed):
    signed.put("www", "A", "192.0.2.1")


@case("data-ttl-raised", "www", "A", SECURE)
def _(signed):
    signed.put("www", "A", "192.0.2.1", "192.0.2.2", ttl=86400)


# ---- NSEC ----

NX, NODATA = ("nx", "A"), ("www", "TXT")


@case("nsec-all-gone-nxdomain", *NX, BOGUS)
@case("nsec-all-gone-nodata", *NODATA, BOGUS)
@case("nsec-all-gone-wildcard", "x.wild", "A", BOGUS)
@case("nsec-all-gone-no-ds", "plain", "DS", BOGUS)
def _(signed):
    for name in signed.owners("NSEC"):
        signed.drop(name.to_text(), "NSEC")
        signed.drop_sig(name.to_text(), "NSEC")


@case("nsec-unsigned-nxdomain", *NX, BOGUS)
@case("nsec-unsigned-nodata", *NODATA, BOGUS)
def _(signed):
    for name in signed.owners("NSEC"):
        signed.drop_sig(name.to_text(), "NSEC")


@case("nsec-spoilt-nxdomain", *NX, BOGUS)
@case("nsec-spoilt-nodata", *NODATA, BOGUS)
@case("nsec-spoilt-wildcard", "x.wild", "A", BOGUS)
def _(signed):
    for name in signed.owners("NSEC"):
        signed.spoil(name.to_text(), "NSEC")


@case("nsec-expired-nxdomain", *NX, BOGUS)
def _(signed):
    for name in signed.owners("NSEC"):
        signed.sign(
            name.to_text(), "NSEC", inception=signed.now - 9 * DAY, expiration=signed.now - DAY
        )


@case("nsec-bitmap-has-type", *NODATA, BOGUS)
def _(signed):
    bitmap(signed, "www", "NSEC", add=("TXT",))


@case("nsec-bitmap-has-cname", *NODATA, BOGUS)
def _(signed):
    bitmap(signed, "www", "NSEC", add=("CNAME",))


@case("nsec-bitmap-lacks-other", *NODATA, SECURE)
def _(signed):
    bitmap(signed, "www", "NSEC", remove=("A",))


@case("nsec-denies-existing", "www", "A", BOGUS)
def _(signed):
    signed.drop("www", "A")
    signed.drop_sig("www", "A")


@case("nsec-span-too-short", *NX, BOGUS)
def _(signed):
    rewrite(signed, "ns", "NSEC", next=signed.at("nt"))


@case("nsec-last-not-apex", "zzz", "A", BOGUS)
def _(signed):
    rewrite(signed, "zz", "NSEC", next=signed.at("zza"))


@case("nsec-soa-bit-missing-ds", "plain", "DS", BOGUS)
def _(signed):
    bitmap(signed, "plain", "NSEC", add=("DS",))


@case("nsec-delegation-without-ns-bit", "plain", "DS", SECURE)
def _(signed):
    bitmap(signed, "plain", "NSEC", remove=("NS",))


# ---- NSEC3 ----

NSEC3 = ("--nsec3",)


@case("nsec3-unsigned-nxdomain", *NX, BOGUS, options=NSEC3)
@case("nsec3-unsigned-nodata", *NODATA, BOGUS, options=NSEC3)
def _(signed):
    for name in signed.owners("NSEC3"):
        signed.drop_sig(name.to_text(), "NSEC3")


@case("nsec3-spoilt-nxdomain", *NX, BOGUS, options=NSEC3)
@case("nsec3-spoilt-nodata", *NODATA, BOGUS, options=NSEC3)
@case("nsec3-spoilt-wildcard", "x.wild", "A", BOGUS, options=NSEC3)
@case("nsec3-spoilt-no-ds", "plain", "DS", BOGUS, options=NSEC3)
def _(signed):
    for name in signed.owners("NSEC3"):
        signed.spoil(name.to_text(), "NSEC3")


@case("nsec3-bitmap-has-type", *NODATA, BOGUS, options=NSEC3)
def _(signed):
    bitmap(signed, nsec3_owner(signed, "www"), "NSEC3", add=("TXT",))


@case("nsec3-bitmap-has-cname", *NODATA, BOGUS, options=NSEC3)
def _(signed):
    bitmap(signed, nsec3_owner(signed, "www"), "NSEC3", add=("CNAME",))


@case("nsec3-ds-bit", "plain", "DS", BOGUS, options=NSEC3)
def _(signed):
    bitmap(signed, nsec3_owner(signed, "plain"), "NSEC3", add=("DS",))


@case(
    "nsec3-flags-unknown", *NX, BOGUS, options=NSEC3, delv=SECURE,
    reason="BIND does not ignore NSEC3 records with flags that nobody defined (RFC 5155, 8.2)",
)
def _(signed):
    for name in signed.owners("NSEC3"):
        rewrite(signed, name.to_text(), "NSEC3", flags=2)


@case("nsec3-algorithm-unknown", *NX, BOGUS, options=NSEC3)
def _(signed):
    for name in signed.owners("NSEC3"):
        rewrite(signed, name.to_text(), "NSEC3", algorithm=9)


@case("nsec3-expired-nodata", *NODATA, BOGUS, options=NSEC3)
def _(signed):
    for name in signed.owners("NSEC3"):
        signed.sign(
            name.to_text(), "NSEC3", inception=signed.now - 9 * DAY, expiration=signed.now - DAY
        )
