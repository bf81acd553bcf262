# SPDX-License-Identifier: GPL-3.0-or-later
"""holdfastd in a folder of its own, on loopback addresses that nobody else has.

A parent that is a thread of the test answers for the root zone, unsigned, and has the DS sets that a
test gives it: so a daemon finds its way without any other name server. Every process that is started
here is ended by its id, whatever happens.
"""

import json
import os
import pathlib
import random
import signal
import socket
import socketserver
import subprocess
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.tsigkeyring
import dns.zone

from dnsworld import is_free

PATIENCE = 20  # seconds that anything may take
KEY_NAME = "xfr.example."
KEY_SECRET = "c2l4dGVlbiBieXRlcyBhbmQgbW9yZQ=="
# An anchor above nothing: whatever the parent says is unsigned then.
ANCHOR = f"elsewhere.invalid. DS 4711 13 2 {'0' * 64}\n"


def wait_for(condition, what, seconds=PATIENCE, pause=0.05):
    """Waits until the condition gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(pause)


def free_port(*hosts):
    for _ in range(200):
        port = random.randint(10000, 30000)
        if all(is_free(host, port) for host in hosts):
            return port
    raise RuntimeError("no free port")


class Parent:
    """The root's only name server: unsigned, with delegations and DS sets by name."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.ds = {}  # "example." to records as text
        self.rcode = None  # what is answered to DS questions instead
        self.silent = False  # nothing is answered at all
        self.questions = 0
        self._servers = [self._udp(), self._tcp()]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, wire):
        query = dns.message.from_wire(wire)
        question = query.question[0]
        self.questions += 1
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        root = dns.name.root
        soa = dns.rrset.from_text(root, 5, "IN", "SOA", "ns.root. hostmaster.root. 1 60 60 600 5")
        name = str(question.name).lower()
        if question.rdtype == dns.rdatatype.SOA and question.name == root:
            response.answer.append(soa)
        elif question.rdtype == dns.rdatatype.NS and question.name == root:
            response.answer.append(dns.rrset.from_text(root, 5, "IN", "NS", "ns.root."))
        elif question.rdtype == dns.rdatatype.A and name == "ns.root.":
            response.answer.append(dns.rrset.from_text(name, 5, "IN", "A", self.host))
        elif question.rdtype == dns.rdatatype.DS and self.rcode is not None:
            response.set_rcode(self.rcode)
        elif question.rdtype == dns.rdatatype.DS and self.ds.get(name):
            response.answer.append(dns.rrset.from_text(name, 2, "IN", "DS", *self.ds[name]))
        else:
            response.authority.append(soa)
        return response.to_wire()

    def _udp(self):
        parent = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                data, sender = self.request
                if parent.silent:
                    parent.questions += 1
                else:
                    sender.sendto(parent.answer(data), self.client_address)

        return socketserver.ThreadingUDPServer((self.host, self.port), Handler)

    def _tcp(self):
        parent = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                size = self.rfile.read(2)
                if len(size) == 2 and not parent.silent:
                    wire = parent.answer(self.rfile.read(int.from_bytes(size, "big")))
                    self.wfile.write(len(wire).to_bytes(2, "big") + wire)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        return socketserver.ThreadingTCPServer((self.host, self.port), Handler)

    def close(self):
        for server in self._servers:
            server.shutdown()
            server.server_close()


class DaemonWorld:
    """A folder with a configuration, a daemon that may run, and its parent."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.net = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}"
        self.host, self.parent_host = f"{self.net}.1", f"{self.net}.2"
        self.port = free_port(self.host, self.parent_host)
        self.parent = Parent(self.parent_host, self.port)
        self.program = os.environ["HOLDFASTD"]
        self.command = os.environ["HOLDFAST"]
        self.control = self.folder / "control.sock"
        self.process = None
        self.others = []  # processes of peers
        self.zones = []  # mappings as JSON, which is YAML
        self.server = {
            "state": "state", "control": "control.sock", "listen": [self.place()],
            "source": [self.host], "log": "debug",
        }
        self.top = {
            "policies": "policies.yaml", "trust-anchors": "anchor", "root-hints": "hints",
            "resolver-port": self.port, "keys": [{"name": KEY_NAME, "secret-file": "key"}],
        }
        self.write("anchor", ANCHOR)
        self.write("hints", f". 3600 NS ns.root.\nns.root. 3600 A {self.parent_host}\n")
        self.write("key", KEY_SECRET + "\n").chmod(0o600)
        self.policies = {"default": {"rollover": {"approve": []}}}

    # ---- files ----

    def write(self, name, text):
        """Writes a file whole or not at all; its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(text)
        fresh.rename(path)
        return path

    def place(self, host=None):
        return f"{host or self.host}@{self.port}"

    def zone_text(self, zone, serial, *lines, ttl=5):
        return (
            f"$ORIGIN {zone}\n@ {ttl} SOA ns hostmaster {serial} 3600 2 86400 {ttl}\n"
            f"@ {ttl} NS ns\nns {ttl} A 192.0.2.1\n" + "".join(line + "\n" for line in lines)
        )

    def add_file_zone(self, zone, serial=1, *lines, **settings):
        """A zone from a file `ZONEzone`, which anybody on loopback may transfer."""
        self.write(f"{zone}zone", self.zone_text(zone, serial, *lines))
        mapping = {"name": zone, "source": {"file": f"{zone}zone"}, "transfer": [{"from": "127.0.0.0/8"}]}
        self.zones.append({**mapping, **settings})

    def configure(self):
        """Writes configuration and policies."""
        self.write("policies.yaml", json.dumps({"policies": self.policies}, indent=1))
        text = json.dumps({"server": self.server, **self.top, "zones": self.zones}, indent=1)
        return self.write("holdfast.yaml", text)

    # ---- the daemon ----

    def start(self, ready=True, limits=None, **environment):
        self.configure()
        log = open(self.folder / "log", "a")
        with log:
            self.process = subprocess.Popen(
                [self.program, "--config", "holdfast.yaml"], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder, env={**os.environ, **environment}, preexec_fn=limits,
            )
        if ready:
            wait_for(lambda: self.has_ended() or self.answers(), "the control socket")
            assert not self.has_ended(), self.log()
        return self.process

    def start_other(self, *words):
        """Another one that is expected to end by itself."""
        return subprocess.run(
            [self.program, "--config", *words], cwd=self.folder, capture_output=True, text=True,
            timeout=PATIENCE,
        )

    def has_ended(self):
        return self.process is None or self.process.poll() is not None

    def stop(self):
        """Ends the daemon; its exit code."""
        if self.process is None:
            return None
        if not self.has_ended():
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the daemon did not end:\n" + self.log()) from None
        self.process = None
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self):
        for process in [self.process, *self.others]:
            if process is not None and process.poll() is None:
                process.terminate()
        for process in [self.process, *self.others]:
            if process is not None:
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.parent.close()

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    # ---- asking it ----

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        # A full backlog is EAGAIN here: connecting has no queue that one could wait in.
        wait_for(lambda: connection.connect_ex(str(self.control)) == 0, "a connection")
        return connection

    def answers(self):
        """Whether somebody answers at the control socket."""
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self.control)) == 0

    def ask(self, command, **members):
        """The whole answer to a request over the control socket."""
        with self.connect() as connection:
            connection.sendall(json.dumps({"command": command, **members}).encode() + b"\n")
            with connection.makefile("rb") as lines:
                return json.loads(lines.readline())

    def good(self, command, **members):
        answer = self.ask(command, **members)
        assert answer["ok"], answer
        return answer["result"]

    def status(self, zone):
        return self.good("status", zone=zone)

    def holdfast(self, *words):
        return subprocess.run(
            [self.command, *words], capture_output=True, text=True, timeout=PATIENCE,
            env={**os.environ, "HOLDFAST_CONTROL": str(self.control)},
        )

    def wait_status(self, zone, condition, what, seconds=PATIENCE):
        last = {}

        def look():
            last.update(self.status(zone))
            return condition(last) and dict(last)

        try:
            return wait_for(look, what, seconds)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{json.dumps(last, indent=1)}\n{self.log()[-4000:]}") from None

    def wait_published(self, zone, serial_in, seconds=PATIENCE):
        """The status once what the source has with that serial is published."""
        return self.wait_status(
            zone,
            lambda status: status["serial_in"] == serial_in
            and status["serial_out"] is not None
            and status["serial_served"] == status["serial_out"]
            and self.stage(status, "publish")["state"] == "passed"
            and (status["published_at"] or "") >= (status["source_at"] or "~"),
            f"publication of {serial_in}",
            seconds,
        )

    @staticmethod
    def stage(status, name):
        """A stage of a status; a zone that is being opened has none yet."""
        none = {"name": name, "state": "idle", "text": ""}
        return next((stage for stage in status["stages"] if stage["name"] == name), none)

    def soa(self, zone, host=None, port=None):
        """The serial that a server has; None when it has none."""
        query = dns.message.make_query(zone, "SOA")
        try:
            answer = dns.query.udp(query, host or self.host, port=port or self.port, timeout=1)
        except (dns.exception.DNSException, OSError):
            return None
        return answer.answer[0][0].serial if answer.answer else None

    def transfer(self, zone, host=None, key=False, **options):
        """The zone as the server transfers it."""
        if key:
            options["keyring"] = dns.tsigkeyring.from_text({KEY_NAME: KEY_SECRET})
            options["keyalgorithm"] = "hmac-sha256"
        return dns.zone.from_xfr(
            dns.query.xfr(host or self.host, zone, port=self.port, relativize=False, timeout=5,
                          lifetime=10, **options),
            relativize=False,
        )
