"""Calls read as they are meant, where only one reading makes sense."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from nomoat.agent.check.percent import with_percent
from nomoat.agent.decision import ToolCall
from nomoat.agent.own_tools import (
    CHANGES_TABLES,
    LOOKS_EVERYWHERE,
    SAVES_ROWS,
    TABLE_TOOLS,
    WRITERS,
)
from nomoat.agent.state import Step

_EVERY_COLUMN = re.compile(
    r"\b(?:all|every|each)(?: of)?(?: (?:its|the|their))? (?:columns?|fields?)\b", re.IGNORECASE
)
_SOME = re.compile(r"\b(?:except|but|without|not|only|apart)\b", re.IGNORECASE)
_COLUMNS = re.compile(r"\A\s*SELECT\s+(?!DISTINCT\b)[\w\s,.\"]+?\s+FROM\b", re.IGNORECASE)
_CHANGE = re.compile(r"\s*(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM)\b", re.IGNORECASE)


def as_meant(goal: str, call: ToolCall, asked_for: Collection[str]) -> ToolCall:
    """A call as it is meant: percent is percent, all columns are all, and SQL that changes rows is
    for the tool that changes rows, where the goal asks for what that does.

    Args:
        goal: the goal.
        call: as the model wrote it.
        asked_for: the tools that do what the goal asks for.
    """
    sql = call.args.get("sql")
    if call.tool in TABLE_TOOLS and isinstance(sql, str) and _CHANGE.match(sql):
        return ToolCall(CHANGES_TABLES, {"sql": sql}) if CHANGES_TABLES in asked_for else call
    if call.tool == SAVES_ROWS and isinstance(sql, str) and _wants_every_column(goal):
        return ToolCall(call.tool, {**call.args, "sql": _COLUMNS.sub("SELECT * FROM", sql)})
    return with_percent(goal, call)


_TO_FILL_IN = re.compile(
    r"(?:\n\s*\[(?:your|my|sender)\b[^\]\n]{0,40}\][ ,]*)+\s*\Z", re.IGNORECASE
)


def as_signed(goal: str, call: ToolCall) -> ToolCall:
    """A text that is to be written, without the `[Your name]` below it: a small model closes each
    letter so, and nobody but the person knows what belongs there."""
    text = call.args.get("content")
    if call.tool not in WRITERS or not isinstance(text, str) or "[" in goal:
        return call
    ended = "\n" if text.endswith("\n") else ""
    signed = _TO_FILL_IN.sub(ended, text)
    return call if signed == text else ToolCall(call.tool, {**call.args, "content": signed})


def _wants_every_column(goal: str) -> bool:
    return _EVERY_COLUMN.search(goal) is not None and _SOME.search(goal) is None


def wider(call: ToolCall, steps: Sequence[Step]) -> ToolCall:
    """A search that found nothing in a folder, and is made once more, goes everywhere: a small
    model makes folders up, and keeps to them."""
    again = any(
        s.call is not None and s.call.key == call.key and not s.observation.ok for s in steps
    )
    if call.tool not in LOOKS_EVERYWHERE or not call.args.get("folder") or not again:
        return call
    return ToolCall(call.tool, {k: v for k, v in call.args.items() if k != "folder"})
