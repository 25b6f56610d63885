"""What a run made of the files it changed, as differences line by line."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nomoat.agent.printable import short
from nomoat.agent.trust.deed import ABSENT, Deed, Touch
from nomoat.agent.trust.journal import Journal
from nomoat.memory.errors import NomoatError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.secrets import masked

MAX_BYTES = 1_000_000
"""Of a file that is compared."""
MAX_COMPARED = 5_000
"""Lines of both sides together; comparing takes the square of it at worst."""
MAX_SHOWN = 500
LINE_CHARS = 2_000

Kind = Literal["add", "del", "at", "same"]
_KINDS: dict[str, Kind] = {"+": "add", "-": "del", "@": "at"}


@dataclass(frozen=True, slots=True)
class FileDiff:
    """A file that a run changed."""

    path: str
    change: str
    """`made`, `changed`, `deleted`, `moved`; `unknown` where the step never ended."""
    lines: tuple[tuple[Kind, str], ...] = ()
    said: str = ""
    """Why there are no lines, or not all of them."""


def diffs(journal: Journal, root: Path) -> tuple[FileDiff, ...]:
    """Every file that the run left otherwise than it found it, in the order of the first change.

    What was in a file before is kept by the journal. What the run made of it is read from the
    workspace `root`, and only while it is exactly as the run left it.
    """
    workspace: Workspace | None = None
    with suppress(NomoatError, OSError):
        workspace = Workspace(root)
    moved = [
        FileDiff(target, "moved", said=f"The folder was called {source}.")
        for deed in journal.deeds
        for source, target in deed.moved
    ]
    return (*moved, *(_diff(journal, workspace, *pair) for pair in _spans(journal.deeds)))


def _spans(deeds: Iterable[Deed]) -> list[tuple[Touch, Touch]]:
    """Of each changed file its first and its last touch."""
    first: dict[str, Touch] = {}
    last: dict[str, Touch] = {}
    for deed in deeds:
        for path, touch in deed.touched.items():
            first.setdefault(path, touch)
            last[path] = touch
    return [(first[p], last[p]) for p in first if first[p].before != last[p].after]


def _diff(journal: Journal, workspace: Workspace | None, first: Touch, last: Touch) -> FileDiff:
    path = first.path
    if last.after is None:
        return FileDiff(path, "unknown", said="The step that changed it never ended.")
    change = "made" if first.before == ABSENT else "deleted" if last.after == ABSENT else "changed"
    before = _known(journal, first.before)
    if before is None:
        return FileDiff(path, change, said="What was in it before is not kept.")
    after = _known(journal, last.after)
    if after is None:
        after = _there(workspace, path, last)
    if after is None:
        how = "undone" if path in journal.undone else "changed since"
        return FileDiff(path, change, said=f"It was {how}: what the run wrote is gone.")
    old, new = _lines(before), _lines(after)
    if old is None or new is None or len(old) + len(new) > MAX_COMPARED:
        sizes = f"{len(before):,} bytes before, {len(after):,} after"
        return FileDiff(path, change, said=f"Too long to compare, or no text: {sizes}.")
    return _shown(path, change, old, new)


def _shown(path: str, change: str, old: list[str], new: list[str]) -> FileDiff:
    _names, *lines = [*difflib.unified_diff(old, new, lineterm="")][1:] or [""]
    kinds = [(_KINDS.get(line[:1], "same"), short(line, LINE_CHARS)) for line in lines]
    more = len(kinds) - MAX_SHOWN
    said = f"… and {more:,} more lines." if more > 0 else ""
    if not kinds:
        said = "It is empty." if not new else "Only line ends differ, or what looks like a secret."
    return FileDiff(path, change, tuple(kinds[:MAX_SHOWN]), said)


def _known(journal: Journal, digest: str) -> bytes | None:
    return b"" if digest == ABSENT else journal.image(digest)


def _there(workspace: Workspace | None, path: str, touch: Touch) -> bytes | None:
    """What is in the file now, if that is what the run left there."""
    with suppress(NomoatError, OSError):
        data = workspace.read_bytes(path, limit=touch.size + 1) if workspace else b""
        if hashlib.sha256(data).hexdigest() == touch.after:
            return data
    return None


def _lines(data: bytes) -> list[str] | None:
    """The lines of a text, secrets masked over their ends; None for what is none, or too long."""
    if len(data) > MAX_BYTES or b"\0" in data:
        return None
    try:
        return masked(data.decode()).splitlines()
    except UnicodeDecodeError:
        return None
