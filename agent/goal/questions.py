"""What a goal asks, read from its words: which kind of answer, and how many things."""

from __future__ import annotations

import re

from nomoat.agent.goal.asked import KINDS, is_question, without_addresses
from nomoat.agent.goal.figures import numbers_in

_NUMBER_ASKED = re.compile(
    r"\bhow (?:many|much|often|old|long|far|big|high|tall|heavy)\b|"
    r"\b(?:number|phone|price|cost|date|percent|average|sum|total)\b|%|"
    r"\bwhat (?:do|does|will|would|must|should)\b[^.?!]*\bpay\b",
    re.IGNORECASE,
)


def asks_for_number(goal: str) -> bool:
    """Whether it asks for a number of any kind."""
    return is_question(goal) and _NUMBER_ASKED.search(goal) is not None


_PHONE = re.compile(
    r"\b(?:phone|telephone|mobile)\s+number\b|"
    r"\b(?:which|what)\s+number\b[^.?!]*\b(?:call|ring|dial|phone)\b",
    re.IGNORECASE,
)


def asks_for_phone(goal: str) -> bool:
    """Whether it asks for the number of a telephone."""
    return is_question(goal) and _PHONE.search(goal) is not None


_WHO = re.compile(
    r"(?:^|[.?!,:;]\s+|\band\s+)who(?:se)?\s+(?!to\b)\w+|\bwhich (?:firm|company|person)\b",
    re.IGNORECASE,
)


def asks_who(goal: str) -> bool:
    """Whether it asks for the name of somebody."""
    return _WHO.search(goal) is not None


_RELATIVE = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow|now|nowadays|currently|ago|so far|until|till|since)\b|"
    r"\b(?:this|last|next|past|current|coming|previous)\s+(?:year|month|week|quarter|season|summer|"
    r"winter|spring|autumn|fall|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|"
    r"\bhow old\b",
    re.IGNORECASE,
)


def speaks_of_now(goal: str) -> bool:
    """Whether it can only be understood by who knows which day it is."""
    return _RELATIVE.search(goal) is not None


_PERCENT = re.compile(
    r"\bin per ?cent\b|\bpercentage\b|\b(?:what|which|how many) (?:share|per ?cent)\b",
    re.IGNORECASE,
)


def asks_for_percent(goal: str) -> bool:
    """Whether it asks for a share, in percent."""
    return _PERCENT.search(goal) is not None


_AVERAGE = re.compile(r"\b(?:on average|the (?:\w+ ){0,2}?(?:average|mean))\b", re.IGNORECASE)


def asks_for_average(goal: str) -> bool:
    """Whether it asks for an average, which seldom stands anywhere."""
    return is_question(goal) and _AVERAGE.search(goal) is not None


_HOW_MANY = re.compile(r"\bhow (?:many|often|much)\b", re.IGNORECASE)


def asks_how_many(goal: str) -> bool:
    """Whether it asks for a number that may be said in words."""
    return _HOW_MANY.search(goal) is not None


_VERB = r"(?:did|do|does|is|are|was|were|will|would|can|could|must|has|have|should|may|shall)"
_NO_TIME = r"(?!\s+(?:zone|frame|period|span|limit|of year))"
_WHEN = re.compile(
    rf"\b(?:until|till|since|by|from)\s+when\b|(?:^|[.?!,;:]\s+|\band\s+)when\s+{_VERB}\b|"
    rf"\b(?:what|which)\s+(?:date|day|time)\b{_NO_TIME}",
    re.IGNORECASE,
)
_CLOCK = re.compile(rf"\b(?:what|which)\s+time\b{_NO_TIME}", re.IGNORECASE)
_COST = re.compile(
    r"\b(?:pay|cost|costs|price|prices|fares?|fees?|charges?|tickets?|afford|cheap\w*|"
    r"how much (?:is|are|for))\b",
    re.IGNORECASE,
)


def asks_for_clock(goal: str) -> bool:
    """Whether it asks for the time of a day, and a day alone is no answer."""
    return is_question(goal) and _CLOCK.search(goal) is not None


def asks_for_cost(goal: str) -> bool:
    """Whether it asks what something costs."""
    return is_question(goal) and _COST.search(goal) is not None


def asks_when(goal: str) -> bool:
    """Whether it asks for a date or a time, and not only how long."""
    return _WHEN.search(goal) is not None


_ONE = re.compile(r"\bone\b", re.IGNORECASE)
"""Seldom a number: `the extra one`."""


def operands(goal: str) -> int:
    """How many numbers it gives to compute with; the same one twice (`2 + 2`) counts twice."""
    counted = len(numbers_in(_ONE.sub(" ", goal)))
    return max(counted, len(re.findall(r"\d+(?:[.,]\d+)*", goal)))


def numbers_given(goal: str) -> int:
    """How many numbers stand in it, in figures or in words: two in `17 % of 2,340`."""
    figures = re.findall(r"\d+(?:[.,]\d+)*", goal)
    words = re.findall(r"\b[^\W\d_]+\b", _ONE.sub(" ", goal))
    return len(figures) + sum(bool(numbers_in(word)) for word in words)


_PARTS = re.compile(
    r"(?:^|[.,;:!?]\s+|\b(?:and|or|also)\s+)(?:(?:and|or|also|in|on|at|by|for|to|from|with|until|since)"
    r"\s+){0,2}(?:who|whom|whose|what|when|where|which|why|how|whether)\b",
    re.IGNORECASE,
)
MOST_PARTS = 3


def question_parts(goal: str) -> int:
    """How many things it asks, at least one: two of `When is it, and who comes?`."""
    found = len(_PARTS.findall(without_addresses(goal)))
    return min(max(found, 1), MOST_PARTS)


_EACH = re.compile(
    rf"\b(?:each|every|all)\b(?:\s+one)?(?:\s+of)?(?:\s+(?:the|these|those|my|our))?(?:\s+\w+)?\s+"
    rf"(?:{KINDS})\b",
    re.IGNORECASE,
)


def asks_for_each(goal: str) -> bool:
    """Whether it wants something said of every file of several."""
    return _EACH.search(goal) is not None


_MOST = re.compile(
    r"(?<!\bat )\b(?:most(?! of\b| recent)|least|fewest|cheapest|dearest|largest|biggest|"
    r"smallest|highest|lowest|longest|shortest|oldest|youngest|heaviest|lightest|fastest|slowest)\b",
    re.IGNORECASE,
)


def asks_for_the_most(goal: str) -> bool:
    """Whether it asks for what is the largest, the cheapest and so on of several."""
    return _MOST.search(goal) is not None


_HOW_TO = re.compile(
    r"\bhow (?:do|can|could|should|would)\b|\bwhat (?:should|can|must|could)\b|"
    r"\bwhat do (?:I|we|you) (?:do|have to|need to)\b|"
    r"\b(?:advice|instructions?|steps|suggest\w*|recommend\w*|recipe)\b",
    re.IGNORECASE,
)


def asks_how_to(goal: str) -> bool:
    """Whether what to do next is itself what it asks for."""
    return _HOW_TO.search(goal) is not None


_COUNTING = re.compile(
    r"\bhow (?:many|often)\b|\bcount\b|\bnumber of\b|\bin total\b|\bevery\b"
    r"|\ball (?:the|of|my|our)\b",
    re.IGNORECASE,
)


def asks_for_all(goal: str) -> bool:
    """Whether a part of a text is not enough: something is to be counted, or all of it found."""
    return _COUNTING.search(goal) is not None
