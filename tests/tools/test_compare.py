"""Two files held against each other, called as an agent calls the tool."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from openpyxl import Workbook  # type: ignore[import-untyped]

from nomoat.tools import compare
from nomoat.tools.base import spec_of
from nomoat.tools.compare_show import ROOM
from nomoat.tools.compare_tables import Records, differences
from tests.tools.workspace_files import Files

OLD = "name,fee,town\nAnna Berg,20,Bonn\nBen Ott,20,Trier\nCleo Dax,15,Bonn\nDirk Em,20,Mainz\n"
NEW = "name,fee,town\nCleo Dax,18.50,Trier\nBen Ott,20,Trier\nEva Fink,20,Bonn\n"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def compared(files: Files, first: str | bytes, second: str | bytes, ending: str = "csv") -> str:
    files.put(f"old.{ending}", first)
    files.put(f"new.{ending}", second)
    return files.ok("compare_files", first=f"old.{ending}", second=f"new.{ending}")


def workbook(**sheets: str) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, text in sheets.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append([int(cell) if cell.isdigit() else cell for cell in line.split(",")])
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


# -- tables


def test_rows_of_one_only_rows_that_changed_and_rows_that_are_the_same(files: Files) -> None:
    files.put("old.csv", OLD)
    files.put("new.csv", NEW)
    observed = files.call("compare_files", first="old.csv", second="new.csv")
    assert observed.text == (
        "old.csv (4 rows) and new.csv (3 rows), compared by name:\n"
        "Only in old.csv (2): Anna Berg, Dirk Em\n"
        "Only in new.csv (1): Eva Fink\n"
        "In both with other values (1):\n"
        "- Cleo Dax: fee 15 → 18.5; town Bonn → Trier\n"
        "The same in both: 1 row"
    )
    assert observed.sources == ("old.csv", "new.csv")
    assert observed.private
    assert not observed.untrusted


def test_of_two_that_differ_in_a_number_the_smaller_is_the_older(files: Files) -> None:
    files.put("people-2025.csv", OLD)
    files.put("people-2026.csv", NEW)
    for first, second in (("2025", "2026"), ("2026", "2025")):
        text = files.ok("compare_files", first=f"people-{first}.csv", second=f"people-{second}.csv")
        assert "Gone, only in people-2025.csv (2): Anna Berg, Dirk Em\n" in text
        assert "New, only in people-2026.csv (1): Eva Fink\n" in text
    files.put("9.txt", "a\n")
    files.put("10.txt", "b\n")
    text = files.ok("compare_files", first="10.txt", second="9.txt")
    assert "Gone, only in 9.txt (1): a" in text


def test_formats_and_ways_to_write_a_value_do_not_count(files: Files) -> None:
    files.put("a.csv", "name,fee,since\nAnna,20,2024-03-01\nBen,7.50,2023-01-31\n")
    files.put("b.tsv", "Since\tName\tFee\n2023-01-31\tBen\t7.5\n2024-03-01\t Anna \t20.0\n")
    rows = [
        {"name": "Ben", "fee": 7.5, "since": "2023-01-31"},
        {"name": "Anna", "fee": 20, "since": "2024-03-01"},
    ]
    files.put("c.json", json.dumps(rows))
    for other in ("b.tsv", "c.json"):
        text = files.ok("compare_files", first="a.csv", second=other)
        assert text.endswith("No difference: both have the same 2 rows, in whatever order.")


def test_a_number_is_told_with_the_name_beside_it(files: Files) -> None:
    old = "id,first name,last name,fee\n1,Anna,Berg,20\n2,Ben,Ott,20\n"
    text = compared(files, old, "id,first name,last name,fee\n2,Ben,Ott,25\n3,Cleo,Dax,20\n")
    assert "compared by id:" in text
    assert "Only in old.csv (1): 1 (Anna Berg)" in text
    assert "Only in new.csv (1): 3 (Cleo Dax)" in text
    assert "- 2 (Ben Ott): fee 20 → 25" in text
    people = compared(files, "first name,last name\nAnna,Berg\nBen,Ott\n", "last name,first name\n")
    assert "Only in old.csv (2): Anna Berg, Ben Ott\n" in people
    parts = compared(files, "sku,price,label\n7,2,Bolt\n8,1,Nut\n", "sku,price,label\n8,1,Nut\n")
    assert "Only in old.csv (1): 7 (Bolt)" in parts


def test_running_numbers_that_were_given_anew_are_no_key(files: Files) -> None:
    names = ["Anna", "Ben", "Cleo", "Dirk", "Eva", "Finn"]
    towns = dict(zip(names, "Bonn Trier Mainz Fulda Kassel Worms".split(), strict=True))

    def table(members: list[str]) -> str:
        rows = [f"{n},{name},{towns[name]}" for n, name in enumerate(members, 1)]
        return "\n".join(["no,name,town", *rows])

    text = compared(files, table(names), table(names[1:]))
    assert "compared by name:" in text
    assert "Only in old.csv (1): Anna\n" in text


def test_two_columns_can_be_the_key(files: Files) -> None:
    head = "guest,night,price\n"
    old = "Anna,Monday,50\nAnna,Tuesday,50\nBen,Monday,60\n"
    text = compared(files, head + old, head + old.replace("Anna,Tuesday,50", "Ben,Tuesday,60"))
    assert "compared by guest and night:" in text
    assert "Only in old.csv (1): Anna Tuesday\nOnly in new.csv (1): Ben Tuesday\n" in text
    assert text.endswith("The same in both: 2 rows")


def test_without_a_key_whole_rows_are_compared(files: Files) -> None:
    head = "item,price\n"
    text = compared(files, f"{head}tea,2\ntea,2\ntea,3\n", f"{head}tea,2\ntea,3\ntea,3\n")
    assert text == (
        "old.csv (3 rows) and new.csv (3 rows), compared by whole rows:\n"
        "Only in old.csv (1): tea | 2\n"
        "Only in new.csv (1): tea | 3\n"
        "The same in both: 2 rows"
    )


def test_one_name_that_stands_twice_is_still_a_key(files: Files) -> None:
    names = "name,fee\n" + "".join(f"N{n},1\n" for n in range(20))
    text = compared(files, f"{names}N1,2\n,5\n", f"{names}N1,3\n,6\n")
    assert "compared by name:" in text
    assert "Only in old.csv (1):  | 5" in text  # without a name it is nobody's other value
    assert "- N1: fee 2 → 3" in text


def test_a_column_may_have_another_name(files: Files) -> None:
    old = "member,born\nAnna,1980\nBen,1990\nCleo,1985\n"
    text = compared(files, old, "paid by,amount\nCLEO,5\nAnna,5\nFinn,5\n")
    assert text == (
        "old.csv (3 rows) and new.csv (3 rows), compared by member = paid by:\n"
        "Only in old.csv (1): Ben\n"
        "Only in new.csv (1): Finn\n"
        "The same in both: 2 rows"
    )
    assert "no column in common" in refused(files, "x,y\n1,2\n", "a,b\nc,d\n")


def refused(files: Files, first: str, second: str) -> str:
    files.put("old.csv", first)
    files.put("new.csv", second)
    return files.refused("compare_files", first="old.csv", second="new.csv")


def test_a_table_and_a_list(files: Files) -> None:
    files.put("members.csv", OLD)
    files.put("paid.txt", "- Ben Ott\n- [x] Cleo Dax\n3. Zora\n")
    text = files.ok("compare_files", first="members.csv", second="paid.txt")
    assert "compared by name = line:" in text
    assert "Only in members.csv (2): Anna Berg, Dirk Em\nOnly in paid.txt (1): Zora" in text
    files.put("poem.txt", "Roses are red\n")
    assert "no column in common" in files.refused(
        "compare_files", first="poem.txt", second="members.csv"
    )


def test_columns_of_one_only_are_named(files: Files) -> None:
    text = compared(files, "name,fee\nA,1\nB,2\n", "name,mail\nA,x\nB,y\n")
    assert text.endswith("Columns only in old.csv: fee\nColumns only in new.csv: mail")
    assert "No difference: both have the same 2 rows" in text


def test_sheets_of_one_name_are_compared(files: Files) -> None:
    old = workbook(May="name,fee\nA,1\nB,2", June="name,fee\nA,1", Gone="x,y\n1,2")
    text = compared(files, old, workbook(May="name,fee\nA,1", June="name,fee\nA,3"), "xlsx")
    assert "old.xlsx [May] (2 rows) and new.xlsx [May] (1 row), compared by name:" in text
    assert "Only in old.xlsx [May] (1): B" in text
    assert "- A: fee 1 → 3" in text
    assert text.endswith("Sheets only in old.xlsx: Gone")
    files.put("new.xlsx", workbook(One="a\n1", Two="b\n2"))
    said = files.refused("compare_files", first="old.xlsx", second="new.xlsx")
    assert "no sheets of the same name" in said


def test_long_lists_are_cut_and_counted(files: Files) -> None:
    def table(numbers: range, fee: int) -> str:
        return "name,fee\n" + "".join(f"Member {n},{fee}\n" for n in numbers)

    text = compared(files, table(range(2_000), 1), table(range(500, 3_000), 2))
    assert "Only in old.csv (500): Member 0, Member 1," in text
    assert "In both with other values (1500):\n- Member 500: fee 1 → 2\n" in text
    assert " … and " in text
    assert "Values that changed, by column: fee 1500" in text
    assert len(text) < ROOM + 600


def test_a_table_that_is_too_big_is_left_to_a_query(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "MAX_CELLS", 3)
    assert "too big to compare (4 rows)" in refused(files, OLD, NEW)


# -- texts


def test_lines_of_one_only_in_their_order(files: Files) -> None:
    text = compared(files, "milk\n\n bread \neggs\n", "bread\nbutter\nmilk  \nbutter\n", "txt")
    assert text == (
        "Only in old.txt (1): eggs\nOnly in new.txt (2): butter, butter\nIn both: 2 lines"
    )
    long = compared(files, "one, two\nsame\n", f"{'x' * 300}\nsame\n", "md")
    assert long == (
        f"Only in old.md (1):\n- one, two\nOnly in new.md (1):\n- {'x' * 199}…\nIn both: 1 line"
    )


def test_the_same_lines_are_the_same(files: Files) -> None:
    assert compared(files, "a\nb\n", "a \n\nb", "txt") == (
        "No difference: old.txt and new.txt have the same 2 lines."
    )
    assert compared(files, "a\nb\n", "b\na\n", "txt").endswith(
        "the same 2 lines, in another order."
    )
    assert compared(files, "", "", "txt").endswith("the same 0 lines.")


def test_what_is_no_table_after_all_is_compared_as_lines(files: Files) -> None:
    assert compared(files, "ERROR a\nok\n", "ok\n", "log").startswith(
        "Only in old.log (1): ERROR a"
    )
    assert compared(files, '"one"\n', '"two"\n', "json").startswith('Only in old.json (1): "one"')


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("a.txt", "./a.txt", "'a.txt' is named twice"),
        ("a.txt", "b.txt", "no 'b.txt'"),
        ("b.txt", "a.txt", "no 'b.txt'"),
        ("a.txt", "sub", "is a folder"),
        ("a.txt", "../b.txt", "contains '..'"),
        ("a.txt", "picture.png", "a PNG image"),
        ("a.csv", "picture.png", "a PNG image"),
        ("a.csv", "broken.xlsx", "not text"),
        ("a.txt", "huge.txt", "are not compared"),
    ],
)
def test_what_cannot_be_compared(
    files: Files, monkeypatch: pytest.MonkeyPatch, first: str, second: str, said: str
) -> None:
    monkeypatch.setattr(compare, "MAX_TEXT", 1_000)
    files.put("a.txt", "a\n")
    files.put("a.csv", OLD)
    files.put("huge.txt", "a\n" * 1_000)
    files.put("sub/c.txt", "c\n")
    files.put("picture.png", b"\x89PNG\r\n")
    files.put("broken.xlsx", b"PK\x03\x04\0")
    assert said in files.refused("compare_files", first=first, second=second)


def test_what_is_read(files: Files) -> None:
    touched = spec_of(files.toolbox.get("compare_files")).targets
    assert touched is not None
    assert touched({"first": "./a.txt", "second": "sub/b.txt"}) == ["a.txt", "sub/b.txt"]


# -- properties


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Made once for all examples of a property: tools with their schemas take a while to make."""
    return Files(tmp_path_factory.mktemp("compare"))


def records(*rows: tuple[str, ...]) -> Records:
    return Records(("name", "town"), rows, texts=frozenset({0, 1}))


cells = some.tuples(some.sampled_from(["Ann", "ben", "Ben", ""]), some.sampled_from(["Bonn", ""]))


@given(rows=some.lists(cells, max_size=12), seed=some.integers(0, 9))
def test_a_shuffled_copy_of_a_table_differs_in_nothing(
    rows: list[tuple[str, str]], seed: int
) -> None:
    mixed = random.Random(seed).sample(rows, len(rows))
    found = differences(records(*rows), records(*mixed))
    assert found is not None
    assert (found.first, found.second, found.changed) == ([], [], [])
    assert found.same == len(rows)


@given(rows=some.lists(cells, max_size=12), others=some.lists(cells, max_size=12))
def test_every_row_is_told_of_once(
    rows: list[tuple[str, str]], others: list[tuple[str, str]]
) -> None:
    found = differences(records(*rows), records(*others))
    assert found is not None
    assert found.same + len(found.changed) + len(found.first) == len(rows)
    assert found.same + len(found.changed) + len(found.second) == len(others)
    assert found.same == (Counter(rows) & Counter(others)).total()


people = some.sets(some.sampled_from("ABCDEFGHIJ"), min_size=1)


@given(before=people, after=people)
def test_who_left_and_who_is_new_is_told(before: set[str], after: set[str]) -> None:
    first = records(*((name, "Bonn") for name in sorted(before)))
    second = records(*((name, "Bonn") for name in sorted(after, reverse=True)))
    found = differences(first, second)
    assert found is not None
    assert (set(found.first), set(found.second)) == (before - after, after - before)
    assert found.same == len(before & after)


@settings(max_examples=30)
@given(lines=some.lists(some.text("ab ", max_size=3), max_size=6), seed=some.integers(0, 9))
def test_a_shuffled_copy_of_a_text_differs_in_nothing(
    same: Files, lines: list[str], seed: int
) -> None:
    mixed = random.Random(seed).sample(lines, len(lines))
    assert compared(same, "\n".join(lines), "\n\n".join(mixed), "txt").startswith("No difference")
