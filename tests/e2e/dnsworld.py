# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world of name servers on loopback addresses: a signed root, `test.` and zones below it.

The root is served by BIND, `test.` by Knot and the zones below by NSD, each at an address of its
own. All listen at one port that is free on every address. Every process that is started here is
ended by its id, whatever happens.
"""

import os
import pathlib
import random
import shutil
import socket
import subprocess
import time

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

START_SECONDS = 20
HOSTS = 40  # addresses of a world
BIND, KNOT, NSD = 1, 2, 3  # the numbers of the first ones; higher ones are NSDs as well
SIX = HOSTS + 1  # an NSD at the one IPv6 address that loopback has
BIND_HOST = "127.0.0.1"  # BIND listens only at addresses that an interface has
SIX_HOST = "::1"

SOA = "@ 3600 SOA ns hostmaster 1 7200 3600 1209600 300\n"


def program(name):
    """A peer's program, also when only the administrator has it on the path."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert path is not None, f"{name} is not installed"
    return path


def has_ipv6():
    """Whether loopback has its IPv6 address here."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind((SIX_HOST, 0))
    except OSError:
        return False
    return True


def is_free(host, port):
    """Whether nobody has that port, for UDP and TCP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def nsd_config(folder, listen, more=""):
    """All of NSD's configuration but zones and keys; `listen` and `more` are lines of its server."""
    return f"""server:
{listen}  username: ""
  chroot: ""
  zonesdir: ""
  pidfile: "{folder}/nsd.pid"
  database: ""
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  server-count: 1
  verbosity: 2
{more}remote-control:
  control-enable: no
"""


def knot_config(folder, place, database=""):
    """The beginning of Knot's configuration, up to keys, access lists and zones; `place` is
    ADDRESS@PORT, and `database` more lines of that section."""
    return f"""server:
    rundir: "{folder}"
    listen: {place}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{folder}"
{database}log:
  - target: stderr
    any: info
"""


def knot_key(name, secret):
    return f"key:\n  - id: {name}\n    algorithm: hmac-sha256\n    secret: {secret}\n"


def bind_config(folder, host, port, options=""):
    """All of BIND's configuration but keys and zones; `options` are more of these."""
    return f"""options {{
	directory "{folder}"; pid-file none; session-keyfile none; recursion no; dnssec-validation no;
	listen-on port {port} {{ {host}; }}; listen-on-v6 {{ none; }}; notify no;
	{options}
}};
controls {{ }};
"""


def bind_key(name, secret):
    return f'key "{name}" {{ algorithm hmac-sha256; secret "{secret}"; }};\n'


class World:
    def __init__(self, folder, holdfast, now=None):
        self.folder = pathlib.Path(folder)
        self.holdfast = holdfast
        self.now = now or int(time.time())
        self.processes = []
        self.children = {".": [], "test.": []}  # text of delegations, by parent
        self.served = {}  # host number to {zone: file}
        self.also = {}  # host number of an NSD to those at which it listens, too
        self.net, self.port = self._place()

    @staticmethod
    def _place():
        for _ in range(100):
            net = f"127.{random.randint(1, 254)}.{random.randint(1, 254)}"
            port = random.randint(10000, 30000)
            hosts = [BIND_HOST] + [f"{net}.{number}" for number in range(2, HOSTS + 1)]
            hosts += [SIX_HOST] if has_ipv6() else []
            if all(is_free(host, port) for host in hosts):
                return net, port
        raise RuntimeError("no free port")

    def host(self, number):
        return {BIND: BIND_HOST, SIX: SIX_HOST}.get(number, f"{self.net}.{number}")

    # ---- zones ----

    def keys(self, zone, *arguments, folder=None):
        """Makes a key in the zone's folder; its base name."""
        folder = folder or self.folder / ("keys-" + zone)
        folder.mkdir(exist_ok=True)
        since = f"@{self.now - 86400}"
        done = self.holdfast(
            "keygen", "--dir", folder, "--publish", since, "--activate", since, *arguments, zone
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return folder / done.stdout.strip()

    def sign(self, zone, text, *options, keys=None, key_options=("--csk",)):
        """Signs zone text with new keys, or those of a folder; the signed text."""
        if keys is None:
            keys = self.folder / ("keys-" + zone)
            if not keys.exists():
                self.keys(zone, *key_options)
        plain = self.folder / (zone + "plain")
        signed = self.folder / (zone + "signed")
        plain.write_text(f"$ORIGIN {zone}\n{text}")
        done = self.holdfast(
            "sign", "--keys", keys, "-o", signed, "--at", f"@{self.now}", "--validity", "7d",
            "--cds", "none", *options, plain,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return signed.read_text()

    def ds(self, zone):
        """The DS records for the keys of a zone, as lines."""
        done = self.holdfast("keys", "--ds", self.folder / ("keys-" + zone))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def delegate(self, zone, ds="", host=NSD, glue=True, parent="test."):
        """Adds a delegation to the parent."""
        text = f"{zone} 3600 NS ns.{zone}\n"
        if glue:
            text += f"ns.{zone} 3600 A {self.host(host)}\n"
        self.children[parent].append(text + ds)

    def serve(self, zone, text, host=NSD):
        """Has the server there serve this text."""
        path = self._write(f"{'root.' if zone == '.' else zone}{host}.zone", text)
        self.served.setdefault(host, {})[zone] = path

    def leaf(self, zone, text, *options, change=None, ds=None, **more):
        """A signed zone below test.: `change` makes signed text into what is served."""
        signed = self.sign(zone, text, *options, **more)
        self.serve(zone, change(signed) if change else signed)
        self.delegate(zone, self.ds(zone) if ds is None else ds)
        return signed

    # ---- servers ----

    def _start(self, name, *arguments):
        log = open(self.folder / f"{name}-{len(self.processes)}.log", "w")
        with log:
            self.processes.append(
                subprocess.Popen(
                    [program(name), *map(str, arguments)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=self.folder,
                )
            )

    def _write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start_bind(self, host, zones):
        zone_text = "".join(
            f'zone "{zone}" {{ type primary; file "{path}"; check-names ignore; }};\n'
            for zone, path in zones.items()
        )
        folder = self.folder / f"bind-{host}"
        folder.mkdir()
        config = self._write(
            f"named-{host}.conf",
            bind_config(
                folder, self.host(host), self.port,
                "minimal-responses no; allow-transfer { any; }; check-integrity no;",
            )
            + zone_text,
        )
        self._start("named", "-g", "-c", config, "-n", "1")

    def start_knot(self, host, zones):
        folder = self.folder / f"knot-{host}"
        folder.mkdir()
        zone_text = "".join(f'  - domain: "{zone}"\n    file: "{path}"\n' for zone, path in zones.items())
        config = self._write(
            f"knot-{host}.conf",
            knot_config(folder, f"{self.host(host)}@{self.port}")
            + f"""template:
  - id: default
    storage: "{folder}"
    zonefile-load: whole
    journal-content: none
    semantic-checks: off
zone:
{zone_text}""",
        )
        self._start("knotd", "-c", config)

    def start_nsd(self, host, zones):
        places = [host, *self.also.get(host, [])]
        listen = "".join(f"  ip-address: {self.host(place)}@{self.port}\n" for place in places)
        ipv6 = "yes" if SIX in places else "no"
        folder = self.folder / f"nsd-{host}"
        folder.mkdir()
        zone_text = "".join(f'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n' for zone, path in zones.items())
        config = self._write(
            f"nsd-{host}.conf",
            nsd_config(folder, listen, f"  do-ip6: {ipv6}\n  minimal-responses: no\n") + zone_text,
        )
        self._start("nsd", "-d", "-c", config)

    def start_unbound(self, host, anchors, module="validator iterator", at=None):
        """A resolver at an address of this world; it is told where each zone's servers are,
        because delegations have no ports."""
        places = {}
        for number, zones in self.served.items():
            for zone in zones:
                places.setdefault(zone, number)
        stubs = "".join(
            f'stub-zone:\n  name: "{zone}"\n  stub-addr: {self.host(number)}@{self.port}\n  stub-prime: no\n'
            for zone, number in places.items()
        )
        when = time.strftime("%Y%m%d%H%M%S", time.gmtime(at or self.now + 60))
        config = self._write(
            f"unbound-{host}.conf",
            f"""server:
  interface: {self.host(host)}@{self.port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  outgoing-interface: {self.host(host)}
  username: ""
  chroot: ""
  directory: "{self.folder}"
  pidfile: ""
  use-syslog: no
  verbosity: 1
  do-ip6: no
  module-config: "{module}"
  trust-anchor-file: "{anchors}"
  val-override-date: "{when}"
  val-log-level: 2
  ede: yes
  qname-minimisation: no
  aggressive-nsec: no
  harden-below-nxdomain: no
  msg-cache-size: 0
  num-threads: 1
  local-zone: "test." nodefault
  local-zone: "127.in-addr.arpa." nodefault
  domain-insecure: "dummy.invalid."
remote-control:
  control-enable: no
{stubs}""",
        )
        self._start("unbound", "-d", "-p", "-c", config)
        self.wait(host, "test.", "SOA", recurse=True)
        return self.host(host)

    def wait(self, host, name, rrtype, recurse=False):
        """Until the server there answers; a process that died ends the test with its log."""
        query = dns.message.make_query(name, rrtype)
        if recurse:
            query.flags |= dns.flags.RD | dns.flags.CD
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            for process in self.processes:
                assert process.poll() is None, f"{process.args[0]} died:\n{self.logs()}"
            try:
                answer = dns.query.udp(query, self.host(host), timeout=0.5, port=self.port)
                if answer.answer:
                    return
            except (dns.exception.DNSException, OSError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"no answer for {name} from {self.host(host)}:\n{self.logs()}")

    def logs(self):
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))

    def start(self):
        """Signs test. and the root, writes hints and anchor, and starts the servers."""
        test_text = SOA + f"@ 3600 NS ns\nns 3600 A {self.host(KNOT)}\n" + "".join(self.children["test."])
        self.serve("test.", self.sign("test.", test_text, "--no-verify"), KNOT)
        root_text = (
            "@ 3600 SOA ns.root. hostmaster.root. 1 7200 3600 1209600 300\n@ 3600 NS ns.root.\n"
            + f"ns.root. 3600 A {self.host(BIND)}\n"
            + f"test. 3600 NS ns.test.\nns.test. 3600 A {self.host(KNOT)}\n{self.ds('test.')}"
            + "".join(self.children["."])
        )
        self.serve(".", self.sign(".", root_text), BIND)
        self.hints = self._write("hints", f". 3600 NS ns.root.\nns.root. 3600 A {self.host(BIND)}\n")
        self.anchor = self._write("anchor", self.ds("."))
        starters = {BIND: self.start_bind, KNOT: self.start_knot}
        for host, zones in self.served.items():
            starters.get(host, self.start_nsd)(host, zones)
        for host, zones in self.served.items():
            self.wait(host, next(iter(zones)), "SOA")

    def trace(self, *arguments, **options):
        """holdfast trace in this world, a minute after its signatures were made."""
        return self.holdfast(
            "trace", "--root-hints", self.hints, "--trust-anchor", self.anchor, "--port", self.port,
            "--at", f"@{self.now + 60}", *arguments, **options,
        )

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []
