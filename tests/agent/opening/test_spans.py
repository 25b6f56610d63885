"""Goals that one source is not enough for."""

from __future__ import annotations

from nomoat.agent.opening.spans import Source, spanned
from nomoat.memory.query import understand

SEATS = Source("tables.csv", "tables.csv\ntable,guest\n4,Nadia Farouk\n2,Yara Stein", is_table=True)
MENUS = Source(
    "menus.txt", "menus.txt\nvegetarian: Nadia Farouk, Yara Stein\nfish: Bo", is_list=True
)
LETTER = Source("letter.txt", "letter.txt\nDear Nadia, the band plays from nine on.")


def of(goal: str, *sources: Source) -> tuple[str, ...]:
    return spanned(understand(goal).words, sources)


def test_a_goal_whose_words_stand_in_two_sources_needs_both() -> None:
    goal = "Which guests from Nadia's side are vegetarian?"
    assert of(goal, SEATS, MENUS, LETTER) == ("tables.csv", "menus.txt")


def test_one_source_that_holds_all_is_enough() -> None:
    assert of("Is Nadia Farouk vegetarian?", SEATS, MENUS, LETTER) == ()
    assert of("Until when does the band play?", SEATS, MENUS, LETTER) == ()


def test_words_that_stand_anywhere_lead_nowhere() -> None:
    other = Source("days.csv", "days.csv\nday,name,time\nMonday,Bo,9", is_table=True)
    assert of("Which day is the name of the vegetarian one?", other, MENUS) == ()


def test_two_texts_are_read_and_not_asked() -> None:
    assert of("Which guests are vegetarian?", LETTER, MENUS) == ()


def test_nothing_is_spanned_where_there_is_nothing() -> None:
    assert of("Which guests are vegetarian?") == ()
    assert spanned((), (SEATS, MENUS)) == ()
