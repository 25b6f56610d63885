"""What tables and JSON in files are held to: their values, not how they are written."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nomoat.agent.bench.checks import EXACT, listed
from nomoat.agent.bench.ended import Ended, text_of
from nomoat.agent.bench.file_checks import one_passes
from nomoat.agent.bench.reading import numbers_in, plain

Cell = str | float
_AMOUNT = re.compile(r"[^\w.,-]{0,2}-?\d[\d.,' ]*\S{0,4}")
"""A number as a cell may hold it: with a sign of a currency, or a short unit."""


@dataclass(frozen=True, slots=True)
class FileRows:
    """A csv file holds these rows (a header does not count), and no others."""

    path: str
    rows: tuple[tuple[Cell, ...], ...]
    of: str = ""
    """The rows of this file, as it was before, come on top of `rows`."""
    ordered: bool = False
    columns: tuple[str, ...] = ()
    """Names that the header must have, in this order; default: any."""
    kind: Literal["file_rows"] = "file_rows"

    def fault(self, ended: Ended) -> str:
        wanted: list[Sequence[Cell]] = list(self.rows)
        if self.of:
            if self.of not in ended.before:
                return f"the task's folder has no {self.of}"
            wanted = [*_rows(text_of(ended.before[self.of]))[1:], *wanted]
        return one_passes(ended, self.path, lambda text: self._fault(_rows(text), wanted))

    def _fault(self, found: list[list[str]], wanted: list[Sequence[Cell]]) -> str:
        if self.columns and (not found or not _same_row(found[0], self.columns)):
            return f"has not the columns {listed(self.columns)}"
        rows = found[1:] if self.columns or len(found) == len(wanted) + 1 else found
        if self.ordered and len(rows) == len(wanted):
            pairs = zip(rows, wanted, strict=True)
            return next((f"has {row} for {of}" for row, of in pairs if not _same_row(row, of)), "")
        left = list(rows)
        for row in wanted:
            twin = next((each for each in left if _same_row(each, row)), None)
            if twin is None:
                return f"lacks the row {listed(row)}"
            left.remove(twin)
        return f"has the row {listed(left[0])} too" if left else ""


@dataclass(frozen=True, slots=True)
class FileJson:
    """A file is JSON of this value; letters' case is ignored, numbers may be text."""

    path: str
    value: Any
    kind: Literal["file_json"] = "file_json"

    def fault(self, ended: Ended) -> str:
        return one_passes(ended, self.path, self._fault)

    def _fault(self, text: str) -> str:
        try:
            found = json.loads(text)
        except ValueError:
            return "is not JSON"
        return "" if _same_value(found, self.value) else f"holds {found!r}"[:200]


def _rows(text: str) -> list[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    return [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]


def _same_row(found: Sequence[Cell], wanted: Sequence[Cell]) -> bool:
    return len(found) == len(wanted) and all(map(_same_cell, found, wanted))


def _same_cell(found: Cell, wanted: Cell) -> bool:
    text, number = plain(str(found)), _number(wanted)
    if text == plain(str(wanted)):
        return True
    if number is None or not _AMOUNT.fullmatch(text):
        return False
    return any(abs(value - number) <= EXACT + 1e-9 for value in numbers_in(text))


def _number(cell: Cell) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _same_value(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and _same_object(found, wanted)
    if isinstance(wanted, list | tuple):
        same_length = isinstance(found, list) and len(found) == len(wanted)
        return same_length and all(map(_same_value, found, wanted))
    if isinstance(wanted, bool) or isinstance(found, bool):
        return found is wanted
    return isinstance(found, str | int | float) and _same_cell(found, wanted)


def _same_object(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    has = {plain(key): value for key, value in found.items()}
    should = {plain(key): value for key, value in wanted.items()}
    return has.keys() == should.keys() and all(_same_value(has[key], should[key]) for key in has)
