"""What a run is made of and what is checkpointed of it: pure values.

The transcript is not stored: it follows from the goal, the plan and the steps, each of which keeps
the tokens the model wrote, so that it is never rendered again from text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypedDict, TypeVar

from langgraph.channels.delta import DeltaChannel

from nomoat.agent.check.evidence import Verdict
from nomoat.agent.decision import Decision, ToolCall
from nomoat.tools.observation import Observation


class Status(StrEnum):
    """How a run stands, or why it stopped."""

    RUNNING = "running"
    REACHED = "reached"
    """Answered, and what the answer says was observed."""
    UNVERIFIED = "unverified"
    """Answered, and something the answer says was not observed."""
    OUT_OF_BUDGET = "out_of_budget"
    STALLED = "stalled"
    """Nothing new came of the last steps."""
    INTERRUPTED = "interrupted"
    FAILED = "failed"


EXIT_STATUS = {
    Status.REACHED: 0,
    Status.FAILED: 1,
    Status.RUNNING: 1,
    Status.UNVERIFIED: 3,
    Status.OUT_OF_BUDGET: 4,
    Status.STALLED: 4,
    Status.INTERRUPTED: 130,
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What one message of the model cost, in tokens and seconds."""

    prompt: int = 0
    cached: int = 0
    """Of the prompt, tokens that were not evaluated again."""
    generated: int = 0
    forced: int = 0
    """Of the generated, tokens that the grammar left no choice about."""
    prefill_seconds: float = 0.0
    decode_seconds: float = 0.0
    longest: int = 0
    """Of several messages, the window of the longest one."""

    @property
    def window(self) -> int:
        """The tokens of the prompt and of what was written behind it, at most at once."""
        return self.longest or self.prompt + self.generated

    @property
    def seconds(self) -> float:
        return self.prefill_seconds + self.decode_seconds

    @property
    def evaluated(self) -> int:
        return self.prompt - self.cached

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.generated + other.generated,
            self.forced + other.forced,
            self.prefill_seconds + other.prefill_seconds,
            self.decode_seconds + other.decode_seconds,
            max(self.window, other.window),
        )


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the model: its text, and its tokens as they were written."""

    text: str
    tokens: tuple[int, ...] = ()
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class Step:
    """thought → ToolCall → Observation; or a decision that the harness sent back with a remark."""

    n: int
    said: Said
    decision: Decision
    observation: Observation
    seconds: float = 0.0
    remark: bool = False
    """The observation is the harness's own: no tool was called."""
    note: str = ""
    """What the harness adds behind the observation."""
    groundless: bool = False
    """The call rested on facts from nowhere: what came of it proves nothing."""
    person: bool = False
    """The remark is the person's own: see `nomoat.agent.steer`."""
    replaced: tuple[str, ...] = ()
    """The plan that held until this step; empty where the step brings no other one."""

    @property
    def call(self) -> ToolCall | None:
        return self.decision.call

    @property
    def found(self) -> bool:
        """A tool was called and brought something."""
        return self.observation.ok and not self.remark


_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Fold:
    """Steps that the transcript does not show any more, and what stands in their place.

    The steps themselves stay as they are, in the state and on disk: only what the model is shown
    gets shorter. See `nomoat.agent.fold`.
    """

    at: int
    """The step whose outcome the note stands before: the last one when they were folded."""
    upto: int
    """The last step that is not shown; 0: all are."""
    note: str = ""
    """What they brought."""
    clip: int = 0
    """Characters of the observation of step `at` that are shown; 0: all."""


def append(held: list[_Item], writes: Sequence[Sequence[_Item]]) -> list[_Item]:
    """The reducer of steps and folds: each write adds to the end."""
    return [*held, *(item for write in writes for item in write)]


class State(TypedDict, total=False):
    """What LangGraph keeps of a run after every node.

    The steps are a delta channel: a checkpoint stores what was added, not the whole again, so the
    file grows with the steps and not with their square.
    """

    goal: str
    opening: str
    """What the model is told first: the goal and what the harness found for it."""
    shown_whole: tuple[str, ...]
    """Files that stand whole in the opening."""
    passages: list[list[str]]
    """`[citation, text]` of what the memory held for the goal."""
    computes: bool
    """The goal gives all that it is worked out from: a program is the first thing to write."""
    asides: tuple[str, ...]
    """What was asked for aside (`nomoat.agent.aside.aside`), whatever came of it."""
    held: bool
    """The call was written aside, and held against the goal and the sources there."""
    tables: tuple[str, ...]
    """The names of the workspace's tables, those that fit the goal best first."""
    beyond_one: bool
    """No one file holds what the goal speaks of: the first of the tables are asked together."""
    absent: tuple[str, ...]
    """Files the goal names to be read that are nowhere in the workspace."""
    in_view: tuple[str, ...]
    """The tools that are offered first."""
    near: tuple[str, ...]
    """Those of which the ones that only look are offered once something was seen."""
    plan: tuple[str, ...]
    plans: int
    steps: Annotated[list[Step], DeltaChannel(append, list, snapshot_frequency=1_000)]
    folds: Annotated[list[Fold], DeltaChannel(append, list, snapshot_frequency=1_000)]
    """The last one holds; recorded, so that a resumed run shows the model the same."""
    said: Said
    """The last message of the model, until its step is complete."""
    decision: Decision
    observation: Observation
    groundless: bool
    """The call that was made rests on facts from nowhere."""
    objected: tuple[str, ...]
    """Why answers were sent back, each reason once."""
    closing: str
    """Why no more calls are made; empty while they are."""
    started_at: float
    """Seconds since the epoch; the time limit counts from here, also after a resume."""
    answer: str
    verdict: Verdict
    status: Status


def fold_of(state: State) -> Fold | None:
    """The fold that holds; None where the transcript shows all steps."""
    folds = state.get("folds")
    return folds[-1] if folds else None


def in_sight(state: State) -> Sequence[Step]:
    """The steps that the transcript shows."""
    steps, fold = state.get("steps", []), fold_of(state)
    return steps[fold.upto :] if fold is not None else steps
