"""Calls read as they are meant, where only one reading makes sense."""

from __future__ import annotations

import re
from collections.abc import Collection

from nomoat.agent.decision import ToolCall
from nomoat.agent.own_tools import CHANGES_TABLES, TABLE_TOOLS
from nomoat.agent.percent import with_percent

_CHANGE = re.compile(r"\s*(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM)\b", re.IGNORECASE)


def as_meant(goal: str, call: ToolCall, asked_for: Collection[str]) -> ToolCall:
    """A call as it is meant: percent is percent, and SQL that changes rows is for the tool that
    changes rows, where the goal asks for what that does.

    Args:
        goal: the goal.
        call: as the model wrote it.
        asked_for: the tools that do what the goal asks for.
    """
    sql = call.args.get("sql")
    if call.tool in TABLE_TOOLS and isinstance(sql, str) and _CHANGE.match(sql):
        return ToolCall(CHANGES_TABLES, {"sql": sql}) if CHANGES_TABLES in asked_for else call
    return with_percent(goal, call)
