"""A small file that a goal wants changed is written anew as a whole, as an editor would.

In the arguments of a call a small model changes the wrong place, or what only looks like it. Shown
nothing but the goal and the file, and asked for the whole new file in free text, it mostly does
what was meant. What comes back is held against what was there before anything is written: no line
may be lost, changed or added that the goal does not speak of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from nomoat.agent import prompts
from nomoat.agent.aside.aside import Ask
from nomoat.agent.aside.strays import strays, without
from nomoat.agent.check.grounds import groundless
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.goal.asked import (
    asks_for_change,
    files_named,
    files_to_change,
    is_question,
    is_taken_from,
)
from nomoat.agent.goal.orders import without_orders
from nomoat.agent.own_tools import REPLACES, TABLE_ENDINGS
from nomoat.agent.state import State, Step, Usage
from nomoat.agent.trust.contract import Contract
from nomoat.tools.base import Effect
from nomoat.tools.errors import ToolError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.secrets import masked
from nomoat.tools.text import read_whole

LONGEST = 2_500
"""Characters of a file that is written anew; a longer one is changed where it stands."""
BESIDE = 2_000
"""Characters of other files that the goal names and that may say what is to be written."""
DRAFTS = 2
"""Of one file; the second where the first was not what was asked for."""
MOST_STRAYS = 6
"""Lines that an editor is told of, of those it should have left alone."""
_FENCED = re.compile(r"```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_COMPUTED = re.compile(
    r"%|\bper ?cent\b|\bby \d|\b(?:sum|total|average|sort\w*|order|alphabetical\w*|double|halve|"
    r"columns?)\b",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"\b(?:all|every|each)\b", re.IGNORECASE)
_ADDED = re.compile(r"\b(?:add|enter|append|put|insert)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:cop(?:y|ies)|back-?up|duplicate|move|rename)\b", re.IGNORECASE)
"""Is done with a file as it is, before it is changed."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What of a workspace may be written anew in one run, and how."""

    workspace: Workspace
    contract: Contract
    names: Sequence[str] = (REPLACES,)
    """The tools there are."""
    shown: ClassVar = ("path",)
    tokens: ClassVar = 1_200
    held: ClassVar = True

    def due(self, state: State, call: ToolCall | None = None) -> str:
        """The file that is to be written anew next; empty where none is, or a call was decided
        on."""
        if call is not None:
            return ""
        steps, tried = state.get("steps", []), state.get("asides", ())
        touched = {path for step in steps for path in step.observation.files}
        copied = self._copied(state["goal"], steps)
        wanted = dict.fromkeys([*self._wanted(state["goal"], steps), *copied])
        left = (p for p in wanted if p not in tried and (p in copied or p not in touched))
        return next((path for path in left if self._text(path)), "")

    def _copied(self, goal: str, steps: Sequence[Step]) -> tuple[str, ...]:
        """The files that were made in this run as a goal wants them made of others, and that it
        wants changed after that: `Copy a.ini to b.ini, then set the port in b.ini`."""
        if not _FIRST.search(goal) or not self._may(steps):
            return ()
        made = {path for step in steps for path in step.observation.files}
        wanted = (name for name in files_to_change(goal) if name not in self.contract.to_change)
        return tuple(n for n in wanted if n in self.contract.files and n in made)

    def _may(self, steps: Sequence[Step]) -> bool:
        """Whether files may be written at all, and nothing came in between: what a page says does
        not get to an editor."""
        alone = REPLACES in self.names and Effect.NETWORK not in self.contract.effects
        return alone and not any(map(_went_wrong, steps))

    def _wanted(self, goal: str, steps: Sequence[Step]) -> tuple[str, ...]:
        """The files that are there and that the goal asks to be changed, by name."""
        contract = self.contract
        if not (contract.changes and asks_for_change(goal) and self._may(steps)):
            return ()
        named = contract.to_change or tuple(n for n in files_named(goal) if n in contract.files)
        there = tuple(filter(self.workspace.exists, named))
        makes = not all(map(self.workspace.exists, files_named(goal)))
        if not contract.to_change and (
            makes or is_question(goal) or contract.removes or contract.moves
        ):
            return ()  # another file is made of it, it is only looked into, or it goes itself
        if _FIRST.search(goal) and not any(step.observation.files for step in steps):
            return ()
        return tuple(name for name in there if not _is_computed(name, goal))

    def _text(self, path: str) -> str:
        """What a file holds that can be written anew; empty where it cannot: what is left out
        elsewhere, as it speaks to programs like this one, is not put through the model."""
        text = self._read(path)
        return text if without_orders(text) == text else ""

    def _read(self, path: str) -> str:
        """What a file holds; empty where that is too much, no text, or holds a secret."""
        try:
            if self.workspace.stat(path).size > 4 * LONGEST:
                return ""
            text = read_whole(self.workspace, path).text
        except ToolError:
            return ""
        return text if len(text) <= LONGEST and masked(text) == text else ""

    def messages(self, state: State, path: str, *, strikes: bool) -> list[BaseMessage]:
        """What an editor is told of a file: what else the goal names, the file, and the goal.

        `strikes`: only the lines that go are asked for, and not the whole new file.
        """
        goal, beside = state["goal"], list(self._beside(state, path))
        system = prompts.STRIKER if strikes else prompts.EDITOR
        form = prompts.STRIKE if strikes else prompts.EDIT
        text = form.format(path=path, text=self._text(path).rstrip("\n"), goal=goal)
        return [SystemMessage(system), HumanMessage("\n\n".join([*beside, text]))]

    def _beside(self, state: State, path: str) -> Iterator[str]:
        """Other files that the goal names, and results so far, as far as there is room."""
        room = BESIDE
        others = [name for name in files_named(state["goal"]) if name != path]
        texts = [f"{name}:\n{text}" for name in others if (text := self._source(name))]
        texts += [step.observation.text for step in state.get("steps", []) if step.found]
        for text in map(without_orders, texts):
            if len(text) > room:
                return
            room -= len(text)
            yield text

    def _source(self, name: str) -> str:
        """A file that only says what is to be written; one that is changed itself says nothing."""
        to_change = self.contract.to_change
        return self._read(name) if to_change and name not in to_change else ""

    def written(self, state: State, what: str, ask: Ask) -> tuple[Decision, Usage]:
        """What an editor makes of the file `what`, and what it cost; no call where that is not to
        be written."""
        path, usage = what, Usage()
        strikes = is_taken_from(state["goal"], path)
        messages = self.messages(state, path, strikes=strikes)
        for _ in range(DRAFTS):
            draft = ask(messages)
            read = self.read(state, path, draft.text, strikes=strikes)
            usage += draft.usage
            if isinstance(read, Decision):
                return read, usage
            if strikes:
                strikes, messages = False, self.messages(state, path, strikes=False)
            elif read:
                messages = [*messages, prompts.spoken(draft), HumanMessage(read)]
            else:
                break
        return Decision(""), usage

    def read(self, state: State, path: str, said: str, *, strikes: bool = False) -> Decision | str:
        """The call that writes what an editor wrote; where that is not to be written, what the
        editor is told, or nothing."""
        goal, before, found = state["goal"], self._text(path), _FENCED.search(said)
        if found is None or not before:
            return ""
        after = without(before, found[1]) if strikes else _ended_as(before, found[1])
        if after == before:
            return prompts.AS_IT_WAS.format(path=path, goal=goal)
        beside = "\n".join(self._beside(state, path))
        if lost := strays(before, after, goal, beside):
            return prompts.STRAYS.format(path=path, lines="\n".join(lost[:MOST_STRAYS]))
        call = ToolCall(REPLACES, {"path": path, "content": after})
        if groundless(call.args, ("content",), f"{goal}\n{beside}\n{before}", ()):
            return ""
        return Decision(prompts.REWRITTEN.format(path=path), call)


def _ended_as(before: str, text: str) -> str:
    """A text that ends as the one before it: with as many ends of lines."""
    return text.rstrip("\n") + before[len(before.rstrip("\n")) :]


def _is_computed(name: str, goal: str) -> bool:
    """Whether a table is asked for what SQL does better: something of all its rows, or numbers that
    have to be computed."""
    if not name.lower().endswith(TABLE_ENDINGS):
        return False
    of_all = _OF_ALL.search(goal) is not None and _ADDED.search(goal) is None
    return of_all or _COMPUTED.search(goal) is not None


def _went_wrong(step: Step) -> bool:
    """Whether a call that writes was refused, or the goal was looked at from another side."""
    return step.person or step.observation.error_kind == "approval"
