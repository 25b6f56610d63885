"""What the run before tells the next one, which may refer to it: "and now in a table"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.agent import prompts
from nomoat.agent.state import Status

if TYPE_CHECKING:
    from nomoat.agent.runs import Run

GOAL_CHARS = 200
ANSWER_CHARS = 600
FILES = 8


@dataclass(frozen=True, slots=True)
class Before:
    """What the run before tells."""

    told: str = ""
    """A few lines for the model; empty where there was none."""
    passages: tuple[tuple[str, str], ...] = ()
    """`(citation, text)` of what may hold the person's own data."""

    def beside(self, given: str) -> str:
        """It, behind what else is given for the goal."""
        return "\n\n".join(part for part in (given, self.told) if part)


def before_of(run: Run | None) -> Before:
    """What a run tells the next one.

    An answer that was not verified is left out: what stands in an opening vouches for a later
    answer. One that may hold private data counts as a passage, so that whatever would carry it
    out is asked about.
    """
    if run is None:
        return Before()
    lines = [prompts.BEFORE.format(goal=_cut(run.goal, GOAL_CHARS)), _outcome(run)]
    if run.files_changed:
        lines.append(prompts.BEFORE_CHANGED.format(files=", ".join(run.files_changed[:FILES])))
    told = "\n".join(lines)
    return Before(told, ((f"run {run.run_id}", told),) if _is_private(run) else ())


def _outcome(run: Run) -> str:
    if run.status is Status.REACHED:
        return prompts.BEFORE_ANSWER.format(answer=_cut(run.answer, ANSWER_CHARS))
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
