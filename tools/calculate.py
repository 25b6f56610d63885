"""The calculator: what a person would write, computed exactly where it can be."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

from nomoat.tools.base import tool
from nomoat.tools.calc_dates import weekday
from nomoat.tools.calc_numbers import SHOWN_ITEMS, shown
from nomoat.tools.calc_program import is_program, printed
from nomoat.tools.calc_read import compute
from nomoat.tools.calc_values import Percent, Value
from nomoat.tools.errors import Retry
from nomoat.tools.uses import USES

_ECHOED = 200
_BARE = re.compile(r"\s*[-+]?[\d.,]+\s*=?\s*")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
"""Dates and names are written in quotes by those who know programming better than calculating."""


@tool(effects="none", uses=USES["calculate"], grounded=["expression"])
def calculate(expression: str) -> str:
    """Calculate: numbers, percent, lists, dates.

    Args:
        expression: Such as 12% of 340, mean([3, 5]), days between 2026-01-05 and 2026-03-01.
    """
    if is_program(expression):
        return "\n".join(printed(expression))
    expression = _QUOTED.sub(lambda match: match[1] or match[2] or "", expression)
    if _BARE.fullmatch(expression):
        raise Retry(
            f"{expression.strip()} is one number: there is nothing to calculate.",
            hint="Write the whole calculation, or do without.",
        )
    text, exact = written(compute(expression))
    asked = " ".join(expression.split()).rstrip(" =?")
    asked = asked if len(asked) <= _ECHOED else f"{asked[:_ECHOED]}…"
    return f"{asked} {'=' if exact else '≈'} {text}"


def written(value: Value) -> tuple[str, bool]:
    """A value as text, and whether that is exact."""
    if isinstance(value, bool):
        return ("yes" if value else "no"), True
    if isinstance(value, date):
        return f"{value.isoformat()} ({weekday(value)})", True
    if isinstance(value, list):
        items = [shown(item) for item in value[:SHOWN_ITEMS]]
        more = f", … {len(value) - SHOWN_ITEMS} more" if len(value) > SHOWN_ITEMS else ""
        return f"[{', '.join(text for text, _ in items)}{more}]", all(is_ for _, is_ in items)
    if isinstance(value, Percent):
        text, exact = shown(value.of_hundred)
        return f"{text}%", exact
    if isinstance(value, int | Fraction | float):
        return shown(value)
    return str(value), True
