"""A suite of tasks: a folder of TOML files, one a category, and `files/` with what they work on.

    category = "tables"

    [[task]]
    id = "dearest-order"
    goal = "Which order was the dearest?"
    folder = "shop"                   # copied from files/shop to a fresh workspace
    checks = [{ kind = "answer_numbers", numbers = [413] }]

Further keys of a task are the fields of `Entry`; the kinds of checks stand in `checks`,
`file_checks` and `table_checks`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from nomoat.agent.bench import checks as answers
from nomoat.agent.bench import file_checks as files
from nomoat.agent.bench import table_checks as tables
from nomoat.agent.bench.attempt import Attempt
from nomoat.agent.bench.ended import Ended, meddled
from nomoat.agent.errors import UsageError

Split = Literal["tune", "held"]
SEED = "nomoat-tasks-1"
"""What the split follows from. Another seed is another measurement."""

Kind = (
    answers.AnswerNumbers
    | answers.AnswerWords
    | answers.AnswerDates
    | answers.AnswerLacks
    | answers.AnswerSides
    | answers.SaysNot
    | answers.Unvisited
    | files.FileAbsent
    | files.FileText
    | files.FileEdited
    | files.FileWords
    | files.FileNumbers
    | files.FileLines
    | tables.FileRows
    | tables.FileJson
)
KINDS: tuple[type, ...] = get_args(Kind)
_STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, config=_STRICT)
class Entry:
    """A task as its file gives it."""

    id: str
    goal: str
    """In the words of a person; `{site}` becomes the address of the site."""
    checks: tuple[Annotated[Kind, Field(discriminator="kind")], ...]
    folder: str = ""
    """Below `files/`; copied to the workspace. Default: an empty workspace."""
    documents: str = ""
    """Below `files/`; read into a memory."""
    site: str = ""
    """Below `files/`; served on this machine."""
    changes: tuple[str, ...] = ()
    """Patterns of files of the folder that may change or go; all others have to stay."""
    reference: Attempt | None = None
    """An outcome that is right."""
    wrong: tuple[Attempt, ...] = ()
    """Outcomes that are plausible and not right."""


@checked(frozen=True, config=_STRICT)
class Category:
    """One file of a suite."""

    category: str
    task: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Task:
    """A goal, what it starts from, and what has to be so in the end."""

    entry: Entry
    category: str
    split: Split
    root: Path
    """The folder `files/` of the suite."""

    @property
    def id(self) -> str:
        return self.entry.id

    def fault(self, ended: Ended) -> str:
        """What is wrong with an outcome; empty where nothing is."""
        meddling = meddled(ended, self.entry.changes)
        faults = [f"{', '.join(meddling)} changed or gone"] if meddling else []
        faults += [fault for check in self.entry.checks if (fault := check.fault(ended))]
        return "; ".join(faults)

    def extras(self, ended: Ended) -> tuple[str, ...]:
        """New files that nothing in the task speaks of."""
        named = [getattr(check, "path", "") for check in self.entry.checks]
        return tuple(
            path
            for path in ended.made()
            if not any(fnmatchcase(path, pattern) for pattern in (*named, *self.entry.changes))
        )


@dataclass(frozen=True, slots=True)
class Suite:
    """Tasks, in the order of their files."""

    folder: Path
    tasks: tuple[Task, ...]

    def select(self, split: Split | None = None, only: str = "*") -> tuple[Task, ...]:
        """The tasks of a part of the suite whose id or category fits a pattern."""
        return tuple(
            task
            for task in self.tasks
            if split in (None, task.split)
            and (fnmatchcase(task.id, only) or fnmatchcase(task.category, only))
        )


def own_suite() -> Path:
    """The folder of nomoat's own suite, which the source tree has and a package has not.

    Raises:
        UsageError: this is no source tree.
    """
    folder = Path(__file__).resolve().parents[2] / "tests" / "tasks"
    if not folder.is_dir():
        raise UsageError(
            "The task suite is not part of the installed package.",
            hint="Name one with --suite DIR: tests/tasks in a clone of nomoat.",
        )
    return folder


def load_suite(folder: Path) -> Suite:
    """Read and check a suite.

    Raises:
        UsageError: there is none, or something in it is not as it has to be.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise UsageError(
            f"{folder} holds no task files.", hint="A suite is a folder of .toml files."
        )
    tasks: list[Task] = []
    for path in paths:
        read = _read(path)
        splits = split_of([entry.id for entry in read.task])
        for entry in read.task:
            task = Task(entry, read.category, splits[entry.id], folder / "files")
            _require(path, task, [other.id for other in tasks])
            tasks.append(task)
    return Suite(folder, tuple(tasks))


def split_of(ids: list[str]) -> dict[str, Split]:
    """Which half each task of a category falls in: by the order of seeded hashes, so by no one's
    choice. Of an odd number the measured half gets one more."""
    ranked = sorted(ids, key=lambda one: hashlib.sha256(f"{SEED}/{one}".encode()).hexdigest())
    return {one: "tune" if rank < len(ids) // 2 else "held" for rank, one in enumerate(ranked)}


@cache
def _adapter() -> TypeAdapter[Category]:
    return TypeAdapter(Category)


def _read(path: Path) -> Category:
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
        return _adapter().validate_python(given)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", hint="Mend the file.") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = _place(given, first["loc"])
        raise UsageError(
            f"{path.name}: {place}: {first['msg']}.",
            hint="The kinds of checks and their fields stand in nomoat.agent.bench.",
        ) from error


def _place(given: dict[str, Any], loc: tuple[int | str, ...]) -> str:
    """Where in the file, with the task by its id."""
    if len(loc) > 1 and loc[0] == "task" and isinstance(loc[1], int):
        one = given["task"][loc[1]]
        name = one.get("id", f"number {loc[1] + 1}") if isinstance(one, dict) else loc[1] + 1
        return f"task {name}: {'.'.join(map(str, loc[2:]))}".rstrip(": ")
    return ".".join(map(str, loc)) or "the file"


def _require(path: Path, task: Task, others: list[str]) -> None:
    entry = task.entry
    for problem in _problems(task, others):
        raise UsageError(f"{path.name}: task {entry.id}: {problem}.", hint="Mend the task.")


def _problems(task: Task, others: list[str]) -> Iterator[str]:
    entry = task.entry
    if entry.id in others:
        yield "there is another task of this id"
    if not entry.goal.strip():
        yield "the goal is empty"
    if not entry.checks:
        yield "nothing is checked"
    if ("{site}" in entry.goal) != bool(entry.site):
        yield "{site} in the goal and a site go together"
    for pattern in (p for check in entry.checks for p in getattr(check, "invented", ())):
        if not _is_pattern(pattern):
            yield f"{pattern!r} is no regular expression"
    for name in (entry.folder, entry.documents, entry.site):
        if name and not (task.root / name).is_dir():
            yield f"there is no folder files/{name}"


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True
