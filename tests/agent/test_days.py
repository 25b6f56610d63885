"""Days in texts, however they are written."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.days import days_in

FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d %b", "%B %d, %Y", "%dth of %B")


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_a_day_is_found_in_whatever_form(day: date, one: str, other: str) -> None:
    (found,) = days_in(f"It ends {day:{one}}, they say.")
    assert (found.month, found.day) == (day.month, day.day)
    assert found.stands_in(f"until {day:{other}} at noon")


@pytest.mark.parametrize(
    ("said", "text", "stands"),
    [
        ("14 September 2028", "bought 14.09.2023", True),
        ("2026-08-01", "2026, August, bills/phone-2026-08.txt, lines 1-3", False),
        ("4 May", "collected 4, 11 and 18 May", True),
        ("8 May", "8 to 10 May", True),
        ("9 June", "9 May to 6 June", False),
        ("June 6, 2026", "2026-06-06 is a Saturday", True),
        ("1 August", "1 Aug", True),
        ("3 March", "on 3/3 at home", True),
    ],
)
def test_whether_a_text_speaks_of_a_day(said: str, text: str, stands: bool) -> None:
    (day,) = days_in(said)
    assert day.stands_in(text) is stands


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    for day in days_in(text):
        assert day.stands_in(day.text)
