"""Joins as they are meant: columns asked of the wrong one of two tables, and joins nothing needs.

A small model joins by habit, and then asks one table for what the other has. These readings are
for SQL that does not run, or finds nothing, as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sqlglot import exp

from nomoat.tools.sql_scopes import DIALECT, base_tables, names_of, own_columns, parsed, unshadowed
from nomoat.tools.table_info import Reading, TableInfo


class Values(Protocol):
    """What is known of the values of tables; a column is given by its table's name and its own."""

    def is_key(self, table: str, column: str) -> bool:
        """Whether it has no value twice."""

    def shared(self, table: str, column: str, other: str, key: str) -> float:
        """The share of its values that another column has as well, from 0 to 1."""


SAME_THINGS = 0.5
"""The share from which on two columns of other names name the same things."""


def with_owners(sql: str, infos: Sequence[TableInfo], values: Values) -> Reading:
    """`SELECT a.fee FROM members AS m JOIN attendance AS a …` → `SELECT m.fee …`, where only
    members has a fee. A join that then compares a table with itself is left out; where no table of
    the query has the column, and one that shares a key with these does, that is joined.
    """
    tree, notes = parsed(sql), dict[str, None]()
    for select in tree.find_all(exp.Select) if tree is not None else ():
        tables = base_tables(select, infos)
        for column in own_columns(select):
            if _is_known(column, select, tables, infos):
                continue
            name, asked = column.name.lower(), column.table.lower()
            owner = next((alias for alias, info in tables.items() if name in names_of(info)), "")
            others = [info for info in unshadowed(select, infos) if info not in tables.values()]
            if named := [info for info in others if info.name.lower() == asked]:
                owner, others = "", named
            if not owner:
                others = [info for info in others if name in names_of(info)]
                owner, note = _joined_for(name, select, tables, others, values)
                notes |= {note: None} if note else {}
            if owner:
                column.set("table", exp.to_identifier(owner))
                notes[f"{column.name} is a column of {tables[owner].name}."] = None
        for join in _inner(select) if notes else ():
            if _compares_others(join) and not any(_asked_of(select, join)):
                _leave_out(select, join)
                notes[f"The join with {join.this.name} held nothing of it, and was left out."] = (
                    None
                )
    return (tree.sql(dialect=DIALECT), tuple(notes)) if tree is not None and notes else (sql, ())


def _is_known(
    column: exp.Column,
    select: exp.Select,
    tables: Mapping[str, TableInfo],
    infos: Sequence[TableInfo],
) -> bool:
    """Whether the table that a column is asked of has it, or nothing is known of that table."""
    name, asked = column.name.lower(), column.table.lower()
    if asked:
        others = {info.name.lower() for info in unshadowed(select, infos)}
        in_no_from = asked in others and column.find_ancestor(exp.Subquery) is None
        return name in names_of(tables[asked]) if asked in tables else not in_no_from
    given = {one.alias.lower() for one in select.expressions if one.alias}
    return name in given or not tables or any(name in names_of(info) for info in tables.values())


def _joined_for(
    name: str,
    select: exp.Select,
    tables: dict[str, TableInfo],
    others: Sequence[TableInfo],
    values: Values,
) -> tuple[str, str]:
    """Joins the one other table that has a column of this name, where it shares one other column
    with one of these, and has no value of that twice: no row comes more often by it. What it is
    called, and a sentence; empty where there is no such table."""
    if len(others) != 1 or select.parent is not None:
        return "", ""
    other = others[0]
    mine = [(alias, each) for alias, info in tables.items() for each in info.columns]
    pairs = [
        (alias, each.name, each.name)
        for alias, each in mine
        if each.name.lower() != name and (each.name.lower(), each.type) in _typed(other)
    ]
    if len(pairs) != 1 or not values.is_key(other.name, pairs[0][2]):
        pairs = [
            (alias, each.name, key.name)
            for alias, each in mine
            for key in other.columns
            if each.type == key.type == "VARCHAR"
            and values.shared(tables[alias].name, each.name, other.name, key.name) >= SAME_THINGS
            and values.is_key(other.name, key.name)
        ]
    if len(pairs) != 1:
        return "", ""
    alias, column, key = pairs[0]
    for one in own_columns(select):  # what was plain would not be so beside the other table
        owners = [a for a, info in tables.items() if one.name.lower() in names_of(info)]
        if not one.table and owners and one.name.lower() in names_of(other):
            one.set("table", exp.to_identifier(owners[0]))
    on = exp.column(column, alias).eq(exp.column(key, other.name))
    select.join(exp.to_table(other.name), on=on, copy=False)
    tables[other.name.lower()] = other
    return other.name, f"{other.name} was joined by {key}."


def _typed(info: TableInfo) -> set[tuple[str, str]]:
    return {(column.name.lower(), column.type) for column in info.columns}


def without_join(sql: str, infos: Sequence[TableInfo]) -> Reading:
    """`FROM stock JOIN races ON stock.item = races.runner WHERE races.runner = 'x'` →
    `FROM stock WHERE stock.item = 'x'`

    A table that is only joined, and of which nothing else is asked than what it is joined by, can
    but take rows away. Only the first such join is left out, and none where rows are counted: that
    there are none may be what is asked.
    """
    tree = parsed(sql)
    for select in tree.find_all(exp.Select) if tree is not None else ():
        tables = base_tables(select, infos)
        for join in _inner(select) if select.find(exp.Count) is None else ():
            joined = join.this.alias_or_name.lower()
            same = dict(_equal(join, joined))
            asked = list(_asked_of(select, join))
            loose = [c for c in own_columns(select) if not c.table and _only_of(c, joined, tables)]
            if not same or loose or not all(column.name.lower() in same for column in asked):
                continue
            for column in asked:
                column.replace(same[column.name.lower()].copy())
            name = tables[joined].name if joined in tables else joined
            _leave_out(select, join)
            note = f"The join with {name} left no row, and nothing else is asked of it"
            return str(tree and tree.sql(dialect=DIALECT)), (f"{note}: it was left out.",)
    return sql, ()


def _inner(select: exp.Select) -> list[exp.Join]:
    """Its joins that take rows away, by a condition."""
    joins = select.args.get("joins") or ()
    return [
        join
        for join in joins
        if join.side == ""
        and join.kind in {"", "INNER"}
        and not join.args.get("method")
        and join.args.get("on") is not None
        and isinstance(join.this, exp.Table)
    ]


def _asked_of(select: exp.Select, join: exp.Join) -> Iterator[exp.Column]:
    """What a SELECT, and those inside of it, ask of a table that is joined, beside the join."""
    alias = join.this.alias_or_name.lower()
    for column in list(select.find_all(exp.Column)):
        if column.table.lower() == alias and column.find_ancestor(exp.Join) is not join:
            yield column


def _compares_others(join: exp.Join) -> bool:
    """Whether its condition says nothing of the table that is joined."""
    alias = join.this.alias_or_name.lower()
    columns = list(join.args["on"].find_all(exp.Column))
    return all(column.table.lower() not in {"", alias} for column in columns)


def _only_of(column: exp.Column, alias: str, tables: Mapping[str, TableInfo]) -> bool:
    """Whether of the tables only this one has a column that names none."""
    name = column.name.lower()
    return [one for one, info in tables.items() if name in names_of(info)] == [alias]


def _equal(join: exp.Join, joined: str) -> Iterator[tuple[str, exp.Column]]:
    """What its table's columns are equal to in the others: `ON a.x = b.y` says y is a.x. Nothing
    where it is joined by anything else as well."""
    on = join.args["on"].unnest()
    pairs = []
    for part in on.flatten() if isinstance(on, exp.And) else [on]:
        one, other = (part.left, part.right) if isinstance(part, exp.EQ) else (None, None)
        if not (isinstance(one, exp.Column) and isinstance(other, exp.Column)):
            return
        if other.table.lower() == joined:
            one, other = other, one
        pairs.append((one, other))
    for one, other in pairs:
        if one.table.lower() == joined and other.table.lower() != joined:
            yield one.name.lower(), other


def _leave_out(select: exp.Select, join: exp.Join) -> None:
    select.set("joins", [one for one in select.args["joins"] if one is not join])
