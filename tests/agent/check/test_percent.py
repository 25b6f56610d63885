"""Percent that a goal speaks of, in what is calculated for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.check.percent import left_over, with_percent
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.tools.observation import Observation


def calculation(expression: str) -> ToolCall:
    return ToolCall("calculate", {"expression": expression})


@pytest.mark.parametrize(
    ("goal", "written", "meant"),
    [
        ("Tax is 31.5 percent of 3,180.", "31.5 * 3180", "31.5% * 3180"),
        ("Take 20 % off 45 euros.", "45 - 20", "45 - 20%"),
        ("How much is 7 per cent of 120?", "120 * 7", "120 * 7%"),
        ("How much is 7% of 77?", "77 * 7", "77 * 7%"),
        ("How much is 7% of 120?", "7% of 120", "7% of 120"),
        ("How much is 7% of 120?", "7 / 100 * 120", "7 / 100 * 120"),
        ("How much is 7% of 120?", "0.07 * 120", "0.07 * 120"),
        ("How much is 7% of 100?", "7 * 100", "7% * 100"),
        ("How much is 7,5 % of 120?", "7.5 * 120", "7.5% * 120"),
        ("What is 15% of 80 plus 15% of 60?", "80 * 15 + 60 * 15", "80 * 15% + 60 * 15%"),
        ("How much is 7 times 120?", "7 * 120", "7 * 120"),
    ],
)
def test_what_the_goal_calls_percent_is_percent(goal: str, written: str, meant: str) -> None:
    assert with_percent(goal, calculation(written)) == calculation(meant)


def test_other_tools_are_left_alone() -> None:
    call = ToolCall("query_table", {"sql": "SELECT 7 * 120"})
    assert with_percent("What is 7% of 120?", call) == call


@given(st.integers(1, 99), st.integers(1, 10_000), st.booleans())
def test_a_part_is_meant_once_and_only_once(rate: int, base: int, rate_first: bool) -> None:
    goal = f"How much is {rate} percent of {base}?"
    written, meant = f"{rate} * {base}", f"{rate}% * {base}"
    if not rate_first and rate != base:
        written, meant = f"{base} * {rate}", f"{base} * {rate}%"
    once = with_percent(goal, calculation(written))
    assert once == calculation(meant)
    assert with_percent(goal, once) == once


PAY = "I earn 3,180 a month and they keep 31.5 percent of it. What's left?"


def calculated(expression: str, text: str) -> list[Step]:
    return [Step(1, Said(""), Decision("", calculation(expression)), Observation(text))]


@pytest.mark.parametrize("expression", ["31.5 * 3180", "31.5% of 3180", "3180 * (31.5%)"])
def test_what_is_left_is_no_part(expression: str) -> None:
    steps = calculated(expression, "1001.7")
    assert left_over(PAY, "What is left is 1,001.70.", steps) == "3180 - 31.5%"
    assert not left_over(PAY, "2,178.30 are left.", steps)
    assert not left_over("What is 31.5 percent of 3,180?", "It is 1,001.70.", steps)


@pytest.mark.parametrize("expression", ["3180 - 31.5%", "3180 * 2", "31.5% * 3180 * 12", "*", ""])
def test_other_calculations_stand(expression: str) -> None:
    assert not left_over(PAY, "It is 1.", calculated(expression, "1"))


def test_nothing_was_calculated() -> None:
    assert not left_over(PAY, "It is 1.", [])
