"""Questions that need two pages of a web site, which is served over loopback.

By the default model: facts are checked, never wording. What the pages say, and that no single one
answers a question, is tested without it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nomoat.agent.agent import Agent
from nomoat.agent.bench.reading import holds_word, lacking_numbers
from nomoat.agent.budget import Budget
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.tools.browse import browse_tools
from nomoat.tools.guard.net import Network
from nomoat.tools.testing import call_tool

PAGES = {
    "/ferries.html": """<title>Ferries of Lake Orm</title><h1>Ferries of Lake Orm</h1>
        <p>Two boats cross the lake, the whole year round, and each of them has a page of its own
        with its prices and its times.</p>
        <p>The boat from Lunde to the island is <a href="/heron.html">the Heron</a>. She is the
        older one of the two, and she was built in the yard at Lunde itself.</p>
        <p>The boat from Vik to the mill is <a href="/tern.html">the Tern</a>. She takes cars too,
        as long as they are not higher than a van.</p>
        <p>Dogs travel free on both boats. There is no crossing in a storm.</p>""",
    "/heron.html": """<title>The Heron</title><h1>The Heron</h1>
        <p>The Heron crosses from Lunde to the island in 25 minutes. There are seats for eighty
        people, half of them under a roof, and a place for bicycles behind the mast.</p>
        <table><tr><th>Ticket</th><th>Price</th></tr><tr><td>Adult</td><td>64 kroner</td></tr>
        <tr><td>Child</td><td>32 kroner</td></tr><tr><td>Bicycle</td><td>18 kroner</td></tr></table>
        <p>Tickets are sold on board. The last boat back leaves the island at 19:40, in winter
        already at dusk, so please look at the board on the pier.</p>""",
    "/tern.html": """<title>The Tern</title><h1>The Tern</h1>
        <p>The Tern crosses from Vik to the mill in 40 minutes. There is room for six cars and for
        a hundred people, and in summer there is coffee on the upper deck.</p>
        <table><tr><th>Ticket</th><th>Price</th></tr><tr><td>Adult</td><td>81 kroner</td></tr>
        <tr><td>Child</td><td>40 kroner</td></tr><tr><td>Bicycle</td><td>27 kroner</td></tr></table>
        <p>Tickets are sold in the kiosk at Vik. The last boat back leaves the mill at 18:15, and
        it waits for nobody, as its captain likes to say.</p>""",
    "/society.html": """<title>Orm Bird Society</title><h1>Orm Bird Society</h1>
        <p>We count the birds of the lake every spring, and we publish what we have seen in a small
        book that everybody can buy at the kiosk.</p>
        <p>The next walk is led by our treasurer. It begins at the old pier, and good shoes are all
        that anybody needs for it.</p>
        <p>Names and phone numbers of the board stand on the page of
        <a href="/people.html">the people of the society</a>.</p>""",
    "/people.html": """<title>People</title><h1>People of the society</h1>
        <p>These are the members of the board. They are elected for two years by all who pay their
        fee, and they meet on the first Tuesday of each month in the library.</p>
        <table><tr><th>Office</th><th>Name</th><th>Phone</th></tr>
        <tr><td>Chair</td><td>Runa Falk</td><td>4410</td></tr>
        <tr><td>Treasurer</td><td>Odd Brekke</td><td>4427</td></tr>
        <tr><td>Secretary</td><td>Mia Storm</td><td>4433</td></tr></table>
        <p>Please call in the evening only, since all of them work during the day.</p>""",
}
MISSING = "<title>Not here</title><p>There is no such page.</p>"
FRAME = '<!doctype html><html lang="en"><head><meta charset="utf-8">{}</body></html>'


@dataclass(frozen=True, slots=True)
class Question:
    """A goal, and what its answer has to hold."""

    goal: str
    """`{site}` is the address of the site."""
    pages: tuple[str, str]
    words: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    def lacking(self, text: str) -> list[object]:
        """The facts that a text does not hold."""
        words = [word for word in self.words if not holds_word(text, word)]
        return [*words, *lacking_numbers(text, self.numbers, 0.005)]


LINKED = Question(
    "How much does a ticket for an adult cost on the ferry from Vik to the mill? The ferries are "
    "listed on {site}/ferries.html",
    ("/ferries.html", "/tern.html"),
    numbers=(81,),
)
COMPARED = Question(
    "Compare {site}/heron.html and {site}/tern.html: what does a bicycle cost on the Heron, and "
    "what does it cost on the Tern?",
    ("/heron.html", "/tern.html"),
    numbers=(18, 27),
)
LOOKED_UP = Question(
    "Who leads the next walk of the bird society at {site}/society.html, by name, and what is the "
    "phone number of that person?",
    ("/society.html", "/people.html"),
    words=("Brekke",),
    numbers=(4427,),
)
QUESTIONS = {"linked": LINKED, "compared": COMPARED, "looked up": LOOKED_UP}


@dataclass(slots=True)
class Site:
    """The pages, served; and which were asked for."""

    host: str
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.asked.append(self.path)
            page = PAGES.get(self.path)
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            title, _, body = (page or MISSING).partition("</title>")
            text = f"{title}</title></head><body>{' '.join(body.split())}"
            self.wfile.write(FRAME.format(text).encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Site(f"127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield served
        server.shutdown()
        thread.join()


def agent(site: Site, folder: Path, model: object) -> Agent:
    (folder / "work").mkdir()
    return Agent(
        model,  # type: ignore[arg-type]
        workspace=folder / "work",
        allow_hosts=[site.host],
        policy=Policy(Mode.NEVER),
        budget=Budget(steps=10, seconds=240),
        runs=RunStore(folder / "runs"),
    )


# -- without a model --------------------------------------------------------------------------


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_a_question_needs_both_of_its_pages(site: Site, question: Question) -> None:
    browse, _ = browse_tools(Network([site.host]))
    first, second = (call_tool(browse, url=f"{site.url}{page}").text for page in question.pages)
    assert question.lacking(first + second) == []
    if question is LOOKED_UP:  # the first page says who, in other words, and the second the rest
        assert "led by our treasurer" in first
        assert "| Treasurer | Odd Brekke | 4427 |" in second
    assert question.lacking(first)
    assert question.lacking(second) or f"]({site.url}{question.pages[1]})" in first
    assert max(len(first), len(second)) < 1_500


def test_pages_are_followed_and_answers_held_against_them(site: Site, tmp_path: Path) -> None:
    script = [
        call("browse", url=f"{site.url}/ferries.html"),
        call("browse", url=f"{site.url}/tern.html"),
        answer("The ticket for an adult on the ferry from Vik to the mill costs 81 kroner."),
    ]
    with ScriptedModel(script) as model:
        run = agent(site, tmp_path, model).run(LINKED.goal.format(site=site.url))
    assert run.status is Status.REACHED
    assert f"({site.url}/tern.html)" in run.steps[0].observation.text
    assert all(step.observation.untrusted for step in run.steps)
    assert f"{site.url}/tern.html" in run.sources


def test_a_host_that_was_not_allowed_is_not_reached(site: Site, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    script = [
        call("browse", url=f"{site.url}/ferries.html"),
        answer("The page cannot be opened."),
        answer("The page with the ferry from Vik to the mill cannot be opened."),
    ]
    model = ScriptedModel(script)
    run = Agent(
        model,
        workspace=tmp_path / "work",
        policy=Policy(Mode.NEVER),
        runs=RunStore(tmp_path / "runs"),
    ).run(LINKED.goal.format(site=site.url))
    assert not run.steps[0].observation.ok
    assert site.asked == []


# -- by the default model ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(chat_model_path: Path) -> ChatLlama:
    """Loaded once for all questions, as one process would."""
    return ChatLlama(model=str(chat_model_path))


@pytest.fixture
def ask(site: Site, tmp_path: Path, model: ChatLlama) -> Callable[[Question], Run]:
    """Ask a question; its answer has to hold the facts, and to be held for true."""

    def run(question: Question) -> Run:
        done = agent(site, tmp_path, model).run(question.goal.format(site=site.url))
        assert question.lacking(done.answer) == [], done.answer
        assert set(question.pages) <= set(site.asked)
        assert done.status is Status.REACHED
        return done

    return run


@pytest.mark.model
@pytest.mark.measured
def test_a_price_behind_a_link(ask: Callable[[Question], Run]) -> None:
    run = ask(LINKED)
    assert lacking_numbers(run.answer, (64,), 0.005) == [64]  # the other ferry's


@pytest.mark.model
@pytest.mark.measured
def test_two_pages_that_are_named(ask: Callable[[Question], Run]) -> None:
    ask(COMPARED)


@pytest.mark.model
@pytest.mark.measured
def test_an_office_on_one_page_and_who_holds_it_on_another(ask: Callable[[Question], Run]) -> None:
    run = ask(LOOKED_UP)
    assert not holds_word(run.answer, "Falk")
