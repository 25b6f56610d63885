"""Lists in texts as tables: notes, settings and records, each read as what it is laid out as."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_lists import list_table
from nomoat.tools.table_texts import may_hold_tables, text_tables
from nomoat.tools.tables import Tables


def tables_in(text: str, path: str) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    return [(part, names, list(rows)) for part, names, rows in text_tables(text, path)]


def test_entries_under_headings_say_which_they_stand_under() -> None:
    text = "# Plan\n\n## Saturday\n- Drinks: 15:00\n- Dinner: 18:30\n## Sunday\n- Brunch: 10:00\n"
    assert list_table(text) == (
        ("section", "name", "says"),
        (
            ("Saturday", "Drinks", "15:00"),
            ("Saturday", "Dinner", "18:30"),
            ("Sunday", "Brunch", "10:00"),
        ),
    )


def test_several_things_of_an_entry_are_a_row_each() -> None:
    found = list_table("fish: Ada, Bo\nmeat: Cleo, Dan Low\nvegan: Eve, Finn\n")
    assert found is not None
    assert found[0] == ("name", "says")
    assert found[1][:3] == (("fish", "Ada"), ("fish", "Bo"), ("meat", "Cleo"))


@pytest.mark.parametrize(
    "text",
    [
        "Dear Mrs Thal,\n\nthank you for your letter: it came on Monday.\nYours\nRuth\n",
        "- we go on Tuesday, and whoever wants may stay a day longer than that\n" * 4,
        "Lamp: 34.90\nDesk: 120\n",
        "",
    ],
)
def test_what_is_no_list_is_none(text: str) -> None:
    assert list_table(text) is None


def test_times_brackets_and_dashes_divide_an_entry_too() -> None:
    assert list_table("14:00 Ceremony\n15:00 Drinks\n17:15 Speeches\n") == (
        ("name", "says"),
        (("14:00", "Ceremony"), ("15:00", "Drinks"), ("17:15", "Speeches")),
    )
    assert list_table("- Ines (small room)\n- Tom (attic)\n- Wanda (front room)\n") == (
        ("name", "says"),
        (("Ines", "small room"), ("Tom", "attic"), ("Wanda", "front room")),
    )


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text: str) -> None:
    for path in ("a.md", "a.json", "a.yaml", "a.ini", "a.toml"):
        for _part, names, rows in text_tables(text, path):
            assert all(len(row) <= len(names) for row in rows)


def test_sections_with_the_same_columns_are_one_table() -> None:
    assert tables_in(
        "[wheels]\ntube = 4.90\ntyre = 18\n[lights]\nbulb = 2\nlamp = 9\n", "p.ini"
    ) == [
        (
            "",
            ("section", "name", "value"),
            [
                ("wheels", "tube", "4.90"),
                ("wheels", "tyre", "18"),
                ("lights", "bulb", "2"),
                ("lights", "lamp", "9"),
            ],
        )
    ]


def test_a_mapping_of_records_has_a_row_for_each_name() -> None:
    found = tables_in("Ben:\n  room: 3\n  tags: [a, b]\nAda:\n  room: 4\n  tags: []\n", "g.yaml")
    assert found == [("", ("name", "room", "tags"), [("Ben", "3", "a, b"), ("Ada", "4", "")])]


def test_markdown_tables_are_read_whatever_their_length() -> None:
    text = "## Tyres\n\n| wheel | most |\n|---|---|\n| front | 4.0 bar |\n| rear | 4.5 bar |\n"
    assert tables_in(text, "manual.md") == [
        ("Tyres", ("wheel", "most"), [("front", "4.0 bar"), ("rear", "4.5 bar")])
    ]


def test_yaml_that_multiplies_itself_is_not_read() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"
    assert tables_in(bomb, "bomb.yaml") == []


def test_only_some_kinds_of_files_are_looked_through() -> None:
    assert may_hold_tables("notes/A.MD")
    assert not may_hold_tables("photo.jpg")
    assert not may_hold_tables("a.csv")


# in a workspace


@pytest.fixture
def wedding(tmp_path: Path) -> Tables:
    (tmp_path / "tables.csv").write_text(
        "table,guest\n4,Nadia Farouk\n4,Simon Weller\n2,Yara Stein\n4,Tessa Moor\n"
    )
    (tmp_path / "menus.txt").write_text(
        "vegetarian: Nadia Farouk, Yara Stein, Tessa Moor\n"
        "fish: Simon Weller, Bo Day\nmeat: Al Bo, Cy Du\n"
    )
    (tmp_path / "walks.txt").write_text("Round A: 5 km\nRound B: 17 km\nRound C: 8 km\n")
    (tmp_path / "calls.log").write_text(
        "2026-01-09 07:50 Nadia Farouk | late\n2026-01-10 18:22 Yara Stein | ill\n"
        "2026-01-11 08:00 Nadia Farouk | ill\n"
    )
    return Tables(Workspace(tmp_path))


def test_lists_can_be_asked_once_somebody_wants_them(wedding: Tables) -> None:
    assert "menus" not in {info.name for info in wedding.infos()}
    menus = next(info for info in wedding.lists() if info.name == "menus")
    assert (menus.file, menus.rows) == ("menus.txt", 7)
    assert "menus" not in {info.name for info in wedding.infos()}
    sql = (
        "SELECT t.guest FROM tables AS t JOIN menus AS m ON t.guest = m.guest "
        "WHERE t.table_ = 4 AND m.name = 'vegetarian' ORDER BY 1"
    )
    found = wedding.query(sql, limit=9)
    assert found.rows == (("Nadia Farouk",), ("Tessa Moor",))
    assert set(found.files) == {"tables.csv", "menus.txt"}


def test_columns_without_a_name_are_called_as_those_that_hold_the_same(wedding: Tables) -> None:
    lists = {info.name: [column.name for column in info.columns] for info in wedding.lists()}
    assert lists["menus"] == ["name", "guest"]
    calls = next(info for info in wedding.infos() if info.name == "calls")
    assert [column.name for column in calls.columns] == ["line", "time", "guest", "text2"]


def test_numbers_with_one_unit_are_numbers_in_a_list(wedding: Tables) -> None:
    wedding.lists()
    assert wedding.query("SELECT max(says) FROM walks", limit=1).rows == ((17.0,),)


def test_a_list_that_changes_is_read_again(wedding: Tables, tmp_path: Path) -> None:
    wedding.lists()
    (tmp_path / "walks.txt").write_text("Round A: 5 km\nRound B: 17 km\nRound C: 80 km\n")
    assert wedding.query("SELECT max(says) FROM walks", limit=1).rows == ((80.0,),)
    (tmp_path / "walks.txt").unlink()
    assert "walks" not in {info.name for info in wedding.lists()}
    wedding.close()
    assert "menus" in {info.name for info in wedding.lists()}
