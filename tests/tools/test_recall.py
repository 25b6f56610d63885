"""Passages as quotes with citations; nothing found is said plainly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.memory.document import Citation, Passage, Span, Unit
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.recall import MAX_CHARS, heading, quotes, recall_tools
from nomoat.tools.toolbox import Toolbox


class Shelf:
    """A memory of given passages."""

    def __init__(self, *passages: Passage) -> None:
        self.passages = list(passages)
        self.asked: list[tuple[str, int]] = []

    def search(self, query: str, k: int = 5) -> list[Passage]:
        self.asked.append((query, k))
        return self.passages[:k]


class Diary(Shelf):
    """A memory that keeps facts as well."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: list[str] = []

    def remember(self, fact: str) -> None:
        self.facts.append(fact)


def passage(text: str, path: str = "notes.md", line: int = 1, title: str = "") -> Passage:
    titles = (title,) if title else ()
    return Passage(text, Citation(path, Span(Unit.LINE, line, line + 2)), 1.0, titles)


def test_passages_are_quotes_whose_citations_are_their_sources() -> None:
    shelf = Shelf(
        passage("The key is under the pot.", "home/notes.md", title="House"),
        passage("Rent is 900.", "b.txt"),
    )
    observed = Toolbox(recall_tools(shelf)).call("recall", {"query": "key"})
    assert observed.text == (
        "[document 1: notes > House]\nThe key is under the pot.\n\n[document 2: b]\nRent is 900."
    )
    assert observed.sources == ("home/notes.md:1-3", "b.txt:1-3")
    assert observed.private
    assert shelf.asked == [("key", 6)]


@pytest.mark.parametrize(
    ("path", "titles", "date", "shown"),
    [
        ("mail/heating.eml", ("Heating", "Plan"), "2026-01-02T10:00", "Heating > Plan, 2026-01-02"),
        ("/a/meeting-2026-03-12.md", ("Garden",), "", "meeting 2026-03-12 > Garden"),
        ("src/foo_bar.test.py", ("class Foo",), "", "foo bar test > class Foo"),
        ("v1.2-notes.txt", ("Speed in km/h",), "", "v1.2 notes > Speed in km/h"),
        ("remembered", (), "2026-01-01", "remembered, 2026-01-01"),
        (".env", (), "", "env"),
    ],
)
def test_a_heading_is_no_path(path: str, titles: tuple[str, ...], date: str, shown: str) -> None:
    one = Passage("x", Citation(path, Span(Unit.LINE, 14, 20)), 1.0, titles, date)
    assert heading(3, one) == f"[document 3: {shown}]"


def test_nothing_found_is_said_plainly() -> None:
    observed = Toolbox(recall_tools(Shelf())).call("recall", {"query": "dragons"})
    assert observed.ok
    assert observed.text.startswith("The memory holds nothing about 'dragons'.")
    assert observed.sources == ()


def test_an_empty_query_is_asked_again() -> None:
    assert Toolbox(recall_tools(Shelf())).call("recall", {"query": " "}).error_kind == "retry"


def test_long_passages_are_cut_and_only_what_is_shown_is_a_source() -> None:
    shelf = Shelf(*(passage("word " * 300, f"{n}.md") for n in range(6)))
    observed = Toolbox(recall_tools(shelf)).call("recall", {"query": "word"})
    assert len(observed.text) <= MAX_CHARS
    assert observed.sources == ("0.md:1-3", "1.md:1-3")


@given(st.lists(st.text(max_size=4_000), max_size=8))
def test_quotes_fit(texts: list[str]) -> None:
    text, shown = quotes([passage(one) for one in texts])
    assert len(text) <= MAX_CHARS
    assert bool(shown) == bool(texts)


def test_a_memory_that_keeps_facts_can_be_told_one() -> None:
    diary = Diary()
    box = Toolbox(recall_tools(diary))
    assert spec_of(box.get("remember")).effects == {Effect.WRITE}
    assert box.call("remember", {"fact": " The cat is\ncalled Mia. "}).ok
    assert diary.facts == ["The cat is called Mia."]
    assert box.call("remember", {"fact": ""}).error_kind == "retry"


def test_a_memory_that_cannot_has_no_remember() -> None:
    assert Toolbox(recall_tools(Shelf())).names == ("recall",)
