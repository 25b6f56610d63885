"""Joins as they are meant: columns asked of the wrong one of two tables, and joins nothing needs.

A small model joins by habit, and then asks one table for what the other has. SQL that runs and
finds something is never read in another way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from nomoat.tools.sql_meant import Reading
from nomoat.tools.table_info import TableInfo

DIALECT = "duckdb"


def with_owners(sql: str, infos: Sequence[TableInfo]) -> Reading:
    """`SELECT a.fee FROM members AS m JOIN attendance AS a …` → `SELECT m.fee …`, where only
    members has a fee. A join that then compares a table with itself is left out; where no table of
    the query has the column, and one that shares a column with these does, that is joined.
    """
    tree, notes = _parsed(sql), dict[str, None]()
    for select in tree.find_all(exp.Select) if tree is not None else ():
        tables = _tables(select, infos)
        for column in _columns(select):
            if _is_known(column, select, tables):
                continue
            name = column.name.lower()
            owner = next((alias for alias, info in tables.items() if name in _names(info)), "")
            if not owner:
                owner, note = _joined_for(name, select, tables, infos)
                notes |= {note: None} if note else {}
            if owner:
                column.set("table", exp.to_identifier(owner))
                notes[f"{column.name} is a column of {tables[owner].name}."] = None
        for join in _inner(select) if notes else ():
            if not any(_asked_of(select, join.this.alias_or_name.lower())):
                _leave_out(select, join)
    return (tree.sql(dialect=DIALECT), tuple(notes)) if tree is not None and notes else (sql, ())


def _is_known(column: exp.Column, select: exp.Select, tables: Mapping[str, TableInfo]) -> bool:
    """Whether the table that a column is asked of has it, or nothing is known of that table."""
    name, asked = column.name.lower(), column.table.lower()
    if asked:
        return asked not in tables or name in _names(tables[asked])
    given = {one.alias.lower() for one in select.expressions if one.alias}
    return name in given or not tables or any(name in _names(info) for info in tables.values())


def _joined_for(
    name: str, select: exp.Select, tables: dict[str, TableInfo], infos: Sequence[TableInfo]
) -> tuple[str, str]:
    """Joins the one other table that has a column of this name, where it shares one other column
    with one of these; what it is called, and a sentence. Empty where there is no such table."""
    others = [info for info in infos if name in _names(info) and info not in tables.values()]
    if len(others) != 1 or select.find_ancestor(exp.Select) is not None:
        return "", ""
    other = others[0]
    shared = [
        (alias, each.name)
        for alias, info in tables.items()
        for each in info.columns
        if each.name.lower() != name and (each.name.lower(), each.type) in _typed(other)
    ]
    if len(shared) != 1:
        return "", ""
    alias, key = shared[0]
    select.join(
        exp.to_table(other.name),
        on=exp.column(key, alias).eq(exp.column(key, other.name)),
        copy=False,
    )
    tables[other.name] = other
    return other.name, f"{other.name} was joined by {key}."


def _typed(info: TableInfo) -> set[tuple[str, str]]:
    return {(column.name.lower(), column.type) for column in info.columns}


def without_join(sql: str, infos: Sequence[TableInfo]) -> Reading:
    """`FROM stock JOIN races ON stock.item = races.runner WHERE races.runner = 'x'` →
    `FROM stock WHERE stock.item = 'x'`

    A table that is only joined, and of which nothing else is asked than what it is joined by, can
    but take rows away. Only the first such join is left out.
    """
    tree = _parsed(sql)
    for select in tree.find_all(exp.Select) if tree is not None else ():
        tables = _tables(select, infos)
        for join in _inner(select):
            joined = join.this.alias_or_name.lower()
            same = dict(_equal(join, joined))
            asked = list(_asked_of(select, joined, but=join))
            loose = [c for c in _columns(select) if not c.table and _only_of(c, joined, tables)]
            if loose or not all(column.name.lower() in same for column in asked):
                continue
            for column in asked:
                column.replace(same[column.name.lower()].copy())
            name = tables[joined].name if joined in tables else joined
            _leave_out(select, join)
            note = f"The join with {name} left no row, and nothing else is asked of it"
            return str(tree and tree.sql(dialect=DIALECT)), (f"{note}: it was left out.",)
    return sql, ()


def _parsed(sql: str) -> exp.Expr | None:
    try:
        return parse_one(sql, dialect=DIALECT)
    except SqlglotError:
        return None


def _tables(select: exp.Select, infos: Sequence[TableInfo]) -> dict[str, TableInfo]:
    """The tables a SELECT takes rows from, by what it calls them, in order."""
    by_name = {info.name.lower(): info for info in infos}
    first = select.args.get("from_") or select.args.get("from")
    sources = [first.this] if first is not None else []
    sources += [join.this for join in select.args.get("joins") or ()]
    return {
        one.alias_or_name.lower(): by_name[one.name.lower()]
        for one in sources
        if isinstance(one, exp.Table) and one.name.lower() in by_name
    }


def _columns(select: exp.Select) -> list[exp.Column]:
    """Its own columns: those of a SELECT inside of it are not."""
    return [one for one in select.find_all(exp.Column) if one.find_ancestor(exp.Select) is select]


def _names(info: TableInfo) -> set[str]:
    return {column.name.lower() for column in info.columns}


def _inner(select: exp.Select) -> list[exp.Join]:
    """Its joins that take rows away."""
    joins = select.args.get("joins") or ()
    return [
        join
        for join in joins
        if join.side == "" and join.kind in {"", "INNER"} and isinstance(join.this, exp.Table)
    ]


def _asked_of(select: exp.Select, alias: str, but: exp.Join | None = None) -> Iterator[exp.Column]:
    """What a SELECT, and those inside of it, ask of a table; not what stands in the join `but`."""
    for column in list(select.find_all(exp.Column)):
        if column.table.lower() == alias and (
            but is None or column.find_ancestor(exp.Join) is not but
        ):
            yield column


def _only_of(column: exp.Column, alias: str, tables: Mapping[str, TableInfo]) -> bool:
    """Whether of the tables only this one has a column that names none."""
    name = column.name.lower()
    return [one for one, info in tables.items() if name in _names(info)] == [alias]


def _equal(join: exp.Join, joined: str) -> Iterator[tuple[str, exp.Column]]:
    """What its table's columns are equal to in the others: `ON a.x = b.y` says y is a.x."""
    on = join.args.get("on")
    for part in on.flatten() if isinstance(on, exp.And) else filter(None, [on]):
        if not isinstance(part, exp.EQ):
            continue
        one, other = part.left, part.right
        if not (isinstance(one, exp.Column) and isinstance(other, exp.Column)):
            continue
        if other.table.lower() == joined:
            one, other = other, one
        if one.table.lower() == joined and other.table.lower() != joined:
            yield one.name.lower(), other


def _leave_out(select: exp.Select, join: exp.Join) -> None:
    select.set("joins", [one for one in select.args["joins"] if one is not join])
