"""Numbers in texts: however they are written, and what follows from a few of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal, InvalidOperation
from itertools import permutations

SUMMANDS = 30
PAIRED = 4
"""Of so many numbers, a sum of all or what two of them make is hardly met by chance."""

NUMBER = re.compile(
    r"(?<![\w.])[-−]?\d{1,3}(?:[,'\u202f\u00a0]\d{3})+(?:\.\d+)?|(?<![\w.])[-−]?\d+(?:\.\d+)?"
)
MOMENT = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|\b\d{1,2}:\d{2}(?::\d{2})?\b|"
    r"(?<=:)\d+(?=:)"
)
"""Dates and times in figures, and the number of a line in `notes.txt:14:`."""
_ROWS = re.compile(r"^\((?:\d+ of )?\d+ rows?.*\)$|, lines \d.*$", re.MULTILINE)
_WORD_NUMBERS = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve".split(),
        range(13),
        strict=True,
    )
)


def number_of(text: str) -> Decimal | None:
    """A number as it is written in a text; None if it is none."""
    try:
        return Decimal(re.sub(r"[,'\u202f\u00a0]", "", text.replace("−", "-")))
    except InvalidOperation:
        return None


def numbers_in(text: str) -> frozenset[Decimal]:
    """Every number in a text, however it is written, with the parts of dates and times."""
    found = {number_of(match.group()) for match in NUMBER.finditer(text)}
    # 1.234,56 and 1,5 as they are written in much of the world
    for match in re.finditer(r"(?<![\w.])(?:\d{1,3}(?:\.\d{3})+|\d+),\d+\b", text):
        found.add(number_of(match.group().replace(".", "").replace(",", ".")))
    # parts of dates, times, versions: 2026-03-05 holds 5 and 3 as well
    for digits in re.findall(r"\d+", text):
        found.add(Decimal(digits) if len(digits) < 40 else None)
    words = text.casefold().split()
    found |= {Decimal(_WORD_NUMBERS[word]) for word in words if word in _WORD_NUMBERS}
    return frozenset(number for number in found if number is not None)


def stands_in(text: str, found: Collection[Decimal]) -> bool:
    """A number stands where it is, or where one stands that rounds to it as it is written."""
    number = number_of(text)
    if number is None:
        return False
    size = abs(number)
    if number in found or size in found or -number in found:
        return True
    exponent = number.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    half = Decimal(5).scaleb(-places - 1)
    return any(abs(abs(other) - size) <= half for other in found if other != other.to_integral())


def values_of(text: str) -> list[Decimal]:
    """The numbers of a result as often as they stand there, without dates, times and the count of
    its rows."""
    plain = MOMENT.sub(" ", _ROWS.sub(" ", text))
    found = (number_of(match.group()) for match in NUMBER.finditer(plain))
    return [number for number in found if number is not None]


def made_of(values: Sequence[Decimal]) -> frozenset[Decimal]:
    """Sum and average of a few numbers, and what two of very few make."""
    if not 2 <= len(values) <= SUMMANDS:
        return frozenset()
    made = {sum(values, Decimal(0)), sum(values, Decimal(0)) / len(values)}
    if len(values) <= PAIRED:
        for one, other in permutations(values, 2):
            made |= {one - other, one * other, one + other}
            if other:
                made |= {one / other, 100 * one / other}
    return frozenset(made)
