"""The line that says what a run is doing: never still, and true at any width."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nomoat.agent import events
from nomoat.agent.state import Usage

LOOKING = "looking at the files"
SURE_AFTER = 1.0
"""Seconds of reading after which it can be told how long the rest takes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use; None: not known, or no limit."""

    steps: int | None = None
    seconds: float | None = None
    context: int | None = None
    """Tokens the model's window holds."""


@dataclass
class Progress:
    """What goes on in a run, followed from its events."""

    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.monotonic
    doing: str = LOOKING
    thought: str = ""
    step: int = 0

    def __post_init__(self) -> None:
        self._began = self.clock()
        self._last = Usage()
        self._reading: tuple[float, int] | None = None

    def follow(self, event: events.Event) -> None:
        """Keep what is said to be going on in step with what is."""
        if not isinstance(event, events.Reading):
            self._reading = None
        match event:
            case events.RunStarted():
                self.doing = "loading the model"
            case events.Reading(done, total):
                self.doing = self._reads(done, total)
            case events.Writing(n, _, thought):
                grew = len(thought) > len(self.thought) or n != self.step
                self.step, self.thought = n, thought
                writing = "writing" if thought else "planning"
                self.doing = "thinking" if thought and grew else writing
            case events.Decided(_, _, call, usage):
                self.thought, self.doing, self._last = "", f"running {call.tool}", usage
            case events.Planned() | events.Observed() | events.Remarked():
                self.thought, self.doing = "", "reading"
            case events.Answered(_, _, usage):
                self.thought, self.doing, self._last = "", "finishing", usage

    def paused(self) -> None:
        """The run stands still, and will read what a person has said."""
        self.thought, self.doing = "", "reading"

    def line(self, width: int) -> str:
        """It in one line of at most so many characters; what matters least is left out first."""
        parts = [self.doing, self._steps(), self._time(), self._speed(), self._context()]
        while len(said := " · ".join(part for part in parts if part)) > width and len(parts) > 1:
            parts.pop()
        return said if len(said) <= width else f"{said[: max(width - 1, 0)]}…"

    def _reads(self, done: int, total: int) -> str:
        said, now = f"reading {100 * done // max(total, 1)} %", self.clock()
        if self._reading is None or done < self._reading[1]:
            self._reading = (now, done)
        since, before = self._reading
        if now - since < SURE_AFTER or done <= before:
            return said
        return f"{said}, about {(now - since) * (total - done) / (done - before):.0f} s left"

    def _steps(self) -> str:
        most = f" of {self.limits.steps}" if self.limits.steps else ""
        return f"step {self.step}{most}" if self.step else ""

    def _time(self) -> str:
        most = f" of {self.limits.seconds:.0f}" if self.limits.seconds else ""
        return f"{self.clock() - self._began:.0f}{most} s"

    def _speed(self) -> str:
        used = self._last
        return f"{used.generated / used.decode_seconds:.0f} tok/s" if used.decode_seconds else ""

    def _context(self) -> str:
        held, most = self._last.window, self.limits.context
        return f"context {100 * held // most} %" if held and most else ""
