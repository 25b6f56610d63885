"""Files put back as they were before a run, or before one of its steps.

What a person changed since is left alone: a file is only touched while it is exactly as the run
left it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nomoat.agent.errors import NomoatError, UsageError
from nomoat.agent.trust.deed import ABSENT, Deed, Touch
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import MAX_KEPT, digest_of
from nomoat.tools.guard.paths import Workspace

Outcome = Literal["restored", "removed", "as it was", "changed since", "unknown", "not kept"]

LEFT = frozenset({"changed since", "unknown", "not kept"})
"""Outcomes that leave a file as it is although the run changed it."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of one file."""

    path: str
    outcome: Outcome
    why: str = ""


def undo(journal: Journal, workspace: Workspace, step: int | None = None) -> list[Undone]:
    """Put files back as they were before step `step` (default: before the run).

    Every file the run changed from that step on is in the result, with what became of it. What
    did not happen to files (a message sent, a program run) cannot be undone.

    Raises:
        UsageError: the run has no such step with effects.
        RunError: the journal cannot be written.
    """
    deeds = [deed for deed in journal.deeds if step is None or deed.n >= step]
    if step is not None and not any(deed.n == step for deed in journal.deeds):
        steps = ", ".join(str(deed.n) for deed in journal.deeds) or "none"
        raise UsageError(f"Step {step} changed nothing.", hint=f"Steps that had effects: {steps}.")
    done: list[Undone] = [_moved_back(workspace, pair) for pair in _moves(deeds)]
    for path, (first, last) in _spans(deeds).items():
        if first.before == last.after == digest_of(workspace, path)[0]:
            continue  # the run itself left it as it was
        done.append(_put_back(journal, workspace, first, last, journal.undone.get(path)))
    changed = [one.path for one in done if one.outcome in ("restored", "removed")]
    if changed:
        journal.undid({path: digest_of(workspace, path)[0] for path in changed})
    return done


def _spans(deeds: list[Deed]) -> dict[str, tuple[Touch, Touch]]:
    """Of each file the first and the last touch."""
    spans: dict[str, tuple[Touch, Touch]] = {}
    for deed in deeds:
        for path, touch in deed.touched.items():
            spans[path] = (spans[path][0] if path in spans else touch, touch)
    return spans


def _put_back(
    journal: Journal, workspace: Workspace, first: Touch, last: Touch, undone: str | None
) -> Undone:
    path, now = first.path, digest_of(workspace, first.path)[0]
    if now == first.before:
        return Undone(path, "as it was")
    if last.after is None and now != undone:
        return Undone(path, "unknown", "the step that changed it never ended")
    if now not in {last.after, undone}:
        return Undone(path, "changed since")
    if first.before == ABSENT:
        return _tried(path, "removed", lambda: workspace.remove(path))
    data = journal.image(first.before) if first.kept else None
    if data is None:
        too_big = f"it was larger than {MAX_KEPT >> 20} MiB"
        return Undone(path, "not kept", "its copy is damaged" if first.kept else too_big)
    return _tried(path, "restored", lambda: workspace.write_bytes(path, data))


def _moves(deeds: list[Deed]) -> list[tuple[str, str]]:
    return [pair for deed in reversed(deeds) for pair in reversed(deed.moved)]


def _moved_back(workspace: Workspace, pair: tuple[str, str]) -> Undone:
    source, target = pair
    if not workspace.exists(target) and workspace.exists(source):
        return Undone(source, "as it was")
    if workspace.exists(source) or not workspace.is_folder(target):
        return Undone(source, "changed since")
    return _tried(source, "restored", lambda: workspace.move(target, source))


def _tried(path: str, outcome: Outcome, act: Callable[[], None]) -> Undone:
    try:
        act()
    except NomoatError as error:
        return Undone(path, "not kept", str(error))
    return Undone(path, outcome)
