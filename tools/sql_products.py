"""The amount of a row, where a table has no column for it but what it is the product of.

Asked for the money of some orders, a small model sums a column `amount` that is not there, and
does not get over being told so. Where there is one number of pieces and one price of a piece, there
is one reading only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nomoat.tools.sql_repair import Query, aliases
from nomoat.tools.table_info import TableInfo

_MONEY = re.compile(
    r"(?:(?:order|sale|line|item|total|grand)_?)?(?:amount|total|revenue|sales|turnover|money|spent|"
    r"value|price|sum)",
    re.IGNORECASE,
)
_PIECES = re.compile(r"qty|quantity|pieces|units|count|hours|nights|number_of", re.IGNORECASE)
_EACH = re.compile(r"price|rate|per_|unit_cost|fee", re.IGNORECASE)


def with_products(sql: str, infos: Sequence[TableInfo]) -> tuple[str, tuple[str, ...]]:
    """The SQL with columns of money that are none replaced, and a sentence for each."""
    query = Query(sql)
    solid = query.solid()
    words = {query.texts[at].lower() for at in solid if query.kinds[at] == "word"}
    used = [info for info in infos if info.name.lower() in words]
    product = _product(used)
    if not product:
        return sql, ()
    known = {column.name.lower() for info in used for column in info.columns}
    known |= {info.name.lower() for info in used} | {name.lower() for name in aliases(query, solid)}
    replaced: dict[str, None] = {}
    for n, at in enumerate(solid):
        name = query.texts[at]
        is_call = n + 1 < len(solid) and query.texts[solid[n + 1]] in {"(", "."}
        if query.kinds[at] != "word" or is_call or name.lower() in known:
            continue
        if not _MONEY.fullmatch(name):
            continue
        if n >= 2 and query.texts[solid[n - 1]] == ".":  # o.amount
            query.drop(solid[n - 2], solid[n - 1])
        query.put(at, f"({product})", "word")
        replaced[name] = None
    notes = (f"There is no column {name}: {product} was taken for it." for name in replaced)
    return str(query), tuple(notes)


def _product(used: Sequence[TableInfo]) -> str:
    """`orders.qty * orders.unit_price`; empty where there is not exactly one."""
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
