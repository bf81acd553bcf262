# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole live world on loopback, for changes while people ask.

A root zone that Knot signs and serves, with an NSD as its second server; a hidden primary (Knot)
with the unsigned zone `live.`; holdfastd; NSD, Knot and BIND as its secondaries; and Unbound, which
validates from the root's key down. The parent's DS set is changed by a registrar that does what CDS
says. A crowd asks names all the time. All TTLs are seconds.
"""

import json
import os
import pathlib
import subprocess
import threading
import time

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.update

import dnsworld

ZONE = "live."
PARENT, SECOND_PARENT, PRIMARY, DAEMON, NSD, KNOT, UNBOUND = range(2, 9)
SECONDARIES = (NSD, KNOT, dnsworld.BIND)

UNSIGNED = """\
$ORIGIN live.
@ 3 SOA ns1 hostmaster 1 3600 60 86400 2
@ 3 NS ns1
@ 3 NS ns2
@ 3 NS ns3
@ 2 MX 10 mail
ns1 3 A {nsd}
ns2 3 A {knot}
ns3 3 A {bind}
mail 1 A 192.0.2.25
www 1 A 192.0.2.80
www 1 AAAA 2001:db8::80
slow 4 TXT "stays longer in caches"
alias 2 CNAME www
*.wild 2 TXT "anything"
ent.empty 2 TXT "below an empty non-terminal"
counter 1 TXT "0"
delegated 3 NS ns.elsewhere.live.
ns.elsewhere 3 A 192.0.2.53
""" + "".join(f"host{number} {1 + number % 4} A 192.0.2.{100 + number}\n" for number in range(40))
UNSIGNED += "".join(f"child{number} 3 NS ns.child{number}.example.net.\n" for number in range(20))

# What the crowd asks: every kind of answer and of proof.
QUESTIONS = [
    ("www.live.", "A"), ("www.live.", "AAAA"), ("slow.live.", "TXT"), ("alias.live.", "A"),
    ("live.", "DNSKEY"), ("live.", "SOA"), ("live.", "MX"), ("live.", "NS"), ("live.", "DS"),
    ("a.wild.live.", "TXT"), ("b.wild.live.", "A"), ("empty.live.", "A"), ("www.live.", "TXT"),
    ("nothing.live.", "A"), ("counter.live.", "TXT"), ("live.", "CDS"),
    ("delegated.live.", "DS"),
]

# No margins: what is safe has to be safe at once.
POLICY = """\
keys: {{model: ksk-zsk, dnskey-ttl: 2s}}
ksk: {{algorithm: {algorithm}, lifetime: 0}}
zsk: {{algorithm: {algorithm}, lifetime: 0}}
signatures: {{validity: 1d, refresh: 6h, jitter: 1h, replacement: at-once}}
rollover: {{margin: {margin}, ds-margin: {margin}, approve: []}}
parent: {{cds: yes}}
alarms: {{signature-end: 1h}}
zone: {{largest-removal: 30}}
"""


def daemon_program():
    """holdfastd, which is built beside holdfast."""
    beside = pathlib.Path(os.environ["HOLDFAST"]).parents[1] / "daemon" / "holdfastd"
    return pathlib.Path(os.environ.get("HOLDFASTD", beside))


class Crowd(threading.Thread):
    """Asks Unbound names all the time; remembers every SERVFAIL, and answers without AD."""

    def __init__(self, world, secure=True):
        super().__init__(daemon=True)
        self.world = world
        self.secure = secure  # whether each answer has to be authentic
        self.asked = 0
        self.failures = []  # (seconds, name, type, EDE texts)
        self.insecure = []
        self.silent = 0
        self._over = threading.Event()

    def run(self):
        number = 0
        while not self._over.is_set():
            for name, rrtype in QUESTIONS:
                number += 1
                self.ask(name, rrtype)
                self.ask(f"host{number % 40}.live.", "A")
                if self._over.wait(0.02):
                    return

    def ask(self, name, rrtype):
        query = dns.message.make_query(name, rrtype, want_dnssec=True)
        try:
            answer = dns.query.udp(
                query, self.world.host(UNBOUND), timeout=5, port=self.world.port, ignore_unexpected=True
            )
        except (dns.exception.DNSException, OSError):
            self.silent += 1
            return
        self.asked += 1
        what = (round(self.world.clock(), 1), name, rrtype)
        if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            texts = [option.to_text() for option in answer.options if isinstance(option, dns.edns.EDEOption)]
            self.failures.append((*what, dns.rcode.to_text(answer.rcode()), texts))
        elif self.secure and not answer.flags & dns.flags.AD:
            self.insecure.append(what)

    def end(self):
        self._over.set()
        self.join(timeout=10)


class Registrar(threading.Thread):
    """Gives the parent the DS set that CDS asks for, once all secondaries agree (RFC 7344)."""

    def __init__(self, world, every=0.4):
        super().__init__(daemon=True)
        self.world = world
        self.every = every
        self.given = None
        self.history = []  # (seconds, tags)
        self._over = threading.Event()

    def run(self):
        while not self._over.wait(self.every):
            try:
                self.look()
            except (dns.exception.DNSException, OSError):
                continue  # a server that is starting

    def look(self):
        wanted = {self._cds(host) for host in SECONDARIES}
        if len(wanted) != 1:
            return
        (wanted,) = wanted
        if not wanted or wanted == self.given:
            return
        delete = any(text.split()[1] == "0" for text in wanted)
        self.world.set_ds([] if delete else sorted(wanted))
        self.given = wanted
        self.history.append((round(self.world.clock(), 1), sorted(text.split()[0] for text in wanted)))

    def _cds(self, host):
        answer = self.world.ask(host, ZONE, "CDS")
        sets = [rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.CDS]
        return frozenset(rdata.to_text() for rrset in sets for rdata in rrset)

    def end(self):
        self._over.set()
        self.join(timeout=10)


class LiveWorld(dnsworld.World):
    def __init__(self, folder, holdfast, algorithm="ecdsap256sha256", margin="0", zone_extra=""):
        super().__init__(folder, holdfast)
        self.policy_text = POLICY.format(algorithm=algorithm, margin=margin)
        self.zone_extra = zone_extra  # more settings of the zone, lines of YAML
        self.control = self.folder / "control.sock"
        self.state = self.folder / "state"
        self.begun = time.monotonic()
        self.daemon = None
        self.crowd = self.registrar = None

    def clock(self):
        return time.monotonic() - self.begun

    # ---- servers ----

    def _knot(self, number, zone, more, text, head=""):
        folder = self.folder / f"knot-{number}"
        folder.mkdir()
        path = self._write(f"knot-{number}.zone", text) if text else folder / "zone"
        config = self._write(
            f"knot-{number}.conf",
            dnsworld.knot_config(
                folder, f"{self.host(number)}@{self.port}",
                "".join(
                    f"    {name}-db-max-size: {size}\n"
                    for name, size in (("journal", "64M"), ("kasp", "16M"), ("timer", "16M"))
                ),
            )
            + f"""acl:
  - id: near
    address: 127.0.0.0/8
    action: [transfer, update, notify]
{head}zone:
  - domain: "{zone}"
    file: "{path}"
    acl: near
    zonefile-sync: -1
    semantic-checks: off
{more}""",
        )
        self._start("knotd", "-c", config)

    def _knot_remote(self, name, number, via):
        """Known to the other side by its address."""
        return (
            f"remote:\n  - id: {name}\n    address: {self.host(number)}@{self.port}\n"
            f"    via: {self.host(via)}\n"
        )

    def start_parent(self):
        root = (
            f". 2 SOA ns1.root. hostmaster.root. 1 3600 60 86400 1\n. 2 NS ns1.root.\n. 2 NS ns2.root.\n"
            f"ns1.root. 2 A {self.host(PARENT)}\nns2.root. 2 A {self.host(SECOND_PARENT)}\n"
            "live. 2 NS ns1.live.\nlive. 2 NS ns2.live.\nlive. 2 NS ns3.live.\n"
            f"ns1.live. 2 A {self.host(NSD)}\nns2.live. 2 A {self.host(KNOT)}\n"
            f"ns3.live. 2 A {self.host(dnsworld.BIND)}\n"
        )
        head = f"""policy:
  - id: parent
    algorithm: ecdsap256sha256
    dnskey-ttl: 2
    rrsig-lifetime: 14d
    signing-threads: 1
{self._knot_remote("second", SECOND_PARENT, PARENT)}"""
        more = (
            "    journal-content: all\n    zonefile-load: difference\n"
            "    dnssec-signing: on\n    dnssec-policy: parent\n    notify: second\n"
        )
        self._knot(PARENT, ".", more, root, head)
        self._nsd(SECOND_PARENT, ".", PARENT)
        self.wait(PARENT, ".", "DNSKEY")
        self.wait(SECOND_PARENT, ".", "DNSKEY")
        keys = self.ask(PARENT, ".", "DNSKEY").answer[0]
        text = "".join(f". 2 IN DNSKEY {key.to_text()}\n" for key in keys if key.flags & 1)
        self.anchor = self._write("anchor", text)
        self.hints = self._write("hints", f". 3600 NS ns1.root.\nns1.root. 3600 A {self.host(PARENT)}\n")

    def start_primary(self):
        hosts = {"nsd": self.host(NSD), "knot": self.host(KNOT), "bind": self.host(dnsworld.BIND)}
        head = self._knot_remote("signer", DAEMON, PRIMARY)
        self._knot(
            PRIMARY, ZONE, "    journal-content: all\n    zonefile-load: difference\n    notify: signer\n",
            UNSIGNED.format(**hosts), head,
        )
        self.wait(PRIMARY, ZONE, "SOA")

    def _nsd(self, number, zone, source):
        folder = self.folder / f"nsd-{number}"
        folder.mkdir()
        host = self.host(number)
        config = self._write(
            f"nsd-{number}.conf",
            dnsworld.nsd_config(
                folder,
                f"  ip-address: {host}@{self.port}\n",
                "  do-ip6: no\n  xfrd-reload-timeout: 0\n",
            )
            + f"""zone:
  name: "{zone}"
  zonefile: "{folder}/zone"
  request-xfr: AXFR {self.host(source)}@{self.port} NOKEY
  allow-notify: 127.0.0.0/8 NOKEY
  outgoing-interface: {host}
""",
        )
        self._start("nsd", "-d", "-c", config)

    def start_secondaries(self):
        self._nsd(NSD, ZONE, DAEMON)
        head = self._knot_remote("signer", DAEMON, KNOT)
        self._knot(KNOT, ZONE, "    master: signer\n", None, head)
        folder = self.folder / "bind"
        folder.mkdir()
        config = self._write(
            "named.conf",
            dnsworld.bind_config(
                folder, dnsworld.BIND_HOST, self.port,
                "allow-transfer { none; }; check-integrity no; masterfile-format text;",
            )
            + f"""zone "{ZONE}" {{
	type secondary; file "{folder}/zone"; primaries {{ {self.host(DAEMON)} port {self.port}; }};
	allow-notify {{ any; }}; transfer-source {dnsworld.BIND_HOST}; min-refresh-time 1; min-retry-time 1;
}};
""",
        )
        self._start("named", "-g", "-c", config, "-n", "1")

    def start_resolver(self):
        places = {".": (PARENT, SECOND_PARENT), ZONE: SECONDARIES}
        stubs = ""
        for zone, hosts in places.items():
            addresses = "".join(f"  stub-addr: {self.host(host)}@{self.port}\n" for host in hosts)
            stubs += f'stub-zone:\n  name: "{zone}"\n  stub-prime: no\n{addresses}'
        config = self._write(
            "unbound.conf",
            f"""server:
  interface: {self.host(UNBOUND)}@{self.port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 1
  val-log-level: 2
  do-ip6: no
  ede: yes
  trust-anchor-file: "{self.anchor}"
  harden-algo-downgrade: yes
  infra-keep-probing: yes
  num-threads: 1
remote-control:
  control-enable: no
{stubs}""",
        )
        self._start("unbound", "-d", "-p", "-c", config)
        self.wait(UNBOUND, ".", "SOA", recurse=True)

    # ---- the daemon ----

    def write_config(self):
        secondaries = ", ".join(f'{{address: "{self.host(host)}@{self.port}"}}' for host in SECONDARIES)
        self._write("policies.yaml", "policies:\n  default:\n" + indented(self.policy_text, 4))
        self.config = self._write(
            "holdfast.yaml",
            f"""server:
  state: {self.state}
  listen: ["{self.host(DAEMON)}@{self.port}"]
  control: {self.control}
  log: debug
policies: policies.yaml
trust-anchors: {self.anchor}
root-hints: {self.hints}
resolver-port: {self.port}
zones:
  - name: {ZONE}
    source: {{primaries: [{{address: "{self.host(PRIMARY)}@{self.port}"}}]}}
    secondaries: [{secondaries}]
{indented(self.zone_extra, 4)}""",
        )

    def start_daemon(self):
        log = open(self.folder / "holdfastd.log", "a")
        with log:
            self.daemon = subprocess.Popen(
                [daemon_program(), "--config", self.config], stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
            )
        self.processes.append(self.daemon)
        self.until(lambda: self.control.exists() and self.order("status").returncode in (0, 1), "holdfastd answers")

    def order(self, *words, **options):
        return self.holdfast(*words, "--control", self.control, **options)

    def status(self):
        done = self.order("status", ZONE, "--json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    # ---- the world moves ----

    def start(self):
        self.start_parent()
        self.start_primary()
        self.write_config()
        self.start_daemon()
        self.start_secondaries()
        self.start_resolver()

    def start_registrar(self):
        self.registrar = Registrar(self)
        self.registrar.start()

    def start_crowd(self, secure=True):
        self.crowd = Crowd(self, secure)
        self.crowd.start()

    def ask(self, host, name, rrtype, recurse=False):
        """One answer, by TCP where it is large."""
        query = dns.message.make_query(name, rrtype, want_dnssec=True)
        if not recurse:
            query.flags &= ~dns.flags.RD
        answer, _ = dns.query.udp_with_fallback(query, self.host(host), timeout=3, port=self.port)
        return answer

    def serial(self, host):
        answer = self.ask(host, ZONE, "SOA")
        return answer.answer[0][0].serial if answer.answer else None

    def update(self, host, zone, change):
        """A dynamic update: `change` is called with the message."""
        message = dns.update.UpdateMessage(zone)
        change(message)
        answer = dns.query.tcp(message, self.host(host), timeout=5, port=self.port)
        assert answer.rcode() == dns.rcode.NOERROR, answer

    def set_ds(self, texts):
        def change(message):
            message.delete(ZONE, "DS")
            for text in texts:
                message.add(ZONE, 2, "DS", text)

        self.update(PARENT, ".", change)

    def set_record(self, name, ttl, rrtype, *texts):
        self.update(PRIMARY, ZONE, lambda message: message.replace(name, ttl, rrtype, *texts))

    def until(self, condition, what, seconds=40):
        """Waits; the daemon's last words are in the failure."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for process in self.processes:
                assert process.poll() is None, f"{process.args[0]} died:\n{self.logs()}"
            try:
                got = condition()
            except (dns.exception.DNSException, OSError):
                got = None
            if got:
                return got
            time.sleep(0.1)
        screen = self.order("status", ZONE).stdout if self.control.exists() else ""
        raise AssertionError(f"not within {seconds} s: {what}\n{screen}\n{self.logs()}")

    def is_secure(self, name="www.live.", rrtype="A"):
        answer = self.ask(UNBOUND, name, rrtype, recurse=True)
        return answer.rcode() == dns.rcode.NOERROR and bool(answer.flags & dns.flags.AD)

    def logs(self):
        path = self.folder / "holdfastd.log"
        return path.read_text()[-6000:] if path.exists() else super().logs()

    def close(self):
        for thread in (self.crowd, self.registrar):
            if thread is not None:
                thread.end()
        super().close()


def indented(text, columns):
    return "".join(" " * columns + line + "\n" for line in text.splitlines())
