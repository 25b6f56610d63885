"""What a goal wants done that is not done yet, and which tools can do it.

Where only a call can bring what lacks, an answer is not offered: a small model takes any way to an
end that stands open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nomoat.agent import prompts
from nomoat.agent.check.evidence import untouched
from nomoat.agent.check.follow_up import tables_to_ask
from nomoat.agent.check.grounds import unread
from nomoat.agent.check.links import known as known_addresses
from nomoat.agent.check.links import none_opens, unopened
from nomoat.agent.check.objections import done
from nomoat.agent.check.untried import Untried, untried
from nomoat.agent.goal.asked import (
    asks_for_change,
    files_named,
    files_to_change,
    wanted_and_forbidden,
    without_addresses,
)
from nomoat.agent.goal.days import no_such_day
from nomoat.agent.own_tools import (
    ASKS_TABLES,
    CALCULATES,
    COMPUTING,
    READS,
    SAVES_ROWS,
    SHOWN_BEFORE,
    TABLE_ENDINGS,
)
from nomoat.agent.state import State, Step
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.toolbox import Toolbox

UNTRIED = "untried"
"""Begins the kind of an objection that names tools to try (`nomoat.agent.check.untried`)."""
_NEED_CALLS = frozenset({"unopened", "partial", "uncomputed", "left standing", "fewer", "most"})
"""Why an answer was sent back, where only a call can bring another."""
_NEED_TABLES = frozenset({"fewer", "most"})
_NEED_WRITING = frozenset({"missing", "unchanged"})
"""The same, where it is the writing that lacks, once something was seen."""


_ABOUT_TEXT = re.compile(
    r"\b(?:change|correct|fix|replace|rename|find|search|which|rows?|lines?|entries|dated|say|says|"
    r"instead)\b",
    re.IGNORECASE,
)
"""A text may well hold a day that no calendar has."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed in one run."""

    toolbox: Toolbox
    exists: Callable[[str], bool]
    """Whether there is a file of this name in the workspace now."""
    missing_files: Callable[[], tuple[str, ...]] = tuple
    """Files the goal asks for that are not there yet."""

    def call_is_due(self, state: State) -> bool:
        """Whether only a call can bring what lacks: after a result, where the goal wants
        something changed and nothing is, and after an answer that was sent back."""
        last = _last(state)
        if last is None or self.answer_is_due(state):
            return False
        if tables_to_ask(state["goal"], state["steps"]):
            return ASKS_TABLES in self.toolbox.names
        if last.found:
            written = sum(map(self.wrote, state["steps"]))
            if written == 1 and self.to_change(state):
                return True  # another file than the one that is to be changed
            return self.lacks(state) and not self.changed(state["steps"], or_refused=True)
        if not last.remark or last.decision.answer is None:
            return last.remark and (self._goes_round(state) or bool(self.to_read(state)))
        needs_call = _reason(state) in _NEED_CALLS or self.to_try(state)
        return bool(needs_call or self.missing_files())

    def answer_is_due(self, state: State) -> bool:
        """Whether only an answer can bring what lacks: it was read already, or the goal cannot be
        reached."""
        last = _last(state)
        if self.cannot_be(state):
            return True
        return last is not None and last.call is None and _reason(state) == "read already"

    def program_is_due(self, state: State) -> bool:
        """Whether a program is asked for: a remark on an answer wants it computed."""
        last = _last(state)
        if last is None or CALCULATES not in self.toolbox.names:
            return False
        return last.remark and last.decision.answer is not None and _reason(state) == "uncomputed"

    def cannot_be(self, state: State) -> str:
        """Why the goal cannot be reached, whatever is called: it wants a file and forbids to write
        any, names a day that no calendar has, or asks about files or pages of which none is there.
        Empty where it may be."""
        goal, absent = state["goal"], state.get("absent", ())
        named = set(files_named(without_addresses(goal)))
        if wanted_and_forbidden(goal):
            return prompts.MAY_NOT_BE
        if (day := no_such_day(goal)) and not _ABOUT_TEXT.search(goal):
            reason = prompts.NO_SUCH_DAY.format(day=day)
            due = asks_for_change(goal)
            return prompts.NOTHING_CHANGED.format(reason=reason) if due else reason
        if absent and set(absent) == named:
            return prompts.IS_NOT_HERE.format(files=" and ".join(absent))
        if not (named or asks_for_change(goal)) and none_opens(goal, state.get("steps", ())):
            return prompts.DOES_NOT_OPEN
        return ""

    def _goes_round(self, state: State) -> bool:
        """Whether a call was only made again, while what the goal wants changed is not."""
        *before, last = state["steps"]
        seen = {step.call.key for step in before if step.found and step.call is not None}
        again = last.call is not None and last.call.key in seen
        return again and self.lacks(state) and not self.changed(before, or_refused=True)

    def to_open(self, state: State) -> tuple[str, ...]:
        """The addresses that were asked to be opened before the answer that was sent back."""
        last = _last(state)
        if last is None or last.decision.answer is None or _reason(state) != "unopened":
            return ()
        return unopened(state["goal"], last.decision.answer, state["steps"], made_up=True)

    def to_read(self, state: State) -> tuple[str, ...]:
        """The texts that were asked to be read before the call that was sent back."""
        last = _last(state)
        if last is None or last.call is None or not last.remark:
            return ()
        if READS not in self.toolbox.names:
            return ()
        shown = [citation for citation, _ in state.get("passages", ())]
        left = unread(last.call, state["goal"], state["steps"][:-1], self.exists, shown)
        return tuple(name for name in left if not name.lower().endswith(TABLE_ENDINGS))

    def to_write(self, state: State) -> tuple[str, ...]:
        """The files that were asked to be made when an answer was sent back last, by name."""
        if _reason(state) != "missing":
            return ()
        return tuple(name for name in self.missing_files() if name in files_named(state["goal"]))

    def to_try(self, state: State) -> Untried:
        """The tools that were asked to be tried before the answer that was sent back."""
        last = _last(state)
        if last is None or last.decision.answer is None or not _reason(state).startswith(UNTRIED):
            return {}
        return untried(self.toolbox, state, last.decision.answer)

    def helpful(self, state: State, names: Sequence[str]) -> Sequence[str]:
        """Of these tools, those that can bring what is owed: to find where a part was read, to
        write where all that the goal names has been looked at. All, where that leaves none."""
        last = state["steps"][-1]
        if self.to_read(state):
            return (READS,)
        if tables_to_ask(state["goal"], state["steps"]) and ASKS_TABLES in self.toolbox.names:
            return (ASKS_TABLES,)
        if SAVES_ROWS in names and self._wants_rows(last):
            return (SAVES_ROWS,)
        if last.call is not None and last.remark:
            left = [name for name in names if self._writes(name)]
        elif others := self.to_try(state):
            left = list(others)
        elif last.decision.answer is not None:
            left = [name for name in names if self._helps(state, name)]
        else:
            known = self._all_is_known(state)
            left = [name for name in names if not known or self._writes(name)]
        return left or names

    def _helps(self, state: State, name: str) -> bool:
        """Whether a tool can bring what the answer lacked that was sent back."""
        reason = _reason(state)
        if reason == "uncomputed":
            return name in COMPUTING
        if reason in _NEED_TABLES:
            return name == ASKS_TABLES
        if reason == "unopened":
            return "url" in self.toolbox.schema(name).get("properties", {})
        if reason in _NEED_WRITING and any(step.found for step in state["steps"]):
            return self._writes(name)
        return reason != "partial" or name not in SHOWN_BEFORE

    def _all_is_known(self, state: State) -> bool:
        """Whether every file and page that the goal names has been looked at."""
        goal, steps = state["goal"], state["steps"]
        there = " ".join(name for name in files_named(goal) if self.exists(name))
        pages = known_addresses(goal, steps)
        opened = "\n".join(step.call.key for step in steps if step.call is not None)
        known = (there or pages) and not untouched(there, done(steps, ""))
        return bool(known) and all(page in opened for page in pages)

    def _wants_rows(self, last: Step) -> bool:
        """Whether a table was asked, and what it gave is wanted in a file of its own."""
        asked = last.found and last.call is not None and last.call.tool == ASKS_TABLES
        return asked and any(name.endswith(TABLE_ENDINGS) for name in self.missing_files())

    def _writes(self, name: str) -> bool:
        return Effect.WRITE in spec_of(self.toolbox.get(name)).effects

    def lacks(self, state: State) -> bool:
        """A file or a change that the goal asks for is not made."""
        changed = self.changed(state.get("steps", []), or_refused=True)
        due = asks_for_change(state["goal"])
        return bool(self.missing_files() or self.to_change(state)) or (due and not changed)

    def to_change(self, state: State) -> tuple[str, ...]:
        """Files that are there, that the goal asks to be changed, and that nothing has changed."""
        goal, steps = state["goal"], state.get("steps", [])
        wanted = [name for name in files_to_change(goal) if self.exists(name)]
        if not wanted or not asks_for_change(goal) or self._refused(steps):
            return ()
        if self.cannot_be(state):
            return ()
        if not self.says_its_files(steps):
            return ()
        touched = {path.rsplit("/", 1)[-1] for s in steps for path in s.observation.files}
        return tuple(name for name in wanted if name.rsplit("/", 1)[-1] not in touched)

    def changed(self, steps: Sequence[Step], or_refused: bool = False) -> bool:
        """Whether a writing tool did its work, or it was not allowed to."""
        return any(map(self.wrote, steps)) or (or_refused and self._refused(steps))

    def says_its_files(self, steps: Sequence[Step]) -> bool:
        """Whether every tool that wrote said which files it changed."""
        return all(step.observation.files for step in steps if self.wrote(step))

    def wrote(self, step: Step) -> bool:
        """Whether a step's call was of a tool that writes or deletes, and did its work."""
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


def _last(state: State) -> Step | None:
    return state["steps"][-1] if state.get("steps") else None


def _reason(state: State) -> str:
    """Why an answer was sent back last; empty where none was."""
    return next(reversed(state.get("objected", ())), "")
