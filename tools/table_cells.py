"""How the columns of a file write their values: 52.5 as `52,50 €`, a date as `02.04.2026`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from nomoat.tools.errors import Retry
from nomoat.tools.table_show import number, plain
from nomoat.tools.table_types import date_forms

CENTS = 2
"""Decimals of a computed number in a column that so far had none."""
_SHOWS = 2_000
"""Cells of a column that tell how it writes dates."""
_CORE = re.compile(r"\d(?:[\d.,'\u2019 \u00a0\u202f]*\d)?")
_GROUPED = re.compile(r"\d([.,'\u2019 \u00a0\u202f])\d{3}(?!\d)")
_SIGNS = "-\u2212+()"
_DECIMAL = re.compile(r"-?\d+\.\d+")
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a column that say something, in a column of this type."""

    type: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]
    """What each of them was read as; never None."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What the columns of a table share: a column without values follows the others."""

    point: str = "."
    """The decimal mark."""
    day: str = ""
    """How dates are written, where all of them are written so."""


@dataclass(frozen=True, slots=True)
class Written:
    """A value as text."""

    text: str
    rounded_to: int | None = None
    """Decimals it was rounded to, where that took something away."""


def manner_of(columns: Sequence[Cells], delimiter: str) -> Manner:
    """What the columns of a table have in common; `;` goes with decimal commas."""
    points = {_point(column) for column in columns if column.type == "DOUBLE"} - {""}
    days = {_day_form(column) for column in columns if column.type == "DATE"}
    usual = "," if delimiter == ";" else "."
    return Manner(points.pop() if len(points) == 1 else usual, days.pop() if len(days) == 1 else "")


def write_value(
    value: Any, column: Cells, manner: Manner, *, old: str = "", said: Collection[str] = ()
) -> Written:
    """A value of SQL the way its column writes its values.

    Args:
        value: What SQL made of it; None is an empty cell.
        column: The other cells.
        manner: What the columns have in common.
        old: What the cell said before.
        said: Numbers that were given as they are, and are not rounded.
    """
    if value is None:
        return Written("")
    if isinstance(value, bool):
        like, shown = next(iter(column.texts), ""), plain(value)
        if like.isupper():
            return Written(shown.upper())
        return Written(shown.title() if like[:1].isupper() else shown)
    if isinstance(value, date | time):
        return Written(_moment(value, column))
    if isinstance(value, int | float | Decimal):
        return _number(value, column, manner, old, said)
    return Written(_text(plain(value), column, manner))


def read_back(text: str, manner: Manner) -> str:
    """A text in the table's manner as SQL reads it: 02.04.2026 is 2026-04-02; else empty."""
    if manner.day:
        with suppress(ValueError):
            return datetime.strptime(text, manner.day).date().isoformat()
    if manner.point == "," and re.fullmatch(r"-?\d{1,3}(?:\.?\d{3})*,\d+", text):
        return text.replace(".", "").replace(",", ".")
    return ""


# numbers


def _number(
    value: float | Decimal, column: Cells, manner: Manner, old: str, said: Collection[str]
) -> Written:
    exact = Decimal(number(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        raise Retry("A value comes out infinite.", hint="Divide by nullif(column, 0).")
    point = _point(column) or manner.point
    least, most = _decimals(column, point)
    is_said = format(abs(exact).normalize(), "f") in said
    amount = exact
    if not is_said:
        step = Decimal(1).scaleb(-(most or CENTS))
        with suppress(InvalidOperation):  # too long for it: left as it is
            amount = exact.quantize(step, ROUND_HALF_UP)
    digits = _plain_digits(abs(amount), least)
    shown = _grouped(digits, _separator(column, point)).replace("\0", point)
    text = _around(shown, amount, old if _CORE.search(old) else next(iter(column.texts), ""))
    return Written(text, None if amount == exact else most or CENTS)


def _plain_digits(amount: Decimal, least: int) -> str:
    """Without a sign and with at least so many decimals; the decimal mark is `\\0`."""
    whole, _, rest = format(amount, "f").partition(".")
    rest = rest.rstrip("0").ljust(least, "0")
    return f"{whole}\0{rest}" if rest else whole


def _grouped(digits: str, separator: str) -> str:
    whole, mark, rest = digits.partition("\0")
    return re.sub(r"(?<=\d)(?=(?:\d{3})+$)", separator, whole) + mark + rest


def _around(digits: str, amount: Decimal, like: str) -> str:
    """With the unit and the sign of a number that is written like this."""
    core = None if re.search(r"\d[eE][-+]?\d", like) else _CORE.search(like)
    before, after = (like[: core.start()], like[core.end() :]) if core else ("", "")
    bare = [part.translate(dict.fromkeys(map(ord, _SIGNS))) for part in (before, after)]
    text = bare[0] + digits + bare[1]
    if amount < 0:
        if "(" in before:
            return f"({text})"
        return ("\u2212" if "\u2212" in before else "-") + text
    return f"+{text}" if "+" in before and amount else text


def _point(column: Cells) -> str:
    """The decimal mark that the cells can only be read with; empty where there is none."""
    for text, value in zip(column.texts, column.values, strict=True):
        core = _CORE.search(text)
        if core is None or isinstance(value, str | date | time):
            continue
        fits = [point for point in ".," if _amount(core.group(), point) == abs(float(value))]
        if len(fits) == 1:
            return fits[0]
    return ""


def _amount(text: str, point: str) -> float | None:
    try:
        return float(re.sub(rf"[^\d{point}]", "", text).replace(",", "."))
    except ValueError:
        return None


def _decimals(column: Cells, point: str) -> tuple[int, int]:
    """The fewest and the most decimals that its numbers have."""
    cores = [found.group() for text in column.texts if (found := _CORE.search(text))]
    if column.type == "BIGINT" or not cores:
        return 0, 0
    lengths = [len(core.rpartition(point)[2]) if point in core else 0 for core in cores]
    return min(lengths), max(lengths)


def _separator(column: Cells, point: str) -> str:
    found = (match[1] for text in column.texts for match in _GROUPED.finditer(text))
    marks = Counter(mark for mark in found if mark != point)
    return marks.most_common(1)[0][0] if marks and column.type == "DOUBLE" else ""


# dates, times, texts


def _day_form(column: Cells) -> str:
    """How a column of dates or of dates with times writes them; empty where that is unclear."""
    pairs = list(zip(column.texts, column.values, strict=True))[:_SHOWS]
    for form in date_forms((text for text, _ in pairs), column.type):
        with suppress(ValueError):
            if all(_read(text, form) == _start(value) for text, value in pairs):
                return form
    return ""


def _read(text: str, form: str) -> datetime:
    return datetime.strptime(text, form)


def _start(value: Any) -> Any:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return datetime.combine(value, time()) if is_day else value


def _moment(value: date | time, column: Cells) -> str:
    like = next(iter(column.texts), "")
    if isinstance(value, time):
        with_seconds = value.second or any(text.count(":") > 1 for text in column.texts)
        return value.strftime("%H:%M:%S" if with_seconds else "%H:%M")
    form = _day_form(column)
    if form:
        return _as_padded(value.strftime(form), column.texts)
    if not isinstance(value, datetime):
        return value.isoformat()
    precise = "seconds" if value.second or like.count(":") > 1 else "minutes"
    text = value.isoformat(like[10:11] or " ", "auto" if value.microsecond else precise)
    return text + ("Z" if like.endswith("Z") else "+00:00" if _OFFSET.search(like) else "")


_OFFSET = re.compile(r"[-+]\d\d:?\d\d$")
_CLOCK = re.compile(r" \d{1,2}:\d\d")
_ALONE = re.compile(r"(?<![\d:])\d(?!\d)")
_PADDED = re.compile(r"(?<![\d:])0(\d)(?!\d)")


def _as_padded(text: str, texts: Sequence[str]) -> str:
    """2.4.2026 where the column writes no zero before a single digit; so for the hours."""
    parts = zip(_day_and_clock(text), *map(_day_and_clock, texts), strict=True)
    return "".join(
        _PADDED.sub(r"\1", own) if any(map(_ALONE.search, others)) else own
        for own, *others in parts
    )


def _day_and_clock(text: str) -> tuple[str, str]:
    clock = _CLOCK.search(text)
    at = clock.start() if clock else len(text)
    return text[:at], text[at:]


def _text(value: str, column: Cells, manner: Manner) -> str:
    """A text; where a column holds none yet, or numbers with commas, as the table writes it."""
    if not column.texts and manner.day and _ISO_DAY.fullmatch(value):
        with suppress(ValueError):
            return date.fromisoformat(value).strftime(manner.day)
    commas = any(re.fullmatch(r"-?[\d.]*\d,\d+", text) for text in column.texts)
    follows = commas or (not column.texts and manner.point == ",")
    return value.replace(".", ",") if follows and _DECIMAL.fullmatch(value) else value
