# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a zone like a registry's to standard output: generate_zone.py DELEGATIONS

Most names have two servers at one of a few thousand hosters, some have servers of their own with
glue; 60 % have a DS record. Names are in order, as a registry's database gives them. The same
number gives the same bytes, on any machine.
"""

import sys

ORIGIN = "bench"
DS_PERCENT = 60
GLUE_PERCENT = 4
HOSTERS = 3000
STEPS = (
    "ba cor den fi gu hal jo ki lem mo nar pe qui ro sa tel "
    "um vo win xa yo zu bri cla dra flo gre sto tri que sha the"
).split()
MASK = (1 << 64) - 1


def mix(number):
    """A 64-bit number that looks random, the same everywhere (the finaliser of SplitMix64)."""
    number = (number + 0x9E3779B97F4A7C15) & MASK
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & MASK
    return number ^ (number >> 31)


def label(index):
    """A pronounceable label of 3 to 6 steps; the index at its end keeps it unique."""
    bits = mix(index)
    word = "".join(STEPS[(bits >> (5 * step)) & 31] for step in range(2 + bits % 4))
    return f"{word}{index:x}"


def hoster(bits):
    """A name-server domain; a few hosters have most of the names."""
    share = (bits >> 40) % 1000 / 1000
    return f"dns{int(HOSTERS * share * share * share)}.hosting.example"


def delegation(name, index, write):
    bits = mix(index + (1 << 40))
    if bits % 100 < GLUE_PERCENT:
        write(f"{name} NS ns1.{name}\n{name} NS ns2.{name}\n")
        write(f"ns1.{name} A 192.0.2.{1 + bits % 250}\n")
        write(f"ns2.{name} AAAA 2001:db8::{bits & 0xFFFF:x}\n")
    else:
        domain = hoster(bits)
        write(f"{name} NS ns1.{domain}.\n{name} NS ns2.{domain}.\n")
    if (bits >> 8) % 100 < DS_PERCENT:
        digest = "".join(f"{mix(index + (part << 41)):016x}" for part in range(1, 5))
        write(f"{name} DS {(bits >> 16) & 0xFFFF} 13 2 {digest}\n")


def generate(count, write):
    write(f"$ORIGIN {ORIGIN}.\n$TTL 3600\n")
    write("@ SOA ns1 hostmaster 1 1800 900 604800 900\n@ NS ns1\n@ NS ns2\n")
    write("ns1 A 192.0.2.251\nns2 A 192.0.2.252\n")
    write('@ TXT "A zone made for timing"\n')
    for name, index in sorted((label(index), index) for index in range(count)):
        delegation(name, index, write)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: generate_zone.py DELEGATIONS > ZONE")
    generate(int(sys.argv[1]), sys.stdout.write)
