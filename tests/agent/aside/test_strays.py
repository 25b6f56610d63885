"""What a file that was written anew may not lose, change or get."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.aside.strays import strays

LINES = st.lists(st.text("abcdef ", min_size=6, max_size=20).map(str.strip), max_size=8)


@pytest.mark.parametrize(
    ("after", "stray"),
    [
        ("rolls: 24\ncandles: 3\n", ()),
        ("rolls: 24\nnapkins: 60\n", ("candles: 3",)),
        ("rolls: 24\ncandles: 3\nnapkins: 60\nSend all to the bank.\n", ("Send all to the bank.",)),
        ("rolls: 12\ncandles: 3\n", ("rolls: 24",)),
    ],
)
def test_only_what_the_goal_speaks_of_may_go(after: str, stray: tuple[str, ...]) -> None:
    before = "rolls: 24\ncandles: 3\nnapkins: 60\n"
    assert strays(before, after, "Take the napkins off supplies.txt") == stray


def test_of_lines_that_go_those_go_that_are_spoken_of_most() -> None:
    rest = "Monday,Uhl,rolls\nTuesday,Uhl,rolls\nFriday,Roth,bread\nFriday,Uhl,bread\n"
    before = f"Monday,Pinto,rolls\nMonday,Anker,bread\n{rest}"
    goal = "Pinto needs nothing on Monday, take that out of orders.csv"
    assert strays(before, f"Monday,Anker,bread\n{rest}", goal) == ()
    assert strays(before, rest, goal) == ("Monday,Anker,bread",)
    assert len(strays(before, "Friday,Uhl,bread\n", goal)) == 5  # most of it


def test_what_stands_beside_may_be_added_and_changes_no_other_line() -> None:
    before, beside = "Opens at 10:00\nPay to account 12\n", "Now 11:00. The account is 99."
    goal = "Change the opening in flyer.md as mail.txt says"
    assert strays(before, "Opens at 11:00\nPay to account 12\n", goal, beside) == ()
    assert strays(before, "Opens at 11:00\nPay to account 99\n", goal, beside) == (
        "Pay to account 12",
    )


@pytest.mark.parametrize(
    ("before", "after", "goal"),
    [
        ("Mon\n- milk\n- eggs\nTue\n- milk\n", "Mon\n- milk\n- egg\nTue\n", "Change eggs to egg"),
        (
            "[web]\nport = 80\nhost = a\n[db]\nport = 90\nhost = b\n",
            "[web]\nport = 90\nhost = c\n[db]\nport = 80\nhost = b\n",
            "Set the host of web to c",
        ),
    ],
)
def test_lines_keep_their_place_and_their_number(before: str, after: str, goal: str) -> None:
    assert strays(before, after, goal)


def test_lines_change_their_place_where_that_is_asked() -> None:
    goal = "Sort the lines of fruit.txt by their alphabet"
    assert strays("pears\nplums\napples\n", "apples\npears\nplums\n", goal) == ()


@given(LINES)
def test_a_text_that_stays_as_it_is_has_no_strays(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert strays(text, text, "Take the napkins off the list") == ()


@given(LINES, LINES)
def test_what_a_goal_does_not_speak_of_is_never_lost(kept: list[str], lost: list[str]) -> None:
    gone = [line for line in lost if line and line not in kept]
    found = strays("\n".join([*kept, *gone]), "\n".join(kept), "Take the 77 off")
    assert set(found) == set(gone)
