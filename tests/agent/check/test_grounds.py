"""Facts in a call's arguments have to stand somewhere before the call is made."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nomoat.agent.check.grounds import (
    KNOWN,
    groundless,
    made_up,
    replaces_unread,
    sure_part,
    uneven_row,
    unread,
    writes_over,
)
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.tools.observation import Observation

THERE = frozenset({"notes.txt", "sales.csv", "letters/anna.md", "out.txt"})


def step(
    tool: str, *, files: tuple[str, ...] = (), sources: tuple[str, ...] = (), **args: Any
) -> Step:
    observed = Observation("…", files=files, sources=sources)
    return Step(1, Said(""), Decision("", ToolCall(tool, args)), observed)


def unknown(expression: str, given: str, seen: Sequence[str]) -> tuple[str, ...]:
    """What of a calculation stands nowhere."""
    return groundless({"expression": expression}, ["expression"], given, seen)


def strange(number: int) -> bool:
    """Whether nothing but a text could have given a number."""
    return all(Decimal(n) not in KNOWN for n in (number, number - 1, number + 1))


# -- numbers that are computed with -----------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("48.20 * 3", ()),
        ("12450.5 + 900", ()),
        ("12,450.5 + 900", ()),
        ("17% of 2340", ()),
        ("2340 * 0.17", ()),  # a share, written as a factor
        ("2340 * 1.17", ()),
        ("2340 * 0.83", ()),
        ("2340 / 60", ()),  # minutes
        ("days between 2026-01-05 and 2026-03-01", ()),
        ("1200 / 24", ("1200",)),
        ("77 * 48.2 + 451", ("77", "451")),
        ("48.21 * 3", ("48.21",)),
        ("451 + 451", ("451",)),
    ],
)
def test_numbers_of_a_calculation(expression: str, missing: tuple[str, ...]) -> None:
    given = "Goal: What is 17 % of 2,340 between 2026-01-05 and 2026-03-01?"
    seen = ["Lunch: 48.20 EUR", "total: 12450.5", "rest: 900"]
    assert unknown(expression, given, seen) == missing


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_number_that_was_given_or_seen_is_known(one: int, other: int) -> None:
    expression = f"{one} * 2 + {other:,}"
    assert unknown(expression, f"Goal: {one}", [f"It is {other}."]) == ()


@given(st.integers(0, 10**9))
def test_a_number_from_nowhere_is_not(number: int) -> None:
    assume(strange(number))
    assert unknown(f"2 * {number}", "Goal: How much?", ["nothing"]) == (str(number),)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_any_text_can_be_a_calculation(expression: str, given: str, seen: str) -> None:
    found = unknown(expression, given, [seen])
    assert all(text in expression for text in found)
    assert unknown(expression, expression, []) == ()


# -- numbers and names that are written -------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "claims"),
    [
        ("Anna Berg, 030 5550 142", ()),
        ("1. call Anna\n2. call her again\n3) and again", ()),
        ("The North had 12,450.50.", ()),
        ("Anna lives in Oslo.", ("Oslo",)),
        ("It is 451 and Peter Smith.", ("451", "Peter Smith")),
        ("See report.pdf.", ()),  # a file is not a fact
        ("", ()),
    ],
)
def test_facts_in_a_text_that_is_written(content: str, claims: tuple[str, ...]) -> None:
    seen = ["Anna Berg: 030 5550 142", "North | 12450.5"]
    args = {"content": content, "path": "Madrid/451.txt", "n": 451}
    assert set(groundless(args, ["content"], "Goal: Write it.", seen)) == set(claims)
    assert groundless(args, [], "Goal: Write it.", seen) == ()


@given(st.text(max_size=120))
def test_what_was_seen_may_be_written(text: str) -> None:
    assert groundless({"content": text}, ["content"], "", [text]) == ()
    assert groundless({"content": text}, ["content"], text, []) == ()


# -- files that are written before they are read ----------------------------------------------

WRITE = ToolCall("write_file", {"path": "summary.txt", "content": "It is about a boiler."})
GOAL = "Summarise notes.txt into summary.txt."


@pytest.mark.parametrize("tool", ["write_file", "append_file"])
def test_a_text_about_a_file_is_written_after_it_was_read(tool: str) -> None:
    call = ToolCall(tool, WRITE.args)
    assert unread(call, GOAL, [], THERE.__contains__) == ("notes.txt",)
    assert unread(call, GOAL, [step("list_files")], THERE.__contains__) == ("notes.txt",)
    read = step("read_file", path="notes.txt", sources=("notes.txt:1-9",))
    assert unread(call, GOAL, [read], THERE.__contains__) == ()


@pytest.mark.parametrize(
    "done",
    [
        step("query_table", sql="SELECT sum(total) FROM sales", sources=("sales.csv",)),
        step("find_in_files", text="North", sources=("sales.csv:3",)),
    ],
)
def test_there_are_more_ways_to_look_than_one(done: Step) -> None:
    goal = "Write the sum of sales.csv to sum.txt"
    assert unread(WRITE, goal, [done], THERE.__contains__) == ()


def test_what_was_shown_at_the_start_was_read() -> None:
    assert unread(WRITE, GOAL, [], THERE.__contains__, ["notes.txt:1-9"]) == ()
    replacing = ToolCall("write_file", {"path": "notes.txt", "content": "x"})
    assert replaces_unread(replacing, [], THERE.__contains__, ["notes.txt:1-9"]) == ""


def test_a_file_that_is_not_there_cannot_be_read() -> None:
    assert unread(WRITE, "Write a poem to summary.txt", [], THERE.__contains__) == ()
    assert unread(WRITE, GOAL, [], lambda _path: False) == ()


def test_only_the_writing_of_a_text_waits() -> None:
    for tool in ("read_file", "query_table", "calculate", "save_query", "move_file"):
        assert unread(ToolCall(tool, {"x": "y"}), GOAL, [], THERE.__contains__) == ()


@pytest.mark.parametrize(
    ("steps", "replaced"),
    [
        ([], "out.txt"),
        ([step("read_file", path="notes.txt", sources=("notes.txt:1-9",))], "out.txt"),
        ([step("read_file", path="out.txt", sources=("out.txt:1-9",))], ""),
        ([step("write_file", path="out.txt", files=("out.txt",))], ""),
    ],
)
def test_a_file_is_replaced_by_who_knows_what_is_in_it(steps: list[Step], replaced: str) -> None:
    call = ToolCall("write_file", {"path": "out.txt", "content": "x"})
    assert replaces_unread(call, steps, THERE.__contains__) == replaced
    assert replaces_unread(call, steps, lambda _path: False) == ""
    append = ToolCall("append_file", {"path": "out.txt", "content": "x"})
    assert replaces_unread(append, steps, THERE.__contains__) == ""


def test_a_file_that_was_only_looked_for_on_a_page_was_not_read() -> None:
    page = step("browse", url="http://127.0.0.1/", find="notes.txt")
    assert unread(WRITE, GOAL, [page], THERE.__contains__) == ("notes.txt",)


@pytest.mark.parametrize(
    ("sql", "claims"),
    [
        ("UPDATE dues SET paid = '2026-04-02', due = 100 WHERE who = 'Bo'", ("100",)),
        ("UPDATE dues SET paid = '2026-04-02' WHERE who = 'Bo'", ()),
        ("UPDATE dues SET due = 96, told = 1 WHERE who = 'Bo'", ()),
        ("UPDATE dues SET due = ROUND(due * 1.02, 2)", ()),
        ("UPDATE dues SET due = due * 0.5, told = 'yes' WHERE who = 'Bo'", ()),
        ("INSERT INTO dues VALUES ('Bo', 48, 7)", ()),
    ],
)
def test_numbers_that_are_written_into_a_table_come_from_somewhere(
    sql: str, claims: tuple[str, ...]
) -> None:
    call = ToolCall("update_table", {"sql": sql})
    assert made_up(call, "Bo has paid on 2 April 2026.", ["Bo | 96"]) == claims
    assert made_up(ToolCall("query_table", {"sql": sql}), "", []) == ()


@pytest.mark.parametrize(
    ("sql", "sure"),
    [
        ("UPDATE t SET a = 'x', b = 100 WHERE c = 1", "UPDATE t SET a = 'x' WHERE c = 1"),
        ("UPDATE t SET b = 100, a = 'x' WHERE c = 1", "UPDATE t SET a = 'x' WHERE c = 1"),
        ("UPDATE t SET b = 100 WHERE c = 1", "UPDATE t SET b = 100 WHERE c = 1"),
        ("UPDATE t SET a = 'x, y', b = 100 WHERE 1", "UPDATE t SET a = 'x, y', b = 100 WHERE 1"),
        ("INSERT INTO t VALUES (100)", "INSERT INTO t VALUES (100)"),
    ],
)
def test_what_is_made_up_is_not_written_with_what_is_not(sql: str, sure: str) -> None:
    call = ToolCall("update_table", {"sql": sql})
    assert sure_part(call, ["100"]) == ToolCall("update_table", {"sql": sure})
    assert sure_part(call, []) == call


@pytest.mark.parametrize(
    ("path", "content", "line"),
    [
        ("a.csv", "name,phone\nBo,030 1\nAnn, Hill 4, Ulm", 3),
        ("a.csv", "name,phone\nBo\n", 2),
        ("a.csv", 'name,phone\n"Bo, dentist",030 1\nAnn,\n', 0),
        ("a.csv", "Bo likes milk\nand cake, too", 0),
        ("a.tsv", "name\tphone\nBo\n", 2),
        ("a.txt", "name,phone\nBo\n", 0),
        ("a.csv", "", 0),
    ],
)
def test_every_line_of_a_table_has_as_many_values(path: str, content: str, line: int) -> None:
    found = uneven_row(ToolCall("write_file", {"path": path, "content": content}))
    assert found.get("line", 0) == line


@given(st.text())
def test_any_text_may_be_meant_as_a_table(text: str) -> None:
    uneven_row(ToolCall("write_file", {"path": "a.csv", "content": text}))


def test_what_was_just_written_is_not_written_over_with_something_else() -> None:
    first = step("write_file", path="a.txt", content="Skua")
    again = partial(ToolCall, "write_file")
    assert writes_over(again({"path": "a.txt", "content": "Heron"}), [first]) == first.n
    assert not writes_over(again({"path": "a.txt", "content": "Skua\nHeron"}), [first])
    assert not writes_over(again({"path": "a.txt", "content": "Skuas"}), [first])
    assert not writes_over(again({"path": "b.txt", "content": "Heron"}), [first])
    looked = step("read_file", path="notes.txt", sources=("notes.txt:1-1",))
    assert not writes_over(again({"path": "a.txt", "content": "Heron"}), [first, looked])
    assert not writes_over(again({"path": "a.txt", "content": "Heron"}), [])
