# SPDX-License-Identifier: GPL-3.0-or-later
"""From BIND or Knot as hidden primary through the daemon to NSD, Knot and BIND as secondaries."""

import subprocess

import pytest

from daemonworld import KEY_NAME, KEY_SECRET, DaemonWorld, free_port, wait_for
from dnsworld import bind_config, bind_key, knot_config, knot_key, nsd_config, program

ZONE = "example."
# Numbers of hosts in the world's network.
PRIMARY, NSD, KNOT, BIND = 10, 11, 12, 13
BIND_HOST = "127.0.0.1"  # BIND listens only at addresses that an interface has: ports tell it apart


class PeerWorld(DaemonWorld):
    def __init__(self, folder):
        super().__init__(folder)
        self.bind_ports = {}  # by the number of the host

    def host_of(self, number):
        return BIND_HOST if number in self.bind_ports else f"{self.net}.{number}"

    def port_of(self, number):
        return self.bind_ports.get(number, self.port)

    def peer(self, name, *arguments):
        with open(self.folder / f"{name}-{len(self.others)}.log", "w") as log:
            process = subprocess.Popen(
                [program(name), *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, cwd=self.folder,
            )
        self.others.append(process)
        return process

    def folder_of(self, name):
        path = self.folder / name
        path.mkdir()
        return path

    def bind(self, number, role, more):
        port = self.bind_ports[number]
        host, folder = self.host_of(number), self.folder_of(f"bind-{number}")
        config = self.write(
            f"named-{number}.conf",
            bind_key(KEY_NAME, KEY_SECRET)
            + bind_config(
                folder, host, port,
                f"check-integrity no; query-source address {host}; transfer-source {host}; "
                f"notify-source {host};",
            )
            + f'zone "{ZONE}" {{ type {role}; {more} }};\n',
        )
        return self.peer("named", "-g", "-c", config, "-n", "1")

    def knot(self, number, zone):
        host, folder = self.host_of(number), self.folder_of(f"knot-{number}")
        config = self.write(
            f"knot-{number}.conf",
            knot_config(folder, f"{host}@{self.port}")
            + knot_key(KEY_NAME, KEY_SECRET)
            + f"""remote:
  - id: holdfast
    address: {self.host}@{self.port}
    key: {KEY_NAME}
    via: {host}
acl:
  - id: notify
    address: {self.host}
    key: {KEY_NAME}
    action: notify
  - id: transfer
    key: {KEY_NAME}
    action: transfer
zone:
  - domain: "{ZONE}"
    storage: "{folder}"
    file: "{folder}/zone"
{zone}""",
        )
        self.knot_config = config
        return self.peer("knotd", "-c", config)

    def nsd(self, number):
        host, folder = self.host_of(number), self.folder_of(f"nsd-{number}")
        config = self.write(
            f"nsd-{number}.conf",
            nsd_config(folder, f"  ip-address: {host}@{self.port}\n")
            + f"""key:
  name: "{KEY_NAME}"
  algorithm: hmac-sha256
  secret: "{KEY_SECRET}"
zone:
  name: "{ZONE}"
  zonefile: "{folder}/zone"
  request-xfr: {self.host}@{self.port} {KEY_NAME}
  allow-notify: {self.host} {KEY_NAME}
  outgoing-interface: {host}
""",
        )
        return self.peer("nsd", "-d", "-c", config)

    def start_secondaries(self):
        self.bind_ports[BIND] = free_port(BIND_HOST)
        self.nsd(NSD)
        self.knot(KNOT, "    master: holdfast\n    acl: [notify]\n    zonefile-sync: -1\n")
        self.bind(
            BIND,
            "secondary",
            f'primaries port {self.port} {{ {self.host} key "{KEY_NAME}"; }}; file "zone"; '
            # It is seen only with the key, and Knot only without.
            f"allow-notify {{ {self.host}; }}; allow-transfer {{ none; }}; "
            f'allow-query {{ key "{KEY_NAME}"; }};',
        )

    def secondaries(self):
        return [
            {"address": f"{self.host_of(number)}@{self.port_of(number)}", "key": KEY_NAME}
            for number in (NSD, KNOT, BIND)
        ]

    def add_zone(self, key=True, **settings):
        primary = {"address": f"{self.host_of(PRIMARY)}@{self.port_of(PRIMARY)}"}
        if key:
            primary["key"] = KEY_NAME
        self.zones.append(
            {"name": ZONE, "source": {"primaries": [primary]}, "secondaries": self.secondaries(),
             "transfer": [{"key": KEY_NAME}], **settings}
        )


@pytest.fixture
def world(tmp_path):
    world = PeerWorld(tmp_path)
    yield world
    world.close()


def arrives(world, serial_in):
    """Every secondary serves what came from the primary with that serial, and the daemon saw it."""
    status = world.wait_published(ZONE, serial_in)
    for number in (NSD, KNOT):  # BIND answers nobody without the key
        wait_for(
            lambda place=(world.host_of(number), world.port_of(number)): world.soa(ZONE, *place)
            == status["serial_out"],
            f"serial {status['serial_out']} at {number}\n{world.log()[-3000:]}",
        )
    return world.wait_status(
        ZONE,
        lambda status: len(status["secondaries"]) == 3
        and all(server["good"] for server in status["secondaries"])
        and all(target["state"] == "seen" for target in status["notify"]),
        "every secondary is seen with the version",
    )


def test_bind_to_all(world):
    world.bind_ports[PRIMARY] = free_port(BIND_HOST)
    world.start_secondaries()
    zone = world.write("primary.zone", world.zone_text(ZONE, 5, "www 5 A 192.0.2.80"))
    primary = world.bind(
        PRIMARY,
        "primary",
        f'file "{zone}"; ixfr-from-differences yes; max-ixfr-ratio unlimited; allow-transfer {{ key "{KEY_NAME}"; }}; '
        f'notify explicit; also-notify {{ {world.host} port {world.port} key "{KEY_NAME}"; }};',
    )
    world.add_zone()
    world.start()
    arrives(world, 5)
    assert "AXFR from" in world.stage(world.status(ZONE), "load")["text"]

    # The daemon hears of the new version by NOTIFY: its own questions are an hour apart.
    world.write("primary.zone", world.zone_text(ZONE, 6, "www 5 A 192.0.2.81"))
    primary.send_signal(1)
    status = arrives(world, 6)
    assert "IXFR from" in world.stage(status, "load")["text"]
    assert status["source"]["fetched"] == 2
    wait_for(lambda: 'event=notified zone=example.' in world.log(), "the log tells of NOTIFY")
    text = world.transfer(ZONE, key=True).to_text(relativize=False)
    done = world.holdfast("verify", str(world.write("got", text + "\n")))
    assert done.returncode == 0 and "192.0.2.81" in text

    with pytest.raises(Exception, match="REFUSED|refused"):
        world.transfer(ZONE)
    assert world.stop() == 0


def test_knot_as_primary_and_wrong_key(world):
    world.folder_of("knot-10.d")
    zone = world.write("knot-primary.zone", world.zone_text(ZONE, 1, "www 5 A 192.0.2.80"))
    world.knot(PRIMARY, f'    acl: [transfer]\n    notify: holdfast\n    file: "{zone}"\n')
    world.add_zone()
    world.write("key", "d3JvbmcgYnV0IGxvbmcgZW5vdWdo\n").chmod(0o600)
    world.start()
    status = world.wait_status(
        ZONE, lambda status: world.stage(status, "load")["state"] == "failed", "a refusal"
    )
    text = world.stage(status, "load")["text"]
    assert "TSIG" in text or "key" in text, text
    assert status["serial_out"] is None and status["alarms"], status

    world.write("key", KEY_SECRET + "\n").chmod(0o600)
    world.good("reload")
    status = world.wait_published(ZONE, 1)
    assert not [alarm for alarm in status["alarms"] if alarm["name"] == "stage-load"], status


def test_silent_primary_expires_and_is_served_on(world):
    zone = world.write("primary.zone", world.zone_text(ZONE, 5).replace("3600 2 86400", "1 1 3"))
    world.bind_ports[PRIMARY] = free_port(BIND_HOST)
    primary = world.bind(PRIMARY, "primary", f'file "{zone}"; allow-transfer {{ any; }};')
    world.add_zone(key=False)
    world.start()
    serial = world.wait_published(ZONE, 5)["serial_out"]
    primary.terminate()
    status = world.wait_status(
        ZONE,
        lambda status: "source-expired" in [alarm["name"] for alarm in status["alarms"]],
        "the alarm that the source has expired",
        seconds=30,
    )
    alarm = next(alarm for alarm in status["alarms"] if alarm["name"] == "source-expired")
    assert "goes on being served" in alarm["text"]
    query = world.transfer(ZONE, key=True)
    assert query.get_rdataset(ZONE, "SOA")[0].serial == serial


def test_check_only_passes_on_what_is_good(world):
    """Another signer's zone: proved and published as it is, and not when a signature is bad."""
    keys = world.folder_of("keys")
    plain = world.write("plain", world.zone_text(ZONE, 1, "www 5 A 192.0.2.80"))
    assert world.holdfast("keygen", "--dir", str(keys), "--csk", ZONE).returncode == 0

    def sign(serial):
        world.write("plain", world.zone_text(ZONE, serial, "www 5 A 192.0.2.80"))
        done = world.holdfast(
            "sign", "--keys", str(keys), "--cds", "none", "-o", str(world.folder / "signed"),
            str(plain),
        )
        assert done.returncode == 0, done.stderr
        return (world.folder / "signed").read_text()

    def with_serial(text):
        return int(next(line for line in text.splitlines() if "\tSOA\t" in line or " SOA " in line)
                   .split("SOA")[1].split()[2])

    good = sign(1)
    world.write("source", good)
    world.zones.append(
        {"name": ZONE, "mode": "check-only", "source": {"file": "source"},
         "transfer": [{"from": "127.0.0.0/8"}]}
    )
    world.start()
    first = with_serial(good)
    status = world.wait_published(ZONE, first)
    assert status["serial_out"] == first

    bad = sign(5)
    world.write("source", bad.replace("192.0.2.80", "192.0.2.66"))
    status = world.wait_status(ZONE, lambda status: status["alarms"], "an alarm")
    assert world.stage(status, "verify")["state"] == "failed", status["stages"]
    assert world.soa(ZONE) == first
    mended = sign(7)
    world.write("source", mended)
    wait_for(lambda: world.soa(ZONE) == with_serial(mended), "the good version")
