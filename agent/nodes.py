"""What the loop does at each node of the graph (`nomoat.agent.graph`).

A node takes the state, and gives back what changes. It tells what happens through LangGraph's
stream writer; nothing here prints or waits for a person.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.config import get_stream_writer
from langgraph.types import interrupt

from nomoat.agent import events, prompts
from nomoat.agent.aside.aside import Aside
from nomoat.agent.budget import Budget, Clock, earlier, fruitless, goes_round
from nomoat.agent.check.judge import Judge, Objection
from nomoat.agent.check.links import known
from nomoat.agent.check.meant import as_meant, as_signed, wider
from nomoat.agent.decision import (
    Decision,
    ToolCall,
    decision_schema,
    in_short,
    plan_schema,
    read_decision,
    read_plan,
    read_program,
    thought_so_far,
)
from nomoat.agent.fold import Folding
from nomoat.agent.goal.questions import asks_for_each, question_parts
from nomoat.agent.mind import ask
from nomoat.agent.offer import asked_for, offered
from nomoat.agent.offer_schema import offer
from nomoat.agent.own_tools import CALCULATES
from nomoat.agent.state import Said, State, Status, Step, Usage, in_sight
from nomoat.agent.trust.gate import Gate
from nomoat.agent.trust.once import Once
from nomoat.agent.window import window_of
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import clauses

PLAN_TOKENS = 200
DECISION_TOKENS = 1_500
PROGRAM_TOKENS = 400
PARTS = 5
"""Sentences of one thought, at most."""
REPLAN_AFTER = 3
"""Steps in a row that bring nothing new before another plan is made."""
PLANS = 2
OTHER = 0.8
"""The temperature of the decision after a call that was sent back, and in the place of an answer
that was sent back and is given again: it should be another one."""
SHOWN_AGAIN = 240
"""Characters of an earlier result that are shown when its call is repeated."""


@dataclass
class Nodes:
    """The nodes of one run, and what they need."""

    model: BaseChatModel
    toolbox: Toolbox
    gate: Gate
    once: Once
    judge: Judge
    budget: Budget
    asides: Sequence[Aside] = ()
    halt: threading.Event | None = None
    clock: Clock = time.time

    def __post_init__(self) -> None:
        system = prompts.system(self.toolbox.signatures)
        self._transcript = prompts.Transcript(system)
        self._folding = Folding(window_of(self.model), system, DECISION_TOKENS)

    def plan(self, state: State) -> dict[str, Any]:
        """The goal's own clauses; when these lead nowhere, what the model decides on.

        Asked at the start, a small model plans before it has seen anything, and then carries out
        what it planned, needed or not.
        """
        if not state.get("plans"):
            first = clauses(state["goal"])[1:] or (state["goal"],)
            _emit(events.Planned(first, False, Usage()))
            return {"plan": first, "plans": 1}
        n, (state, fold) = len(state["steps"]) + 1, self._folded(state)
        said = self._ask(state, plan_schema(), PLAN_TOKENS)
        steps = read_plan(said.text) or (state["goal"],)
        _emit(events.Planned(steps, True, said.usage))
        began = Observation(prompts.BEGIN)
        step = Step(n, said, Decision(""), began, remark=True, replaced=tuple(state["plan"]))
        return {"plan": steps, "plans": state["plans"] + 1, "steps": [step], **fold}

    def think(self, state: State) -> dict[str, Any]:
        """Decide on the next call, or on the answer."""
        state, fold = self._folded(state)
        made, usage = self._program(state)
        if not made:
            made, spent = self._aside(state)
            usage += spent
        if "decision" not in made:
            made |= self._decided(_later(state, made))
            usage += made["said"].usage
            if call := made["decision"].call:
                instead, spent = self._aside(_later(state, made), call)
                made, usage = {**made, **instead}, usage + spent
        decision = made["decision"]
        if decision.call is not None:
            n = len(state.get("steps", [])) + 1
            _emit(events.Decided(n, decision.thought, decision.call, usage))
        return {**fold, **made, "said": replace(made["said"], usage=usage)}

    def _program(self, state: State) -> tuple[dict[str, Any], Usage]:
        """Compute by a program that is written freely, and read as a call of the calculator;
        nothing where none is due, or none came of it."""
        if state.get("closing") or not self.judge.owed.program_is_due(state):
            return {}, Usage()
        said = self._ask(state, None, PROGRAM_TOKENS)
        decision = read_program(said.text, CALCULATES)
        made = {"said": said, "decision": decision} if said.text else {}
        return made, said.usage

    def _aside(self, state: State, call: ToolCall | None = None) -> tuple[dict[str, Any], Usage]:
        """What is written aside, in the place of `call` where one was decided on, and its cost; no
        decision where none is due, or nothing came of it."""
        if state.get("closing") or self.judge.owed.answer_is_due(state):
            return {}, Usage()
        due = ((aside, what) for aside in self.asides if (what := aside.due(state, call)))
        aside, what = next(due, (None, ""))
        if aside is None:
            return {}, Usage()
        tried: dict[str, Any] = {"asides": (*state.get("asides", ()), what)}
        decision, usage = aside.written(state, what, partial(self._asked, state, aside.tokens))
        if decision.call is None:
            return tried, usage
        said = Said(in_short(decision, aside.shown))
        if not state.get("steps"):
            sql = str(decision.call.args.get("sql", ""))
            tried["opening"] = prompts.with_tables(state["opening"], sql)
        return {**tried, "said": said, "decision": decision, "held": aside.held}, usage

    def _asked(
        self, state: State, tokens: int, messages: Sequence[BaseMessage], *, draw: int = 0
    ) -> Said:
        """What the model says to other messages than the run's own, in free text."""
        other = OTHER if draw else None
        return self._ask(state, None, tokens, temperature=other, messages=messages, seed=draw)

    def _decided(self, state: State) -> dict[str, Any]:
        """The decision that the model makes, in the form of one."""
        steps = state.get("steps", [])
        last = steps[-1] if steps else None
        contract, closing = self.gate.contract, state.get("closing")
        in_view, near = state.get("in_view", ()), state.get("near", ())
        found = last is not None and last.found
        ends = closing or self.judge.owed.answer_is_due(state)
        names: Sequence[str] = offered(self.toolbox, in_view, in_sight(state), contract, near)
        owes = not closing and self.judge.owed.call_is_due(state)
        if owes:
            names = self.judge.owed.helpful(state, names)
        addresses = self.judge.owed.to_open(state) or known(state["goal"], steps)
        schema = partial(
            decision_schema,
            offer(
                self.toolbox,
                names,
                contract,
                addresses=addresses,
                goal=state["goal"],
                to_read=self.judge.owed.to_read(state),
                to_write=self.judge.owed.to_write(state),
                untried=self.judge.owed.to_try(state),
            ),
            may_answer=not owes,
            before_call=prompts.STILL_TO_DO if found else "",
            before_answer=self._before_answer(state, found),
            answer_begins=self.judge.owed.cannot_be(state),
        )
        may_call = not ends and (not goes_round(in_sight(state)) or self.judge.owed.lacks(state))
        other = OTHER if last and last.remark and last.call else None
        said = self._ask(state, schema(may_call=may_call), DECISION_TOKENS, temperature=other)
        decision = read_decision(said.text)
        again = self._again(state, decision, partial(schema, may_call=may_call))
        if again is not None:
            said = replace(again, usage=said.usage + again.usage)
            decision = read_decision(said.text)
        return {"said": said, "decision": decision, "held": False}

    def _again(self, state: State, decision: Decision, schema: Callable[..., Any]) -> Said | None:
        """What it says when asked once more, where the decision would do what is done, read what
        was read, or give an answer that was sent back; None where it stands."""
        last = state["steps"][-1] if state.get("steps") else None
        if self.judge.only_verifies(state, decision):
            return self._ask(state, schema(may_call=False), DECISION_TOKENS)
        if self.judge.reads_again(state, decision):
            says = prompts.it_says(question_parts(state["goal"]))
            return self._ask(state, schema(may_call=False, before_answer=says), DECISION_TOKENS)
        if last and last.remark and decision.answer and decision.answer == last.decision.answer:
            return self._ask(state, schema(), DECISION_TOKENS, temperature=OTHER)
        return None

    def _before_answer(self, state: State, found: bool) -> str:
        """The form of the thought before an answer."""
        goal, passages = state["goal"], state.get("passages", ())
        if reason := self.judge.owed.cannot_be(state):
            return prompts.since(reason)
        if found:
            return prompts.all_is_done(question_parts(goal))
        if state.get("in_view") or any(step.call for step in state.get("steps", [])):
            return ""  # it may look first
        parts = len(passages) if asks_for_each(goal) else question_parts(goal)
        return prompts.it_says(min(parts, PARTS)) if passages else ""

    def act(self, state: State) -> dict[str, Any]:
        """Make the call, if policy and, where it asks, a person allow it."""
        call, steps = state["decision"].call, state.get("steps", [])
        if call is None:
            raise ValueError("act follows a decision that calls")
        call = as_signed(state["goal"], wider(call, steps))
        n, held = len(steps) + 1, state.get("held", False)
        claims = () if held else self.judge.groundless(state, call)
        mended, told = (call, "") if held else self.judge.mended(state, call, claims)
        claims = () if told else claims
        done = self.once.done(n, call.key)
        if done is not None:  # before the run was stopped
            return {"observation": done, "groundless": bool(claims)}
        before = earlier(steps, call.key)
        if before is not None:
            seen = before in in_sight(state)
            text = before.observation.text[: SHOWN_AGAIN if seen else None]
            return {"observation": _told(prompts.REPEATED.format(n=before.n, text=text))}
        remark = "" if held else self.judge.too_early(state, mended, claims)
        if remark:
            return {"observation": _told(remark)}
        meant = as_meant(state["goal"], mended, asked_for(self.toolbox, self.gate.contract))
        permit = self.gate.permit(n, meant, steps, interrupt, state.get("passages", ()))
        if permit.refusal is not None:
            return {"observation": _refused(permit.refusal)}
        done = self.once.call(n, permit.call, asked=call, beyond=permit.beyond)
        if told and done.ok:
            done = replace(done, text=f"{done.text}\n{told}")
        return {"observation": done, "groundless": bool(claims)}

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
            groundless=not cut and state.get("groundless", False),
        )
        closing, status = self._closing(state, [*steps, step])
        if closing:
            step = replace(step, note=prompts.LAST.format(reason=closing))
        elif self._replans(state, [*steps, step]):
            step = replace(step, note=prompts.AGAIN)
        _emit(events.Observed(step.n, observation))
        _emit(events.StepDone(step))
        return {
            "steps": [step],
            "closing": closing,
            "status": status,
            "groundless": False,
            "held": False,
        }

    def after_observing(self, state: State) -> str:
        """Another plan when nothing new came, else the next thought."""
        return "plan" if state["steps"][-1].note == prompts.AGAIN else "think"

    def answer(self, state: State) -> dict[str, Any]:
        """Check the answer; one that does not hold is sent back once for a reason, then marked."""
        answer = state["decision"].answer or ""
        if state.get("closing") and prompts.is_last(answer):
            answer = prompts.so_far(state["closing"], state.get("steps", []))
        verdict = self.judge.verdict(state, answer)
        objection = None if state.get("closing") else self.judge.objection(state, answer, verdict)
        if objection is not None:
            return self._send_back(state, objection)
        answer, verdict = self.judge.borne_out(state, answer, verdict)
        answer, verdict = self.judge.with_written(state, answer, verdict)
        _emit(events.Answered(answer, verdict, state["said"].usage))
        status = state.get("status", Status.RUNNING)
        if status is not Status.OUT_OF_BUDGET:
            status = Status.REACHED if verdict.holds else Status.UNVERIFIED
        return {"answer": answer, "verdict": verdict, "status": status}

    # -- parts of nodes ----------------------------------------------------------------------

    def _folded(self, state: State) -> tuple[State, dict[str, Any]]:
        """The state with the oldest steps out of sight, where the window would not hold all."""
        fold = self._folding.of(state)
        if fold is None:
            return state, {}
        _emit(events.Folded(fold.upto, fold.note, clipped=fold.clip > 0))
        return {**state, "folds": [*state.get("folds", []), fold]}, {"folds": [fold]}

    def _ask(
        self,
        state: State,
        schema: dict[str, Any] | None,
        max_tokens: int,
        *,
        temperature: float | None = None,
        messages: Sequence[BaseMessage] = (),
        seed: int = 0,
    ) -> Said:
        """What the model says to the transcript, or to other `messages`."""
        text, n = "", len(state.get("steps", [])) + 1
        for piece in ask(
            self.model,
            messages or self._transcript.of(state),
            schema,
            max_tokens=max_tokens,
            halt=self.halt,
            on_read=lambda done, total: _emit(events.Reading(done, total)),
            temperature=temperature,
            seed=seed,
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

    def _send_back(self, state: State, objection: Objection) -> dict[str, Any]:
        said, remark = state["said"], objection.text
        n = len(state.get("steps", [])) + 1
        _emit(events.Remarked(n, remark))
        step = Step(n, said, state["decision"], _told(remark), said.usage.seconds, remark=True)
        _emit(events.StepDone(step))
        objected = (*state.get("objected", ()), objection.kind)
        return {"steps": [step], "status": Status.RUNNING, "objected": objected}


def _later(state: State, made: Mapping[str, Any]) -> State:
    """The state with what was made of it in the same node."""
    return cast(State, {**state, **made})


def _told(text: str) -> Observation:
    """A remark of the harness in the place of a result."""
    return Observation(text, ok=False, error_kind="remark")


def _refused(comment: str) -> Observation:
    text = prompts.REFUSED.format(comment=f" ({comment})" if comment else "")
    return Observation(text, ok=False, error_kind="approval")


def _emit(event: events.Event) -> None:
    get_stream_writer()(event)
