"""Days in texts, however they are written."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.goal.days import days_in, no_such_day, weekdays_in

FORMS = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%dth of %B")
READ = (*FORMS, "%d %b", "%b %d")


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.sampled_from(FORMS), st.sampled_from(READ))
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
        ("9 June", "on 9 May", False),
        ("3 May", "# May 2026\n- Sun 3: meeting", True),
        ("31 December 2026", "31. Dezember 2026", True),
        ("June 6, 2026", "2026-06-06 is a Saturday", True),
        ("1 August", "1 Aug", True),
        ("3 March", "on 3/3 at home", True),
        ("3 May", "The tenants may leave within 3 months.", False),
    ],
)
def test_whether_a_text_speaks_of_a_day(said: str, text: str, stands: bool) -> None:
    (day,) = days_in(said)
    assert day.stands_in(text) is stands


@pytest.mark.parametrize(
    "text", ["12 novels", "3 junior developers", "Maria 12, Jan 7", "20 marketing mails", "5 may"]
)
def test_what_is_no_day(text: str) -> None:
    assert list(days_in(text)) == []


PIECES = st.sampled_from([*"0123456789 .-/", "May", "June ", " of ", "th", "2026", "March"])


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_text_speaks_of_each_day_in_it(text: str) -> None:
    assert all(day.stands_in(day.text) for day in days_in(text))


SAID = (
    "It falls on {weekday}, {day}.",
    "That is {weekday} the {day}.",
    "It is {day}, which is a {weekday}.",
    "{day} ({weekday})",
    "She was born on {day}. It ends on {day} and that is a {weekday}, {day}.",
)
DATED = ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%dth of %B %Y", "%B %d, %Y")


@given(
    st.dates(date(1950, 1, 1), date(2090, 1, 1)),
    st.sampled_from(SAID),
    st.sampled_from(DATED),
    st.integers(0, 6),
)
def test_a_day_of_the_week_is_right_or_wrong(day: date, form: str, dated: str, off: int) -> None:
    weekday = f"{date(2024, 1, 1 + (day.weekday() + off) % 7):%A}"
    found = list(weekdays_in(form.format(weekday=weekday, day=f"{day:{dated}}")))
    assert found
    assert all(one.date == day and one.is_right is (off == 0) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "From 3 March 2026 until Wednesday",
        "On 3 March 2026 and on Wednesday",
        "every Monday. 3 March 2026",
        "31 February 2026, a Monday",
        "3 March, a Monday",
    ],
)
def test_what_gives_no_date_its_day_of_the_week(text: str) -> None:
    assert list(weekdays_in(text)) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("put Ola down for 31 april please", "31 april"),
        ("On the 30th of February we meet.", "30th of February"),
        ("What was on 29 February 2026?", "29 February 2026"),
        ("What was on 29 February 2028?", ""),
        ("Is June 31st free?", "June 31st"),
        ("31 May, 30 April, 31 December and 28 February", ""),
        ("In April 31 people came; we took 31 apricots.", ""),
        ("We ordered 45 April calendars.", ""),
        ("How many of the 30 February invoices are unpaid?", ""),
        ("What happened at 10:31 Jun 3?", ""),
    ],
)
def test_a_day_that_no_calendar_has(text: str, day: str) -> None:
    assert no_such_day(text) == day


@given(st.dates())
def test_every_day_of_a_calendar_is_one(day: date) -> None:
    assert no_such_day(f"{day.day} {day:%B} {day.year:04}") == ""
