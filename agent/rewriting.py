"""A small file that a goal wants changed is written anew as a whole, as an editor would.

In the arguments of a call a small model changes the wrong place, or what only looks like it. Shown
nothing but the goal and the file, and asked for the whole new file in free text, it mostly does
what was meant. What comes back is held against what was there before anything is written: no line
may be lost, changed or added that the goal does not speak of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from nomoat.agent import prompts
from nomoat.agent.asked import asks_for_change, files_named, files_to_change, is_taken_from
from nomoat.agent.contract import Contract
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.grounds import groundless
from nomoat.agent.orders import without_orders
from nomoat.agent.own_tools import REPLACES, TABLE_ENDINGS
from nomoat.agent.questions import is_question
from nomoat.agent.state import Said, State, Step, Usage
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
SAME_LINE = 0.5
"""How alike two lines are of which one is the other, changed."""
_FENCED = re.compile(r"```[^\n]*\n(.*?)^```", re.DOTALL | re.MULTILINE)
_WORDS = re.compile(r"[^\W\d_]{3,}|\d+")
STEM = 4

_COMPUTED = re.compile(
    r"%|\bper ?cent\b|\bby \d|\b(?:sum|total|average|sort\w*|order|alphabetical\w*|double|halve|"
    r"columns?)\b",
    re.IGNORECASE,
)
_OF_ALL = re.compile(r"\b(?:all|every|each)\b", re.IGNORECASE)
_ADDED = re.compile(r"\b(?:add|enter|append|put|insert)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:cop(?:y|ies)|back-?up|duplicate|move|rename)\b", re.IGNORECASE)
"""Is done with a file as it is, before it is changed."""
_ORDERS = re.compile(
    r"\b(?:sort|order|mov|swap|switch|revers|alphabet|top|first|last|before|after|above|below)\w*",
    re.IGNORECASE,
)
"""Speaks of where lines stand."""
_TAKES_AWAY = re.compile(
    r"\b(?:remov|delet|tak|took|strik|struck|drop|cross|cut|throw|get rid|erase|clear|cancel|off|"
    r"out|without|no longer|not any more|done|bought|got|left|leaves|gone|replac|instead|rewrit|"
    r"short|swap|merg|chang|correct)\w*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What of a workspace may be written anew in one run, and how."""

    workspace: Workspace
    contract: Contract
    names: Sequence[str] = (REPLACES,)
    """The tools there are."""

    def due(self, state: State) -> str:
        """The file that is to be written anew next; empty where none is."""
        steps, tried = state.get("steps", []), state.get("rewritten", ())
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
        there = tuple(name for name in named if self.workspace.exists(name))
        makes = set(files_named(goal)) - {n for n in files_named(goal) if self._exists(n)}
        if not contract.to_change and (
            makes or is_question(goal) or contract.removes or contract.moves
        ):
            return ()  # another file is made of it, it is only looked into, or it goes itself
        if _FIRST.search(goal) and not any(step.observation.files for step in steps):
            return ()
        return tuple(name for name in there if not _is_computed(name, goal))

    def _exists(self, name: str) -> bool:
        return self.workspace.exists(name)

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
        if name in self.contract.to_change or not self._exists(name):
            return ""
        return self._read(name) if self.contract.to_change else ""

    def written(
        self, state: State, path: str, ask: Callable[[list[BaseMessage]], Said]
    ) -> tuple[Decision, Usage]:
        """What an editor makes of a file, and what it cost; no call where that is not to be
        written."""
        strikes, usage = is_taken_from(state["goal"], path), Usage()
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


def without(text: str, lines: str) -> str:
    """A text without these lines of it; as it was where one of them is none, or all would go."""
    gone = {line.strip() for line in lines.splitlines() if line.strip()}
    if any(count > 1 and line in gone for line, count in Counter(_lines(text)).items()):
        return text  # which of them is meant, only the whole file tells
    left = [line for line in text.splitlines(keepends=True) if line.strip() not in gone]
    return "".join(left) if gone <= {*_lines(text)} and any(map(str.strip, left)) else text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def strays(before: str, after: str, goal: str, beside: str = "") -> tuple[str, ...]:
    """Lines that were lost, changed or added, and of which the goal does not speak. What is added
    may also be spoken of in the texts `beside` it, which say what is to be written."""
    old, new = before.splitlines(), after.splitlines()
    wanted, known = _stems(goal), _stems(f"{goal}\n{beside}")
    found, gone = [], []
    for _tag, a, b, c, d in _changes(old, new):
        left = [line for line in new[c:d] if line.strip() and line not in old]
        for line in old[a:b]:
            if not line.strip() or line in new:
                continue
            now = max(left, key=lambda other: _alike(line, other), default="")
            if not now or _alike(line, now) < SAME_LINE:
                gone.append(line)
                continue
            left.remove(now)
            if not wanted & _stems(f"{line} {now}"):
                found.append(line)
        found += [line for line in left if not known & _stems(line)]
    found += _misplaced(old, new, goal)
    return (*found, *_not_meant(gone, sum(map(bool, map(str.strip, old))), goal))


def _misplaced(old: Sequence[str], new: Sequence[str], goal: str) -> list[str]:
    """Lines that stand in another order than before, or more or less often, and of which the goal
    does not speak."""
    was, now = Counter(filter(str.strip, old)), Counter(filter(str.strip, new))
    wanted = _stems(goal)
    count = [n for n in was if now[n] and now[n] != was[n] and not wanted & _stems(n)]
    once = [line for line in old if was[line] == 1 == now[line]]
    held = {*once}
    after = [line for line in new if line in held]
    moved = [] if _ORDERS.search(goal) else [a for a, b in zip(once, after, strict=True) if a != b]
    return [*count, *moved]


def _not_meant(gone: Sequence[str], of: int, goal: str) -> list[str]:
    """Of the lines that went, of so many that there were, those the goal does not mean: it takes
    nothing away, it leaves most, it does not speak of them, or more of another one that holds all
    the same words."""
    wanted = _stems(goal)
    said = {line: wanted & _stems(line) for line in gone}
    if _TAKES_AWAY.search(goal) is None or 2 * len(gone) > of:
        return list(gone)
    return [line for line in gone if not said[line] or any(said[line] < o for o in said.values())]


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    matched = SequenceMatcher(None, old, new, autojunk=False)
    return (code for code in matched.get_opcodes() if code[0] != "equal")


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _stems(text: str) -> frozenset[str]:
    """Its words as far as they tell it, however they are inflected, and its numbers."""
    return frozenset(
        word[:STEM].casefold() for word in _WORDS.findall(text) if word.casefold() not in _COMMON
    )


_COMMON = frozenset(
    "the and for from with that this into have has was were are you your our please pls add".split()
)


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
