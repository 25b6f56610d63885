"""What a person writes into a calculator, cut into tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from nomoat.tools.calc_dates import day, month_of
from nomoat.tools.calc_numbers import MAX_BITS, Number, too_large
from nomoat.tools.errors import Retry

MAX_TEXT = 4_000
_MAX_EXPONENT = 3_000

Kind = Literal["number", "date", "name", "sign", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a date, a word in lower case, or a sign."""

    kind: Kind
    text: str
    value: Number | date = 0


END = Token("end", "")

_SPELLINGS = {
    **dict.fromkeys("×·∙⋅✕", "*"),
    **dict.fromkeys("÷∕", "/"),
    **dict.fromkeys("−–—", "-"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "²": "^2",
    "³": "^3",
    "π": " pi ",
    "½": "(1/2)",
    "¼": "(1/4)",
    "¾": "(3/4)",
    "\u00a0": " ",
    "\u202f": " ",
    **dict.fromkeys("$€£¥₹", " "),
}
_TRANSLATED = str.maketrans(_SPELLINGS)
_PHRASES = (
    (r"^\s*(?:what(?:'s| is| are)|calculate|compute|evaluate|how much is)\b", ""),
    (r"\bwhat (?:week)?day (?:of the week )?(?:is|was)\b|\bday of (?:the )?week\b", "weekday"),
    (r"\bsquare root\b", "sqrt"),
    (r"\bdivided by\b", "/"),
    (r"\bmultiplied by\b", "*"),
    (r"\bto the power of\b", "^"),
    (r"\b(?:math|statistics|np|numpy|datetime)\.(?=[a-z])", ""),
    (r"\.days\b", ""),
    (r"\bdatetime ?\(", "date("),
    (r"\btimedelta ?\( ?(weeks|days) ?= ?(\d+) ?\)", r"\2 \1"),
    (
        r"(date ?\([^()]*\)|\d{4}-\d{1,2}-\d{1,2})\s*\)?\.(?:iso)?(?:weekday|strftime|day_name)"
        r"\([^()]*\)",
        r"weekday \1",
    ),
    (r"\b(?:usd|eur|gbp|chf|dollars?|euros?)\b", ""),
)
_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "x": "*",
    "over": "/",
    "modulo": "mod",
    "percent": "%",
    "squared": "²",
    "cubed": "³",
}
_DATE = r"(?P<iso>\d{4}-\d{1,2}-\d{1,2})(?!\d)"
_DAY_FIRST = (
    r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?"
    r"(?P<month>[a-z]{3,9})\.?,?\s+(?P<year>\d{4})\b"
)
_MONTH_FIRST = (
    r"(?P<month2>[a-z]{3,9})\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year2>\d{4})\b"
)
_THOUSANDS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d|,\d)"
_NUMBER = r"(?:\d+(?:_\d+)*(?:\.\d+)?\.?|\.\d+)(?:e[+-]?\d+)?"
_NAME = r"[a-z_][a-z_0-9]*"
_SIGN = r"\*\*|//|<=|>=|==|!=|[-+*/%^()\[\]{},<>=!√°]"


def _pattern(*numbers: str) -> re.Pattern[str]:
    rest = (f"(?P<name>{_NAME})", f"(?P<sign>{_SIGN})")
    return re.compile("|".join([_DATE, _DAY_FIRST, _MONTH_FIRST, *numbers, *rest]), re.ASCII)


_WITHOUT = _pattern(f"(?P<number>{_NUMBER})")
_WITH_THOUSANDS = _pattern(f"(?P<thousands>{_THOUSANDS})", f"(?P<number>{_NUMBER})")
_NO_DATE = re.compile(f"(?P<number>{_NUMBER})|(?P<name>{_NAME})", re.ASCII)
_LIST_OF = re.compile(r"\b(?:sum|total|mean|average|avg|median|min\w*|max\w*|std\w*|product) of\b")


def tokens(text: str) -> list[Token]:
    """The tokens of an expression.

    Raises:
        Retry: it is too long, empty, or has characters that mean nothing here.
    """
    if len(text) > MAX_TEXT:
        raise Retry(
            f"The expression has more than {MAX_TEXT:,} characters.",
            hint="Calculate it in parts, or use query_table for tables.",
        )
    text = text.translate(_TRANSLATED).lower().rstrip(" \t\r\n=?.")
    for pattern, meant in _PHRASES:
        text = re.sub(pattern, meant, text)
    roles = _comma_roles(text)
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = (_WITHOUT if roles[at] == "items" else _WITH_THOUSANDS).match(text, at)
        if match and roles[at] == "unclear" and match["thousands"]:
            raise Retry(
                f"{match.group()!r} in a list can be one number or several.",
                hint=f"Write {match.group().replace(',', '')}, or a space after each comma.",
            )
        if match is None:
            raise Retry(f"{text[at]!r} means nothing in a calculation.", hint="Leave it out.")
        token = _token(match)
        if token is None:  # a word that is no month begins like a date
            match = _NO_DATE.match(text, at)
            token = _token(match) if match else None
        if match is None or token is None:
            raise Retry(f"{text[at]!r} means nothing in a calculation.", hint="Leave it out.")
        found.append(token)
        at = match.end()
    if not found:
        raise Retry("The expression is empty.", hint="Write one, such as 12% of 340.")
    return found


def _token(match: re.Match[str]) -> Token | None:
    found = {key: value for key, value in match.groupdict().items() if value is not None}
    text = match.group()
    if "iso" in found:
        return Token("date", text, day(*map(int, text.split("-"))))
    for suffix in ("", "2"):
        if f"month{suffix}" in found:
            month = month_of(found[f"month{suffix}"])
            if month is None:
                return None
            of_month, year = int(found[f"day{suffix}"]), int(found[f"year{suffix}"])
            return Token("date", text, day(year, month, of_month))
    if "thousands" in found or "number" in found:
        return Token("number", text, _number(text.replace(",", "")))
    if "name" in found:
        is_call = match.string[match.end() : match.end() + 1] == "("
        meant = text if is_call else _WORDS.get(text, text)
        return Token("name" if meant in {text, "mod"} else "sign", meant)
    return Token("sign", "^" if text == "**" else text)


def _number(text: str) -> Number:
    exponent = text.partition("e")[2]
    if len(text) > MAX_BITS // 4 or (exponent and abs(int(exponent)) > _MAX_EXPONENT):
        raise too_large()
    exact = Fraction(text.replace("_", "").rstrip("."))
    return exact.numerator if exact.denominator == 1 else exact


def _comma_roles(text: str) -> list[str]:
    """For each place, what a comma there stands between: `thousands`, `items`, or `unclear`.

    In a list or a call the comma separates numbers, so `max(100,200)` has two. Where such a list
    has commas with a space after them too, `max(1,200, 300)` could mean either.
    """
    words = _LIST_OF.search(text) and not re.search(r",\s|\band\b", text)
    roles = {-1: "items" if words else "thousands"}
    owner: list[int] = []
    open_ = [-1]
    for at, character in enumerate(text):
        if character in "([{":
            before = text[max(at - 64, 0) : at].rstrip()[-1:]
            is_group = character == "(" and not before.isalpha() and before != "_"
            open_.append(at)
            roles[at] = "thousands" if is_group else "items"
        elif character in ")]}" and len(open_) > 1:
            open_.pop()
        elif character == "," and text[at + 1 : at + 2].isspace() and roles[open_[-1]] == "items":
            roles[open_[-1]] = "unclear" if open_[-1] >= 0 else "thousands"
        owner.append(open_[-1])
    return [roles[bracket] for bracket in owner]
