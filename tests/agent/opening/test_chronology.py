"""What was last and what was first, of the dated entries of texts."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.opening.chronology import Entry, Order, entries, entry_meant, order_asked

LIST = """CAR (bought 2019)

2023-05-02  inspection, Garage Wolff, 89.00
2024-01-19  new battery, Garage Wolff, 140.00
2024-05-07  inspection, Autohaus Nord, 95.00
2025-02-11  towed, clutch, Abele, 640.00
"""
DIARY = """# Journal 2025

## 3 March
Walked with Tom to the mill.

## 20 June
Tom rang: the boat is sold.

## 2 July

Rain. Tom came by with plums.

A second paragraph.
"""


@pytest.mark.parametrize(
    ("goal", "order"),
    [
        ("When was the last inspection of the car?", Order.LATEST),
        ("Which garage did the inspection the last time?", Order.LATEST),
        ("What is the most recent entry about Tom?", Order.LATEST),
        ("When did I first see Tom?", Order.EARLIEST),
        ("When did the last letter from Ines come?", Order.LATEST),
        ("How much did we spend last year?", None),
        ("What was on last Monday?", None),
        ("When is the first collection after 1 July?", None),
        ("What is Tom's last name?", None),
        ("List the files.", None),
    ],
)
def test_the_order_a_goal_asks_for(goal: str, order: Order | None) -> None:
    assert order_asked(goal) is order


def test_the_entries_of_a_list() -> None:
    found = entries(LIST)
    assert [one.day for one in found] == [
        date(2023, 5, 2),
        date(2024, 1, 19),
        date(2024, 5, 7),
        date(2025, 2, 11),
    ]
    assert found[1].text == "new battery, Garage Wolff, 140.00"


def test_days_as_headings_have_the_year_of_the_title() -> None:
    assert entries(DIARY) == (
        Entry(date(2025, 3, 3), "Walked with Tom to the mill."),
        Entry(date(2025, 6, 20), "Tom rang: the boat is sold."),
        Entry(date(2025, 7, 2), "Rain. Tom came by with plums."),
    )


def test_without_any_year_there_are_no_entries() -> None:
    assert entries("3 March: walked\n4 March: rested\n") == ()
    assert [one.day.year for one in entries("3 March: walked\n", about="notes-2024.md")] == [2024]


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("- 2025-11-04: x", date(2025, 11, 4)),
        ("[2025-11-04 06:30] x", date(2025, 11, 4)),
        ("4.11.2025 x", date(2025, 11, 4)),
        ("Tue, 4 November 2025 - x", date(2025, 11, 4)),
        ("**November 4th, 2025** x", date(2025, 11, 4)),
        ("| 2025-11-04 | x |", date(2025, 11, 4)),
    ],
)
def test_ways_to_write_a_day(line: str, day: date) -> None:
    assert [one.day for one in entries(line)] == [day]


@pytest.mark.parametrize("line", ["2025-13-04 x", "31 February 2025 x", "12 eggs", "3 cups x 2025"])
def test_what_is_no_day(line: str) -> None:
    assert entries(line) == ()


def test_the_latest_that_fits() -> None:
    found = entry_meant(
        "When was the last inspection of the car?", Order.LATEST, [("car.txt", LIST)]
    )
    assert found == Entry(date(2024, 5, 7), "inspection, Autohaus Nord, 95.00")


def test_the_earliest_that_fits() -> None:
    found = entry_meant("When did I see Tom for the first time?", Order.EARLIEST, [("", DIARY)])
    assert found is not None
    assert found.day == date(2025, 3, 3)


def test_a_word_is_not_met_by_another_of_the_same_stem() -> None:
    """`Ines` and `in` have the same stem."""
    diary = "## 3 March 2025\nWalked with Ines.\n\n## 4 March 2025\nStayed in.\n"
    found = entry_meant("When did I last see Ines?", Order.LATEST, [("", diary)])
    assert found is not None
    assert found.day == date(2025, 3, 3)


def test_several_texts_make_one_chronology() -> None:
    parts = [("Journal 2025", "## 20 June\nTom rang."), ("Journal 2024", "## 3 March\nTom left.")]
    found = entry_meant("When did I last hear of Tom?", Order.LATEST, parts)
    assert found is not None
    assert found.day.year == 2025


def test_nothing_where_nothing_fits() -> None:
    assert entry_meant("When did I last go sailing?", Order.LATEST, [("", DIARY)]) is None
    assert entry_meant("When did I last see Tom?", Order.LATEST, [("", "no days")]) is None


@given(st.text())
def test_any_text_can_be_looked_through(text: str) -> None:
    for entry in entries(text):
        assert entry.text


def test_what_belongs_to_an_entry_is_no_heading() -> None:
    diary = (
        "## 2024-03-01\n\n### Work\nFixed the printer.\n\n## 2024-03-02\n\n### Work\nMet Anna.\n"
    )
    assert [str(entry) for entry in entries(diary)] == [
        "2024-03-01: ### Work Fixed the printer.",
        "2024-03-02: ### Work Met Anna.",
    ]
    wrapped = "- 2024-03-01: Anna called about\nthe broken heater\n- 2024-03-02: plumber came\n"
    assert [str(entry) for entry in entries(wrapped)] == [
        "2024-03-01: Anna called about the broken heater",
        "2024-03-02: plumber came",
    ]


def test_an_entry_is_of_whom_it_stands_under() -> None:
    text = """Client cards

Mrs Lund (Ada)
- 6 November 2025: tint 6.1, 40 minutes
- 19 February 2026: tint 6.1, 45 minutes

Mrs Lunding (Rosa)
- patch test without a reaction
- 11 December 2025: tint 7.3, 35 minutes
- 6 February 2026: tint 8.3, 25 minutes
"""
    goal = "Which tint did Mrs Lunding have the last time?"
    entry = entry_meant(goal, Order.LATEST, [("cards.md", text)])
    assert str(entry) == "Mrs Lunding (Rosa), 2026-02-06: tint 8.3, 25 minutes"
