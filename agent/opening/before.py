"""What the runs before tell the next one, which may refer to them: "and now in a table"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.agent import prompts
from nomoat.agent.state import Status

if TYPE_CHECKING:
    from nomoat.agent.runs import Run

RUNS = 3
"""Runs that are told of, the last ones."""
GOAL_CHARS = 200
ANSWER_CHARS = 600
EARLIER_CHARS = 200
"""Of the answers before the last one."""
FILES = 8


@dataclass(frozen=True, slots=True)
class Before:
    """What the runs before tell."""

    told: str = ""
    """A few lines for the model; empty where there was none."""
    passages: tuple[tuple[str, str], ...] = ()
    """`(citation, text)` of what may hold the person's own data."""

    def beside(self, given: str) -> str:
        """It, behind what else is given for the goal."""
        return "\n\n".join(part for part in (given, self.told) if part)


def before_of(runs: Run | Sequence[Run] | None) -> Before:
    """What runs, oldest first, tell the next one.

    An answer that was not verified is left out: what stands in an opening vouches for a later
    answer. One that may hold private data counts as a passage, so that whatever would carry it
    out is asked about.
    """
    if runs is None:
        return Before()
    last = list(runs if isinstance(runs, Sequence) else [runs])[-RUNS:]
    limits = [EARLIER_CHARS] * (len(last) - 1) + [ANSWER_CHARS]
    told = [(run, _told(run, limit)) for run, limit in zip(last, limits, strict=False)]
    private = tuple((f"run {run.run_id}", text) for run, text in told if _is_private(run))
    return Before("\n\n".join(text for _, text in told), private)


def _told(run: Run, limit: int) -> str:
    lines = [prompts.BEFORE.format(goal=_cut(run.goal, GOAL_CHARS)), _outcome(run, limit)]
    if run.files_changed:
        lines.append(prompts.BEFORE_CHANGED.format(files=", ".join(run.files_changed[:FILES])))
    return "\n".join(lines)


def _outcome(run: Run, limit: int) -> str:
    if run.status is Status.REACHED:
        return prompts.BEFORE_ANSWER.format(answer=_cut(run.answer, limit))
    return (
        prompts.BEFORE_NOT_VERIFIED
        if run.status is Status.UNVERIFIED
        else prompts.BEFORE_NOT_REACHED
    )


def _is_private(run: Run) -> bool:
    documents = any(not source.startswith(("http:", "https:")) for source in run.sources)
    return documents or any(step.observation.private for step in run.steps)


def _cut(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
