# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of simulated runs in a real browser, where there is one.

The page comes from a server of ours, and every other name leads to that server as well, so
whatever the page asked for would be seen here. A wrapper of ours, not the page, runs the script
that measures.
"""

import html
import http.server
import json
import os
import re
import shutil
import subprocess
import threading

import pytest

TELL = os.environ["TELL_STORY"]
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
NAMES = subprocess.run([TELL], capture_output=True, text=True, check=True).stdout.split()
DESK, PHONE = 1100, 390  # pixels

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium here")

# A frame for each page and width, and what was found in each when all are there.
MEASURE = """<!DOCTYPE html><title>measure</title><pre id="out">nothing</pre><div id="frames"></div>
<script>
function look(frame) {
  const view = frame.contentWindow, root = view.document;
  const style = view.getComputedStyle(root.body);
  const wide = [...root.querySelectorAll('body *')].filter(e =>
    !e.closest('.wide, .scroll, svg') && e.getBoundingClientRect().right > frame.width - -1);
  const cut = [...root.querySelectorAll('svg.chart text')].filter(e => {
    const box = e.getBBox(), room = e.closest('svg').viewBox.baseVal.width;
    return box.x < -1 || box.x + box.width > room + 1;
  });
  return {
    page: frame.title, asked: Number(frame.width), width: root.documentElement.scrollWidth,
    wide: wide.map(e => e.tagName), cut: cut.map(e => e.textContent),
    paper: style.backgroundColor, ink: style.color, headings: root.querySelectorAll('h2').length,
  };
}
const wanted = %s, frames = document.getElementById('frames');
let left = wanted.length;
for (const [page, width] of wanted) {
  const frame = document.createElement('iframe');
  Object.assign(frame, {title: page, width: width, height: 700, src: '/' + page + '.html'});
  frame.onload = function () {
    if (--left == 0)
      document.getElementById('out').textContent = JSON.stringify([...frames.children].map(look));
  };
  frames.append(frame);
}
</script>"""


class Asked(http.server.BaseHTTPRequestHandler):
    """Serves what the test put there, and notes everything that comes."""

    def do_GET(self):
        self.server.seen.append((self.headers.get("Host", ""), self.path))
        body = self.server.pages.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_):
        pass


@pytest.fixture
def browse(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Asked)
    server.seen, server.pages = [], {}
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    place = f"127.0.0.1:{server.server_port}"

    def run(wanted, *options, change=lambda page: page):
        """What is found in each of the wanted (sample, width), and what else came of it."""
        server.pages = {"/measure.html": (MEASURE % json.dumps(wanted)).encode()}
        for name in {name for name, _ in wanted}:
            subprocess.run([TELL, name, tmp_path], check=True)
            server.pages[f"/{name}.html"] = change((tmp_path / "html").read_bytes())
        done = subprocess.run(
            [
                BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update",
                "--disable-extensions", "--disable-sync", "--disable-dev-shm-usage",
                # It would ask its maker what time it is.
                "--disable-features=NetworkTimeServiceQuerying",
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--host-resolver-rules=MAP * {place}", "--enable-logging=stderr",
                "--virtual-time-budget=60000", *options, "--dump-dom",
                f"http://{place}/measure.html",
            ],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        out = re.search(r'<pre id="out">(\[.*?)</pre>', done.stdout, re.DOTALL)
        assert out is not None, done.stderr[-2000:]
        ours = {(place, path) for path in [*server.pages, "/favicon.ico"]}
        return {
            "frames": json.loads(html.unescape(out[1])),
            "strangers": [asked for asked in server.seen if asked not in ours],
            "complaints": re.findall(r".*CONSOLE.*", done.stderr),
        }

    yield run
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_shown_without_errors_and_without_the_network(browse):
    seen = browse([(name, width) for name in NAMES for width in (DESK, PHONE)])
    assert seen["strangers"] == [] and seen["complaints"] == []
    assert len(seen["frames"]) == 2 * len(NAMES)
    for frame in seen["frames"]:
        assert frame["paper"] == "rgb(255, 255, 255)" and frame["headings"] >= 1
        assert frame["wide"] == [] and frame["width"] <= frame["asked"], frame
        if frame["page"] != "hostile":  # its titles are longer than any page
            assert frame["cut"] == [], frame


def test_it_is_dark_where_people_want_it_dark(browse):
    seen = browse([("early", DESK)], "--blink-settings=preferredColorScheme=0")
    assert seen["frames"][0]["paper"] == "rgb(18, 22, 27)"
    assert seen["frames"][0]["ink"] == "rgb(230, 234, 239)"


def test_a_page_that_asks_for_more_is_caught(browse):
    """What the tests above rest on: the traps catch something."""
    more = b"<body><p style='width:2000px'>x</p><img src='http://elsewhere.example/x.png'/>"
    seen = browse([("bare", DESK)], change=lambda page: page.replace(b"<body>", more))
    assert seen["complaints"], "the page's own policy forbids it"
    assert seen["frames"][0]["wide"] == ["P"] and seen["frames"][0]["width"] > DESK
    policy = re.compile(rb"<meta http-equiv[^>]*>")
    free = browse(
        [("bare", DESK)], change=lambda page: policy.sub(b"", page).replace(b"<body>", more)
    )
    assert free["strangers"] == [("elsewhere.example", "/x.png")]
