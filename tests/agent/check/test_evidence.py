"""Answers are held to what was observed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.check.evidence import check, promises, rests_on_nothing
from nomoat.agent.goal.asked import (
    asks_for_change,
    files_named,
    files_to_change,
    files_to_make,
    kind_to_make,
)

SEEN = [
    (1, "region | total\nNorth | 12450.5\nSouth | 900.25"),
    (2, "Meeting on 2026-03-05 with Dana Kovács. Three people came. 1.234,50 EUR were paid."),
    (3, "Wrote 2 lines (48 bytes) to out/best.txt."),
]


def unverified(answer: str, given: str = "Goal: Which region sold most?") -> list[str]:
    return [claim.text for claim in check(answer, given=given, observations=SEEN).unverified]


@pytest.mark.parametrize(
    "answer",
    [
        "North sold the most, 12450.5.",
        "North sold the most: 12,450.50 euros.",
        "North sold about 12,451.",
        "South had 900.3.",
        "Dana Kovács was there on 5 March 2026.",
        "There were 3 people.",
        "There were 3 people, not 10.",
        "They paid 1234.50.",
        "I wrote it to out/best.txt.",
        "I could not find that.",
        "",
        "The Region North.",
    ],
)
def test_what_was_observed_holds(answer: str) -> None:
    assert unverified(answer, given="Goal: Which region sold most? Who was there in March?") == []


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("North sold 12,460.", ["12,460"]),
        ("North sold 12450.7.", ["12450.7"]),
        ("It was Peter Smith.", ["Peter Smith"]),
        ("I wrote summary.txt.", ["summary.txt"]),
        ("South had 901 and North 12450.5.", ["901"]),
        ("There were 4 people with Dana.", ["4"]),
        ("There were not 3 people, but 10.", ["10"]),
    ],
)
def test_what_was_not_observed_is_marked(answer: str, wrong: list[str]) -> None:
    assert unverified(answer) == wrong


def test_claims_point_to_their_steps() -> None:
    verdict = check("North: 12450.5, Dana.", given="", observations=SEEN)
    assert verdict.evidence == (1, 2)
    assert verdict.holds


@pytest.mark.parametrize(
    ("goal", "files"),
    [
        ("Copy a.csv to b.csv. After that enter in a.csv that Bo has paid.", ("a.csv",)),
        ("Add the numbers of a.csv to notes.txt", ("notes.txt",)),
        ("Add up the amounts in a.csv and save the sum in b.txt", ()),
        ("Remove the empty lines from notes.txt, then fix todo.md.", ("notes.txt", "todo.md")),
        ("Replace milk by bread in list.txt", ("list.txt",)),
        ("What does notes.txt say?", ()),
    ],
)
def test_files_that_are_to_be_changed(goal: str, files: tuple[str, ...]) -> None:
    assert files_to_change(goal) == files


@pytest.mark.parametrize(
    ("goal", "kind"),
    [
        ("Could you turn contacts.txt into a csv file for my phone?", ".csv"),
        ("Export the members as JSON.", ".json"),
        ("Write a new Markdown document about it.", ".md"),
        ("Put the addresses in a plain text file.", ".txt"),
        ("Write a text to my landlady.", ""),
        ("Create a markdown table of the planets.", ""),
        ("Save the list as csv.", ".csv"),
        ("Turn contacts.txt into a csv file called phone.csv.", ""),
        ("How many rows does the csv file have?", ""),
        ("Save the sum of sales.csv.", ""),
    ],
)
def test_the_kind_of_a_file_that_has_no_name(goal: str, kind: str) -> None:
    assert kind_to_make(goal) == kind


def test_a_missing_file_is_no_success() -> None:
    verdict = check("Done.", given="", observations=SEEN, missing_files=["report.md"])
    assert not verdict.holds
    assert verdict.missing_files == ("report.md",)


def test_goals_that_ask_for_a_change() -> None:
    for goal in (
        "Add milk to todo.txt",
        "Read a.txt and save the sum to b.txt",
        "Please fix the report.",
        "the address is wrong, pls fix that in the report",
    ):
        assert asks_for_change(goal)
    for goal in ("What changed in a.txt?", "Who will write the report?", "Add 5 % to 200."):
        assert not asks_for_change(goal)


def test_files_in_a_goal() -> None:
    goal = "Read data/sales 2.csv and notes.v2.txt, then write the sum to out/sum.txt."
    assert "out/sum.txt" in files_named(goal)
    assert "notes.v2.txt" in files_named(goal)
    assert files_to_make(goal) == ("out/sum.txt",)
    assert files_to_make("What does a.txt say?") == ()
    assert files_to_make("Write the sum of a.csv to b.txt and c.txt") == ("b.txt", "c.txt")
    assert files_to_make("Save what you find in notes.txt") == ("notes.txt",)
    assert files_named("The price is 3.50 e.g. in May.") == ()


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_checked(answer: str, seen: str) -> None:
    verdict = check(answer, given="", observations=[(1, seen)])
    assert set(verdict.unverified) <= set(verdict.claims)


@given(st.integers(0, 10**9))
def test_a_number_is_found_however_its_thousands_are_written(number: int) -> None:
    seen = [(1, f"total: {number}")]
    assert check(f"It is {number:,}.", given="", observations=seen).holds
    assert check(f"It is {number}.00.", given="", observations=seen).holds


# -- answers that rest on nothing -------------------------------------------------------------


def unfounded(goal: str, answer: str, *seen: str, given: str = "") -> bool:
    observations = list(enumerate(seen, 1))
    verdict = check(answer, given=f"Goal: {goal}\n{given}", observations=observations)
    return rests_on_nothing(goal, answer, verdict, observations, given)


@pytest.mark.parametrize(
    ("goal", "answer", "seen"),
    [
        ("What is the capital of Peru?", "It is Lima.", []),
        ("Is the boiler fine?", "Sure, everything works.", []),
        ("Is the boiler fine?", "The boiler is fine.", []),  # the goal again
        ("Which region sold the most?", "The region that sold the most.", ["North | 12450.5"]),
        ("Is 17 a prime?", "17 is a prime.", []),
        ("Who is the plumber?", "There is none.", []),  # nobody has looked
        ("Find the plumber.", "Found.", ["Anna Berg, plumber"]),
    ],
)
def test_an_answer_without_anything_that_was_seen_rests_on_nothing(
    goal: str, answer: str, seen: list[str]
) -> None:
    assert unfounded(goal, answer, *seen)


@pytest.mark.parametrize(
    ("goal", "answer", "seen"),
    [
        ("Who is the plumber?", "Anna Berg.", ["plumber: Anna Berg"]),
        ("What is 2 + 3?", "It is 5.", ["2 + 3 = 5"]),
        ("Which region sold the most?", "North sold the most.", ["North | 12450.5"]),
        ("What is the letter about?", "It is about a broken window.", ["the window is broken"]),
        ("Who is the plumber?", "There is none.", ["'plumber' is not in the workspace."]),
        ("Write a poem.", "Roses are red.", []),  # nothing was asked
        ("Add milk to todo.txt", "Done.", ["Added 1 line to todo.txt."]),
    ],
)
def test_an_answer_with_something_that_was_seen_does_not(
    goal: str, answer: str, seen: list[str]
) -> None:
    assert not unfounded(goal, answer, *seen)


def test_what_the_harness_gave_is_something_to_rest_on() -> None:
    goal, given = "What is the rent?", "From the person's documents:\n- The rent is 900 EUR."
    assert not unfounded(goal, "It is 900 EUR.", given=given)
    assert unfounded(goal, "It is the rent.", given=given)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_answer_can_be_asked_for_what_it_rests_on(goal: str, answer: str) -> None:
    assert unfounded(goal, answer) in (True, False)
    if unfounded(goal, answer):
        assert unfounded(f"{goal}?", answer)


@given(st.from_regex(r"[a-z]{4,12}", fullmatch=True))
def test_one_word_that_was_seen_is_enough(word: str) -> None:
    goal = "What does it say?"
    assert unfounded(goal, f"It is {word}.") or word in {"nothing", "nobody", "never"}
    assert not unfounded(goal, f"It is {word}.", f"… {word} …")


def test_a_count_is_no_part_of_a_time_or_a_place() -> None:
    seen = [(1, "39 lines contain 'timeout':\nserver.log:341: 2026-09-17 19:16:26 timeout")]

    def holds(answer: str) -> bool:
        return check(answer, given="On 17 September?", observations=seen, counted=True).holds

    assert holds("It timed out 39 times.")
    assert holds("The last of 39 was on 2026-09-17 at 19:16:26.")
    assert holds("It timed out 39 times on September 17th, 2026.")
    assert not holds("It timed out 19 times.")
    assert not holds("It timed out 341 times.")


def test_a_wrong_day_of_the_week_does_not_hold() -> None:
    def holds(answer: str, seen: str) -> bool:
        return check(answer, given="When?", observations=[(1, seen)]).holds

    assert holds("It is on 28 March 2026, a Saturday.", "2026-03-28")
    assert not holds("It is on 28 March 2026, a Wednesday.", "2026-03-28")
    assert holds("It is on 28 March 2026, a Wednesday.", "Wednesday, 28 March 2026: cake")


@pytest.mark.parametrize(
    ("answer", "only"),
    [
        (
            "I have read the files and extracted the sentences from each mail.",
            True,
        ),
        ("I've checked the list.", True),
        ("I will read the list next.", True),
        ("Write_files(minutes/2026-02-17.md,", True),
        ("Checking...", True),
        ("Looking through the minutes…", True),
        ("Running costs 12 euros a month.", False),
        ("I have found 3 errors.", False),
        ("I have read it: the meeting is on Friday.", False),
        ("I have collected the names in names.txt.", False),
        ("I found the key. It lies in the drawer.", False),
        ("I have moved the file.", False),
    ],
)
def test_an_answer_that_only_tells_of_the_work_is_none(answer: str, only: bool) -> None:
    assert promises(answer) is only


@pytest.mark.parametrize(
    ("answer", "seen", "evidence"),
    [
        ("North sold the most.", "region\nNorth\n(1 row)", (1,)),
        ("It was close. North sold the most.", "North,7581", (1,)),
        ("Sales were good.", "Sales by region: North\nsales in all", ()),
        ("South sold the most.", "North,7581", ()),
    ],
)
def test_a_name_may_begin_a_sentence(answer: str, seen: str, evidence: tuple[int, ...]) -> None:
    verdict = check(answer, given="Which region sold the most?", observations=[(1, seen)])
    assert verdict.evidence == evidence
    assert verdict.holds
