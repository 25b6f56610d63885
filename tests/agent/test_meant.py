"""Calls read as they are meant."""

from __future__ import annotations

import pytest

from nomoat.agent.decision import ToolCall
from nomoat.agent.meant import as_meant

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
    ("goal", "folder", "meant"),
    [
        ("Collect the TODO comments from the source files.", "docs", {}),
        ("Collect the TODO comments in docs/.", "docs", {"folder": "docs"}),
        ("In which of my recipes is rice?", "kitchen/recipe", {"folder": "kitchen/recipe"}),
        ("Where is rice?", "", {"folder": ""}),
    ],
)
def test_a_folder_nobody_spoke_of_is_no_limit(
    goal: str, folder: str, meant: dict[str, str]
) -> None:
    call = ToolCall("find_in_files", {"text": "TODO", "folder": folder})
    assert as_meant(goal, call, []).args == {"text": "TODO", **meant}
