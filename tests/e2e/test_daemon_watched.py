# SPDX-License-Identifier: GPL-3.0-or-later
"""How the daemon is watched, and bad days: alerts, metrics, a full disk, idle crowds, the manager."""

import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from daemonworld import DaemonWorld, free_port, wait_for

ZONE = "example."


@pytest.fixture
def world(tmp_path):
    world = DaemonWorld(tmp_path)
    yield world
    world.close()


def http(world, path):
    try:
        with urllib.request.urlopen(f"http://{world.host}:{world.metrics}{path}", timeout=10) as page:
            return page.status, page.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def with_metrics(world):
    world.metrics = free_port(world.host)
    world.server["metrics"] = f"{world.host}@{world.metrics}"


def value(page, name):
    """The value of a metric; None when it is not there."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else None


def test_metrics_and_health(world):
    with_metrics(world)
    world.add_file_zone(ZONE, 4)
    world.start()
    status = world.wait_published(ZONE, 4)
    time.sleep(1.1)  # a page is kept for a second
    code, page = http(world, "/metrics")
    assert code == 200
    label = f'{{zone="{ZONE}"}}'
    assert value(page, f"holdfast_zone_serial_in{label}") == 4
    assert value(page, f"holdfast_zone_serial_out{label}") == status["serial_out"]
    assert value(page, f"holdfast_zone_validity_seconds{label}") > 86400
    assert value(page, f"holdfast_zone_next_key_event_seconds{label}") > 86400
    assert value(page, f"holdfast_zone_gate_safe_total{label}") >= 1
    assert value(page, f"holdfast_zone_published_total{label}") >= 1
    assert value(page, 'holdfast_zones{state="good"}') == 1
    assert value(page, f'holdfast_zone_stage_seconds_count{{zone="{ZONE}",stage="sign"}}') >= 1
    assert value(page, f"holdfast_zone_serve_seconds_count{label}") >= 1
    assert value(page, 'holdfast_lane_jobs_total{lane="small"}') >= 2
    # Every metric has its type, and no line is of another form.
    types = set(re.findall(r"^# TYPE (\S+) (?:gauge|counter|summary)$", page, re.MULTILINE))
    for line in page.splitlines():
        if not line.startswith("#"):
            name = re.match(r'^([a-z_]+)(\{[^{}]*\})? -?[0-9.]+$', line)
            assert name, line
            assert name[1] in types or name[1].rsplit("_", 1)[0] in types, line
    assert http(world, "/health") == (200, '{"status": "good", "zones": 1, "alarms": 0, "not_open": 0}\n')
    assert http(world, "/other")[0] == 404


ALERT = """#!/bin/sh
printf '%s %s %s %s\\n' "$HOLDFAST_STATE" "$HOLDFAST_ALARM" "$HOLDFAST_ZONE" "$(cat)" >> {log}
[ ! -e {fail} ]
"""


def test_alerts(world):
    log, fail = world.folder / "alerts", world.folder / "fail"
    script = world.write("alert", ALERT.format(log=log, fail=fail))
    script.chmod(0o755)
    world.top["alerts"] = {"command": [str(script)], "repeat": "1h", "self-test": "1h"}
    world.add_file_zone(ZONE)
    world.start()
    told = lambda word: [line for line in (log.read_text() if log.exists() else "").splitlines()
                         if line.startswith(word)]
    wait_for(lambda: told("test"), "the first test of the alert path")
    wait_for(lambda: world.good("status")["daemon"]["self_test_good"], "the test's result")
    world.wait_published(ZONE, 1)

    world.write(f"{ZONE}zone", "nonsense\n")
    line = wait_for(lambda: told("begins stage-load example."), "the alarm")[0]
    alarm = json.loads(line.split(" ", 3)[3])
    assert (alarm["zone"], alarm["alarm"], alarm["state"]) == (ZONE, "stage-load", "begins")
    assert "zone:1:" in alarm["text"] and alarm["standing"] == 1
    world.write(f"{ZONE}zone", world.zone_text(ZONE, 2))
    wait_for(lambda: told("ended stage-load example."), "the end of the alarm")
    assert len(told("begins")) == 1

    fail.touch()
    answer = world.ask("alert-test")
    assert not answer["ok"] and "exited with 1" in answer["error"]
    daemon = world.good("status")["daemon"]
    assert daemon["self_test_good"] is False and "FAILED" in daemon["self_test"]
    fail.unlink()
    world.good("alert-test")
    assert world.stop() == 0


def test_alert_command_that_hangs(world):
    script = world.write("alert", "#!/bin/sh\nsleep 600 & sleep 600\n")
    script.chmod(0o755)
    world.top["alerts"] = {"command": [str(script)], "time": "1s", "self-test": 0}
    world.start()
    assert "was ended after 1 s" in world.ask("alert-test")["error"]


def test_full_disk_publishes_nothing_and_loses_nothing(world):
    """A limit on the size of files stands for a full disk: what the daemon cannot keep is not
    visible, and when there is room again it goes on."""
    world.add_file_zone(ZONE, 1)
    world.start()
    first = world.wait_published(ZONE, 1)["serial_out"]
    many = [f"h{number} 5 A 192.0.2.1" for number in range(4000)]
    _limit_files(world.process.pid, 60_000)
    world.write(f"{ZONE}zone", world.zone_text(ZONE, 2, *many))
    status = world.wait_status(ZONE, lambda status: status["alarms"], "an alarm")
    assert re.search("File too large|no space|full|write", json.dumps(status["alarms"])), status
    assert world.soa(ZONE) == first
    _limit_files(world.process.pid, resource.RLIM_INFINITY)
    wait_for(lambda: (world.soa(ZONE) or 0) > first, "publication, now that there is room", 60)
    assert len(world.transfer(ZONE).nodes) > 4000
    world.wait_status(ZONE, lambda status: not status["alarms"], "the end of the alarm")
    serial = world.soa(ZONE)
    world.kill()
    world.start()
    wait_for(lambda: world.soa(ZONE) == serial, "the same after a restart")


def _limit_files(pid, size):
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_thousand_idle_connections(world):
    world.add_file_zone(ZONE)
    world.start()
    world.wait_published(ZONE, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    idle = []
    try:
        for _ in range(1000):
            connection = socket.create_connection((world.host, world.port), timeout=5)
            idle.append(connection)
        assert world.transfer(ZONE).get_rdataset(ZONE, "SOA")
        assert world.status(ZONE)["state"] == "good"
    finally:
        for connection in idle:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_service_manager(world):
    """Sockets that were handed over, and what the manager is told."""
    told = world.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(told))
        manager.settimeout(20)
        world.add_file_zone(ZONE)
        world.configure()
        starter = (
            "import os, socket, sys\n"
            "host, port, path = sys.argv[1:4]\n"
            "sockets = [socket.socket(socket.AF_INET, kind) for kind in "
            "(socket.SOCK_DGRAM, socket.SOCK_STREAM)]\n"
            "[one.bind((host, int(port))) for one in sockets]\n"
            "sockets[1].listen()\n"
            "sockets.append(socket.socket(socket.AF_UNIX)); sockets[2].bind(path); sockets[2].listen()\n"
            "numbers = [os.dup2(os.dup(one.fileno()), 20 + place) for place, one in enumerate(sockets)]\n"
            "[os.dup2(number, 3 + place) for place, number in enumerate(numbers)]\n"
            "os.environ.update(LISTEN_FDS='3', LISTEN_PID=str(os.getpid()))\n"
            "os.execv(sys.argv[4], sys.argv[4:])\n"
        )
        with open(world.folder / "log", "w") as log:
            world.process = subprocess.Popen(
                [sys.executable, "-c", starter, world.host, str(world.port), str(world.control),
                 world.program, "--config", "holdfast.yaml"],
                cwd=world.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(told), "WATCHDOG_USEC": "400000"},
            )
        assert b"READY=1" in manager.recv(1000), world.log()
        world.wait_published(ZONE, 1)
        assert world.soa(ZONE) and world.transfer(ZONE)
        assert manager.recv(1000) == b"WATCHDOG=1"
        world.process.send_signal(signal.SIGHUP)
        words = b""
        while b"RELOADING=1" not in words:
            words = manager.recv(1000)
        assert b"MONOTONIC_USEC=" in words
        while b"READY=1" not in words:
            words = manager.recv(1000)
        assert world.stop() == 0
        while b"STOPPING=1" not in words:
            words = manager.recv(1000)
    assert world.control.exists()  # not ours to remove


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_gives_up_root(world):
    user = "nobody"
    shutil.chown(world.folder, user)
    (world.folder / "key").chmod(0o640)
    for parent in [world.folder, *world.folder.parents]:
        if not os.stat(parent).st_mode & 0o001:
            os.chmod(parent, os.stat(parent).st_mode | 0o011)
    shutil.chown(world.folder / "key", user)
    world.server["user"] = user
    world.add_file_zone(ZONE)
    world.start()
    world.wait_published(ZONE, 1)
    process = pathlib.Path("/proc", str(world.process.pid))
    status = (process / "status").read_text()
    numbers = set(re.search(r"^Uid:\s+(.*)$", status, re.MULTILINE)[1].split())
    assert len(numbers) == 1 and numbers != {"0"}
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    limits = (process / "limits").read_text()
    assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.MULTILINE), limits
    assert (world.folder / "state").stat().st_mode & 0o777 == 0o700
    socket_status = world.control.stat()
    assert {str(socket_status.st_uid)} == numbers and socket_status.st_mode & 0o777 == 0o660


def test_usage(world):
    run = lambda *words: subprocess.run([world.program, *words], capture_output=True, text=True, timeout=10)
    assert run("--version").stdout.startswith("holdfastd ")
    help = run("--help")
    assert help.returncode == 0 and "--config" in help.stdout and "--check" in help.stdout
    for words in (["--colour"], ["zone"], ["--config"]):
        done = run(*words)
        assert done.returncode == 2 and done.stderr.startswith("holdfastd: "), words
    done = run("--config", str(world.folder / "none.yaml"))
    assert done.returncode == 2 and "cannot open" in done.stderr
