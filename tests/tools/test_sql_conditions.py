"""Which of its conditions a query found nothing for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.tools.errors import Retry
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.sql_conditions import taken_apart
from nomoat.tools.tables import Tables

SPENT = "day,what,who,cost\n2026-05-01,train,Bo,12\n2026-05-02,soup,Ann,7\n2026-05-03,train,Ann,9\n"


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    (tmp_path / "spent.csv").write_text(SPENT)
    return Tables(Workspace(tmp_path))


@pytest.mark.parametrize(
    ("sql", "conditions"),
    [
        ("SELECT a FROM t WHERE x = 1 AND y = 'a AND b'", ("x = 1", "y = 'a AND b'")),
        ("SELECT a FROM t WHERE d BETWEEN 1 AND 2 AND x = 1;", ("d BETWEEN 1 AND 2", "x = 1")),
        (
            "SELECT a FROM t WHERE (x = 1 OR y = 2) AND z IN (SELECT 1 WHERE 1 = 1 AND 2 = 2) "
            "GROUP BY a",
            ("(x = 1 OR y = 2)", "z IN (SELECT 1 WHERE 1 = 1 AND 2 = 2)"),
        ),
        ("SELECT a FROM t WHERE x = 1 ORDER BY a", ("x = 1",)),
    ],
)
def test_conditions_are_told_apart(sql: str, conditions: tuple[str, ...]) -> None:
    filtered = taken_apart(sql)
    assert filtered is not None
    assert filtered.conditions == conditions
    assert filtered.source == "FROM t "


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a FROM t",
        "SELECT a FROM t WHERE x = 1 OR y = 2",
        "SELECT a FROM t WHERE x = 1 UNION SELECT b FROM u WHERE y = 2",
        "WITH x AS (SELECT a FROM t) SELECT a FROM x WHERE x = 1 AND y = 2",
        "SELECT a FROM t WHERE CASE WHEN x = 1 AND y = 2 THEN 1 ELSE 0 END = 1 AND z = 3",
        "SELECT a FROM t, u WHERE t.x = u.x AND y = 2",
        "SELECT a FROM t JOIN u ON t.x = u.x WHERE x = 1 AND y = 2",
        "WHERE FROM SELECT",
        "",
    ],
)
def test_other_sql_is_left_alone(sql: str) -> None:
    assert taken_apart(sql) is None


@given(st.text())
def test_nothing_breaks_it(sql: str) -> None:
    taken_apart(f"SELECT a FROM t WHERE {sql}")


def test_a_sum_over_no_row_says_which_conditions_no_row_met(tables: Tables) -> None:
    sql = "SELECT SUM(cost) FROM spent WHERE who = 'Bo' AND who = 'Ann' AND cost > 50"
    with pytest.raises(Retry) as caught:
        tables.query(sql, limit=9)
    assert "who = 'Bo' (1 rows), who = 'Ann' (2 rows), cost > 50 (no rows)" in str(caught.value)
    assert caught.value.hint.endswith("without any: SELECT SUM(cost) FROM spent")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SUM(cost) FROM spent WHERE who = 'Bo' AND what = 'train'",
        "SELECT SUM(cost) FROM spent WHERE cost > 50",
        "SELECT NULLIF(who, 'Bo') FROM spent WHERE who = 'Bo' AND what = 'train'",
        "SELECT COUNT(*) FROM spent WHERE who = 'Bo' AND what = 'soup'",
        "SELECT cost FROM spent WHERE who = 'Bo' AND what = 'soup'",
    ],
)
def test_what_is_no_empty_sum_is_answered(tables: Tables, sql: str) -> None:
    tables.query(sql, limit=9)
