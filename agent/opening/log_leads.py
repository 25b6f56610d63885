"""What was out of the ordinary in a log on the day that a goal names.

A log is too long to read, and what matters in it is seldom said in the goal's words. But it is
rare: a line of a kind that hardly stands anywhere else, where the ordinary ones come by the dozen.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from nomoat.agent.goal.questions import asks_how_many
from nomoat.agent.opening.leads import FILE_BYTES, Lead, text_of
from nomoat.memory.periods import Period, periods
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_info import TableInfo
from nomoat.tools.table_logs import NAMES, Row, log_rows

MOST = 12
"""Lines that are shown."""
RARE = 3
"""Lines of one kind in the whole log, at most, for them to be out of the ordinary."""
LINE_CHARS = 160
CHOSEN = "what was out of the ordinary then"
_CHANGING = re.compile(r"[0-9a-f]*\d[0-9a-f]*|0x[0-9a-f]+", re.IGNORECASE)
"""What differs between lines of one kind: numbers, times, identifiers."""
_Kind = tuple[str, str]
"""How grave, and what was said without what differs."""
_ABOUT = re.compile(
    r"\b(?:logs?|errors?|servers?|crash\w*|restart\w*|fail\w*|broke\w*|wrong|happen\w*|outage|down|"
    r"stop\w*|hang|hung|problems?|trouble|incident|unusual|strange|odd)\b",
    re.IGNORECASE,
)
"""What people say who want to know what is in a log, without having to name it."""
_COUNTED = re.compile(r"\b(?:number|total|sum|average|all|every|each|count)\b", re.IGNORECASE)


def log_leads(
    goal: str, workspace: Workspace, tables: Sequence[TableInfo], today: date | None = None
) -> tuple[Lead, ...]:
    """The rare lines of each log on the days that a goal names, where it is about what went on.

    None where it asks how many there are, which is for SQL.
    """
    days = [period for period in periods(goal, today) if period.day or period.between]
    if not days or not _ABOUT.search(goal) or _COUNTED.search(goal) or asks_how_many(goal):
        return ()
    logs = (
        table.file
        for table in tables
        if tuple(c.name for c in table.columns) == NAMES
        and workspace.stat(table.file).size <= FILE_BYTES
    )
    return tuple(lead for file in logs for lead in _of(file, workspace, days))


def _of(file: str, workspace: Workspace, days: Sequence[Period]) -> Iterator[Lead]:
    rows = [(row, _kind(row)) for row in log_rows(text_of(workspace, file).splitlines())]
    ever, then = Counter(kind for _, kind in rows), dict[_Kind, list[Row]]()
    for row, kind in rows:
        if _is_of(row, days):
            then.setdefault(kind, []).append(row)
    # a few of its kind there are, or none at any other time
    rare = [kind for kind, of in then.items() if ever[kind] <= RARE or ever[kind] == len(of)]
    rare.sort(key=lambda kind: ever[kind])
    chosen = [row for kind in rare for row in then[kind][:RARE]][:MOST]
    shown = sorted(chosen, key=lambda row: int(row[0]))
    if shown:
        lines = (" ".join(filter(None, row[1:])).splitlines()[0][:LINE_CHARS] for row in shown)
        yield Lead(file, int(shown[0][0]), int(shown[-1][0]), "\n".join(lines), False, 1.0, CHOSEN)


def _is_of(row: Row, days: Sequence[Period]) -> bool:
    """A span counts 1 in each of its days; a day that is named, 2."""
    return any(day.match(row[1][:10]) >= (1 if day.between else 2) for day in days)


def _kind(row: Row) -> _Kind:
    return row[2], _CHANGING.sub("#", row[3])
