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
