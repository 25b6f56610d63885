"""A query's result as text for the model, and as the bytes of a file."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from nomoat.tools.table_info import Result

FORMATS = (".csv", ".tsv", ".json", ".jsonl", ".md", ".xlsx", ".parquet")
DIGITS = 12
"""Significant digits of a number: cents of billions, and no noise of binary fractions."""
CELL_CHARS = 80
TABLE_CHARS = 4_000


def as_text(result: Result) -> str:
    """Columns in line, one row a line, as many as fit; then how many there are."""
    columns = [name.replace("count_star()", "count(*)").replace('"', "") for name in result.columns]
    if not result.rows:
        return f"{' | '.join(columns)}\n(no rows)"
    cells = [[_cell(value) for value in row] for row in _days(result)]
    rows = _aligned([columns, *cells], [_is_number(t) for t in result.types])
    shown, used = 0, len(rows[0])
    for line in rows[1:]:
        used += len(line) + 1
        if shown and used > TABLE_CHARS:
            break
        shown += 1
    text = "\n".join(rows[: shown + 1])
    if shown < result.total:
        return f"{text}\n… {shown} of {result.total} rows"
    return f"{text}\n({result.total} row{'' if result.total == 1 else 's'})"


def observation(result: Result) -> str:
    """The table, and below it what was repaired or seems wrong."""
    return "\n".join([as_text(result), *(f"Note: {note}" for note in result.notes)])


def number(value: float) -> str:
    """A number as a person writes it: no exponent, no `.0`, no noise in the last digits."""
    if not math.isfinite(value):
        return str(value)
    if value and not 1e-9 < abs(value) < 1e18:
        return f"{value:.{DIGITS}g}"
    text = format(Decimal(f"{value:.{DIGITS}g}"), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def plain(value: Any) -> str:
    """A value as text; empty for NULL."""
    if value is None:
        return ""
    for types, shown in _SHOWN:
        if isinstance(value, types):
            return shown(value)
    return str(value)


_SHOWN: tuple[tuple[type | tuple[type, ...], Callable[[Any], str]], ...] = (
    (bool, lambda value: "true" if value else "false"),
    (float, number),
    (Decimal, lambda value: format(value, "f")),
    (datetime, lambda value: value.isoformat(" ")),
    (date, lambda value: value.isoformat()),
    (bytes, lambda value: value.hex()),
    ((list, dict), lambda value: json.dumps(value, ensure_ascii=False, default=plain)),
)


def _cell(value: Any) -> str:
    if value is None:
        return "NULL"
    text = " ".join(plain(value).split())
    return text if len(text) <= CELL_CHARS else text[: CELL_CHARS - 1] + "…"


def _days(result: Result) -> list[list[Any]]:
    """The rows, with timestamps shown as dates in columns where all are at midnight."""
    rows = [list(row) for row in result.rows]
    for at in range(len(result.columns)):
        stamps = [row[at] for row in rows if row[at] is not None]
        if stamps and all(isinstance(s, datetime) and s.time() == _MIDNIGHT for s in stamps):
            for row in rows:
                row[at] = row[at] and row[at].date()
    return rows


_MIDNIGHT = datetime.min.time()


def _is_number(type_: str) -> bool:
    return type_.upper().startswith(("BIGINT", "HUGEINT", "INTEGER", "DOUBLE", "FLOAT", "DECIMAL"))


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        padded = (
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        )
        lines.append(" | ".join(padded).rstrip())
    return lines


# files


def as_bytes(result: Result, ending: str) -> bytes:
    """All rows of `result` in the format of a file ending: one of `FORMATS`, but parquet."""
    if ending in {".csv", ".tsv"}:
        return _csv(result, "\t" if ending == ".tsv" else ",")
    if ending == ".xlsx":
        return _xlsx(result)
    if ending == ".md":
        rows = [[_cell(value).replace("|", "\\|") for value in row] for row in _days(result)]
        header = [list(result.columns), ["---"] * len(result.columns)]
        return "".join(f"| {' | '.join(row)} |\n" for row in header + rows).encode()
    records = [dict(zip(result.columns, map(_json_value, row), strict=True)) for row in result.rows]
    if ending == ".jsonl":
        return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()
    return (json.dumps(records, ensure_ascii=False, indent=1) + "\n").encode()


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    return plain(value)


def _csv(result: Result, delimiter: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([plain(value) for value in row] for row in _days(result))
    return text.getvalue().encode()


def _xlsx(result: Result) -> bytes:
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet("result")
    sheet.append(list(result.columns))
    for row in _days(result):
        cells = []
        for value in row:
            is_native = value is None or isinstance(value, int | float | Decimal | date)
            cell = WriteOnlyCell(sheet, value if is_native else plain(value))
            if not is_native:
                cell.data_type = "s"  # a text that begins with "=" is no formula
            cells.append(cell)
        sheet.append(cells)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
