"""Excel workbooks: the rows of each sheet, with the numbers that the sheet shows."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator
from typing import Any

from nomoat.memory.document import Block
from nomoat.memory.load.rows import table_blocks
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.zips import open_zip, refuse_doctype


def read_xlsx(source: Source) -> Parsed:
    """Values, not formulas: what was shown when the workbook was saved."""
    import openpyxl  # type: ignore[import-untyped]

    with open_zip(source.path) as archive:
        refuse_doctype(archive)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and extensions, which are of no use here
        book = openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False)
        try:
            blocks = [block for sheet in book.worksheets for block in _sheet(sheet)]
        finally:
            book.close()
    return Parsed(blocks, title=book.properties.title or "")


def _sheet(sheet: Any) -> Iterator[Block]:
    sheet.reset_dimensions()  # what the file says about its size may be wrong
    rows = (
        (number, [_shown(value) for value in row])
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1)
        if any(value is not None for value in row)
    )
    yield from table_blocks(rows, within=sheet.title, titles=(sheet.title,))


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)
