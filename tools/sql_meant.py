"""A second reading of SQL that, as it stands, names what is not there or finds nothing.

Asked for the money of some orders, a small model sums a column `amount` that no table has, and
writes `LIKE 'timeout'` where it means `LIKE '%timeout%'`; told so, it writes the same again. SQL
that runs and finds something is read in no other way, but that groups get an order and numbers
with a few texts among them are taken for numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from nomoat.tools.sql_doubts import found_nothing
from nomoat.tools.sql_hints import used_tables
from nomoat.tools.sql_tokens import Query, aliases
from nomoat.tools.table_info import MOSTLY_NUMBERS, Reading, Result, TableInfo

_MISSING = re.compile(r'(?:Referenced column|column named) "(\w+)"')
_MONEY = re.compile(
    r"(?:(?:order|sales?|line|item|total|grand)_?)?(?:amount|total|revenue|turnover|money|spent)|"
    r"(?:order|sales?|line|total|grand)_?(?:price|value|cost|sum)|sales",
    re.IGNORECASE,
)
_PIECES = re.compile(r"qty|quantity|pieces|units|count|hours|nights|number_of", re.IGNORECASE)
_EACH = re.compile(r"price|rate|per_|unit_cost|fee", re.IGNORECASE)


def run_as_meant(
    sql: str, infos: Sequence[TableInfo], run: Callable[[str], Result]
) -> tuple[str, Result, tuple[str, ...]]:
    """What ran, its result, and how it was read where it could not be as it stands."""
    import duckdb

    sql = with_order(sql, infos)
    try:
        found = _first(_at_once(sql, infos), run) or (sql, run(sql), ())
    except (duckdb.ParserException, duckdb.BinderException) as error:
        second = _first(_where_it_fails(sql, infos, error, run), run)
        if second is None:
            raise
        found = second
    if not found_nothing(found[1]):
        return found
    again = _first(_where_nothing_is_found(found[0], infos), run, finds=True)
    return (again[0], again[1], (*found[2], *again[2])) if again else found


def _first(
    readings: Iterable[Reading], run: Callable[[str], Result], *, finds: bool = False
) -> tuple[str, Result, tuple[str, ...]] | None:
    """The first of these readings that runs, and that `finds` something, where it has to."""
    import duckdb

    wrong = (
        duckdb.ParserException,
        duckdb.BinderException,
        duckdb.CatalogException,
        duckdb.ConversionException,
    )
    for sql, notes in readings:
        with suppress(*wrong):
            result = run(sql) if notes else None
            if result is not None and not (finds and found_nothing(result)):
                return sql, result, notes
    return None


def _at_once(sql: str, infos: Sequence[TableInfo]) -> Iterator[Reading]:
    """How it is read although it might run."""
    if any(MOSTLY_NUMBERS in column.note for info in infos for column in info.columns):
        from nomoat.tools.sql_columns import with_numbers

        yield with_numbers(sql, infos)


def _where_it_fails(
    sql: str, infos: Sequence[TableInfo], error: Exception, run: Callable[[str], Result]
) -> Iterator[Reading]:
    import duckdb

    from nomoat.tools.sql_columns import with_names
    from nomoat.tools.sql_joins import with_owners

    if isinstance(error, duckdb.ParserException):
        yield with_names(sql, infos)
    else:
        yield with_product(sql, infos, str(error))
        yield with_owners(sql, infos, _Asked(run))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is known of the values of tables, by asking them."""

    run: Callable[[str], Result]

    def is_key(self, table: str, column: str) -> bool:
        """Whether it has no value twice."""
        once = self.run(f"SELECT count({column}) = count(DISTINCT {column}) FROM {table}")  # noqa: S608
        return bool(once.rows[0][0])

    def shared(self, table: str, column: str, other: str, key: str) -> float:
        """The share of its values that another column has as well."""
        found = self.run(
            f"SELECT avg(CAST({column} IN (SELECT {key} FROM {other}) AS INTEGER)) "  # noqa: S608
            f"FROM (SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL)"
        )
        return float(found.rows[0][0] or 0)


def _where_nothing_is_found(sql: str, infos: Sequence[TableInfo]) -> Iterator[Reading]:
    from nomoat.tools.sql_alike import with_alike
    from nomoat.tools.sql_joins import without_join

    yield with_wildcards(sql)
    yield with_alike(sql, infos)
    yield without_join(sql, infos)


def with_product(sql: str, infos: Sequence[TableInfo], error: str) -> Reading:
    """SQL that failed for want of a column of money: a number of pieces times the price of one.

    Only where the tables it names have one of each, in one table, and it gives no other thing the
    missing column's name.
    """
    missing, query = _MISSING.search(error), Query(sql)
    solid, product = query.solid(), _product(used_tables(sql, infos))
    if missing is None or not product or not _MONEY.fullmatch(missing[1]):
        return sql, ()
    name = missing[1].lower()
    if name in aliases(query, solid):
        return sql, ()
    for n, at in enumerate(solid):
        if query.kinds[at] != "word" or query.texts[at].lower() != name:
            continue
        if n >= 2 and query.texts[solid[n - 1]] == ".":  # o.amount
            query.drop(solid[n - 2], solid[n - 1])
        query.put(at, f"({product})", "word")
    return str(query), (f"There is no column {missing[1]}: {product} was taken for it.",)


def with_wildcards(sql: str) -> Reading:
    """LIKE 'timeout' → LIKE '%timeout%': without a wildcard it is no more than an equal sign."""
    query, notes = Query(sql), dict[str, None]()
    solid = query.solid()
    for n, (at, after) in enumerate(pairwise(solid)):
        text = query.texts[after]
        if not query.is_word(at, "LIKE", "ILIKE") or query.kinds[after] != "string":
            continue
        if query.is_word(solid[n - 1], "NOT") or len(text) <= len("''") or set("%_") & set(text):
            continue
        query.put(after, f"'%{text[1:-1]}%'", "string")
        notes[f"LIKE {text} was read as LIKE {query.texts[after]}."] = None
    return str(query), tuple(notes)


def with_order(sql: str, infos: Sequence[TableInfo]) -> str:
    """Groups in no order → the one with the most first, or the least where MIN is asked.

    Of a list in no order, a small model takes the first line for the best. Groups that have an
    order of their own, such as months, keep it.
    """
    query = Query(sql)
    solid, depth, parts, place = query.solid(), 0, [list[int]()], "SELECT"
    for at in solid[1:]:
        depth += {"(": 1, ")": -1}.get(query.texts[at], 0)
        if depth == 0 and query.is_word(at, "FROM", "GROUP", "ORDER", "LIMIT", "UNION", "HAVING"):
            place += f" {query.texts[at].upper()}"
        elif place == "SELECT" and depth == 0 and query.texts[at] == ",":
            parts.append([])
        elif place == "SELECT":
            parts[-1].append(at)
    computed = [n for n, part in enumerate(parts, 1) if part and query.is_word(part[0], *_COMPUTED)]
    texts = {c.name.lower() for i in infos for c in i.columns if c.type == "VARCHAR"}
    by_text = query.texts[solid[-1]].lower() in texts  # GROUP BY name
    if (
        not query.is_word(solid[0], "SELECT")
        or not by_text
        or place != "SELECT FROM GROUP"
        or len(computed) != 1
    ):
        return sql
    least = query.is_word(parts[computed[0] - 1][0], "MIN")
    return f"{sql} ORDER BY {computed[0]} {'ASC' if least else 'DESC'} NULLS LAST"


_COMPUTED = ("MIN", "MAX", "SUM", "COUNT", "AVG")


def _product(used: Sequence[TableInfo]) -> str:
    """`qty * unit_price`; empty where there is not exactly one."""
    numbers = [
        (info.name, column.name)
        for info in used
        for column in info.columns
        if column.type in {"BIGINT", "DOUBLE"} or column.type.startswith("DECIMAL")
    ]
    pieces = [one for one in numbers if _PIECES.search(one[1])]
    each = [one for one in numbers if _EACH.search(one[1]) and one not in pieces]
    if len(pieces) != 1 or len(each) != 1 or pieces[0][0] != each[0][0]:
        return ""
    return f"{pieces[0][1]} * {each[0][1]}"
