"""How a text file of rows is laid out: its encoding, what splits the cells, where the names are."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

HEAD_BYTES = 128 * 1024
HEAD_ROWS = 60
"""How much of a file its layout is told by."""
_DELIMITERS = ",;\t|"
_PREAMBLE = 20
_YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of a sheet begin and what they are called."""

    names: tuple[str, ...]
    skip: int
    """Rows before the first row of data."""


def guess_encoding(head: bytes) -> str:
    """A codec that reads the beginning of a file; cp1252 where nothing speaks for another."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    cut = head[:-4] if len(head) >= HEAD_BYTES else head
    # a character may be cut in two at the end: at most three bytes of it are here
    for end in range(len(cut), max(len(cut) - 4, -1), -1):
        with suppress(UnicodeDecodeError):
            cut[:end].decode("utf-8")
            return "utf-8-sig" if head.startswith(b"\xef\xbb\xbf") else "utf-8"
        if len(head) < HEAD_BYTES:
            break
    from charset_normalizer import from_bytes

    likely = ["cp1252", "cp1251", "cp1250", "shift_jis", "gb18030", "euc_kr", "big5"]
    best = from_bytes(head, cp_isolation=likely).best()
    return best.encoding if best else "cp1252"


def find_delimiter(text: str, ending: str) -> str:
    """The character that splits most rows of a text into the same number of cells, above one."""
    if ending == ".tsv":
        return "\t"
    if text[:4].lower() == "sep=":
        return text[4:5]
    text = text[: text.rfind("\n") + 1] or text

    def fit(delimiter: str) -> tuple[float, int]:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter)
        widths = [len(row) for row in islice(reader, HEAD_ROWS) if row]
        usual = _usual(widths)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    return max(_DELIMITERS, key=fit)


def _usual(widths: Sequence[int]) -> int:
    return max(widths, key=lambda width: (widths.count(width), width), default=0)


# which row holds the names


def find_layout(rows: Sequence[Sequence[str]]) -> Layout:
    """The header of a sheet, below whatever title stands above it; or made-up names."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows]
    width = max((len(trimmed(row)) for row in rows), default=0)
    enough = _usual([count for count in filled if count]) / 2
    start = next((at for at, count in enumerate(filled[:_PREAMBLE]) if count and count > enough), 0)
    header = list(trimmed(rows[start])) if rows else []
    if _is_header(header, rows[start + 1 :]):
        names = [name.strip() for name in header] + [""] * (width - len(header))
        start += 1
    else:
        names = [""] * width
    return Layout(tuple(name or f"column{at}" for at, name in enumerate(names, 1)), start)


def trimmed(row: Sequence[str]) -> Sequence[str]:
    """A row without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _is_header(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    words = [cell.strip() for cell in cells if cell.strip()]
    # a name may be there twice, but rows of data repeat themselves more
    if len({word.lower() for word in words}) * 2 <= len(words):
        return False
    if not below:
        return not any(_is_value(word) for word in words)
    # years as names of columns are common
    years = [word for word in words if _YEAR.fullmatch(word)]
    values = sum(_is_value(word) for word in words) - len(years)
    return values < (len(words) - len(years)) / 2


def _is_value(cell: str) -> bool:
    digits = sum(char.isdigit() for char in cell)
    return digits > 0 and not any(char.isalpha() for char in cell.replace("e", "").replace("E", ""))
