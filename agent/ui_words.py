"""What the terminal says of results and endings."""

from __future__ import annotations

from nomoat.agent.printable import short
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


def folded(text: str) -> list[str]:
    """The first lines of a result, and how many more there are."""
    lines = [short(line) for line in masked(text).splitlines() if line.strip()]
    if len(lines) <= FOLDED_LINES:
        return lines
    return [*lines[: FOLDED_LINES - 1], f"… {len(lines) - FOLDED_LINES + 1} more lines"]


def speed(usage: Usage, form: str = " ({:.0f} tok/s)") -> str:
    """How quickly the model wrote; empty where it does not say."""
    if not usage.decode_seconds:
        return ""
    return form.format(usage.generated / usage.decode_seconds)


def many(count: int, thing: str) -> str:
    """So many of a thing."""
    return f"{count} {thing}{'' if count == 1 else 's'}"
