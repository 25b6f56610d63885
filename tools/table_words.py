"""Which words of a goal stand in the values of tables: SQL that is meant well speaks of them."""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nomoat.tools.table_info import TableInfo

Rows = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs a query of the harness's own."""

LOOKED_AT = 2_000
"""Different values of a column that are looked through."""
_WORD = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")


def words_in(text: str) -> list[str]:
    """The words and numbers of a text, in small letters."""
    return [word.lower() for word in _WORD.findall(text)]


def in_values(words: Iterable[str], infos: Sequence[TableInfo], rows: Rows) -> frozenset[str]:
    """Those of these words that stand in a value of a table, and in no name of one or of a
    column."""
    named = {part for info in infos for part in words_in(_names(info))}
    left = {word for word in words if word not in named and f"{word}s" not in named}
    held: set[str] = set()
    for info in infos:
        for column in info.columns if left - held else ():
            text = f"CAST({column.name} AS VARCHAR)"
            found = rows(f"SELECT DISTINCT {text} FROM {info.name} LIMIT {LOOKED_AT}")
            values = {part for (value,) in found if value for part in words_in(value)}
            held |= left & values
    return frozenset(held)


def covered(words: Iterable[str], sql: str) -> int:
    """How many of the words SQL speaks of."""
    said = sql.lower()
    return sum(word in said for word in words)


def _names(info: TableInfo) -> str:
    names = [info.name, *(column.name for column in info.columns)]
    return " ".join(names).replace("_", " ")
