# SPDX-License-Identifier: GPL-3.0-or-later
"""The transfer server and the notifier with other people's servers and clients.

serve_zone (tests/net) serves zone files; NSD, Knot and BIND are its secondaries, dig, kdig and
drill its clients, and hostile clients are made here.
"""

import os
import pathlib
import queue
import socket
import struct
import subprocess
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsig
import dns.tsigkeyring
import dns.xfr
import dns.zone
import pytest

import dnsworld

SECRET = "c2VjcmV0IGZvciB0cmFuc2ZlcnMgaW4gdGVzdHMu"
OTHER_SECRET = "YW5vdGhlciBzZWNyZXQgZm9yIHRlc3RzIG9ubHkh"
KEY = "transfer.key."
WAIT = 20
BUILD = pathlib.Path(os.environ.get("HOLDFAST_BUILD", "build"))


def free_port(*hosts):
    """A port that is free for UDP and TCP."""
    for _ in range(100):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if all(dnsworld.is_free(host, port) for host in hosts or ("127.0.0.1",)):
            return port
    raise RuntimeError("no free port")


def zone_text(serial, hosts=200, extra=""):
    records = [
        f"$ORIGIN example.\n@ 3600 SOA ns1 hostmaster {serial} 2 2 1209600 300",
        "@ 3600 NS ns1\n@ 3600 NS ns2\nns1 3600 A 192.0.2.1\nns2 3600 AAAA 2001:db8::2",
        '@ 3600 MX 10 mail.Example.\n@ 3600 TXT "some words" "more \\"words\\""',
        "*.wild 60 CNAME www\nsrv 60 SRV 1 2 53 ns1\nunknown 60 TYPE65400 \\# 3 010203",
    ]
    records += [
        f"host{number} 3600 A 10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        for number in range(hosts)
    ]
    return "\n".join(records) + "\n" + extra


class Server:
    """serve_zone under the test's control; what it says is in `said`."""

    def __init__(self, *words, port=None, **options):
        self.port = port or free_port()
        program = BUILD / "tests" / "net" / "serve_zone"
        self.process = subprocess.Popen(
            [program, "listen", f"127.0.0.1#{self.port}", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        self.said = queue.Queue()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()
        self.expect("ready")

    def _listen(self):
        for line in self.process.stdout:
            self.said.put(line.rstrip("\n"))
        self.said.put(None)

    def expect(self, start, seconds=WAIT):
        """The next line that begins like this; those before it are passed over."""
        until = time.monotonic() + seconds
        while True:
            try:
                line = self.said.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"serve_zone did not say '{start}' in {seconds} s")
            if line is None:
                pytest.fail(f"serve_zone ended: {self.process.stderr.read()}")
            if line.startswith(start):
                return line

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def counters(self):
        self.tell("counters")
        words = self.expect("counters").split()[1:]
        return {name: int(number) for name, number in (word.split("=") for word in words)}

    def targets(self, zone="example"):
        """The lines of `state`."""
        self.tell(f"state {zone}")
        lines = []
        while True:
            line = self.said.get(timeout=WAIT)
            if line == "end":
                return lines
            if line is not None and line.startswith("state "):
                lines.append(line)

    def close(self):
        """Ends it, and looks that it ended well: a sanitizer's complaint is a failure."""
        self.process.stdin.close()
        try:
            code = self.process.wait(timeout=WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.thread.join()
            errors = self.process.stderr.read()
            self.process.stdout.close()
            self.process.stderr.close()
        assert code == 0, errors
        assert errors == ""


@pytest.fixture
def serve(tmp_path):
    """serve(*words, text=...) starts a server for `example.`; all are ended after the test."""
    servers = []

    def start(*words, text=None, **options):
        path = tmp_path / "example.zone"
        path.write_text(text if text is not None else zone_text(1))
        server = Server("zone", "example", path, *words, **options)
        server.folder = tmp_path
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.close()


def load(server, text):
    """Has the server go on to a new version."""
    path = server.folder / "example.zone"
    path.write_text(text)
    server.tell(f"load example {path}")
    return server.expect("loaded")


ANYBODY = ("allow", "example", "tnq", "127.0.0.0/8", "-")
WITH_KEY = ("key", KEY, "hmac-sha256", SECRET, "allow", "example", "tnq", "-", KEY)


# ---- Clients ----


def transfer(server, zone=None, **options):
    """A transfer with dnspython: the differences when there is a zone, else all of it."""
    zone = dns.zone.Zone("example.") if zone is None else zone
    query, _ = dns.xfr.make_query(zone, **options)
    dns.query.inbound_xfr("127.0.0.1", zone, query, port=server.port, timeout=WAIT, lifetime=WAIT)
    return zone


def same_zone(zone, text):
    wanted = dns.zone.from_text(text, "example.", relativize=False)
    got = dns.zone.from_text(zone.to_text(relativize=False), "example.", relativize=False)
    assert got == wanted


def lines_of(text):
    """Records of a client's output, without comments, in one order."""
    lines = [line.split(";")[0].split() for line in text.splitlines()]
    return sorted(" ".join(line).lower() for line in lines if len(line) > 3)


def test_clients_get_the_whole_zone(serve, peer):
    server = serve(*ANYBODY)
    same_zone(transfer(server), zone_text(1))
    dig = peer("dig", "@127.0.0.1", "-p", server.port, "example", "AXFR", "+noall", "+answer")
    kdig = peer("kdig", "@127.0.0.1", "-p", server.port, "example", "AXFR", "+noall", "+answer")
    drill = peer("drill", "-p", server.port, "@127.0.0.1", "example", "AXFR")
    assert dig.returncode == kdig.returncode == drill.returncode == 0
    assert len(lines_of(dig.stdout)) == 211
    for other in kdig, drill:
        assert len(lines_of(other.stdout)) == len(lines_of(dig.stdout))
    server.expect("transfer example. axfr 1 211")


@pytest.mark.parametrize(
    "algorithm", ["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
)
def test_clients_with_tsig(serve, peer, algorithm):
    server = serve("key", KEY, algorithm, SECRET, "allow", "example", "t", "-", KEY)
    key = f"{algorithm}:{KEY}:{SECRET}"
    port = ("@127.0.0.1", "-p", server.port, "example", "AXFR")
    for name in "dig", "kdig":
        done = peer(name, *port, "-y", key)
        assert done.returncode == 0
        assert len(lines_of(done.stdout)) >= 211, done.stdout
        assert "invalid" not in done.stdout and "failed" not in done.stdout.lower()
    keyring = dns.tsigkeyring.from_text({KEY: (algorithm, SECRET)})
    same_zone(transfer(server, keyring=keyring, keyname=KEY, keyalgorithm=algorithm), zone_text(1))
    assert server.counters()["axfr"] == 3


def test_large_streams_with_tsig(serve, peer):
    """Many messages, each with a MAC over the one before."""
    text = zone_text(1, hosts=5000)
    server = serve(*WITH_KEY, text=text)
    done = peer("dig", "@127.0.0.1", "-p", server.port, "example", "AXFR", "-y",
                f"hmac-sha256:{KEY}:{SECRET}")
    assert "XFR size: 5011 records" in done.stdout
    assert "tsig" not in done.stderr.lower()
    keyring = dns.tsigkeyring.from_text({KEY: SECRET})
    same_zone(transfer(server, keyring=keyring, keyname=KEY), text)
    messages = int(server.expect("transfer").split()[5])
    assert messages > 5


def query(server, name, kind, tcp=False, keyring=None, key=None, **options):
    message = dns.message.make_query(name, kind, **options)
    if keyring is not None:
        message.use_tsig(keyring, key)
    ask = dns.query.tcp if tcp else dns.query.udp
    return ask(message, "127.0.0.1", port=server.port, timeout=WAIT)


def rcode(*arguments, **options):
    return dns.rcode.to_text(query(*arguments, **options).rcode())


def test_closed_by_default(serve):
    server = serve()
    for kind in "SOA", "DNSKEY", "NS", "A":
        assert rcode(server, "example", kind) == "REFUSED"
    assert rcode(server, "example", "AXFR", tcp=True) == "REFUSED"
    assert server.expect("refusal example. 5").endswith("access list allows this")
    answer = query(server, "Other.Example.NET", "SOA", want_dnssec=True)
    assert answer.rcode() == dns.rcode.REFUSED
    assert [(int(option.code), option.text) for option in answer.options if option.otype == 15] == [
        (20, "no zone of this name is served here")
    ]


def test_what_is_answered(serve):
    text = zone_text(7, hosts=3)
    server = serve("allow", "example", "q", "127.0.0.1", "-", text=text)
    for tcp in False, True:
        answer = query(server, "eXaMple", "SOA", tcp=tcp)
        assert answer.rcode() == dns.rcode.NOERROR
        assert answer.flags & dns.flags.AA
        assert answer.question[0].name.to_text() == "eXaMple."
        assert answer.answer[0][0].serial == 7
        assert len(query(server, "example", "NS", tcp=tcp).answer[0]) == 2
        assert not query(server, "example", "DNSKEY", tcp=tcp).answer
        for name, kind in ("www.example", "A"), ("example", "A"), ("sub.example", "SOA"):
            assert rcode(server, name, kind, tcp=tcp) == "REFUSED"
        assert rcode(server, "example", "AXFR", tcp=True) == "REFUSED"
        newer = dns.message.make_query("example", "SOA")
        newer.use_edns(1)
        answer = (dns.query.tcp if tcp else dns.query.udp)(newer, "127.0.0.1", port=server.port)
        assert answer.rcode() == dns.rcode.BADVERS
    server.tell("expire example")
    server.expect("expired")
    assert rcode(server, "example", "SOA") == "SERVFAIL"
    server.tell("remove example")
    server.expect("removed 1")
    assert rcode(server, "example", "SOA") == "REFUSED"


def test_wrong_keys(serve, peer):
    server = serve(*WITH_KEY)
    wrong = dns.tsigkeyring.from_text({KEY: OTHER_SECRET, "unknown.key.": SECRET})
    with pytest.raises(dns.tsig.PeerBadSignature):
        query(server, "example", "SOA", keyring=wrong, key=KEY)
    with pytest.raises(dns.tsig.PeerBadKey):
        query(server, "example", "SOA", keyring=wrong, key="unknown.key.")
    kdig = peer("kdig", "@127.0.0.1", "-p", server.port, "example", "AXFR", "-y",
                f"hmac-sha512:{KEY}:{SECRET}")
    assert "BADKEY" in kdig.stderr
    assert server.counters()["bad_tsig"] == 3
    assert SECRET not in "".join(list(server.said.queue))


@pytest.mark.parametrize("shift", [-400, 400])
def test_wrong_time(serve, peer, shift, monkeypatch):
    server = serve(*WITH_KEY)
    keyring = dns.tsigkeyring.from_text({KEY: SECRET})
    now = time.time
    message = dns.message.make_query("example", "SOA")
    message.use_tsig(keyring, KEY)
    monkeypatch.setattr(time, "time", lambda: now() + shift)
    wire = message.to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(WAIT)
        udp.sendto(wire, ("127.0.0.1", server.port))
        answer = udp.recv(65535)
    # The MAC is good, so that the other side learns of our clock for sure.
    with pytest.raises(dns.tsig.PeerBadTime):
        dns.message.from_wire(answer, keyring=message.keyring, request_mac=message.mac)


def test_increments(serve, peer):
    server = serve(*ANYBODY)
    zone = transfer(server)
    for serial in range(2, 6):
        load(server, zone_text(serial, hosts=200 + serial, extra=f"new{serial} 60 TXT {serial}\n"))
    newest = zone_text(5, hosts=205, extra="new5 60 TXT 5\n")
    same_zone(transfer(server, zone=zone), newest)
    assert server.expect("transfer example. ixfr 5")
    # Nothing is new, by TCP and by UDP.
    same_zone(transfer(server, zone=zone), newest)
    assert server.expect("transfer example. soa 5 1 1")
    dig = peer("dig", "@127.0.0.1", "-p", server.port, "example", "IXFR=4", "+tcp")
    assert "XFR size: 7 records" in dig.stdout
    kdig = peer("kdig", "@127.0.0.1", "-p", server.port, "example", "IXFR=4")
    assert len(lines_of(kdig.stdout)) >= 7
    # Older than what is kept: the whole zone.
    dig = peer("dig", "@127.0.0.1", "-p", server.port, "example", "IXFR=77", "+tcp")
    assert "XFR size: 1 records" in dig.stdout
    dig = peer("dig", "@127.0.0.1", "-p", server.port, "example", "IXFR=4294967290", "+tcp")
    assert "XFR size: 217 records" in dig.stdout


def ixfr_query(serial, **options):
    message = dns.message.make_query("example", "IXFR", **options)
    soa = dns.rrset.from_text("example.", 0, "IN", "SOA", f". . {serial} 0 0 0 0")
    message.authority.append(soa)
    return message


def test_increments_in_datagrams(serve):
    server = serve(*ANYBODY)
    load(server, zone_text(2, hosts=201))
    answer = dns.query.udp(ixfr_query(1), "127.0.0.1", port=server.port, timeout=WAIT,
                            one_rr_per_rrset=True)
    assert [rrset[0].rdtype for rrset in answer.answer] == [6, 6, 6, 1, 6]
    # What does not fit is one SOA record: ask again over TCP.
    load(server, zone_text(3, hosts=400))
    for serial in 1, 2, 3:
        message = ixfr_query(serial, want_dnssec=True)
        answer = dns.query.udp(message, "127.0.0.1", port=server.port, timeout=WAIT)
        assert len(answer.answer) == 1 and answer.answer[0][0].serial == 3
        assert not answer.flags & dns.flags.TC
    assert rcode(server, "example", "IXFR") == "FORMERR"
    assert rcode(server, "example", "AXFR") == "FORMERR"


def test_notify_in(serve):
    server = serve("allow", "example", "n", "127.0.0.1", "-")
    message = dns.message.make_query("example", "SOA")
    message.set_opcode(dns.opcode.NOTIFY)
    message.answer.append(dns.rrset.from_text("example.", 0, "IN", "SOA", ". . 77 0 0 0 0"))
    answer = dns.query.udp(message, "127.0.0.1", port=server.port, timeout=WAIT)
    assert answer.rcode() == dns.rcode.NOERROR and answer.opcode() == dns.opcode.NOTIFY
    assert server.expect("notify") == "notify example. 77"
    assert rcode(server, "example", "SOA") == "REFUSED"


# ---- Secondaries ----


def wait_serial(host, port, serial, seconds=WAIT):
    until = time.monotonic() + seconds
    last = None
    while time.monotonic() < until:
        try:
            answer = dns.query.udp(
                dns.message.make_query("example", "SOA"), host, port=port, timeout=1
            )
            if answer.answer:
                last = answer.answer[0][0].serial
                if last == serial:
                    return
        except (dns.exception.Timeout, OSError):
            pass
        time.sleep(0.05)
    pytest.fail(f"the secondary has serial {last}, not {serial}")


class Secondary:
    def __init__(self, folder, kind, port, primary, with_key):
        self.folder = folder
        self.port = port
        self.primary = primary
        self.key = with_key
        folder.mkdir()
        config = getattr(self, kind)()
        with open(folder / "log", "w") as log:
            self.process = subprocess.Popen(
                [dnsworld.program(config[0]), *map(str, config[1:])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
            )

    def nsd(self):
        name = KEY if self.key else "NOKEY"
        path = self.folder / "nsd.conf"
        path.write_text(
            f"""server:
	ip-address: 127.0.0.1@{self.port}
	server-count: 1
	username: ""
	chroot: ""
	zonesdir: "{self.folder}"
	pidfile: "{self.folder}/pid"
	zonelistfile: "{self.folder}/zonelist"
	xfrdfile: "{self.folder}/xfrd"
	xfrdir: "{self.folder}"
	database: ""
	verbosity: 2
remote-control:
	control-enable: no
key:
	name: "{KEY}"
	algorithm: hmac-sha256
	secret: "{SECRET}"
zone:
	name: example
	zonefile: example.zone
	allow-notify: 127.0.0.1 {name}
	request-xfr: 127.0.0.1@{self.primary} {name}
"""
        )
        return "nsd", "-d", "-c", path

    def knot(self):
        path = self.folder / "knot.conf"
        key = f"\n    key: {KEY}" if self.key else ""
        path.write_text(
            dnsworld.knot_config(self.folder, f"127.0.0.1@{self.port}")
            + dnsworld.knot_key(KEY, SECRET)
            + f"""remote:
  - id: primary
    address: 127.0.0.1@{self.primary}{key}
acl:
  - id: news
    address: 127.0.0.1
    action: notify{key}
zone:
  - domain: example
    storage: "{self.folder}"
    master: primary
    acl: news
"""
        )
        return "knotd", "-c", path

    def bind(self):
        path = self.folder / "named.conf"
        key = f" key {KEY}" if self.key else ""
        path.write_text(
            dnsworld.bind_config(
                self.folder, "127.0.0.1", self.port, "min-refresh-time 1; min-retry-time 1;"
            )
            + dnsworld.bind_key(KEY, SECRET)
            + f"""zone "example" {{ type secondary; file "example.zone"; masterfile-format text;
	primaries port {self.primary} {{ 127.0.0.1{key}; }}; allow-notify {{ 127.0.0.1; }}; }};
"""
        )
        return "named", "-g", "-c", path, "-n", "1"

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=WAIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@pytest.mark.parametrize("with_key", [False, True], ids=["plain", "tsig"])
@pytest.mark.parametrize("kind", ["nsd", "knot", "bind"])
def test_secondaries_follow(serve, tmp_path, peer, kind, with_key):
    port = free_port()
    key = KEY if with_key else "-"
    server = serve(
        "key", KEY, "hmac-sha256", SECRET, "allow", "example", "tq", "127.0.0.1", key,
        "notify", "example", f"127.0.0.1#{port}", key,
    )
    secondary = Secondary(tmp_path / kind, kind, port, server.port, with_key)
    try:
        wait_serial("127.0.0.1", secondary.port, 1)
        for serial in 2, 3, 4:
            load(server, zone_text(serial, hosts=200 + serial, extra=f"n{serial} 60 A 192.0.2.9\n"))
            wait_serial("127.0.0.1", secondary.port, serial)
            server.expect(f"transfer example. ixfr {serial}")
        state = server.targets()[0]
        assert "answered=1" in state and "done=0" in state and "error=-" in state
        server.tell(f"seen example 127.0.0.1#{secondary.port} 4")
        assert "done=1" in server.targets()[0]
        counters = server.counters()
        assert counters["ixfr"] >= 3 and counters["failed"] == 0
        # What it serves is what we have.
        answer = dns.query.tcp(
            dns.message.make_query("n4.example", "A"),
            "127.0.0.1",
            port=secondary.port,
            timeout=WAIT,
        )
        assert answer.answer[0][0].to_text() == "192.0.2.9"
    finally:
        secondary.close()


# ---- Hostile clients ----


def connect(server, receive=None):
    peer = socket.socket()
    if receive:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    peer.settimeout(WAIT)
    peer.connect(("127.0.0.1", server.port))
    return peer


def framed(message):
    wire = message if isinstance(message, bytes) else message.to_wire()
    return struct.pack("!H", len(wire)) + wire


def read_message(peer):
    prefix = b""
    while len(prefix) < 2:
        got = peer.recv(2 - len(prefix))
        if not got:
            return None
        prefix += got
    want, data = struct.unpack("!H", prefix)[0], b""
    while len(data) < want:
        got = peer.recv(want - len(data))
        if not got:
            return None
        data += got
    return data


def test_pipelined_queries_are_answered_in_order(serve):
    server = serve(*ANYBODY)
    queries = [dns.message.make_query("example", "SOA") for _ in range(50)]
    with connect(server) as peer:
        stream = b"".join(framed(message) for message in queries)
        for at in range(0, len(stream), 7):  # in pieces that fit nothing
            peer.sendall(stream[at : at + 7])
        for message in queries:
            assert dns.message.from_wire(read_message(peer)).id == message.id


def test_transfers_one_after_the_other_on_one_connection(serve):
    server = serve(*ANYBODY)
    with connect(server) as peer:
        first, second = (dns.message.make_query("example", "AXFR") for _ in range(2))
        peer.sendall(framed(first) + framed(second))
        peer.shutdown(socket.SHUT_WR)
        for message in first, second:
            soas = 0
            while soas < 2:
                answer = dns.message.from_wire(read_message(peer), one_rr_per_rrset=True, xfr=True)
                assert answer.id == message.id
                soas += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in answer.answer)
        assert read_message(peer) is None


def test_reader_that_never_reads(serve):
    """It is given up; meanwhile, and after it, others are served."""
    server = serve(*ANYBODY, "limit", "stall_seconds", 2, "limit", "transfers_address", 2,
                   text=zone_text(1, hosts=200000))
    stalled = [connect(server, receive=4096) for _ in range(2)]
    for peer in stalled:
        peer.sendall(framed(dns.message.make_query("example", "AXFR")))
    time.sleep(0.3)
    assert server.counters()["transfers"] == 2
    # Over its share: waits until the others are given up.
    with connect(server) as third:
        third.sendall(framed(dns.message.make_query("example", "AXFR")))
        time.sleep(0.2)
        assert server.counters()["waiting"] == 1
        assert rcode(server, "example", "SOA") == "NOERROR"
        for _ in range(2):
            assert "does not take the data" in server.expect("transfer example. axfr")
        assert read_message(third) is not None
    for peer in stalled:
        peer.close()
    assert server.counters()["failed"] >= 2


def test_a_transfer_keeps_its_edition(serve):
    """A version that is published meanwhile does not get into it; the next one is another."""
    server = serve(*ANYBODY, text=zone_text(1, hosts=100000))
    with connect(server, receive=65536) as peer:
        peer.sendall(framed(dns.message.make_query("example", "AXFR")))
        peer.shutdown(socket.SHUT_WR)
        messages = [read_message(peer)]
        load(server, zone_text(2, hosts=99990))
        assert query(server, "example", "SOA").answer[0][0].serial == 2
        while (message := read_message(peer)) is not None:
            messages.append(message)
    ends = [dns.message.from_wire(messages[at], one_rr_per_rrset=True, xfr=True) for at in (0, -1)]
    assert [ends[0].answer[0][0].serial, ends[1].answer[-1][0].serial] == [1, 1]
    assert sum(struct.unpack("!H", message[6:8])[0] for message in messages) == 100011
    # The old version, which nobody holds any more, is freed while the server answers.
    assert rcode(server, "example", "SOA") == "NOERROR"


def test_stop_during_transfers(serve):
    """Everything under way ends, and nothing is left behind."""
    server = serve(*ANYBODY, "limit", "transfers", 3, text=zone_text(1, hosts=100000))
    peers = [connect(server, receive=4096) for _ in range(5)]
    for peer in peers:
        peer.sendall(framed(dns.message.make_query("example", "AXFR")))
    until = time.monotonic() + WAIT
    while server.counters()["waiting"] < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    server.tell("quit")
    for _ in range(3):
        assert server.expect("transfer example. axfr").endswith("the server stops")
    for peer in peers:
        peer.close()


def test_a_thousand_idle_connections(serve):
    server = serve(*ANYBODY, "limit", "connections", 300, "limit", "connections_address", 250)
    idle = []
    try:
        for number in range(1000):
            peer = connect(server)
            if number % 2:
                peer.sendall(b"\x01")  # the beginning of something
            idle.append(peer)
        assert rcode(server, "example", "SOA", tcp=True) == "NOERROR"
        same_zone(transfer(server), zone_text(1))
        counters = server.counters()
        assert counters["connections"] <= 250
        assert counters["evicted"] >= 750
    finally:
        for peer in idle:
            peer.close()


def test_idle_connections_are_closed(serve):
    server = serve(*ANYBODY, "limit", "idle_seconds", 1)
    with connect(server) as silent, connect(server) as drip:
        drip.sendall(b"\x00\x40")
        assert silent.recv(1) == b""
        for _ in range(3):  # bytes that make no message do not count
            try:
                drip.sendall(b"\x00")
            except OSError:
                break
            time.sleep(0.2)
        try:
            assert drip.recv(1) == b""
        except ConnectionResetError:
            pass
    assert server.counters()["idle_closed"] == 2


def test_garbage(serve):
    server = serve(*ANYBODY)
    good = dns.message.make_query("example", "SOA").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(0.3)
        udp.connect(("127.0.0.1", server.port))
        # Too short, and responses: no answer at all.
        for wire in b"", b"\x00", good[:11], good[:2] + b"\x84\x00" + good[4:]:
            udp.send(wire)
        with pytest.raises(socket.timeout):
            udp.recv(1000)
        udp.settimeout(WAIT)
        for wire, code in (
            (good[:12], "FORMERR"),
            (good[:-3], "FORMERR"),
            (good + b"x", "FORMERR"),
            (good[:2] + b"\x28\x00" + good[4:], "NOTIMP"),  # UPDATE
            (good[:-2] + b"\x00\x03", "REFUSED"),  # class CH
        ):
            udp.send(wire)
            answer = udp.recv(1000)
            assert answer[:2] == good[:2] and dns.rcode.to_text(answer[3] & 15) == code
    for stream in (b"\x00\x00", b"\x00\x05hello", framed(good[:2] + b"\x84\x00" + good[4:])):
        with connect(server) as peer:
            peer.sendall(stream)
            assert peer.recv(1) == b""
    assert rcode(server, "example", "SOA") == "NOERROR"


FAMILIES = [socket.AF_INET] + ([socket.AF_INET6] if dnsworld.has_ipv6() else [])


@pytest.mark.parametrize("family", FAMILIES)
def test_sockets_that_were_handed_over(serve, family):
    """Also one for both families, at which IPv4 addresses come in the dress of IPv6 ones."""
    port = free_port()
    with socket.socket(family) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
        for one in tcp, udp:
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            one.bind(("127.0.0.1" if family == socket.AF_INET else "::", port))
            one.set_inheritable(True)
        tcp.listen()
        server = serve(
            "adopt", tcp.fileno(), "adopt", udp.fileno(), *ANYBODY,
            pass_fds=(tcp.fileno(), udp.fileno()),
        )
    server.port = port
    assert rcode(server, "example", "SOA") == "NOERROR"
    assert rcode(server, "example", "SOA", tcp=True) == "NOERROR"


@pytest.mark.skipif(not dnsworld.has_ipv6(), reason="loopback has no IPv6 address here")
def test_ipv6(serve):
    port = free_port("127.0.0.1", "::1")
    server = serve("listen", f"::1#{port}", "allow", "example", "t", "::/64", "-", port=port)
    message = dns.message.make_query("example", "SOA")
    for ask in dns.query.udp, dns.query.tcp:
        assert ask(message, "::1", port=port, timeout=WAIT).rcode() == dns.rcode.NOERROR
        assert ask(message, "127.0.0.1", port=port, timeout=WAIT).rcode() == dns.rcode.REFUSED


def test_notify_is_repeated_until_the_secondary_is_seen(serve):
    """A target that does not answer, then refuses, then takes it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.settimeout(WAIT)
        host = f"127.0.0.1#{target.getsockname()[1]}"
        keyring = dns.tsigkeyring.from_text({KEY: SECRET})
        server = serve(*WITH_KEY, "notify", "example", host, KEY)
        first, _ = target.recvfrom(65535)
        second, source = target.recvfrom(65535)  # a second later
        assert "no answer" in server.targets()[0]
        message = dns.message.from_wire(second, keyring=keyring)
        assert message.opcode() == dns.opcode.NOTIFY and message.had_tsig
        assert message.answer[0][0].serial == 1
        assert first[:2] != second[:2]
        # An answer without TSIG is not believed; one that is signed is.
        question = b"\x07example\x00\x00\x06\x00\x01"
        target.sendto(second[:2] + b"\xa4\0\0\x01\0\0\0\0\0\0" + question, source)
        time.sleep(0.2)
        assert "answered=0" in server.targets()[0] and "not signed" in server.targets()[0]
        third, source = target.recvfrom(65535)
        message = dns.message.from_wire(third, keyring=keyring)
        target.sendto(dns.message.make_response(message).to_wire(), source)
        time.sleep(0.2)
        assert "answered=1" in server.targets()[0] and "done=0" in server.targets()[0]
        # A new serial starts at once.
        load(server, zone_text(2))
        fourth, _ = target.recvfrom(65535)
        assert dns.message.from_wire(fourth, keyring=keyring).answer[0][0].serial == 2
        server.tell(f"seen example {host} 2")
        assert "done=1" in server.targets()[0]
