# SPDX-License-Identifier: GPL-3.0-or-later
"""Holdfast beside the other signers and verifiers installed here: time, CPU and peak memory.

One generated zone (generate_zone.py), NSEC, ECDSA P-256, one KSK and one ZSK that all programs
use. Each run calls every program once, one after the other, so that a slow minute of the machine
hits all of them; the medians are printed. Verifiers all read the zone that Holdfast signed.
Environment: BENCH_DELEGATIONS (200000), BENCH_RUNS (3).
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
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

    def tool(self):
        return find(self.words[0])

    def run(self, folder):
        with open(folder / "output", "wb") as output:
            start = time.perf_counter()
            child = subprocess.Popen(
                [self.tool(), *self.words[1:]],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            # wait4 gives this child's own peak, not the largest of all children.
            _, status, usage = os.wait4(child.pid, 0)
            self.seconds.append(time.perf_counter() - start)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.memory.append(usage.ru_maxrss / 1024)
        if child.returncode != 0:
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


def raw_rates(build, seconds):
    """Signatures and verifications a second that OpenSSL reaches on all cores."""
    lines = must([build / "bench" / "raw_rates", seconds]).split("\n")
    return {line.split()[0]: float(line.split()[1]) for line in lines if line}


def changes(build, delegations):
    """Prints what changing 1, 100 and 10,000 names of such a zone takes."""
    print("\nA change of a signed zone: microseconds to sign it, and to verify it")
    print(f"  {'denial':10}{'changed names':>14}{'sign':>10}{'verify':>10}{'signatures':>12}")
    for denial in ("nsec", "nsec3"):
        lines = must([build / "bench" / "change_rates", delegations, denial]).split("\n")
        for count, sign, verify, made in (line.split() for line in lines if line):
            print(f"  {denial:10}{int(count):14,}{int(sign):10,}{int(verify):10,}{int(made):12,}")


def count_signatures(path):
    """RRSIG records of a zone file with one record a line: owner, TTL, class, type."""
    with open(path, "rb") as text:
        return sum(line.split(None, 4)[3:4] == [b"RRSIG"] for line in text)


def table(title, programs, work, limit):
    """Prints one comparison. `limit` is the time that OpenSSL alone needs for `work`."""
    ours = statistics.median(programs[0].seconds)
    print(f"\n{title}")
    print(f"  {'':26}{'seconds':>9}{'of ours':>9}{'CPU s':>8}{'thousand/s':>12}{'peak MiB':>10}")
    for program in programs:
        seconds, cpu, memory = map(
            statistics.median, (program.seconds, program.cpu, program.memory)
        )
        print(
            f"  {program.name:26}{seconds:9.2f}{seconds / ours:8.2f}x{cpu:8.2f}"
            f"{work / seconds / 1000:12.1f}{memory:10.0f}"
        )
    print(
        f"  {'OpenSSL, nothing else':26}{limit:9.2f}{limit / ours:8.2f}x{'':8}"
        f"{work / limit / 1000:12.1f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="the build folder")
    parser.add_argument("--raw-seconds", default="2", help="how long to time OpenSSL, each way")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    delegations = int(os.environ.get("BENCH_DELEGATIONS", "200000"))
    runs = int(os.environ.get("BENCH_RUNS", "3"))
    if delegations < 1 or runs < 1:
        sys.exit("bench.py: BENCH_DELEGATIONS and BENCH_RUNS must be at least 1")
    holdfast = build / "src" / "cli" / "holdfast"
    os.environ.update(TZ="UTC", LC_ALL="C.UTF-8")

    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name:
        folder = pathlib.Path(name)
        keys = prepare(folder, holdfast, delegations)
        plain, checked = signers(folder, holdfast, keys)
        verify = verifiers(holdfast)
        for group in (plain, checked, verify):
            missing = [program.words[0] for program in group if not program.tool()]
            if missing:
                print("Not installed, left out:", ", ".join(missing))
            group[:] = [program for program in group if program.tool()]
        rates = []
        for number in range(1, runs + 1):
            print(f"run {number} of {runs} ...", file=sys.stderr)
            rates.append(raw_rates(build, arguments.raw_seconds))
            for program in [*plain, *checked, *verify]:
                program.run(folder)
        work = count_signatures(folder / "ours.signed")
        size = (folder / "ours.signed").stat().st_size

    sign_rate = statistics.median(rate["sign"] for rate in rates)
    verify_rate = statistics.median(rate["verify"] for rate in rates)
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {delegations:,} delegations,")
    print(f"{work:,} signatures, {size / 2**20:.0f} MiB signed; medians of {runs} run(s).")
    print(f"OpenSSL here: {sign_rate:,.0f} P-256 signatures and {verify_rate:,.0f} verifications")
    print("a second, all cores together.")
    table("Sign, without a check of the result", plain, work, work / sign_rate)
    table(
        "Sign, the result checked before it is used",
        checked,
        work,
        work / sign_rate + work / verify_rate,
    )
    table("Verify", verify, work, work / verify_rate)
    changes(build, delegations)


if __name__ == "__main__":
    main()
