"""How well a chunk answers a question: a weighted sum of few signals, each readable by itself.

The weights were fitted on five dialogues, cross-validated over them, and looked at on pages of
several kinds; docs/memory.md has the figures, and what they do not show.
"""

from __future__ import annotations

import math
import re
from operator import mul
from typing import NamedTuple

from nomoat.memory.document import Chunk
from nomoat.memory.query import Query

_LABEL = re.compile(r"\s*([^\W\d_][\w .'’-]{0,39}):\s")
_TIME = re.compile(
    r"\b(?:\d{4}|\d{1,2}[:./-]\d\d|yesterday|today|tomorrow|tonight|last|next|ago|since|until|recently"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thurs?|fri|sat|sun"
    r"|(?:day|week|weekend|month|year)s?|spring|summer|autumn|winter"
    r"|january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|once|twice|couple"
    r"|dozen|hundred|thousand|few)\b",
    re.IGNORECASE,
)
_WORDS_ENOUGH = 20
"""A chunk of more words is not for that a better one."""
_SHORTEST_NAME = 3


class Signals(NamedTuple):
    """What speaks for a chunk; as weights: what each of them is worth."""

    vector: float = 0.0
    """Cosine of question and chunk."""
    before: float = 0.0
    """Cosine of question and the chunk before it."""
    after: float = 0.0
    """Cosine of question and the chunk after it."""
    words: float = 0.0
    """Coverage of the question's words, 0 to 1."""
    label: float = 0.0
    """1 when the chunk starts with a label that the question names: a speaker, a field."""
    period: float = 0.0
    """How well its date fits the times in the question, 0 to 2."""
    when: float = 0.0
    """1 when the question asks for a time and the chunk speaks of one."""
    number: float = 0.0
    """1 when the question asks for a number and the chunk has one."""
    asks: float = 0.0
    """1 when the chunk ends with a question: it seldom holds an answer."""
    length: float = 0.0
    """Logarithm of its words, up to a point: a greeting holds no answer either."""

    def dot(self, weights: Signals) -> float:
        """The weighted sum."""
        return float(sum(map(mul, self, weights)))


WEIGHTS = Signals(
    vector=5.8,
    before=3.8,
    after=1.4,
    words=8.0,
    label=2.8,
    period=2.8,
    when=2.4,
    number=1.2,
    asks=-0.5,
    length=0.8,
)


def of_text(query: Query, chunk: Chunk) -> dict[str, float]:
    """The signals that are read off a chunk's text and date, by name."""
    text = chunk.text
    return {
        "label": float(_is_labelled(query, text)),
        "period": max((period.match(chunk.date) for period in query.periods), default=0.0),
        "when": float(query.asks_when and bool(_TIME.search(text))),
        "number": float(query.asks_number and bool(_NUMBER.search(text))),
        "asks": float(text.rstrip().endswith("?")),
        "length": math.log1p(min(len(text.split()), _WORDS_ENOUGH)),
    }


def _is_labelled(query: Query, text: str) -> bool:
    found = _LABEL.match(text)
    if not found:
        return False
    names = [name for name in found[1].lower().split() if len(name) >= _SHORTEST_NAME]
    return any(
        word == name or (len(word) >= _SHORTEST_NAME and name.startswith(word))
        for word in query.words
        for name in names
    )
