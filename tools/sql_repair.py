"""Small repairs of SQL that was written for another database, where there is one reading only.

Each repair is named in the observation, so that the model and the person see what was run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from nomoat.tools.sql_tokens import Query, aliases, unquote
from nomoat.tools.table_info import TableInfo

MACROS = (
    "CREATE MACRO nvl(a, b) AS coalesce(a, b)",
    "CREATE MACRO curdate() AS current_date",
    "CREATE MACRO getdate() AS now()",
    "CREATE MACRO julianday(d) AS julian(CAST(d AS TIMESTAMP))",
    "CREATE MACRO date_format(d, f) AS strftime(d, replace(replace(replace("
    "replace(f, '%M', '%B'), '%i', '%M'), '%s', '%S'), '%e', '%-d'))",
    "CREATE MACRO to_char(d, f) AS strftime(d, replace(replace(replace(replace("
    "replace(replace(replace(replace(f, 'YYYY', '%Y'), 'Month', '%B'), 'Mon', '%b'), 'MM', '%m'), "
    "'DD', '%d'), 'HH24', '%H'), 'MI', '%M'), 'SS', '%S'))",
    # a number out of what a column of text holds; the last of point and comma is the decimal mark
    r"CREATE MACRO num(t) AS TRY_CAST(CASE WHEN regexp_matches(t, ',\d{1,2}\D*$') "
    r"THEN replace(regexp_replace(t, '[^-0-9,]', '', 'g'), ',', '.') "
    r"ELSE regexp_replace(t, '[^-0-9.]', '', 'g') END AS DOUBLE)",
    # the words of a text, between blanks, and whether one of two texts holds those of the other
    r"CREATE MACRO words_of(t) AS "
    r"' ' || trim(regexp_replace(lower(t), '[^\pL\pN]+', ' ', 'g')) || ' '",
    "CREATE MACRO alike(a, b) AS lower(a) = lower(b) OR ("
    "length(words_of(a)) > 3 AND length(words_of(b)) > 3 AND "
    "(contains(words_of(a), words_of(b)) OR contains(words_of(b), words_of(a))) AND "
    "NOT regexp_matches(words_of(a) || words_of(b), ' (not|no|non|never|without|un) '))",
)
"""Functions of other databases that small models use by habit, `num` and `alike`."""

Repair = Callable[[Query, Sequence[TableInfo]], Iterable[str]]


def repaired(sql: str, infos: Sequence[TableInfo]) -> tuple[str, tuple[str, ...]]:
    """The SQL to run, and a sentence for each repair."""
    fenced = re.fullmatch(r"\s*```(?:sql)?\s*(.*?)```\s*", sql, re.DOTALL | re.IGNORECASE)
    query = Query((fenced.group(1) if fenced else sql).strip().rstrip(";").rstrip())
    notes: list[str] = []
    for repair in _REPAIRS:
        notes.extend(dict.fromkeys(repair(query, infos)))
    return str(query).strip(), tuple(notes)


def _files_by_name(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """FROM 'sales.csv', UPDATE sales.csv, read_csv('sales.csv') → FROM sales, UPDATE sales."""
    by_file: dict[str, str] = {}
    for info in infos:
        path = PurePosixPath(info.file)
        for name in {info.file.lower(), path.name.lower(), path.stem.lower()}:
            # two tables of one name (sheets, folders) have no one reading
            by_file[name] = "" if name in by_file else info.name
    by_file |= {info.name.lower(): "" for info in infos}
    solid = query.solid()
    among_tables = False  # FROM a, b names tables; IN ('a', 'b') and VALUES (…) hold texts
    for n, at in enumerate(solid[:-1]):
        is_next = query.is_word(at, "FROM", "JOIN", "UPDATE", "INTO")
        ends = query.texts[at] in {"(", ")"} or query.is_word(at, *_AFTER_TABLES)
        among_tables = is_next or (among_tables and not ends)
        if not is_next and not (among_tables and query.texts[at] == ","):
            continue
        start = solid[n + 1]
        if query.kinds[start] in {"string", "quoted"}:
            last, file = start, unquote(query.texts[start])
        elif query.texts[start].lower() in _READERS:
            last, file = _call(query, solid, n + 1)
        else:
            last, file = _dotted(query, start)
        table = by_file.get(file.lower().removeprefix("./"))
        if table:
            query.drop(start, last)
            query.put(start, table, "word")
            yield f"{file} is the table {table}."


_AFTER_TABLES = ("SELECT", "WHERE", "SET", "VALUES", "ON", "GROUP", "HAVING", "ORDER", "LIMIT")
_READERS = {"read_csv", "read_csv_auto", "read_parquet", "read_json", "read_json_auto", "read_xlsx"}


def _call(query: Query, solid: Sequence[int], n: int) -> tuple[int, str]:
    """The end of read_csv('file') that begins at the n-th solid token, and the file."""
    inside = solid[n : n + 4]
    if [query.texts[at] for at in inside[1::2]] == ["(", ")"] and query.kinds[
        inside[2]
    ] == "string":
        return inside[3], unquote(query.texts[inside[2]])
    return solid[n], ""


def _dotted(query: Query, start: int) -> tuple[int, str]:
    """sales-2026.csv without quotes: all that is joined without a space."""
    last = start
    while last + 1 < len(query.texts) and (
        query.kinds[last + 1] in {"word", "number"} or query.texts[last + 1] in {".", "-", "/"}
    ):
        last += 1
    return last, "".join(query.texts[start : last + 1])


def _quotes(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """Columns by the name in their file → their SQL name; "North" that is no name → 'North'."""
    columns = {column.name.lower() for info in infos for column in info.columns}
    tables = {info.name.lower() for info in infos}
    originals = {
        column.original.lower(): column.name
        for info in infos
        for column in info.columns
        if column.original
    }
    solid = query.solid()
    known = columns | tables | aliases(query, solid)
    for n, at in enumerate(solid):
        if query.kinds[at] != "quoted":
            continue
        name = unquote(query.texts[at])
        before = solid[n - 1] if n else at
        if name.lower() in known:
            continue
        if name.lower() in originals:
            query.put(at, originals[name.lower()], "word")
            yield f'The column "{name}" is called {originals[name.lower()]}.'
        elif query.texts[before] in _COMPARES or query.is_word(before, "LIKE", "ILIKE", "THEN"):
            query.put(at, "'" + name.replace("'", "''") + "'", "string")
            yield f"'{name}' is a text, so it needs single quotes."


def _spaced(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """Unit Price without quotes → Unit_Price, where Unit alone is no column."""
    columns = [column for info in infos for column in info.columns]
    plain = {column.name.lower() for column in columns}
    for column in columns:
        words = column.original.lower().split(" ")
        if len(words) < 2 or words[0] in plain:
            continue
        for places in _runs(query, words):
            query.drop(places[0], places[-1])
            query.put(places[0], column.name, "word")
            yield f'The column "{column.original}" is called {column.name}.'


def _runs(query: Query, words: Sequence[str]) -> list[Sequence[int]]:
    """Where these words stand one after the other, outside of quotes."""
    solid = query.solid()
    windows = [solid[n : n + len(words)] for n in range(len(solid) - len(words) + 1)]
    return [
        places
        for places in windows
        if all(query.kinds[at] == "word" for at in places)
        and [query.texts[at].lower() for at in places] == list(words)
    ]


_COMPARES = {"=", "<", ">", "(", ","}


def _limit_pair(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """LIMIT 20, 10 → LIMIT 10 OFFSET 20."""
    del infos
    solid = query.solid()
    for n in range(len(solid) - 3):
        at, first, comma, second = solid[n : n + 4]
        if query.is_word(at, "LIMIT") and query.texts[comma] == ",":
            count, offset = query.texts[second], query.texts[first]
            query.drop(first, second)
            query.put(first, f"{count} OFFSET {offset}", "number")
            yield f"LIMIT {offset}, {count} is written LIMIT {count} OFFSET {offset}."


def _top(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """SELECT TOP 5 … → … LIMIT 5, where it is the query's own SELECT."""
    del infos
    solid = query.solid()
    if (
        len(solid) < 4
        or not query.is_word(solid[0], "SELECT")
        or not query.is_word(solid[1], "TOP")
    ):
        return
    bracket = query.texts[solid[2]] == "("
    number = solid[3] if bracket else solid[2]
    if query.kinds[number] != "number" or any(query.is_word(at, "LIMIT") for at in solid):
        return
    count = query.texts[number]
    query.drop(solid[1], solid[4] if bracket else number)
    query.texts.append(f" LIMIT {count}")
    query.kinds.append("word")
    yield f"SELECT TOP {count} is written LIMIT {count}."


def _dates_as_text(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """day LIKE '2026-03%' and substr(day, 1, 7), where every column called day is a date."""
    types: dict[str, set[str]] = {}
    for info in infos:
        for column in info.columns:
            types.setdefault(column.name.lower(), set()).add(column.type)
    days = {name for name, found in types.items() if found <= {"DATE", "TIMESTAMP"}}
    solid = query.solid()
    for n, at in enumerate(solid):
        if (
            query.kinds[at] not in {"word", "quoted"}
            or unquote(query.texts[at]).lower() not in days
        ):
            continue
        after = [solid[m] for m in (n + 1, n + 2) if m < len(solid)]
        is_like = any(query.is_word(place, "LIKE", "ILIKE") for place in after[:1]) or (
            len(after) == 2 and query.is_word(after[0], "NOT") and query.is_word(after[1], "LIKE")
        )
        is_cut = n >= 2 and query.texts[solid[n - 1]] == "(" and query.is_word(solid[n - 2], *_CUTS)
        if not (is_like or is_cut):
            continue
        name = query.texts[at]
        query.put(at, f"CAST({name} AS VARCHAR)", "sign")
        yield f"{name} is a date: for text functions it is cast to VARCHAR ('2026-03-05')."


_CUTS = ("SUBSTR", "SUBSTRING", "LEFT", "RIGHT")

_REPAIRS = (
    _files_by_name,
    _quotes,
    _spaced,
    _limit_pair,
    _top,
    _dates_as_text,
)
