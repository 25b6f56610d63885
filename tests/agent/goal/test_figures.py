"""Numbers in texts, and what follows from a few of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.check.evidence import check
from nomoat.agent.goal.figures import made_of, numbers_in, stands_in, values_of

RESULT = "minutes\n   39.5\n     55\n(2 rows)"


@pytest.mark.parametrize("text", ["51963,9;", "51.963,9", "51,963.9", "51963.9 kWh"])
def test_a_decimal_comma_is_read_as_one(text: str) -> None:
    assert Decimal("51963.9") in numbers_in(text)


def test_the_values_of_a_result_are_no_counts_and_no_times() -> None:
    assert values_of(RESULT) == [Decimal("39.5"), Decimal(55)]
    assert values_of("2026-03-05 06:14:00 | 7") == [Decimal(7)]
    assert values_of("a.csv, lines 1-6 of 6, 79 bytes\n4") == [Decimal(4)]


@pytest.mark.parametrize("said", ["47.25", "94.5", "47.3", "15.5"])
def test_what_was_computed_rightly_in_the_head_is_observed(said: str) -> None:
    verdict = check(f"It is {said}.", given="", observations=[(1, "hello 7"), (2, RESULT)])
    assert verdict.holds
    assert verdict.evidence == (2,)


@pytest.mark.parametrize("said", ["47.5", "94.6", "48", "472.5", "9"])
def test_what_was_computed_wrongly_is_not(said: str) -> None:
    assert not check(f"It is {said}.", given="", observations=[(1, RESULT)]).holds


def test_nothing_follows_from_many_numbers_or_from_two_results() -> None:
    many = " ".join(str(n) for n in range(100, 140))
    assert made_of(values_of(many)) == frozenset()
    apart = [(1, "39.5"), (2, "55")]
    assert not check("It is 47.25.", given="", observations=apart).holds


@given(st.lists(st.integers(-999, 999), min_size=2, max_size=30))
def test_sum_and_average_follow(numbers: list[int]) -> None:
    made = made_of([Decimal(n) for n in numbers])
    assert stands_in(str(sum(numbers)), made)
    assert stands_in(f"{sum(numbers) / len(numbers):.4f}", made)
