"""What happens in a run, as values: the only thing a user interface ever sees of it."""

from __future__ import annotations

from dataclasses import dataclass

from nomoat.agent.check.evidence import Verdict
from nomoat.agent.decision import ToolCall
from nomoat.agent.runs import Run
from nomoat.agent.state import Step, Usage
from nomoat.tools.observation import Observation


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run exists, on disk; it begins, or goes on."""

    run_id: str
    goal: str
    model: str
    may: tuple[str, ...] = ()
    """What the goal lets it do, a phrase for each (`nomoat.agent.trust.contract`)."""
    plan: tuple[str, ...] = ()
    """Of a run that goes on, the plan as it stands."""
    steps: tuple[Step, ...] = ()
    """Of a run that goes on, the steps that are complete."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The model reads a prompt: tokens done of those to do."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Writing:
    """The model wrote a piece of text; `thought` is what it has thought so far in this step."""

    n: int
    piece: str
    thought: str


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan was made, or made anew."""

    steps: tuple[str, ...]
    again: bool
    usage: Usage


@dataclass(frozen=True, slots=True)
class Decided:
    """The model decided on a call."""

    n: int
    thought: str
    call: ToolCall
    usage: Usage


@dataclass(frozen=True, slots=True)
class ApprovalAsked:
    """A call waits for a person; whoever consumes the events answers through `approve`."""

    n: int
    call: ToolCall
    effects: tuple[str, ...]
    reason: str
    preview: str
    carried: tuple[str, ...] = ()
    """Parts of the arguments that stand in private data this run has read."""
    always: str = ""
    """The rule that allowing it always would make."""
    by: str = ""
    """What asks: `mode`, `contract`, `flow`, `journal`, or a rule."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A call was made and this came of it."""

    n: int
    observation: Observation


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step is complete and will not be lost."""

    step: Step


@dataclass(frozen=True, slots=True)
class Remarked:
    """The harness told the model something: a repetition, an answer that does not hold."""

    n: int
    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """The window was nearly full: the model is shown less of the run from here on.

    All of it stays in the run's record, and evidence is looked for in all of it.
    """

    upto: int
    """Steps up to this one are not shown any more, a note stands for them; 0: all are shown."""
    note: str
    clipped: bool = False
    """The last observation alone is too long for the window: its beginning is shown."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The model answered, and this is what the check of the answer says."""

    answer: str
    verdict: Verdict
    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over; its status says why."""

    run: Run


Event = (
    RunStarted
    | Reading
    | Writing
    | Planned
    | Decided
    | ApprovalAsked
    | Observed
    | StepDone
    | Remarked
    | Folded
    | Answered
    | Finished
)
