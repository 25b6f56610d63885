"""Does a call rest on something, and does an answer hold? By code, never by the model.

What is missing is told to the model once; an answer that still does not hold is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from nomoat.agent import prompts
from nomoat.agent.asked import (
    asks_for_change,
    asks_how_many,
    files_named,
    files_to_change,
)
from nomoat.agent.changes_said import changes_not_made
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.evidence import (
    Verdict,
    check,
    claims_change,
    lacks_name,
    lacks_number,
    rests_on_nothing,
    unsaid,
    untouched,
)
from nomoat.agent.follow_up import facts_left_out, invents_work, tables_to_ask
from nomoat.agent.grounds import groundless, is_an_error, is_blank, replaces_unread, unread
from nomoat.agent.links import known as known_addresses
from nomoat.agent.links import unopened
from nomoat.agent.objections import (
    done,
    evades,
    given,
    leaves_open,
    standing,
    stops_short,
    unseen,
    was_read_off,
)
from nomoat.agent.own_tools import (
    ASKS_TABLES,
    COMPUTING,
    SAVES_ROWS,
    SHOWN_BEFORE,
    TABLE_ENDINGS,
)
from nomoat.agent.state import State, Step
from nomoat.agent.untried import Untried, untried
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.toolbox import Toolbox

OBJECTIONS = 3
"""Answers of one run that are sent back, each for another reason."""
_UNTRIED = "untried"
_NEED_CALLS = frozenset({"unopened", "partial", "uncomputed", "left standing"})
"""Why an answer was sent back, where only a call can bring another."""


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
        return groundless(call.args, names, f"{state['goal']}\n{given(state)}", seen)

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
        if (left := facts_left_out(call, goal, steps)) and not before:
            yield prompts.LEFT_OUT.format(facts=" and ".join(left))
        if unseen := unread(call, goal, steps, self.exists, shown):
            yield prompts.LOOK_FIRST.format(files=" and ".join(unseen))
        if replaced := replaces_unread(call, steps, self.exists, shown):
            yield prompts.UNREAD.format(path=replaced)
        if claims and not before:
            yield prompts.GROUNDLESS.format(tool=call.tool, claims=standing(claims))

    # -- an answer ---------------------------------------------------------------------------

    def verdict(self, state: State, answer: str) -> Verdict:
        """What an answer rests on, and what of the goal is not done."""
        goal, steps = state["goal"], state.get("steps", [])
        looked = [(s.n, s.observation.text) for s in steps if not s.remark and not s.groundless]
        verdict = check(
            answer,
            given=f"{goal}\n{given(state)}",
            observations=looked,
            missing_files=self.missing_files(),
            counted=asks_how_many(goal),
            unchanged=(self._is_due(goal, answer) and not self.changed(steps))
            or bool(self._to_change(state)),
        )
        changed = any(step.observation.files for step in steps)
        unfounded = not changed and rests_on_nothing(goal, answer, verdict, looked, given(state))
        files = [path for step in steps for path in step.observation.files]
        untrue = changes_not_made(answer, files) if self._says_its_files(steps) else ()
        claims = (*verdict.claims, *untrue)
        open_ = leaves_open(state, answer)
        return replace(verdict, claims=claims, unfounded=unfounded, open=open_)

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
        part = unseen(goal, answer, steps)
        if part is not None:
            source = " and ".join(source.rsplit(":", 1)[0] for source in part.sources) or "it"
            yield "partial", prompts.PARTIAL.format(source=source, more=part.more, goal=goal)
        if others := untried(self.toolbox, state, answer):
            names = " or ".join(others)
            yield f"{_UNTRIED} {names}", prompts.UNTRIED.format(tools=names, goal=goal)
        yield from evades(state, answer)
        if verdict.missing_files:
            yield "missing", prompts.MISSING.format(files=", ".join(verdict.missing_files))
        if left := self._to_change(state):
            yield "unchanged", prompts.STANDS.format(files=" and ".join(left), goal=goal)
        elif verdict.unchanged and not self.changed(steps, or_refused=True):
            yield "unchanged", prompts.UNCHANGED.format(goal=goal)
        yield from stops_short(goal, answer, steps)
        if verdict.unverified:
            claims = [claim.text for claim in verdict.unverified]
            yield "unverified", prompts.UNVERIFIED.format(claims=standing(claims))
        if verdict.unfounded:
            yield "unverified", prompts.UNFOUNDED
        if lacks_number(goal, answer) or lacks_name(goal, answer):
            yield "open", prompts.OPEN.format(goal=goal)
        if was_read_off(state, answer):
            yield "uncomputed", prompts.UNCOMPUTED.format(goal=goal)
        passed = untouched(goal, done(steps, answer))
        if passed:
            yield "untouched", prompts.UNTOUCHED.format(names=" and ".join(passed), goal=goal)
        left_out = unsaid(goal, answer)
        if left_out:
            yield "unsaid", prompts.UNSAID.format(names=" and ".join(left_out), goal=goal)

    def owes(self, state: State) -> bool:
        """Whether only a call can bring what lacks: after a result, where the goal wants
        something changed and nothing is, and after an answer that was sent back."""
        last = state["steps"][-1] if state.get("steps") else None
        if last is None:
            return False
        if tables_to_ask(state["goal"], last):
            return ASKS_TABLES in self.toolbox.names
        if last.found:
            written = sum(map(self._wrote, state["steps"]))
            if written == 1 and self._to_change(state):
                return True  # another file than the one that is to be changed
            return self.lacks(state) and not self.changed(state["steps"], or_refused=True)
        if not last.remark or last.decision.answer is None:
            return last.remark and self._goes_round(state)
        needs_call = _reason(state) in _NEED_CALLS or self.to_try(state)
        return bool(needs_call or self.missing_files())

    def _goes_round(self, state: State) -> bool:
        """Whether a call was only made again, while what the goal wants changed is not."""
        *before, last = state["steps"]
        seen = {step.call.key for step in before if step.found and step.call is not None}
        again = last.call is not None and last.call.key in seen
        return again and self.lacks(state) and not self.changed(before, or_refused=True)

    def to_open(self, state: State) -> tuple[str, ...]:
        """The addresses that were asked to be opened before the answer that was sent back."""
        last = state["steps"][-1] if state.get("steps") else None
        if last is None or last.decision.answer is None or _reason(state) != "unopened":
            return ()
        return unopened(state["goal"], last.decision.answer, state["steps"], made_up=True)

    def to_try(self, state: State) -> Untried:
        """The tools that were asked to be tried before the answer that was sent back."""
        last = state["steps"][-1] if state.get("steps") else None
        if last is None or last.decision.answer is None or not _reason(state).startswith(_UNTRIED):
            return {}
        return untried(self.toolbox, state, last.decision.answer)

    def helpful(self, state: State, names: Sequence[str]) -> Sequence[str]:
        """Of these tools, those that can bring what is owed: to find where a part was read, to
        write where all that the goal names has been looked at. All, where that leaves none."""
        goal, steps = state["goal"], state["steps"]
        last = steps[-1]
        if tables_to_ask(goal, last) and ASKS_TABLES in self.toolbox.names:
            return (ASKS_TABLES,)
        if SAVES_ROWS in names and self._wants_rows(last):
            return (SAVES_ROWS,)
        if last.call is not None and last.remark:
            left = [name for name in names if self._writes(name)]
        elif self.to_try(state):
            left = list(self.to_try(state))
        elif last.decision.answer is not None:
            left = [name for name in names if _helps(_reason(state), name)]
        else:
            seen = done(steps, "")
            there = " ".join(name for name in files_named(goal) if self.exists(name))
            pages = known_addresses(goal, steps)
            opened = "\n".join(step.call.key for step in steps if step.call is not None)
            known = (there or pages) and not untouched(there, seen)
            known = known and all(page in opened for page in pages)
            left = [n for n in names if not known or self._writes(n)]
        return left or names

    def _wants_rows(self, last: Step) -> bool:
        """Whether a table was asked, and what it gave is wanted in a file of its own."""
        asked = last.found and last.call is not None and last.call.tool == ASKS_TABLES
        return asked and any(name.endswith(TABLE_ENDINGS) for name in self.missing_files())

    def _writes(self, name: str) -> bool:
        return Effect.WRITE in spec_of(self.toolbox.get(name)).effects

    def only_verifies(self, state: State, decision: Decision) -> bool:
        """Whether all is made that the goal wants made, and the call would only look at it again,
        or do what nobody asked for: a tool that writes has said itself what it wrote."""
        steps = state.get("steps", [])
        if not decision.call or not steps or not steps[-1].observation.files or self.lacks(state):
            return False
        return invents_work(state["goal"], decision.thought)

    def lacks(self, state: State) -> bool:
        """A file or a change that the goal asks for is not made."""
        changed = self.changed(state.get("steps", []), or_refused=True)
        due = asks_for_change(state["goal"])
        return bool(self.missing_files() or self._to_change(state)) or (due and not changed)

    def _to_change(self, state: State) -> tuple[str, ...]:
        """Files that are there, that the goal asks to be changed, and that nothing has changed."""
        goal, steps = state["goal"], state.get("steps", [])
        wanted = [name for name in files_to_change(goal) if self.exists(name)]
        if not wanted or not asks_for_change(goal) or self._refused(steps):
            return ()
        if not self._says_its_files(steps):
            return ()
        touched = {path.rsplit("/", 1)[-1] for s in steps for path in s.observation.files}
        return tuple(name for name in wanted if name.rsplit("/", 1)[-1] not in touched)

    def _is_due(self, goal: str, answer: str) -> bool:
        """A change is asked for; or it may be, and the answer says that it was made."""
        return asks_for_change(goal) or (self.may_write and claims_change(answer))

    def changed(self, steps: Sequence[Step], or_refused: bool = False) -> bool:
        """Whether a writing tool did its work, or it was not allowed to."""
        return any(map(self._wrote, steps)) or (or_refused and self._refused(steps))

    def _says_its_files(self, steps: Sequence[Step]) -> bool:
        """Whether every tool that wrote said which files it changed."""
        return all(step.observation.files for step in steps if self._wrote(step))

    def _wrote(self, step: Step) -> bool:
        if not step.found or step.call is None or step.call.tool not in self.toolbox.names:
            return False
        return self._writes(step.call.tool)

    def _refused(self, steps: Sequence[Step]) -> bool:
        """Whether a writing tool was not allowed to do its work."""
        return any(
            step.call is not None
            and step.observation.error_kind == "approval"
            and self._writes(step.call.tool)
            for step in steps
        )


def _was_sent_back(step: Step, tool: str) -> bool:
    return step.remark and step.call is not None and step.call.tool == tool


def _helps(reason: str, name: str) -> bool:
    """Whether a tool can bring what an answer lacked."""
    if reason == "uncomputed":
        return name in COMPUTING
    return reason != "partial" or name not in SHOWN_BEFORE


def _reason(state: State) -> str:
    """Why an answer was sent back last; empty where none was."""
    return next(reversed(state.get("objected", ())), "")
