"""`Memory` as its users see it: add, find, cite, forget, and what it says when it cannot."""

from __future__ import annotations

import multiprocessing
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from nomoat.memory import Filters, Memory, MiniLM
from nomoat.memory.document import Citation, Span, Unit
from nomoat.memory.errors import StoreCorrupt, StoreError, StoreLocked, StoreMismatch, UsageError
from tests.memory.hashed import Hashed

HANDBOOK = """# Handbook

## Holidays

Every employee has 27 days of leave a year. Leave is asked for in the portal.

## Travel

Trains are booked by the office. A hotel may cost up to 120 euros a night.
"""
BOILER = "The boiler in the cellar was repaired on 3 March 2024 by Novak and Sons.\n"
SOUP = "Pumpkin soup: roast the pumpkin, add ginger and coconut milk, and blend it.\n"


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "handbook.md").write_text(HANDBOOK)
    (folder / "boiler.txt").write_text(BOILER)
    (folder / "soup.txt").write_text(SOUP)
    return folder


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    with Memory(tmp_path / "memory", embedder=Hashed()) as opened:
        yield opened


def paths(memory: Memory) -> list[str]:
    return [Path(entry.path).name for entry in memory.documents()]


# -- adding


def test_a_folder_is_added_and_found_with_citations(memory: Memory, docs: Path) -> None:
    report = memory.add([docs])
    assert (report.added, report.changed, report.unchanged, report.failed) == (3, 0, 0, ())
    best = memory.search("Who repaired the boiler?")[0]
    assert best.citation == Citation(str(docs / "boiler.txt"), Span(Unit.LINE, 1, 1))
    assert best.text == BOILER.strip()
    assert best.format == "text"


def test_only_what_changed_is_read_again(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    (docs / "soup.txt").write_text("Lentil stew with carrots.\n")
    report = memory.add([docs])
    assert (report.added, report.changed, report.unchanged) == (0, 1, 2)
    assert memory.search("lentil stew")[0].text == "Lentil stew with carrots."
    assert not any("Pumpkin" in passage.text for passage in memory.search("pumpkin ginger"))


def test_deleted_files_are_dropped_only_with_prune(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    (docs / "soup.txt").unlink()
    assert memory.add([docs]).removed == 0
    assert "soup.txt" in paths(memory)
    assert memory.add([docs], prune=True).removed == 1
    assert paths(memory) == ["boiler.txt", "handbook.md"]


def test_prune_leaves_other_folders_and_remembered_facts(
    memory: Memory, docs: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("The spare key hangs behind the clock.\n")
    memory.add([docs, other])
    memory.remember("My sister lives in Brno.")
    other.unlink()
    assert memory.add([docs], prune=True).removed == 0
    assert {"other.txt", "remembered"} <= set(paths(memory))


def test_exclude_and_skipped_files_are_counted(memory: Memory, docs: Path) -> None:
    (docs / ".hidden").write_text("secret")
    (docs / "image.bin").write_bytes(bytes(range(256)) * 10)
    report = memory.add([docs], exclude=["soup*"])
    assert report.added == 2
    assert report.skipped == {"hidden": 1, "binary": 1, "excluded": 1}


def test_a_bad_file_is_reported_and_the_rest_is_added(memory: Memory, docs: Path) -> None:
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00" * 200)
    report = memory.add([docs])
    assert report.added == 3
    [(name, reason)] = report.failed
    assert name.endswith("broken.pdf")
    assert reason


def test_stop_keeps_what_is_done_and_the_next_add_goes_on(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomoat.memory.ingest._POOL", 4)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.txt").write_text(f"Note {number} says unique{number}word.\n")
    stop, done = threading.Event(), []

    def progress(at: object) -> None:
        done.append(at)
        stop.set()

    report = memory.add([folder], progress=progress, stop=stop)
    assert report.stopped
    assert 0 < report.added == len(memory.documents()) < 60
    after = memory.add([folder])
    assert (after.added, after.unchanged) == (60 - report.added, report.added)


def test_progress_names_documents_only_when_they_are_found(memory: Memory, docs: Path) -> None:
    seen = []

    def progress(at: object) -> None:
        name = Path(at.path).name  # type: ignore[attr-defined]
        seen.append((name, name in paths(memory), at.files, at.of))  # type: ignore[attr-defined]

    memory.add([docs], progress=progress)
    assert sorted(seen) == [
        ("boiler.txt", True, 1, 3),
        ("handbook.md", True, 2, 3),
        ("soup.txt", True, 3, 3),
    ]


def test_facts_are_kept_once_with_their_date(memory: Memory) -> None:
    memory.remember("My sister Eva lives in Brno.")
    memory.remember("My sister Eva lives in Brno.")
    [entry] = memory.documents()
    assert (entry.path, entry.format, len(entry.date)) == ("remembered", "note", 10)
    assert memory.search("Where does Eva live?")[0].text == "My sister Eva lives in Brno."
    with pytest.raises(UsageError):
        memory.add_text("  ", source="x")


# -- finding


def test_filters(memory: Memory, docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.add([docs])
    memory.add_text("The boiler was serviced.", source="diary", date="2024-05-06")
    memory.add_text("The boiler broke again.", source="diary", date="2025-01-02")
    monkeypatch.setattr("nomoat.memory.opened.fitting", list)  # filters alone are tested

    def found(**filters: str) -> set[str]:
        passages = memory.search("boiler, soup, leave", 9, filters=Filters(**filters))
        return {Path(passage.citation.path).name for passage in passages}

    assert found(format="markdown") == {"handbook.md"}
    assert found(source="soup") == {"soup.txt"}
    assert found(source="*.txt") == {"soup.txt", "boiler.txt"}
    assert found(source="%") == set()
    assert found(since="2024") == {"diary"}

    def texts(**filters: str) -> set[str]:
        return {p.text for p in memory.search("boiler", filters=Filters(**filters))}

    assert texts(until="2024-05") == texts(since="2024-05-06", until="2024-05-06")
    assert texts(until="2024-05") == {"The boiler was serviced."}
    assert texts(since="2030") == set()


def test_relative_dates_count_from_today(memory: Memory) -> None:
    for day in ("2024-03-04", "2024-04-04"):
        memory.add_text(f"Lunch with Karin at the harbour ({day}).", source=day, date=day)
    question = "lunch with Karin last month"
    assert memory.search(question, today=date(2024, 4, 9))[0].date == "2024-03-04"
    assert memory.search(question, today=date(2024, 5, 9))[0].date == "2024-04-04"


def test_the_same_text_in_two_files_is_one_passage(memory: Memory, docs: Path) -> None:
    shutil.copy(docs / "soup.txt", docs / "soup-copy.txt")
    memory.add([docs])
    assert [p.text for p in memory.search("pumpkin soup")].count(SOUP.strip()) == 1


def test_questions_for_all_get_more_than_k(memory: Memory) -> None:
    for name in ("Ada", "Bob", "Cyril", "Dora", "Emil", "Fay"):
        memory.add_text(f"{name} paid an invoice of the plumber.", source=name)
    assert len(memory.search("Who paid an invoice?", 2)) == 2
    assert len(memory.search("List all who paid an invoice.", 2)) == 6
    assert len(memory.search("List all who paid an invoice.", 2, max_chars=80)) == 2


def test_when_nothing_fits_nothing_is_found(
    tmp_path: Path, docs: Path, embedder_folder: Path
) -> None:
    with Memory(tmp_path / "real", embedder=MiniLM(embedder_folder)) as memory:
        memory.add([docs])
        for question in ("Who won the world cup in 1998?", "python list comprehension syntax"):
            assert memory.search(question) == []


def test_in_a_small_memory_an_unknown_word_does_not_outweigh_the_known(memory: Memory) -> None:
    memory.add_text("The choir rehearses in the gym.", source="a")
    memory.add_text("Pumpkin soup needs ginger.", source="b")
    opened = memory._open()
    covered = opened.words.coverage(["choir", "rehearses", "xylophone"], opened.layout)
    assert (covered > 0.5).sum() == 1


def test_an_empty_memory_finds_nothing_and_makes_no_folder(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "none", embedder=Hashed())
    assert memory.search("anything") == []
    assert memory.documents() == []
    assert memory.stats().chunks == 0
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "query", ["", "   ", '"', "a OR", "NEAR(", "*", "x" * 5000, "\x00", "日本"]
)
def test_no_query_is_an_error(memory: Memory, docs: Path, query: str) -> None:
    memory.add([docs])
    assert isinstance(memory.search(query), list)


# -- forgetting


def test_forget_a_document_and_a_folder(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    assert memory.forget(str(docs / "soup.txt")) == 1
    assert not any("Pumpkin" in p.text for p in memory.search("pumpkin soup"))
    assert memory.forget(str(docs)) == 2
    assert memory.documents() == []
    with pytest.raises(UsageError, match="no document"):
        memory.forget("never-there.txt")


# -- reopening, damage, rebuilding


def reopened(memory: Memory, **changes: object) -> Memory:
    memory.close()
    return Memory(memory.folder, **({"embedder": Hashed()} | changes))  # type: ignore[arg-type]


def test_another_embedder_is_refused_and_rebuild_helps(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    with (
        reopened(memory, embedder=Hashed("other", 32)) as other,
        pytest.raises(StoreMismatch, match="hashed") as caught,
    ):
        other.search("boiler")
    assert "nomoat memory rebuild" in caught.value.hint
    with reopened(memory, embedder=Hashed("other", 32)) as other:
        other.rebuild()
        assert other.search("Who repaired the boiler?")[0].text == BOILER.strip()


def test_a_lost_index_is_told_and_rebuilt(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    memory.close()
    shutil.rmtree(memory.folder / "chroma")
    with reopened(memory) as again:
        with pytest.raises(StoreCorrupt) as caught:
            again.search("boiler")
        assert "nomoat memory rebuild" in caught.value.hint
        again.rebuild()
        assert again.search("Who repaired the boiler?")[0].text == BOILER.strip()


@pytest.mark.parametrize("keep", [0.0, 0.5, None])
def test_a_damaged_index_is_told_and_rebuilt(
    memory: Memory, docs: Path, keep: float | None
) -> None:
    memory.add([docs])
    memory.close()
    file = memory.folder / "chroma" / "chroma.sqlite3"
    data = file.read_bytes()
    file.write_bytes(b"no database " * 500 if keep is None else data[: int(keep * len(data))])
    with reopened(memory) as again:
        assert len(again.documents()) == 3  # what is intact stays readable
        with pytest.raises(StoreCorrupt) as caught:
            again.search("boiler")
        assert "nomoat memory rebuild" in caught.value.hint
        again.rebuild()
        assert again.search("Who repaired the boiler?")[0].text == BOILER.strip()


def test_an_index_that_lost_or_kept_chunks_is_repaired(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    index, ids = memory._open().index, memory._open().store.chunk_ids()
    index.delete(ids[:1])
    index.upsert([10_000, 10_001], Hashed().embed(["stray", "astray"]))
    with reopened(memory) as again:
        again.search("boiler")
        assert again._open().index.ids() == set(ids)


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.7, 0.99])
def test_a_truncated_database_is_told(memory: Memory, docs: Path, keep: float) -> None:
    memory.add([docs])
    memory.close()
    file = memory.folder / "memory.db"
    data = file.read_bytes()
    file.write_bytes(data[: max(100, int(len(data) * keep))])
    with reopened(memory) as again, pytest.raises(StoreCorrupt) as caught:
        again.search("boiler")
    assert caught.value.hint


def test_what_is_no_database_is_told(memory: Memory) -> None:
    memory.folder.mkdir()
    (memory.folder / "memory.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreCorrupt):
        memory.search("boiler")


def test_a_newer_memory_is_refused_in_words(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    memory.close()
    with sqlite3.connect(memory.folder / "memory.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with reopened(memory) as again, pytest.raises(StoreMismatch, match="newer nomoat"):
        again.search("boiler")


def test_rebuild_of_nothing_is_an_error(memory: Memory) -> None:
    with pytest.raises(StoreError, match="no memory"):
        memory.rebuild()


# -- sharing


def _search_elsewhere(folder: Path, answers: object) -> None:
    try:
        with Memory(folder, embedder=Hashed()) as memory:
            answers.put(len(memory.search("boiler")))  # type: ignore[attr-defined]
    except StoreLocked as error:
        answers.put(f"{error} {error.hint}")  # type: ignore[attr-defined]


def test_a_second_process_is_told_and_nothing_is_lost(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()

    def ask() -> object:
        process = context.Process(target=_search_elsewhere, args=(memory.folder, answers))
        process.start()
        process.join(60)
        return answers.get(timeout=5)

    told = ask()
    assert isinstance(told, str)
    assert "Another process" in told
    memory.add_text("The boiler is warm.", source="diary")
    memory.close()
    assert ask() == 2


def test_threads_share_it(memory: Memory, docs: Path) -> None:
    memory.add([docs])
    found: list[str] = []

    def look() -> None:
        found.append(memory.search("Who repaired the boiler?")[0].text)

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [BOILER.strip()] * 8


def test_nothing_is_reached_over_the_network(
    memory: Memory, docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    memory.add([docs])
    assert memory.search("Who repaired the boiler?")
    memory.rebuild()


# -- the real model


def test_meaning_is_found_where_no_word_is_shared(
    tmp_path: Path, docs: Path, embedder_folder: Path
) -> None:
    with Memory(tmp_path / "real", embedder=MiniLM(embedder_folder)) as memory:
        memory.add([docs])
        best = memory.search("How much vacation do staff get?")[0]
        assert "27 days of leave" in best.text


def test_a_missing_model_says_how_to_get_it(tmp_path: Path, docs: Path) -> None:
    with Memory(tmp_path / "real", embedder=MiniLM(tmp_path / "nowhere")) as memory:
        with pytest.raises(StoreError) as caught:
            memory.add([docs])
        assert "nomoat models pull minilm-l6-v2" in caught.value.hint
        assert memory.documents() == []


def test_a_wrong_model_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"something else")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(StoreError, match="sha256"):
        MiniLM(tmp_path).embed(["x"])
