"""Logs as tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_logs import in_parts, log_rows
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


def test_a_time_needs_no_seconds() -> None:
    rows = list(log_rows(["2026-09-14 06:23 front door opened", "2026-09-14 06:25 closed"]))
    assert rows == [
        ("1", "2026-09-14 06:23:00", "", "front door opened"),
        ("2", "2026-09-14 06:25:00", "", "closed"),
    ]


def test_lines_that_are_divided_alike_have_a_column_for_each_part() -> None:
    lines = ["2026-01-09 07:50 Kern | lift | stuck", "2026-01-10 18:22 Dahl | noise | a | b"]
    names, rows = in_parts(iter([*log_rows(lines[:1]), *log_rows(lines[:1]), *log_rows(lines[:1])]))
    assert names == ("line", "time", "level", "text1", "text2", "text3")
    assert next(rows)[3:] == ("Kern", "lift", "stuck")
    names, rows = in_parts(log_rows(lines))  # too few, and not alike
    assert names == ("line", "time", "level", "text")
    assert len(list(rows)) == 2


def test_what_comes_later_and_is_divided_otherwise_stays_whole() -> None:
    alike = [("1", "t", "", "a | b")] * 60
    names, rows = in_parts(iter([*alike, ("61", "t", "", "c"), ("62", "t", "", "d | e | f")]))
    assert len(names) == 5
    assert list(rows)[-2:] == [("61", "t", "", "c"), ("62", "t", "", "d", "e | f")]
