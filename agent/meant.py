"""Calls read as they are meant, where only one reading makes sense."""

from __future__ import annotations

import re
from collections.abc import Collection

from nomoat.agent.decision import ToolCall
from nomoat.agent.own_tools import CHANGES_TABLES, LOOKS_EVERYWHERE, SAVES_ROWS, TABLE_TOOLS
from nomoat.agent.percent import with_percent

STEM = 4
"""Letters of a folder's name that a goal which means it holds: `recipe` of `recipes/`."""
_EVERY_COLUMN = re.compile(
    r"\b(?:all|every|each)(?: of)?(?: (?:its|the|their))? (?:columns?|fields?)\b", re.IGNORECASE
)
_COLUMNS = re.compile(r"\s*SELECT\s+[\w\s,.\"]+?\s+FROM\b", re.IGNORECASE)
_CHANGE = re.compile(r"\s*(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM)\b", re.IGNORECASE)


def as_meant(goal: str, call: ToolCall, asked_for: Collection[str]) -> ToolCall:
    """A call as it is meant: percent is percent, all columns are all, a search goes everywhere
    unless the goal speaks of the folder, and SQL that changes rows is for the tool that changes
    rows, where the goal asks for what that does.

    Args:
        goal: the goal.
        call: as the model wrote it.
        asked_for: the tools that do what the goal asks for.
    """
    sql = call.args.get("sql")
    if call.tool in TABLE_TOOLS and isinstance(sql, str) and _CHANGE.match(sql):
        return ToolCall(CHANGES_TABLES, {"sql": sql}) if CHANGES_TABLES in asked_for else call
    if call.tool == SAVES_ROWS and isinstance(sql, str) and _EVERY_COLUMN.search(goal):
        return ToolCall(call.tool, {**call.args, "sql": _COLUMNS.sub("SELECT * FROM", sql)})
    if call.tool in LOOKS_EVERYWHERE:
        return _everywhere(goal, call)
    return with_percent(goal, call)


def _everywhere(goal: str, call: ToolCall) -> ToolCall:
    """A search without a folder that the goal does not speak of: a small model makes one up."""
    parts = re.findall(r"\w+", str(call.args.get("folder", "")).casefold())
    if not parts or any(part[:STEM] in goal.casefold() for part in parts):
        return call
    return ToolCall(call.tool, {k: v for k, v in call.args.items() if k != "folder"})
