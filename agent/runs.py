"""Runs on disk: one folder each, with what it was asked, its checkpoints and its outcome.

runs/20261122-071530-0423f/
    run.json            goal, model, workspace, status, result; schema version
    checkpoints.sqlite  LangGraph's, one row per node: a run goes on from the last one
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from nomoat.agent.check.evidence import Verdict
from nomoat.agent.errors import RunError
from nomoat.agent.state import EXIT_STATUS, Status, Step, Usage
from nomoat.agent.trust.refused import Refusal, refused
from nomoat.memory.home import home

SCHEMA_VERSION = 1
PARTS = ("prefill", "decode", "tool")
"""What the time of a step goes into; what is missing to all of it is the rest."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it ended, or as it stands."""

    run_id: str
    goal: str
    status: Status
    answer: str
    plan: tuple[str, ...]
    steps: tuple[Step, ...]
    verdict: Verdict
    model: str
    seconds: float
    usage: Usage
    sources: tuple[str, ...] = ()
    """Citations of the documents, files and pages that the answer stands on."""
    error: str = ""
    may: tuple[str, ...] = ()
    """What it might do without a question beyond its mode's, a phrase for each."""

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self.status]

    @property
    def files_changed(self) -> tuple[str, ...]:
        """Files made or changed, in the order of the first change."""
        return tuple(dict.fromkeys(f for step in self.steps for f in step.observation.files))

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Calls that were not allowed, or parts of them."""
        return refused(self.steps)

    def to_dict(self) -> dict[str, Any]:
        """The run as plain data: what `--json` prints."""
        return {
            "run_id": self.run_id,
            "goal": self.goal,
            "status": self.status.value,
            "answer": self.answer,
            "plan": list(self.plan),
            "evidence": [
                {"claim": claim.text, "kind": claim.kind, "steps": list(claim.steps)}
                for claim in self.verdict.claims
            ],
            "sources": list(self.sources),
            "missing_files": list(self.verdict.missing_files),
            "doubts": list(self.verdict.doubts),
            "steps": [_step_dict(step) for step in self.steps],
            "files_changed": list(self.files_changed),
            "may": list(self.may),
            "refused": [
                {"n": one.n, "tool": one.call.tool, "args": dict(one.call.args), "why": one.why}
                for one in self.refused
            ],
            "model": self.model,
            "seconds": round(self.seconds, 3),
            "parts": _parts(self.usage, sum(step.observation.seconds for step in self.steps)),
            "tokens": _tokens(self.usage),
            **({"error": self.error} if self.error else {}),
        }


def _step_dict(step: Step) -> dict[str, Any]:
    call, observed = step.call, step.observation
    return {
        "n": step.n,
        "thought": step.decision.thought,
        "tool": call.tool if call else None,
        "args": dict(call.args) if call else None,
        "observation": {
            "text": observed.text,
            "ok": observed.ok,
            "error": observed.error_kind,
            "files": list(observed.files),
            "sources": list(observed.sources),
        },
        "seconds": round(step.seconds, 3),
        "parts": _parts(step.said.usage, observed.seconds),
        "tokens": _tokens(step.said.usage),
    }


def _parts(usage: Usage, tool: float) -> dict[str, float]:
    """Seconds of reading the prompt, of writing, and in tools.

    A model that is not in this process tells of the first two nothing: they are 0.
    """
    spent = (usage.prefill_seconds, usage.decode_seconds, tool)
    return {name: round(each, 3) for name, each in zip(PARTS, spent, strict=True)}


def _tokens(usage: Usage) -> dict[str, int]:
    counted = asdict(usage)
    return {name: counted[name] for name in ("prompt", "cached", "generated", "forced")}


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @property
    def run_id(self) -> str:
        return self.path.name

    def write(self, record: dict[str, Any]) -> None:
        """Replace run.json; it is whole at every moment, and its owner's alone.

        Raises:
            RunError: the disk refuses; what was there before stays.
        """
        text = json.dumps(
            {"schema_version": SCHEMA_VERSION, **record}, ensure_ascii=False, indent=1
        )
        part = self.path / "run.json.part"
        try:
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path / "run.json")
        except OSError as error:
            raise RunError(
                f"The record of run {self.run_id} cannot be written: {error.strerror or error}.",
                hint=f"Make room or permission in {self.path}, and go on with `nomoat resume`.",
            ) from error

    def read(self) -> dict[str, Any]:
        """What run.json says.

        Raises:
            RunError: it is missing, damaged, or of a newer version of nomoat.
        """
        try:
            record: Any = json.loads((self.path / "run.json").read_text("utf-8"))
        except FileNotFoundError as error:
            raise RunError(f"{self.run_id} has no run.json.", hint="It never began.") from error
        except (OSError, ValueError) as error:
            raise RunError(
                f"The record of run {self.run_id} cannot be read: {error}.",
                hint=f"Its checkpoints may be whole: see {self.path}.",
            ) from error
        if not isinstance(record, dict) or not isinstance(record.get("schema_version", 0), int):
            raise RunError(
                f"The record of run {self.run_id} is damaged.",
                hint=f"Its checkpoints may be whole: see {self.path}.",
            )
        if record.get("schema_version", 0) > SCHEMA_VERSION:
            raise RunError(
                f"Run {self.run_id} was written by a newer version of nomoat.",
                hint="Update nomoat to read it.",
            )
        return record

    @contextmanager
    def checkpoints(self) -> Iterator[Any]:
        """LangGraph's saver on this run's own database.

        Raises:
            RunError: the database is damaged, locked or the disk refuses.
        """
        from langgraph.checkpoint.sqlite import SqliteSaver

        file = self.path / "checkpoints.sqlite"
        connection = sqlite3.connect(file, check_same_thread=False, timeout=2.0)
        try:
            file.chmod(0o600)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            saver = SqliteSaver(connection, serde=serializer())
            saver.setup()
            yield saver
        except sqlite3.Error as error:
            raise RunError(
                f"The checkpoints of run {self.run_id} cannot be used: {error}.",
                hint="Another process may have the run open, or the disk is full or damaged.",
            ) from error
        finally:
            connection.close()


def serializer() -> Any:
    """Strict msgpack: only the values of a run are ever made of what is read from disk.

    What cannot be read there is a RunError.
    """
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    from nomoat.agent.check.evidence import Claim
    from nomoat.agent.decision import Decision, ToolCall
    from nomoat.agent.events import ApprovalAsked
    from nomoat.agent.state import Fold, Said
    from nomoat.agent.trust.policy import Approval
    from nomoat.tools.observation import Observation

    stored = (Status, Usage, Said, Step, Fold, Decision, ToolCall, Verdict, Claim, Observation)
    kinds = (*stored, ApprovalAsked, Approval)

    class Strict(JsonPlusSerializer):
        def loads_typed(self, data: tuple[str, bytes]) -> Any:
            try:
                return super().loads_typed(data)
            except Exception as error:
                raise RunError(
                    "The checkpoints of this run are damaged.",
                    hint="What it did can still be seen with `nomoat show`. Begin it again.",
                ) from error

    return Strict(
        pickle_fallback=False,
        allowed_msgpack_modules=[(kind.__module__, kind.__qualname__) for kind in kinds],
    )


def restored(value: Any) -> Any:
    """A value as it was stored: msgpack knows no tuples, so it gives lists in their place."""
    if isinstance(value, (list, tuple)):
        return tuple(restored(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: restored(getattr(value, f.name)) for f in fields(value)}
        return replace(value, **changed)
    return value


class RunStore:
    """All runs of a person, newest last."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or home() / "runs"

    def create(self) -> RunFolder:
        """A new, empty folder."""
        now = datetime.now().astimezone()
        # The milliseconds keep runs of the same second in order.
        stamp = f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 1000:03}"
        path = self.folder / f"{stamp}{secrets.token_hex(1)}"
        try:
            path.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise RunError(
                f"No run can be stored in {self.folder}: {error.strerror}.",
                hint="Make room or permission there, or set NOMOAT_HOME to another folder.",
            ) from error
        return RunFolder(path)

    def find(self, run_id: str) -> RunFolder:
        """A run by its id, an unambiguous beginning of it, or `last`.

        Raises:
            RunError: there is none, or several.
        """
        names = self.names()
        if run_id == "last" and names:
            return RunFolder(self.folder / names[-1])
        if run_id == "last":
            raise RunError("There is no run yet.", hint='Begin one: nomoat "your goal"')
        matching = [name for name in names if name.startswith(run_id)]
        if run_id in names:
            matching = [run_id]
        if len(matching) != 1:
            said = "There are several runs" if matching else "There is no run"
            raise RunError(f"{said} {run_id!r}.", hint="`nomoat runs` lists them.")
        return RunFolder(self.folder / matching[0])

    def names(self) -> list[str]:
        """The ids of all runs, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir())
