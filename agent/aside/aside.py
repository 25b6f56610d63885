"""A call that is written aside: in a conversation of its own, with nothing but what it needs.

Behind a list of tools, and in the arguments of a call, a small model writes SQL and files much
worse than where it is asked for nothing else, in free text (measured: docs/benchmarks.md). So what
is known to be one of these is asked for aside, and made a call by code; the run sees the call and
what comes of it, as it would any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from langchain_core.messages import BaseMessage

from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, State, Usage


class Ask(Protocol):
    """Has the model answer messages that are not the run's own."""

    def __call__(self, messages: Sequence[BaseMessage], *, draw: int = 0) -> Said:
        """`draw` 0 is what it says by itself; each other one is a sample of its own."""


class Aside(Protocol):
    """One kind of call that is written aside."""

    @property
    def shown(self) -> Sequence[str]:
        """The arguments of the call that the run is shown; the others were seen by nobody but who
        wrote them."""

    @property
    def tokens(self) -> int:
        """Of one message, at most."""

    @property
    def held(self) -> bool:
        """Its calls have been held against the goal and the sources already."""

    def due(self, state: State, call: ToolCall | None = None) -> str:
        """What is to be written aside next, in the place of `call` where one was decided on; empty
        where nothing is."""

    def written(self, state: State, what: str, ask: Ask) -> tuple[Decision, Usage]:
        """The decision, and what it cost; one without a call or an answer where none came of it."""
