"""What a question asks for: its words, its times, and what kind of answer it wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from nomoat.memory.periods import Period, periods

_STOP = frozenset(
    """a about after all also am an and any are as at be been before being but by can could did do
    does doing done during each for from had has have having he her here hers him his how i if in
    into is it its just like many may me might mine more most much must my no nor not of on or our
    ours out over own please shall she should so some such tell than that the their theirs them
    then there these they this those to too under until up us very was we were what when where
    which while who whom whose why will with would you your yours list show find give according
    documents document""".split()
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$")
_WHEN = re.compile(
    r"\bwhen\b|\b(?:what|which)\s+(?:date|day|month|year|time)\b|\bhow\s+(?:long|recently)\b"
    r"|\bdeadline\b|\bdue\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\bhow\s+(?:many|much|often|long|old|far|big|large|high|tall|heavy|fast)\b"
    r"|\bwhat\s+(?:is|was|are|were)\s+the\s+(?:price|cost|number|amount|total|size|rate|fee)\b",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"^\s*(?:list|enumerate|name)\b|\b(?:list|find|show|name|give\s+me)\s+(?:me\s+)?(?:all|every)\b"
    r"|\b(?:what|which)\s+are\s+all\b|\ball\s+(?:of\s+)?(?:the|my|our)\b|\bevery\s+\w+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Query:
    """A question, understood."""

    text: str
    words: tuple[str, ...]
    """Lower case, each once, without those that every text has."""
    periods: tuple[Period, ...] = ()
    asks_when: bool = False
    asks_number: bool = False
    wants_all: bool = False


def understand(text: str, today: date | None = None) -> Query:
    """Read a question. `today` gives "last week" its meaning."""
    said = [_POSSESSIVE.sub("", word.lower()) for word in _WORD.findall(text)]
    words = tuple(dict.fromkeys(word for word in said if word and word not in _STOP))
    return Query(
        text,
        words or tuple(dict.fromkeys(said)),
        periods(text, today),
        asks_when=bool(_WHEN.search(text)),
        asks_number=bool(_NUMBER.search(text)),
        wants_all=bool(_ALL.search(text)),
    )
