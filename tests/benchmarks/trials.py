"""A goal in a folder of its own, tried by an agent, and what came of it. For the benchmarks."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from nomoat.agent.agent import Agent
from nomoat.agent.bench.attempt import Attempt
from nomoat.agent.bench.checks import Check
from nomoat.agent.bench.ended import Ended, meddled
from nomoat.agent.bench.place import snapshot
from nomoat.agent.budget import Budget
from nomoat.agent.runs import RunStore
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Mode, Policy


@dataclass(frozen=True, slots=True)
class Trial:
    """A goal, what it starts from, and what has to be so in the end."""

    goal: str
    files: Mapping[str, str]
    checks: tuple[Check, ...]
    right: Attempt
    """An outcome that passes: it holds the checks to account without a model."""
    changes: tuple[str, ...] = ()
    """Patterns of files that may change or go; all others have to stay."""

    def fault(self, ended: Ended) -> str:
        """What is wrong with an outcome; empty where nothing is."""
        meddling = meddled(ended, self.changes)
        faults = [f"{', '.join(meddling)} changed or gone"] if meddling else []
        faults += [fault for check in self.checks if (fault := check.fault(ended))]
        return "; ".join(faults)

    def before(self) -> dict[str, bytes]:
        """Every file of the folder at the start."""
        return {path: text.encode() for path, text in self.files.items()}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial."""

    goal: str
    passed: bool
    why: str
    status: str
    steps: int
    seconds: float
    answer: str
    tools: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "tools": list(self.tools), "seconds": round(self.seconds, 2)}


def tried(trial: Trial, make: Callable[..., Agent], budget: Budget) -> Tried:
    """Try a goal once, in a throw-away folder where everything is allowed.

    `make` is given `workspace`, `runs`, `policy` and `budget`.
    """
    with tempfile.TemporaryDirectory(prefix="nomoat-trial-", ignore_cleanup_errors=True) as name:
        root = Path(name).resolve()
        workspace = root / "work"
        workspace.mkdir()
        for path, text in trial.files.items():
            (workspace / path).parent.mkdir(parents=True, exist_ok=True)
            (workspace / path).write_text(text)
        agent = make(
            workspace=workspace,
            runs=RunStore(root / "runs"),
            policy=Policy(Mode.NEVER),
            budget=budget,
        )
        run = agent.run(trial.goal)
        reached = run.status is Status.REACHED
        ended = Ended(run.answer, trial.before(), snapshot(workspace), reached)
    why = run.error or trial.fault(ended)
    tools = tuple(step.call.tool for step in run.steps if step.call)
    return Tried(
        trial.goal, not why, why, run.status.value, len(run.steps), run.seconds, run.answer, tools
    )


@dataclass(frozen=True, slots=True)
class Sum:
    """Some trials in a line."""

    n: int
    passed: int
    steps: float
    """Mean."""
    seconds: float
    """Median."""
    seconds_mean: float

    @classmethod
    def of(cls, outcomes: Sequence[Tried]) -> Sum:
        seconds = [one.seconds for one in outcomes] or [0.0]
        return cls(
            len(outcomes),
            sum(one.passed for one in outcomes),
            round(fmean([one.steps for one in outcomes] or [0]), 2),
            round(median(seconds), 2),
            round(fmean(seconds), 2),
        )


HEAD = f"{'':34} {'passed':>9} {'steps':>6} {'seconds: median':>16} {'mean':>7}"


def line(name: str, told: Sum) -> str:
    """A line of a table under `HEAD`."""
    share = f"{told.passed}/{told.n}"
    return f"{name:34} {share:>9} {told.steps:6.1f} {told.seconds:16.1f} {told.seconds_mean:7.1f}"


def progress(at: int, of: int, name: str, outcome: Tried) -> None:
    """A line on standard error for each trial."""
    said = "passed" if outcome.passed else f"{outcome.status}: {outcome.why}"
    goal = outcome.goal if len(outcome.goal) < 60 else outcome.goal[:59] + "…"
    print(
        f"[{at}/{of}] {name}: {goal} {outcome.seconds:.1f} s, {outcome.steps} steps, {said}",
        file=sys.stderr,
        flush=True,
    )


def listed(outcomes: Iterable[Tried]) -> list[dict[str, Any]]:
    """As plain data."""
    return [one.to_dict() for one in outcomes]
