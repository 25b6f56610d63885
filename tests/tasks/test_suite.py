"""The suite holds its own checks to account: right outcomes pass, wrong ones fail."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from nomoat.agent.bench.ended import Ended
from nomoat.agent.bench.place import snapshot
from nomoat.agent.bench.suite import Task, load_suite, own_suite, split_of

ROOT = Path(__file__).resolve().parents[2]
SUITE = load_suite(own_suite())
FILES = SUITE.folder / "files"
CATEGORIES = Counter(task.category for task in SUITE.tasks)

each_task = pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.id)


def before(task: Task) -> dict[str, bytes]:
    return snapshot(FILES / task.entry.folder) if task.entry.folder else {}


# -- outcomes ---------------------------------------------------------------------------------


@each_task
def test_the_right_outcome_passes(task: Task) -> None:
    assert task.entry.reference is not None
    ended = task.entry.reference.ended(before(task))
    assert task.fault(ended) == ""
    assert task.extras(ended) == ()


@each_task
def test_wrong_outcomes_fail(task: Task) -> None:
    assert task.entry.wrong
    for attempt in task.entry.wrong:
        assert task.fault(attempt.ended(before(task))), attempt


@each_task
def test_doing_and_saying_nothing_fails(task: Task) -> None:
    files = before(task)
    assert task.fault(Ended("", files, files))


@each_task
def test_meddling_with_another_file_fails(task: Task) -> None:
    assert task.entry.reference is not None
    ended = task.entry.reference.ended(before(task))
    left_alone = sorted(ended.before.keys() - set(ended.changed()))
    for path in left_alone[:3]:
        gone = {name: data for name, data in ended.after.items() if name != path}
        assert task.fault(Ended(ended.answer, ended.before, gone, True, ended.visited))


# -- the suite as a whole ---------------------------------------------------------------------


def test_there_are_tasks_of_every_category() -> None:
    assert len(SUITE.tasks) >= 66
    assert len(CATEGORIES) == 11
    assert min(CATEGORIES.values()) >= 6


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_is_split_in_halves(category: str) -> None:
    tune, held = (len(SUITE.select(split, category)) for split in ("tune", "held"))  # type: ignore[arg-type]
    assert held - tune in (0, 1)


def test_the_split_follows_from_the_ids_alone() -> None:
    ids = [task.id for task in SUITE.tasks if task.category == "tables"]
    assert split_of(ids) == split_of(sorted(ids))
    assert split_of(ids) == {task.id: task.split for task in SUITE.tasks if task.id in ids}


def test_no_two_goals_are_the_same() -> None:
    goals = Counter(task.entry.goal for task in SUITE.tasks)
    assert goals.most_common(1)[0][1] == 1


def test_folders_differ_and_all_are_used() -> None:
    used = Counter(
        name
        for task in SUITE.tasks
        for name in (task.entry.folder, task.entry.documents, task.entry.site)
        if name
    )
    assert set(used) == {path.name for path in FILES.iterdir()}
    assert used.most_common(1)[0][1] <= len(SUITE.tasks) // 4


def test_files_are_small_text() -> None:
    for path in FILES.rglob("*"):
        if path.is_file():
            assert path.stat().st_size < 60_000, path
            path.read_text(encoding="utf-8")


# -- nothing of it in what a model is told ----------------------------------------------------


def runs_of_words(text: str, length: int = 5) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.casefold())
    return {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}


@pytest.mark.parametrize(
    "told",
    ["agent/**/*.py", "tools/**/*.py", "examples/*.py", "README.md", "tests/agent/test_goals.py"],
)
def test_no_goal_occurs_in_prompts_or_examples(told: str) -> None:
    known: set[tuple[str, ...]] = set()
    for path in ROOT.glob(told):
        known |= runs_of_words(path.read_text(encoding="utf-8"))
    assert known
    shared = {
        (task.id, " ".join(run))
        for task in SUITE.tasks
        for run in runs_of_words(task.entry.goal) & known
    }
    assert shared == set()
