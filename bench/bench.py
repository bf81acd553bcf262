# SPDX-License-Identifier: GPL-3.0-or-later
"""Holdfast beside the other signers and verifiers installed here: time, CPU and peak memory.

For each size one generated zone (generate_zone.py), NSEC, ECDSA P-256, one KSK and one ZSK that all
programs use. Each run calls its programs one after the other, so that a slow minute of the machine
hits all of them, and times OpenSSL alone in between; medians are printed. Verifiers all read the
zone that Holdfast signed. At the end names of the largest zone are changed, in memory.
Environment: BENCH_DELEGATIONS (200000,1000000), BENCH_RUNS of Holdfast (3), BENCH_PEER_RUNS (1),
BENCH_LIMIT seconds for one call of a peer (1800), BENCH_DAEMON_ZONES small zones in one state
(10000).
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ZONE = "bench."
KNOT_CONFIG = """\
server:
    rundir: {folder}
database:
    storage: {folder}
policy:
  - id: bench
    manual: on
    algorithm: ecdsap256sha256
    nsec3: off
    cds-cdnskey-publish: none
    signing-threads: {cores}
zone:
  - domain: bench.
    storage: {folder}
    file: zone
    dnssec-signing: on
    dnssec-policy: bench
"""


class Program:
    """One contender: how it is called, and what was measured."""

    def __init__(self, name, words):
        self.name = name
        self.words = [str(word) for word in words]
        self.seconds = []
        self.cpu = []  # seconds of all threads together: what neighbours cannot take away
        self.memory = []  # MiB
        self.stopped = False  # it took longer than the limit

    def tool(self):
        return find(self.words[0])

    def run(self, folder, limit=None):
        """Once. It is stopped after `limit` seconds."""
        with open(folder / "output", "wb") as output:
            start = time.perf_counter()
            child = subprocess.Popen(
                [self.tool(), *self.words[1:]],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            timer = threading.Timer(limit or threading.TIMEOUT_MAX, child.kill)
            timer.start()
            # wait4 gives this child's own peak, not the largest of all children.
            _, status, usage = os.wait4(child.pid, 0)
            self.stopped = not timer.is_alive()
            timer.cancel()
            self.seconds.append(time.perf_counter() - start)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.memory.append(usage.ru_maxrss / 1024)
        if child.returncode != 0 and not self.stopped:
            text = (folder / "output").read_text(encoding="utf-8", errors="replace")
            sys.exit(f"bench.py: {' '.join(self.words)}: exit {child.returncode}\n{text[-2000:]}")


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def must(words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"bench.py: {words[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def prepare(folder, holdfast, delegations):
    """Zone and keys; gives the base names of the key files."""
    with open(folder / "zone", "wb") as zone:
        subprocess.run(
            ["/usr/bin/python3", "-B", HERE / "generate_zone.py", str(delegations)],
            stdout=zone,
            check=True,
        )
    keys = folder / "keys"
    keys.mkdir()
    for role in (["--ksk"], []):
        must([holdfast, "keygen", "--algorithm", "13", *role, "--dir", keys, ZONE])
    return sorted(path.with_suffix("") for path in keys.glob("K*.key"))


def prepare_knot(folder, keys):
    """Knot's own configuration and key store; False when it has no keymgr."""
    if not find("keymgr") or not find("kzonesign"):
        return False
    text = KNOT_CONFIG.format(folder=folder, cores=os.cpu_count())
    (folder / "knot.conf").write_text(text, encoding="utf-8")
    (folder / "knot").mkdir()
    for key in keys:
        must([find("keymgr"), "-c", folder / "knot.conf", ZONE, "import-bind", f"{key}.key"])
    return True


def signers(folder, holdfast, keys):
    ours = [holdfast, "sign", "--keys", "keys", "--origin", ZONE]
    bind = ["dnssec-signzone", "-S", "-K", "keys", "-o", ZONE, "-f", "bind.signed"]
    programs = [
        Program("holdfast sign --no-verify", [*ours, "--no-verify", "-o", "ours.signed", "zone"]),
        Program("dnssec-signzone -P", [*bind, "-P", "zone"]),
        Program("ldns-signzone", ["ldns-signzone", "-o", ZONE, "-f", "ldns.signed", "zone", *keys]),
    ]
    if prepare_knot(folder, keys):
        programs.append(
            Program("kzonesign", ["kzonesign", "-c", "knot.conf", "-o", "knot", ZONE])
        )
    checked = [
        Program("holdfast sign", [*ours, "-o", "ours.signed", "zone"]),
        Program("dnssec-signzone", [*bind, "zone"]),
    ]
    return programs, checked


def verifiers(holdfast):
    return [
        Program("holdfast verify", [holdfast, "verify", "--origin", ZONE, "ours.signed"]),
        Program("dnssec-verify", ["dnssec-verify", "-o", ZONE, "ours.signed"]),
        Program("ldns-verify-zone", ["ldns-verify-zone", "-V1", "ours.signed"]),
        Program("kzonecheck", ["kzonecheck", "-d", "on", "-o", ZONE, "ours.signed"]),
    ]


def figures(words):
    """The numbers that one of our small programs prints, each behind its name."""
    return {name: float(value) for name, value in map(str.split, must(words).splitlines())}


def tell(text):
    """A line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def changes(build, delegations):
    """Prints what changing 1, 100 and 10,000 names of such a zone takes."""
    print(f"\nA change of a signed zone of {delegations:,} delegations, in memory, medians of 5:")
    print("microseconds to sign it, to verify it, and to survey it for the gate; then, once, the")
    print("steps of a ZSK rollover")
    head = ("sign", "verify", "survey", "signatures")
    print(f"  {'denial':10}{'changed names':>14}" + "".join(f"{name:>12}" for name in head))
    for denial in ("nsec", "nsec3"):
        tell(f"changes of {delegations:,} delegations, {denial}")
        lines = must([build / "bench" / "change_rates", delegations, denial]).split("\n")
        for what, *values in (line.split() for line in lines if line):
            what = f"{int(what):,}" if what.isdigit() else what
            print(f"  {denial:10}{what:>14}" + "".join(f"{int(value):12,}" for value in values))


def lines(build, delegations):
    """Prints what an input takes from its arrival to its publication, by stage."""
    print(f"\nAn input of a zone of {delegations:,} delegations through all stages, milliseconds:")
    print("the first one, then one that changes 100 names (median of 9); everything is on disk at")
    print("the end. Goals: 40,000 for the first, 50 for a change")
    head = ("load", "check", "sign", "verify", "gate", "publish", "all")
    print(f"  {'':10}" + "".join(f"{name:>11}" for name in head))
    tell(f"inputs of {delegations:,} delegations")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
        rows = must([build / "bench" / "line_rates", delegations, folder]).split("\n")
    for what, *values in (row.split() for row in rows if row):
        print(f"  {what:10}" + "".join(f"{int(value) / 1000:11,.1f}" for value in values))


def durability(build, names, zones):
    """Prints what making versions durable takes, and opening them again."""
    tell(f"state of {names:,} names and of {zones:,} zones")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        found = figures([build / "bench" / "state_rates", f"{name}/state", names, zones])
    print(f"\nMaking durable, on the disk of the temporary folder: a zone of {names:,} names")
    print(f"  {'its first version, seconds':52}{found['first_seconds']:10.2f}")
    print(f"  {'a version with 100 names changed, milliseconds':52}{found['change_ms']:10.2f}")
    print(f"  {'opening it again, seconds':52}{found['open_seconds']:10.2f}")
    print(f"  {'a small zone with 1,000 facts, milliseconds':52}{found['publish_old_ms']:10.2f}")
    print(f"  {'the same without a past, milliseconds':52}{found['publish_young_ms']:10.2f}")
    print(f"{zones:,} small zones in one state")
    print(f"  {'opening all, seconds':52}{found['zones_open_seconds']:10.2f}")
    print(f"  {'kilobytes of memory for each':52}{found['zones_megabytes'] * 1e3 / zones:10.1f}")
    print(f"  {'bytes of the database for each':52}{found['store_megabytes'] * 1e6 / zones:10.0f}")


def simulation(build):
    """Prints how fast made-up time passes."""
    tell("resolvers and years in virtual time")
    found = figures([build / "bench" / "sim_rates", "100000", "10", "200"])
    print("\nIn virtual time: 100,000 resolvers through a KSK rollover of ten days; and years of a")
    print("zone with rollovers and faults, judged against every resolver there could be, on one core")
    print(f"  {'the rollover, seconds (goal: 10)':52}{found['seconds']:10.2f}")
    print(f"  {'resolver-years a second':52}{found['resolver_years_per_second']:10.0f}")
    print(f"  {'peak memory, MiB':52}{found['peak_kib'] / 1024:10.1f}")
    print(f"  {'years of a zone a second':52}{found['years_per_second']:10.1f}")


def table(title, programs, work, limit):
    """Prints one comparison. `limit` is the time that OpenSSL alone needs for `work`."""
    ours = statistics.median(programs[0].seconds)
    print(f"\n{title}")
    print(
        f"  {'':26}{'runs':>5}{'seconds':>9}{'of ours':>9}{'CPU s':>8}{'thousand/s':>12}"
        f"{'peak MiB':>10}"
    )
    for program in programs:
        seconds, cpu, memory = map(
            statistics.median, (program.seconds, program.cpu, program.memory)
        )
        print(
            f"  {program.name:26}{len(program.seconds):5}{seconds:9.2f}{seconds / ours:8.2f}x"
            f"{cpu:8.2f}{work / seconds / 1000:12.1f}{memory:10.0f}"
            f"{'  stopped: too slow' if program.stopped else ''}"
        )
    print(
        f"  {'OpenSSL, nothing else':31}{limit:9.2f}{limit / ours:8.2f}x{'':8}"
        f"{work / limit / 1000:12.1f}"
    )


class Trial:
    """One size: its programs, and what they were measured with."""

    def __init__(self, folder, build, delegations):
        self.folder = folder
        self.build = build
        self.delegations = delegations
        holdfast = build / "src" / "cli" / "holdfast"
        keys = prepare(folder, holdfast, delegations)
        self.plain, self.checked = signers(folder, holdfast, keys)
        self.verify = verifiers(holdfast)
        self.missing = set()
        for group in self.groups():
            self.missing |= {program.words[0] for program in group if not program.tool()}
            group[:] = [program for program in group if program.tool()]
        self.rates = []

    def groups(self):
        return self.plain, self.checked, self.verify

    def run(self, options, raw_seconds):
        """Ours come first in each group, and the verifiers after the zone was signed."""
        for number in range(max(options["BENCH_RUNS"], options["BENCH_PEER_RUNS"])):
            for group in self.groups():
                tell(f"{self.delegations:,} delegations, run {number + 1}: OpenSSL alone")
                self.rates.append(figures([self.build / "bench" / "raw_rates", raw_seconds]))
                for place, program in enumerate(group):
                    runs = options["BENCH_PEER_RUNS" if place > 0 else "BENCH_RUNS"]
                    if number < runs and not program.stopped:
                        tell(f"{self.delegations:,} delegations, run {number + 1}: {program.name}")
                        program.run(self.folder, options["BENCH_LIMIT"] if place > 0 else None)

    def rate(self, kind):
        return statistics.median(rate[kind] for rate in self.rates)

    def report(self):
        zone = figures([self.build / "bench" / "zone_figures", self.folder / "ours.signed"])
        work, wire = int(zone["signatures"]), zone["wire"]
        sign, verify = work / self.rate("sign"), work / self.rate("verify")
        print(f"\n==== {self.delegations:,} delegations ====")
        if self.missing:
            print("Not installed, left out:", ", ".join(sorted(self.missing)))
        print(f"{int(zone['records']):,} records, {work:,} of them signatures,", end=" ")
        print(f"{wire / 2**20:.0f} MiB in wire form when signed.")
        print(
            f"OpenSSL here: {self.rate('sign'):,.0f} P-256 signatures and "
            f"{self.rate('verify'):,.0f} verifications\na second, all cores together."
        )
        table("Sign, without a check of the result", self.plain, work, sign)
        table("Sign, the result checked before it is used", self.checked, work, sign + verify)
        table("Verify", self.verify, work, verify)
        self.goals(zone, sign, verify)

    def goals(self, zone, sign, verify):
        """What the project wants to reach, in the same figures."""
        plain, checked, ours = (statistics.median(group[0].seconds) for group in self.groups())
        peers = [statistics.median(program.seconds) for program in self.verify[1:]]
        peak = max(statistics.median(group[0].memory) for group in self.groups()) * 2**20
        print("\nGoals")
        line = "  {:56}{:>10}{:>14}".format
        print(line("", "here", "goal"))
        print(line("sign: time over OpenSSL's alone", f"{plain / sign:.2f}x", "1.15x"))
        print(line("sign and check: the same", f"{checked / sign:.2f}x", "-"))
        print(line("verify: OpenSSL's time alone over ours", f"{verify / ours:.1f}x", "10x"))
        if peers:
            best = f"{min(peers) / ours:.1f}x"
            print(line("verify: the best peer's time over ours", best, "30x"))
        memory = f"{peak / zone['wire']:.2f}x"
        print(line("peak memory over the signed zone in wire form", memory, "1.5x"))
        print(line("peak memory, bytes a record", f"{peak / zone['records']:.0f}", "-"))
        print(line("of these, nodes", f"{zone['nodes'] / zone['records']:.0f}", "-"))


def settings():
    """The environment's numbers; exits when one makes no sense."""
    found = {}
    numbers = {"BENCH_RUNS": 3, "BENCH_PEER_RUNS": 1, "BENCH_LIMIT": 1800}
    for name, value in {**numbers, "BENCH_DAEMON_ZONES": 10000}.items():
        text = os.environ.get(name, str(value))
        if not text.isdecimal() or int(text) < 1:
            sys.exit(f"bench.py: {name} is '{text}', and must be a number from 1 on")
        found[name] = int(text)
    text = os.environ.get("BENCH_DELEGATIONS", "200000,1000000")
    sizes = text.replace(",", " ").split()
    if not sizes or not all(size.isdecimal() and int(size) > 0 for size in sizes):
        sys.exit(f"bench.py: BENCH_DELEGATIONS is '{text}', and must be numbers: 200000,1000000")
    return found, [int(size) for size in sizes]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    parser.add_argument("--raw-seconds", default="2", help="how long to time OpenSSL, each way")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    options, sizes = settings()
    os.environ.update(TZ="UTC", LC_ALL="C.UTF-8")
    start = time.monotonic()

    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores; medians of as many runs as given.")
    for delegations in sizes:
        with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
            tell(f"{delegations:,} delegations: making zone and keys")
            trial = Trial(pathlib.Path(name), build, delegations)
            trial.run(options, arguments.raw_seconds)
            trial.report()
            sys.stdout.flush()
    changes(build, max(sizes))
    lines(build, max(sizes))
    durability(build, max(sizes), options["BENCH_DAEMON_ZONES"])
    simulation(build)
    print(f"\nAll this took {(time.monotonic() - start) / 60:.0f} minutes.")


if __name__ == "__main__":
    main()
