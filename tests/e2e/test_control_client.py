# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands to the daemon, against a stand-in: what they send, print and return."""

import json
import os
import pathlib
import re
import socket
import subprocess

import pytest

from controlstand import ControlStand, bad, good

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Commands that are one request each: operands, and what is sent.
ORDERS = [
    (["alert-test"], {"command": "alert-test"}),
    (["approve", "example."], {"command": "approve", "zone": "example."}),
    (["approve", "--removal", "example."], {"command": "accept-removal", "zone": "example."}),
    (["backup", __file__], {"command": "backup", "path": __file__}),
    (["ds-seen", "example."], {"command": "ds-seen", "zone": "example."}),
    (["ds-seen", "--withdrawn", "example."], {"command": "ds-withdrawn", "zone": "example."}),
    (["hold", "example."], {"command": "hold", "zone": "example."}),
    (["reject", "example."], {"command": "reject", "zone": "example."}),
    (["release", "example."], {"command": "release", "zone": "example."}),
    (["reload"], {"command": "reload"}),
    (["rollback", "example.", "4294967295"],
     {"command": "rollback", "zone": "example.", "serial": 4294967295}),
    (["stop"], {"command": "stop"}),
    (["roll", "example.", "zsk"],
     {"command": "roll", "zone": "example.", "action": "start", "what": "zsk"}),
    (["roll", "example.", "algorithm", "ed25519", "--method", "liberal"],
     {"command": "roll", "zone": "example.", "action": "start", "what": "algorithm:ed25519",
      "method": "liberal"}),
    (["roll", "--pause", "example."], {"command": "roll", "zone": "example.", "action": "pause"}),
    (["roll", "--resume", "example."], {"command": "roll", "zone": "example.", "action": "resume"}),
    (["roll", "--abort", "example."], {"command": "roll", "zone": "example.", "action": "abort"}),
    (["roll", "--force", "example."], {"command": "roll", "zone": "example.", "action": "force"}),
    (["roll", "--compromised", "4711", "example."],
     {"command": "compromised", "zone": "example.", "key": "4711"}),
    (["zone", "remove", "example."], {"command": "zone-remove", "zone": "example."}),
    (["zone", "reload", "example."], {"command": "zone-reload", "zone": "example."}),
]
USAGE = [
    (["rollback", "example.", "-1"], "no option -1"),
    (["rollback", "example.", "4294967296"], '"4294967296" is no serial number'),
    (["rollback", "example."], "something is missing"),
    (["roll", "example."], "roll does one thing at a time"),
    (["roll", "example.", "zsk", "--abort"], "roll does one thing at a time"),
    (["roll", "--abort", "--method", "double-ds", "example."], "--method belongs to the start"),
    (["roll", "example.", "zks"], "zks: nothing has that name; it takes zsk"),
    (["roll", "example.", "algorithm", "rsasha1"], "that is no algorithm to sign with"),
    (["roll", "example.", "zsk", "--method", "both"], "there is no such method"),
    (["zone", "move", "example."], 'there is no action "move"'),
    (["zone", "add", "example."], "either --file or --primary"),
    (["zone", "add", "example.", "--file", "a", "--primary", "192.0.2.1"], "either --file or"),
    (["zone", "add", "example.", "--settings", "a", "--file", "b"], "--settings has all settings"),
    (["zone", "remove", "example.", "--file", "a"], "are for `holdfast zone add`"),
    (["hold", os.fsdecode(b"\xff.")], "an argument is no text in UTF-8"),
    (["zone", "add", "example.", "--file", os.fsdecode(b"/\xff")], "a path or an address is no text"),
]
BROKEN = [
    (b"", "closed the connection without an answer"),
    (b'{"ok": true, "res', "closed the connection without an answer"),
    (b"220 mail.example ESMTP\n", "this is no answer of holdfastd"),
    (b"{}\n", "this is no answer of holdfastd"),
    (b'{"ok": true, "result": 7}\n', "this is no answer of holdfastd"),
    (b'{"ok": true, "ok": false}\n', "this is no answer of holdfastd"),
    (b"[" * 100_000 + b"\n", "this is no answer of holdfastd"),
]


@pytest.fixture
def stand(tmp_path, monkeypatch):
    made = ControlStand(tmp_path)
    monkeypatch.setenv("HOLDFAST_CONTROL", str(made.path))
    yield made
    made.close()


@pytest.mark.parametrize("words, request_", ORDERS, ids=lambda value: str(value)[:40])
def test_order_is_one_request(holdfast, stand, words, request_):
    stand.answers = [good(text="it is done"), good(text="it is done", more=1)]
    done = holdfast(*words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "it is done\n", "")
    done = holdfast(*words, "--json")
    assert json.loads(done.stdout) == {"text": "it is done", "more": 1}
    assert stand.requests == [request_, request_]


def test_backup_that_cannot_be_seen_from_here(holdfast, stand, tmp_path):
    stand.answers = [good(text="it is done")]
    done = holdfast("backup", tmp_path / "b.tar")
    assert (done.returncode, done.stdout) == (2, "")
    assert "b.tar, but not in the folder that is seen from here" in done.stderr


@pytest.mark.parametrize("words, sentence", USAGE, ids=lambda value: str(value)[:40])
def test_mistakes_are_told_before_anything_is_asked(holdfast, stand, words, sentence):
    done = holdfast(*words)
    assert done.returncode == 2 and done.stdout == ""
    assert sentence in done.stderr and done.stderr.startswith("holdfast: ")
    assert stand.requests == []


@pytest.mark.parametrize("answer, sentence", BROKEN, ids=lambda value: str(value)[:30])
def test_strange_answers(holdfast, stand, answer, sentence):
    stand.answers = [answer]
    done = holdfast("status")
    assert done.returncode == 2 and done.stdout == ""
    assert sentence in done.stderr


def test_refusal_and_errors_have_their_codes(holdfast, stand):
    stand.answers = [
        bad("refused", "a ZSK rollover is under way: wait for its end"),
        bad("notfound", "there is no zone example."),
        bad("invalid", "holdfast.yaml:3: one\nholdfast.yaml:9: two"),
        bad("nonsense", "something"),
    ]
    done = holdfast("roll", "example.", "ksk")
    assert done.returncode == 1
    assert done.stderr == "holdfast: a ZSK rollover is under way: wait for its end\n"
    assert holdfast("hold", "example.").returncode == 2
    done = holdfast("reload")
    assert done.returncode == 2
    assert done.stderr == "holdfast: holdfast.yaml:3: one\nholdfast: holdfast.yaml:9: two\n"
    assert holdfast("hold", "example.").returncode == 2


def test_no_daemon(holdfast, tmp_path):
    nobody = tmp_path / "nobody.sock"
    done = holdfast("status", "--control", nobody)
    assert done.returncode == 2 and "there is no such socket: start holdfastd" in done.stderr
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(nobody))
    done = holdfast("status", "--control", nobody)
    assert done.returncode == 2 and "nobody listens there" in done.stderr
    done = holdfast("status", "--control", "/" + 200 * "x")
    assert done.returncode == 2 and "a socket's path has at most 107 bytes" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_socket_of_others(holdfast, stand, tmp_path):
    stand.path.chmod(0o600)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run(
        [os.environ["HOLDFAST"], "status", "--control", stand.path],
        capture_output=True, text=True, user=65534, group=65534, extra_groups=[],
    )
    assert done.returncode == 2
    assert "you may not connect: be root" in done.stderr


def test_relative_backup_path(holdfast, stand, tmp_path):
    stand.answers = [good(text="written")]
    (tmp_path / "monday.tar").touch()
    assert holdfast("backup", "monday.tar", cwd=tmp_path).returncode == 0
    assert stand.requests[0]["path"] == str(tmp_path / "monday.tar")


def test_zone_add(holdfast, stand, tmp_path):
    stand.answers = [good(text="added")] * 3
    done = holdfast("zone", "add", "example.", "--file", "a zone: file", "-p", "fast", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == "added\n"
    request = stand.requests[0]
    assert (request["command"], request["zone"], request["policy"]) == ("zone-add", "example.", "fast")
    assert json.loads(request["settings"]) == {
        "mode": "sign", "source": {"file": str(tmp_path / "a zone: file")},
    }
    holdfast(
        "zone", "add", "example.", "--primary", "192.0.2.1@5353,,2001:db8::1", "--key", "xfr.",
        "--secondary", "192.0.2.2", "--output", "/srv/out", "--check-only",
    )
    assert json.loads(stand.requests[1]["settings"]) == {
        "mode": "check-only",
        "source": {"primaries": [{"address": "192.0.2.1@5353", "key": "xfr."},
                                 {"address": "2001:db8::1", "key": "xfr."}]},
        "secondaries": [{"address": "192.0.2.2", "key": "xfr."}],
        "output": "/srv/out",
    }
    text = "source: {file: /srv/zone}\nhistory: 7\n"
    holdfast("zone", "add", "example.", "--settings", "-", input=text)
    assert stand.requests[2]["settings"] == text
    assert stand.requests[2]["policy"] == "default"


def test_history_and_versions(holdfast, stand):
    stand.answers = [
        good(history=[
            {"at": "2026-11-22T10:00:00Z", "kind": "hold", "who": "anna", "text": "held " + 30 * "x "},
            {"at": "2026-11-22T09:00:00Z", "kind": "published", "who": None, "text": "serial 7\x1b[2J"},
        ]),
        good(history=[]),
        good(versions=[{"serial": 7, "at": "2026-11-22T09:00:00Z", "names": 12}]),
        good(versions=[]),
    ]
    done = holdfast("zone", "history", "--limit", "2", "example.")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("2026-11-22T10:00:00Z  hold: held x x")
    assert max(map(len, lines)) <= 80 and lines[1].startswith(22 * " " + "x")
    assert "(by anna)" in done.stdout
    assert lines[-1] == "2026-11-22T09:00:00Z  published: serial 7?[2J"
    assert stand.requests[0] == {"command": "zone-history", "zone": "example.", "limit": 2}
    assert holdfast("zone", "history", "example.").stdout == "Nothing was done to example. yet.\n"
    done = holdfast("zone", "versions", "example.")
    assert re.search(r"^ +7  2026-11-22T09:00:00Z  .* 12$", done.stdout, re.MULTILINE)
    done = holdfast("zone", "versions", "example.")
    assert done.stdout == "Nothing of example. was published yet.\n"


def test_status_exit_codes(holdfast, stand):
    def zones(*states):
        return good(daemon={"version": "1", "since": "2026-11-22T09:00:00Z"},
                    zones=[{"zone": f"z{i}.", "state": state} for i, state in enumerate(states)])

    for states, code in [([], 0), (["good"], 0), (["good", "empty"], 0), (["good", "held"], 1),
                         (["waits"], 1), (["good", "alarm"], 1), (["?"], 1)]:
        stand.answers = [zones(*states)]
        done = holdfast("status")
        assert done.returncode == code, (states, done.stderr)
        assert "\033" not in done.stdout
    assert stand.requests[0] == {"command": "status"}
    stand.answers = [good(zone="example.", state="held", text="held by anna", stages=[])]
    done = holdfast("status", "example.")
    assert done.returncode == 1 and done.stdout.startswith("HELD  example.: held by anna\n")
    assert stand.requests[-1] == {"command": "status", "zone": "example."}


def test_ten_thousand_zones(holdfast, stand):
    many = [{"zone": f"z{i:05}.", "state": "good", "serial_in": i, "serial_out": i} for i in range(10_000)]
    stand.answers = [good(daemon={"version": "1"}, zones=many)] * 2
    done = holdfast("status")
    assert "10000 zones: 10000 good" in done.stdout and len(done.stdout.splitlines()) < 10
    done = holdfast("status", "--all")
    assert len(done.stdout.splitlines()) > 10_000


def test_completion(stand):
    stand.answers = [good(daemon={}, zones=[{"zone": "one.example."}, {"zone": "two.example."}])] * 2

    def complete(*words):
        program = os.environ["HOLDFAST"]
        quoted = " ".join(f"'{word}'" for word in (program, *words))
        script = (
            f". '{ROOT}/completion/holdfast.bash'; COMP_WORDS=({quoted}); COMP_CWORD={len(words)};"
            ' _holdfast; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split()

    assert complete("ds") == ["ds-seen"]
    assert complete("roll", "t") == ["two.example."]
    assert complete("zone", "remove", "o") == ["one.example."]
    assert complete("roll", "example.", "opt") == ["opt-out"]
    assert complete("zone", "ver") == ["versions"]
    assert complete("approve", "--rem") == ["--removal"]
