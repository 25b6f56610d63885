"""SQL over the files of a workspace: what is recognised, repaired, explained, refused."""

from __future__ import annotations

import csv
import io
import json
import os
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nomoat.tools.base import Effect, Output, spec_of
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_layout import find_delimiter, find_layout, guess_encoding
from nomoat.tools.table_names import Namer, identifier
from nomoat.tools.table_show import number
from nomoat.tools.tables import TableInfo, Tables, describe, table_tools

ORDERS = """id,date,customer,amount
1,2026-05-03,Ann,10.5
2,2026-05-13,"Bob, Jr",1000
3,2026-06-14,Ann,0.1
4,2026-06-14,Ann,0.2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


def loaded(folder: Path, name: str, content: str | bytes) -> TableInfo:
    """The table that a file of this content becomes."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    found = [info for info in describe(Workspace(folder)) if info.file == name]
    assert len(found) == 1
    return found[0]


def types(info: TableInfo) -> dict[str, str]:
    return {column.name: column.type for column in info.columns}


def ask(folder: Path, sql: str) -> str:
    """What the model sees."""
    return str(query(folder, sql))


def query(folder: Path, sql: str) -> Output:
    output = table_tools(Workspace(folder))[0].invoke({"sql": sql})
    assert isinstance(output, Output)
    return output


def lines(folder: Path, sql: str) -> list[str]:
    return ask(folder, sql).splitlines()


def save(folder: Path, sql: str, path: str) -> Output:
    output = table_tools(Workspace(folder))[1].invoke({"sql": sql, "path": path})
    assert isinstance(output, Output)
    return output


def refused(folder: Path, sql: str) -> str:
    with pytest.raises(ToolError) as error:
        query(folder, sql)
    return f"{error.value} {error.value.hint}"


# what the model sees


def test_a_result_is_an_aligned_table_without_float_noise(folder: Path) -> None:
    got = lines(folder, "SELECT customer, sum(amount) AS total FROM orders GROUP BY 1 ORDER BY 1")
    assert got == ["customer | total", "Ann      |  10.8", "Bob, Jr  |  1000", "(2 rows)"]
    assert lines(folder, "SELECT 0.1e0 + 0.2e0 AS x, 1e5 AS y, NULL AS z FROM orders LIMIT 1") == [
        "  x |      y | z",
        "0.3 | 100000 | NULL",
        "(1 row)",
    ]


def test_a_long_result_is_cut_with_a_count(folder: Path) -> None:
    got = lines(folder, "SELECT a.id FROM orders a, orders b, orders c")
    assert len(got) == 32
    assert got[-1] == "… 30 of 64 rows"


def test_wide_rows_are_cut_by_characters(folder: Path) -> None:
    (folder / "wide.csv").write_text("a,b\n" + f"{'x' * 300},{'y' * 300}\n" * 100)
    text = ask(folder, "SELECT a, b, a AS c, b AS d FROM wide")
    assert len(text) < 4_500
    assert "of 100 rows" in text


def test_an_observation_says_where_it_comes_from(folder: Path) -> None:
    output = query(folder, "SELECT count(*) FROM orders")
    assert output.sources == ("orders.csv",)
    assert output.private
    assert not output.untrusted


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.1 + 0.2, "0.3"),
        (1e5, "100000"),
        (-0.0, "0"),
        (1234567890.12, "1234567890.12"),
        (1e-7, "0.0000001"),
        (2.5e-12, "2.5e-12"),
        (float("inf"), "inf"),
    ],
)
def test_numbers_are_written_as_a_person_would(value: float, shown: str) -> None:
    assert number(value) == shown


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_shown_number_is_the_number(value: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=1e-11, abs=1e-300)


# types


@pytest.mark.parametrize(
    ("values", "type_", "first"),
    [
        (["1", "-2", "+3"], "BIGINT", 1),
        (["1.5", "2", ".5", "1e3"], "DOUBLE", 1.5),
        (["1,234.50", "7"], "DOUBLE", 1234.5),
        (["1.234,56", "7"], "DOUBLE", 1234.56),
        (["12,5", "3,75"], "DOUBLE", 12.5),
        (["€ 12.50", "€ 3.00"], "DOUBLE", 12.5),
        (["$1,200", "-$5"], "DOUBLE", 1200.0),
        (["12 %", "3,5 %"], "DOUBLE", 12.0),
        (["(12.50)", "3"], "DOUBLE", -12.5),
        (["1'234.50", "10'000.00"], "DOUBLE", 1234.5),
        (["1 234,50", "10 000,00"], "DOUBLE", 1234.5),
        (["5", "N/A", "-"], "BIGINT", 5),
        (["007", "012"], "VARCHAR", "007"),
        (["12345678901234567890"], "VARCHAR", "12345678901234567890"),
        (["$5", "€6"], "VARCHAR", "$5"),
        (["true", "False"], "BOOLEAN", True),
        (["2026-03-05"], "DATE", date(2026, 3, 5)),
        (["05.03.2026", "1.4.2026"], "DATE", date(2026, 3, 5)),
        (["05.03.26"], "DATE", date(2026, 3, 5)),
        (["13/05/2026", "03/05/2026"], "DATE", date(2026, 5, 13)),
        (["05/13/2026", "03/05/2026"], "DATE", date(2026, 5, 13)),
        (["03/05/2026", "01/02/2026"], "VARCHAR", "03/05/2026"),
        (["13-05-2026"], "DATE", date(2026, 5, 13)),
        (["5 Mar 2026"], "DATE", date(2026, 3, 5)),
        (["March 5, 2026", "May 1, 2026"], "DATE", date(2026, 3, 5)),
        (["2026-03-05 10:11:12"], "TIMESTAMP", datetime(2026, 3, 5, 10, 11, 12)),
        (["2026-03-05T10:11:12Z"], "TIMESTAMP", datetime(2026, 3, 5, 10, 11, 12)),
        (["05.03.2026 10:11"], "TIMESTAMP", datetime(2026, 3, 5, 10, 11)),
        (["30.02.2026"], "VARCHAR", "30.02.2026"),
        (["555-1234", "1"], "VARCHAR", "555-1234"),
        (["1.2.3"], "VARCHAR", "1.2.3"),
        (["NA", "US"], "VARCHAR", "NA"),
    ],
)
def test_types_are_recognised(tmp_path: Path, values: list[str], type_: str, first: Any) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["name", "value"], *([f"r{at}", v] for at, v in enumerate(values))])
    assert types(loaded(tmp_path, "t.csv", text.getvalue()))["value"] == type_
    tables = Tables(Workspace(tmp_path))
    assert tables.query("SELECT value FROM t", limit=1).rows[0][0] == first
    tables.close()


def test_other_columns_decide_what_one_leaves_open(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", "when;due;price;fee\n03/05/2026;31/12/2026;1.234;12,5\n")
    assert types(info) == {"when_": "DATE", "due": "DATE", "price": "DOUBLE", "fee": "DOUBLE"}
    got = lines(tmp_path, "SELECT when_, price FROM a")
    assert got[1] == "2026-05-03 |  1234"


def test_open_dates_stay_text_and_say_so(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", "day,n\n03/05/2026,1\n04/05/2026,2\n")
    assert "dates as text: day and month cannot be told apart" in str(info)


def test_a_value_far_down_that_is_no_number_keeps_the_column_text(tmp_path: Path) -> None:
    text = "n,m\n" + "1,2\n" * 5_000 + "unknown,2\n"
    assert types(loaded(tmp_path, "a.csv", text)) == {"n": "VARCHAR", "m": "BIGINT"}
    assert lines(tmp_path, "SELECT sum(n) AS s FROM a")[1] == "5000"
    hint = refused(tmp_path, "SELECT sum(n || '1') FROM a")
    assert "Use num(n). 1 of its values are no numbers, such as 'unknown'" in hint
    assert lines(tmp_path, "SELECT sum(num(n)) AS s FROM a")[1] == "5000"


# layout


def test_a_title_above_the_header_is_skipped(tmp_path: Path) -> None:
    info = loaded(
        tmp_path, "a.csv", "Report of 2026,,\n\nregion,year,sum\nNorth,2025,1\n\nS,2026,2\n"
    )
    assert types(info) == {"region": "VARCHAR", "year": "BIGINT", "sum": "BIGINT"}
    assert info.rows == 2


def test_a_file_without_a_header_gets_names(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", "1,2.5,x\n2,3.5,y\n")
    assert types(info) == {"column1": "BIGINT", "column2": "DOUBLE", "column3": "VARCHAR"}
    assert info.rows == 2


def test_a_name_may_be_there_twice(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", "name,price,price\nx,1,2\n")
    assert types(info) == {"name": "VARCHAR", "price": "BIGINT", "price_2": "BIGINT"}


def test_years_may_be_names_of_columns(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", "region,2024,2025\nNorth,1,2\n")
    assert [column.name for column in info.columns] == ["region", "c_2024", "c_2025"]
    assert lines(tmp_path, 'SELECT "2024" + 1 AS x FROM a')[1] == "2"


def test_ragged_rows_keep_every_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n4,5,six\n" * 1 + "7,8\n")
    assert lines(tmp_path, "SELECT * FROM a ORDER BY a") == [
        "a |    b | column3",
        "1 |    2 | NULL",
        "3 | NULL | NULL",
        "4 |    5 | six",
        "7 |    8 | NULL",
        "(4 rows)",
    ]


def test_ragged_rows_far_down_are_kept(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", "a,b\n" + "1,2\n" * 500 + "3,4,5\n")
    assert info.rows == 501
    assert types(info)["column3"] == "BIGINT"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    info = loaded(tmp_path, "a.csv", "name,Straße\nMüller,Größe\n".encode(encoding))
    assert [column.original or column.name for column in info.columns] == ["name", "Straße"]
    assert "Müller | Größe" in ask(tmp_path, "SELECT * FROM a")


def test_a_wrong_byte_far_down_is_no_end(tmp_path: Path) -> None:
    info = loaded(tmp_path, "a.csv", b"a,b\n" + b"x,1\n" * 60_000 + b"caf\xe9,2\n")
    assert info.rows == 60_001


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    text = "a,b\n1,x\n2,y\n".replace(",", delimiter)
    assert find_delimiter(text, ".csv") == delimiter
    assert types(loaded(tmp_path, "a.csv", text)) == {"a": "BIGINT", "b": "VARCHAR"}


def test_excels_separator_line(tmp_path: Path) -> None:
    assert loaded(tmp_path, "a.csv", "sep=;\na;b\n1;2\n").rows == 1


def test_files_without_rows(tmp_path: Path) -> None:
    assert loaded(tmp_path, "a.csv", "a,b\n").rows == 0
    assert ask(tmp_path, "SELECT * FROM a") == "a | b\n(no rows)"


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_no_table(folder: Path, content: str) -> None:
    (folder / "empty.csv").write_text(content)
    tables = Tables(Workspace(folder))
    assert [info.name for info in tables.infos()] == ["orders"]
    assert tables.problems == ("'empty.csv' cannot be read as a table: it is empty.",)
    tables.close()


_cell = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r", exclude_categories=["Cs"])
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_cell, _cell, st.integers()), min_size=1, max_size=8))
def test_what_a_writer_writes_is_what_is_loaded(rows: list[tuple[str, str, int]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        with Path(name, "t.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("one", "two", "three"), *rows])
        tables = Tables(Workspace(name))
        result = tables.query("SELECT count(*), count(three) FROM t", limit=1)
        tables.close()
    assert result.rows == ((len(rows), len(rows)),)


@given(st.binary(max_size=400))
def test_any_bytes_have_an_encoding(data: bytes) -> None:
    data.decode(guess_encoding(data), "replace")


@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=6))
def test_any_rows_have_a_layout(rows: list[list[str]]) -> None:
    layout = find_layout(rows)
    assert 0 <= layout.skip <= max(len(rows), 1)
    assert all(layout.names)


# formats


def test_a_workbook_gives_a_table_for_each_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    for row in (["Our sales"], [], ["day", "region", "sum"], [datetime(2026, 3, 5), "North", 1.5]):
        book.active.append(row)
    book.create_sheet("Staff list").append(["name", "active"])
    book["Staff list"].append(["=Ann", True])
    book.create_sheet("empty")
    book.save(tmp_path / "books.xlsx")
    first, second = describe(Workspace(tmp_path))
    assert str(first) == (
        "books_Sales (books.xlsx [Sales], 1 rows): day DATE (2026-03-05), region TEXT ('North'), "
        "sum DOUBLE"
    )
    assert second.name == "books_Staff_list"
    assert types(second)["active"] == "BOOLEAN"


def test_a_workbook_of_one_sheet_has_the_name_of_the_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, "x"]):
        book.active.append(row)
    book.save(tmp_path / "one.xlsx")
    assert [info.name for info in describe(Workspace(tmp_path))] == ["one"]


def test_records_are_flattened(tmp_path: Path) -> None:
    data = {"orders": [{"id": 1, "who": {"name": "Ann"}, "tags": ["a"]}, {"id": 2, "late": True}]}
    info = loaded(tmp_path, "data.json", json.dumps(data))
    assert types(info) == {
        "id": "BIGINT",
        "who_name": "VARCHAR",
        "tags": "VARCHAR",
        "late": "BOOLEAN",
    }


def test_lines_of_json(tmp_path: Path) -> None:
    assert loaded(tmp_path, "log.jsonl", '{"a": 1}\n\n{"a": 2, "b": "x"}\n').rows == 2


def test_json_that_is_no_table_is_none(folder: Path) -> None:
    (folder / "package.json").write_text('{"name": "x", "scripts": {}}')
    assert [info.name for info in describe(Workspace(folder))] == ["orders"]


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT DATE '2026-03-05' AS day, 1.25::DECIMAL(9,2) AS \"unit price\", [1] AS l)"
            f" TO '{tmp_path}/p.parquet'"
        )
    (info,) = describe(Workspace(tmp_path))
    assert types(info) == {"day": "DATE", "unit_price": "DECIMAL(9,2)", "l": "INTEGER[]"}
    assert lines(tmp_path, "SELECT * FROM p")[1] == "2026-03-05 |       1.25 | [1]"


@pytest.mark.parametrize("name", ["x.xlsx", "x.parquet", "x.json", "x.jsonl"])
def test_a_broken_file_is_reported_and_the_rest_works(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"PK\x03\x04 {no such thing")
    tables = Tables(Workspace(folder))
    assert [info.name for info in tables.infos()] == ["orders"]
    (problem,) = tables.problems
    assert name in problem
    tables.close()


# names


def test_names(tmp_path: Path) -> None:
    (tmp_path / "sales 2026.csv").write_text("Unit Price,a b,a-b,order\n1,2,3,4\n")
    (tmp_path / "2026.csv").write_text("a,b\n1,2\n")
    (tmp_path / "order.csv").write_text("a,b\n1,2\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "order.csv").write_text("a,b\n1,2\n")
    infos = describe(Workspace(tmp_path))
    assert [info.name for info in infos] == ["order_", "order__2", "sales_2026", "t_2026"]
    sales = infos[2]
    assert [column.name for column in sales.columns] == ["Unit_Price", "a_b", "a_b_2", "order_"]
    assert sales.columns[0].original == "Unit Price"
    assert 'Unit_Price BIGINT ("Unit Price")' in str(sales)


@given(st.text(max_size=80))
def test_every_name_is_a_plain_one(text: str) -> None:
    assert identifier(text).isascii()
    assert identifier(text).isidentifier()


def test_names_are_given_once() -> None:
    namer = Namer(["order"])
    assert [namer.name("A"), namer.name("a"), namer.name("ORDER")] == ["A", "a_2", "ORDER_"]
    namer.release("A")
    assert namer.name("a") == "a"


# reloading


def test_what_changed_is_loaded_again(folder: Path) -> None:
    workspace = Workspace(folder)
    tables = Tables(workspace)
    assert tables.query("SELECT count(*) FROM orders", limit=1).rows == ((4,),)
    with (folder / "orders.csv").open("a") as file:
        file.write("5,2026-07-01,Eve,1\n")
    (folder / "more.csv").write_text("a,b\n1,2\n")
    assert tables.query("SELECT count(*) FROM orders", limit=1).rows == ((5,),)
    assert [info.name for info in tables.infos()] == ["more", "orders"]
    (folder / "orders.csv").unlink()
    with pytest.raises(Retry, match="no table orders"):
        tables.query("SELECT count(*) FROM orders", limit=1)
    tables.close()


# repairs


@pytest.mark.parametrize(
    ("sql", "first", "note"),
    [
        ("SELECT count(*) FROM 'orders.csv'", "4", "orders.csv is the table orders."),
        ("SELECT count(*) FROM orders.csv", "4", "orders.csv is the table orders."),
        ("SELECT count(*) FROM read_csv('orders.csv')", "4", "orders.csv is the table orders."),
        ('SELECT count(*) FROM "./orders.csv" o', "4", "is the table orders."),
        ('SELECT id FROM orders WHERE customer = "Bob, Jr"', "2", "needs single quotes"),
        ('SELECT id FROM orders WHERE customer IN ("Bob, Jr", "X")', "2", "needs single quotes"),
        ("SELECT id FROM orders ORDER BY id LIMIT 2, 1", "3", "LIMIT 1 OFFSET 2"),
        ("SELECT TOP 1 id FROM orders ORDER BY id DESC", "4", "LIMIT 1"),
        ("SELECT TOP (1) id FROM orders ORDER BY id DESC", "4", "LIMIT 1"),
        ("SELECT count(*) FROM orders WHERE date LIKE '2026-06%'", "2", "date is a date"),
        ("SELECT id FROM orders WHERE customer LIKE 'Jr'", "2", "was read as LIKE '%Jr%'"),
        ("SELECT max(substr(date, 1, 7)) FROM orders", "2026-06", "date is a date"),
        ("SELECT id FROM `orders` WHERE `id` == 3;", "3", ""),
        ("```sql\nSELECT id FROM orders WHERE id = 3;\n```", "3", ""),
        ("SELECT strftime('%Y-%m', date) FROM orders WHERE id = 1", "2026-05", ""),
        ("SELECT strftime(date, '%Y-%m') FROM orders WHERE id = 1", "2026-05", ""),
        ("SELECT DATE_FORMAT(date, '%Y/%m') FROM orders WHERE id = 1", "2026/05", ""),
        ("SELECT to_char(date, 'YYYY-MM') FROM orders WHERE id = 1", "2026-05", ""),
        ("SELECT YEAR(date) * 100 + MONTH(date) FROM orders WHERE id = 1", "202605", ""),
        ("SELECT IFNULL(NULL, 3) + NVL(NULL, 4) FROM orders LIMIT 1", "7", ""),
        ("SELECT julianday('2026-05-04') - julianday('2026-05-03') FROM orders LIMIT 1", "1", ""),
        ('SELECT id AS "the id" FROM orders ORDER BY "the id" DESC', "4", ""),
    ],
)
def test_repairs(folder: Path, sql: str, first: str, note: str) -> None:
    got = lines(folder, sql)
    assert got[1].strip() == first
    notes = [line for line in got if line.startswith("Note: ")]
    assert bool(notes) == bool(note)
    assert note in "".join(notes)


@pytest.mark.parametrize(
    "sql", ['SELECT "Unit Price" FROM prices', "SELECT unit price FROM prices WHERE Unit Price > 1"]
)
def test_columns_are_known_by_the_name_in_the_file(tmp_path: Path, sql: str) -> None:
    (tmp_path / "prices.csv").write_text("Unit Price,Item\n2,x\n")
    got = lines(tmp_path, sql)
    assert got[1].strip() == "2"
    assert got[-1] == 'Note: The column "Unit Price" is called Unit_Price.'


def test_quotes_within_texts_are_left_alone(folder: Path) -> None:
    assert lines(folder, """SELECT 'say "Ann", or `x` == LIMIT 1, 2' AS t FROM orders LIMIT 1""")[
        1
    ] == ('say "Ann", or `x` == LIMIT 1, 2')


@given(st.text())
def test_repairs_take_any_text(text: str) -> None:
    from nomoat.tools.sql_repair import repaired

    repaired(text, ())


# explanations


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT * FROM oders",
            "There is no table oders. Did you mean orders? The tables: orders.",
        ),
        (
            "SELECT custmer FROM orders",
            "There is no column custmer. Did you mean customer? "
            "orders has: id, date, customer, amount.",
        ),
        ("SELECT o.foo FROM orders o", "There is no column foo. orders has: id, date"),
        ("SELECT id FROM orders WHERE customer = Ann", "WHERE customer = 'Ann'"),
        ("SELECT sum(customer) FROM orders", "customer is text, and sum needs a number."),
        ("SELECT sum(customer) FROM orders", "Columns of orders with numbers: id, amount."),
        ("SELECT year(customer) FROM orders", "TRY_CAST(customer AS DATE)"),
        ("SELECT sum(date) FROM orders", "sum does not work on dates. For a date d: year(d)"),
        ("SELECT date_formt(date) FROM orders", "For a date d: year(d)"),
        ("SELECT roundd(amount) FROM orders", "There is no function roundd. Did you mean round?"),
        ("SELECT customer, id FROM orders GROUP BY customer", "Add GROUP BY id"),
        ("SELECT id FROM orders WHERE sum(amount) > 1", "in HAVING"),
        ("SELECT FROM WHERE", "The SQL has a mistake at"),
        ("SELECT CAST(customer AS INT) FROM orders", "TRY_CAST(column AS DOUBLE)"),
    ],
)
def test_errors_say_what_to_do(folder: Path, sql: str, said: str) -> None:
    assert said in refused(folder, sql)


@pytest.mark.parametrize(
    ("sql", "note"),
    [
        ("SELECT * FROM orders WHERE customer <= 'A' AND customer = 'ann'", "it is written 'Ann'"),
        ("SELECT count(*) FROM orders WHERE customer IN ('ann', 'x')", "it is written 'Ann'"),
        ("SELECT * FROM orders WHERE customer LIKE '%BOB, JR%'", "it is written 'Bob, Jr'"),
        ("SELECT * FROM orders WHERE customer = 'Bobby'", "the nearest there are: 'Bob, Jr'"),
    ],
)
def test_an_empty_result_names_the_text_no_row_has(folder: Path, sql: str, note: str) -> None:
    assert note in ask(folder, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT amount FROM orders WHERE customer = 'ANN'",
        "SELECT sum(amount) FROM orders WHERE customer = 'ann'",
    ],
)
def test_a_text_in_other_letters_is_found_and_told(folder: Path, sql: str) -> None:
    shown = ask(folder, sql)
    assert "10.8" in shown or "10.5" in shown or "(2 rows)" in shown
    assert "found nothing: texts that hold one another were taken." in shown


def test_an_empty_result_with_a_good_reason_is_left_alone(folder: Path) -> None:
    assert lines(folder, "SELECT id FROM orders WHERE customer = 'Ann' AND amount > 99") == [
        "id",
        "(no rows)",
    ]


def test_without_tables_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="no tables"):
        query(tmp_path, "SELECT 1")


def test_effects_are_declared(folder: Path) -> None:
    ask_, save_, _change = table_tools(Workspace(folder))
    assert spec_of(ask_).effects == {Effect.READ}
    assert spec_of(save_).effects == {Effect.READ, Effect.WRITE}


# saving


def test_saving_writes_all_rows(folder: Path) -> None:
    output = save(folder, "SELECT a.id, b.amount FROM orders a, orders b, orders c", "out/all.csv")
    assert output.files == ("out/all.csv",)
    assert output.sources == ("orders.csv",)
    assert str(output).startswith("Wrote 64 rows to out/all.csv:\nid | amount\n")
    with (folder / "out" / "all.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "amount"]
    assert len(rows) == 65


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "jsonl", "xlsx", "parquet"])
def test_what_was_saved_is_a_table_again(folder: Path, ending: str) -> None:
    save(folder, "SELECT *, '=1+1' AS t FROM orders ORDER BY id", f"again.{ending}")
    again = next(info for info in describe(Workspace(folder)) if info.name == "again")
    assert types(again) == {
        "id": "BIGINT",
        "date": "DATE",
        "customer": "VARCHAR",
        "amount": "DOUBLE",
        "t": "VARCHAR",
    }
    assert lines(folder, "SELECT count(*) n FROM (FROM again EXCEPT SELECT *, '=1+1' FROM orders)")[
        1
    ].strip() == ("0")


def test_saving_markdown(folder: Path) -> None:
    save(folder, "SELECT id, 'a|b' AS t FROM orders LIMIT 1", "out.md")
    assert (folder / "out.md").read_text() == "| id | t |\n| --- | --- |\n| 1 | a\\|b |\n"


@pytest.mark.parametrize("path", ["out.doc", "out", "../out.csv", "/etc/out.csv"])
def test_saving_elsewhere_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(ToolError):
        save(folder, "SELECT 1 AS x FROM orders", path)
    assert [entry.name for entry in folder.iterdir()] == ["orders.csv"]


def test_a_preview_shows_the_file_and_the_first_rows(folder: Path) -> None:
    spec = spec_of(table_tools(Workspace(folder))[1])
    assert spec.preview is not None
    assert spec.targets is not None
    call = {"sql": "SELECT id FROM orders", "path": "out.csv"}
    assert spec.preview(call).splitlines()[:3] == ["out.csv: 4 rows", "id", " 1"]
    assert list(spec.targets(call)) == ["out.csv"]
    assert not (folder / "out.csv").exists()


def test_no_descriptors_stay_open(folder: Path) -> None:
    (folder / "ragged.csv").write_text("a,b\n" + "1,2\n" * 100 + "3,4,5\n")
    tables = Tables(Workspace(folder))
    tables.infos()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        os.utime(folder / "ragged.csv", (time.time(), time.time()))
        tables.infos()
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
    tables.close()


def test_ten_questions_over_three_files_are_right() -> None:
    from tests.benchmarks.tables import measured

    found = measured(2_000)
    assert [answer["question"] for answer in found["answers"] if not answer["right"]] == []
    assert len(found["answers"]) == 10
