"""A new run that begins where an old one stood after one of its steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any, cast

from nomoat.agent.errors import RunError, UsageError
from nomoat.agent.graph import build
from nomoat.agent.nodes import Nodes
from nomoat.agent.runs import RunFolder, RunStore
from nomoat.agent.state import Status
from nomoat.agent.trust.journal import Journal


def fork(store: RunStore, folder: RunFolder, step: int) -> RunFolder:
    """A run that goes on from step `step` of another (0: from the plan), to be resumed.

    The files of the workspace are as they are now: `undo` puts them back first where that is
    meant. The new run may do what the goal allows, as the old one.

    Raises:
        UsageError: the run has no such step.
        RunError: the run cannot be read, or the new one not be written.
    """
    record = folder.read()
    contract = Journal(folder.path).contract
    checkpoint = _checkpoint(folder, step)
    new = store.create()
    with closing(_open(folder)) as old, closing(sqlite3.connect(_file(new))) as copy, copy:
        old.backup(copy)
        _cut(copy, checkpoint, new.run_id)
    _file_mode(new)
    if contract is not None:
        Journal(new.path).begin(contract)
    known: dict[str, Any] = {key: record[key] for key in ("goal", "model", "workspace")}
    origin = {"run": folder.run_id, "step": step}
    new.write({**known, "status": Status.INTERRUPTED.value, "forked_from": origin})
    return new


def _checkpoint(folder: RunFolder, step: int) -> str:
    """The checkpoint after a step, where the next thought begins."""
    furthest = -1
    with folder.checkpoints() as saver:
        graph = build(cast(Nodes, _Nobody()), saver)
        config: Any = {"configurable": {"thread_id": folder.run_id}}
        for state in graph.get_state_history(config):
            done = len(state.values.get("steps", ()))
            furthest = max(furthest, done)
            if done == step and state.next == ("think",):
                return str(state.config["configurable"]["checkpoint_id"])
    raise UsageError(
        f"Run {folder.run_id} cannot be gone on with from step {step}.",
        hint=f"It has steps 0 to {furthest}; the step of an answer is no place to go on from.",
    )


class _Nobody:
    """Nodes of a graph that is only read."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def never(_state: Any) -> Any:
            raise RunError(f"{name} of a graph that is only read")

        return never


def _cut(database: sqlite3.Connection, checkpoint: str, thread: str) -> None:
    """Forget what came after a checkpoint; what is left is the new run's."""
    database.execute("DELETE FROM checkpoints WHERE checkpoint_id > ?", (checkpoint,))
    database.execute("DELETE FROM writes WHERE checkpoint_id >= ?", (checkpoint,))
    database.execute("UPDATE checkpoints SET thread_id = ?", (thread,))
    database.execute("UPDATE writes SET thread_id = ?", (thread,))


def _open(folder: RunFolder) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{_file(folder)}?mode=ro", uri=True)


def _file(folder: RunFolder) -> str:
    return str(folder.path / "checkpoints.sqlite")


def _file_mode(folder: RunFolder) -> None:
    (folder.path / "checkpoints.sqlite").chmod(0o600)
