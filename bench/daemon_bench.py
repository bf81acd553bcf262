# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon's speed, on loopback: from what comes in to the NOTIFY that goes out, by stage.

A primary (serve_zone) has the zone of generate_zone.py and changes of it; this program sends the
daemon NOTIFY, is its only secondary, and notes when NOTIFY comes back. What stages took is told by
the daemon's metrics. Three tables: 100 changed names of a large zone by IXFR; a large zone whole,
from a primary and from a file; many small zones, and one of them changed while a large zone beside
them is signed as a whole.
Environment: BENCH_DAEMON_DELEGATIONS (1000000), BENCH_DAEMON_CHANGES (9), BENCH_DAEMON_ZONES (10000).
"""

import argparse
import json
import os
import pathlib
import random
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "e2e")]
from bench import figures  # noqa: E402
from daemonworld import DaemonWorld, free_port  # noqa: E402
import generate_zone  # noqa: E402

ZONE = "bench."
CHANGED = 100  # names at once
PATIENCE = 1800  # seconds: what is stuck ends some time
REST = 2.5  # seconds between two changes: no two versions have the same second
NOTIFY, RESPONSE, AUTHORITATIVE = 4 << 11, 1 << 15, 1 << 10
SOA = 6
# Minutes for the 6 million delegations of .nl in July 2023, as its registry told.
PUBLISHED = {"fetch": 6, "sign": 8, "validate": 5, "check and publish": 3}
STAGES = ("fetch", "load", "check", "sign", "verify", "gate", "publish", "serve")
GOAL_CHANGE, GOAL_WHOLE = 0.050, 40  # seconds
RAW_SECONDS = 1  # OpenSSL alone is timed so long, each way


def tell(text):
    """A line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


# ---- zones ----


class Registry:
    """A zone's text, by delegation, and changes of it."""

    def __init__(self, delegations):
        parts = []
        generate_zone.generate(0, parts.append)
        self.head, self.serial, self.owners = "".join(parts), 1, []
        for name, index in sorted((generate_zone.label(i), i) for i in range(delegations)):
            parts = []
            generate_zone.delegation(name, index, parts.append)
            self.owners.append("".join(parts))
        self.random = random.Random(delegations)

    def change(self):
        """Half of the names get another DS record, a quarter are new, a quarter go."""
        self.serial += 1
        for number in range(min(CHANGED, len(self.owners))):
            place = self.random.randrange(len(self.owners))
            owner = self.owners[place].split()[0]
            if number % 4 == 1:
                self.owners.pop(place)
                continue
            if number % 4 == 0:
                owner = f"new{self.serial}x{number}"
                self.owners.append("")
                place = -1
            digest = f"{self.random.getrandbits(256):064x}"
            self.owners[place] = (
                f"{owner} NS ns1.hosting.example.\n{owner} NS ns2.hosting.example.\n"
                f"{owner} DS {1 + number} 13 2 {digest}\n"
            )

    def write(self, path):
        """The zone file, whole or not at all."""
        fresh = path.with_name(path.name + ".new")
        with open(fresh, "w", encoding="ascii") as file:
            file.write(self.head.replace("hostmaster 1 ", f"hostmaster {self.serial} "))
            file.writelines(self.owners)
        fresh.rename(path)


# ---- the daemon and its neighbours ----


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))


class Primary:
    """serve_zone with one zone, and a socket at its address that sends NOTIFY."""

    def __init__(self, world, build, path):
        self.host, self.path = f"{world.net}.10", path
        self.target = (world.host, world.port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((self.host, 0))
        words = ["listen", f"{self.host}#{world.port}", "zone", ZONE, str(path)]
        words += ["allow", ZONE, "tq", f"{world.net}.0/24", "-"]
        self.process = subprocess.Popen(
            [build / "tests" / "net" / "serve_zone", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._expect("ready")

    def _expect(self, start):
        for line in self.process.stdout:
            if line.startswith(start):
                return
        sys.exit(f"daemon_bench.py: serve_zone ended before it said '{start}'")

    def load(self):
        """Serves what the file has now."""
        self.process.stdin.write(f"load {ZONE} {self.path}\n")
        self.process.stdin.flush()
        self._expect("loaded")

    def notify(self):
        """Sends NOTIFY; when that was."""
        flags = NOTIFY | AUTHORITATIVE
        message = struct.pack(">6H", random.getrandbits(16), flags, 1, 0, 0, 0)
        message += wire_name(ZONE) + struct.pack(">HH", SOA, 1)
        now = time.perf_counter()
        self.socket.sendto(message, self.target)
        return now

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.socket.close()


class Secondary(threading.Thread):
    """Answers NOTIFY, notes when each version was told first, and has the SOA that it was told."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.host = f"{world.net}.20"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.bind((self.host, world.port))
        self.told = threading.Condition()
        self.forget()
        self.start()

    def forget(self):
        with self.told:
            self.soa = {}  # zone to the answer section of its last NOTIFY
            self.times = {}  # zone to when each of its versions was told

    def run(self):
        while True:
            data, sender = self.socket.recvfrom(65535)
            now = time.perf_counter()
            identity, flags = struct.unpack(">HH", data[:4])
            end = data.index(0, 12) + 5
            zone, question = data[12 : end - 4], data[12:end]
            if flags & NOTIFY:
                self._note(zone, data[end:], now)
            with_soa = not flags & NOTIFY and question[-4:-2] == struct.pack(">H", SOA)
            answer = self.soa.get(zone, b"") if with_soa else b""
            flags |= RESPONSE | AUTHORITATIVE
            head = struct.pack(">6H", identity, flags, 1, bool(answer), 0, 0)
            self.socket.sendto(head + question + answer, sender)

    def _note(self, zone, answer, now):
        with self.told:
            if self.soa.get(zone) != answer:
                self.soa[zone] = answer
                self.times.setdefault(zone, []).append(now)
                self.told.notify_all()

    def versions(self, zone):
        """How many were told."""
        return len(self.times.get(wire_name(zone), ()))

    def wait(self, zone, count):
        """When the version of that number was told."""
        times = self.wait_until(lambda: self.versions(zone) >= count, f"version {count} of {zone}")
        return times[wire_name(zone)][count - 1]

    def wait_until(self, condition, what):
        with self.told:
            if not self.told.wait_for(condition, PATIENCE):
                sys.exit(f"daemon_bench.py: waited {PATIENCE} s in vain for {what}")
            return self.times


class World(DaemonWorld):
    """The daemon with metrics, and this program as its secondary."""

    def __init__(self, folder):
        super().__init__(folder)
        self.metrics = free_port(self.host)
        self.server.update(metrics=f"{self.host}@{self.metrics}", log="info")
        self.policies = {"default": {"rollover": {"approve": []}}}
        self.secondary = Secondary(self)

    def settings(self, source):
        peer = {"address": f"{self.secondary.host}@{self.port}"}
        return {"source": source, "secondaries": [peer]}

    def from_primary(self, primary):
        peer = {"address": f"{primary.host}@{self.port}"}
        self.zones = [{"name": ZONE, **self.settings({"primaries": [peer]})}]

    def times(self):
        """Seconds of all runs of a stage so far, of the large zone."""
        address = f"http://{self.host}:{self.metrics}/metrics"
        with urllib.request.urlopen(address, timeout=PATIENCE) as page:
            text = page.read().decode()
        pattern = r'^holdfast_zone_(\w+)_seconds_sum\{zone="%s"(?:,stage="(\S+)")?\} (\S+)$'
        found = re.findall(pattern % re.escape(ZONE), text, re.MULTILINE)
        times = {stage or what: float(seconds) for what, stage, seconds in found}
        # The line counts the transfer as a part of loading.
        times["load"] = times.get("load", 0) - times.get("fetch", 0)
        return {stage: times.get(stage, 0) for stage in STAGES}

    def since(self, before):
        time.sleep(REST)  # a page of metrics is kept for a second
        return {stage: seconds - before[stage] for stage, seconds in self.times().items()}

    def memory(self, what="VmRSS"):
        """MiB."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"{what}:\s+(\d+)", text)[1]) / 1024

    def processor(self):
        """Seconds of all threads so far."""
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Run:
    """Times by stage, from something's begin to NOTIFY."""

    def __init__(self, world):
        self.world, self.processor = world, world.processor()
        self.before = world.times()

    def end(self, begin, end):
        self.seconds = end - begin
        self.processor = self.world.processor() - self.processor
        self.stages = self.world.since(self.before)
        self.stages["rest"] = self.seconds - sum(self.stages.values())
        return self


# ---- the large zone ----


def change_by_ixfr(world, primary, registry, rounds):
    """Runs of changes, one after the other."""
    runs = []
    for number in range(rounds):
        tell(f"change {number + 1} of {rounds}")
        registry.change()
        registry.write(primary.path)
        primary.load()
        time.sleep(REST)
        count, run = world.secondary.versions(ZONE), Run(world)
        begin = primary.notify()
        runs.append(run.end(begin, world.secondary.wait(ZONE, count + 1)))
    return runs


def start_and_wait(world, build, what):
    """A new zone until it is published, and the seconds in which OpenSSL alone would sign it."""
    tell(f"{what}: the whole zone")
    raw = [build / "bench" / "raw_rates", RAW_SECONDS]
    rate = figures(raw)["sign"]
    begin = time.perf_counter()
    world.start()
    run = Run(world)
    run.before, run.processor = dict.fromkeys(STAGES, 0), 0
    run.end(begin, world.secondary.wait(ZONE, 1))
    rate = (rate + figures(raw)["sign"]) / 2
    run.limit = world.status(ZONE)["signatures"] / rate
    return run


def from_primary(build, folder, registry, rounds):
    """The whole zone, then changes of it; the peak of memory in MiB."""
    world = World(folder)
    primary = None
    try:
        registry.write(folder / "zone")
        primary = Primary(world, build, folder / "zone")
        world.from_primary(primary)
        whole = start_and_wait(world, build, "AXFR")
        changes = change_by_ixfr(world, primary, registry, rounds)
        return whole, changes, world.memory("VmHWM")
    finally:
        world.close()
        if primary is not None:
            primary.close()


def from_file(build, folder, registry):
    """The whole zone from its file, and the file once more with some names changed."""
    world = World(folder)
    try:
        path = folder / "zone"
        registry.write(path)
        world.zones = [{"name": ZONE, **world.settings({"file": path.name})}]
        whole = start_and_wait(world, build, "zone file")
        tell("zone file: once more")
        time.sleep(REST)
        run = Run(world)
        registry.change()
        registry.write(path)
        begin = time.perf_counter()
        world.good("zone-reload", zone=ZONE)
        return whole, run.end(begin, world.secondary.wait(ZONE, 2))
    finally:
        world.close()


# ---- many small zones ----


def small_zone(number):
    return f"zone{number}.many."


def write_small(world, number, serial):
    zone = small_zone(number)
    lines = (f"www 300 A 192.0.2.{serial % 250}", "www 300 AAAA 2001:db8::1", "@ 300 MX 10 www")
    world.write(f"small/{zone}zone", world.zone_text(zone, serial, *lines, ttl=300))


def start_small(world, count):
    """Seconds until NOTIFY was sent for all of them."""
    world.secondary.forget()
    begin = time.perf_counter()
    world.start(ready=False)
    world.secondary.wait_until(
        lambda: len(world.secondary.times) >= count or world.has_ended(), f"{count} zones"
    )
    return time.perf_counter() - begin


def change_small(world, number):
    """Seconds from the order to read a small zone's changed file until its NOTIFY."""
    zone = small_zone(number)
    count = world.secondary.versions(zone)
    write_small(world, number, 2)
    begin = time.perf_counter()
    world.good("zone-reload", zone=zone)
    return world.secondary.wait(zone, count + 1) - begin


def beside_large(world, registry, first, rounds):
    """Seconds of changes of small zones, while a large zone is taken up and signed; its seconds."""
    registry.write(world.folder / "zone")
    settings = json.dumps(world.settings({"file": str(world.folder / "zone")}))
    begin = time.perf_counter()
    world.good("zone-add", zone=ZONE, policy="default", settings=settings)
    seconds = []
    # It takes some seconds until the files system, all processors and memory are busy with it.
    while world.secondary.versions(ZONE) == 0 and len(seconds) < rounds:
        time.sleep(0.5)
        seconds.append(change_small(world, first + len(seconds)))
    busy = world.secondary.versions(ZONE) == 0
    return seconds if busy else seconds[:-1], world.secondary.wait(ZONE, 1) - begin


def many(folder, registry, count, rounds):
    world = World(folder)
    rounds = min(rounds, count // 2)
    try:
        (folder / "small").mkdir()
        for number in range(count):
            write_small(world, number, 1)
        world.zones = [
            {"name": small_zone(number), **world.settings({"file": f"small/{small_zone(number)}zone"})}
            for number in range(count)
        ]
        tell(f"{count:,} small zones: first start")
        result = {"first": start_small(world, count)}
        tell("the same, started again")
        world.stop()
        result["again"] = start_small(world, count)
        time.sleep(REST)
        result["memory"] = world.memory()
        tell("small changes alone")
        result["alone"] = [change_small(world, number) for number in range(rounds)]
        tell("small changes beside a large zone that is signed")
        result["beside"], result["large"] = beside_large(world, registry, rounds, count - rounds)
        return result
    finally:
        world.close()


# ---- tables ----


def verdict(value, goal):
    return "reached" if value < goal else f"missed by {value / goal:.1f} x"


def print_changes(runs, delegations):
    print(f"\nIXFR of {CHANGED} changed names of {delegations:,} delegations, from NOTIFY received to")
    print(f"NOTIFY sent, {len(runs)} times: milliseconds")
    print(f"  {'':12}{'median':>10}{'best':>10}")
    for stage in (*STAGES, "rest"):
        values = [1000 * run.stages[stage] for run in runs]
        print(f"  {stage:12}{statistics.median(values):10.1f}{min(values):10.1f}")
    values = [1000 * run.seconds for run in runs]
    print(f"  {'together':12}{statistics.median(values):10.1f}{min(values):10.1f}")
    values = [run.seconds - run.stages["fetch"] for run in runs]
    median = statistics.median(values)
    print(f"  {'but fetch':12}{1000 * median:10.1f}{1000 * min(values):10.1f}", end="")
    print(f"   goal {1000 * GOAL_CHANGE:.0f}: {verdict(median, GOAL_CHANGE)}")
    processor = statistics.median(1000 * run.processor for run in runs)
    print(f"  {'processor':12}{processor:10.1f}")


def print_whole(runs, delegations):
    """`runs` by what they are called; the last one is not the whole zone."""
    print(f"\n{delegations:,} delegations until NOTIFY was sent: seconds")
    print(f"  {'':12}" + "".join(f"{name:>22}" for name in runs))
    for stage in (*STAGES, "rest"):
        print(f"  {stage:12}" + "".join(f"{run.stages[stage]:22.2f}" for run in runs.values()))
    print(f"  {'together':12}" + "".join(f"{run.seconds:22.2f}" for run in runs.values()))
    print(f"  {'processor':12}" + "".join(f"{run.processor:22.2f}" for run in runs.values()))
    for name, run in list(runs.items())[:2]:
        print(f"  {name}: goal {GOAL_WHOLE} s: {verdict(run.seconds, GOAL_WHOLE)};", end=" ")
        print(f"OpenSSL alone, in the same minutes, would sign it in {run.limit:.1f} s.")
    whole = sum(PUBLISHED.values())
    parts = ", ".join(f"{what} {minutes}" for what, minutes in PUBLISHED.items())
    print(f"  A registry of 6 million delegations told of {whole} minutes: {parts};")
    print(f"  for a million of them that is {60 * whole / 6:.0f} s, on machines of its own.")


def print_many(result, count):
    print(f"\n{count:,} small zones in one process")
    line = "  {:60}{:>10}".format
    print(line("first start until all are served, keys made: seconds", f"{result['first']:.1f}"))
    print(line("start again until all are served: seconds", f"{result['again']:.1f}"))
    print(line("memory a zone: KiB", f"{1024 * result['memory'] / count:.1f}"))
    large = f"one of them changed while {result['large']:.0f} s go into a large zone"
    for what, name in (("alone", "one of them changed"), ("beside", large)):
        values = result[what]
        if values:
            median = statistics.median(values)
            print(line(f"{name}, {len(values)} times: median, s", f"{median:.3f}"))
            print(line("  the longest", f"{max(values):.3f}"))


def number_of(name, default, least):
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or int(text) < least:
        sys.exit(f"daemon_bench.py: {name} is '{text}', and must be a number from {least} on")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    build = parser.parse_args().build.resolve()
    delegations = number_of("BENCH_DAEMON_DELEGATIONS", 1000000, 1)
    rounds = number_of("BENCH_DAEMON_CHANGES", 9, 1)
    zones = number_of("BENCH_DAEMON_ZONES", 10000, 2)
    os.environ["HOLDFAST"] = str(build / "src" / "cli" / "holdfast")
    os.environ["HOLDFASTD"] = str(build / "src" / "daemon" / "holdfastd")
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before.")
    tell(f"{delegations:,} delegations: making the zone")
    registry = Registry(delegations)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        axfr, changes, peak = from_primary(build, pathlib.Path(name), registry, rounds)
    print_changes(changes, delegations)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        whole, again = from_file(build, pathlib.Path(name), registry)
    print_whole({"AXFR": axfr, "zone file": whole, "file, 100 changed": again}, delegations)
    print(f"  Peak of memory, the changes from above with it: {peak:.0f} MiB.")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        print_many(many(pathlib.Path(name), registry, zones, rounds), zones)


if __name__ == "__main__":
    main()
