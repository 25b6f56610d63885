"""Texts that mean the same and are not written the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables


@pytest.fixture
def school(tmp_path: Path) -> Tables:
    (tmp_path / "students.csv").write_text("name,instructor\nAnna Reuter,Marco\nBen Ashby,Suki\n")
    (tmp_path / "instructors.csv").write_text("name,phone\nMarco Bellini,333\nSuki Arai,338\n")
    (tmp_path / "lunch.csv").write_text("student,box\nAnna,vegetarian\nBen,fish\n")
    return Tables(Workspace(tmp_path))


def test_names_in_short_meet_the_whole_ones(school: Tables) -> None:
    sql = (
        "SELECT s.name, i.phone FROM students AS s JOIN instructors AS i "
        "ON s.instructor = i.name WHERE s.name = 'Anna Reuter'"
    )
    found = school.query(sql, limit=5)
    assert found.rows == (("Anna Reuter", 333),)
    assert "s.instructor = i.name found nothing: texts that hold one another were taken." in (
        found.notes
    )


def test_short_texts_and_a_no_still_hold_beside_a_name_in_short(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("name,size,shed\nAnna Reuter,M,no\nAnna Bo,L,no\n")
    tables = Tables(Workspace(tmp_path))
    sql = "SELECT name FROM people WHERE name = 'Anna' AND size = 'M' AND shed = 'no'"
    assert tables.query(sql, limit=5).rows == (("Anna Reuter",),)


def test_what_is_not_so_is_not_alike(tmp_path: Path) -> None:
    (tmp_path / "bills.csv").write_text("firm,state\nKern & Sons,not paid\nDahl,open\n")
    tables = Tables(Workspace(tmp_path))
    assert tables.query("SELECT firm FROM bills WHERE state = 'paid'", limit=5).rows == ()
    assert tables.query("SELECT state FROM bills WHERE firm = 'Kern'", limit=5).total == 1


def test_a_count_of_none_stands(tmp_path: Path) -> None:
    (tmp_path / "bills.csv").write_text("firm,state\nKern & Sons,not paid\nDahl,open\n")
    tables = Tables(Workspace(tmp_path))
    found = tables.query("SELECT count(*) FROM bills WHERE firm = 'Kern'", limit=5)
    assert found.rows == ((0,),)


def test_what_finds_something_is_not_read_in_another_way(school: Tables) -> None:
    found = school.query("SELECT phone FROM instructors WHERE name = 'Suki Arai'", limit=5)
    assert found.rows == ((338,),)
    assert found.notes == ()


@pytest.mark.parametrize(
    "condition", ["name = 'Ann'", "name = 'Mar'", "phone = 33", "NOT name = name"]
)
def test_parts_of_words_and_numbers_are_not_alike(school: Tables, condition: str) -> None:
    assert school.query(f"SELECT * FROM instructors WHERE {condition}", limit=5).rows == ()


def test_a_table_is_joined_by_columns_of_other_names_that_hold_the_same(tmp_path: Path) -> None:
    (tmp_path / "members.csv").write_text("name,since\nAda,2012\nBo,2001\nCleo,2015\n")
    (tmp_path / "plots.csv").write_text("plot,holder,shed\n1,Ada,no\n2,Bo,no\n3,Cleo,yes\n4,,no\n")
    tables = Tables(Workspace(tmp_path))
    found = tables.query("SELECT name FROM members WHERE shed = 'no' AND since > 2010", limit=5)
    assert found.rows == (("Ada",),)
    assert "plots was joined by holder." in found.notes


def test_a_table_that_stands_in_no_from_is_joined(tmp_path: Path) -> None:
    (tmp_path / "players.csv").write_text("name,plays\nAda,flute\nBo,tuba\n")
    (tmp_path / "uniforms.csv").write_text("name,size\nAda,M\nBo,L\n")
    tables = Tables(Workspace(tmp_path))
    found = tables.query("SELECT name FROM players WHERE uniforms.size = 'M'", limit=5)
    assert found.rows == (("Ada",),)
