"""Tables as text: each row on a line of its own that says what its values are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nomoat.memory.document import Block, BlockKind, Span, Unit

_ROWS_A_BLOCK = 200


def pairs(header: Sequence[str], cells: Sequence[str]) -> str:
    """A row as `Name: Ada; Born: 1815`, on one line; values that are empty are left out."""
    names = [*map(_line, header), *[""] * (len(cells) - len(header))]
    shown = [
        f"{name}: {value}" if name else value
        for name, value in zip(names, map(_line, cells), strict=False)
        if value
    ]
    return "; ".join(shown)


def row_blocks(
    header: Sequence[str],
    rows: Iterable[tuple[int, Sequence[str]]],
    *,
    within: str = "",
    titles: tuple[str, ...] = (),
) -> Iterator[Block]:
    """Blocks of up to 200 rows that follow each other, from numbered rows; empty rows part them."""
    run: list[str] = []
    last = 0
    for number, cells in rows:
        text = pairs(header, cells)
        if run and (number != last + 1 or len(run) == _ROWS_A_BLOCK or not text):
            yield _block(run, last, within, titles)
            run = []
        if text:
            run.append(text)
            last = number
    if run:
        yield _block(run, last, within, titles)


def looks_like_header(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a first row names columns: all filled, all different, none a number."""
    names = [cell.strip() for cell in row]
    if not all(names) or len(set(names)) < len(names) or any(map(_is_number, names)):
        return False
    return not below or any(map(_is_number, below)) or max(map(len, names)) <= 40


def _block(run: list[str], last: int, within: str, titles: tuple[str, ...]) -> Block:
    span = Span(Unit.ROW, last - len(run) + 1, last, within)
    return Block("\n".join(run), BlockKind.TABLE, span, titles)


def _line(cell: str) -> str:
    return " ".join(cell.split())


def _is_number(cell: str) -> bool:
    digits = cell.strip().strip("$€£%+-").replace(",", "").replace(".", "", 1)
    return digits.isdigit()
