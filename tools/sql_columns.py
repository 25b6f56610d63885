"""Columns that SQL takes for something else: numbers with a few texts among them, and names that
are words of SQL.

Told of them, a small model writes the same again; where there is one reading only, it is read so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nomoat.tools.sql_hints import used_tables
from nomoat.tools.sql_tokens import Query, aliases
from nomoat.tools.table_info import MOSTLY_NUMBERS, TableInfo

_ORDERS = {"<", ">", "=", "+", "-", "*", "/"}
_NUMERIC = ("SUM", "AVG", "MIN", "MAX", "MEDIAN", "ROUND", "ABS")
_BEFORE_NAMES = (
    "SELECT DISTINCT BY AND OR NOT WHERE ON HAVING FROM JOIN WHEN THEN ELSE CASE IN BETWEEN LIKE"
).split()
_BEFORE_NAMES_TOO = {",", "(", ".", "=", "<", ">", "+", "-", "/"}


def numbers_among_texts(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """`ORDER BY points` → `ORDER BY num(points)`, where points are numbers but for an 'absent'."""
    used = used_tables(str(query), infos)
    mixed = {
        column.name.lower()
        for info in used
        for column in info.columns
        if column.type == "VARCHAR" and MOSTLY_NUMBERS in column.note
    }
    plain = {
        column.name.lower()
        for info in used
        for column in info.columns
        if column.name.lower() in mixed and MOSTLY_NUMBERS not in column.note
    }
    solid = query.solid()
    for name in mixed - plain - aliases(query, solid):
        for n in range(len(solid)):
            if query.texts[solid[n]].lower() != name or query.kinds[solid[n]] == "string":
                continue
            first = n - 2 if n >= 2 and query.texts[solid[n - 1]] == "." else n  # m.points
            if not _as_number(query, solid, first, n):
                continue
            whole = "".join(query.texts[at] for at in solid[first : n + 1])
            query.drop(solid[first], solid[n])
            query.put(solid[n], f"num({whole})", "word")
            yield f"{whole} is text: what of it is no number was left out."


def _as_number(query: Query, solid: Sequence[int], first: int, last: int) -> bool:
    """Whether the column at these places is used as a number: summed, sorted by, computed or
    compared with one."""
    before = solid[first - 1] if first else solid[0]
    after = solid[last + 1] if last + 1 < len(solid) else None
    if query.texts[before] == "(" and first >= 2:
        return query.is_word(solid[first - 2], *_NUMERIC)
    if query.is_word(before, "BY") and first >= 2 and query.is_word(solid[first - 2], "ORDER"):
        return True
    if after is not None and query.texts[after] in _ORDERS:
        beyond = [at for at in solid[last + 2 : last + 4] if query.texts[at] not in _ORDERS]
        return bool(beyond) and query.kinds[beyond[0]] != "string"
    if after is not None and query.is_word(after, "BETWEEN"):
        return last + 2 < len(solid) and query.kinds[solid[last + 2]] == "number"
    return query.texts[before] in {"+", "-", "/"}


def words_of_sql(query: Query, infos: Sequence[TableInfo]) -> Iterable[str]:
    """`SELECT order FROM jobs` → `SELECT order_ FROM jobs`, where that is what it is called."""
    names = {info.name.lower() for info in infos}
    names |= {column.name.lower() for info in infos for column in info.columns}
    solid = query.solid()
    for n, at in enumerate(solid):
        word = query.texts[at]
        if query.kinds[at] != "word" or f"{word.lower()}_" not in names or word.lower() in names:
            continue
        before = solid[n - 1] if n else at
        follows = query.texts[before] in _BEFORE_NAMES_TOO or query.is_word(before, *_BEFORE_NAMES)
        clause = n + 1 < len(solid) and query.is_word(solid[n + 1], "BY")
        if follows and not clause:
            query.put(at, f"{word}_", "word")
            yield f"The name {word} is a word of SQL, and {word}_ here."
