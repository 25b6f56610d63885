"""Limits, the stop signal, and noticing that a run gets nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.budget import Budget, Halt, earlier, fruitless, tokens_used
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step, Usage
from nomoat.tools.observation import Observation


def step(
    tool: str, text: str, *, remark: bool = False, usage: Usage | None = None, **facts: Any
) -> Step:
    call = ToolCall(tool, {"x": 1})
    said = Said("", usage=usage or Usage())
    return Step(1, said, Decision("", call), Observation(text, **facts), remark=remark)


def wrote(text: str, path: str = "out.txt", tool: str = "write_file") -> Step:
    return step(tool, f"Wrote {text}", files=(path,))


class Time:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_there_is_room_until_a_limit_is_reached() -> None:
    budget = Budget(steps=3, seconds=100, tokens=1_000)
    cheap = step("a", "1", usage=Usage(prompt=300, cached=200, generated=100))
    assert budget.spent([cheap] * 2, 79) == ""
    assert budget.spent([cheap] * 3, 0) == "3 steps are used"
    assert budget.spent([cheap], 80) == "80 of 100 seconds are used"
    dear = step("a", "1", usage=Usage(prompt=2_000, cached=1_200, generated=200))
    assert tokens_used([dear]) == 1_000
    assert budget.spent([dear], 0) == "1,000 tokens are used"


def test_no_limit_is_no_limit() -> None:
    dear = step("a", "1", usage=Usage(prompt=10**9))
    assert Budget(steps=2, seconds=None).spent([dear], 10**9) == ""


@given(st.integers(1, 50), st.integers(0, 100), st.floats(0, 1e6))
def test_what_is_spent_stays_spent(limit: int, steps: int, elapsed: float) -> None:
    budget, taken = Budget(steps=limit), [step("a", "1")] * steps
    if budget.spent(taken, elapsed):
        assert budget.spent([*taken, step("b", "2")], elapsed + 1)


def test_a_halt_is_asked_for_or_comes_with_time() -> None:
    clock = Time()
    halt = Halt(10, clock)
    assert not halt.is_set()
    clock.now += 10
    assert halt.is_set()
    assert halt.out_of_time
    assert not halt.asked
    asked = Halt(None, clock)
    clock.now += 10**9
    assert not asked.is_set()
    asked.set()
    assert asked.is_set()
    assert not asked.out_of_time


def test_a_repeated_call_is_seen() -> None:
    steps = [step("a", "1"), step("b", "2")]
    assert earlier(steps, ToolCall("a", {"x": 1}).key) is steps[0]
    assert earlier(steps, ToolCall("c", {"x": 1}).key) is None
    assert earlier([], ToolCall("a", {"x": 1}).key) is None


def test_what_was_written_in_between_makes_a_call_new() -> None:
    key = ToolCall("a", {"x": 1}).key
    assert earlier([step("a", "1"), step("b", "2")], key) is not None
    assert earlier([step("a", "1"), step("w", "ok", files=("f.txt",))], key) is None


def test_a_remark_is_no_result_to_point_to() -> None:
    steps = [step("a", "1"), step("a", "said before", remark=True)]
    assert earlier(steps, ToolCall("a", {"x": 1}).key) is steps[0]


@pytest.mark.parametrize(
    ("steps", "count"),
    [
        ([], 0),
        ([step("a", "1"), step("b", "2")], 0),
        ([step("a", "1"), step("b", "1")], 1),  # another tool, the same outcome
        ([step("a", "1"), step("a", "x", ok=False), step("a", "r", remark=True)], 2),
        ([step("a", "x", ok=False), step("a", "1")], 0),
        ([wrote("v1"), wrote("v2"), wrote("v3")], 2),  # one made-up text after the other
        ([wrote("v1"), step("a", "found"), wrote("v2")], 0),
        ([wrote("v1"), wrote("v2", "other.txt")], 0),
        ([wrote("v1"), wrote("v2", tool="append_file")], 0),
    ],
)
def test_fruitless_counts_steps_that_brought_nothing_new(steps: list[Step], count: int) -> None:
    assert fruitless(steps) == count


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_call_says_the_same_whatever_the_order_and_the_white_space(one: str, other: str) -> None:
    call = ToolCall("t", {"a": one, "b": other})
    again = ToolCall("t", {"b": f"  {other}\n", "a": " ".join(one.split())})
    assert call.key == again.key
    assert call.key != ToolCall("u", {"a": one, "b": other}).key
