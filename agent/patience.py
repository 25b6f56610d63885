"""A call that does not come back is given up on, so that the run's limits hold inside a tool too.

A call is made in a thread of its own. Python can end no thread, so one that hangs is left behind:
it may go on computing until it ends or the process does, and nobody waits for it. What it could
still do is held from outside: the workspace lets it change nothing more, programs it has started
have limits of their own, and the journal keeps what it was about to do as unknown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import TypeVar

from nomoat.agent.budget import Clock, Halt
from nomoat.agent.errors import AgentError

T = TypeVar("T")

LAST = 0.8
"""Of a run's time, after which the model may only answer (`nomoat.agent.budget`): no call goes on
beyond it."""
GRACE = 3.0
"""Seconds that a call still has after somebody asked the run to stop."""
POLL = 0.1


class GivenUp(AgentError):
    """A call did not come back in time; `thread` is where it may still be going on."""

    def __init__(self, message: str, thread: threading.Thread) -> None:
        super().__init__(message)
        self.thread = thread


class Patience:
    """How long the calls of a run are waited for.

    Args:
        seconds: of the run; None: as long as they take.
        halt: set by whoever wants the run to stop.
    """

    def __init__(
        self, seconds: float | None, halt: threading.Event, clock: Clock = time.monotonic
    ) -> None:
        self._halt, self._clock = halt, clock
        self._until = None if seconds is None else clock() + LAST * seconds
        self._asked_at: float | None = None

    def over(self) -> str:
        """Why a call is not waited for any longer; empty while it is."""
        if self._until is not None and self._clock() >= self._until:
            return "the time of this run is used up"
        if isinstance(self._halt, Halt) and self._halt.out_of_time:
            return "the time of this run is over"
        if not self._halt.is_set():
            return ""
        self._asked_at = self._asked_at or self._clock()
        return "the run was stopped" if self._clock() - self._asked_at >= GRACE else ""


def within(work: Callable[[], T], over: Callable[[], str], name: str) -> T:
    """What `work` gives, if it gives it before it is `over`; `name` is what the thread is called.

    Raises:
        GivenUp: it did not.
    """
    done = threading.Event()
    came: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            came.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the call was made
            failed.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=copy_context().run, args=(run,), name=name, daemon=True)
    thread.start()
    while not done.wait(POLL):
        why = over()
        if why and not done.is_set():
            raise GivenUp(why, thread)
    if failed:
        raise failed[0]
    return came[0]
