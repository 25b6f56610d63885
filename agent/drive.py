"""One run on its way: its graph driven from one approval to the next, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from nomoat.agent import events
from nomoat.agent.budget import Halt
from nomoat.agent.check.evidence import Verdict, supporting
from nomoat.agent.graph import Graph, build
from nomoat.agent.nodes import Nodes
from nomoat.agent.runs import Run, restored
from nomoat.agent.state import State, Status, Step, Usage
from nomoat.agent.trust.policy import Approval

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

Approve = Callable[[events.ApprovalAsked], Approval]


@dataclass(frozen=True, slots=True)
class Drive:
    """A run on its way."""

    run_id: str
    saver: BaseCheckpointSaver[Any]
    graph: Graph
    halt: Halt
    approve: Approve
    turns: int
    """Nodes it may pass at most."""
    began: float
    """By the monotonic clock."""

    @property
    def config(self) -> Any:
        """What LangGraph wants to know of it."""
        return {"configurable": {"thread_id": self.run_id}, "recursion_limit": self.turns}

    @property
    def values(self) -> dict[str, Any]:
        """The state as it stands; empty where the run never began."""
        return dict(self.graph.get_state(self.config).values)

    @property
    def plan(self) -> tuple[str, ...]:
        """The plan as it stands."""
        return tuple(self.values.get("plan", ()))

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that are complete."""
        return tuple(restored(self.values.get("steps", ())))

    def by(self, nodes: Nodes) -> Drive:
        """The same run, with other nodes from here on."""
        return replace(self, graph=build(nodes, self.saver))

    def go(self, first: State | None, *, to_a_pause: bool = False) -> Iterator[events.Event]:
        """Go on to the end, or to where a person may say something; from `first`, if it begins.

        Raises:
            NomoatError: it was interrupted, or it failed.
        """
        entry: Any = first
        until = ["plan", "observe"] if to_a_pause else None
        while True:
            asked: events.ApprovalAsked | None = None
            for mode, part in self.graph.stream(
                entry,
                self.config,
                stream_mode=["custom", "updates"],
                durability="sync",
                interrupt_after=until,
            ):
                payload: Any = part
                if mode == "custom":
                    yield payload
                elif payload.get("__interrupt__"):  # empty where it only stops at a pause
                    asked = payload["__interrupt__"][0].value
            if asked is None:
                return
            yield asked
            entry = Command(resume=self.approve(asked))

    def outcome(self, goal: str, ended: Status, error: str, model: str) -> Run:
        """The run as it stands; `ended` is how it stopped, `RUNNING` where it came to its end."""
        state = self.values
        status = state.get("status", ended) if ended is Status.RUNNING else ended
        steps = restored(state.get("steps", ()))
        usage = sum((step.said.usage for step in steps), Usage())
        if state.get("answer"):
            usage += state["said"].usage
        answer, verdict = state.get("answer", ""), restored(state.get("verdict", Verdict()))
        passages = [(citation, text) for citation, text in state.get("passages", ())]
        for step in steps:
            if step.n in verdict.evidence:
                passages += [(source, step.observation.text) for source in step.observation.sources]
        return Run(
            run_id=self.run_id,
            goal=goal,
            status=status,
            answer=answer,
            sources=supporting(answer, verdict, passages),
            plan=tuple(state.get("plan", ())),
            steps=steps,
            verdict=verdict,
            model=model,
            seconds=time.monotonic() - self.began,
            usage=usage,
            error=error,
        )
