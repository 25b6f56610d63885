"""A second reading of SQL that, as it stands, names what is not there or finds nothing.

Asked for the money of some orders, a small model sums a column `amount` that no table has, and
writes `LIKE 'timeout'` where it means `LIKE '%timeout%'`; told so, it writes the same again. SQL
that runs and finds something is never read in another way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from nomoat.tools.sql_hints import used_tables
from nomoat.tools.sql_repair import Query, aliases
from nomoat.tools.table_info import TableInfo

_MISSING = re.compile(r'(?:Referenced column|column named) "(\w+)"')
_MONEY = re.compile(
    r"(?:(?:order|sales?|line|item|total|grand)_?)?(?:amount|total|revenue|turnover|money|spent)|"
    r"(?:order|sales?|line|total|grand)_?(?:price|value|cost|sum)|sales",
    re.IGNORECASE,
)
_PIECES = re.compile(r"qty|quantity|pieces|units|count|hours|nights|number_of", re.IGNORECASE)
_EACH = re.compile(r"price|rate|per_|unit_cost|fee", re.IGNORECASE)

Reading = tuple[str, tuple[str, ...]]
"""SQL, and a sentence for each thing that was read otherwise; none where nothing was."""


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
