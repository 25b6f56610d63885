from __future__ import annotations

import io
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.tools.base import Effect, Output, spec_of
from nomoat.tools.browse import browse_tools
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.manners import Manners
from nomoat.tools.guard.net import Fetched, Limits, Network
from nomoat.tools.http_json import select
from nomoat.tools.page import read_page
from nomoat.tools.passages import find, parts

ARTICLE = """<!doctype html><html lang="en"><head><title>Tea in Kyoto</title>
<meta property="article:published_time" content="2024-05-01"></head><body>
<nav><a href="/">Home</a> <a href="/prices">Prices</a> <a href="mailto:x@y">Mail</a></nav>
<main><h1>Tea in Kyoto</h1><p>Kyoto has many <a href="/houses">tea houses</a>, and the oldest of
them was founded in 1160 by a monk who had travelled far.</p>
<table><tr><th>House</th><th>Price</th></tr><tr><td>Tsuen</td><td>900</td></tr></table>
<h2>Getting there</h2><p>Take the train to Uji and walk across the old bridge to the shop.</p>
</main><footer><a href="/imprint#top">Imprint</a> Copyright</footer>
<script>var secret = 'not text';</script></body></html>"""


def long_article() -> str:
    chapters = [
        f"<h2>Chapter {n}</h2>"
        + "".join(f"<p>In chapter {n}, line {i}, the river flows on and on.</p>" for i in range(30))
        for n in range(1, 8)
    ]
    chapters[4] += "<p>The ferry costs seven zlotys on Sundays.</p>"
    return f"<html><body><article><h1>River</h1>{''.join(chapters)}</article></body></html>"


def pdf(*pages: str) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    for text in pages:
        canvas.drawString(72, 700, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


class Site:
    """A small web site on loopback."""

    def __init__(self) -> None:
        html = "text/html; charset=utf-8"
        self.pages: dict[str, tuple[str, bytes]] = {
            "/article": (html, ARTICLE.encode()),
            "/long": (html, long_article().encode()),
            "/index": (
                html,
                b"<ul><li><a href='/article'>Tea</a><li><a href='/long'>River</a></ul>",
            ),
            "/empty": (html, b"<html><body><script>draw()</script></body></html>"),
            "/paper.pdf": ("application/pdf", pdf("The first page.", "Flour costs 12 euros.")),
            "/broken.pdf": ("application/pdf", b"%PDF-1.7 and nothing else"),
            "/wrong-type": ("text/html", pdf("A paper in disguise.")),
            "/notes.txt": ("text/plain", "Zürich\r\nBern".encode()),
            "/data.csv": ("text/csv", b"a,b\n1,2\n"),
            "/feed": ("application/rss+xml", b"<rss><title>News</title></rss>"),
            "/data.json": ("application/json", json.dumps(DATA).encode()),
            "/bad.json": ("application/json", b"{"),
            "/photo": ("image/png", b"\x89PNG\r\n\0\0"),
            "/zip": ("application/zip", b"PK\x03\x04"),
            "/binary": ("text/html", b"\0\1\2\3" * 100),
            "/big": (html, b"x" * 10_000_000),
            "/untyped": ("", b"<html><body><p>No type was given for this page.</p></body></html>"),
        }
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                if self.path == "/slow":
                    time.sleep(1)
                if self.path == "/moved":
                    self.send_response(301)
                    self.send_header("Location", "/article")
                    self.end_headers()
                    return
                kind, body = site.pages.get(self.path, ("text/html", b"nothing"))
                self.send_response(200 if self.path in site.pages else 404)
                if kind:
                    self.send_header("Content-Type", kind)
                self.end_headers()
                try:
                    self.wfile.write(body)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()


DATA = {"items": [{"name": "tea", "price": 3}, {"name": "cup", "price": 9}], "a.b": 1, "n": None}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.thread.join()
    site.server.server_close()


class Reader:
    """The two tools over a network that may reach the site."""

    def __init__(self, site: Site, **limits: Any) -> None:
        self.site = site
        network = Network(
            [f"127.0.0.1:{site.port}"],
            limits=Limits(**limits),
            manners=Manners(delay=0),
            sleep=lambda _seconds: None,
        )
        self.browse, self.get_json = browse_tools(network)

    def __call__(self, path: str, **arguments: Any) -> Output:
        output = self.browse.invoke({"url": self.site.url + path, **arguments})
        assert isinstance(output, Output)
        return output


@pytest.fixture
def read(site: Site) -> Reader:
    site.asked.clear()
    return Reader(site)


def test_a_page_is_its_main_content_with_links_and_tables(read: Reader) -> None:
    output = read("/article")
    lines = output.text.split("\n")
    assert lines[0] == "Tea in Kyoto · 2024-05-01 · en"
    assert lines[1] == f"{read.site.url}/article"
    assert f"[tea houses]({read.site.url}/houses)" in output.text
    assert "| Tsuen | 900 |" in output.text
    assert "## Getting there" in output.text
    assert "not text" not in output.text
    assert output.untrusted
    assert output.sources == (f"{read.site.url}/article",)


def test_the_other_links_of_a_page_are_listed_to_go_on(read: Reader) -> None:
    others = read("/article").text.partition("## Other links on this page")[2]
    url = read.site.url
    assert f"- [Prices]({url}/prices)" in others
    assert f"- [Imprint]({url}/imprint)" in others
    assert "houses" not in others
    assert "mailto" not in others
    index = read("/index").text
    assert f"[Tea]({url}/article)" in index
    assert f"[River]({url}/long)" in index


def test_a_redirect_names_where_it_led(read: Reader) -> None:
    assert read("/moved").sources == (f"{read.site.url}/article",)


def test_a_long_page_comes_in_parts(read: Reader) -> None:
    first = read("/long")
    count = int(first.text.partition(" of ")[2].partition("]")[0])
    assert count > 2
    assert first.text.startswith("[part 1 of")
    assert "part=2" in first.more
    assert first.more in first.text
    texts = [read("/long", part=number).text for number in range(1, count + 1)]
    assert all(len(text) < 4_500 for text in texts)
    for n in range(1, 8):
        for i in range(30):
            line = f"In chapter {n}, line {i}, the river flows on and on."
            assert sum(line in text for text in texts) == 1
    assert read("/long", part=count).more == ""


@pytest.mark.parametrize("part", [0, -1, 99])
def test_a_part_that_is_not_there(read: Reader, part: int) -> None:
    with pytest.raises(Retry, match="no part") as raised:
        read("/long", part=part)
    assert "1 to" in raised.value.hint


def test_find_shows_the_passages_that_fit(read: Reader) -> None:
    text = read("/long", find="cost of the FERRY in zloty").text
    assert "seven zlotys on Sundays" in text
    assert "## Chapter 5" in text
    assert len(text) < 4_500


def test_find_says_when_there_is_nothing(read: Reader) -> None:
    with pytest.raises(Retry, match="does not contain") as raised:
        read("/long", find="volcano")
    assert "parts" in raised.value.hint


def test_of_a_short_page_all_is_shown_where_the_words_are_not_there(read: Reader) -> None:
    assert read("/paper.pdf", find="volcano").text == read("/paper.pdf").text


def test_a_pdf_is_read_by_pages(read: Reader) -> None:
    output = read("/paper.pdf")
    assert "## Page 2\n\nFlour costs 12 euros." in output.text
    assert "Flour" in read("/paper.pdf", find="flour price").text
    assert "A paper in disguise." in read("/wrong-type").text


def test_texts_and_data_are_shown_as_they_are(read: Reader) -> None:
    assert read("/notes.txt").text.endswith("Zürich\nBern")
    assert "a,b\n1,2" in read("/data.csv").text
    assert "<title>News</title>" in read("/feed").text
    assert '"name": "tea"' in read("/data.json").text
    assert read("/bad.json").text.endswith("{")
    assert "No type was given" in read("/untyped").text


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/photo", "image/png"),
        ("/zip", "application/zip"),
        ("/binary", "cannot be read"),
        ("/empty", "no text"),
        ("/broken.pdf", "PDF cannot be read"),
        ("/big", "5 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(read: Reader, path: str, says: str) -> None:
    with pytest.raises(Failed, match=says) as raised:
        read(path)
    assert raised.value.hint


def test_a_missing_page_and_a_slow_one(site: Site, read: Reader) -> None:
    with pytest.raises(Retry, match="no page"):
        read("/missing")
    with pytest.raises(Failed, match=r"in time|seconds"):
        Reader(site, seconds=0.4)("/slow")


def test_a_private_host_is_refused_with_the_way_to_open_it(site: Site) -> None:
    browse, get_json = browse_tools(Network())
    site.asked.clear()
    for tool in (browse, get_json):
        with pytest.raises(Failed, match="not on the public internet") as raised:
            tool.invoke({"url": f"{site.url}/data.json"})
        assert f"--allow-host 127.0.0.1:{site.port}" in raised.value.hint
    assert site.asked == []


def test_a_page_is_fetched_once_in_a_run(read: Reader) -> None:
    read("/article")
    read("/article#there", find="train")
    read("/article", part=1)
    assert read.site.asked == ["/robots.txt", "/article"]


def test_the_scheme_may_be_left_out_and_the_host_is_told() -> None:
    for tool in browse_tools(Network()):
        spec = spec_of(tool)
        assert spec.effects == {Effect.NETWORK}
        assert spec.targets is not None
        assert spec.preview is not None
        assert spec.targets({"url": "Example.org/x"}) == ["example.org"]
        assert spec.preview({"url": "example.org/x"}) == "Open https://example.org/x"
        assert spec.targets({"url": "http://example.org:8080/"}) == ["example.org"]
        assert spec.targets({"url": "file:///etc/passwd"}) == []
        assert spec.targets({}) == []


@given(st.text(max_size=300), st.sampled_from(["text/html", "text/plain", "application/json", ""]))
def test_any_text_is_read_or_refused_in_words(text: str, kind: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    try:
        page = read_page(Fetched("http://a.example/", 200, kind, "", body))
    except ToolError as error:
        said = error.hint
    else:
        said = page.text.strip()
    assert said


# http_get_json


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("items[0].name", '"tea"'),
        ("items[-1]", '{"name": "cup", "price": 9}'),
        ("items.1.price", "9"),
        ("$.items[0]", '{"name": "tea", "price": 3}'),
        ("n", "null"),
        ("", json.dumps(DATA)),
    ],
)
def test_json_is_shown_by_path(read: Reader, path: str, value: str) -> None:
    output = read.get_json.invoke({"url": f"{read.site.url}/data.json", "path": path})
    assert output.text == value
    assert output.untrusted


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("item", "There are: items"),
        ("items[5]", r"list of 2: use \[0\] to \[1\]"),
        ("items[0].name.first", 'It is "tea"'),
        ("items[", "Write it as"),
        ("items..name", "Write it as"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_there_is(path: str, hint: str) -> None:
    with pytest.raises(Retry) as raised:
        select(DATA, path)
    assert re.search(hint, raised.value.hint), raised.value.hint


def test_what_is_not_json_is_refused(read: Reader) -> None:
    with pytest.raises(Failed, match="JSON"):
        read.get_json.invoke({"url": f"{read.site.url}/article"})


def test_long_json_is_cut_with_what_there_is(site: Site, read: Reader) -> None:
    site.pages["/long.json"] = ("application/json", json.dumps({"rows": ["x" * 9] * 999}).encode())
    text = read.get_json.invoke({"url": f"{site.url}/long.json"}).text
    assert len(text) < 4_200
    assert "There are: rows" in text


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(_JSON, st.text(alphabet="a0[].-$ ", max_size=10))
def test_selecting_is_total(data: Any, path: str) -> None:
    hint = "found"
    try:
        select(data, path)
    except Retry as error:
        hint = error.hint
    assert hint


# parts and passages


@given(st.text(alphabet="ab .\n", max_size=400), st.integers(min_value=5, max_value=60))
def test_parts_keep_every_word_and_fit(text: str, size: int) -> None:
    pieces = parts(text, size)
    assert all(len(piece) <= size for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(alphabet="ab #.\n", max_size=400), st.text(alphabet="ab ", max_size=10))
def test_find_gives_only_what_is_there(text: str, words: str) -> None:
    found = find(text, words, 80)
    assert len(found) <= 90
    for line in found.splitlines():
        assert line == "…" or line in text


def test_find_prefers_rare_words_and_keeps_the_order() -> None:
    text = "The cat sat.\n\nThe dog ran.\n\nThe zebra sat.\n\nThe cat and the zebra slept."
    expected = "The cat sat.\n\n…\n\nThe zebra sat.\n\nThe cat and the zebra slept."
    assert find(text, "cat zebra", 130) == expected
    assert find(text, "cats and zebras", 130).endswith("zebra slept.")
    assert find("The cat sat.\n\n# Wild\n\nThe zebra sat.", "zebras") == "# Wild\n\nThe zebra sat."
    assert find(text, "volcano") == ""
