"""Columns that SQL takes for something else are read as they are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    (tmp_path / "hives.csv").write_text(
        "hive,kg,year\nA,31,2025\nB,lost,2025\nC,9,2025\nD,12,2024\n"
    )
    (tmp_path / "jobs.csv").write_text("order,from,hours\n7,Anna,3\n8,Ben,5\n7,Cleo,1\n")
    return Tables(Workspace(tmp_path))


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT hive FROM hives ORDER BY kg DESC LIMIT 1", [("A",)]),
        ("SELECT hive FROM hives AS h ORDER BY h.kg DESC LIMIT 1", [("A",)]),
        ("SELECT max(kg) FROM hives", [(31,)]),
        ("SELECT sum(kg) FROM hives", [(52,)]),
        ("SELECT hive FROM hives WHERE kg > 10 ORDER BY hive", [("A",), ("D",)]),
        ("SELECT hive FROM hives WHERE kg BETWEEN 9 AND 12 ORDER BY hive", [("C",), ("D",)]),
        ("SELECT hive, kg * 2 FROM hives WHERE hive = 'C'", [("C", 18)]),
        ("SELECT hive, year - kg FROM hives WHERE hive = 'C'", [("C", 2016)]),
        ("SELECT hive FROM hives WHERE kg = 'lost'", [("B",)]),
        ("SELECT hive FROM hives WHERE kg != 'lost' ORDER BY hive", [("A",), ("C",), ("D",)]),
        ("SELECT hive FROM hives ORDER BY year, kg DESC LIMIT 1", [("D",)]),
        ("SELECT avg(kg) AS kg FROM hives", [(52 / 3,)]),
        ("SELECT count(*) FROM hives WHERE 10 < kg", [(2,)]),
        ("SELECT a.hive FROM hives a JOIN hives b ON a.kg = b.kg WHERE a.kg = 'lost'", [("B",)]),
        ("SELECT sum(k) FROM (SELECT num(kg) AS k FROM hives ORDER BY kg)", [(52,)]),
        ("SELECT hive FROM hives WHERE kg = upper('lost') OR kg = 'lost'", [("B",)]),
        ("SELECT avg(num(kg)) FROM hives WHERE hive < 'C'", [(31,)]),
    ],
)
def test_numbers_with_texts_among_them_count_as_numbers(
    tables: Tables, sql: str, rows: list[tuple[object, ...]]
) -> None:
    assert list(tables.query(sql, limit=5).rows) == rows


def test_what_is_left_out_is_said(tables: Tables) -> None:
    assert "kg is text" in " ".join(tables.query("SELECT max(kg) FROM hives", limit=5).notes)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT order, count(*) FROM jobs GROUP BY order ORDER BY order", [(7, 2), (8, 1)]),
        ("SELECT from FROM jobs WHERE order = 8", [("Ben",)]),
        ("SELECT order, from FROM jobs ORDER BY hours DESC LIMIT 1", [(8, "Ben")]),
        ("SELECT j.from FROM jobs j WHERE j.hours > 4 AND order = 8", [("Ben",)]),
        ("SELECT sum(CASE WHEN hours > 2 THEN 1 ELSE 0 END) FROM jobs", [(2,)]),
        ("SELECT count(*) FROM jobs WHERE from_ IS NOT DISTINCT FROM 'Anna'", [(1,)]),
        ("SELECT sum(hours) FROM jobs WHERE from IN ('Anna', 'Cleo')", [(4,)]),
    ],
)
def test_a_column_may_be_called_like_a_word_of_sql(
    tables: Tables, sql: str, rows: list[tuple[object, ...]]
) -> None:
    assert list(tables.query(sql, limit=5).rows) == rows
