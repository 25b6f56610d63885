"""Tables as text: each row on a line of its own that says what its values are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest

from nomoat.memory.document import Block, BlockKind, Span, Unit

Row = tuple[int, Sequence[str]]
"""A row with its number, as a spreadsheet counts: from 1, the header included."""

_ROWS_A_BLOCK = 200
_PEEKED = 10


def pairs(header: Sequence[str], cells: Sequence[str]) -> str:
    """A row as `Name: Ada; Born: 1815`, on one line; values that are empty are left out."""
    return _pairs([f"{name}: " if name else "" for name in map(_line, header)], cells)


def table_blocks(
    rows: Iterable[Row], *, within: str = "", titles: tuple[str, ...] = ()
) -> Iterator[Block]:
    """Blocks of up to 200 rows that follow each other; the header is found by its looks.

    Rows of a single value above the table (a sheet's own title) stand as paragraphs.
    """
    rows = iter(rows)
    start = list(islice(rows, _PEEKED))
    wide = max((_filled(cells) for _, cells in start), default=0) > 1
    while wide and start and _filled(start[0][1]) == 1:
        number, cells = start.pop(0)
        yield Block(pairs((), cells), BlockKind.PARAGRAPH, _span(number, number, within), titles)
    header: Sequence[str] = ()
    if len(start) > 1 and looks_like_header(start[0][1], start[1][1]):
        header = start.pop(0)[1]
    yield from _grouped(header, chain(start, rows), within, titles)


def looks_like_header(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a first row names columns: filled, different and short, and none a number."""
    names = [cell.strip() for cell in row]
    while names and not names[-1]:
        names.pop()
    if names and not names[0]:
        names = names[1:]  # a table of both ways leaves the corner free
    if not names or not all(names) or len(set(names)) < len(names):
        return False
    if any(map(_is_number, names)) or max(map(len, names)) > 60:
        return False
    return _filled(row) >= min(2, _filled(below))


def _grouped(
    header: Sequence[str], rows: Iterable[Row], within: str, titles: tuple[str, ...]
) -> Iterator[Block]:
    names = [f"{name}: " if name else "" for name in map(_line, header)]
    run: list[str] = []
    last = 0
    for number, cells in rows:
        text = _pairs(names, cells)
        if run and (number != last + 1 or len(run) == _ROWS_A_BLOCK):
            span = _span(last - len(run) + 1, last, within)
            yield Block("\n".join(run), BlockKind.TABLE, span, titles)
            run = []
        if text:
            run.append(text)
            last = number
    if run:
        span = _span(last - len(run) + 1, last, within)
        yield Block("\n".join(run), BlockKind.TABLE, span, titles)


def _pairs(names: Sequence[str], cells: Sequence[str]) -> str:
    values = zip_longest(names, map(_line, cells), fillvalue="")
    return "; ".join([name + value for name, value in values if value])


def _span(first: int, last: int, within: str) -> Span:
    return Span(Unit.ROW, first, last, within)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _line(cell: str) -> str:
    return " ".join(cell.split())


def _is_number(cell: str) -> bool:
    digits = cell.strip().strip("$€£%+-").replace(",", "").replace(".", "", 1)
    return digits.isdigit()
