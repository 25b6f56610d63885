"""Does a call rest on something, and does an answer hold? By code, never by the model.

What is missing is told to the model once; an answer that still does not hold is marked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from nomoat.agent import prompts
from nomoat.agent.budget import earlier
from nomoat.agent.check.changes_said import changes_not_made, files_denied
from nomoat.agent.check.evidence import (
    Verdict,
    check,
    claims_change,
    denies,
    rests_on_nothing,
    unsaid,
    untouched,
)
from nomoat.agent.check.follow_up import facts_left_out, invents_work, with_facts
from nomoat.agent.check.grounds import (
    groundless,
    is_an_error,
    is_blank,
    made_up,
    replaces_unread,
    sure_part,
    uneven_row,
    unread,
    writes_over,
)
from nomoat.agent.check.links import unopened
from nomoat.agent.check.objections import (
    done,
    evades,
    given,
    leaves_open,
    misses,
    standing,
    stops_short,
    unseen,
    was_read_off,
)
from nomoat.agent.check.owed import UNTRIED, Owed
from nomoat.agent.check.untried import untried
from nomoat.agent.check.wrote import with_written
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.goal.asked import asks_for_change
from nomoat.agent.goal.questions import asks_how_many, question_parts
from nomoat.agent.own_tools import READS
from nomoat.agent.state import State, Step
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.toolbox import Toolbox

_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-ZÄÖÜÉ\d])")
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
        seen = [_brought(step) for step in state.get("steps", []) if not step.remark]
        known = f"{state['goal']}\n{given(state)}"
        return groundless(call.args, names, known, seen) or made_up(call, known, seen)

    def mended(self, state: State, call: ToolCall, claims: Sequence[str]) -> tuple[ToolCall, str]:
        """A call that was sent back and comes again no better, as it is made, and what the model is
        told of that: without what it would write of `claims`, its facts that stand nowhere, into a
        table, or with the facts in a text that it left out. Any other call, and nothing to tell."""
        steps = state.get("steps", [])
        if not any(_was_sent_back(step, call.tool) for step in steps):
            return call, ""
        sure = sure_part(call, claims)
        if sure != call:
            return sure, prompts.LEFT_AWAY.format(claims=standing(claims))
        if left := facts_left_out(call, state["goal"], steps):
            return with_facts(call, left), prompts.PUT_IN.format(facts=", ".join(left))
        return call, ""

    def too_early(self, state: State, call: ToolCall, claims: Sequence[str]) -> str:
        """Why a call is not made before something was looked up; empty where nothing is missing.

        `claims` are those of its facts that stand nowhere.
        """
        return next(self._not_yet(state, call, claims), "")

    def _not_yet(self, state: State, call: ToolCall, claims: Sequence[str]) -> Iterator[str]:
        goal, steps = state["goal"], state.get("steps", [])
        shown = [citation for citation, _ in state.get("passages", ())]
        path = call.args.get("path", "")
        if is_blank(call, goal):
            yield prompts.BLANK.format(path=path)
        if is_an_error(call, steps):
            yield prompts.NO_CONTENT.format(path=path, goal=goal)
        before = any(_was_sent_back(step, call.tool) for step in steps)
        if (wrong := uneven_row(call)) and not before:
            yield prompts.UNEVEN.format(**wrong)
        if (left := facts_left_out(call, goal, steps)) and not before:
            yield prompts.LEFT_OUT.format(facts=" and ".join(left))
        if unseen := unread(call, goal, steps, self.exists, shown):
            yield prompts.LOOK_FIRST.format(files=" and ".join(unseen))
        if replaced := replaces_unread(call, steps, self.exists, shown):
            yield prompts.UNREAD.format(path=replaced)
        if (n := writes_over(call, steps)) and not before:
            yield prompts.WRITES_OVER.format(path=path, n=n)
        if claims and not before:
            yield prompts.GROUNDLESS.format(tool=call.tool, claims=standing(claims))

    # -- an answer ---------------------------------------------------------------------------

    def verdict(self, state: State, answer: str) -> Verdict:
        """What an answer rests on, and what of the goal is not done."""
        goal, steps = state["goal"], state.get("steps", [])
        looked = [(s.n, s.observation.text) for s in steps if not s.remark and not s.groundless]
        cannot_be = denies(answer) and bool(self.owed.cannot_be(state))
        due = self._is_due(goal, answer) and not self.owed.changed(steps)
        verdict = check(
            answer,
            given=f"{goal}\n{given(state)}",
            observations=looked,
            missing_files=() if cannot_be else self.missing_files(),
            counted=asks_how_many(goal),
            unchanged=not cannot_be and (due or bool(self.owed.to_change(state))),
        )
        seen = cannot_be or any(step.observation.files for step in steps)
        unfounded = not seen and rests_on_nothing(goal, answer, verdict, looked, given(state))
        files = [path for step in steps for path in step.observation.files]
        untrue = changes_not_made(answer, files) if self.owed.says_its_files(steps) else ()
        denied = files_denied(answer, lambda name: self.exists(name) and name not in files)
        claims = (*verdict.claims, *untrue, *denied)
        verdict = replace(verdict, claims=claims, unfounded=unfounded)
        open_ = leaves_open(state, answer) or self._is_the_same(state, answer, verdict)
        return replace(verdict, open=open_)

    def _is_the_same(self, state: State, answer: str, verdict: Verdict) -> bool:
        """Whether something speaks against an answer for which one was sent back before."""
        said = state.get("objected", ())
        return bool(said) and any(k in said for k, _ in self._objections(state, answer, verdict))

    def borne_out(self, state: State, answer: str, verdict: Verdict) -> tuple[str, Verdict]:
        """An answer and its check without the sentences that claim what stands nowhere, where the
        others by themselves answer as many things as the goal asks; as they are where not."""
        said = _SENTENCES.split(answer) if verdict.unverified else []
        kept = [one for one in said if not self.verdict(state, one).unverified]
        rest = " ".join(kept)
        again = self.verdict(state, rest)
        enough = _says_new(state["goal"], rest, again) >= question_parts(state["goal"])
        holds = enough and again.holds and not any(self._objections(state, rest, again))
        return (rest, again) if len(kept) < len(said) and holds else (answer, verdict)

    def with_written(self, state: State, answer: str, verdict: Verdict) -> tuple[str, Verdict]:
        """An answer that holds, and its check, with what was written where it does not say it; as
        they are where that would not hold."""
        told = with_written(answer, state["goal"], state.get("steps", [])) if verdict.holds else ""
        again = self.verdict(state, told) if told not in ("", answer) else verdict
        return (told, again) if told and again.holds else (answer, verdict)

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
        if denies(answer) and self.owed.cannot_be(state):
            return
        pages = unopened(goal, answer, steps, made_up=bool(verdict.unverified))
        if pages:
            yield "unopened", prompts.UNOPENED.format(addresses=" and ".join(pages), goal=goal)
        part = unseen(goal, answer, steps)
        if part is not None:
            source = " and ".join(source.rsplit(":", 1)[0] for source in part.sources) or "it"
            yield "partial", prompts.PARTIAL.format(source=source, more=part.more, goal=goal)
        if others := untried(self.toolbox, state, answer):
            names = " or ".join(others)
            yield f"{UNTRIED} {names}", prompts.UNTRIED.format(tools=names, goal=goal)
        yield from evades(state, answer)
        if verdict.missing_files:
            yield "missing", prompts.MISSING.format(files=", ".join(verdict.missing_files))
        if left := self.owed.to_change(state):
            yield "unchanged", prompts.STANDS.format(files=" and ".join(left), goal=goal)
        elif verdict.unchanged and not self.owed.changed(steps, or_refused=True):
            yield "unchanged", prompts.UNCHANGED.format(goal=goal)
        yield from stops_short(goal, answer, steps, given(state))
        if verdict.unverified:
            claims = [claim.text for claim in verdict.unverified]
            yield "unverified", prompts.UNVERIFIED.format(claims=standing(claims))
        if verdict.unfounded:
            yield "unverified", prompts.UNFOUNDED
        yield from misses(goal, answer)
        seen = [part for passage in state.get("passages", ()) for part in passage]
        passed = untouched(goal, "\n".join([done(steps, answer), *seen]))
        if passed:
            yield "untouched", prompts.UNTOUCHED.format(names=" and ".join(passed), goal=goal)
        if was_read_off(state, answer):
            yield "uncomputed", prompts.UNCOMPUTED.format(goal=goal)
        left_out = unsaid(goal, answer)
        if left_out:
            yield "unsaid", prompts.UNSAID.format(names=" and ".join(left_out), goal=goal)

    @property
    def owed(self) -> Owed:
        """What the goal wants done that is not done yet."""
        return Owed(self.toolbox, self.exists, self.missing_files)

    def only_verifies(self, state: State, decision: Decision) -> bool:
        """Whether all is made that the goal wants made, and the call would only look at it again,
        be made again, or do what nobody asked for: a tool that writes has said what it wrote."""
        steps = state.get("steps", [])
        if not decision.call or not steps or not self.owed.wrote(steps[-1]):
            return False
        again = earlier(steps, decision.call.key) is not None
        idle = again or invents_work(state["goal"], decision.thought)
        return (idle or self._looks_beyond(state, decision.call)) and not self.owed.lacks(state)

    def _looks_beyond(self, state: State, call: ToolCall) -> bool:
        """Whether a call only looks, and for what neither the goal nor any result speaks of."""
        if set(spec_of(self.toolbox.get(call.tool)).effects) != {Effect.READ}:
            return False
        texts = [name for name, value in call.args.items() if isinstance(value, str)]
        seen = [_brought(step) for step in state.get("steps", []) if not step.remark]
        return bool(groundless(call.args, texts, f"{state['goal']}\n{given(state)}", seen))

    def reads_again(self, state: State, decision: Decision) -> bool:
        """Whether a question is before the first step, and the call would only read a file that
        stands whole in the opening."""
        call = decision.call
        if call is None or call.tool != READS or state.get("steps") or self.owed.lacks(state):
            return False
        return call.args.get("path") in state.get("shown_whole", ())

    def _is_due(self, goal: str, answer: str) -> bool:
        """A change is asked for; or it may be, and the answer says that it was made."""
        return asks_for_change(goal) or (self.may_write and claims_change(answer))


def _says_new(goal: str, answer: str, verdict: Verdict) -> int:
    """How many claims of an answer the goal itself does not hold."""
    known = {
        claim.text for claim in check(answer, given=goal, observations=()).claims if claim.steps
    }
    return sum(claim.text not in known for claim in verdict.claims)


def _brought(step: Step) -> str:
    """What a call brought; where it failed, without what only repeats its arguments."""
    text = step.observation.text
    if step.observation.ok or step.call is None:
        return text
    for value in filter(None, (str(value) for value in step.call.args.values())):
        text = text.replace(value, " ")
    return text


def _was_sent_back(step: Step, tool: str) -> bool:
    return step.remark and step.call is not None and step.call.tool == tool
