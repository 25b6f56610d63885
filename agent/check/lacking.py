"""Does an answer give what the goal asks for: a number, a name, a time, and only that?"""

from __future__ import annotations

import re

from nomoat.agent.check.evidence import COMMON, denies, names_in
from nomoat.agent.goal.asked import asks_for_change, is_question
from nomoat.agent.goal.days import MONTH
from nomoat.agent.goal.figures import MOMENT, numbers_in
from nomoat.agent.goal.questions import (
    asks_for_clock,
    asks_for_number,
    asks_for_percent,
    asks_for_phone,
    asks_how_many,
    asks_when,
    asks_who,
)
from nomoat.memory.query import understand

STEM = 5
"""Letters of a word that tell it, however it is inflected: `paid` and `payment` differ."""
_CALLED = re.compile(r"\d(?:[\s/().-]*\d){2}")
_MEASURED = re.compile(
    r"\b\d[\d.,]*\s*(?:bytes?|[kmg]b|lines?|words?|characters?|pages?|%|percent|euros?|eur|dollars?|"
    r"years?|months?|weeks?|days?|hours?|minutes?)(?!\w)",
    re.IGNORECASE,
)
"""What nobody calls: `172 bytes`."""
_NOT_THERE = re.compile(
    r"\b(?:no|none|nothing|nobody|nowhere|cannot|unable|missing)\b|n't\b|"
    r"\bnot\s+(?:\w+\s+)?(?:found|find|given|mentioned|listed|there|available|known|provided|say|"
    r"mention|contain|hold|include|state)\b",
    re.IGNORECASE,
)


def lacks_number(goal: str, answer: str) -> bool:
    """Whether a goal asks for a number, and an answer has none and does not deny it either."""
    if asks_for_change(goal):
        return False  # it may stand in what was made
    if asks_for_phone(goal) and not _CALLED.search(_MEASURED.sub(" ", MOMENT.sub(" ", answer))):
        return _NOT_THERE.search(answer) is None
    if denies(answer):
        return False
    if asks_for_percent(goal) and not re.search(r"%|per ?cent", answer, re.IGNORECASE):
        return True
    if not asks_for_number(goal):
        return False
    return not (re.search(r"\d", answer) or (asks_how_many(goal) and numbers_in(answer)))


_TIME = re.compile(
    rf"\b(?:{MONTH}|may)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b\d{{3,4}}\b|"
    r"\b\d{1,2}[./:]\d|\b\d{1,2}\s*(?:am|pm|[ap]\.m\.|o['’]clock|st|nd|rd|th)\b|\bat \d|"
    r"\b(?:today|tomorrow|yesterday|tonight|noon|midnight|always|ever|now|spring|summer|autumn|fall|"
    r"winter|mornings?|evenings?|afternoons?|nights?|easter|christmas|every|daily|weekly|monthly|"
    r"yearly|once|twice|before|after|during|as soon as|when)\b",
    re.IGNORECASE,
)


_CLOCK = re.compile(
    r"\b\d{1,2}[.:h]\d{2}\b|\b\d{1,2}\s*(?:am|pm|[ap]\.m\.|o['’]clock|h\b)|"
    r"\b(?:at|until|till|by|from|past|to) \d|\b\d{4}\b|"
    r"\b(?:noon|midnight|midday|all day|any time|o['’]clock)\b|"
    r"\b(?:at|past|to|until|till|from|by|half)\s+(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b",
    re.IGNORECASE,
)
_COUNTED_FROM = re.compile(
    r"\b(?:\d+|\w+)[\s-](?:years?|months?|weeks?|days?)\s+(?:after|before|from|later)\b",
    re.IGNORECASE,
)
"""Leaves the date to be worked out by the person: `3 years after the purchase`."""


def lacks_date(goal: str, answer: str) -> bool:
    """Whether a goal asks when, and an answer gives no time and does not deny it either."""
    if asks_for_change(goal) or denies(answer):
        return False
    if asks_for_clock(goal):
        return _CLOCK.search(answer) is None
    return asks_when(goal) and _TIME.search(_COUNTED_FROM.sub(" ", answer)) is None


_SEVERAL = re.compile(
    r"\b(?:than|compar\w*|items|each|list|all|both|with its|and its)\b", re.IGNORECASE
)
_LISTED = re.compile(
    r"(?:^|[-*,;:\n])\s*(?P<label>[^\W\d_][\w .'’&-]{1,40}?)\s*:\s*"
    r"(?P<said>[^,;:\n]{0,20}\d[^,;:\n]*)"
)
LISTED = 3
"""Labels with numbers in an answer from which on it may be a list that was copied."""


def beside_the_point(goal: str, answer: str) -> str:
    """What the goal asks about, where an answer copies a list of which it is one line:
    `Lisbon: 120`, of `Rome: 95, Lisbon: 120, Oslo: 140`; else empty."""
    lines = [(match["label"].strip(), match["said"].strip()) for match in _LISTED.finditer(answer)]
    asked = [f"{label}: {said}" for label, said in lines if _is_said(label, goal)]
    one = len(lines) >= LISTED and len(asked) == 1 and not _SEVERAL.search(goal)
    return asked[0] if one else ""


def _is_said(label: str, goal: str) -> bool:
    return re.search(rf"\b{re.escape(label)}\b", goal, re.IGNORECASE) is not None


def lacks_name(goal: str, answer: str) -> bool:
    """Whether a goal asks who, and an answer names nobody and does not deny it either."""
    if denies(answer) or not asks_who(goal):
        return False
    return not any(word not in COMMON for word in re.findall(r"\b[^\W\d_a-z]\w+", answer))


_WONDERS = re.compile(r"\b(?:who|what|when|where|which|why|how)\b", re.IGNORECASE)
_CHOICE = re.compile(r"\bor\b|\b(?:whether|if)\b", re.IGNORECASE)
_SETTLES = re.compile(r"\W*(?:yes|no|yep|nope|none|nobody|nothing|there)\b", re.IGNORECASE)


def only_repeats(goal: str, answer: str) -> bool:
    """Whether a goal asks who, what or why, and an answer has nothing but the goal's own words:
    `It was not taken.` of `Find out why it was not taken.`"""
    if not (is_question(goal) and _WONDERS.search(goal)) or _CHOICE.search(goal):
        return False
    if _SETTLES.match(answer) or (denies(answer) and not denies(goal)):
        return False
    said = [any(word in answer for word in name.split()) for name in names_in(goal)]
    if any(said) and not all(said):
        return False  # it may be one of them that is asked for
    words, asked = ({word[:STEM] for word in understand(text).words} for text in (answer, goal))
    return words <= asked


_TOOL_SAYS = re.compile(
    r"^(?:Wrote|Added|Replaced|Copied|Moved)\b[^.\n]*\b(?:lines?|bytes?|passage)\b", re.IGNORECASE
)


def only_tells_what_was_written(goal: str, answer: str) -> bool:
    """Whether a goal also asks something, and an answer only repeats what a tool said it wrote."""
    return "?" in goal and _TOOL_SAYS.search(answer.strip()) is not None
