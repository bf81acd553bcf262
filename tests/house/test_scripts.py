# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/packages.sh against made-up system tools, and the shell completion."""

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
REAL_TOOLS = ["awk", "dirname", "env", "sh", "cat", "chmod", "rm"]


@pytest.fixture
def system(tmp_path):
    """A machine of shell scripts: system(user=0, sudo=True, ...) runs packages.sh on it."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in REAL_TOOLS:
        (tools / name).symlink_to(shutil.which(name))
    log, policy = tmp_path / "log", tmp_path / "policy"

    def put(name, text):
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)

    def run(installed="", user=0, sudo=True, apt=True, indexed=True):
        updated = tmp_path / "updated"
        if indexed:
            updated.touch()
        put("id", f"echo {user}")
        put(
            "dpkg-query",
            'for last; do :; done\n'
            f'case " {installed} " in *" $last "*) printf installed;; *) exit 1;; esac',
        )
        if apt:
            put(
                "apt-get",
                f'case "$*" in *--simulate*) [ -e {updated} ]; exit;; esac\n'
                f'echo "$*" >>{log}\n'
                f'[ ! -x {tmp_path}/policy-rc.d ] || {tmp_path}/policy-rc.d || echo "code $?" >>{policy}\n'
                f'case "$*" in *update*) : >{updated};; *) [ -e {updated} ];; esac',
            )
        if sudo:
            put("sudo", f'echo sudo >>{log}\nexec "$@"')
        done = subprocess.run(
            [ROOT / "scripts" / "packages.sh", "build"],
            env={"PATH": str(tools), "POLICY_RC_D": str(tmp_path / "policy-rc.d")},
            capture_output=True,
            text=True,
        )
        calls = log.read_text().splitlines() if log.exists() else []
        return done, calls

    return run


def packages(level):
    lines = (ROOT / "packages.list").read_text().splitlines()
    return [line.split()[0] for line in lines if line.split()[1:2] == [level] and line[0] != "#"]


def test_nothing_missing_means_no_apt(system):
    done, calls = system(installed=" ".join(packages("build")))
    assert (done.returncode, done.stdout, calls) == (0, "", [])


def test_only_the_missing_are_installed(system):
    done, calls = system(installed=" ".join(packages("build")[2:]))
    assert done.returncode == 0
    assert len(calls) == 1, "the index was good, so it is not fetched"
    first = " ".join(packages("build")[:2])
    assert calls[0].endswith("install -y --no-install-recommends " + first)


def test_no_service_is_started(system, tmp_path):
    done, _ = system(user=1000)
    assert done.returncode == 0
    assert set((tmp_path / "policy").read_text().splitlines()) == {"code 101"}
    assert not (tmp_path / "policy-rc.d").exists(), "the policy is for the installation alone"


def test_policy_of_others_stays(system, tmp_path):
    theirs = tmp_path / "policy-rc.d"
    theirs.write_text("#!/bin/sh\nexit 104\n")
    theirs.chmod(0o755)
    done, _ = system()
    assert done.returncode == 0 and theirs.read_text().endswith("exit 104\n")
    assert set((tmp_path / "policy").read_text().splitlines()) == {"code 104"}


def test_index_is_fetched_when_it_is_not_good_enough(system):
    done, calls = system(indexed=False)
    assert done.returncode == 0
    assert ["update" in call for call in calls] == [True, False]
    assert ["install -y" in call for call in calls] == [False, True]


def test_sudo_when_not_root(system):
    done, calls = system(user=1000)
    assert done.returncode == 0 and calls[0] == "sudo"


def test_neither_root_nor_sudo(system):
    done, calls = system(user=1000, sudo=False)
    assert (done.returncode, calls) == (1, [])
    assert "build-essential" in done.stderr and "sudo" in done.stderr


def test_no_apt(system):
    done, _ = system(apt=False)
    assert done.returncode == 1 and "apt-get" in done.stderr


def complete(*words):
    """What completion offers for the last word."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f". {ROOT}/completion/holdfast.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1};"
        '_holdfast; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_completion_offers_commands():
    program = os.environ["HOLDFAST"]
    assert {"sign", "verify", "keygen", "keys", "--version"} <= set(complete(program, ""))
    assert complete(program, "verif") == ["verify"]
    assert complete(program, "help", "sig") == ["sign"]


def test_completion_offers_options():
    program = os.environ["HOLDFAST"]
    assert {"--json", "--at", "--help"} <= set(complete(program, "verify", "--"))
    assert complete(program, "sign", "--no-v") == ["--no-verify"]


def test_completion_offers_actions_and_forms():
    program = os.environ["HOLDFAST"]
    assert complete(program, "anchors", "") == ["init", "check", "status", "export"]
    assert complete(program, "anchors", "export", "--format", "u") == ["unbound"]
