"""What the terminal says of results and endings."""

from __future__ import annotations

from nomoat.agent.events import Folded
from nomoat.agent.printable import short
from nomoat.agent.runs import Run
from nomoat.agent.state import Status, Usage
from nomoat.tools.guard.secrets import masked

FOLDED_LINES = 6
"""Lines of an observation that are shown; `nomoat show` has all of it."""
VERDICTS = {
    Status.REACHED: ("green", "reached"),
    Status.UNVERIFIED: ("yellow", "answered, not verified"),
    Status.OUT_OF_BUDGET: ("yellow", "out of budget"),
    Status.STALLED: ("yellow", "stalled"),
    Status.INTERRUPTED: ("yellow", "interrupted"),
    Status.FAILED: ("red", "failed"),
    Status.RUNNING: ("yellow", "unfinished"),
}

NEXT = {
    Status.UNVERIFIED: "What was observed: nomoat show {run_id}",
    Status.STALLED: "Say it in other words, or name the file it is about. What was tried: "
    "nomoat show {run_id}",
    Status.INTERRUPTED: "Go on with: nomoat resume {run_id}",
    Status.FAILED: "Go on from the last complete step: nomoat resume {run_id}",
}
"""What to do after an ending that is not the goal."""


def next_for(run: Run, steps: int | None) -> str:
    """What to do after a run; `steps` is how many it might take, where that is known."""
    if run.status is not Status.OUT_OF_BUDGET:
        return NEXT.get(run.status, "").format(run_id=run.run_id)
    if steps and len(run.steps) >= steps:
        return (
            f"All {many(steps, 'step')} it had are used. Begin again with --max-steps {2 * steps}"
        )
    return "Its time is used up. Begin again with more: --timeout SECONDS"


def folded(text: str) -> list[str]:
    """The first lines of a result, and how many more there are."""
    lines = [short(line) for line in masked(text).splitlines() if line.strip()]
    if len(lines) <= FOLDED_LINES:
        return lines
    return [*lines[: FOLDED_LINES - 1], f"… {len(lines) - FOLDED_LINES + 1} more lines"]


def out_of_sight(fold: Folded) -> str:
    """What of a run the model is not shown any more; the run's record has all of it."""
    steps = "step 1 goes" if fold.upto == 1 else f"steps 1 to {fold.upto} go"
    parts = [f"{steps} on as a note"] if fold.upto else []
    if fold.clipped:
        parts.append("only the beginning of the last result is shown to the model")
    return f"The window is nearly full: {'; '.join(parts)}."


def speed(usage: Usage, form: str = " ({:.0f} tok/s)") -> str:
    """How quickly the model wrote; empty where it does not say."""
    if not usage.decode_seconds:
        return ""
    return form.format(usage.generated / usage.decode_seconds)


def many(count: int, thing: str) -> str:
    """So many of a thing."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
