"""Does a call rest on something, and does an answer hold? By code, never by the model.

What is missing is told to the model once; an answer that still does not hold is marked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from nomoat.agent import prompts
from nomoat.agent.asked import (
    asks_for_all,
    asks_for_change,
    asks_how_many,
    asks_how_to,
    files_named,
    files_to_make,
    forbids_change,
    without_addresses,
)
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.evidence import (
    Verdict,
    check,
    claims_change,
    denies,
    lacks_number,
    numbers_in,
    promises,
    rests_on_nothing,
    unsaid,
    untouched,
)
from nomoat.agent.grounds import groundless, is_blank, replaces_unread, unread
from nomoat.agent.links import unopened
from nomoat.agent.own_tools import COMPUTING, SHOWN_BEFORE
from nomoat.agent.state import State, Step
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox

OBJECTIONS = 3
"""Answers of one run that are sent back, each for another reason."""


@dataclass(frozen=True, slots=True)
class Objection:
    """What speaks against an answer."""

    kind: str
    text: str
    """As the model is told."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The judge of one run."""

    toolbox: Toolbox
    exists: Callable[[str], bool]
    """Whether there is a file of this name in the workspace now."""
    missing_files: Callable[[], tuple[str, ...]] = tuple
    """Files the goal asks for that are not there yet."""
    may_write: bool = False
    """The goal may be read as asking for a change."""

    # -- a call ------------------------------------------------------------------------------

    def groundless(self, state: State, call: ToolCall) -> tuple[str, ...]:
        """Facts in a call's arguments that stand nowhere."""
        names = spec_of(self.toolbox.get(call.tool)).grounded
        seen = [step.observation.text for step in state.get("steps", []) if not step.remark]
        return groundless(call.args, names, f"{state['goal']}\n{_given(state)}", seen)

    def too_early(self, state: State, call: ToolCall, claims: Sequence[str]) -> str:
        """Why a call is not made before something was looked up; empty where nothing is missing.

        `claims` are those of its facts that stand nowhere.
        """
        goal, steps = state["goal"], state.get("steps", [])
        shown = [citation for citation, _ in state.get("passages", ())]
        if is_blank(call, goal):
            return prompts.BLANK.format(path=call.args.get("path", ""))
        unseen = unread(call, goal, steps, self.exists, shown)
        if unseen:
            return prompts.LOOK_FIRST.format(files=" and ".join(unseen))
        replaced = replaces_unread(call, steps, self.exists, shown)
        if replaced:
            return prompts.UNREAD.format(path=replaced)
        if not claims or any(s.remark and s.call and s.call.tool == call.tool for s in steps):
            return ""
        return prompts.GROUNDLESS.format(tool=call.tool, claims=_standing(claims))

    # -- an answer ---------------------------------------------------------------------------

    def verdict(self, state: State, answer: str) -> Verdict:
        """What an answer rests on, and what of the goal is not done."""
        goal, steps = state["goal"], state.get("steps", [])
        looked = [(s.n, s.observation.text) for s in steps if not s.remark and not s.groundless]
        verdict = check(
            answer,
            given=f"{goal}\n{_given(state)}",
            observations=looked,
            missing_files=self.missing_files(),
            counted=asks_how_many(goal),
            unchanged=self._is_due(goal, answer) and not self.changed(steps),
        )
        changed = any(step.observation.files for step in steps)
        unfounded = not changed and rests_on_nothing(goal, answer, verdict, looked, _given(state))
        return replace(verdict, unfounded=unfounded, open=_leaves_open(state, answer))

    def objection(self, state: State, answer: str, verdict: Verdict) -> Objection | None:
        """What speaks against an answer; None where nothing does that was not said before."""
        said = state.get("objected", ())
        if len(said) >= OBJECTIONS:
            return None
        found = (Objection(*one) for one in self._objections(state, answer, verdict))
        return next((one for one in found if one.kind not in said), None)

    def _objections(self, state: State, answer: str, verdict: Verdict) -> Iterator[tuple[str, str]]:
        """The gravest first."""
        goal, steps = state["goal"], state.get("steps", [])
        pages = unopened(goal, answer, steps, made_up=bool(verdict.unverified))
        if pages:
            yield "unopened", prompts.UNOPENED.format(addresses=" and ".join(pages), goal=goal)
        part = _unseen(goal, answer, steps)
        if part is not None:
            source = " and ".join(source.rsplit(":", 1)[0] for source in part.sources) or "it"
            yield "partial", prompts.PARTIAL.format(source=source, more=part.more, goal=goal)
        yield from _evades(state, answer)
        if verdict.missing_files:
            yield "missing", prompts.MISSING.format(files=", ".join(verdict.missing_files))
        if verdict.unchanged and not self.changed(steps, or_refused=True):
            yield "unchanged", prompts.UNCHANGED.format(goal=goal)
        if verdict.unverified:
            claims = [claim.text for claim in verdict.unverified]
            yield "unverified", prompts.UNVERIFIED.format(claims=_standing(claims))
        if verdict.unfounded:
            yield "unverified", prompts.UNFOUNDED
        if lacks_number(goal, answer):
            yield "open", prompts.OPEN.format(goal=goal)
        if _was_read_off(state, answer):
            yield "uncomputed", prompts.UNCOMPUTED.format(goal=goal)
        names = untouched(goal, _done(steps, answer))
        if names:
            yield "untouched", prompts.UNTOUCHED.format(names=" and ".join(names), goal=goal)
        left_out = unsaid(goal, answer)
        if left_out:
            yield "unsaid", prompts.UNSAID.format(names=" and ".join(left_out), goal=goal)

    def owes(self, state: State) -> bool:
        """Whether only a call can bring what lacks: after a result, where the goal wants
        something changed and nothing is, and after an answer that was sent back."""
        last = state["steps"][-1] if state.get("steps") else None
        if last is None:
            return False
        if last.found:
            return self.lacks(state) and not self.changed(state["steps"], or_refused=True)
        if not last.remark or last.decision.answer is None:
            return False
        return _reason(state) in {"unopened", "partial"} or bool(self.missing_files())

    def to_open(self, state: State) -> tuple[str, ...]:
        """The addresses that were asked to be opened before the answer that was sent back."""
        last = state["steps"][-1] if state.get("steps") else None
        if last is None or last.decision.answer is None or _reason(state) != "unopened":
            return ()
        return unopened(state["goal"], last.decision.answer, state["steps"], made_up=True)

    def helpful(self, state: State, names: Sequence[str]) -> Sequence[str]:
        """Of these tools, those that can bring what is owed: to find where a part was read, to
        write where all that the goal names has been looked at. All, where that leaves none."""
        goal, steps = state["goal"], state["steps"]
        last = steps[-1]
        if last.decision.answer is not None:
            unseen = _reason(state) == "partial"
            left = [n for n in names if not unseen or n not in SHOWN_BEFORE]
        else:
            there = " ".join(name for name in files_named(goal) if self.exists(name))
            known = there and not untouched(there, _done(steps, ""))
            left = [n for n in names if not known or self._writes(n)]
        return left or names

    def _writes(self, name: str) -> bool:
        return Effect.WRITE in spec_of(self.toolbox.get(name)).effects

    def only_verifies(self, state: State, decision: Decision) -> bool:
        """Whether all is made that the goal wants made, and the call would only look at it again:
        a tool that writes has said itself what it wrote."""
        steps = state.get("steps", [])
        if not decision.call or not steps or not steps[-1].observation.files or self.lacks(state):
            return False
        return _VERIFYING.search(decision.thought) is not None

    def lacks(self, state: State) -> bool:
        """A file or a change that the goal asks for is not made."""
        changed = self.changed(state.get("steps", []), or_refused=True)
        due = asks_for_change(state["goal"])
        return bool(self.missing_files()) or (due and not changed)

    def _is_due(self, goal: str, answer: str) -> bool:
        """A change is asked for; or it may be, and the answer says that it was made."""
        return asks_for_change(goal) or (self.may_write and claims_change(answer))

    def changed(self, steps: Sequence[Step], or_refused: bool = False) -> bool:
        """Whether a writing tool did its work, or it was not allowed to."""
        for step in steps:
            if step.call is None or step.remark:
                continue
            writes = self._writes(step.call.tool)
            refused = or_refused and step.observation.error_kind == "approval"
            if writes and (step.observation.ok or refused):
                return True
        return False


_VERIFYING = re.compile(
    r"Still to do: (?:to )?(?:verify|check|confirm|ensure|make sure|double|review|validate|test)",
    re.IGNORECASE,
)


def _reason(state: State) -> str:
    """Why an answer was sent back last; empty where none was."""
    return next(reversed(state.get("objected", ())), "")


def _unseen(goal: str, answer: str, steps: Sequence[Step]) -> Observation | None:
    """What was read in part only, where a part is not enough for this answer."""
    found = [step.observation for step in steps if step.found]
    if not found or not found[-1].more or not (denies(answer) or asks_for_all(goal)):
        return None
    return found[-1]


def _absent(state: State, answer: str) -> tuple[str, ...]:
    """Files that the goal is about, that are not there, and an answer that does not say so."""
    return () if denies(answer) else state.get("absent", ())


def _forbidden(goal: str, answer: str) -> tuple[str, ...]:
    """Files that the goal both wants and forbids, and an answer that does not say so."""
    return files_to_make(goal) if forbids_change(goal) and not denies(answer) else ()


def _only_promises(goal: str, answer: str) -> bool:
    return promises(answer) and not asks_how_to(goal)


def _evades(state: State, answer: str) -> Iterator[tuple[str, str]]:
    """It passes over what cannot be done, or says only what could be."""
    goal = state["goal"]
    absent, forbidden = _absent(state, answer), _forbidden(goal, answer)
    if absent:
        yield "absent", prompts.ABSENT.format(files=" and ".join(absent), goal=goal)
    if forbidden:
        yield "forbidden", prompts.FORBIDDEN.format(files=" and ".join(forbidden), goal=goal)
    if _only_promises(goal, answer):
        yield "promised", prompts.PROMISED.format(goal=goal)


def _leaves_open(state: State, answer: str) -> bool:
    """Whether an answer does not answer what the goal asks."""
    goal = state["goal"]
    return (
        lacks_number(goal, answer)
        or any(_evades(state, answer))
        or _unseen(goal, answer, state.get("steps", [])) is not None
    )


def _given(state: State) -> str:
    """What the harness found for the goal, without its own words about it."""
    return prompts.facts(state["goal"], state["opening"])


def _was_read_off(state: State, answer: str) -> bool:
    """The goal gives a number to compute with, and the answer was not computed."""
    best = next(iter(state.get("near", ())), "")
    used = {step.call.tool for step in state.get("steps", []) if step.call and not step.remark}
    if best != "calculate" or used & COMPUTING:
        return False
    return bool(numbers_in(without_addresses(state["goal"])) and numbers_in(answer))


def _standing(claims: Sequence[str]) -> str:
    return f"{', '.join(claims)} {'stands' if len(claims) == 1 else 'stand'}"


def _done(steps: Sequence[Step], answer: str) -> str:
    """Everything that was called, seen and said, as one text."""
    parts = [answer]
    for step in steps:
        if step.call is not None:
            parts += [step.call.key, step.observation.text, *step.observation.sources]
    return "\n".join(parts)
