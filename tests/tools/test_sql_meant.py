"""SQL that is read as it was meant, where as it stands it fails or finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.tools.errors import Retry
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_store import Tables

ORDERS = "no,customer,qty,unit_price,status\n1,Ann,2,10.5,done\n2,Bob,1,7,done\n3,Ann,1,4,open\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "customers.csv").write_text("customer,city\nAnn,Bern\nBob,Basel\n")
    return tmp_path


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(amount) FROM orders WHERE customer = 'Ann'",
        "SELECT SUM(o.total_price) AS total FROM orders o WHERE o.customer = 'Ann' ORDER BY total",
        "SELECT sum(o.amount) FROM orders o JOIN customers c ON o.customer = c.customer "
        "WHERE c.city = 'Bern'",
    ],
)
def test_it_is_the_product_of_what_is_there(sql: str, folder: Path) -> None:
    result = Tables(Workspace(folder)).query(sql, limit=5)
    assert float(result.rows[0][0]) == 25.0
    assert any("qty * unit_price was taken for it" in note for note in result.notes)


def test_a_column_that_is_there_is_taken(folder: Path) -> None:
    (folder / "orders.csv").write_text(ORDERS.replace("status", "amount").replace("done", "9"))
    result = Tables(Workspace(folder)).query("SELECT sum(num(amount)) FROM orders", limit=5)
    assert result.notes == () or "taken" not in " ".join(result.notes)


def test_where_there_are_two_ways_none_is_taken(folder: Path) -> None:
    text = ORDERS.replace("status", "list_price").replace("done", "3").replace("open", "4")
    (folder / "orders.csv").write_text(text)
    with pytest.raises(Retry, match="no column amount"):
        Tables(Workspace(folder)).query("SELECT sum(amount) FROM orders", limit=5)


@pytest.mark.parametrize(
    ("sql", "first"),
    [
        ("SELECT max(unit_price) FROM orders", 10.5),
        ("SELECT sum(qty * unit_price) total FROM orders ORDER BY total", 32.0),
        ("SELECT sum(qty) revenue FROM orders GROUP BY status ORDER BY revenue DESC", 3.0),
    ],
)
def test_what_runs_is_left_as_it_is(sql: str, first: float, folder: Path) -> None:
    result = Tables(Workspace(folder)).query(sql, limit=5)
    assert float(result.rows[0][0]) == first
    assert result.notes == ()


def test_the_price_of_one_is_no_amount(folder: Path) -> None:
    with pytest.raises(Retry, match="no column price"):
        Tables(Workspace(folder)).query("SELECT sum(price) FROM orders", limit=5)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("LIKE 'An'", 3),  # nobody is called that
        ("ILIKE 'BO'", 1),
        ("LIKE 'Ann'", 2),  # as it stands: Annika is somebody else
        ("LIKE 'A%'", 3),
        ("NOT LIKE 'An'", 4),
        ("LIKE 'Zoe'", 0),
    ],
)
def test_like_finds_what_it_is_in(condition: str, count: int, folder: Path) -> None:
    (folder / "orders.csv").write_text(ORDERS + "4,Annika,1,1,open\n")
    sql = f"SELECT count(*) FROM orders WHERE customer {condition}"
    assert Tables(Workspace(folder)).query(sql, limit=5).rows == ((count,),)


# -- a column of text that is summed, a join that is idle, groups in no order -----------------


def test_texts_among_numbers_are_left_out_of_an_average(tmp_path: Path) -> None:
    rows = "".join(f"p{n},{n}\n" for n in range(1, 6))
    (tmp_path / "marks.csv").write_text(f"pupil,maths\n{rows}p6,absent\n")
    result = Tables(Workspace(tmp_path)).query("SELECT AVG(maths) FROM marks", limit=5)
    assert float(result.rows[0][0]) == 3.0
    assert any("no number was left out" in note for note in result.notes)


def test_a_text_that_holds_no_numbers_is_not_summed(folder: Path) -> None:
    with pytest.raises(Retry):
        Tables(Workspace(folder)).query("SELECT sum(customer) FROM orders", limit=5)


@pytest.mark.parametrize(
    "join",
    [
        "JOIN customers ON orders.status = customers.customer",
        "INNER JOIN customers AS c ON orders.status = c.city",
        "JOIN customers c ON (orders.status = c.city)",
    ],
)
def test_a_join_of_which_nothing_is_asked_is_left_out(join: str, folder: Path) -> None:
    sql = f"SELECT SUM(orders.qty) FROM orders {join} WHERE orders.customer = 'Ann'"
    result = Tables(Workspace(folder)).query(sql, limit=5)
    assert int(result.rows[0][0]) == 3
    assert any("it was left out" in note for note in result.notes)


def test_a_join_that_is_asked_something_stays(folder: Path) -> None:
    sql = "SELECT c.city FROM orders o JOIN customers c ON o.status = c.customer"
    assert Tables(Workspace(folder)).query(sql, limit=5).rows == ()


def test_groups_by_a_name_have_the_most_first(folder: Path) -> None:
    tables = Tables(Workspace(folder))
    most = tables.query("SELECT customer, SUM(qty) FROM orders GROUP BY customer", limit=5)
    assert [row[0] for row in most.rows] == ["Ann", "Bob"]
    least = tables.query("SELECT customer, MIN(unit_price) FROM orders GROUP BY customer", limit=5)
    assert [row[1] for row in least.rows] == sorted(row[1] for row in least.rows)


def test_an_order_that_was_asked_for_stays(folder: Path) -> None:
    sql = "SELECT customer, SUM(qty) FROM orders GROUP BY customer ORDER BY customer DESC"
    result = Tables(Workspace(folder)).query(sql, limit=5)
    assert [row[0] for row in result.rows] == ["Bob", "Ann"]
    assert result.sql == sql
