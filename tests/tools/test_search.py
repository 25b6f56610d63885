from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nomoat.tools.base import Effect, Output, spec_of
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard.manners import Manners
from nomoat.tools.guard.net import Contact, Network
from nomoat.tools.search import (
    ENGINES,
    DuckDuckGo,
    Hit,
    SearchBackend,
    SearXNG,
    Unavailable,
    search_tools,
)

HIT = {"title": "Tea in Kyoto", "url": "https://tea.example/kyoto", "content": "Old  tea\nhouses."}


class Searx:
    """A server that speaks SearXNG's JSON."""

    def __init__(self) -> None:
        self.body: str = json.dumps({"results": [HIT], "unresponsive_engines": []})
        self.status = 200
        self.asked: list[dict[str, list[str]]] = []
        searx = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                searx.asked.append({"path": [self.path], **parse_qs(urlsplit(self.path).query)})
                self.send_response(searx.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(searx.body.encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def backend(self) -> SearXNG:
        network = Network(manners=Manners(delay=0), sleep=lambda _seconds: None)
        return SearXNG(self.url + "/", network.opened_for(self.url))


@pytest.fixture
def searx() -> Iterator[Searx]:
    searx = Searx()
    yield searx
    searx.server.shutdown()
    searx.thread.join()
    searx.server.server_close()


class Scripted:
    """A backend that gives what it is told, in turn."""

    hosts: Sequence[str] = ("search.example",)

    def __init__(self, *answers: list[Hit] | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def search(self, query: str, k: int) -> list[Hit]:
        self.asked.append(query)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(backend: SearchBackend, *queries: str) -> list[Output]:
    (search,) = search_tools(backend, sleep=lambda _seconds: None)
    return [search.invoke({"query": query}) for query in queries]


def test_searxng_is_asked_in_json_and_its_hits_are_shown(searx: Searx) -> None:
    (output,) = run(searx.backend(), "tea & houses")
    assert searx.asked[0]["q"] == ["tea & houses"]
    assert searx.asked[0]["format"] == ["json"]
    assert [asked["path"][0].split("?")[0] for asked in searx.asked] == ["/search"]
    assert output.text == "1. Tea in Kyoto\n   https://tea.example/kyoto\n   Old tea houses."
    assert output.sources == ("https://tea.example/kyoto",)
    assert output.untrusted


def test_searxng_that_found_nothing_says_so(searx: Searx) -> None:
    searx.body = json.dumps({"results": [], "unresponsive_engines": []})
    with pytest.raises(Retry, match="found no page"):
        run(searx.backend(), "xyzzy")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, json.dumps({"results": [], "unresponsive_engines": [["bing", "timeout"]]})),
        (200, "<html>not json</html>"),
        (200, "[]"),
        (200, "{}"),
        (200, '{"results": 3}'),
        (403, "{}"),
        (429, "{}"),
        (500, "{}"),
    ],
)
def test_searxng_that_does_not_answer_is_unavailable(searx: Searx, status: int, body: str) -> None:
    searx.status, searx.body = status, body
    with pytest.raises(Failed, match=r"^Search is unavailable\.$"):
        run(searx.backend(), "tea")


def test_odd_hits_are_left_out(searx: Searx) -> None:
    odd = [None, "x", {}, {"url": None}, {"url": "javascript:alert(1)"}, HIT, HIT, {"url": 3}]
    searx.body = json.dumps({"results": odd})
    assert [hit.url for hit in searx.backend().search("tea", 5)] == [HIT["url"]]


def test_a_second_try_may_answer() -> None:
    backend = Scripted(Unavailable("no"), [Hit("A", "https://a.example")])
    assert "https://a.example" in run(backend, "a")[0].text


def test_tries_are_bounded() -> None:
    backend = Scripted(*[Unavailable("no")] * 20)
    with pytest.raises(Failed, match="Search is unavailable"):
        run(backend, "a")
    assert len(backend.asked) == 2


def test_answers_are_kept_for_the_run_and_failures_are_not() -> None:
    backend = Scripted([Hit("A", "https://a.example")])
    first, second = run(backend, "Green tea", " green  TEA ")
    assert first == second
    assert backend.asked == ["Green tea"]
    backend = Scripted(*[Unavailable("no")] * 2, [Hit("A", "https://a.example")])
    (search,) = search_tools(backend, sleep=lambda _seconds: None)
    with pytest.raises(Failed):
        search.invoke({"query": "a"})
    assert "https://a.example" in search.invoke({"query": "a"}).text


@pytest.mark.parametrize("query", ["", "  ", "x" * 301])
def test_queries_that_make_no_sense_are_not_sent(query: str) -> None:
    backend = Scripted()
    with pytest.raises(Retry):
        run(backend, query)
    assert backend.asked == []


def duck(answers: dict[str, Any], seconds: float = 5.0) -> tuple[DuckDuckGo, list[Contact]]:
    def ask(query: str, k: int, engine: str) -> list[dict[str, Any]]:
        answer = answers.get(engine, [])
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    contacts: list[Contact] = []
    return DuckDuckGo(contacts, ask, seconds), contacts


DUCK_HIT = {"title": "Tea", "href": "https://tea.example", "body": "word " * 100}


def test_duckduckgo_gives_its_hits_cut_to_size() -> None:
    backend, contacts = duck({"duckduckgo": [DUCK_HIT] * 3})
    (hit,) = backend.search("tea", 5)
    assert hit.url == "https://tea.example"
    assert len(hit.snippet) <= 300
    assert hit.snippet.endswith("word …")
    assert [contact.host for contact in contacts] == ["html.duckduckgo.com"]


def test_another_engine_is_asked_where_duckduckgo_does_not_answer() -> None:
    backend, contacts = duck({"duckduckgo": RuntimeError("No results found."), "brave": [DUCK_HIT]})
    assert backend.search("tea", 5)
    assert [contact.host for contact in contacts] == list(ENGINES.values())


@pytest.mark.parametrize("answer", [[], RuntimeError("No results found."), [{"title": "x"}]])
def test_no_answer_of_duckduckgo_means_there_is_nothing(answer: object) -> None:
    backend, _ = duck(dict.fromkeys(ENGINES, answer))
    with pytest.raises(Unavailable):
        backend.search("tea", 5)


def test_an_engine_that_hangs_is_left_behind() -> None:
    gate = threading.Event()
    backend, _ = duck({"duckduckgo": lambda: [gate.wait(20), DUCK_HIT][1:]}, seconds=0.05)
    with pytest.raises(Unavailable):
        backend.search("tea", 5)
    gate.set()


def test_the_engines_are_those_of_ddgs_at_the_hosts_we_name() -> None:
    """Under an unknown name `ddgs` would send the query to every engine it has."""
    from ddgs.engines import ENGINES as KNOWN

    for engine, host in ENGINES.items():
        assert urlsplit(KNOWN["text"][engine].search_url).hostname == host


def test_the_tool_says_what_it_touches() -> None:
    (search,) = search_tools(Scripted())
    spec = spec_of(search)
    assert spec.effects == {Effect.NETWORK}
    assert spec.targets is not None
    assert spec.preview is not None
    assert spec.targets({"query": "tea"}) == ("search.example",)
    assert spec.preview({"query": "tea"}) == "Ask search.example: tea"
