"""`nomoat memory episodes`, and runs that are remembered where a person wants it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from nomoat.agent.config.config import config_file
from nomoat.agent.scripted import ScriptedModel
from nomoat.memory.episodes import Episode, Episodes, Used
from tests.agent.conftest import SUM, Nomoat
from tests.memory.hashed import Hashed

GOAL = "What is 2+2?"


@pytest.fixture(autouse=True)
def home(place: Path, nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which runs are remembered, in an empty workspace."""
    monkeypatch.setattr("nomoat.memory.episodes.MiniLM", Hashed)
    nomoat_home.mkdir()
    config_file().write_text("episodes = true\n")
    return nomoat_home


def episodes(nomoat: Nomoat, *arguments: str) -> Result:
    return nomoat("memory", "episodes", *arguments)


def test_a_run_is_remembered_and_the_next_one_like_it_told(nomoat: Nomoat) -> None:
    nomoat(GOAL)
    model = ScriptedModel(SUM)
    nomoat(GOAL, script=model)
    shown = model.prompts[0][1].text
    assert 'Goals like this were reached before: "What is N+N?" with calculate.' in shown
    first, second = json.loads(episodes(nomoat, "list", "--json").stdout)
    assert first["run_id"] > second["run_id"]
    assert (first["goal"], first["reached"]) == (GOAL, True)
    assert first["used"] == [{"tool": "calculate", "arguments": "expression=2+2"}]


def test_without_the_key_nothing_is_remembered(nomoat: Nomoat, home: Path) -> None:
    config_file().unlink()
    nomoat(GOAL)
    assert not (home / "episodes.db").exists()
    assert episodes(nomoat, "list").stdout == "No run is remembered.\n"
    assert not (home / "episodes.db").exists()


def test_a_run_without_memory_neither_remembers_nor_is_told(nomoat: Nomoat) -> None:
    nomoat(GOAL)
    model = ScriptedModel(SUM)
    nomoat(GOAL, "--no-memory", script=model)
    assert "reached before" not in model.prompts[0][1].text
    assert len(Episodes().all()) == 1


def test_list_shows_what_was_used(nomoat: Nomoat) -> None:
    used = (Used("look", "place=cellar"),)
    Episodes().add(Episode("r1", "How\nmany\x1b[2J?", "", used, True, "2026-11-22T07:15"))
    Episodes().add(Episode("r2", "Why?", "", date="2026-11-23T07:15"))
    assert episodes(nomoat, "list").stdout.splitlines() == [
        "r2  2026-11-23  not reached",
        "  Why?",
        "r1  2026-11-22  reached",
        "  How many�[2J?",
        "    look(place=cellar)",
    ]


def test_forget_by_the_beginning_of_an_id_or_all(nomoat: Nomoat) -> None:
    for run_id in ("ab1", "ab2", "cd", "cde"):
        Episodes().add(Episode(run_id, GOAL, "What is N?"))
    assert episodes(nomoat, "forget", "ab2", "cd").stdout == "Forgot 2 runs.\n"
    assert episodes(nomoat, "forget", "cde").stdout == "Forgot 1 run.\n"
    assert [one.run_id for one in Episodes().all()] == ["ab1"]
    assert episodes(nomoat, "forget", "--all").stdout == "Forgot 1 run.\n"
    assert Episodes().all() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Which runs shall be forgotten?"),
        (["ab1", "--all"], "Which runs shall be forgotten?"),
        (["ab"], "Several runs begin with 'ab'."),
        (["x"], "No remembered run begins with 'x'."),
    ],
)
def test_what_cannot_be_forgotten_is_told(nomoat: Nomoat, arguments: list[str], said: str) -> None:
    for run_id in ("ab1", "ab2"):
        Episodes().add(Episode(run_id, GOAL, "What is N?"))
    result = episodes(nomoat, "forget", *arguments)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (2, f"Error: {said}")
    assert len(Episodes().all()) == 2


def test_a_run_that_is_deleted_is_forgotten(nomoat: Nomoat) -> None:
    nomoat(GOAL)
    nomoat(GOAL)
    newest, oldest = (one.run_id for one in Episodes().all())
    assert nomoat("runs", "rm", newest, "--yes").exit_code == 0
    assert [one.run_id for one in Episodes().all()] == [oldest]


def test_what_cannot_be_read_is_left_out_in_words(nomoat: Nomoat, home: Path) -> None:
    (home / "episodes.db").write_bytes(b"no database " * 1_000)
    result = nomoat(GOAL, "--quiet")
    assert (result.exit_code, result.stdout) == (0, "The sum is 4.\n")
    assert result.stderr.startswith("This run goes without earlier ones. ")
    assert "is damaged" in result.stderr
