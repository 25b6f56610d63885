"""Values the way a column writes its values."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from nomoat.tools.errors import Retry
from nomoat.tools.table_cells import Cells, Manner, manner_of, read_back, write_value

POINT, COMMA = Manner(), Manner(",", "%d.%m.%Y")


def numbers(*pairs: tuple[str, float]) -> Cells:
    return Cells("DOUBLE", tuple(text for text, _ in pairs), tuple(value for _, value in pairs))


EUROS = numbers(("1.234,50 €", 1234.5), ("-7,25 €", -7.25))
DOLLARS = numbers(("$1,234.50", 1234.5), ("$7.25", 7.25))
BOOKED = numbers(("(12.00)", -12.0), ("7.25", 7.25))
MIXED = numbers(("1", 1.0), ("2.5", 2.5), ("3.125", 3.125))
THIN = numbers(("12\u202f500", 12500.0), ("3\u202f000", 3000.0))
WHOLE = Cells("BIGINT", ("50", "1200"), (50, 1200))
NOTHING = Cells("VARCHAR", (), ())


@pytest.mark.parametrize(
    ("value", "column", "old", "text"),
    [
        (2000.0, EUROS, "7,25 €", "2.000,00 €"),
        (-2000.126, EUROS, "", "-2.000,13 €"),
        (3.0, DOLLARS, "", "$3.00"),
        (1234567.891, DOLLARS, "$7.25", "$1,234,567.89"),
        (-3.5, BOOKED, "(12.00)", "(3.50)"),
        (3.5, BOOKED, "(12.00)", "3.50"),
        (4.0, MIXED, "", "4"),
        (0.1 + 0.2, MIXED, "", "0.3"),
        (1.23456, MIXED, "", "1.235"),
        (4500.0, THIN, "", "4\u202f500"),
        (52.5, WHOLE, "50", "52.5"),
        (1260.0, WHOLE, "1200", "1260"),
        (Decimal("2.50"), MIXED, "", "2.5"),
        (2.0, numbers(("+5.0", 5.0), ("-1.5", -1.5)), "+5.0", "+2.0"),
        (-2.0, numbers(("\u22125,0", -5.0)), "\u22125,0", "\u22122,0"),
        (1e-3, numbers(("1.5e-3", 0.0015)), "1.5e-3", "0.001"),
    ],
)
def test_a_number(value: Any, column: Cells, old: str, text: str) -> None:
    said = {"0.001"} if value == 1e-3 else set()
    assert write_value(value, column, POINT, old=old, said=said).text == text


def test_what_is_rounded_is_told_and_what_was_given_is_not_rounded() -> None:
    assert write_value(1.005, EUROS, COMMA).rounded_to == 2
    given = write_value(1.005, EUROS, COMMA, said={"1.005"})
    assert (given.text, given.rounded_to) == ("1,005 €", None)
    assert write_value(1.5, EUROS, COMMA).rounded_to is None


def test_what_is_no_finite_number_is_not_written() -> None:
    with pytest.raises(Retry, match="infinite"):
        write_value(float("inf"), MIXED, POINT)


def dates(*pairs: tuple[str, Any], type_: str = "DATE") -> Cells:
    return Cells(type_, tuple(text for text, _ in pairs), tuple(value for _, value in pairs))


MARCH = date(2026, 3, 5)
LATE = date(2026, 12, 24)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (dates(("2026-03-05", MARCH)), "2026-04-02"),
        (dates(("05.03.2026", MARCH)), "02.04.2026"),
        (dates(("5.3.2026", MARCH), ("24.12.2026", LATE)), "2.4.2026"),
        (dates(("05.03.26", MARCH)), "02.04.26"),
        (dates(("03/05/2026", MARCH), ("12/24/2026", LATE)), "04/02/2026"),
        (dates(("05/03/2026", MARCH), ("24/12/2026", LATE)), "02/04/2026"),
        (dates(("5 March 2026", MARCH)), "2 April 2026"),
        (dates(("Dec 24, 2026", LATE)), "Apr 02, 2026"),
    ],
)
def test_a_date(column: Cells, text: str) -> None:
    assert write_value(date(2026, 4, 2), column, POINT).text == text


@pytest.mark.parametrize(
    ("like", "value", "text"),
    [
        ("05.03.2026 9:05", datetime(2026, 3, 5, 9, 5), "02.04.2026 8:07"),
        ("2026-03-05 09:05:00", datetime(2026, 3, 5, 9, 5), "2026-04-02 08:07:00"),
        ("2026-03-05T09:05:00Z", datetime(2026, 3, 5, 9, 5), "2026-04-02T08:07:00Z"),
        ("2026-03-05T09:05", datetime(2026, 3, 5, 9, 5), "2026-04-02T08:07"),
    ],
)
def test_a_time_of_a_day(like: str, value: datetime, text: str) -> None:
    column = dates((like, value), type_="TIMESTAMP")
    assert write_value(datetime(2026, 4, 2, 8, 7), column, POINT).text == text


def test_a_time() -> None:
    assert (
        write_value(time(8, 5), dates(("09:30", time(9, 30)), type_="TIME"), POINT).text == "08:05"
    )
    assert write_value(time(8, 5, 1), NOTHING, POINT).text == "08:05:01"


@pytest.mark.parametrize(
    ("like", "text"), [("TRUE", "FALSE"), ("True", "False"), ("true", "false")]
)
def test_yes_and_no(like: str, text: str) -> None:
    assert write_value(False, Cells("BOOLEAN", (like,), (True,)), POINT).text == text


def test_a_column_without_values_follows_the_others() -> None:
    assert write_value("2026-04-02", NOTHING, COMMA).text == "02.04.2026"
    assert write_value("12.50", NOTHING, COMMA).text == "12,50"
    assert write_value("2026-04-02", NOTHING, POINT).text == "2026-04-02"
    assert write_value("v1.2", NOTHING, COMMA).text == "v1.2"
    assert write_value(None, EUROS, COMMA).text == ""


def test_what_the_columns_have_in_common() -> None:
    day = dates(("05.03.2026", MARCH))
    assert manner_of([EUROS, day], ",") == Manner(",", "%d.%m.%Y")
    assert manner_of([WHOLE, dates(("05/03/2026", MARCH))], ";") == Manner(",", "%d/%m/%Y")
    assert manner_of([EUROS, DOLLARS], ",") == Manner(".", "")


def test_what_is_written_as_in_the_file_is_read() -> None:
    assert read_back("02.04.2026", COMMA) == "2026-04-02"
    assert read_back("1.234,5", COMMA) == "1234.5"
    assert read_back("soon", COMMA) == ""
    assert read_back("1,5", POINT) == ""
