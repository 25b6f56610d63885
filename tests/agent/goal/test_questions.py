"""What a goal asks: which kind of answer, and how many things."""

from __future__ import annotations

import pytest

from nomoat.agent.goal.questions import (
    asks_for_each,
    asks_how_to,
    asks_when,
    numbers_given,
    question_parts,
)


@pytest.mark.parametrize(
    ("goal", "parts"),
    [
        ("When is the concert?", 1),
        ("When is the concert, and who plays?", 2),
        ("How much is it, until when, and where do I pay?", 3),
        ("Add milk to the list.", 1),
        ("Tell me which one it is and what it costs.", 1),
        ("Whatever it is, I know who did it.", 1),
        ("What is on http://127.0.0.1/what,when/ and how long is it?", 2),
        ("who? what? when? where? why?", 3),
        ("", 1),
    ],
)
def test_how_many_things_are_asked(goal: str, parts: int) -> None:
    assert question_parts(goal) == parts


@pytest.mark.parametrize(
    ("goal", "each"),
    [
        ("Say one sentence on each of the letters.", True),
        ("Sum up all my notes.", True),
        ("What does the letter say?", False),
        ("Write each name on a line.", False),
    ],
)
def test_what_is_wanted_of_every_file(goal: str, each: bool) -> None:
    assert asks_for_each(goal) is each


@pytest.mark.parametrize(
    ("goal", "asks"),
    [
        ("What do I have to do next?", True),
        ("How do I pay?", True),
        ("What do we pay for water?", False),
        ("What do I need of flour?", False),
    ],
)
def test_what_to_do_is_a_question_of_its_own(goal: str, asks: bool) -> None:
    assert asks_how_to(goal) is asks


@pytest.mark.parametrize(
    ("goal", "asks"),
    [
        ("Until when is it ours?", True),
        ("On what day did it end?", True),
        ("Who won, and when did it end?", True),
        ("Tell me when you are done.", False),
        ("How long is it?", False),
    ],
)
def test_when_something_is(goal: str, asks: bool) -> None:
    assert asks_when(goal) is asks


@pytest.mark.parametrize(
    ("goal", "numbers"),
    [
        ("What is 17 % of 2,340?", 2),
        ("Three of us pay 19.50 for 2 hours.", 3),
        ("Which one is the first?", 0),
        ("12 and twelve, and 12", 3),
    ],
)
def test_the_numbers_of_a_goal_are_counted_as_they_stand(goal: str, numbers: int) -> None:
    assert numbers_given(goal) == numbers
