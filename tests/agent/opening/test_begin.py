"""What a goal makes impossible is told at the beginning."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path

import pytest

from nomoat.agent import prompts
from nomoat.agent.opening.begin import Surroundings, _computes, begin
from nomoat.agent.opening.leads import Leads
from nomoat.agent.state import State
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.once import there
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_store import Tables
from nomoat.tools.tables import table_tools
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import View


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "May.md").write_text("The roof leaks.")
    return Workspace(tmp_path)


def begun(goal: str, work: Workspace) -> State:
    toolbox = Toolbox(file_tools(work))
    around = Surroundings(work, toolbox, View(toolbox, None))
    return begin(goal, read_goal(goal, partial(there, work)), around)


def test_a_file_that_is_nowhere_is_named(work: Workspace) -> None:
    state = begun("Summarise report.docx in two sentences.", work)
    assert state["absent"] == ("report.docx",)
    assert "not in the workspace: report.docx" in state["opening"]


@pytest.mark.parametrize(
    "goal",
    [
        "What does notes/may.md say?",
        "What does May.md say?",
        "Write the leaks to leaks.txt",
        "What stands on https://example.org/index.html?",
        "Add the roof to todo.txt",
    ],
)
def test_what_is_there_or_is_to_be_made_is_not_missing(goal: str, work: Workspace) -> None:
    assert begun(goal, work)["absent"] == ()


def test_a_goal_that_forbids_to_write_is_told_so(work: Workspace) -> None:
    assert (
        "no file may be written"
        in begun("Write a.txt, but do not change anything.", work)["opening"]
    )


def test_a_long_table_is_asked_and_not_read(tmp_path: Path) -> None:
    times = [f"2026-09-{day:02} {hour:02}:00:00" for day in range(1, 7) for hour in range(24)]
    (tmp_path / "server.log").write_text("\n".join(f"{time} ERROR timeout" for time in times))
    work = Workspace(tmp_path)
    tables = Tables(work)
    toolbox = Toolbox([*file_tools(work), *table_tools(work, tables=tables)])
    around = Surroundings(work, toolbox, View(toolbox, None), tables=tables.infos())
    goal = "How often was there a timeout on 2 September? See server.log"
    first = begin(goal, read_goal(goal), around)["in_view"]
    assert first[0] == "query_table"
    assert not {"read_file", "find_in_files"} & set(first)


def test_the_day_is_told_where_it_matters(work: Workspace) -> None:
    today = f"{date.today().day} {date.today():%B %Y}"
    assert today in begun("Which bills are due this month?", work)["opening"]
    assert today in begun("How old is the roof?", work)["opening"]
    assert "Today" not in begun("What is 17% of 2,340?", work)["opening"]


def test_the_table_that_is_meant_stands_first(tmp_path: Path) -> None:
    this, last = date.today().year, date.today().year - 1
    (tmp_path / "dues.csv").write_text("member,eur\nAnn,96\n")
    for year in (last, this):
        (tmp_path / f"members-{year}.csv").write_text("name,voice\nAnn,alto\n")
    work = Workspace(tmp_path)
    tables = Tables(work)
    toolbox = Toolbox([*file_tools(work), *table_tools(work, tables=tables)])
    around = Surroundings(work, toolbox, View(toolbox, None), tables=tables.infos())

    def first(goal: str) -> str:
        given = begin(goal, read_goal(goal), around)["opening"]
        return given.split(prompts.TABLES)[1].split()[1]

    assert first("I'd like this year's member list by name") == f"members_{this}"
    assert first("Who sang alto last year, by the list of members?") == f"members_{last}"


@pytest.mark.parametrize(
    ("goal", "in_view", "so"),
    [
        ("Three of us hired a canoe for 2 hours at 19 euros. What is it for each?", "calculate", 1),
        (
            "Three of us hired a canoe for 2 hours at 19 euros. What is it for each?",
            "calculate now",
            1,
        ),
        ("Three of us hired a canoe for 2 hours at 19 euros. What is it for each?", "read_file", 0),
        ("Three times 2 and 19: see prices.txt?", "calculate", 0),
        ("What is 17 % of 2340?", "calculate", 0),  # one expression is enough
        ("What is 3 March 2026 and 4 weeks and 2 days?", "calculate", 0),
        ("It is 17:48, and I need 25 minutes and 10 more. When do I leave?", "calculate", 0),
    ],
)
def test_a_problem_in_words_is_worked_out_line_by_line(goal: str, in_view: str, so: int) -> None:
    assert _computes(goal, in_view.split(), Leads(), ()) is bool(so)


def test_where_a_text_may_say_more_nothing_is_computed_yet() -> None:
    goal = "Three of us hired a canoe for 2 hours at 19 euros. What is it for each?"
    assert not _computes(goal, ["calculate"], Leads(share=0.6), ())
    assert not _computes(goal, ["calculate"], Leads(), [("a.md:1", "x")])


@pytest.mark.parametrize(
    ("goal", "answers"),
    [
        ("What does May.md say of the roof?", True),
        ("The roof is spoken of in May.md. What is wrong with it?", True),
        ("How many words has May.md?", False),
        ("Is the price in May.md within what I set for the kitchen?", False),
        ("What is 12 % of 80, and what does May.md say?", False),
        ("What is wrong with the roof? See May.md and prices.csv.", False),
        ("Write what May.md says to roof.txt", False),
    ],
)
def test_what_a_named_text_says_is_answered_from_it(
    goal: str, answers: bool, work: Workspace
) -> None:
    work.write_bytes("prices.csv", b"what,price\nroof,800\nwindow,120\n")
    tables = Tables(work)
    toolbox = Toolbox([*file_tools(work), *table_tools(work, tables=tables)])
    around = Surroundings(work, toolbox, View(toolbox, None), tables=tables.infos())
    state = begin(goal, read_goal(goal, partial(there, work)), around)
    assert (state["in_view"] == ()) is answers


def test_tables_and_lists_that_a_goal_needs_together_are_asked_first(tmp_path: Path) -> None:
    (tmp_path / "tables.csv").write_text("table,guest\n4,Nadia Farouk\n4,Bo Day\n2,Yara Stein\n")
    (tmp_path / "menus.txt").write_text(
        "vegetarian: Nadia Farouk, Yara Stein\nfish: Bo Day\nmeat: Al\n"
    )
    (tmp_path / "letter.txt").write_text("Dear guests, the band plays from nine on.")
    work = Workspace(tmp_path)
    tables = Tables(work)
    toolbox = Toolbox([*file_tools(work), *table_tools(work, tables=tables)])
    around = Surroundings(
        work, toolbox, View(toolbox, None), tables=tables.infos(), lists=tables.lists
    )

    def first(goal: str) -> State:
        return begin(goal, read_goal(goal), around)

    both = first("Which of the guests get the vegetarian menu?")
    assert both["beyond_one"]
    assert set(both["tables"]) == {"tables", "menus"}
    assert both["in_view"][0] == "query_table"
    for one in (
        "Who is vegetarian?",
        "Which guests of menus.txt are vegetarian?",
        "Take Bo Day out of the vegetarian guests in menus.txt",
        "Which of the guests on https://example.org/ are vegetarian?",
    ):
        assert not first(one)["beyond_one"]
        assert "menus" not in first(one)["tables"]
