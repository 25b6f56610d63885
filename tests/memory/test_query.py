"""What is read out of a question: words, times, and the kind of answer it wants."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.memory.document import Chunk
from nomoat.memory.periods import Period, in_words, periods
from nomoat.memory.query import understand
from nomoat.memory.score import WEIGHTS, Signals, of_text

TODAY = date(2024, 3, 13)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in May 2023", (Period(2023, 5),)),
        ("on 8 May 2023", (Period(2023, 5, 8),)),
        ("May 8th, 2023", (Period(2023, 5, 8),)),
        ("since 2023-05-08", (Period(2023, 5, 8),)),
        ("in 2022", (Period(2022),)),
        ("in October", (Period(month=10),)),
        ("what may I eat on the march", ()),
        ("yesterday", (Period(between=("2024-03-12", "2024-03-12")),)),
        ("last week", (Period(between=("2024-03-04", "2024-03-10")),)),
        ("last month", (Period(between=("2024-02-01", "2024-02-29")),)),
        ("last year", (Period(between=("2023-01-01", "2023-12-31")),)),
        ("room 2150 costs 300", ()),
    ],
)
def test_periods(text: str, expected: tuple[Period, ...]) -> None:
    assert periods(text, TODAY) == expected


def test_relative_times_need_a_today() -> None:
    assert periods("last week") == ()


@pytest.mark.parametrize(
    ("period", "iso", "fit"),
    [
        (Period(2023, 5, 8), "2023-05-08T13:56", 2.0),
        (Period(2023, 5, 8), "2023-05-09", 1.0),
        (Period(2023, 5), "2023-06-01", 0.0),
        (Period(month=5), "2019-05-01", 1.0),
        (Period(2023), "2023-01-01", 0.3),
        (Period(2023), "", 0.0),
        (Period(between=("2024-03-04", "2024-03-10")), "2024-03-10T23:00", 1.0),
        (Period(between=("2024-03-04", "2024-03-10")), "2024-03-11", 0.0),
    ],
)
def test_how_well_a_date_fits(period: Period, iso: str, fit: float) -> None:
    assert period.match(iso) == fit


def test_dates_in_words() -> None:
    assert in_words("2023-05-08T13:56") == "8 May 2023"
    assert in_words("2023-05") == "May 2023"
    assert in_words("2023-99-01") == in_words("soon") == ""


@given(st.text(max_size=200))
def test_any_question_is_understood(text: str) -> None:
    query = understand(text, TODAY)
    assert len(set(query.words)) == len(query.words)
    of_text(query, Chunk(text))


def test_words_of_a_question() -> None:
    query = understand("When did Eva's sister move to Brno?")
    assert query.words == ("eva", "sister", "move", "brno")
    assert query.asks_when
    assert not query.asks_number
    assert understand("How much is it?").asks_number
    assert understand("Who are you?").words == ("who", "are", "you")


@pytest.mark.parametrize(
    ("text", "all_"),
    [
        ("List all invoices", True),
        ("Name every supplier", True),
        ("What are all the deadlines?", True),
        ("Which invoice is due?", False),
        ("What is the name of all this?", False),
    ],
)
def test_questions_for_all(text: str, all_: bool) -> None:
    assert understand(text).wants_all is all_


def test_signals_of_a_chunk() -> None:
    query = understand("When did Caroline buy 3 tickets in May 2023?")
    found = of_text(query, Chunk("Caroline: I got them yesterday.", date="2023-05-09"))
    assert (found["label"], found["period"], found["when"], found["asks"]) == (1.0, 1.0, 1.0, 0.0)
    assert of_text(query, Chunk("Melanie: Did you get them?"))["label"] == 0.0
    assert of_text(query, Chunk("Did you?"))["asks"] == 1.0
    assert of_text(understand("What did Mel say?"), Chunk("Melanie: Hi."))["label"] == 1.0


def test_the_score_is_the_weighted_sum() -> None:
    assert Signals(vector=1.0, words=0.5).dot(WEIGHTS) == WEIGHTS.vector + WEIGHTS.words / 2
