"""Which year a goal is about, and what is of another one."""

from __future__ import annotations

from datetime import date

import pytest

from nomoat.agent.goal.years import of_other_years, years_meant

TODAY = date(2025, 3, 1)
NAMES = ("fees_2023", "fees_2024", "fees_2025", "notes_2024", "plain", "from_2023_to_2025")


@pytest.mark.parametrize(
    ("goal", "years"),
    [("this year's fees", ("2025",)), ("last year", ("2024",)), ("the year 2019", ())],
)
def test_years_that_are_meant_without_being_named(goal: str, years: tuple[str, ...]) -> None:
    assert years_meant(goal, TODAY) == years


@pytest.mark.parametrize(
    ("goal", "others"),
    [
        ("Sort this year's fees.", {"fees_2023", "fees_2024"}),
        ("Sort the fees of 2023.", {"fees_2024", "fees_2025"}),
        ("Sort the fees of 2023 and last year.", set()),
        ("What is the total of the fees from 2023 to 2025?", set()),
        ("Which of 2024 ended in the years after?", set()),
        ("Sort the fees of 2019.", set()),
        ("Sort the fees.", set()),
        ("What has changed since 2024?", set()),
        ("Are this year's fees higher than before?", set()),
    ],
)
def test_what_differs_only_in_the_year_is_of_another(goal: str, others: set[str]) -> None:
    assert of_other_years(goal, NAMES, TODAY) == others
