"""A database's errors as what to do next, in words a small model can use."""

# ruff: noqa: S608 (names come from `Namer`, texts are parameters)
from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from nomoat.tools.errors import Failed, Retry
from nomoat.tools.sql_tokens import Query, unquote
from nomoat.tools.table_info import MOSTLY_NUMBERS, Column, TableInfo

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@contextmanager
def explained(
    sql: str, infos: Sequence[TableInfo], connection: DuckDBPyConnection
) -> Iterator[None]:
    """Turn the database's errors into `Retry` or `Failed` in words a small model can use."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise Retry(
            "The query took too long and was stopped.",
            hint="Join on equal columns, filter first, or ask for less at once.",
        ) from None
    except (duckdb.OutOfMemoryException, MemoryError):
        raise Retry(
            "The query needs too much memory.",
            hint="Filter or group before joining, and select fewer columns.",
        ) from None
    except duckdb.PermissionException:
        raise Failed(
            "SQL cannot open files.", hint=f"Query these tables by name: {_names(infos)}."
        ) from None
    except duckdb.Error as error:
        message, hint = _explain(
            _Failure(str(error), sql, infos, (used_tables(sql, infos) or infos[:5]), connection)
        )
        raise Retry(message, hint=hint) from None


@dataclass(frozen=True, slots=True)
class _Failure:
    """An error of the database, and what it was about."""

    text: str
    sql: str
    infos: Sequence[TableInfo]
    used: Sequence[TableInfo]
    connection: DuckDBPyConnection


Advice = tuple[str, str]
"""What happened, and what to do."""


def _explain(failure: _Failure) -> Advice:
    for pattern, advise in _RULES:
        if match := pattern.search(failure.text):
            return advise(match, failure)
    lines = failure.text.splitlines() or ["The query failed."]
    hint = " ".join(_columns(info) for info in failure.used)
    return re.sub(r"^\w[\w ]* Error: ", "", lines[0]), f"Change the SQL. {hint}"


def _unknown_table(match: re.Match[str], failure: _Failure) -> Advice:
    names = [info.name.lower() for info in failure.infos]
    near = get_close_matches(match[1].lower(), names, n=1, cutoff=0.5)
    best = f"Did you mean {near[0]}? " if near else ""
    return f"There is no table {match[1]}.", f"{best}The tables: {_names(failure.infos)}."


def _unknown_column(match: re.Match[str], failure: _Failure) -> Advice:
    name, used = match[1], failure.used
    names = {column.name.lower(): column.name for info in used for column in info.columns}
    near = get_close_matches(name.lower(), names, n=2, cutoff=0.5)
    best = f"Did you mean {' or '.join(names[match] for match in near)}? " if near else ""
    for column in (column for info in used for column in info.columns):
        if column.name in failure.sql and _is_odd(column, name):
            best = f"'{name}' is a value of {column.name}; sums and averages leave it out. "
        for sample in column.samples:
            if sample.strip("'").lower() == name.lower():
                best = f"As a text it needs single quotes: WHERE {column.name} = {sample}. "
    columns = " ".join(_columns(info) for info in used)
    return f"There is no column {name}.", best + columns


def _is_odd(column: Column, value: str) -> bool:
    """Whether a value is a text among the numbers of a column."""
    odd = column.note.lower().removeprefix(MOSTLY_NUMBERS).partition(":")[0].split(", ")
    return column.note.startswith(MOSTLY_NUMBERS) and f"'{value.lower()}'" in odd


def _not_grouped(match: re.Match[str], failure: _Failure) -> Advice:
    del failure
    name = match[1]
    return (
        f"{name} is selected but not grouped.",
        f"Add GROUP BY {name}, or use an aggregate such as sum({name}) or max({name}).",
    )


def _unknown_function(match: re.Match[str], failure: _Failure) -> Advice:
    near = re.search(r'Did you mean "(\w+)"', failure.text)
    if re.search("date|time|month|year|day", match[1], re.IGNORECASE):
        hint = _DATES
    else:
        hint = f"Did you mean {near[1]}?" if near else "Use standard SQL functions only."
    return f"There is no function {match[1]}.", hint


def _aggregate_in_where(match: re.Match[str], failure: _Failure) -> Advice:
    del match, failure
    return (
        "WHERE cannot hold sum, count or avg.",
        "Put that condition after GROUP BY, in HAVING.",
    )


def _no_conversion(match: re.Match[str], failure: _Failure) -> Advice:
    del failure
    kind = "DATE" if match[2].upper().startswith(("DATE", "TIME")) else "DOUBLE"
    return (
        f"The text {match[1]!r} cannot become {match[2]}.",
        f"Use TRY_CAST(column AS {kind}): what cannot be read becomes NULL.",
    )


def _no_syntax(match: re.Match[str], failure: _Failure) -> Advice:
    return (
        f"The SQL has a mistake at {match[1]!r}.",
        "Write one plain SELECT … FROM … WHERE … GROUP BY … ORDER BY … LIMIT …, texts in "
        f"single quotes. The tables: {_names(failure.infos)}.",
    )


def _wrong_type(match: re.Match[str], failure: _Failure) -> Advice:
    function, types = match[1].strip('"'), match[2]
    if re.search("DATE|TIMESTAMP", types) and function not in _ON_DATES:
        return f"{function} does not work on dates.", _DATES
    found = _text_column(function, failure)
    if found is None:
        hint = " ".join(_columns(info, types=True) for info in failure.used)
        return f"{function} does not take {types}.", hint
    info, column = found
    if function in _ON_DATES:
        return (
            f"{column.name} is text, and {function} needs a date.",
            f"Use TRY_CAST({column.name} AS DATE) or try_strptime({column.name}, '%d/%m/%Y').",
        )
    said = f"{column.name} is text, and {function} needs a number."
    return said, _as_number(failure.connection, info, column)


def _text_column(function: str, failure: _Failure) -> tuple[TableInfo, Column] | None:
    """The column of text that a function was most likely called on."""
    words, squeezed = _words(failure.sql), "".join(failure.sql.lower().split())
    texts = [
        (info, column)
        for info in failure.used
        for column in info.columns
        if column.type == "VARCHAR" and column.name.lower() in words
    ]
    called = [pair for pair in texts if f"{function}({pair[1].name}".lower() in squeezed]
    return next(iter(called + texts), None)


def _as_number(connection: DuckDBPyConnection, info: TableInfo, column: Column) -> str:
    """What to use instead of a text column: `num` of it, or a column that holds numbers."""
    name = column.name
    odd, total, example = connection.execute(
        f"SELECT count(*) FILTER (num({name}) IS NULL), count(*), "
        f"any_value({name}) FILTER (num({name}) IS NULL) FROM {info.name} WHERE {name} IS NOT NULL"
    ).fetchall()[0]
    if odd == total:
        numbers = [c.name for c in info.columns if c.type in {"BIGINT", "DOUBLE"}]
        listed = ", ".join(numbers) or "none"
        return f"It holds texts such as {example!r}. Columns of {info.name} with numbers: {listed}."
    if not odd:
        return f"Use num({name})."
    return f"Use num({name}). {odd} of its values are no numbers, such as {example!r}: left out."


_DATES = (
    "For a date d: year(d), month(d), day(d), date_trunc('month', d), strftime(d, '%Y-%m'), "
    "date_diff('day', a, b), d + INTERVAL 7 DAY."
)
_ON_DATES = frozenset(
    (
        "year",
        "month",
        "day",
        "quarter",
        "week",
        "dayname",
        "monthname",
        "strftime",
        "date_trunc",
        "date_part",
        "date_diff",
        "datediff",
        "julian",
    )
)
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Failure], Advice]], ...] = (
    (re.compile(r'Table with name "?(.+?)"? does not exist'), _unknown_table),
    (re.compile(r'column "(.+?)" must appear in the GROUP BY'), _not_grouped),
    (re.compile(r'(?:Referenced column|Column|column named) "(.+?)"'), _unknown_column),
    (re.compile(r'Function with name "?(\w+)"? does not exist'), _unknown_function),
    (re.compile("WHERE clause cannot contain aggregates"), _aggregate_in_where),
    (re.compile(r"(?:argument types|function call) ['\"](.+?)\((.*?)\)['\"]"), _wrong_type),
    (re.compile(r"Could not convert string '(.*?)' to (\w+)"), _no_conversion),
    (re.compile(r'syntax error at or near "(.*?)"'), _no_syntax),
)


def _words(sql: str) -> set[str]:
    query = Query(sql)
    return {unquote(query.texts[at]).lower() for at in query.solid() if query.kinds[at] != "string"}


def used_tables(sql: str, infos: Sequence[TableInfo]) -> list[TableInfo]:
    """The tables that a query names."""
    words = _words(sql)
    return [info for info in infos if info.name.lower() in words]


def _names(infos: Sequence[TableInfo]) -> str:
    shown = ", ".join(info.name for info in infos[:20])
    return shown if len(infos) <= 20 else f"{shown} and {len(infos) - 20} more"


def _columns(info: TableInfo, *, types: bool = False) -> str:
    names = [f"{c.name} {c.type}" if types else c.name for c in info.columns]
    return f"{info.name} has: {', '.join(names)}."
