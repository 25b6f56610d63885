"""What a person says to a run that has stopped, as a part of the run.

A run stops between two tokens, and its state is on disk. What the person says then is a step like a
remark of the harness: it stands behind the last step of the transcript, is checkpointed, and is
there after every later resume. It counts as the goal does: what it asks for may be done, and what
it says needs no other source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from nomoat.agent import prompts
from nomoat.agent.decision import Decision
from nomoat.agent.state import Said, Status, Step
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_may import narrowed
from nomoat.tools.observation import Observation

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from nomoat.agent.graph import Graph
    from nomoat.agent.trust.journal import Journal

_COMES_AFTER = {"think": "plan", "plan": "observe", "act": "think", "answer": "think"}
"""The node after which a node comes, with the state as it stands."""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says; nothing at all is said where the plan is the run's own."""

    say: str = ""
    plan: tuple[str, ...] = ()
    """The plan to go on with; empty: the run's own."""

    def __bool__(self) -> bool:
        return bool(self.say or self.plan)

    def wish(self, goal: str, plan: tuple[str, ...]) -> str:
        """A goal with what this adds to it, for a run with this plan."""
        new = [step for step in self.plan if step not in plan]
        return "\n".join(part for part in (goal, self.say, *new) if part)

    def told(self, plan: tuple[str, ...]) -> str:
        """It, as the model is told in a run with this plan; empty where nothing is new."""
        parts = [prompts.PERSON_SAYS.format(text=self.say)] if self.say else []
        if self.plan and self.plan != plan:
            steps = "\n".join(f"{n}. {step}" for n, step in enumerate(self.plan, 1))
            parts.append(prompts.NEW_PLAN.format(plan=steps))
        return "\n".join(parts)


def values_of(saver: BaseCheckpointSaver[Any], run_id: str) -> Mapping[str, Any]:
    """What is checkpointed of a run, but for its steps; nothing where it never began."""
    found = saver.get_tuple({"configurable": {"thread_id": run_id}})
    return found.checkpoint["channel_values"] if found is not None else {}


def is_midway(graph: Graph, config: Any, journal: Journal) -> bool:
    """Whether a step, or the first plan, was begun and not completed: a word comes after it."""
    state = graph.get_state(config)
    if not state.tasks:
        return False
    at = state.tasks[0]
    if at.name == "act":
        n = len(state.values.get("steps", ())) + 1
        return at.result is not None or journal.deed(n) is not None
    return at.name == "observe" or not state.values.get("plans")


def steer(
    graph: Graph, config: Any, word: Word, *, now: float, offer: Sequence[str] = ()
) -> Step | None:
    """Make a word a part of the run that stands at the end of `graph`'s checkpoints.

    A call that was decided on and not begun is not made. The time the run waited does not count.

    Args:
        graph: the run's, not `is_midway`.
        config: the run's thread.
        word: what the person says.
        now: seconds since the epoch.
        offer: the tools that what is said asks for; they are offered besides those in view.

    Returns:
        The step it is; None where there was nothing to tell the model.
    """
    state = graph.get_state(config)
    if not state.tasks:
        return None  # over: there is nothing left to steer
    values, at = state.values, state.tasks[0].name
    plan = tuple(values.get("plan", ()))
    text = word.told(plan)
    changed: dict[str, Any] = {
        "started_at": now - sum(step.seconds for step in values.get("steps", ()))
    }
    if not text:
        graph.update_state(config, changed, as_node=_COMES_AFTER[at])
        return None
    replaced = plan if word.plan and word.plan != plan else ()
    step = replace(_step(values, at, text), replaced=replaced)
    changed |= {
        "steps": [step],
        "plan": word.plan or plan,
        "closing": "",  # what was out of the question may not be any more
        "status": Status.RUNNING,
        "objected": (),
        "in_view": tuple(dict.fromkeys([*values.get("in_view", ()), *offer])),
        "goal": word.wish(values["goal"], plan),
    }
    graph.update_state(config, changed, as_node="plan")  # the next thought comes after a plan
    return step


def _step(values: Mapping[str, Any], at: str, text: str) -> Step:
    said, decision = Said(prompts.PAUSED), Decision("")
    if at in ("act", "answer"):  # the model has said what it would do
        said, decision = values["said"], values["decision"]
        if decision.call is not None:
            text = f"{prompts.NOT_CALLED.format(tool=decision.call.tool)}\n{text}"
    return Step(
        n=len(values.get("steps", ())) + 1,
        said=said,
        decision=Decision(decision.thought),
        observation=Observation(text),
        seconds=said.usage.seconds,
        remark=True,
        person=True,
    )


def widen(journal: Journal, new: Contract) -> None:
    """Let a run do what it could do before, and what it can by a contract of all that was said.

    What the person has said it may not (`--may-not`) it still may not.
    """
    old = Contract.from_dict(journal.contract) if journal.contract else new
    journal.widen(narrowed(_either(old, new), old.refused).to_dict())


def _either(old: Contract, new: Contract) -> Contract:
    """What the one or the other lets a run do, field by field."""
    both: dict[str, Any] = {}
    for field in fields(Contract):
        one, other = getattr(old, field.name), getattr(new, field.name)
        match one:
            case tuple():
                both[field.name] = tuple(dict.fromkeys(one + other))
            case str():
                both[field.name] = other or one
            case _:
                both[field.name] = one | other
    return Contract(**both)
