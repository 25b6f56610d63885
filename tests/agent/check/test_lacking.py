"""Does an answer give what the goal asks for, and only that?"""

from __future__ import annotations

import pytest

from nomoat.agent.check.lacking import (
    beside_the_point,
    lacks_date,
    lacks_number,
    only_repeats,
    only_tells_what_was_written,
)


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ("The heating at Hill Street 14 is mentioned in a document, which is not a file.", True),
        ("You call the caretaker.", True),
        ("You call 030 5550 142.", False),
        ("The letter gives no number for that.", False),
        ("It does not say.", False),
        ("The letter has 172 bytes, 7 lines, and was changed on 2026-11-23 09:25.", True),
        ("In an emergency you call 112.", False),
        ("That is not mentioned anywhere.", False),
    ],
)
def test_the_number_of_a_telephone_has_figures(answer: str, lacks: bool) -> None:
    assert lacks_number("Which number do I call when the heating stays cold?", answer) is lacks


def test_a_share_is_answered_in_percent() -> None:
    goal = "What did we spend on food, and which share of everything was that in percent?"
    assert lacks_number(goal, "We spent 256.35 euros on food.")
    assert not lacks_number(goal, "We spent 256.35 euros on food, 64.5 % of everything.")
    assert not lacks_number("What is 17 % of 200?", "It is 34.")


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ("The guarantee is 5 years.", True),
        ("5", True),
        ("It starts 3 years after the purchase.", True),
        ("3 years after the purchase, on 14 September 2028.", False),
        ("Until 14 September 2028.", False),
        ("2028-09-14", False),
        ("14.09.2028", False),
        ("On Friday.", False),
        ("At 6 pm.", False),
        ("It was built in 1887.", False),
        ("Twice a week.", False),
        ("After the last frost.", False),
        ("It was decided by the market.", True),
        ("There is no guarantee on it.", False),
    ],
)
@pytest.mark.parametrize("goal", ["Until when is it ours?", "What date is it?", "When is it due?"])
def test_when_is_answered_with_a_time(goal: str, answer: str, lacks: bool) -> None:
    assert lacks_date(goal, answer) is lacks


@pytest.mark.parametrize("goal", ["Tell me when you are done.", "How long is it ours?", "Why?"])
def test_where_nobody_asks_when_no_time_is_lacking(goal: str) -> None:
    assert not lacks_date(goal, "5 years")


PRICES = "The prices are as follows: Rome: EUR 95, Lisbon: EUR 120, Oslo: 140, all others: EUR 80."


@pytest.mark.parametrize(
    ("goal", "answer", "asked"),
    [
        ("What may a hotel in Oslo cost?", PRICES, "Oslo: 140"),
        ("What may hotels in Oslo and Rome cost?", PRICES, ""),
        ("What do the hotels cost?", PRICES, ""),
        ("Which cities cost more than Rome, and what do they cost?", PRICES, ""),
        ("What may a hotel in Oslo cost?", "Oslo: 140", ""),
        ("What may a hotel in Oslo cost?", "- Rome: 95\n- Oslo: 140\n- Lisbon: 120", "Oslo: 140"),
    ],
)
def test_of_a_list_only_what_is_asked_is_to_the_point(goal: str, answer: str, asked: str) -> None:
    assert beside_the_point(goal, answer) == asked


def test_a_table_with_numbers_of_telephones_is_no_question_for_one() -> None:
    goal = "Could you turn people.txt into a csv file? Name and phone number are enough."
    assert not lacks_number(goal, "people.csv holds all seven.")


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        ("The last boat leaves at 17:35.", False),
        ("It leaves at half past 5.", False),
        ("They sail until 9 pm.", False),
        ("At half past seven.", False),
        ("The boats go every 25 minutes.", True),
        ("On Sundays in October.", True),
        ("The page does not say.", False),
    ],
)
def test_the_time_of_a_day_is_no_day(answer: str, lacks: bool) -> None:
    assert lacks_date("At what time does the last boat go back?", answer) is lacks


@pytest.mark.parametrize(
    ("goal", "answer", "only"),
    [
        (
            "Which shop sold most? Write it to best.txt",
            "Wrote 1 line (28 bytes) to best.txt.",
            True,
        ),
        ("Which shop sold most? Write it to best.txt", "Ahlen sold most: 812.50.", False),
        ("Write 'milk' to list.txt", "Wrote 1 line (5 bytes) to list.txt.", False),
    ],
)
def test_what_a_tool_said_is_no_answer_to_a_question(goal: str, answer: str, only: bool) -> None:
    assert only_tells_what_was_written(goal, answer) is only


@pytest.mark.parametrize(
    ("goal", "answer", "repeats"),
    [
        ("Why was parcel 20718 not taken?", "Parcel 20718 was not taken.", True),
        ("Which tents can we afford?", "We can afford these tents.", True),
        ("Why was parcel 20718 not taken?", "The street was missing.", False),
        ("How many tents can we afford?", "We can afford 3 tents.", False),
        ("What do we pay for tents?", "We pay nothing for tents.", False),
        ("Who is older, Anna or Bert?", "Bert is older.", False),
        ("Which of the sisters Anna and Clara is older?", "Clara is older.", False),
        ("Is the shop open on Sunday?", "The shop is open on Sunday.", False),
        ("Which day is the shop closed?", "It is Monday.", False),
        ("Find out why the tents were wet.", "Yes.", False),
    ],
)
def test_the_goals_own_words_are_no_answer(goal: str, answer: str, repeats: bool) -> None:
    assert only_repeats(goal, answer) is repeats
