"""How much a run may use, and whether it still gets anywhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


def repeats(steps: Sequence[Step]) -> Step | None:
    """The earlier step that the last one's call repeats with nothing changed in between."""
    call = steps[-1].call if steps else None
    return earlier(steps[:-1], call.key) if call else None


def earlier(steps: Sequence[Step], key: str) -> Step | None:
    """The step that made the same call, unless a later one changed a file (then it is new)."""
    for step in reversed(steps):
        if step.call is not None and step.call.key == key and not step.remark:
            return step
        if step.observation.files:
            return None
    return None


def goes_round(steps: Sequence[Step]) -> bool:
    """Whether the last step asked again for what an earlier one had found: it is all there."""
    last = steps[-1] if steps else None
    if last is None or last.call is None or not last.remark:
        return False
    before = earlier(steps[:-1], last.call.key)
    return before is not None and before.observation.ok


def fruitless(steps: Sequence[Step]) -> int:
    """How many steps in a row, up to the last, brought nothing new.

    New is an outcome, not a call: an error, a remark, or a text seen before is not new, whatever
    tool it came from.
    """
    count = 0
    for position in range(len(steps) - 1, -1, -1):
        step = steps[position]
        seen = any(step.observation.text == other.observation.text for other in steps[:position])
        if step.observation.ok and not step.remark and not seen:
            break
        count += 1
    return count
