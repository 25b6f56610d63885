"""The values of tables: what there is, and what a query gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

MOSTLY_NUMBERS = "numbers and "
"""Begins the note on a column of numbers and a few texts."""
TABLES_TOLD = "Tables of it, for query_table:"
"""Stands before the tables that a page brought."""
Reading = tuple[str, tuple[str, ...]]
"""SQL, and a sentence for each thing that was read otherwise; none where nothing was."""
NOT_WRITTEN = "stand in the table as well and were not written."
"""Stands behind the columns that a result saved to a file left out."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as SQL knows it."""

    name: str
    type: str
    samples: tuple[str, ...] = ()
    """A few values; for text with few distinct values, all of them."""
    complete: bool = False
    """Whether `samples` are all the values there are."""
    original: str = ""
    """Its name in the file, where that is no plain SQL name."""
    note: str = ""

    def __str__(self) -> str:
        shown = f"{self.name} {'TEXT' if self.type == 'VARCHAR' else self.type}"
        about = []
        if self.original:
            about.append(f'"{self.original}"')
        if self.note:
            about.append(self.note)
        if self.samples:
            about.append(",".join(self.samples) + ("" if self.complete else ",…"))
        return f"{shown} ({'; '.join(about)})" if about else shown


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table and the file it comes from."""

    name: str
    file: str
    """Relative to the workspace."""
    columns: tuple[Column, ...]
    rows: int
    part: str = ""
    """The sheet or key, where the file holds several tables."""

    def __str__(self) -> str:
        return self._with(map(str, self.columns))

    @property
    def in_short(self) -> str:
        """It, with nothing but the names of its columns."""
        return self._with(column.name for column in self.columns)

    def _with(self, columns: Iterable[str]) -> str:
        file = f"{self.file} [{self.part}]" if self.part else self.file
        return f"{self.name} ({file}, {self.rows} rows): {', '.join(columns)}"

    @property
    def without_samples(self) -> Self:
        """For a reader who sees all of its rows anyway."""
        return replace(self, columns=tuple(replace(one, samples=()) for one in self.columns))


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    """At most as many as were asked for."""
    total: int
    sql: str = ""
    """What was run, after repairs."""
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """What was repaired in the SQL, and what seems to be wrong with it."""
