"""Percent that a goal speaks of, in what is calculated for it.

A small model writes `31.5 * 3180` for 31.5 percent of 3,180, and takes the part for what is left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from nomoat.agent.decision import ToolCall
from nomoat.agent.goal.figures import number_of, numbers_in
from nomoat.agent.own_tools import CALCULATES
from nomoat.agent.state import Step

_PERCENT = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(?:%|per ?cent\b)", re.IGNORECASE)
_HUNDREDTH = re.compile(r"/\s*100(?![\d.])|(?<![\d.])0\.01(?![\d.])")
_TIMES = re.compile(r"\*|\bof\b")
_LEFT = re.compile(
    r"(?:\b(?:is|are|be|have|has)|['’]s)\s+(?:\w+\s+)?left\b|\bleft\s+over\b|\bremain(?:s|ing)\b|"
    r"\bafter\s+(?:\w+\s+){0,2}(?:tax(?:es)?|discount|reduction|rebate|fees?)\b|"
    r"%\s+(?:off|cheaper|less)\b|\bper ?cent\s+(?:off|cheaper|less)\b|\bdiscounted price\b",
    re.IGNORECASE,
)


def with_percent(goal: str, call: ToolCall) -> ToolCall:
    """A calculation in which the numbers that the goal calls percent are percent."""
    expression = call.args.get("expression")
    if call.tool != CALCULATES or not isinstance(expression, str) or _HUNDREDTH.search(expression):
        return call
    for said, times in Counter(_PERCENT.findall(goal)).items():
        number = rf"(?<![\d.,]){re.escape(said.replace(',', '.'))}(?![.,]?\d)"
        if not re.search(rf"{number}\s*(?:%|per ?cent)", expression):
            expression = re.sub(number, lambda found: f"{found.group()}%", expression, count=times)
    return ToolCall(call.tool, {**call.args, "expression": expression})


def left_over(goal: str, answer: str, steps: Sequence[Step]) -> str:
    """The calculation that gives what is left, where the goal asks for that, only the part was
    calculated, and the answer does not say it; else empty."""
    last = next((step.call for step in reversed(steps) if step.found), None)
    if last is None or last.tool != CALCULATES or not _LEFT.search(goal):
        return ""
    operands = _TIMES.split(str(with_percent(goal, last).args.get("expression", "")))
    plain = sorted((operand.strip(" ()") for operand in operands), key=lambda one: "%" in one)
    base, rate = (number_of(one.rstrip("% ")) for one in plain) if len(plain) == 2 else (None, None)
    if base is None or rate is None or not plain[1].endswith("%"):
        return ""
    left = base * (1 - rate / 100)
    is_said = any(abs(number - left) < Decimal("0.51") for number in numbers_in(answer))
    return "" if is_said else f"{plain[0]} - {plain[1]}"
