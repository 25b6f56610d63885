"""`search_web`: find pages, with what one search engine or another says about them.

When no engine answers, the model and the person are told that search is unavailable: an empty
list would read as "there is nothing about this".
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlencode

from langchain_core.tools import BaseTool
from tenacity import (
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.address import parse_url
from nomoat.tools.guard.net import Contact, Network
from nomoat.tools.uses import USES

MAX_QUERY = 300
MAX_SNIPPET = 300
MAX_TITLE = 150
RESULTS = 6
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A page that a search engine names."""

    title: str
    url: str
    snippet: str = ""


class Unavailable(Failed):
    """A search engine did not answer; this says nothing about what there is to find."""


class SearchBackend(Protocol):
    """A search engine."""

    @property
    def hosts(self) -> Sequence[str]:
        """Who is told the query."""
        ...

    def search(self, query: str, k: int) -> list[Hit]:
        """At most `k` hits, best first; empty only where the engine says there are none.

        Raises:
            Unavailable: it did not answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class SearXNG:
    """A SearXNG of the person's own, asked for JSON (`search.formats` there has to list it)."""

    base_url: str
    network: Network
    """Its host has to be open in this network: `network.opened_for(base_url)`."""

    @property
    def hosts(self) -> Sequence[str]:
        return [parse_url(self.base_url).host]

    def search(self, query: str, k: int) -> list[Hit]:
        asked = urlencode({"q": query, "format": "json"})
        try:
            answer = self.network.get(
                f"{self.base_url.rstrip('/')}/search?{asked}",
                accept="application/json",
                robots=False,
            )
            data = json.loads(answer.text)
            hits = _hits(data["results"], "url", "content")
            silent = data.get("unresponsive_engines")
        except (ToolError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unavailable(f"The search engine at {self.hosts[0]} did not answer.") from error
        if not hits and silent:
            raise Unavailable("The engines behind SearXNG did not answer.")
        return hits[:k]


ENGINES = {
    "duckduckgo": "html.duckduckgo.com",
    "mojeek": "www.mojeek.com",
    "brave": "search.brave.com",
}
"""What `DuckDuckGo` asks, in this order, and the host that is told the query."""


def _ddgs(query: str, k: int, engine: str) -> list[dict[str, Any]]:
    from ddgs import DDGS
    from ddgs.engines import ENGINES as KNOWN

    if engine not in KNOWN["text"]:  # ddgs would send the query to every engine it has
        raise LookupError(engine)
    return DDGS(timeout=8).text(query, max_results=k, backend=engine)


@dataclass(frozen=True, slots=True)
class DuckDuckGo:
    """DuckDuckGo over the `ddgs` library; Mojeek, then Brave, where it does not answer.

    `ddgs` opens its own connections, to the fixed hosts of `ENGINES` and no other. So what is
    contacted is known and recorded, but not its address nor the bytes that came back. Every
    failure in it reads "No results found.", so no answer of it can mean that there is nothing.
    """

    contacts: list[Contact]
    """Where contacts are recorded: a network's `contacts`."""
    ask: Callable[[str, int, str], list[dict[str, Any]]] = _ddgs
    """Query, number of results, engine → what `DDGS.text` gives."""
    seconds: float = 10.0
    """For one engine: the library's own limit does not hold for a server that trickles."""

    @property
    def hosts(self) -> Sequence[str]:
        return list(ENGINES.values())

    def search(self, query: str, k: int) -> list[Hit]:
        for engine, host in ENGINES.items():
            self.contacts.append(Contact(host, "", len(query.encode()), 0))
            hits = _hits(self._answer(query, k, engine), "href", "body")
            if hits:
                return hits[:k]
        raise Unavailable("No search engine answered.")

    def _answer(self, query: str, k: int, engine: str) -> list[dict[str, Any]]:
        """What an engine says within the time; nothing where it says nothing."""
        found: list[dict[str, Any]] = []

        def ask() -> None:
            # ddgs raises DDGSException, primp its own, lxml its own: all mean "no answer"
            with contextlib.suppress(Exception):
                found.extend(self.ask(query, k, engine))

        thread = threading.Thread(target=ask, name=f"nomoat-search-{engine}", daemon=True)
        thread.start()
        thread.join(self.seconds)
        return [] if thread.is_alive() else found


def engine(network: Network, searxng: str = "") -> SearchBackend:
    """The search of a run: the SearXNG at that address where there is one, else DuckDuckGo."""
    if searxng:
        return SearXNG(searxng, network.opened_for(searxng))
    return DuckDuckGo(network.contacts)


def _hits(found: Sequence[Any], url: str, snippet: str) -> list[Hit]:
    """The well-formed ones, each address once."""
    hits: dict[str, Hit] = {}
    for each in found:
        if not isinstance(each, Mapping) or not str(each.get(url) or "").startswith("http"):
            continue
        address = str(each[url])
        text = " ".join(str(each.get(snippet) or "").split())
        title = " ".join(str(each.get("title") or address).split())
        hits.setdefault(address, Hit(title[:MAX_TITLE], address, cut(text, MAX_SNIPPET)))
    return list(hits.values())


def cut(text: str, length: int) -> str:
    """At most `length` characters, ended at a word."""
    if len(text) <= length:
        return text
    return text[: length - 2].rsplit(" ", 1)[0] + " …"


@dataclass(slots=True)
class _Search:
    """A backend with this run's answers kept, asked again where it did not answer."""

    backend: SearchBackend
    sleep: Callable[[float], None]
    answers: dict[str, list[Hit]] = field(default_factory=dict)

    def __call__(self, query: str) -> list[Hit]:
        key = " ".join(query.casefold().split())
        if key not in self.answers:
            retrying = Retrying(
                retry=retry_if_exception_type(Unavailable),
                stop=stop_after_attempt(_TRIES),
                wait=wait_random_exponential(multiplier=1.0, max=4.0),
                sleep=self.sleep,
                reraise=True,
            )
            self.answers[key] = retrying(self.backend.search, query, RESULTS)
        return self.answers[key]


def search_tools(
    backend: SearchBackend, *, sleep: Callable[[float], None] = time.sleep
) -> list[BaseTool]:
    """`search_web` over a backend; answers are kept for the run."""
    search = _Search(backend, sleep)

    def hosts(_arguments: Arguments) -> Sequence[str]:
        return backend.hosts

    def preview(arguments: Arguments) -> str:
        return f"Ask {', '.join(backend.hosts)}: {arguments.get('query', '')}"

    @tool(effects="network", targets=hosts, preview=preview, uses=USES["search_web"])
    def search_web(query: str) -> Output:
        """Search the web; gives titles, addresses and snippets. Open a result with browse.

        Args:
            query: A few words to search for.
        """
        if not query.strip() or len(query) > MAX_QUERY:
            raise Retry("The query is empty or too long.", hint="Search for a few words.")
        try:
            hits = search(query)
        except Unavailable as error:
            raise Failed(
                "Search is unavailable.",
                hint="Nothing was searched. Use what is known, or browse an address you know.",
            ) from error
        if not hits:
            raise Retry(
                f"The search engine found no page for {query!r}.", hint="Use fewer or other words."
            )
        lines = [
            f"{number}. {hit.title}\n   {hit.url}\n   {hit.snippet}".rstrip()
            for number, hit in enumerate(hits, 1)
        ]
        return Output("\n".join(lines), sources=tuple(h.url for h in hits), untrusted=True)

    return [search_web]
