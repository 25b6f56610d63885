"""A table in its file: changes to rows as changes to the lines they stand on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nomoat.tools.errors import Failed, Retry
from nomoat.tools.sql_tokens import Query
from nomoat.tools.table_cells import Cells, Manner, Written, manner_of, write_value
from nomoat.tools.table_info import TableInfo
from nomoat.tools.table_lines import Record, TableLines
from nomoat.tools.table_trial import Changes, Row

EMPTY = "(empty)"
"""How a change shows a cell that says nothing."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A file after changes, and what there is to tell of them."""

    lines: TableLines
    shown: tuple[tuple[str, ...], ...]
    """The rows that changed as the file writes them: `old -> new` where a cell did."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, the lines of its file, and how its columns write their values."""

    table: TableInfo
    lines: TableLines
    columns: tuple[Cells, ...]
    manner: Manner

    def after(self, changes: Changes) -> Changed:
        """The file after these changes.

        Raises:
            Retry: nothing would be another, or a row would be left without a value.
        """
        steps: Mapping[str, Callable[[Changes], Changed]] = {
            "UPDATE": self._updated,
            "INSERT": self._inserted,
            "DELETE": self._deleted,
        }
        return steps[changes.statement.kind](changes)

    def _updated(self, changes: Changes) -> Changed:
        said = _numbers_in(changes.statement.sql)
        records, shown, every = dict[int, Record](), [], list[Written]()
        for number, cells in changes.updated.items():
            old = self.lines.row(number)
            new = {
                column: written
                for column, value in cells.items()
                if (written := self._write(value, column, said, old.value(column))).text
                != old.value(column)
            }
            if new:
                records[number] = self._with(old, new)
                shown.append(self._shown(old, new))
                every += new.values()
        if not records:
            raise Retry(
                "The rows that match have exactly these values already: nothing was changed."
            )
        _require_filled(records.values())
        return Changed(self.lines.with_rows(records), tuple(shown), _rounded(every))

    def _inserted(self, changes: Changes) -> Changed:
        said = _numbers_in(changes.statement.sql)
        rows = [
            [self._write(value, column, said) for column, value in enumerate(row)]
            for row in changes.inserted
        ]
        if any(not any(cell.text for cell in row) for row in rows):
            raise Retry("A row without any value cannot be added.", hint="Give it values.")
        width = self._width()
        cells = [
            [self.lines.written(cell.text, column) for column, cell in enumerate(row)]
            + [""] * (width - len(row))
            for row in rows
        ]
        shown = tuple(tuple(cell.text for cell in row) for row in rows)
        notes = _rounded(cell for row in rows for cell in row)
        return Changed(self.lines.with_more(cells), shown, notes)

    def _deleted(self, changes: Changes) -> Changed:
        shown = tuple(self._shown(self.lines.row(number), {}) for number in changes.deleted)
        return Changed(self.lines.without_rows(changes.deleted), shown)

    def _write(self, value: Any, column: int, said: Iterable[str], old: str = "") -> Written:
        return write_value(value, self.columns[column], self.manner, old=old, said=set(said))

    def _with(self, old: Record, new: Mapping[int, Written]) -> Record:
        cells = {
            column: self.lines.written(cell.text, column, old.cell(column))
            for column, cell in new.items()
        }
        return old.with_cells(cells)

    def _shown(self, old: Record, new: Mapping[int, Written]) -> tuple[str, ...]:
        cells = []
        for column in range(len(self.columns)):
            cell = old.value(column)
            if column in new:
                cell = f"{cell or EMPTY} -> {new[column].text or EMPTY}"
            cells.append(cell)
        return tuple(cells)

    def _width(self) -> int:
        """How many cells most rows have: some files end each line with a delimiter."""
        widths = Counter(len(self.lines.records[at].cells) for at in self.lines.rows)
        return max(len(self.columns), *(width for width, _ in widths.most_common(1)), 0)


def sheet_of(lines: TableLines, table: TableInfo, rows: Sequence[Row]) -> Sheet:
    """The table of these rows in the file it was loaded from.

    Raises:
        Failed: it cannot be told which line a row stands on.
    """
    if len(rows) != len(lines.rows) or any(
        not _is_row(lines.row(number), row, table) for number, row in enumerate(rows)
    ):
        raise Failed(
            f"It cannot be told which lines of {table.file} the rows of {table.name} stand on.",
            hint="Change it with edit_file, or write a changed copy with save_query.",
        )
    columns = []
    for column, info in enumerate(table.columns):
        pairs = [
            (lines.row(number).value(column), row[column])
            for number, row in enumerate(rows)
            if row[column] is not None
        ]
        texts, values = tuple(text for text, _ in pairs), tuple(value for _, value in pairs)
        columns.append(Cells(info.type, texts, values))
    return Sheet(table, lines, tuple(columns), manner_of(columns, lines.delimiter))


def _is_row(record: Record, row: Row, table: TableInfo) -> bool:
    """Whether a record is what a row was read from: text is the same, what is empty is NULL."""
    for column, (value, info) in enumerate(zip(row, table.columns, strict=True)):
        text = record.value(column)
        if (info.type == "VARCHAR" and (value or "") != text) or (value is not None and not text):
            return False
    return True


def _require_filled(records: Iterable[Record]) -> None:
    if any(record.is_blank() for record in records):
        raise Retry("A row would be left without any value.", hint="Use DELETE to take rows away.")


def _rounded(cells: Iterable[Written]) -> tuple[str, ...]:
    places = {cell.rounded_to for cell in cells if cell.rounded_to is not None}
    return (f"Rounded to {' and '.join(map(str, sorted(places)))} decimals.",) if places else ()


def _numbers_in(sql: str) -> frozenset[str]:
    """The numbers that stand in a statement, as they are written plainly."""
    query = Query(sql)
    numbers = (query.texts[at] for at in query.solid() if query.kinds[at] == "number")
    return frozenset(format(Decimal(text).normalize(), "f") for text in numbers)
