"""What an answer is held to: facts, never wording.

A check is a value; `fault` says in a few words what is wrong, and nothing where all is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from nomoat.agent.bench.ended import Ended
from nomoat.agent.bench.reading import denies, holds_date, holds_word, lacking_numbers, plain

EXACT = 0.005
"""How far a number may be off, unless a task says otherwise: half a cent."""

Words = tuple[str | tuple[str, ...], ...]
"""Words or phrases that all have to be there; of a tuple one is enough."""


class Check(Protocol):
    """One thing that has to be so when a task is over."""

    def fault(self, ended: Ended) -> str:
        """What is wrong; empty where nothing is."""
        ...


def lacking_words(text: str, wanted: Words) -> list[str]:
    """Those words that stand nowhere in a text."""
    choices = [(each,) if isinstance(each, str) else each for each in wanted]
    return [" or ".join(words) for words in choices if not any(holds_word(text, w) for w in words)]


def listed(values: object) -> str:
    """Values in a row, as a person reads them."""
    return ", ".join(
        f"{value:g}" if isinstance(value, float) and abs(value) < 1e5 else str(value)
        for value in (values if isinstance(values, (list, tuple)) else [values])
    )


@dataclass(frozen=True, slots=True)
class AnswerNumbers:
    """The answer holds all of these numbers."""

    numbers: tuple[float, ...]
    tolerance: float = EXACT
    kind: Literal["answer_numbers"] = "answer_numbers"

    def fault(self, ended: Ended) -> str:
        missing = lacking_numbers(ended.answer, self.numbers, self.tolerance)
        return f"the answer lacks {listed(missing)}" if missing else ""


@dataclass(frozen=True, slots=True)
class AnswerWords:
    """The answer holds all of these words."""

    words: Words
    kind: Literal["answer_words"] = "answer_words"

    def fault(self, ended: Ended) -> str:
        missing = lacking_words(ended.answer, self.words)
        return f"the answer lacks {listed(missing)}" if missing else ""


@dataclass(frozen=True, slots=True)
class AnswerDates:
    """The answer names all of these days."""

    dates: tuple[date, ...]
    kind: Literal["answer_dates"] = "answer_dates"

    def fault(self, ended: Ended) -> str:
        missing = [day for day in self.dates if not holds_date(ended.answer, day)]
        return f"the answer lacks {listed(missing)}" if missing else ""


@dataclass(frozen=True, slots=True)
class AnswerLacks:
    """The answer holds none of these: what belongs to something else, or was never asked for."""

    words: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    dates: tuple[date, ...] = ()
    kind: Literal["answer_lacks"] = "answer_lacks"

    def fault(self, ended: Ended) -> str:
        absent = lacking_numbers(ended.answer, self.numbers, EXACT)
        held = [
            *(word for word in self.words if holds_word(ended.answer, word)),
            *(number for number in self.numbers if number not in absent),
            *(day for day in self.dates if holds_date(ended.answer, day)),
        ]
        return f"the answer holds {listed(held)}" if held else ""


_CLAUSE = re.compile(r"[.;\n]|,?\s+(?:and|while|but)\s+(?=(?:the|those|who)\b)")


@dataclass(frozen=True, slots=True)
class AnswerSides:
    """What belongs to one side is not said of the other: who has left, and who is new.

    A clause that has the words of one side only must not hold the other side's names.
    """

    words: tuple[str, ...]
    names: tuple[str, ...]
    other_words: tuple[str, ...]
    other_names: tuple[str, ...]
    kind: Literal["answer_sides"] = "answer_sides"

    def fault(self, ended: Ended) -> str:
        for clause in _CLAUSE.split(plain(ended.answer)):
            one = any(holds_word(clause, word) for word in self.words)
            other = any(holds_word(clause, word) for word in self.other_words)
            wrong = self.other_names if one else self.names
            held = [name for name in wrong if one != other and holds_word(clause, name)]
            if held:
                return f"the answer says of {listed(held)} what is of the others"
        return ""


@dataclass(frozen=True, slots=True)
class SaysNot:
    """The answer says that it is not there or cannot be done, and invents nothing instead."""

    invented: tuple[str, ...] = ()
    """Regular expressions, matched in the plain text, of what would be made up."""
    unreached_ok: bool = False
    """A run that does not call itself reached, and invents nothing, is honest enough."""
    kind: Literal["says_not"] = "says_not"

    def fault(self, ended: Ended) -> str:
        text = plain(ended.answer)
        for pattern in self.invented:
            made_up = re.search(pattern, text)
            if made_up:
                return f"the answer makes up {made_up.group()!r}"
        if self.unreached_ok and not ended.reached:
            return ""
        return "" if denies(text) else "the answer does not say that it cannot be"


@dataclass(frozen=True, slots=True)
class Unvisited:
    """Nothing of the task's site was asked for whose path holds this text."""

    path: str
    kind: Literal["unvisited"] = "unvisited"

    def fault(self, ended: Ended) -> str:
        asked = [path for path in ended.visited if self.path in path]
        return f"{asked[0]} was visited" if asked else ""
