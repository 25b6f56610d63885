"""Texts of two tables that mean the same and are not written the same: `Marco`, `Marco Bellini`.

Notes of people name each other in short, and a small model compares them with an equal sign. This
reading is for SQL that finds nothing as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from nomoat.tools.sql_scopes import DIALECT, base_tables, parsed
from nomoat.tools.table_info import Reading, TableInfo


def with_alike(sql: str, infos: Sequence[TableInfo]) -> Reading:
    """`ON s.instructor = i.name` → `ON alike(s.instructor, i.name)`: one of two texts may hold the
    words of the other. So where a column of text is compared with another one, or with a text; not
    with a text where rows are counted: that there are none may be what is asked."""
    tree, notes = parsed(sql), dict[str, None]()
    for select in tree.find_all(exp.Select) if tree is not None else ():
        tables = base_tables(select, infos)
        for same in list(_compared(select)):
            sides = (same.this, same.expression)
            if select.find(exp.Count) and any(isinstance(one, exp.Literal) for one in sides):
                continue
            if all(_is_text(one, tables) for one in sides):
                told = same.sql(DIALECT)
                same.replace(exp.func("alike", same.this, same.expression))
                notes[f"{told} found nothing: texts that hold one another were taken."] = None
    return (tree.sql(dialect=DIALECT), tuple(notes)) if tree is not None and notes else (sql, ())


def _compared(select: exp.Select) -> Iterator[exp.EQ]:
    """What it compares by an equal sign, but for what must not hold."""
    for same in select.find_all(exp.EQ):
        if same.find_ancestor(exp.Select) is select and not same.find_ancestor(exp.Not):
            yield same


def _is_text(one: exp.Expr, tables: dict[str, TableInfo]) -> bool:
    if isinstance(one, exp.Literal):
        return bool(one.is_string)
    if not isinstance(one, exp.Column):
        return False
    name, asked = one.name.lower(), one.table.lower()
    types = {
        known.type
        for alias, info in tables.items()
        for known in info.columns
        if known.name.lower() == name and asked in {"", alias}
    }
    return types == {"VARCHAR"}
