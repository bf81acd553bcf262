# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of simulated runs, read as a terminal, an XML reader, a script and an eye would."""

import functools
import itertools
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
import xml.etree.ElementTree

import pytest

TELL = os.environ["TELL_STORY"]
UTF8, ALL = 1, 2  # enum hf_story_view_flags
HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
BLOCKS = set("▁▂▃▄▅▆▇█")
NAMES = subprocess.run([TELL], capture_output=True, text=True, check=True).stdout.split()


@functools.lru_cache(maxsize=None)
def folder(name):
    """All forms of a sample, made once."""
    made = tempfile.TemporaryDirectory()
    subprocess.run([TELL, name, made.name], check=True)
    return made


def tell(name, form):
    return pathlib.Path(folder(name).name, form).read_text(encoding="utf-8")


def text(name, width=80, flags=UTF8):
    return tell(name, f"text-{width}-{flags}")


@functools.lru_cache(maxsize=None)
def report(name):
    return json.loads(tell(name, "json"))


@functools.lru_cache(maxsize=None)
def page(name):
    return xml.etree.ElementTree.fromstring(tell(name, "html"))


def words(element):
    return "".join(element.itertext())


def runs(name):
    return report(name)["stories"]


def test_samples_are_what_they_should_be():
    assert len(NAMES) == 6
    assert [len(runs(name)) for name in ("early", "quiet", "many")] == [2, 1, 5]
    early = runs("early")
    assert early[0]["verdict"] == "bad" and early[1]["verdict"] == "good"
    assert 0.1 < early[0]["users"]["worst"]["failed"] < 0.5
    assert len(runs("years")[0]["moments"]) == 400


# ---- The terminal ----


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 133])
@pytest.mark.parametrize("flags", [0, UTF8, ALL])
def test_text_fits_and_is_printable(name, width, flags):
    for line in text(name, width, flags).splitlines():
        again = line.startswith("  ") and "replay" in line  # a command is not broken
        assert len(line) <= width or again, line
        assert line == line.rstrip(), repr(line)
        strange = {c for c in line if not " " <= c <= "~"}
        assert strange <= (BLOCKS if flags & UTF8 else set()), line


@pytest.mark.parametrize("name", NAMES)
def test_narrower_than_possible_is_as_narrow_as_possible(name):
    assert text(name, 10) == text(name, 60)


def test_the_same_twice(tmp_path):
    subprocess.run([TELL, "early", tmp_path], check=True)
    forms = sorted(path.name for path in tmp_path.iterdir())
    assert len(forms) == 22
    for form in forms:
        assert (tmp_path / form).read_text(encoding="utf-8") == tell("early", form)


def test_verdict_first():
    lines = text("early").splitlines()
    assert lines[0] == "A key that went too early"
    assert lines[2].startswith("  GOOD: As it happened users failed")
    assert text("bare").splitlines()[1].startswith("  NOT GOOD: One search sends 844")


def test_two_runs_side_by_side():
    lines = text("early", 106).splitlines()
    head = lines.index("What happened (UTC)") + 1
    assert lines[head].split("|")[0].strip() == "as it happened"
    assert lines[head].split("|")[1].strip() == "with Holdfast in front"
    refused = next(line for line in lines if "REFUSED" in line)
    assert refused.index("REFUSED") == lines[head].index("with Holdfast")
    assert refused.startswith("06:00:00  published: serial 2027010301")
    assert "00:00:00  both: step: the roll of the KSK 4711 begins" in text("early", 106)


def test_a_long_life_is_folded_unless_all_is_asked_for():
    short, whole = text("years"), text("years", 80, UTF8 | ALL)
    assert whole.count("of a long life") == 400 and "more moments" not in whole
    assert short.count("of a long life") < 60
    hidden = sum(int(n) for n in re.findall(r"\.\.\. (\d+) more moment", short))
    assert hidden + short.count("of a long life") == 400
    assert short.count("FAULT") == 5  # of 5
    assert "2027-01-01 00:00:00  step: moment 0" in short  # a day has no row of its own


def test_the_curve_of_failures_is_where_the_failures_are():
    lines = text("early", 106).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Users whose look-ups"))
    rows = [line[10:] for line in lines[start + 2 : start + 6]]
    columns = {i for row in rows for i, c in enumerate(row) if c in BLOCKS}
    # 96 columns of an hour each; users fail from 30 h until 48 h.
    assert columns == set(range(30, 48))
    assert lines[start + 6] == "  with Holdfast in front: none all the time"


# ---- The page ----

TAGS = set(
    "html head meta title style body header main footer nav h1 h2 h3 p div span strong ul li a "
    "table caption thead tbody tr th td figure figcaption details summary time data code".split()
)
DRAWN = set("svg title style rect path text g a".split())
ATTRIBUTES = set(
    "lang charset name content http-equiv class id href scope colspan datetime value aria-label "
    "aria-hidden role viewBox width height x y d rx text-anchor".split()
)
NAMESPACES = {'="http://www.w3.org/2000/svg"', '="http://www.w3.org/1999/xhtml"'}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_asks_for_nothing_and_does_nothing(name):
    found = [element.get("id") for element in page(name).iter() if element.get("id")]
    assert len(found) == len(set(found)), "an id twice"
    for element in page(name).iter():
        space, tag = element.tag[1:].split("}")
        assert tag in (DRAWN if space == SVG[1:-1] else TAGS), element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        if "href" in element.attrib:
            assert element.get("href")[0] == "#" and element.get("href")[1:] in found
    source = tell(name, "html")
    assert set(re.findall(r'="[a-z]+://[^"]*"', source)) <= NAMESPACES
    styles = "".join(words(element) for element in page(name).iter() if "}style" in element.tag)
    assert "url(" not in styles and "@import" not in styles and "//" not in styles
    assert "default-src 'none'" in source


def test_markup_in_texts_is_text():
    title = page("hostile").find(f"{HTML}body/{HTML}header/{HTML}h1")
    assert words(title) == "</script><script>alert('&\"')</script> ?[2J  ü ? ?"
    assert "<script" not in tell("hostile", "html").lower()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_can_be_heard(name):
    """Headings in order, tables with captions and heads, pictures with names."""
    levels = [int(e.tag[-1]) for e in page(name).iter() if re.fullmatch(r".*}h[1-6]", e.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert page(name).get("lang") == "en"
    for table in page(name).iter(f"{HTML}table"):
        assert words(table.find(f"{HTML}caption")).strip()
        heads = list(table.find(f"{HTML}thead").iter(f"{HTML}th"))
        assert all(head.get("scope") == "col" for head in heads)
        for row in table.find(f"{HTML}tbody").iter(f"{HTML}tr"):
            assert sum(int(cell.get("colspan", 1)) for cell in row) == len(heads)
    for svg in page(name).iter(f"{SVG}svg"):
        named = svg.get("aria-label") or svg.find(f"{SVG}title") is not None
        assert svg.get("aria-hidden") == "true" or (svg.get("role") == "img" and named)
    for mark in page(name).iter(f"{HTML}li"):
        assert words(mark).strip()


def numbers_in(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [n for item in value for n in numbers_in(item)]
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return [float(value)] if plain else []


@pytest.mark.parametrize("name", NAMES)
def test_every_number_of_the_page_is_one_of_json(name):
    shown = [float(data.get("value")) for data in page(name).iter(f"{HTML}data")]
    known = numbers_in(report(name))
    assert set(shown) <= set(known)
    # And what scripts get, people can look up: curves, tables, comparison.
    for story in runs(name):
        told = [story["figures"], story["series"], story["tables"]]
        told += [bucket for bucket in (story["users"] or {}).get("buckets", [])]
        marks = {series["mark"] for series in story["series"]}
        assert set(numbers_in(told)) - marks <= set(shown)
    assert set(numbers_in(report(name)["comparison"] + report(name)["tables"])) <= set(shown)


def as_number(figure):
    """A number from what people read."""
    scale = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "%": 0.01, "B": 1, "": 1}
    match = re.fullmatch(r"([-+\d.,e]+) ?([a-zA-Z%]*)", figure)
    return float(match[1].replace(",", "")) * scale[match[2]]


@pytest.mark.parametrize("name", NAMES)
def test_what_people_read_is_the_number(name):
    seen = 0
    for data in page(name).iter(f"{HTML}data"):
        value, figure = float(data.get("value")), words(data)
        if re.search(r"\d (d|h|min|s)\b", figure) or figure.startswith("under"):
            continue  # a span of time; a very small part
        close = max(abs(value) * 0.05, 0.005)
        assert math.isclose(as_number(figure), value, abs_tol=close), figure
        seen += 1
    assert seen > 0


def letters(text_):
    """What the forms keep of any text: JSON and pages replace different bytes."""
    return "".join(c for c in text_ if "!" <= c <= "~" and c != "?")


@pytest.mark.parametrize("name", NAMES)
def test_every_moment_and_text_is_on_the_page(name):
    body = letters(words(page(name).find(f"{HTML}body")))
    told = report(name)
    texts = [m["text"] for s in told["stories"] for m in s["moments"]] + told["notes"]
    texts += [told["sentence"], *told["sources"]]
    texts += [v for item in told["facts"] + told["unknowns"] for v in item.values() if v]
    texts += [p["caption"] for s in told["stories"] for p in s["pictures"]]
    assert texts
    for text_ in texts:
        assert letters(text_) in body


def test_a_picture_is_drawn_once():
    """Both runs of the hostile sample have the same one; those of the other differ."""
    for name, drawn, captions in (("hostile", 1, 2), ("early", 2, 2)):
        figures = [f for f in page(name).iter(f"{HTML}figure") if f.get("class") == "chain"]
        assert len(figures) == captions
        assert len([f for f in figures if f.find(f".//{SVG}svg") is not None]) == drawn
        assert ("the same picture as above" in words(figures[-1])) == (drawn < captions)


@pytest.mark.parametrize("name", NAMES)
def test_drawings_stay_inside(name):
    for svg in page(name).iter(f"{SVG}svg"):
        if svg.get("class") != "chart":
            continue
        width, height = (float(n) for n in svg.get("viewBox").split()[2:])
        for element in svg.iter():
            for key, limit in (("x", width), ("y", height)):
                assert 0 <= float(element.get(key, 0)) <= limit
            for x, y in re.findall(r"M([-\d.]+) ([-\d.]+)", element.get("d", "")):
                assert 0 <= float(x) <= width and 0 <= float(y) <= height
            for way, value in re.findall(r"([HV])([-\d.]+)", element.get("d", "")):
                assert 0 <= float(value) <= (width if way == "H" else height)


def test_a_curve_is_where_its_values_are():
    """The steps of a line, read back with a ruler."""
    svg = next(
        figure.find(f".//{SVG}svg[@class='chart']")
        for figure in page("early").iter(f"{HTML}figure")
        if words(figure.find(f"{HTML}figcaption")).startswith("Users whose look-ups fail")
    )
    lines = [path for path in svg.iter(f"{SVG}path") if path.get("class") == "line s0"]
    steps = re.findall(r"([MHV])([\d.]+)(?: ([\d.]+))?", lines[0].get("d"))
    left, right = float(steps[0][1]), max(float(s[1]) for s in steps if s[0] == "H")
    users = runs("early")[0]["users"]
    heights, x, y = {}, left, float(steps[0][2])
    for way, value, _ in steps[1:]:
        if way == "V":
            y = float(value)
        else:
            first, last = ((at - left) / (right - left) * 96 for at in (x, float(value)))
            heights.update({hour: y for hour in range(round(first), round(last))})
            x = float(value)
    base = heights[0]
    tallest = base - min(heights.values())
    worst = users["worst"]["failed"]
    for hour, bucket in enumerate(users["buckets"]):
        assert abs((base - heights[hour]) / tallest - bucket["failed"] / worst) < 0.01


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_everybody_can_read_it():
    """Text has at least 4.5 to 1 and lines 3 to 1, in the light and in the dark (WCAG 2.1)."""
    style = words(page("early").find(f"{HTML}head/{HTML}style"))
    halves = style.split("@media", 1)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w+)", half)) for half in halves)
    for colours in (light, dark):
        for paper in ("paper", "tint"):
            assert contrast(colours["ink"], colours[paper]) > 7
            assert contrast(colours["soft"], colours[paper]) > 4.5
        for tone in ("good", "bad", "warn"):
            assert contrast(colours[tone], colours[f"{tone}-tint"]) > 4.5
            assert contrast(colours["ink"], colours[f"{tone}-tint"]) > 7
        for line in range(8):
            assert contrast(colours[f"c{line}"], colours["paper"]) > 3
        assert contrast(colours["c1"], colours["paper"]) > 4.5  # links
    assert set(light) == set(dark)
    # Lines differ in more than colour.
    dashes = re.findall(r"\.s\d \{[^}]*?(?:dasharray: ([\d ]+))? ?\}", style)
    assert len(dashes) == 8 and len(set(dashes)) >= 7
