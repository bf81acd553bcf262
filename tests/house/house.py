# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house, as functions over a source tree.

Each takes the tree's root (and what else it needs) and returns a list of complaints, one
sentence each; an empty list means that the rule holds. test_house.py applies them to this
project, test_rules.py to small made-up trees that break them.
"""

import itertools
import os
import pathlib
import re
import subprocess

FUNCTION_LINES = 80
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
SPDX_SUFFIXES = {".c", ".h", ".py", ".sh", ".bash", ".build", ".1", ".5", ".8", ".list", ".def", ".inc"}
SPDX_NAMES = {"Makefile", "meson_options.txt", ".clang-format", ".clang-tidy", "run"}
# Names that tools prescribe, so that they cannot be unique.
SHARED_NAMES = {"meson.build", "README.md", ".gitignore"}
CODE_SUFFIXES = {".c", ".h", ".py", ".sh"}
FLOOR_ROW = re.compile(r"^\|\s*(\d+)\s*\|\s*`src/([a-z0-9_]+)`(.*)$", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
ALLOCATORS = {
    "malloc", "calloc", "realloc", "reallocarray", "aligned_alloc", "memalign", "posix_memalign",
    "valloc", "strdup", "strndup", "wcsdup", "asprintf", "vasprintf", "open_memstream", "getline",
    "getdelim", "fmemopen", "realpath", "scandir", "get_current_dir_name", "tempnam",
}
# Folders under which only one machine's people and tools live.
PRIVATE_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(["work", "root", "home"]) + r")/[\w.]")


def files(root):
    """All source files of the tree: no build folders, nothing hidden but what we wrote."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if (not name.startswith(".") or name == ".ci")
            and name != "__pycache__"
            and not pathlib.Path(folder, name, "meson-private").exists()
        )
        for name in sorted(names):
            path = pathlib.Path(folder, name)
            if name != ".git" and not name.endswith(".pyc") and path.is_file():
                yield path


def floors(root):
    """The floor table of ARCHITECTURE.md: part name to floor number."""
    text = pathlib.Path(root, "ARCHITECTURE.md").read_text(encoding="utf-8")
    return {name: int(number) for number, name, _ in FLOOR_ROW.findall(text)}


def forbidden_pairs(root):
    """Pairs (part, other part) that the table's last column rules out by "use `other`"."""
    text = pathlib.Path(root, "ARCHITECTURE.md").read_text(encoding="utf-8")
    pairs = set()
    for _, name, rest in FLOOR_ROW.findall(text):
        for other in re.findall(r"use `([a-z0-9_]+)`", rest):
            pairs.add((name, other))
    return pairs


def unlisted_parts(root):
    """Every folder in src is in the table, and every row has its folder."""
    table = set(floors(root))
    there = {path.name for path in pathlib.Path(root, "src").iterdir() if path.is_dir()}
    return [f"src/{name} is not in ARCHITECTURE.md's table" for name in sorted(there - table)] + [
        f"ARCHITECTURE.md lists src/{name}, which does not exist" for name in sorted(table - there)
    ]


def _may_use(table, user, used):
    """Whether a part may use another one: itself, or what is on a lower floor."""
    return user == used or table[used] < table[user]


def upward_includes(root):
    """No part includes a header of its own floor's neighbours or of a floor above."""
    table = floors(root)
    complaints = []
    for path in files(pathlib.Path(root, "src")):
        if path.suffix not in CODE_SUFFIXES | {".def", ".inc"}:
            continue
        part = path.relative_to(pathlib.Path(root, "src")).parts[0]
        for header in INCLUDE.findall(path.read_text(encoding="utf-8")):
            used = header.split("/")[0]
            where = f"{path.relative_to(root)} includes {header}"
            if "/" not in header:
                if not (path.parent / header).exists() and not header.endswith(".inc"):
                    complaints.append(f"{where}, which is not there; write it as PART/{header}")
            elif used not in table:
                complaints.append(f"{where}, and {used} is no part of the table")
            elif part in table and not _may_use(table, part, used):
                complaints.append(f"{where}: floor {table[part]} may not use floor {table[used]}")
    return complaints


def unwrapped_allocators(archives, wrapped):
    """Allocating functions of the C library that parts call and the linker does not route."""
    complaints = []
    for part, path in sorted(archives.items()):
        names = subprocess.run(
            ["nm", "--undefined-only", "--format=just-symbols", str(path)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for name in sorted(ALLOCATORS & set(names) - set(wrapped)):
            complaints.append(f"{part} calls {name}, which no test makes fail")
    return complaints


def archive_symbols(path):
    """Our own symbols in a static library: (defined, undefined)."""
    text = subprocess.run(
        ["nm", "--no-sort", str(path)], capture_output=True, text=True, check=True
    ).stdout
    defined, undefined = set(), set()
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or not words[-1].lower().startswith("hf_"):
            continue
        if words[-2] == "U":
            undefined.add(words[-1])
        elif words[-2].isupper():
            defined.add(words[-1])
    return defined, undefined - defined


def upward_calls(root, archives):
    """Every symbol that a part needs is defined on a lower floor. `archives`: part to path."""
    table = floors(root)
    symbols = {part: archive_symbols(path) for part, path in archives.items()}
    owner = {name: part for part, (defined, _) in symbols.items() for name in defined}
    complaints = []
    for part, (_, undefined) in sorted(symbols.items()):
        for name in sorted(undefined):
            used = owner.get(name)
            if used is None:
                complaints.append(f"{part} calls {name}, which no part defines")
            elif not _may_use(table, part, used):
                complaints.append(f"{part} calls {name} of {used}: not on a lower floor")
    return complaints


def repeated_symbols(archives):
    """No two parts define one symbol: a program with both would quietly use one for the other."""
    owners = {}
    for part, path in sorted(archives.items()):
        for name in archive_symbols(path)[0]:
            owners.setdefault(name, []).append(part)
    return [
        f"{name} is defined by {' and '.join(parts)}"
        for name, parts in sorted(owners.items())
        if len(parts) > 1
    ]


def lost_pairs(root):
    """The parts that the table keeps apart share a floor, so that neither may use the other."""
    table = floors(root)
    return [
        f"{one} and {other} must not use each other, but {other} is on a lower floor"
        for one, other in sorted(forbidden_pairs(root))
        if _may_use(table, one, other)
    ]


def _starts_line(lines, index):
    """The line on which the declaration before a lone opening brace begins."""
    start = index
    while start > 0 and lines[start - 1].strip() and not lines[start - 1].startswith(("}", "#")):
        start -= 1
    return start


def long_functions(root, limit=FUNCTION_LINES):
    """Functions of more lines than a screen or two, from the opening to the closing brace.

    In our style the brace that opens a function stands alone in the first column, which no table,
    structure or block does.
    """
    complaints = []
    for path in files(root):
        if path.suffix not in {".c", ".h", ".inc"}:
            continue
        lines = path.read_text(encoding="utf-8").splitlines()
        opened = None
        for index, line in enumerate(lines):
            if line == "{":
                opened = index
            elif line == "}" and opened is not None:
                if index - opened + 1 > limit:
                    name = " ".join(lines[_starts_line(lines, opened) : opened])
                    complaints.append(
                        f"{path.relative_to(root)}:{opened}: {index - opened + 1} lines: {name}"
                    )
                opened = None
    return complaints


def missing_spdx(root):
    """The licence line is among the first three of every source file."""
    complaints = []
    for path in files(root):
        if path.suffix not in SPDX_SUFFIXES and path.name not in SPDX_NAMES:
            continue
        if "corpus" in path.parts:
            continue
        with path.open(encoding="utf-8") as text:
            if not any(SPDX in line for line in itertools.islice(text, 3)):
                complaints.append(f"{path.relative_to(root)}: no line with {SPDX}")
    return complaints


def repeated_names(root):
    """No two source files have one name, wherever they are."""
    seen = {}
    for path in files(root):
        if path.name not in SHARED_NAMES and path.suffix in CODE_SUFFIXES:
            seen.setdefault(path.name, []).append(str(path.relative_to(root)))
    return [
        f"one name, several files: {', '.join(same)}" for same in seen.values() if len(same) > 1
    ]


def private_paths(root):
    """No file names a folder that exists on one machine only."""
    complaints = []
    for path in files(root):
        text = path.read_bytes().decode("latin-1")
        for number, line in enumerate(text.splitlines(), 1):
            found = PRIVATE_PATH.search(line)
            if found:
                complaints.append(f"{path.relative_to(root)}:{number}: {line.strip()[:80]}")
    return complaints


def headers(src):
    """The headers below a source folder, as they are included."""
    return [path.relative_to(src) for path in files(src) if path.suffix == ".h"]


def compile_errors(src, includes, flags):
    """What the compiler says of a program that includes just these; empty when it is content."""
    done = subprocess.run(
        ["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Werror"]
        + ["-Wpedantic", "-Wstrict-prototypes", f"-I{src}", *flags, "-x", "c", "-"],
        input="".join(f'#include "{name}"\n' for name in includes) + "int main(void) { return 0; }\n",
        capture_output=True,
        text=True,
    )
    return done.stderr if done.returncode != 0 else ""


def lonely_headers(root, flags=()):
    """Headers that do not compile alone, or not when they are included twice."""
    src = pathlib.Path(root, "src")
    errors = {name: compile_errors(src, [name, name], flags) for name in headers(src)}
    return [f"{name} does not compile alone:\n{text}" for name, text in errors.items() if text]


def clashing_headers(root, flags=()):
    """Headers that cannot be included together: one name for two things."""
    src = pathlib.Path(root, "src")
    errors = compile_errors(src, headers(src), flags)
    return [f"the headers do not compile together:\n{errors}"] if errors else []


def manual_text(path):
    """A man page as plain text: overstrikes of the terminal form removed, one line."""
    done = subprocess.run(
        ["mandoc", "-T", "ascii", str(path)], capture_output=True, text=True, check=True
    )
    plain = re.sub(r".\x08", "", done.stdout)
    # A long option may be broken at the hyphens inside it.
    return re.sub(r"\s+", " ", re.sub(r"-\n\s+", "-", plain))


def manual_lint(path):
    """What mandoc says about a page at level warning or worse."""
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning", str(path)], capture_output=True, text=True
    )
    return [line for line in done.stdout.splitlines() if line.strip()]


def options_in_help(text):
    """Long options that a --help text names at the start of a line."""
    return sorted(set(re.findall(r"^\s+(?:-\w, ?)?(--[a-z][a-z0-9-]*)", text, re.MULTILINE)))


def undocumented_options(help_text, manual):
    """Options of --help that the page does not have as words of their own."""
    return [
        f"{option} is in --help and not in the man page"
        for option in options_in_help(help_text)
        if not re.search(re.escape(option) + r"(?![a-z0-9-])", manual)
    ]
