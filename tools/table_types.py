"""What type the text of a column is: numbers and dates as people write them.

A small model writes simple SQL and cannot repair types, so `sum(amount)` has to work on
"€ 1.234,56" and `month(day)` on "05.03.2026". A column gets a type only if every value of it can be
read that way; where two readings fit (03/05/2026, "1.234"), the other columns of the same table
decide, and if they do not, dates stay text and the table says why.
"""

# ruff: noqa: S608 (columns are our own, patterns are constants)
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAMPLE = 200
"""Values of a column that rule out most readings before the whole column is looked at."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a column: texts of this shape, and what they mean."""

    type: str
    pattern: str
    """What the whole text looks like, in the syntax that RE2 and Python share."""
    value: str
    """An SQL expression over the text `$v`; NULL where the shape is right and it still is none."""
    style: str = ""
    """`point` or `comma` (the decimal mark), `dmy` or `mdy`: what the columns of a table share."""
    loose: bool = False
    """Units and thousands separators are allowed."""
    form: str = ""
    """Of dates and times: how `strftime` writes them."""

    def sql(self, text: str) -> str:
        """The value of the SQL expression `text`, or NULL where it cannot be read."""
        pattern = self.pattern.replace("'", "''")
        guarded = f"CASE WHEN regexp_full_match($v, '{pattern}') THEN {self.value} END"
        return guarded.replace("$v", text)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a column turned out to be."""

    type: str
    sql: str
    """Its value, as an expression over the text column."""
    note: str = ""
    """What was stripped (`in €`, `in %`), or why it stayed text."""


def infer(
    connection: DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    *,
    comma: bool = False,
    measures: bool = False,
) -> list[Typed]:
    """A type for each of the text `columns` (plain identifiers) of `table`.

    Args:
        connection: where the table is.
        table: its name.
        columns: their names.
        comma: take "1,234" as a decimal where nothing in the table tells (files split by `;`).
        measures: a column of `18 m` and `24 m` is one of numbers.
    """
    fitting = [_fitting(connection, table, column) for column in columns]
    mark = _vote(fitting, ("point", "comma"))
    order = _vote(fitting, ("dmy", "mdy"))
    typed = []
    for column, readings in zip(columns, fitting, strict=True):
        chosen = _choose(readings, mark or ("comma" if comma else ""), order)
        one = _typed(connection, table, column, chosen)
        measured = measures and one.type == "VARCHAR" and not one.note
        typed.append(_measured(connection, table, column) or one if measured else one)
    return typed


def date_forms(texts: Iterable[str], type_: str) -> list[str]:
    """How `strftime` may have written all of these, as a DATE or TIMESTAMP; often none or two."""
    shapes = set(texts)
    fitting = (one for one in _READINGS if one.form and one.type == type_)
    return [one.form for one in fitting if shapes and all(map(_shape(one), shapes))]


def _fitting(connection: DuckDBPyConnection, table: str, column: str) -> list[Reading]:
    texts = f"SELECT {_present(column)} AS v FROM {table}"
    sample = connection.execute(f"FROM ({texts}) WHERE v IS NOT NULL LIMIT {SAMPLE}").fetchall()
    shapes = {text for (text,) in sample}
    likely = [reading for reading in _READINGS if all(map(_shape(reading), shapes))]
    if not sample or not likely:
        return []
    counts = ", ".join(f"count({reading.sql('v')})" for reading in likely)
    total, *found = connection.execute(f"SELECT count(v), {counts} FROM ({texts})").fetchall()[0]
    return [reading for reading, count in zip(likely, found, strict=True) if count == total]


def _shape(reading: Reading) -> Callable[[str], object]:
    return re.compile(reading.pattern).fullmatch  # compiled once: `re` keeps patterns


def _vote(fitting: Iterable[Sequence[Reading]], styles: tuple[str, str]) -> str:
    """The style that some column can only be read in, if no column needs the other."""
    needed: set[str] = set()
    for readings in fitting:
        present = {reading.style for reading in readings} & set(styles)
        if len(present) == 1:
            needed |= present
    return needed.pop() if len(needed) == 1 else ""


def _choose(readings: Sequence[Reading], mark: str, order: str) -> Reading | str | None:
    """The reading to use; None: it is text; a string: it is text, and why."""
    if not readings:
        return None
    first, styles = readings[0], {reading.style for reading in readings}
    if {"dmy", "mdy"} <= styles:
        if not order:
            return "dates as text: day and month cannot be told apart"
        return next(reading for reading in readings if reading.style == order)
    if {"point", "comma"} <= styles and first.type == "DOUBLE" and mark:
        return next(reading for reading in readings if reading.style == mark)
    return first


def _typed(
    connection: DuckDBPyConnection, table: str, column: str, chosen: Reading | str | None
) -> Typed:
    if not isinstance(chosen, Reading):
        return Typed("VARCHAR", column, chosen or "")
    value = chosen.sql(_present(column))
    if not chosen.loose:
        return Typed(chosen.type, value)
    sql = (
        f"SELECT DISTINCT regexp_extract({column}, '{_UNIT}') AS unit FROM {table} "
        f"WHERE {column} IS NOT NULL ORDER BY unit"
    )
    units = [unit for (unit,) in connection.execute(sql).fetchall() if unit]
    if len(units) > 1:
        return Typed("VARCHAR", column, f"numbers as text: several units ({', '.join(units)})")
    return Typed(chosen.type, value, f"in {units[0]}" if units else "")


_MEASURED = (
    r"([-+]?[0-9]+(?:[.,][0-9]+)?) ?"
    r"(km|m|cm|mm|kg|g|mg|l|ml|dl|h|hrs?|hours?|min|minutes?|days?|weeks?|pcs|bar|Nm|kWh|W|inch|°C|C)"
)


def _measured(connection: DuckDBPyConnection, table: str, column: str) -> Typed | None:
    """Numbers that all have one unit behind them; None for others."""
    value = f"regexp_extract({_present(column)}, '^{_MEASURED}$', 1)"
    unit = f"regexp_extract({_present(column)}, '^{_MEASURED}$', 2)"
    found = connection.execute(
        f"SELECT count({_present(column)}), count(*) FILTER ({unit} != ''), "
        f"list(DISTINCT {unit}) FILTER ({unit} != '') FROM {table}"
    ).fetchall()[0]
    total, fitting, units = found
    if not total or fitting != total or len(units) != 1:
        return None
    return Typed("DOUBLE", f"TRY_CAST(replace({value}, ',', '.') AS DOUBLE)", f"in {units[0]}")


_MISSING = "'na', 'n/a', '#n/a', 'null', 'none', 'nan', '-', '--', '\u2013', '\u2014', '?'"


def _present(column: str) -> str:
    """The text, or NULL where it is one of the usual marks for "not known"."""
    return f"CASE WHEN lower({column}) IN ({_MISSING}) THEN NULL ELSE {column} END"


_UNIT = "(?:[€$£¥₹%]|EUR|USD|GBP|CHF|JPY)"
_THIN = "'\u2019 \u00a0\u202f"
"""Thousands separators besides point and comma."""
_MINUS = "\u2212"


def _number(thousands: str, decimal: str, style: str) -> Reading:
    # a leading zero ("007") marks a code, not a number
    grouped = rf"[1-9][0-9]{{0,2}}(?:[{thousands}{_THIN}][0-9]{{3}})+(?:{decimal}[0-9]+)?"
    plain = rf"(?:0|[1-9][0-9]{{0,14}})(?:{decimal}[0-9]+)?"
    sign, unit = rf"[-{_MINUS}+]?\s*", rf"\s*{_UNIT}?\s*"
    pattern = rf"[-{_MINUS}+(]?{unit}{sign}({grouped}|{plain}){unit}\)?"
    inside = pattern.replace("'", "''")
    marks = f"{thousands}{_THIN}".replace("'", "''")
    digits = f"regexp_replace(regexp_extract($v, '^{inside}$', 1), '[{marks}]', '', 'g')"
    below = f"CASE WHEN regexp_matches($v, '^[^0-9]*[-{_MINUS}(]') THEN -1 ELSE 1 END"
    value = f"TRY_CAST(replace({digits}, ',', '.') AS DOUBLE) * {below}"
    return Reading("DOUBLE", pattern, value, style, loose=True)


def _dates() -> Iterable[Reading]:
    four, two, one = "[0-9]{4}", "[0-9]{2}", "[0-9]{1,2}"
    forms = [
        (rf"{four}-{one}-{one}", "%Y-%m-%d", ""),
        (rf"{four}/{one}/{one}", "%Y/%m/%d", ""),
        (rf"{one}\.{one}\.{four}", "%d.%m.%Y", ""),
        (rf"{one}\.{one}\.{two}", "%d.%m.%y", ""),
        (rf"{one} [A-Z][a-z]{{2}} {four}", "%d %b %Y", ""),
        (rf"{one} [A-Z][a-z]{{2,8}} {four}", "%d %B %Y", ""),
        (rf"[A-Z][a-z]{{2}} {one}, {four}", "%b %d, %Y", ""),
        (rf"[A-Z][a-z]{{2,8}} {one}, {four}", "%B %d, %Y", ""),
    ]
    for mark in "/-":
        for year, code in ((four, "%Y"), (two, "%y")):
            pattern = mark.join((one, one, year))
            forms.append((pattern, mark.join(("%d", "%m", code)), "dmy"))
            forms.append((pattern, mark.join(("%m", "%d", code)), "mdy"))
    clock = " [0-9]{1,2}:[0-9]{2}"
    clocks = [("", ""), (clock, " %H:%M"), (clock + ":[0-9]{2}", " %H:%M:%S")]
    clocks.append((clock + " [AaPp][Mm]", " %I:%M %p"))
    for pattern, form, style in forms:
        for more, time in clocks:
            type_ = "TIMESTAMP" if time else "DATE"
            value = f"CAST(try_strptime($v, '{form}{time}') AS {type_})"
            yield Reading(type_, pattern + more, value, style, form=form + time)


def _plain(type_: str, pattern: str, style: str = "") -> Reading:
    return Reading(type_, pattern, f"TRY_CAST($v AS {type_})", style)


_FLOAT = r"[-+]?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_READINGS: tuple[Reading, ...] = (
    _plain("BOOLEAN", "[Tt]rue|TRUE|[Ff]alse|FALSE"),
    _plain("BIGINT", "[-+]?(?:0|[1-9][0-9]{0,17})"),
    _plain("DOUBLE", _FLOAT, "point"),
    _number(",", r"\.", "point"),
    _number(".", ",", "comma"),
    _plain("TIMESTAMP", "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*"),
    *_dates(),
    _plain("TIME", "[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"),
)
"""All readings there are; where several fit a column, the first is taken."""
