# SPDX-License-Identifier: GPL-3.0-or-later
"""The program fetch_zone, and zones to fetch whose text is in the order and form of its output."""

import json
import os
import pathlib
import random
import socket
import subprocess

ZONE = "example.test."
HOST = "127.0.0.1"  # the one loopback address at which every peer can listen


def free_port():
    """A port that is free for UDP and TCP."""
    for _ in range(100):
        port = random.randint(10000, 30000)
        try:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind((HOST, port))
        except OSError:
            continue
        return port
    raise RuntimeError("no free port")


def fetch(*arguments, timeout=30):
    """Runs fetch_zone; what it reports."""
    program = pathlib.Path(os.environ["HOLDFAST_BUILD"], "tests", "net", "fetch_zone")
    done = subprocess.run(
        [program, ZONE, *map(str, arguments)], capture_output=True, text=True, timeout=timeout
    )
    assert done.returncode == 0, done.stderr
    assert "runtime error:" not in done.stderr, done.stderr
    return json.loads(done.stdout)


class Zone:
    """A zone whose records come and go; `text` is a zone file of it, `lines` what a dump has."""

    def __init__(self, names, seed=1):
        self.serial = 2**32 - 3
        self.dice = random.Random(seed)
        self.ttls = {}
        self.records = {("@", "NS", f"ns.{ZONE}"), ("ns", "A", "192.0.2.1")}
        self.added = 0
        self._add(names)

    def _add(self, names):
        for _ in range(names):
            self._add_name(self.added)
            self.added += 1

    def _add_name(self, number):
        kind = self.dice.randrange(4)
        owner = f"n{number}" if kind else f"n{number}.deep.below"
        self.records.add((owner, "A", f"192.0.2.{self.dice.randrange(250)}"))
        if kind == 1:
            self.records.add((owner, "MX", f"10 mail{number}.{ZONE}"))
        if kind == 2:
            self.records.add((owner, "TXT", f'"value {number}"'))
            self.records.add((owner, "AAAA", f"2001:db8::{number + 1:x}"))
        if kind == 3:
            self.records.add((f"d{number}", "NS", f"ns.d{number}.{ZONE}"))
            self.records.add((f"d{number}", "DS", f"{number % 65536} 13 2 {'AB' * 32}"))
            self.records.add((f"ns.d{number}", "A", "198.51.100.7"))

    def change(self, changes):
        self.serial = (self.serial + 1 + self.dice.randrange(3)) % 2**32
        for record in self.dice.sample(sorted(self.records), changes):
            if record[0] != "@" and self.dice.randrange(2):
                self.records.remove(record)
            elif record[1] != "NS":
                self.ttls[record[:2]] = 60 * self.dice.randrange(1, 9)
        self._add(changes)

    def _soa(self):
        return f"ns.{ZONE} hostmaster.{ZONE} {self.serial} 7200 3600 1209600 300"

    @property
    def lines(self):
        """Sorted lines, as a dump has them."""
        owner = {"@": ZONE}
        lines = [f"{ZONE}\t300\tIN\tSOA\t{self._soa()}"]
        for name, rrtype, rdata in self.records:
            ttl = self.ttls.get((name, rrtype), 300)
            lines.append(f"{owner.get(name, name + '.' + ZONE)}\t{ttl}\tIN\t{rrtype}\t{rdata}")
        return sorted(lines)

    @property
    def text(self):
        """A zone file, SOA record first."""
        return "\n".join(sorted(self.lines, key=lambda line: "\tSOA\t" not in line)) + "\n"


def dumped(path):
    """The lines of a zone that fetch_zone wrote."""
    return sorted(path.read_text().splitlines())
