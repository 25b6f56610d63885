"""How much a run may use, and whether it still gets anywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nomoat.agent.own_tools import REPLACES
from nomoat.agent.state import Step

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of a run; `None` is no limit."""

    steps: int = 20
    """Calls and remarks together."""
    seconds: float | None = 600.0
    """From the start of the run, whatever is under way. In the last fifth the model may only
    answer, so that a run that gets slow still ends with what it knows."""
    tokens: int | None = None
    """Tokens evaluated and generated together."""

    def spent(self, steps: Sequence[Step], elapsed: float) -> str:
        """Which limit is reached, in words; empty while there is room."""
        if len(steps) >= self.steps:
            return f"{self.steps} steps are used"
        if self.seconds is not None and elapsed >= self.seconds * 0.8:
            return f"{elapsed:.0f} of {self.seconds:g} seconds are used"
        if self.tokens is not None and tokens_used(steps) >= self.tokens:
            return f"{self.tokens:,} tokens are used"
        return ""


class Halt(threading.Event):
    """Set by whoever wants the run to stop, and by itself once its time is over."""

    def __init__(self, seconds: float | None = None, clock: Clock = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._deadline = None if seconds is None else clock() + seconds

    @property
    def asked(self) -> bool:
        """Somebody asked to stop."""
        return super().is_set()

    @property
    def out_of_time(self) -> bool:
        return self._deadline is not None and self._clock() >= self._deadline

    def is_set(self) -> bool:
        return self.asked or self.out_of_time


def tokens_used(steps: Sequence[Step]) -> int:
    """Tokens that steps cost: evaluated and generated."""
    return sum(step.said.usage.evaluated + step.said.usage.generated for step in steps)


def earlier(steps: Sequence[Step], key: str) -> Step | None:
    """The step that made the same call, unless a later one changed a file (then it is new)."""
    for step in reversed(steps):
        if step.call is not None and step.call.key == key and not step.remark:
            return step
        if step.observation.files:
            return None
    return None


def goes_round(steps: Sequence[Step]) -> bool:
    """Whether the last step asked again for what an earlier one had found: it is all there.

    Another plan in between changes nothing.
    """
    if steps and steps[-1].person:
        return False  # what a person says may need it again
    last = next((step for step in reversed(steps) if step.call or step.decision.answer), None)
    if last is None or last.call is None or not last.remark:
        return False
    before = earlier(steps[:-1], last.call.key)
    return before is not None and before.observation.ok


def fruitless(steps: Sequence[Step]) -> int:
    """How many steps in a row, up to the last, brought nothing new.

    New is an outcome, not a call: an error, a remark, a text seen before, or another text in the
    place of one that this run wrote is not new, whatever tool it came from.
    """
    for position in range(len(steps) - 1, -1, -1):
        if _is_new(steps, position):
            return len(steps) - 1 - position
    return len(steps)


def _is_new(steps: Sequence[Step], position: int) -> bool:
    step, before = steps[position], steps[:position]
    if step.person:
        return True
    if not step.found or any(step.observation.text == other.observation.text for other in before):
        return False
    return not _writes_over(step, before)


def _writes_over(step: Step, before: Sequence[Step]) -> bool:
    """Whether all that a step wrote stands in the place of what was written in this run, and
    nothing was looked up in between: it can only be made up."""
    if step.call is None or step.call.tool != REPLACES:
        return False
    for other in reversed(before):
        if other.found and not other.observation.files:
            return False
        if set(step.observation.files) & set(other.observation.files):
            return True
    return False
