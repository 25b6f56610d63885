"""Calls read as they are meant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nomoat.agent.check.meant import as_meant, as_signed, wider
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.tools.observation import Observation

GOAL = "Enter in dues.csv that Bo has paid 5 % of 340."
UPDATE = "UPDATE dues SET paid = TRUE WHERE member = 'Bo'"


@pytest.mark.parametrize("tool", ["save_query", "query_table", "update_table"])
@pytest.mark.parametrize("sql", [UPDATE, " insert into dues VALUES (1)", "DELETE FROM dues"])
def test_sql_that_changes_rows_goes_to_the_tool_that_does(tool: str, sql: str) -> None:
    call = ToolCall(tool, {"sql": sql, "path": "dues.csv"})
    meant = as_meant(GOAL, call, ["update_table"])
    assert meant == ToolCall("update_table", {"sql": sql})
    assert as_meant(GOAL, call, ["query_table"]) == call


def test_sql_that_asks_stays_where_it_is() -> None:
    call = ToolCall("query_table", {"sql": "SELECT * FROM dues -- UPDATE"})
    assert as_meant(GOAL, call, ["update_table"]) == call


def test_percent_is_percent() -> None:
    meant = as_meant(GOAL, ToolCall("calculate", {"expression": "5 * 340"}), [])
    assert meant.args["expression"] == "5% * 340"


@pytest.mark.parametrize(
    ("sql", "meant"),
    [
        ("SELECT name FROM dues ORDER BY name", "SELECT * FROM dues ORDER BY name"),
        ('select name, "paid on" from dues', "SELECT * FROM dues"),
        ("SELECT COUNT(*) FROM dues", "SELECT COUNT(*) FROM dues"),
        ("SELECT * FROM dues", "SELECT * FROM dues"),
    ],
)
def test_all_columns_are_all(sql: str, meant: str) -> None:
    call = ToolCall("save_query", {"sql": sql, "path": "sorted.csv"})
    assert as_meant("Sort it, with all its columns.", call, []).args["sql"] == meant
    assert as_meant("Sort the names.", call, []) == call


@pytest.mark.parametrize(
    ("sql", "goal"),
    [
        ("SELECT name, city FROM t", "Save all columns except the street."),
        ("SELECT DISTINCT name FROM t", "Save all columns."),
    ],
)
def test_columns_that_are_left_out_on_purpose_stay_out(sql: str, goal: str) -> None:
    call = ToolCall("save_query", {"sql": sql, "path": "a.csv"})
    assert as_meant(goal, call, []) == call


def test_only_the_outer_columns_become_all() -> None:
    sql = "SELECT name FROM t WHERE id IN (SELECT member FROM orders)"
    call = ToolCall("save_query", {"sql": sql, "path": "a.csv"})
    meant = "SELECT * FROM t WHERE id IN (SELECT member FROM orders)"
    assert as_meant("Save all its columns.", call, []).args["sql"] == meant


def test_a_search_that_found_nothing_in_a_folder_goes_everywhere_the_second_time() -> None:
    call = ToolCall("collect_lines", {"text": "TODO", "target": "a.md", "folder": "docs"})
    failed = Observation("No line in docs mentions 'TODO'.", ok=False)
    done = Step(1, Said(""), Decision("", call), failed)
    assert wider(call, []) == call
    assert wider(call, [done]).args == {"text": "TODO", "target": "a.md"}
    assert wider(call, [replace(done, observation=Observation("4 lines"))]) == call
    other = ToolCall("query_table", {"sql": "SELECT 1", "folder": "docs"})
    assert wider(other, [replace(done, decision=Decision("", other))]) == other


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        (
            "Dear Ann,\nplease pay.\nBest regards,\n[Your Name]",
            "Dear Ann,\nplease pay.\nBest regards,",
        ),
        ("Hi,\nbye\n[Your Name]\n[Your Position]\n", "Hi,\nbye\n"),
        ("[Your Name] is what stands there\nbye", "[Your Name] is what stands there\nbye"),
        ("- [ ] milk\n- [x] eggs", "- [ ] milk\n- [x] eggs"),
        ("see [1]\n[home]", "see [1]\n[home]"),
    ],
)
def test_what_is_left_to_be_filled_in_below_a_letter_is_left_out(text: str, signed: str) -> None:
    call = ToolCall("write_file", {"path": "a.txt", "content": text})
    assert as_signed("Write a reminder to a.txt.", call).args["content"] == signed
    assert as_signed("Write a form to a.txt that ends in [Your name].", call) == call
    assert as_signed("Find it.", ToolCall("find_in_files", {"text": text})).args["text"] == text
