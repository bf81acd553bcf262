# SPDX-License-Identifier: GPL-3.0-or-later
"""Primaries that misbehave: a server that can hang up, and messages of transfers made by hand."""

import itertools
import time

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring

from fetching import ZONE
from hostileserver import HostileServer

HAVE, NEW = 5, 8  # serials: what we have, what the primary has
CLOSE = object()  # among what to send: hang up
KEY, SECRET = "transfer.key", "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMgbG9uZyE="
KEY_OPTION = ("--key", f"{KEY}:hmac-sha256:{SECRET}")
KEYRING = dns.tsigkeyring.from_text({KEY: SECRET})


class HangingServer(HostileServer):
    """One that can hang up, too."""

    def _talk(self, connection):
        try:
            head = connection.recv(2)
            query = connection.recv(int.from_bytes(head, "big"))
            for part in self._note(query, True, None) if query else []:
                if part is CLOSE:
                    connection.close()
                    return
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    time.sleep(part)
        except OSError:
            pass


def soa(serial, mname="ns"):
    return f"{ZONE} 300 IN SOA {mname}.{ZONE} hostmaster.{ZONE} {serial} 7200 3600 1209600 300"


def address(owner, value):
    return f"{owner}.{ZONE} 300 IN A 192.0.2.{value}"


BODY = [f"{ZONE} 300 IN NS ns.{ZONE}", address("ns", 1), address("www", 2)]
WHOLE = [soa(NEW), *BODY, soa(NEW)]


def records(lines):
    for line in lines:
        owner, ttl, rdclass, rrtype, rdata = line.split(maxsplit=4)
        yield dns.rrset.from_text(owner, int(ttl), rdclass, rrtype, rdata)


def answer(query, lines, rcode=dns.rcode.NOERROR, flags=dns.flags.AA):
    """A response with these records; as bytes."""
    message = dns.message.make_response(dns.message.from_wire(query, keyring=KEYRING))
    message.tsig = None
    message.flags |= flags
    message.set_rcode(rcode)
    message.answer.extend(records(lines))
    return message.to_wire(max_size=65535)


def framed(wire):
    return len(wire).to_bytes(2, "big") + wire


def asks(query):
    return dns.message.from_wire(query, keyring=KEYRING).question[0].rdtype


def primary_with(transfer, serial=NEW):
    """Answers SOA questions well, and others with what `transfer(query)` says."""

    def behave(query, tcp):
        if asks(query) == dns.rdatatype.SOA:
            wire = answer(query, [soa(serial)])
            return [framed(wire) if tcp else wire]
        return transfer(query)

    return behave


def endless(query):
    """A transfer that never comes to its end."""
    yield framed(answer(query, [soa(NEW)]))
    for value in itertools.count():
        yield framed(answer(query, [address(f"n{value}-{number}", 1) for number in range(20)]))


def circling(query, serial=NEW):
    """A transfer that has the same records again and again."""
    yield framed(answer(query, [soa(serial)]))
    again = framed(answer(query, [address("www", value) for value in range(200)]))
    yield from itertools.repeat(again)


def cut(query, serial=NEW):
    whole = framed(answer(query, [soa(serial), *BODY, soa(serial)]))
    return [whole[:-20], CLOSE]
