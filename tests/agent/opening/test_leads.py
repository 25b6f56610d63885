"""The places in a workspace that hold the words of a goal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.opening.leads import (
    CHUNK_CHARS,
    ENOUGH,
    FILE_BYTES,
    SHOWN,
    SHOWN_CHARS,
    Leads,
    find_leads,
)
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables

Place = Callable[..., Workspace]
GOAL = "Who is the plumber in my notes?"
NOTE = "Meeting with Dana about the roof.\nNext: call the plumber, Mr. Olsen, on Friday.\n"
BREAD = "# Bread\nServes 8.\n- 500 g flour\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Makes a workspace of texts by their paths."""

    def make(**texts: str | bytes) -> Workspace:
        for name, text in texts.items():
            path = tmp_path / name.replace("__", ".")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Workspace(tmp_path)

    return make


def test_the_file_that_holds_the_words_is_shown_with_its_lines(place: Place) -> None:
    found = find_leads(GOAL, place(notes__txt=NOTE, bread__md=BREAD))
    assert [lead.citation for lead in found.texts] == ["notes.txt:1-2"]
    assert found.texts[0].whole
    assert found.texts[0].text == NOTE.rstrip()
    assert found.share >= ENOUGH


def test_of_a_long_file_only_the_place_is_shown(place: Place) -> None:
    lines = [f"{n}: nothing of that kind" for n in range(500)]
    lines[300] = "300: the plumber is Mr. Olsen"
    (lead,) = find_leads("Who is the plumber?", place(log__txt="\n".join(lines))).texts
    assert lead.first <= 301 <= lead.last
    assert "Olsen" in lead.text
    assert not lead.whole
    assert len(lead.text) <= CHUNK_CHARS


def test_where_nothing_holds_the_words_nothing_is_shown(place: Place) -> None:
    assert find_leads("Which zebra barked?", place(notes__txt=NOTE)) == Leads()


@pytest.mark.parametrize("name", ["sales.csv", "sales"])
def test_a_goal_that_names_a_table_is_looked_up_there(place: Place, name: str) -> None:
    work = place(sales__csv="region,amount\nNorth,3\n", notes__txt="The region sales: North leads.")
    tables = Tables(work)
    found = find_leads(f"Which region sold the most in {name}?", work, tables.infos())
    tables.close()
    assert bool(found.texts) is (name == "sales")
    assert found.tables_fit


def test_a_text_that_fits_better_than_every_table_says_so(place: Place) -> None:
    work = place(sales__csv="region,amount\nNorth,3\n", notes__txt=NOTE)
    tables = Tables(work)
    assert not find_leads(GOAL, work, tables.infos()).tables_fit
    assert find_leads("The amount by region?", work, tables.infos()).tables_fit
    tables.close()


def test_documents_fit_only_where_they_hold_words_of_the_goal_and_no_file_holds_more(
    place: Place,
) -> None:
    work = place(notes__txt=NOTE)
    assert not Leads().beside_fits
    assert find_leads("What is the rent?", work, beside=["The rent is 900 EUR."]).beside_fits
    assert not find_leads(GOAL, work, beside=["The rent is 900 EUR."]).beside_fits
    assert not find_leads("Which zebra barked?", work, beside=["Rent"]).beside_fits
    assert not find_leads("Which zebra barked?", work).beside_fits


def test_binary_empty_and_huge_files_are_passed_over(place: Place) -> None:
    huge = "plumber\n" * (FILE_BYTES // 8 + 1)
    work = place(a__bin=b"\0plumber notes\xff" * 50, b__txt="", c__txt=huge, notes__txt=NOTE)
    assert [lead.path for lead in find_leads(GOAL, work).texts] == ["notes.txt"]


@given(goal=st.text(max_size=60), text=st.text(max_size=400))
def test_any_goal_and_any_text(
    goal: str, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "a.txt").write_text(text, encoding="utf-8")
    found = find_leads(goal, Workspace(folder))
    assert len(found.texts) <= SHOWN
    assert sum(len(lead.text) for lead in found.texts) <= SHOWN_CHARS
    assert all(lead.text for lead in found.texts)
    assert 0 <= found.share <= 1 + 1e-9
