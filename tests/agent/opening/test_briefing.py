"""What the model is shown before its first thought."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.opening.briefing import (
    FILES,
    LONG_FILE,
    PASSAGE_CHARS,
    START_CHARS,
    TABLES,
    beginning,
    brief,
    recalled,
)
from nomoat.agent.opening.leads import Lead
from nomoat.memory.document import Citation, Passage
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_info import Column, TableInfo


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def table(name: str, file: str) -> TableInfo:
    return TableInfo(name, file, (Column("region", "VARCHAR"),), 3)


@dataclass
class Shelf:
    """A memory that finds what it was given."""

    texts: list[str]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def search(self, query: str, k: int = 5) -> list[Passage]:
        self.asked.append((query, k))
        found = self.texts[:k]
        return [Passage(text, Citation(f"doc{n}.md"), 1.0) for n, text in enumerate(found)]


def test_an_empty_workspace_is_said_to_be_empty(place: Workspace) -> None:
    assert brief("Anything?", place) == "The workspace has no files yet."


def test_no_files_are_nothing_to_tell_where_no_tool_reads_files(place: Workspace) -> None:
    assert brief("Anything?", place, reads=False) == ""


def test_files_with_sizes_and_how_to_use_them(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.md").write_text("x" * 12)
    (tmp_path / "log.txt").write_text("x" * (LONG_FILE + 1))
    (tmp_path / "sales.csv").write_text("region\nNorth\n")
    (tmp_path / "film.mp4").write_bytes(b"x" * 2_500_000)
    text = brief("Which?", place, tables=[table("sales", "sales.csv")])
    assert "- notes/a.md (12 bytes)" in text
    assert "- log.txt (5.0 KB, long: find_in_files)" in text
    assert "- sales.csv (13 bytes, a table: query_table)" in text
    assert "- film.mp4 (2.5 MB" in text
    assert "- sales (sales.csv, 3 rows): region TEXT" in text


def test_of_many_files_those_that_are_named_come_first(place: Workspace, tmp_path: Path) -> None:
    for n in range(FILES + 20):
        (tmp_path / f"a{n:03}.txt").write_text("")
    (tmp_path / "zoo.txt").write_text("")
    lines = brief("What is in zoo.txt?", place).splitlines()
    assert lines[1] == "- zoo.txt (empty)"
    assert len(lines) == FILES + 2
    assert lines[-1] == "- and 21 more: list_files shows them"


def test_of_files_that_are_not_named_only_the_name_is_told_beside_those_that_are(
    place: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "ours.txt").write_text("All of ours")
    (tmp_path / "other.txt").write_text("All others")
    assert brief("Which?", place).count("All ") == 2
    lines = brief("What is in ours.txt?", place).splitlines()
    assert lines[1:] == ["- ours.txt (11 bytes): All of ours", "- other.txt"]


def test_tables_are_told_of_in_short_beside_places_and_not_at_all_beside_an_answer(
    place: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("It is red.")
    lead = Lead("a.md", 1, 1, "It is red.", whole=True, weight=1.0)
    one = table("sales", "sales.csv")
    assert "region TEXT" in brief("Which?", place, tables=[one])
    beside = brief("Which?", place, tables=[one], leads=[lead], in_short=True)
    assert "sales (sales.csv, 3 rows): region\n" in beside
    assert "rows" not in brief("Which?", place, tables=[one], leads=[lead], answers=True)


def test_there_is_room_for_so_many_tables(place: Workspace) -> None:
    tables = [table(f"t{n}", f"t{n}.csv") for n in range(TABLES + 5)]
    assert brief("Which?", place, tables=tables).count(" rows): ") == TABLES


def test_how_a_text_begins_is_shown_and_nothing_of_other_files(
    place: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("\n\nDear Ms Lindqvist,\n\nthe boiler is repaired.\nYours")
    (tmp_path / "long.md").write_text("word " * 1_000)
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff secret \xfe")
    (tmp_path / "sales.csv").write_text("region\nNorth\n")
    (tmp_path / "empty.txt").write_text("")
    text = brief("Which?", place, tables=[table("sales", "sales.csv")])
    files = {line.split(" (")[0]: line for line in text.splitlines() if line.startswith("- ")}
    assert files["- letter.txt"].endswith("): Dear Ms Lindqvist, / the boiler is repaired.")
    assert len(files["- long.md"]) < 120
    assert files["- photo.jpg"].endswith(" bytes)")
    assert files["- sales.csv"].endswith("query_table)")  # its columns are told below
    assert files["- empty.txt"] == "- empty.txt (empty)"


@given(content=st.binary(max_size=600))
def test_how_any_file_begins_is_one_short_line(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("w")
    (folder / "a.txt").write_bytes(content)
    begins = beginning(Workspace(folder), "a.txt")
    assert len(begins) <= START_CHARS
    assert begins.isprintable()


def test_a_letter_that_is_cut_in_the_middle_hides_no_text(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Straße\n" + "é" * 10_000)
    (tmp_path / "b.txt").write_text("aStraße\n" + "é" * 10_000)
    assert beginning(place, "a.txt").startswith("Straße")
    assert beginning(place, "b.txt").startswith("aStraße")


def test_passages_are_headed_by_their_documents_and_keep_their_citations(place: Workspace) -> None:
    shelf = Shelf(["The lease\nends in  May.", "Rent is 900."])
    found = recalled("When does the lease end?", shelf)
    assert found is not None
    assert shelf.asked[0][0] == "When does the lease end?"
    assert [citation for citation, _ in found] == ["doc0.md", "doc1.md"]
    text = brief("When?", place, passages=found)
    assert "[document 1: doc0]\nThe lease\nends in May.\n[document 2" in text
    assert "[document 2: doc1]\nRent is 900." in text
    assert "doc0.md" not in text  # a small model would try to read it as a file


def test_no_memory_and_a_memory_that_finds_nothing_differ(place: Workspace) -> None:
    assert recalled("Who?", None) is None
    assert "documents" not in brief("Who?", place, passages=None)
    assert recalled("Who?", Shelf([])) == []
    assert "hold nothing" in brief("Who?", place, passages=[])


@given(st.lists(st.text(min_size=1, max_size=5_000), max_size=6))
def test_passages_keep_to_their_room(texts: list[str]) -> None:
    found = recalled("Who?", Shelf(texts))
    assert found is not None
    quoted = [quote.split("]\n", 1)[1] for _, quote in found]
    assert sum(map(len, quoted)) <= PASSAGE_CHARS
    for quote, text in zip(quoted, texts, strict=False):
        assert " ".join(quote.split()) in " ".join(text.split())
