"""Columns that SQL takes for something else: numbers with a few texts among them, and names that
are words of SQL.

Told of them, a small model writes the same again; where there is one reading only, it is read so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from nomoat.tools.sql_hints import used_tables
from nomoat.tools.sql_scopes import DIALECT, base_tables, own_columns, parsed
from nomoat.tools.sql_tokens import Query
from nomoat.tools.table_info import MOSTLY_NUMBERS, Reading, TableInfo

_COMPUTES = (exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg)
_BEFORE_NAMES = (
    "SELECT DISTINCT BY AND OR NOT WHERE ON HAVING FROM JOIN WHEN THEN ELSE CASE IN BETWEEN LIKE"
).split()
_BEFORE_NAMES_TOO = {",", "(", ".", "=", "<", ">", "+", "-", "/"}


def with_numbers(sql: str, infos: Sequence[TableInfo]) -> Reading:
    """`ORDER BY points` → `ORDER BY TRY_CAST(points AS DOUBLE)`, where points are numbers but for
    an 'absent'. As texts they are in another order, and 'absent' is the most of them."""
    tree, notes = parsed(sql), dict[str, None]()
    for select in tree.find_all(exp.Select) if tree is not None else ():
        tables = base_tables(select, infos)
        named = {one.alias.lower() for one in select.expressions if one.alias}
        for column in own_columns(select):
            sorts = isinstance(column.parent, exp.Ordered) and column.name.lower() not in named
            if (sorts or _as_number(column)) and _is_mixed(column, select, tables):
                notes[f"{column.name} is text: what of it is no number was left out."] = None
                column.replace(exp.TryCast(this=column.copy(), to=exp.DataType.build("double")))
    return (tree.sql(dialect=DIALECT), tuple(notes)) if tree is not None and notes else (sql, ())


def _as_number(column: exp.Column) -> bool:
    """Whether it is used as a number: computed with, or held against one."""
    parent = column.parent
    if isinstance(parent, exp.Between):
        return parent.this is column and parent.args["low"].is_number
    if isinstance(parent, exp.GT | exp.GTE | exp.LT | exp.LTE):
        other = parent.right if parent.left is column else parent.left
        return other.is_number
    return isinstance(parent, _COMPUTES)


def _is_mixed(column: exp.Column, select: exp.Select, tables: Mapping[str, TableInfo]) -> bool:
    """Whether it is a column of texts most of which are numbers."""
    asked = column.table.lower()
    sources = 1 + len(select.args.get("joins") or ())
    if not asked and len(tables) != sources:
        return False  # it may be one of what a SELECT inside gives
    found = [
        each
        for alias, info in tables.items()
        for each in info.columns
        if asked in {"", alias} and each.name.lower() == column.name.lower()
    ]
    return bool(found) and all(MOSTLY_NUMBERS in each.note for each in found)


def with_names(sql: str, infos: Sequence[TableInfo]) -> Reading:
    """`SELECT order FROM jobs` → `SELECT order_ FROM jobs`, where that is what it is called."""
    used, query, notes = used_tables(sql, infos) or infos, Query(sql), dict[str, None]()
    names = {info.name.lower() for info in infos}
    names |= {column.name.lower() for info in used for column in info.columns}
    solid = query.solid()
    for n, at in enumerate(solid):
        word = query.texts[at]
        if query.kinds[at] != "word" or f"{word.lower()}_" not in names or word.lower() in names:
            continue
        before = solid[n - 1] if n else at
        follows = query.texts[before] in _BEFORE_NAMES_TOO or query.is_word(before, *_BEFORE_NAMES)
        clause = n + 1 < len(solid) and query.is_word(solid[n + 1], "BY", "WHEN")
        if follows and not clause:
            query.put(at, f"{word}_", "word")
            notes[f"The name {word} is a word of SQL, and {word}_ here."] = None
    return str(query), tuple(notes)
