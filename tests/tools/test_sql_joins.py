"""Joins are read as they are meant, where the SQL does not run or finds nothing as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.tools.errors import Retry
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    (tmp_path / "members.csv").write_text("no,name,voice,paid\n1,Ann,alto,yes\n2,Bob,bass,no\n")
    (tmp_path / "evenings.csv").write_text("no,came\n1,14\n2,9\n")
    (tmp_path / "concerts.csv").write_text("concert,church\nK1,St Paul\nK2,St Mary\n")
    (tmp_path / "solos.csv").write_text("concert,no,piece\nK1,1,Pie Jesu\nK2,2,Panis\n")
    (tmp_path / "rooms.csv").write_text("room,holder\n12,nobody\n")
    return Tables(Workspace(tmp_path))


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT a.name FROM members a JOIN evenings e ON a.no = e.no WHERE e.paid = 'yes'",
            [("Ann",)],
        ),
        (
            "SELECT a.name FROM members a JOIN concerts c ON a.voice = c.voice "
            "WHERE c.voice = 'alto' AND a.paid = 'yes'",
            [("Ann",)],
        ),
        (
            "SELECT c.piece FROM concerts c JOIN solos s ON c.concert = s.concert "
            "WHERE c.church = 'St Paul'",
            [("Pie Jesu",)],
        ),
    ],
)
def test_a_column_is_asked_of_the_table_that_has_it(
    tables: Tables, sql: str, rows: list[tuple[object, ...]]
) -> None:
    result = tables.query(sql, limit=5)
    assert list(result.rows) == rows
    assert "is a column of" in " ".join(result.notes)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (
            "SELECT s.piece FROM solos s WHERE s.church = 'St Paul'",
            [("Pie Jesu",)],
        ),
        (
            "SELECT m.name FROM members m JOIN solos s ON m.no = s.no WHERE church = 'St Mary'",
            [("Bob",)],
        ),
    ],
)
def test_a_table_that_has_the_column_is_joined_by_what_they_share(
    tables: Tables, sql: str, rows: list[tuple[object, ...]]
) -> None:
    result = tables.query(sql, limit=5)
    assert list(result.rows) == rows
    assert "concerts was joined by concert." in result.notes


def test_which_table_is_meant_has_to_be_certain(tables: Tables) -> None:
    with pytest.raises(Retry, match="no column"):  # members and solos both have a number
        tables.query("SELECT name, came FROM concerts", limit=5)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT m.paid FROM members m JOIN rooms r ON m.name = r.holder WHERE r.holder = 'Bob'",
        "SELECT paid FROM members JOIN rooms ON members.name = rooms.holder WHERE name = 'Bob'",
    ],
)
def test_a_join_that_only_takes_rows_away_is_left_out_where_none_is_left(
    tables: Tables, sql: str
) -> None:
    result = tables.query(sql, limit=5)
    assert list(result.rows) == [("no",)]
    assert "rooms left no row" in " ".join(result.notes)


def test_a_join_that_is_asked_something_of_its_own_stays(tables: Tables) -> None:
    sql = "SELECT room, paid FROM members JOIN rooms ON members.name = rooms.holder"
    assert tables.query(sql, limit=5).total == 0


def test_rows_that_are_there_are_not_read_in_another_way(tables: Tables) -> None:
    sql = "SELECT name FROM members m JOIN evenings e ON m.no = e.no"
    assert tables.query(sql, limit=5).total == 2
    assert tables.query(sql, limit=5).notes == ()


def test_none_is_an_answer_where_rows_are_counted(tables: Tables) -> None:
    sql = "SELECT count(*) FROM members m JOIN rooms r ON m.name = r.holder WHERE m.name = 'Bob'"
    assert list(tables.query(sql, limit=5).rows) == [(0,)]


def test_a_join_by_more_than_equality_stays(tables: Tables) -> None:
    sql = "SELECT m.name FROM members m JOIN evenings e ON m.no = e.no AND e.came > 50"
    assert tables.query(sql, limit=5).total == 0


def test_a_join_by_a_name_that_both_have_stays(tables: Tables) -> None:
    sql = "SELECT count(*) FROM members m JOIN solos s USING (no) WHERE s.name = 'Ann'"
    assert list(tables.query(sql, limit=5).rows) == [(1,)]


def test_no_table_is_joined_by_which_rows_would_come_more_often(
    tables: Tables, tmp_path: Path
) -> None:
    (tmp_path / "visits.csv").write_text("no,minutes\n1,30\n1,40\n2,5\n")
    with pytest.raises(Retry, match="no column"):
        tables.query("SELECT name FROM members WHERE minutes > 20", limit=5)


def test_a_name_given_in_the_query_is_no_table(tables: Tables) -> None:
    sql = "WITH rooms AS (SELECT 1 AS no, 9 AS size) SELECT rooms.name FROM rooms"
    with pytest.raises(Retry, match="no column"):
        tables.query(sql, limit=5)


def test_what_is_too_deep_to_read_is_told(tables: Tables) -> None:
    with pytest.raises(Retry):
        tables.query(f"SELECT zz, {'(' * 400}1{')' * 400} FROM members", limit=5)


def test_a_column_that_no_table_has_is_told(tables: Tables) -> None:
    with pytest.raises(Retry, match="no column"):
        tables.query("SELECT m.age FROM members m JOIN evenings e ON m.no = e.no", limit=5)
