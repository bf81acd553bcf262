# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules themselves: each must complain about a small tree that breaks it."""

import subprocess
import textwrap

import pytest

import house

TABLE = """\
| floor | folder | what lives there | may not |
|---|---|---|---|
| 0 | `src/base` | ground | know DNS |
| 1 | `src/left` | one side | use `right` |
| 1 | `src/right` | other side | use `left` |
| 2 | `src/top` | roof | decide |
"""
HEAD = "/* SPDX-License-Identifier: GPL-3.0-or-later */\n"


@pytest.fixture
def tree(tmp_path):
    """A tree that breaks no rule; tree.put(path, text) adds to it."""

    class Tree:
        root = tmp_path

        def put(self, path, text, head=HEAD):
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(head + textwrap.dedent(text), encoding="utf-8")
            return target

        def archive(self, part):
            """Compiles src/PART/*.c to a static library."""
            objects = []
            for source in sorted((tmp_path / "src" / part).glob("*.c")):
                objects.append(source.with_suffix(".o"))
                subprocess.run(
                    ["gcc", f"-I{tmp_path / 'src'}", "-c", source, "-o", objects[-1]], check=True
                )
            target = tmp_path / f"libhf-{part}.a"
            subprocess.run(["ar", "rcs", target, *objects], check=True)
            return target

    made = Tree()
    made.put("ARCHITECTURE.md", TABLE, head="")
    made.put("src/base/ground.h", "int hf_ground(void);\n")
    made.put(
        "src/base/ground.c",
        '#include "base/ground.h"\nint hf_ground(void)\n{\n\treturn 1;\n}\n',
    )
    made.put("src/left/hand.h", '#include "base/ground.h"\nint hf_hand(void);\n')
    made.put(
        "src/left/hand.c",
        '#include "left/hand.h"\nint hf_hand(void)\n{\n\treturn hf_ground();\n}\n',
    )
    made.put("src/right/foot.c", "int hf_foot(void);\nint hf_foot(void)\n{\n\treturn 2;\n}\n")
    made.put("src/top/roof.c", '#include "left/hand.h"\nint hf_roof;\n')
    return made


def test_good_tree_passes(tree):
    parts = {part: tree.archive(part) for part in ("base", "left", "right", "top")}
    assert house.unlisted_parts(tree.root) == []
    assert house.upward_includes(tree.root) == []
    assert house.upward_calls(tree.root, parts) == []
    assert house.lost_pairs(tree.root) == []
    assert house.long_functions(tree.root) == []
    assert house.missing_spdx(tree.root) == []
    assert house.repeated_names(tree.root) == []
    assert house.private_paths(tree.root) == []


def test_upward_include(tree):
    tree.put("src/base/sky.c", '#include "left/hand.h"\n')
    assert len(house.upward_includes(tree.root)) == 1
    assert "src/base/sky.c includes left/hand.h" in house.upward_includes(tree.root)[0]


def test_include_of_a_neighbour_on_the_same_floor(tree):
    tree.put("src/right/grip.c", '#include "left/hand.h"\n')
    assert "src/right/grip.c" in house.upward_includes(tree.root)[0]


def test_include_with_spaces_and_without_a_part(tree):
    tree.put("src/base/sky.c", '  #  include "left/hand.h"\n#include "hand.h"\n')
    assert len(house.upward_includes(tree.root)) == 2


def test_include_of_no_part(tree):
    tree.put("src/top/odd.c", '#include "attic/box.h"\n')
    assert "no part of the table" in house.upward_includes(tree.root)[0]


def test_upward_call_without_an_include(tree):
    tree.put(
        "src/base/sneak.c",
        "extern int hf_hand(void);\nint hf_sneak(void);\n"
        "int hf_sneak(void)\n{\n\treturn hf_hand();\n}\n",
    )
    parts = {part: tree.archive(part) for part in ("base", "left")}
    assert house.upward_includes(tree.root) == []
    assert house.upward_calls(tree.root, parts) == [
        "base calls hf_hand of left: not on a lower floor"
    ]


def test_symbol_of_two_parts(tree):
    for part in ("left", "right"):
        tree.put(f"src/{part}/twin.c", "int hf_twin(void);\nint hf_twin(void)\n{\n\treturn 1;\n}\n")
    parts = {part: tree.archive(part) for part in ("left", "right")}
    assert house.repeated_symbols(parts) == ["hf_twin is defined by left and right"]


def test_call_to_nothing(tree):
    parts = {"left": tree.archive("left")}
    assert house.upward_calls(tree.root, parts) == [
        "left calls hf_ground, which no part defines"
    ]


def test_allocator_that_nobody_makes_fail(tree):
    tree.put(
        "src/left/copy.c",
        "#include <stdlib.h>\n#include <string.h>\nchar *hf_copy(char *text);\n"
        "char *hf_copy(char *text)\n{\n\treturn text != 0 ? strdup(text) : malloc(1);\n}\n",
    )
    parts = {"left": tree.archive("left")}
    assert house.unwrapped_allocators(parts, ["malloc", "strdup"]) == []
    assert house.unwrapped_allocators(parts, ["malloc"]) == [
        "left calls strdup, which no test makes fail"
    ]


def test_pair_on_different_floors(tree):
    tree.put("ARCHITECTURE.md", TABLE.replace("| 1 | `src/right`", "| 2 | `src/right`"), head="")
    assert len(house.lost_pairs(tree.root)) == 1


def test_part_without_a_row(tree):
    tree.put("src/cellar/wine.c", "int hf_wine;\n")
    assert house.unlisted_parts(tree.root) == ["src/cellar is not in ARCHITECTURE.md's table"]


@pytest.mark.parametrize("lines, complaints", [(78, 0), (79, 1), (200, 1)])
def test_long_function(tree, lines, complaints):
    body = "\thf_ground();\n" * lines
    tree.put("src/top/long.c", "static void long_one(void)\n{\n" + body + "}\n")
    assert len(house.long_functions(tree.root)) == complaints


def test_long_table_is_no_function(tree):
    tree.put("src/top/table.c", "static const int table[] = {\n" + "\t1,\n" * 300 + "};\n")
    assert house.long_functions(tree.root) == []


def test_missing_licence(tree):
    tree.put("src/top/bare.c", "int hf_bare;\n", head="")
    assert len(house.missing_spdx(tree.root)) == 1


def test_repeated_name(tree):
    tree.put("src/top/ground.c", "int hf_other;\n")
    assert house.repeated_names(tree.root) == [
        "one name, several files: src/base/ground.c, src/top/ground.c"
    ]


def test_private_path(tree):
    tree.put("src/top/where.c", f"/* see /{'home'}/someone/notes */\n")
    assert len(house.private_paths(tree.root)) == 1


def test_header_that_needs_another(tree):
    tree.put("src/top/needy.h", "size_t hf_needy(void);\n")
    complaints = house.lonely_headers(tree.root)
    assert [complaint.split()[0] for complaint in complaints] == ["top/needy.h"]


def test_header_without_a_guard(tree):
    tree.put("src/top/twice.h", "struct hf_twice { int a; };\n")
    complaints = house.lonely_headers(tree.root)
    assert [complaint.split()[0] for complaint in complaints] == ["top/twice.h"]


def test_headers_that_clash(tree):
    guarded = "#ifndef {0}\n#define {0}\n{1}\n#endif\n"
    tree.put("src/top/one.h", guarded.format("ONE_H", "enum hf_thing { HF_THING_A };"))
    assert house.clashing_headers(tree.root) == []
    tree.put("src/top/other.h", guarded.format("OTHER_H", "struct hf_thing { int a; };"))
    assert len(house.clashing_headers(tree.root)) == 1
    assert house.lonely_headers(tree.root) == []


def test_undocumented_option():
    text = "Usage: holdfast x\n  -a, --all        everything\n      --at TIME    when\n"
    assert house.options_in_help(text) == ["--all", "--at"]
    assert house.undocumented_options(text, "--all --attic") == [
        "--at is in --help and not in the man page"
    ]
    assert house.undocumented_options(text, "-a, --all and --at TIME") == []


def test_manual_with_errors(tmp_path):
    page = tmp_path / "bad.1"
    page.write_text('.\\" SPDX-License-Identifier: GPL-3.0-or-later\n.Dd today\n.Xx nonsense\n')
    assert house.manual_lint(page) != []
