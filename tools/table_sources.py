"""From a file to regular CSV: what is in a csv, tsv, xlsx, json or log file, as rows of text.

Whatever is irregular (sheets, nested records, ragged rows, other encodings) is written once more,
as plain CSV in memory, so that the loader reads one format only.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import PurePosixPath
from typing import BinaryIO

from nomoat.memory.errors import DocumentError
from nomoat.tools.table_layout import (
    HEAD_BYTES,
    HEAD_ROWS,
    find_delimiter,
    find_layout,
    guess_encoding,
    trimmed,
)
from nomoat.tools.table_logs import in_parts, log_rows
from nomoat.tools.table_records import as_text, record_tables

ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm", ".json", ".jsonl", ".ndjson", ".parquet", ".log")
LOG = ".log"
MAX_WHOLE = 256 * 1024 * 1024
"""Bytes of a file that has to be read whole (json), or of all a workbook unpacks to."""

csv.field_size_limit(16 * 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a file, as CSV in an open file."""

    name: str
    """The sheet or key; empty where the file is one table."""
    file: BinaryIO
    names: tuple[str, ...]
    skip: int = 0
    """Lines before the first row of data."""
    delimiter: str = ","


def is_table(path: str) -> bool:
    """Whether the file's ending says that it holds a table."""
    return path.lower().endswith(ENDINGS)


def parts(file: BinaryIO, path: str) -> Iterator[Part]:
    """The tables in a file that is not parquet; a part is good until the next is asked for.

    Raises:
        DocumentError: the file is not what its ending says, or too big to be read whole.
    """
    ending = PurePosixPath(path.lower()).suffix
    try:
        if ending in {".csv", ".tsv"}:
            found: Iterator[Part] = iter([_csv_part(file, ending)])
        elif ending in {".xlsx", ".xlsm"}:
            found = _sheets(file)
        elif ending == LOG:
            found = _log(file)
        else:
            found = _records(file, lines=ending != ".json")
        for part in found:
            yield part
            if part.file is not file:
                part.file.close()
    except (ValueError, KeyError, csv.Error, OSError, RecursionError) as error:
        raise DocumentError(f"{path!r} cannot be read as a table: {error}.") from error


def rewritten(file: BinaryIO, path: str) -> Part:
    """A CSV file that the loader refuses, row by row: rows of any length, any encoding."""
    try:
        file.seek(0)
        head = file.read(HEAD_BYTES)
        encoding = guess_encoding(head)
        text = head.decode(encoding, "replace")
        delimiter = find_delimiter(text, PurePosixPath(path.lower()).suffix)
        file.seek(0)
        with os.fdopen(
            os.dup(file.fileno()), encoding=encoding, errors="replace", newline=""
        ) as whole:
            rows = csv.reader(whole, delimiter=delimiter)
            first = list(islice(rows, HEAD_ROWS))
            layout = find_layout(first or [[]])
            return regular("", chain(first[layout.skip :], rows), layout.names)
    except (ValueError, csv.Error, OSError) as error:
        raise DocumentError(f"{path!r} cannot be read as a table: {error}.") from error


# csv


def _csv_part(file: BinaryIO, ending: str) -> Part:
    file.seek(0)
    head = file.read(HEAD_BYTES)
    encoding = guess_encoding(head)
    if encoding not in {"utf-8", "utf-8-sig"} or b"\r" in head.replace(b"\r\n", b""):
        return rewritten(file, ending)
    text = head.decode(encoding, "ignore")
    delimiter = find_delimiter(text, ending)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows, ends = [], [0]
    for row in islice(reader, HEAD_ROWS):
        rows.append(row)
        ends.append(reader.line_num)
    layout = find_layout(rows)
    if not layout.names:
        raise ValueError("it is empty")
    return Part("", file, layout.names, ends[layout.skip], delimiter)


# workbooks and records


def _sheets(file: BinaryIO) -> Iterator[Part]:
    import zipfile

    from openpyxl import load_workbook  # type: ignore[import-untyped]
    from openpyxl.utils.exceptions import (  # type: ignore[import-untyped]
        InvalidFileException,
    )

    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_WHOLE:
                raise ValueError(f"it unpacks to more than {MAX_WHOLE >> 20} MB")
        file.seek(0)
        book = load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException) as error:
        raise ValueError("it is not a workbook") from error
    found = []
    for sheet in book.worksheets:
        rows = ([as_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
        rows = (row for row in rows if any(row))
        first = list(islice(rows, HEAD_ROWS))
        if first:
            found.append((sheet.title, first, rows))
    for title, first, rows in found:
        layout = find_layout(first)
        name = title if len(found) > 1 else ""
        yield regular(name, chain(first[layout.skip :], rows), layout.names)
    book.close()


def _log(file: BinaryIO) -> Iterator[Part]:
    file.seek(0)
    with os.fdopen(os.dup(file.fileno()), encoding="utf-8", errors="replace") as lines:
        rows = log_rows(lines)
        first = next(rows, None)
        if first is not None:
            names, parts = in_parts(chain([first], rows))
            yield regular("", parts, names)


def _records(file: BinaryIO, *, lines: bool) -> Iterator[Part]:
    if os.fstat(file.fileno()).st_size > MAX_WHOLE:
        raise ValueError(f"it is larger than {MAX_WHOLE >> 20} MB")
    file.seek(0)
    text = file.read().decode("utf-8-sig")
    if lines:
        data = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        data = json.loads(text)
    for name, names, rows in record_tables(data):
        yield regular(name, rows, names)


# regular csv


def regular(name: str, rows: Iterable[Sequence[str]], names: Sequence[str]) -> Part:
    """Rows as CSV in memory; a row that is longer than the header makes the header longer."""
    width = len(names)
    file = os.fdopen(os.memfd_create("nomoat-table", os.MFD_CLOEXEC), "w+b")
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=False)
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        cells = [cell.replace("\x00", "") for cell in trimmed(row)]
        width = max(width, len(cells))
        writer.writerow(cells + [""] * (width - len(cells)))
    text.flush()
    text.detach()
    more = tuple(f"column{at}" for at in range(len(names) + 1, width + 1))
    return Part(name, file, tuple(names) + more)
