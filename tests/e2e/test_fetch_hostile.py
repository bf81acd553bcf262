# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching from primaries that lie, loop, drip, stall, or hang up: each ends in time with a
sentence, and nothing half is taken."""

import itertools
import time
import unittest.mock

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import pytest

from fetching import HOST, ZONE, fetch, free_port
from hostileprimary import (
    BODY, CLOSE, HAVE, KEY_OPTION, KEYRING, NEW, SECRET, WHOLE, HangingServer, address, answer,
    asks, circling, cut, endless, framed, primary_with, records, soa,
)


@pytest.fixture
def meet(tmp_path):
    """Fetches from servers that behave as told; what fetch_zone reports."""
    servers = []
    (tmp_path / "have").write_text("\n".join([soa(HAVE), *BODY]) + "\n")

    def run(*behaviours, options=(), have=True, seconds=5):
        for behave in behaviours:
            servers.append(HangingServer(HOST, free_port(), behave))
        places = [f"{HOST}@{server.udp.getsockname()[1]}" for server in servers]
        given = ("--have", tmp_path / "have") if have else ()
        started = time.monotonic()
        report = fetch(*places, *given, "--udp-ms", 200, "--idle", 2, "--out", tmp_path / "out", *options)
        assert time.monotonic() - started < seconds
        assert (tmp_path / "out").exists() == (report.get("kind") in ("axfr", "ixfr"))
        return report, places

    run.servers = servers
    run.out = tmp_path / "out"
    yield run
    for server in servers:
        server.close()


def drip_bytes(query):
    yield framed(answer(query, [soa(NEW)]))
    for byte in framed(answer(query, WHOLE[1:])):
        yield bytes([byte])
        yield 0.1


def drip_messages(query):
    yield framed(answer(query, [soa(NEW)]))
    for value in itertools.count():
        yield framed(answer(query, [address(f"n{value}", 1)]))
        yield 0.2


# What is sent after a good SOA answer; options; the sentence.
TRANSFERS = {
    "cut off": (cut, (), "closed the connection before the transfer was complete"),
    "ends early": (
        lambda query: [framed(answer(query, WHOLE[:-1])), CLOSE], (),
        "closed the connection before the transfer was complete",
    ),
    "never begins": (lambda query: [], ("--idle", 1), "sent no complete message for 1 s"),
    "stalls": (
        lambda query: [framed(answer(query, WHOLE[:-1]))], ("--idle", 1),
        "sent no complete message for 1 s",
    ),
    "drips bytes": (drip_bytes, ("--idle", 1), "sent no complete message for 1 s"),
    "drips messages": (
        drip_messages, ("--seconds", 2), "the 2 s for the whole transfer are over",
    ),
    "endless, by records": (endless, ("--records", 1000), "more than 1000 records"),
    "endless, by bytes": (endless, ("--bytes", 10000), "more than 10000 bytes"),
    "endless, by messages": (endless, ("--messages", 30), "more than 30 messages"),
    "in circles": (circling, (), "goes in circles"),
    "behind the end": (
        lambda query: [framed(answer(query, [*WHOLE, address("more", 1)]))], (),
        "records follow the SOA record that ends the AXFR",
    ),
    "changes meanwhile": (
        lambda query: [framed(answer(query, [*WHOLE[:-1], soa(NEW + 1)]))], (),
        f"began with serial {NEW} and ends with another SOA record, of serial {NEW + 1}",
    ),
    "not as new as announced": (
        lambda query: [framed(answer(query, [soa(HAVE), *BODY, soa(HAVE)]))], (),
        f"it transfers serial {HAVE}, not newer than our {HAVE}",
    ),
    "of another zone": (
        lambda query: [framed(answer(query, [soa(NEW), "www.other.test. 300 IN A 192.0.2.1"]))],
        (), f"www.other.test. is not in the zone {ZONE}",
    ),
    "another id": (
        lambda query: [framed(bytes([query[0] ^ 1]) + answer(query, WHOLE)[1:])], (),
        "has another id than our question",
    ),
    "refused": (
        lambda query: [framed(answer(query, [], dns.rcode.REFUSED))], (),
        "answered REFUSED to our AXFR question: it does not allow it",
    ),
    "broken on the server": (
        lambda query: [framed(answer(query, [], dns.rcode.SERVFAIL))], (), "answered SERVFAIL",
    ),
    "no DNS at all": (
        lambda query: [b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2000], (), "another id",
    ),
    "tiny messages": (lambda query: [b"\0\3abc"], (), "fewer than a DNS header"),
    "empty messages": (
        lambda query: itertools.repeat(framed(answer(query, []))), (), "has no records",
    ),
    "truncated over TCP": (
        lambda query: [framed(answer(query, WHOLE, flags=dns.flags.TC))], (), "is cut off",
    ),
    "junk at the end": (
        lambda query: [framed(answer(query, WHOLE) + b"junk")], (), "does not end where",
    ),
}


@pytest.mark.parametrize("name", sorted(TRANSFERS))
def test_bad_transfer(meet, name):
    transfer, options, sentence = TRANSFERS[name]
    report, places = meet(primary_with(transfer), options=("--axfr", *options))
    assert report["error"] is not None
    assert [text for text in report["sentences"] if sentence in text] == report["sentences"]
    assert report["sentences"][0].startswith(f"primary {places[0]}: ")


def differences(*lines):
    return [soa(NEW), soa(HAVE), *lines, soa(NEW)]


# Answers to IXFR after which the whole zone has to be asked for; a part of the note.
MISFITS = {
    "not implemented": (lambda query: [framed(answer(query, [], dns.rcode.NOTIMP))], "NOTIMP"),
    "refused": (lambda query: [framed(answer(query, [], dns.rcode.REFUSED))], "REFUSED"),
    "malformed question": (
        lambda query: [framed(answer(query, [], dns.rcode.FORMERR))], "FORMERR",
    ),
    "hangs up": (lambda query: [CLOSE], "closed the connection"),
    "nothing newer": (
        lambda query: [framed(answer(query, [soa(HAVE)]))], "knows of no differences",
    ),
    "too large, so the SOA alone": (
        lambda query: [framed(answer(query, [soa(NEW)])), CLOSE], "closed the connection",
    ),
    "other start": (
        lambda query: [framed(answer(query, [soa(NEW), soa(HAVE - 1), soa(NEW), soa(NEW)]))],
        f"start at serial {HAVE - 1}, but we have {HAVE}",
    ),
    "gap": (
        lambda query: [framed(answer(query, [
            soa(NEW), soa(HAVE), soa(HAVE + 1), soa(HAVE + 2), soa(NEW), soa(NEW)]))],
        "does not continue them",
    ),
    "deletes what is not there": (
        lambda query: [framed(answer(query, differences(address("no", 1), soa(NEW))))],
        f"delete no.{ZONE} A, which is not there",
    ),
    "adds what is there": (
        lambda query: [framed(answer(query, differences(soa(NEW), address("www", 2))))],
        f"add www.{ZONE} A, which is there already",
    ),
}


@pytest.mark.parametrize("name", sorted(MISFITS))
def test_differences_that_do_not_fit(meet, name):
    misfit, sentence = MISFITS[name]

    def transfer(query):
        if asks(query) == dns.rdatatype.IXFR:
            return misfit(query)
        return [framed(answer(query, WHOLE))]

    report, places = meet(primary_with(transfer))
    assert (report["error"], report["kind"], report["serial"]) == (None, "axfr", NEW)
    [note] = report["sentences"]
    assert note.startswith(f"primary {places[0]}: no IXFR, so AXFR: ") and sentence in note
    asked = [asks(query) for _, tcp, query in meet.servers[0].queries if tcp]
    assert asked == [dns.rdatatype.IXFR, dns.rdatatype.AXFR]


def test_one_record_a_message(meet):
    lines = [soa(NEW), soa(HAVE), address("www", 2), soa(NEW), address("www", 3), soa(NEW)]
    report, _ = meet(primary_with(lambda query: [framed(answer(query, [line])) for line in lines]))
    assert (report["kind"], report["messages"]) == ("ixfr", len(lines))
    assert "192.0.2.3" in meet.out.read_text() and "192.0.2.2" not in meet.out.read_text()


# Answers to the SOA question, over UDP and TCP; a part of the sentence.
SERIALS = {
    "no authority": (
        lambda query: answer(query, [soa(NEW)], flags=dns.flags.RA), "without authority",
    ),
    "no SOA": (lambda query: answer(query, [address("www", 1)]), "does not hold the zone's one SOA"),
    "two SOAs": (
        lambda query: answer(query, [soa(NEW), soa(NEW + 1)]), "does not hold the zone's one SOA",
    ),
    "of another zone": (
        lambda query: answer(query, [soa(NEW).replace(ZONE, "other.test.")]), "does not hold",
    ),
    "refused": (lambda query: answer(query, [], dns.rcode.REFUSED), "answered REFUSED to our SOA"),
    "not authoritative": (lambda query: answer(query, [], dns.rcode.NOTAUTH), "answered NOTAUTH"),
    "cut off, always": (
        lambda query: answer(query, [], flags=dns.flags.TC | dns.flags.AA), "cut off over TCP",
    ),
    "malformed": (lambda query: answer(query, [soa(NEW)])[:-3], "malformed"),
    "of another question": (
        lambda query: query[:2] + answer(dns.message.make_query("other.test.", "SOA").to_wire(), [])[2:],
        "another question than ours",
    ),
}


@pytest.mark.parametrize("name", sorted(SERIALS))
def test_bad_serial(meet, name):
    reply, sentence = SERIALS[name]
    report, _ = meet(lambda query, tcp: [framed(reply(query)) if tcp else reply(query)])
    assert report["error"] is not None
    assert len(report["sentences"]) == 1 and sentence in report["sentences"][0], report


def test_silence_over_udp(meet):
    """Something between lets only TCP through."""
    def behave(query, tcp):
        return primary_with(lambda query: [framed(answer(query, WHOLE))])(query, tcp) if tcp else []

    assert meet(behave, options=("--axfr",))[0]["kind"] == "axfr"


def test_strays_are_passed_over(meet):
    def behave(query, tcp):
        if tcp:
            return [framed(answer(query, WHOLE))]
        other = bytes([query[0] ^ 1]) + answer(query, [soa(HAVE)])[1:]
        return [other, b"", b"x", answer(query, [soa(NEW)])]

    assert meet(behave, options=("--axfr",))[0]["kind"] == "axfr"


def test_nobody_there(meet):
    report = fetch(f"{HOST}@{free_port()}", "--udp-ms", 200)
    assert report["error"] is not None
    assert "cannot be reached over TCP: connection refused" in report["sentences"][0]


def test_cancellation(meet):
    report, _ = meet(
        primary_with(lambda query: [framed(answer(query, WHOLE[:-1]))]),
        options=("--cancel", 300, "--axfr"), seconds=2,
    )
    assert report["error"] == "canceled"
    assert report["sentences"] == []


def test_the_next_primary(meet):
    """One hangs up, one is behind, the third has the zone."""
    good = primary_with(lambda query: [framed(answer(query, WHOLE))])
    lagging = primary_with(lambda query: [], serial=HAVE - 1)
    report, places = meet(primary_with(lambda query: [CLOSE]), lagging, good, options=("--axfr",))
    assert (report["kind"], report["primary"]) == ("axfr", 2)
    assert [text.split(": ")[0] for text in report["sentences"]] == [
        f"primary {places[0]}", f"primary {places[1]}"]
    assert "closed the connection" in report["sentences"][0]
    assert f"has serial {HAVE - 1}, which is not newer" in report["sentences"][1]


def test_one_that_lags(meet):
    """The first one has what we have, and the second one something new."""
    good = primary_with(lambda query: [framed(answer(query, WHOLE))])
    report, _ = meet(primary_with(lambda query: [], serial=HAVE), good, options=("--axfr",))
    assert (report["kind"], report["primary"], report["sentences"]) == ("axfr", 1, [])


def test_nothing_new_and_one_is_silent(meet):
    """Who has our serial says enough for not waiting long for the other; behind counts less."""
    behind, current, silent = (
        primary_with(lambda query: [], serial=HAVE - 2), primary_with(lambda query: [], serial=HAVE),
        lambda query, tcp: [],
    )
    report, places = meet(behind, current, silent, seconds=2)
    assert (report["kind"], report["primary"], report["serial"]) == ("current", 1, HAVE)
    assert [text.split(": ")[0] for text in report["sentences"]] == [
        f"primary {places[0]}", f"primary {places[2]}"]
    assert "does not answer over UDP" in report["sentences"][1]
    assert not [query for _, tcp, query in meet.servers[2].queries if tcp]


def test_every_primary_fails(meet):
    report, places = meet(
        primary_with(lambda query: [CLOSE]),
        lambda query, tcp: [framed(answer(query, [], 5)) if tcp else answer(query, [], 5)],
    )
    assert report["error"] is not None
    assert [text.split(": ")[0] for text in report["sentences"]] == [
        f"primary {places[0]}", f"primary {places[0]}", f"primary {places[1]}"]


# ---- TSIG ----


def signed(query, parts, skip=(), skew=0):
    """Messages of a transfer, signed but for those to skip; the clock may be wrong."""
    request = dns.message.from_wire(query, keyring=KEYRING)
    context = None
    wires = []
    for number, lines in enumerate(parts):
        message = dns.message.make_response(request)
        message.flags |= dns.flags.AA
        message.answer.extend(records(lines))
        if number in skip:
            message.tsig = None
            wire = message.to_wire(max_size=65535)
            if context is not None:
                context.update(wire)
        else:
            with unittest.mock.patch("time.time", return_value=time.time() + skew):
                wire = message.to_wire(max_size=65535, multi=len(parts) > 1, tsig_ctx=context)
            context = message.tsig_ctx
        wires.append(wire)
    return wires


def signed_primary(transfer, **options):
    """One that signs its answers to the SOA question with these options."""

    def behave(query, tcp):
        if asks(query) == dns.rdatatype.SOA:
            [wire] = signed(query, [[soa(NEW)]], **options)
            return [framed(wire) if tcp else wire]
        return [framed(wire) for wire in transfer(query)]

    return behave


PARTS = [[line] for line in WHOLE]


def test_signed_stream(meet):
    report, _ = meet(
        signed_primary(lambda query: signed(query, PARTS)), options=("--axfr", *KEY_OPTION)
    )
    assert (report["error"], report["kind"], report["sentences"]) == (None, "axfr", [])


def test_stream_with_unsigned_messages_between(meet):
    report, _ = meet(
        signed_primary(lambda query: signed(query, PARTS, skip=(1, 2, 3))),
        options=("--axfr", *KEY_OPTION),
    )
    assert (report["error"], report["kind"]) == (None, "axfr")


def tampered(query):
    wires = signed(query, PARTS)
    assert wires[2].count(b"\xc0\x00\x02\x01") == 1
    wires[2] = wires[2].replace(b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02")
    return wires


def swapped(query):
    wires = signed(query, PARTS)
    wires[2], wires[3] = wires[3], wires[2]
    return wires


def dropped(query):
    wires = signed(query, PARTS)
    return wires[:2] + wires[3:]


STREAMS = {
    "first unsigned": (lambda query: signed(query, PARTS, skip=(0,)), "not signed with TSIG"),
    "last unsigned": (
        lambda query: signed(query, PARTS, skip=(len(PARTS) - 1,)), "not signed with TSIG",
    ),
    "none signed": (
        lambda query: signed(query, PARTS, skip=range(len(PARTS))), "not signed with TSIG",
    ),
    "tampered": (tampered, "signed with another secret than ours for this TSIG key, or changed"),
    "swapped": (swapped, "or changed on the way"),
    "dropped": (dropped, "or changed on the way"),
}


@pytest.mark.parametrize("name", sorted(STREAMS))
def test_bad_tsig(meet, name):
    transfer, sentence = STREAMS[name]
    report, _ = meet(signed_primary(transfer), options=("--axfr", *KEY_OPTION))
    assert report["error"] is not None
    assert sentence in report["sentences"][0], report
    assert SECRET not in str(report)


def test_unsigned_serial(meet):
    report, _ = meet(signed_primary(lambda query: [], skip=(0,)), options=KEY_OPTION)
    assert "not signed with TSIG" in report["sentences"][0]


@pytest.mark.parametrize("skew, side", [(-3600, "behind"), (3600, "ahead of")])
def test_clocks_that_differ(meet, skew, side):
    report, _ = meet(signed_primary(lambda query: [], skew=skew), options=KEY_OPTION)
    assert f" s {side} our clock; set the clocks right" in report["sentences"][0], report
