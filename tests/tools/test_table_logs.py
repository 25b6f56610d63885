"""Logs as tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_logs import log_rows
from nomoat.tools.table_store import Tables


@pytest.mark.parametrize(
    ("line", "row"),
    [
        (
            "2026-09-14 06:23:15 ERROR payment timeout",
            ("1", "2026-09-14 06:23:15", "ERROR", "payment timeout"),
        ),
        (
            "[2026-09-14T06:23:15.120Z] warning: disk is nearly full",
            ("1", "2026-09-14 06:23:15", "WARNING", "disk is nearly full"),
        ),
        (
            "2026/09/14 06:23:15 [error] 31#31: *1 open() failed",
            ("1", "2026-09-14 06:23:15", "ERROR", "31#31: *1 open() failed"),
        ),
        (
            '10.0.6.28 - - [14/Sep/2026:06:23:15 +0000] "GET /cart" 200 512',
            ("1", "2026-09-14 06:23:15", "", '10.0.6.28 - - "GET /cart" 200 512'),
        ),
        (
            "2026-09-14 06:23:15 Errors were found",
            ("1", "2026-09-14 06:23:15", "", "Errors were found"),
        ),
    ],
)
def test_the_usual_forms(line: str, row: tuple[str, ...]) -> None:
    assert list(log_rows([line])) == [row]


def test_what_follows_a_line_belongs_to_it() -> None:
    lines = [
        "2026-09-14 06:23:15 ERROR broken",
        "Traceback:",
        "",
        "  ValueError: no",
        "2026-09-14 06:23:16 INFO on",
        "2026-09-14 06:23:17 INFO and on",
        "2026-09-14 06:23:18 INFO and on",
        "2026-09-14 06:23:19 INFO and on",
    ]
    rows = list(log_rows(lines))
    assert [row[0] for row in rows] == ["1", "5", "6", "7", "8"]
    assert rows[0][3] == "broken\nTraceback:\n  ValueError: no"


@pytest.mark.parametrize(
    "lines", [[], [""], ["Dear diary,", "2026-09-14 06:23:15 it rained", "and rained", "again"]]
)
def test_what_is_no_log_has_no_rows(lines: list[str]) -> None:
    assert list(log_rows(lines)) == []


@given(some.lists(some.text(max_size=60), max_size=80))
def test_any_lines_can_be_read(lines: list[str]) -> None:
    said = "".join("".join(row[3].split()) for row in log_rows(lines))
    assert len(said) <= len("".join("".join(line.split()) for line in lines))


def test_a_log_is_asked_in_sql(tmp_path: Path) -> None:
    days = [f"2026-09-{day:02} 0{hour}:00:00" for day in (16, 17) for hour in range(1, 9)]
    lines = [
        f"{time} {'ERROR gateway timeout' if n % 2 else 'INFO ok'}" for n, time in enumerate(days)
    ]
    (tmp_path / "shop server.log").write_text("\n".join(lines))
    (tmp_path / "plain.log").write_text("only\nwords\n")
    tables = Tables(Workspace(tmp_path))
    (info,) = tables.infos()
    assert [column.name for column in info.columns] == ["line", "time", "level", "text"]
    assert tables.problems == ()
    sql = f"SELECT count(*) FROM {info.name} WHERE level = 'ERROR' AND time::DATE = '2026-09-17'"
    assert tables.query(sql, limit=5).rows == ((4,),)
    before = f"SELECT text FROM {info.name} WHERE time < '2026-09-17 03:00' ORDER BY time DESC"
    assert tables.query(before, limit=1).rows == (("gateway timeout",),)
