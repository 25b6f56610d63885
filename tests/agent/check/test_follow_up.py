"""Where the results lead further than a small model went."""

from __future__ import annotations

from typing import Any

import pytest

from nomoat.agent.check.follow_up import (
    columns_left_out,
    facts_left_out,
    held_after_all,
    invents_work,
    left_standing,
    most_query,
    numbers_found,
    share_query,
    tables_to_ask,
)
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.tools.changes import ELSEWHERE
from nomoat.tools.observation import Observation
from nomoat.tools.table_info import NOT_WRITTEN, TABLES_TOLD


def step(tool: str, text: str, files: tuple[str, ...] = (), **args: Any) -> Step:
    return Step(1, Said(""), Decision("", ToolCall(tool, args)), Observation(text, files=files))


def asked(sql: str, text: str = "sum\n  12\n(1 row)") -> Step:
    return step("query_table", text, sql=sql)


SHARE = "What did the horses cost, and which share of all was that in percent?"


def test_the_query_for_a_share() -> None:
    part = asked("SELECT SUM(paid) AS total FROM farm WHERE animal = 'horse' AND year = 2026")
    assert share_query(SHARE, [part]) == (
        "SELECT 100.0 * SUM(paid) FILTER (WHERE animal = 'horse' AND year = 2026) / SUM(paid) "
        "AS percent FROM farm"
    )
    assert share_query(SHARE, [part, asked("SELECT 100.0 * 3 / 7")]) == ""
    assert share_query("What did the horses cost?", [part]) == ""


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SUM(paid) FROM farm",
        "SELECT animal, SUM(paid) FROM farm WHERE year = 2026 GROUP BY animal",
        "SELECT paid FROM farm WHERE animal = 'horse'",
    ],
)
def test_no_share_of_what_is_no_part(sql: str) -> None:
    assert share_query(SHARE, [asked(sql)]) == ""


LETTER = "Write to the tenant of the largest debt in letter.txt: name, amount and day it was due."
ROW = "name       | amount | due\nMia Storm  | 812.5  | 2026-07-01\n(1 row)"


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ("Dear Mia Storm, please pay.", ("amount 812.5", "due 2026-07-01")),
        ("Dear Mia Storm, please pay 812.50 by 1 July.", ()),
        ("Dear Mia Storm, please pay 812.50.", ("due 2026-07-01",)),
        ("Dear tenant, please pay.", ()),  # nothing of it: not made of this row
    ],
)
def test_facts_that_a_text_leaves_out(content: str, left: tuple[str, ...]) -> None:
    call = ToolCall("write_file", {"path": "letter.txt", "content": content})
    assert facts_left_out(call, LETTER, [asked("SELECT …", ROW)]) == left


def test_only_what_the_goal_names_has_to_stand_in_a_text() -> None:
    call = ToolCall("write_file", {"path": "x.txt", "content": "Mia Storm"})
    goal = "Write the name of the tenant with the largest debt to x.txt"
    assert facts_left_out(call, goal, [asked("SELECT …", ROW)]) == ()


def test_columns_that_a_table_lost() -> None:
    said = f"born, city {NOT_WRITTEN}"
    saved = step("save_query", f"Wrote 3 rows to b.csv:\nname\nAda\n{said}", ("b.csv",), sql="…")
    assert columns_left_out("Save the list sorted by name as b.csv", [saved]) == said
    assert columns_left_out("Save only the names, sorted, as b.csv", [saved]) == ""
    assert columns_left_out("Write who is in the list to b.csv", [saved]) == ""


def test_a_name_that_an_edited_file_still_holds() -> None:
    goal = "Odile Marchand is called Odile Roy now. Correct it, also where it says Ms Marchand."
    lines = f"Replaced 3 places. {ELSEWHERE}\n6: Odile Roy reports. Thanks to Ms Marchand."
    edit = {"path": "a.md", "old": "Odile Marchand", "new": "Odile Roy"}
    left = left_standing(goal, [step("edit_file", lines, ("a.md",), **edit)])
    assert left == ("Ms Marchand (now Ms Roy)",)
    assert not left_standing(goal, [step("edit_file", "Replaced.", ("a.md",), **edit)])
    other = "Odile Marchand is called Odile Roy now. Correct it."
    assert not left_standing(other, [step("edit_file", lines, ("a.md",), **edit)])
    assert not left_standing(goal, [])


def test_what_the_results_hold_after_all() -> None:
    goal = "What do I need of flour, butter and plums for the cake on http://x/cake.html?"
    page = step("browse", "For 4: 300 g flour, 150 g butter, 1 kg plums")
    held = held_after_all(goal, "The page does not provide the ingredients.", [page])
    assert {"flour", "butter", "plums"} <= set(held)
    assert held_after_all(goal, "300 g flour.", [page]) == ()
    other = step("browse", "A history of the oven")
    assert held_after_all(goal, "The page does not provide the ingredients.", [other]) == ()


@pytest.mark.parametrize(
    ("thought", "invented"),
    [
        ("The result says it is written. Still to do: send the reminder to the customer.", True),
        ("The result says it is written. Still to do: write the second letter.", False),
        ("The result says one is moved. Still to do: to move the others.", False),
        ("The result says it is written. That is all.", False),
    ],
)
def test_work_that_nobody_asked_for(thought: str, invented: bool) -> None:
    assert invents_work("Write two letters, and move the notes.", thought) is invented


def test_tables_of_a_page_are_asked_for_what_is_computed() -> None:
    page = step(
        "browse", f"Boats\n\n{TABLES_TOLD}\n- boats (http://x/boats.html, 20 rows): no BIGINT"
    )
    assert tables_to_ask("How many boats are longer than 5 m? http://x/boats.html", [page])
    assert tables_to_ask("Which is the cheapest boat on http://x/boats.html?", [page])
    assert not tables_to_ask("Who rents the boats on http://x/boats.html?", [page])
    assert not tables_to_ask("How many boats are there?", [step("browse", "Boats")])
    assert not tables_to_ask("How many boats are there?", [])


def test_rows_of_which_the_most_is_asked_are_sorted_in_sql() -> None:
    rows = "no | cost\nA    |   12\nB    |    7\n(2 rows)"
    goal = "Write the cheapest boat to a.txt"
    assert tables_to_ask(goal, [asked("SELECT no FROM boats", rows)])
    assert not tables_to_ask(goal, [asked("SELECT no, cost FROM boats ORDER BY cost", rows)])
    assert not tables_to_ask(goal, [asked("SELECT no FROM boats", "no\nA\n(1 row)")])
    assert not tables_to_ask("Write all boats to a.txt", [asked("SELECT no FROM boats", rows)])


def test_rows_whose_sum_is_asked_are_summed_in_sql() -> None:
    rows = "farm | paid\nA    |   12\nB    |    7\n(2 rows)"
    goal = "What is the total paid for farm A? Write it to a.txt"
    assert tables_to_ask(goal, [asked("SELECT farm, paid FROM bills", rows)])
    assert not tables_to_ask(goal, [asked("SELECT SUM(paid) FROM bills GROUP BY farm", rows)])
    assert not tables_to_ask(
        goal, [asked("SELECT paid FROM bills WHERE farm = 'A'", "paid\n12\n(1 row)")]
    )
    assert not tables_to_ask(
        "Which farms are there?", [asked("SELECT farm, paid FROM bills", rows)]
    )


TABLES = "Tables:\n- shop (shop.csv, 80 rows): day DATE, clerk TEXT ('Ada','Ben'), sold DOUBLE\n"
MOST = "Which clerk sold the most in 2026, and for how much?"


def test_the_query_for_the_most() -> None:
    over_all = asked("SELECT SUM(sold) FROM shop WHERE year(day) = 2026;")
    assert most_query(MOST, [over_all], TABLES) == (
        "SELECT clerk, SUM(sold) AS total FROM shop WHERE year(day) = 2026 "
        "GROUP BY clerk ORDER BY total DESC"
    )
    assert most_query("Which clerk sold the least?", [over_all], TABLES).endswith("BY total")
    in_short = "Tables:\n- shop (shop.csv, 80 rows): day, clerk, sold\n"
    assert most_query(MOST, [over_all], in_short) == most_query(MOST, [over_all], TABLES)


@pytest.mark.parametrize(
    ("goal", "sql"),
    [
        ("How much did the clerks sell?", "SELECT SUM(sold) FROM shop"),
        (MOST, "SELECT clerk, SUM(sold) FROM shop GROUP BY clerk ORDER BY 2 DESC"),
        (MOST, "SELECT MAX(sold) FROM shop"),
        ("Which day sold the most of all?", "SELECT SUM(sold) FROM bakery"),
        ("Which was the largest of these amounts?", "SELECT SUM(sold) FROM shop"),
    ],
)
def test_no_query_where_nothing_tells_what_has_the_most(goal: str, sql: str) -> None:
    assert most_query(goal, [asked(sql)], TABLES) == ""


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["count(*)\n  3\n(1 row)"], (1, 2)),
        (["won | goals\n  3 |    13\n(1 row)"], (0, 0)),
        (["count(*)\n  3\n(1 row)", "sum(us)\n  13\n(1 row)"], (0, 0)),
        (["count(*)\n  3\n(1 row)\nNote: 2 rows have no date."], (1, 2)),
    ],
)
def test_a_number_for_each_that_is_asked(texts: list[str], found: tuple[int, int]) -> None:
    goal = "How many games did we win, and how many goals were that?"
    assert numbers_found(goal, [asked("SELECT 1", text) for text in texts]) == found


def test_numbers_may_come_from_a_text_that_was_read() -> None:
    steps = [asked("SELECT 1", "count(*)\n  3\n(1 row)"), step("read_file", "13 goals")]
    assert numbers_found("How many games, and how many goals?", steps) == (0, 0)
