"""What the loop does at each node of the graph (`nomoat.agent.graph`).

A node takes the state, and gives back what changes. It tells what happens through LangGraph's
stream writer; nothing here prints or waits for a person.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langgraph.config import get_stream_writer
from langgraph.types import interrupt

from nomoat.agent import events, prompts
from nomoat.agent.budget import Budget, Clock, earlier, fruitless, goes_round
from nomoat.agent.decision import (
    Decision,
    ToolCall,
    decision_schema,
    plan_schema,
    read_decision,
    read_plan,
    thought_so_far,
)
from nomoat.agent.evidence import (
    Verdict,
    asks_for_change,
    check,
    numbers_in,
    rests_on_nothing,
    untouched,
)
from nomoat.agent.gate import Gate
from nomoat.agent.grounds import groundless, is_blank, replaces_unread, unknown_numbers, unread
from nomoat.agent.mind import ask
from nomoat.agent.offer import offer, offered
from nomoat.agent.once import Once
from nomoat.agent.state import Said, State, Status, Step, Usage
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import clauses

PLAN_TOKENS = 200
DECISION_TOKENS = 1_500
REPLAN_AFTER = 3
"""Steps in a row that bring nothing new before another plan is made."""
PLANS = 2
OTHER = 0.8
"""The temperature of the decision after a call that was sent back: it should be another one."""
COMPUTING = frozenset({"calculate", "query_table", "python"})
SHOWN_AGAIN = 240
"""Characters of an earlier result that are shown when its call is repeated."""


@dataclass
class Nodes:
    """The nodes of one run, and what they need."""

    model: BaseChatModel
    toolbox: Toolbox
    gate: Gate
    once: Once
    budget: Budget
    missing_files: Callable[[], tuple[str, ...]] = tuple
    """Files the goal asks for that are not there yet."""
    halt: threading.Event | None = None
    clock: Clock = time.time

    def __post_init__(self) -> None:
        self._transcript = prompts.Transcript(prompts.system(self.toolbox.signatures))

    def plan(self, state: State) -> dict[str, Any]:
        """The goal's own clauses; when these lead nowhere, what the model decides on.

        Asked at the start, a small model plans before it has seen anything, and then carries out
        what it planned, needed or not.
        """
        if not state.get("plans"):
            first = clauses(state["goal"])[1:] or (state["goal"],)
            _emit(events.Planned(first, False, Usage()))
            return {"plan": first, "plans": 1}
        n = len(state["steps"]) + 1
        said = self._ask(state, plan_schema(), PLAN_TOKENS, n=n)
        steps = read_plan(said.text) or (state["goal"],)
        _emit(events.Planned(steps, True, said.usage))
        step = Step(n, said, Decision(""), Observation(prompts.BEGIN), remark=True)
        return {"plan": steps, "plans": state["plans"] + 1, "steps": [step]}

    def think(self, state: State) -> dict[str, Any]:
        """Decide on the next call, or on the answer."""
        steps = state.get("steps", [])
        last = steps[-1] if steps else None
        schema = decision_schema(
            offer(
                self.toolbox,
                offered(
                    self.toolbox,
                    state.get("in_view", ()),
                    steps,
                    self.gate.contract,
                    state.get("near", ()),
                ),
                self.gate.contract,
            ),
            may_answer=not (last and last.remark and last.decision.answer and self._owes(state)),
            may_call=not state.get("closing") and (not goes_round(steps) or self._lacks(state)),
            thought=prompts.AFTER_RESULT
            if last and last.observation.ok and not last.remark
            else "",
        )
        stuck = bool(last and last.remark and last.call)
        said = self._ask(state, schema, DECISION_TOKENS, len(steps) + 1, OTHER if stuck else None)
        decision = read_decision(said.text)
        if decision.call is not None:
            _emit(events.Decided(len(steps) + 1, decision.thought, decision.call, said.usage))
        return {"said": said, "decision": decision}

    def act(self, state: State) -> dict[str, Any]:
        """Make the call, if policy and, where it asks, a person allow it."""
        call, steps = state["decision"].call, state.get("steps", [])
        if call is None:
            raise ValueError("act follows a decision that calls")
        n = len(steps) + 1
        done = self.once.done(n, call.key)
        if done is not None:  # before the run was stopped
            return {"observation": done}
        before = earlier(steps, call.key)
        if before is not None:
            text = before.observation.text[:SHOWN_AGAIN]
            return {"observation": _told(prompts.REPEATED.format(n=before.n, text=text))}
        remark = self._too_early(state, call)
        if remark:
            return {"observation": _told(remark)}
        permit = self.gate.permit(n, call, steps, interrupt, state.get("passages", ()))
        if permit.refusal is not None:
            return {"observation": _refused(permit.refusal)}
        done = self.once.call(n, permit.call, asked=call, beyond=permit.beyond)
        return {"observation": done}

    def observe(self, state: State) -> dict[str, Any]:
        """Complete the step, and see whether the run still gets anywhere."""
        steps, decision = state.get("steps", []), state["decision"]
        cut = decision.call is None
        observation = _told(prompts.CUT) if cut else state["observation"]
        step = Step(
            n=len(steps) + 1,
            said=state["said"],
            decision=decision,
            observation=observation,
            seconds=state["said"].usage.seconds + observation.seconds,
            remark=cut or observation.error_kind == "remark",
            groundless=not cut and bool(self._groundless(state, decision.call)),
        )
        closing, status = self._closing(state, [*steps, step])
        if closing:
            step = replace(step, note=prompts.LAST.format(reason=closing))
        elif self._replans(state, [*steps, step]):
            step = replace(step, note=prompts.AGAIN)
        _emit(events.Observed(step.n, observation))
        _emit(events.StepDone(step))
        return {"steps": [step], "closing": closing, "status": status}

    def after_observing(self, state: State) -> str:
        """Another plan when nothing new came, else the next thought."""
        return "plan" if state["steps"][-1].note == prompts.AGAIN else "think"

    def answer(self, state: State) -> dict[str, Any]:
        """Check the answer; one that does not hold is sent back once, then marked."""
        steps, answer = state.get("steps", []), state["decision"].answer or ""
        verdict = self._verdict(state, answer)
        sent_back = any(step.remark and step.decision.answer for step in steps)
        if not sent_back and not state.get("closing"):
            goal = state["goal"]
            refused = self._changed(steps, or_refused=True) and verdict.unchanged
            remark = _objection(
                goal,
                replace(verdict, unchanged=False) if refused else verdict,
                untouched(goal, _done(steps, answer)),
                uncomputed=self._uncomputed(state, answer),
            )
            if remark:
                return self._send_back(state, remark)
        _emit(events.Answered(answer, verdict, state["said"].usage))
        status = state.get("status", Status.RUNNING)
        if status is not Status.OUT_OF_BUDGET:
            status = Status.REACHED if verdict.holds else Status.UNVERIFIED
        return {"answer": answer, "verdict": verdict, "status": status}

    # -- parts of nodes ----------------------------------------------------------------------

    def _verdict(self, state: State, answer: str) -> Verdict:
        goal, steps = state["goal"], state.get("steps", [])
        looked = [(s.n, s.observation.text) for s in steps if not s.remark and not s.groundless]
        verdict = check(
            answer,
            given=state["opening"],
            observations=looked,
            missing_files=self.missing_files(),
            unchanged=asks_for_change(goal) and not self._changed(steps),
        )
        given = state["opening"].replace(goal, " ", 1)
        changed = any(step.observation.files for step in steps)
        unfounded = not changed and rests_on_nothing(goal, answer, verdict, looked, given)
        return replace(verdict, unfounded=unfounded)

    def _too_early(self, state: State, call: ToolCall) -> str:
        """Why a call is not made before something was looked up; empty where nothing is missing."""
        steps = state.get("steps", [])
        shown = [citation for citation, _ in state.get("passages", ())]
        if call.tool == "write_file" and is_blank(call, state["goal"]):
            return prompts.BLANK.format(path=call.args.get("path", ""))
        unseen = unread(call, state["goal"], steps, self.gate.exists, shown)
        if unseen:
            return prompts.LOOK_FIRST.format(files=" and ".join(unseen))
        replaced = replaces_unread(call, steps, self.gate.exists, shown)
        if replaced:
            return prompts.UNREAD.format(path=replaced)
        claims = self._groundless(state, call)
        if not claims or any(s.remark and s.call and s.call.tool == call.tool for s in steps):
            return ""
        stand = f"{', '.join(claims)} {'stands' if len(claims) == 1 else 'stand'}"
        return prompts.GROUNDLESS.format(tool=call.tool, claims=stand)

    def _uncomputed(self, state: State, answer: str) -> bool:
        """The goal gives a number to compute with, and the answer was read off, not computed."""
        best = next(iter(state.get("near", ())), "")
        used = {step.call.tool for step in state.get("steps", []) if step.call and not step.remark}
        if best != "calculate" or used & COMPUTING:
            return False
        return bool(numbers_in(state["goal"]) and numbers_in(answer))

    def _groundless(self, state: State, call: ToolCall | None) -> tuple[str, ...]:
        """Facts in a call's arguments that stand nowhere."""
        if call is None:
            return ()
        names = spec_of(self.toolbox.get(call.tool)).grounded
        given = state["opening"]
        seen = [step.observation.text for step in state.get("steps", []) if not step.remark]
        if call.tool == "calculate":
            return unknown_numbers(str(call.args.get("expression", "")), given, seen)
        return groundless(call.args, names, given, seen)

    def _ask(
        self,
        state: State,
        schema: dict[str, Any],
        max_tokens: int,
        n: int,
        temperature: float | None = None,
    ) -> Said:
        text = ""
        for piece in ask(
            self.model,
            self._transcript.of(state),
            schema,
            max_tokens=max_tokens,
            halt=self.halt,
            on_read=lambda done, total: _emit(events.Reading(done, total)),
            temperature=temperature,
        ):
            if isinstance(piece, Said):
                return piece
            text += piece
            _emit(events.Writing(n, piece, thought_so_far(text)))
        return Said(text)

    def _closing(self, state: State, steps: list[Step]) -> tuple[str, Status]:
        spent = self.budget.spent(steps, self.clock() - state["started_at"])
        if spent:
            return spent, Status.OUT_OF_BUDGET
        if fruitless(steps) >= REPLAN_AFTER * state.get("plans", 1) and state["plans"] >= PLANS:
            return "nothing new came of the last steps", Status.STALLED
        return "", Status.RUNNING

    def _replans(self, state: State, steps: list[Step]) -> bool:
        return state.get("plans", 0) < PLANS and fruitless(steps) >= REPLAN_AFTER

    def _changed(self, steps: list[Step], or_refused: bool = False) -> bool:
        """Whether a writing tool did its work, or it was not allowed to."""
        for step in steps:
            if step.call is None or step.remark:
                continue
            writes = Effect.WRITE in spec_of(self.toolbox.get(step.call.tool)).effects
            refused = or_refused and step.observation.error_kind == "approval"
            if writes and (step.observation.ok or refused):
                return True
        return False

    def _owes(self, state: State) -> bool:
        return bool(self.missing_files()) and not state.get("closing")

    def _lacks(self, state: State) -> bool:
        """A file or a change that the goal asks for is not made."""
        steps = state.get("steps", [])
        changed = self._changed(steps, or_refused=True)
        return bool(self.missing_files()) or (asks_for_change(state["goal"]) and not changed)

    def _send_back(self, state: State, remark: str) -> dict[str, Any]:
        said = state["said"]
        n = len(state.get("steps", [])) + 1
        _emit(events.Remarked(n, remark))
        step = Step(n, said, state["decision"], _told(remark), said.usage.seconds, remark=True)
        _emit(events.StepDone(step))
        return {"steps": [step], "status": Status.RUNNING}


def _objection(
    goal: str, verdict: Verdict, names: tuple[str, ...], uncomputed: bool = False
) -> str:
    """What speaks against an answer, as the model is told; empty when nothing does."""
    if verdict.missing_files:
        return prompts.MISSING.format(files=", ".join(verdict.missing_files))
    if verdict.unchanged:
        return prompts.UNCHANGED.format(goal=goal)
    if verdict.unverified:
        claims = ", ".join(claim.text for claim in verdict.unverified)
        stands = "stands" if len(verdict.unverified) == 1 else "stand"
        return prompts.UNVERIFIED.format(claims=f"{claims} {stands}")
    if verdict.unfounded:
        return prompts.UNFOUNDED
    if uncomputed:
        return prompts.UNCOMPUTED.format(goal=goal)
    return prompts.UNTOUCHED.format(names=" and ".join(names), goal=goal) if names else ""


def _done(steps: list[Step], answer: str) -> str:
    """Everything that was called, seen and said, as one text."""
    parts = [answer]
    for step in steps:
        if step.call is not None:
            parts += [step.call.key, step.observation.text]
    return "\n".join(parts)


def _told(text: str) -> Observation:
    """A remark of the harness in the place of a result."""
    return Observation(text, ok=False, error_kind="remark")


def _refused(comment: str) -> Observation:
    text = prompts.REFUSED.format(comment=f" ({comment})" if comment else "")
    return Observation(text, ok=False, error_kind="approval")


def _emit(event: events.Event) -> None:
    get_stream_writer()(event)
