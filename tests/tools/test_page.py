"""What is read of a web page: short pages whole, long ones without what stands around them."""

from __future__ import annotations

import re

import pytest

from nomoat.tools.guard.net import Fetched
from nomoat.tools.page import read_page

BANNER = """<div class="cookie-banner" id="cookie-consent"><p>We use cookies to make this site
better.</p><button>Accept all</button></div>"""
HEADER = """<nav><ul><li><a href="/">Start</a></li><li>Sign in to your account</li></ul></nav>"""
FOOTER = """<footer><p>Copyright 2026, all rights reserved.</p><ul><li>Privacy policy</li></ul>
</footer>"""
AROUND = ("cookies", "Accept all", "Sign in", "Copyright", "Privacy policy")
SENTENCE = "The town library is open all year, but for two weeks in summer when it is cleaned."
MORE = (
    SENTENCE,
    "It lends books, games and tools to everyone who lives here, and has a view of the bridge.",
    "Members may borrow ten things for four weeks, and keep them longer where nobody waits.",
    "The house was built in 1904 as a school, and became a library when the school moved.",
)
LISTS = {
    "ul": (
        "<ul><li>Monday: 9:00 to 12:00</li><li>Saturday: closed</li></ul>",
        ("- Monday: 9:00 to 12:00", "- Saturday: closed"),
    ),
    "ol": (
        "<ol><li>Take bus 4</li><li>Ring at number 7</li></ol>",
        ("1. Take bus 4", "2. Ring at number 7"),
    ),
    "dl": (
        "<dl><dt>Monday</dt><dd>9:00 to 12:00</dd><dt>Saturday</dt><dd>closed</dd></dl>",
        ("- Monday\n- 9:00 to 12:00", "- Saturday\n- closed"),
    ),
    "table": (
        "<table><tr><th>Day</th><th>Open</th></tr><tr><td>Monday</td><td>9:00</td></tr></table>",
        ("| Day | Open |", "| Monday | 9:00 |"),
    ),
    "address": (
        "<address>Market 7<br>4711 Anytown<br>Phone 030 5550 142</address>",
        ("Market 7", "4711 Anytown", "Phone 030 5550 142"),
    ),
}
FRAMES = {
    "none": "{}",
    "div": "<div>{}</div>",
    "main": "<main>{}</main>",
    "article": "<article>{}</article>",
    "content": '<div id="content">{}</div>',
}


def text_of(body: str) -> str:
    """What is read of a page with this body, without the list of its other links."""
    html = f"<!doctype html><html><head><title>Library</title></head><body>{body}</body></html>"
    page = read_page(Fetched("http://a.example/", 200, "text/html", "utf-8", html.encode()))
    text = page.text.partition("\n\n## Other links on this page")[0]
    return re.sub(r" +(?=\n|$)", "", text)


@pytest.mark.parametrize("around", [False, True])
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("kind", LISTS)
def test_a_short_page_keeps_its_headings_and_lists(kind: str, frame: str, around: bool) -> None:
    listed, shown = LISTS[kind]
    for sentences in (MORE[:0], MORE[:1], MORE[:2], MORE):
        paragraphs = "".join(f"<p>{one}</p>" for one in sentences)
        inner = f"<h1>Opening hours</h1>{paragraphs}<h2>Desk</h2>{listed}"
        body = FRAMES[frame].format(inner)
        text = text_of(f"{BANNER}{HEADER}{body}{FOOTER}" if around else body)
        expected = ["# Opening hours", *sentences, "## Desk", *shown]
        places = [text.find(one) for one in expected]
        assert -1 not in places, text
        assert places == sorted(places)
        assert [one for one in AROUND if one in text] == []


def test_lists_between_paragraphs_stay_where_they_are() -> None:
    days = [LISTS["ul"][0].replace("Monday", day) for day in ("Monday", "Friday")]
    one, two, *_ = MORE
    text = text_of(f"<h1>Hours</h1>{days[0]}<p>{one}</p><h2>Desk</h2>{days[1]}<p>{two}</p>")
    expected = ["# Hours", "- Monday", "- Saturday", one, "## Desk", "- Friday", two]
    places = [text.find(one) for one in expected]
    assert -1 not in places, text
    assert places == sorted(places)


RELATED = """<div class="related"><h2>Related</h2><ul><li><a href="/1">Another story, about
ships</a></li><li><a href="/2">Another story, about trains</a></li></ul></div>
<div class="teaser"><p>Read this one about something else entirely.</p></div>
<aside><p>Advertisement: buy boats.</p></aside>"""


@pytest.mark.parametrize("frame", FRAMES)
def test_a_long_article_is_read_without_what_stands_around_it(frame: str) -> None:
    lines = [f"In year {n} the river flooded the town, and {n} boats were lost." for n in range(40)]
    story = "".join(f"<p>{line}</p>" for line in lines)
    body = FRAMES[frame].format(f"<h1>The river</h1>{story}<ul><li>Ferries: 3</li></ul>{RELATED}")
    text = text_of(f"{BANNER}{HEADER}{body}{FOOTER}")
    assert [line for line in lines if text.count(line) != 1] == []
    assert text.startswith("# The river")
    assert "- Ferries: 3" in text
    around = (*AROUND, "Another story", "something else", "Advertisement")
    assert [one for one in around if one in text] == []


def test_where_the_navigation_leads_stands_among_the_other_links() -> None:
    html = f"<html><body>{HEADER}<h1>Hours</h1><p>{SENTENCE}</p></body></html>"
    page = read_page(Fetched("http://a.example/x", 200, "text/html", "utf-8", html.encode()))
    before, _, after = page.text.partition("## Other links on this page")
    assert "Start" not in before
    assert "- [Start](http://a.example/)" in after


def test_a_page_of_navigation_only_still_says_something() -> None:
    assert "Sign in" in text_of(HEADER)
