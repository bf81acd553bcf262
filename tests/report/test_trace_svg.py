# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a chain, read as an XML reader and a person with a ruler would."""

import itertools
import os
import re
import subprocess
import xml.etree.ElementTree

import pytest

DRAW = os.environ["DRAW_SAMPLE"]
SVG = "{http://www.w3.org/2000/svg}"
LETTER = 7.3  # pixels of a letter at 12 px
COUNTS = {  # DS records and keys of each sample
    "good": (3, 6),
    "no-key": (3, 6),
    "expired": (3, 6),
    "silent": (3, 7),
    "insecure": (2, 4),
    "no-anchor": (0, 0),
    "no-answer": (3, 4),
    "many-keys": (8, 26),
    "long-names": (4, 8),
    "hostile": (3, 6),
}


def run(*words):
    return subprocess.run([DRAW, *words], capture_output=True, text=True, check=True).stdout


NAMES = run().split()


class Box:
    def __init__(self, group):
        self.kind = group.get("class")[: -len("-box")]
        rect = group.find(f"{SVG}rect")
        self.look = rect.get("class")
        self.x, self.y = int(rect.get("x")), int(rect.get("y"))
        self.right = self.x + int(rect.get("width"))
        self.bottom = self.y + int(rect.get("height"))
        self.texts = group.findall(f"{SVG}text")
        self.words = [text.text for text in self.texts]

    def overlaps(self, other):
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def holds(self, other):
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


def picture(name):
    root = xml.etree.ElementTree.fromstring(run(name))
    groups = [group for group in root.findall(f"{SVG}g") if group.get("class").endswith("-box")]
    return root, [Box(group) for group in groups]


def test_every_sample_is_counted():
    assert sorted(NAMES) == sorted(COUNTS)


@pytest.mark.parametrize("name", NAMES)
def test_well_formed_and_alone(name):
    root, _ = picture(name)
    assert root.tag == f"{SVG}svg"
    text = run(name)
    tags = {element.tag for element in root.iter()}
    assert tags <= {f"{SVG}{tag}" for tag in ("svg", "title", "style", "rect", "g", "text", "path")}
    attributes = {key for element in root.iter() for key in element.attrib}
    assert not any("href" in key or key.startswith("on") for key in attributes)
    assert "url(" not in text and "@import" not in text
    assert text == run(name), "not the same twice"


@pytest.mark.parametrize("name", NAMES)
def test_every_ds_and_key_is_there(name):
    _, boxes = picture(name)
    kinds = [box.kind for box in boxes]
    assert (kinds.count("ds"), kinds.count("key")) == COUNTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_boxes_do_not_overlap(name):
    _, boxes = picture(name)
    zones = [box for box in boxes if box.kind == "zone"]
    inner = [box for box in boxes if box.kind != "zone"]
    for one, other in itertools.chain(
        itertools.combinations(zones, 2), itertools.combinations(inner, 2)
    ):
        assert not one.overlaps(other), f"{one.words} and {other.words}"
    for box in inner:
        assert sum(zone.holds(box) for zone in zones) == 1, box.words


@pytest.mark.parametrize("name", NAMES)
def test_text_stays_inside(name):
    root, boxes = picture(name)
    for box in boxes:
        for text in box.texts:
            size = {"zone": 9.1, "quiet": 6.7}.get(text.get("class"), LETTER)
            assert int(text.get("x")) + len(text.text) * size <= box.right, text.text
            assert box.y < int(text.get("y")) < box.bottom
    for text in root.findall(f"{SVG}text"):
        size = {"verdict": 12.1, "quiet": 6.7}.get(text.get("class"), LETTER)
        assert int(text.get("x")) + len(text.text or "") * size <= int(root.get("width"))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_below_the_page(name):
    root, boxes = picture(name)
    assert all(box.bottom < int(root.get("height")) for box in boxes)
    lines = [int(text.get("y")) for text in root.findall(f"{SVG}text")]
    assert max(lines) < int(root.get("height"))


def looks(name, kind):
    return [box.look for box in picture(name)[1] if box.kind == kind]


def crosses(name):
    root, _ = picture(name)
    return len([path for path in root.findall(f"{SVG}path") if path.get("class") == "cross"])


def test_what_breaks_is_marked_in_more_than_colour():
    legend = 1
    assert looks("good", "ds") == ["good"] * 3 and crosses("good") == legend
    assert looks("no-key", "ds") == ["good", "good", "bad"] and crosses("no-key") == legend + 1
    assert looks("expired", "set")[-1] == "bad" and crosses("expired") == legend + 1
    assert looks("silent", "ds")[-1] == "bad" and crosses("silent") == legend + 1
    words = [line for box in picture("expired")[1] for line in box.words]
    assert "X by 12346: expired" in words
    words = [line for box in picture("silent")[1] for line in box.words]
    assert "X key does not sign" in words
    style = run("good")
    assert re.search(r"\.bad \{[^}]*stroke-dasharray", style)


def test_zones_show_their_status():
    assert looks("good", "zone") == ["frame-good"] * 3
    assert looks("no-key", "zone")[-1] == "frame-bad"
    assert looks("insecure", "zone")[-1] == "frame-idle"


def test_the_cause_is_in_the_picture():
    root, _ = picture("no-key")
    words = " ".join(text.text for text in root.findall(f"{SVG}text"))
    assert "the parent's DS 12345 matches no DNSKEY of example.org." in words
    assert words.startswith("BOGUS: www.example.org. A")


def test_markup_in_names_is_text():
    root, boxes = picture("hostile")
    title = root.find(f"{SVG}title").text
    assert title == "Chain of trust of \\]\\]\\>\\<script\\>\\000\\255.org."
    assert any("<b" in word for box in boxes for word in box.words)
