# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house, applied to this project."""

import os
import pathlib
import re
import subprocess

import pytest

import house

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WRAPPED = re.compile(r"wrapped = \[\]\nforeach name : \[([^]]*)\]")
PAGES = sorted((ROOT / "man").glob("*.[158]"))


def archives():
    """The static library of every part, in the build folder that runs this test."""
    build = pathlib.Path(os.environ["HOLDFAST_BUILD"])
    return {part: build / "src" / part / f"libhf-{part}.a" for part in house.floors(ROOT)}


def help_of(*words):
    done = subprocess.run(
        [os.environ["HOLDFAST"], *words, "--help"], capture_output=True, text=True, timeout=10
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def commands():
    """Commands that `holdfast --help` lists: an indented word, and what it does."""
    return re.findall(r"^\s+([a-z-]+)\s{2,}\S", help_of(), re.MULTILINE)


def test_floor_table_names_every_part():
    assert house.unlisted_parts(ROOT) == []


def test_no_upward_include():
    assert house.upward_includes(ROOT) == []


def test_no_upward_call():
    built = {part: path for part, path in archives().items() if path.exists()}
    # The command line is a program, not a library; everything else must be there.
    assert set(house.floors(ROOT)) - set(built) <= {"cli"}
    assert house.upward_calls(ROOT, built) == []


def test_no_symbol_is_defined_twice():
    built = {part: path for part, path in archives().items() if path.exists()}
    assert len(built) > 1
    assert house.repeated_symbols(built) == []


def test_sign_and_verify_are_kept_apart():
    assert {("sign", "verify"), ("verify", "sign")} <= house.forbidden_pairs(ROOT)
    assert house.lost_pairs(ROOT) == []


def test_every_allocator_is_made_to_fail():
    """The linker options of test_allocation name all allocators of what it runs."""
    wrapped = re.findall(r"'(\w+)'", WRAPPED.search((HERE / "meson.build").read_text())[1])
    swept = {"base", "dns", "crypto", "zone", "sign", "verify", "chain"}
    built = {part: path for part, path in archives().items() if part in swept}
    assert set(built) == swept and "malloc" in wrapped
    assert house.unwrapped_allocators(built, wrapped) == []


def test_headers_compile_alone():
    generated = pathlib.Path(os.environ["HOLDFAST_BUILD"], "src")
    assert house.lonely_headers(ROOT, [f"-I{generated}"]) == []


def test_headers_compile_together():
    generated = pathlib.Path(os.environ["HOLDFAST_BUILD"], "src")
    assert house.clashing_headers(ROOT, [f"-I{generated}"]) == []


def test_functions_fit_a_screen():
    assert house.long_functions(ROOT) == []


def test_every_source_names_its_licence():
    assert house.missing_spdx(ROOT) == []


def test_file_names_are_unique():
    assert house.repeated_names(ROOT) == []


def test_no_private_paths():
    assert house.private_paths(ROOT) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_man_page_is_clean(page):
    assert house.manual_lint(page) == []


def test_every_command_has_its_man_page():
    names = commands()
    assert names, "holdfast --help lists no command"
    missing = [name for name in names if not (ROOT / "man" / f"holdfast-{name}.1").exists()]
    assert missing == []


def test_every_option_is_in_its_man_page():
    for name in commands():
        text = help_of(name)
        assert "--help" in house.options_in_help(text), f"{name}: no options found in --help"
        page = ROOT / "man" / f"holdfast-{name}.1"
        assert house.undocumented_options(text, house.manual_text(page)) == [], name


def test_first_man_page_lists_every_command():
    manual = house.manual_text(ROOT / "man" / "holdfast.1")
    assert [name for name in commands() if f"holdfast-{name}(1)" not in manual] == []
