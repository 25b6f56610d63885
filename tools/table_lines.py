"""A csv or tsv file as records that keep every byte, so that one cell can be changed alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath

from nomoat.tools.errors import Failed, Retry
from nomoat.tools.table_layout import (
    HEAD_BYTES,
    HEAD_ROWS,
    find_delimiter,
    find_layout,
    guess_encoding,
)

BLANK = " \t\u00a0"
"""What the loader takes off the ends of a cell."""
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
"""Byte order marks, and what follows them."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the file, perhaps over several lines."""

    cells: tuple[str, ...]
    """As they stand there, with their quotes."""
    end: str
    """Its line end; empty only at the end of the file."""

    def value(self, column: int) -> str:
        """What a cell says, without the blanks around it; empty where the record is shorter."""
        return _unquoted(self.cell(column)).strip(BLANK)

    def values(self) -> list[str]:
        """The cells as a reader of csv gives them; none for an empty line."""
        return [] if self.cells == ("",) else [_unquoted(cell) for cell in self.cells]

    def is_blank(self) -> bool:
        """Whether no cell says anything."""
        return not any(self.value(at) for at in range(len(self.cells)))

    def cell(self, column: int) -> str:
        """A cell as it stands there; empty where the record is shorter."""
        return self.cells[column] if column < len(self.cells) else ""

    def with_cells(self, new: Mapping[int, str]) -> Record:
        """The record with these cells, as they are to stand in the file."""
        cells = list(self.cells)
        cells += [""] * (max(new, default=-1) + 1 - len(cells))
        for column, text in new.items():
            cells[column] = text
        return replace(self, cells=tuple(cells))


@dataclass(frozen=True, slots=True)
class TableLines:
    """The records of a file, and which of them are rows of its table."""

    records: tuple[Record, ...]
    rows: tuple[int, ...]
    """Places in `records`, in the order of the table's rows."""
    skip: int
    """Records before the first row: titles and names."""
    delimiter: str
    encoding: str = "utf-8"
    mark: bytes = b""
    """The byte order mark, if there is one."""

    @property
    def text(self) -> str:
        """All of it, after the byte order mark."""
        return "".join(self.delimiter.join(one.cells) + one.end for one in self.records)

    def data(self) -> bytes:
        """The file's bytes.

        Raises:
            Retry: a character is not in the file's encoding.
        """
        try:
            return self.mark + self.text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise Retry(
                f"The text holds {error.object[error.start]!r}, which cannot be written in the "
                f"file's encoding, {self.encoding}.",
                hint="Leave that character out.",
            ) from None

    def row(self, number: int) -> Record:
        """The record of a row of the table, counted from 0."""
        return self.records[self.rows[number]]

    def with_rows(self, new: Mapping[int, Record]) -> TableLines:
        """The file with other records for these rows."""
        records = list(self.records)
        for number, record in new.items():
            records[self.rows[number]] = record
        return replace(self, records=tuple(records))

    def without_rows(self, numbers: Collection[int]) -> TableLines:
        """The file without these rows; it ends in a line end only if it did before."""
        gone = {self.rows[number] for number in numbers}
        kept = [record for at, record in enumerate(self.records) if at not in gone]
        if kept and not self.records[-1].end:
            kept[-1] = replace(kept[-1], end="")
        return self._of(kept)

    def with_more(self, more: Sequence[Sequence[str]]) -> TableLines:
        """The file with rows of these cells below its last row."""
        at = self.rows[-1] + 1 if self.rows else min(self.skip, len(self.records))
        end = self._line_end()
        new = [Record(tuple(cells), end) for cells in more]
        if at and not self.records[at - 1].end:
            new[-1] = replace(new[-1], end="")
        before = list(self.records[:at])
        if before:
            before[-1] = replace(before[-1], end=before[-1].end or end)
        return self._of([*before, *new, *self.records[at:]])

    def written(self, value: str, column: int, old: str = "") -> str:
        """A value as a cell of this column: quoted where it must be, or the others are.

        Args:
            value: What the cell is to say.
            column: Counted from 0.
            old: The cell in whose place it comes, with its quotes and blanks.
        """
        is_quoted = old.startswith('"') if old else self._quotes(column)
        inner = _unquoted(old)
        if inner.strip(BLANK) and value:  # a column may be in line
            before = inner[: len(inner) - len(inner.lstrip(BLANK))]
            value = before + value + inner[len(inner.rstrip(BLANK)) :]
        if is_quoted or re.search(rf'["\r\n{re.escape(self.delimiter)}]', value):
            return '"' + value.replace('"', '""') + '"'
        return value

    def _quotes(self, column: int) -> bool:
        """Whether every cell of the column that says anything stands in quotes."""
        records = (self.records[at] for at in self.rows)
        cells = [one.cells[column] for one in records if one.value(column)]
        return bool(cells) and all(cell.startswith('"') for cell in cells)

    def _line_end(self) -> str:
        ends = Counter(record.end for record in self.records if record.end)
        return ends.most_common(1)[0][0] if ends else "\n"

    def _of(self, records: Sequence[Record]) -> TableLines:
        return replace(self, records=tuple(records), rows=_rows(records, self.skip))


def read_lines(data: bytes, path: str) -> TableLines:
    """The records of a csv or tsv file.

    Raises:
        Failed: not all of it can be read as text, so not all of it could be written back.
    """
    head = data[:HEAD_BYTES]
    encoding = guess_encoding(head)
    mark = next((mark for mark in _MARKS if head.startswith(mark)), b"")
    encoding = _MARKS.get(mark, encoding)
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = ""
    if text.encode(encoding) != data[len(mark) :]:
        raise Failed(
            f"{path!r} is not all text in one encoding ({encoding}), so no row of it is changed.",
            hint="Use save_query to write its rows to a new file.",
        )
    shown = head[len(mark) :].decode(encoding, "ignore")
    delimiter = find_delimiter(shown, PurePosixPath(path.lower()).suffix)
    records = tuple(_records(text, delimiter))
    layout = find_layout([one.values() for one in islice(records, HEAD_ROWS)] or [[]])
    return TableLines(records, _rows(records, layout.skip), layout.skip, delimiter, encoding, mark)


def _rows(records: Sequence[Record], skip: int) -> tuple[int, ...]:
    return tuple(at for at in range(skip, len(records)) if not records[at].is_blank())


def _records(text: str, delimiter: str) -> Iterable[Record]:
    """Cut a text as the standard library's reader of csv does."""
    sign = re.escape(delimiter)
    cell = re.compile(
        rf'("(?:[^"]++|"")*+(?:"[^{sign}\r\n]*|\Z)|(?!")[^{sign}\r\n]*)({sign}|\r\n|\n|\r|\Z)'
    )
    cells: list[str] = []
    for found in cell.finditer(text):
        if found.start() == len(text) and not cells:
            return  # behind the last line end
        cells.append(found[1])
        if found[2] != delimiter:
            yield Record(tuple(cells), found[2])
            cells = []


_QUOTED = re.compile(r'"((?:[^"]++|"")*+)"?(.*)', re.DOTALL)


def _unquoted(cell: str) -> str:
    found = _QUOTED.fullmatch(cell)
    return found[1].replace('""', '"') + found[2] if found else cell
