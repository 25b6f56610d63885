"""What two files do not have in common, in short lines that can be answered from at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nomoat.tools.compare_tables import Changed, Differences, Records
from nomoat.tools.text import counted

ROOM = 2_100
"""Characters of what is listed; what does not fit is counted."""
_INLINE = 40
"""Characters of a name that stands in a row of names."""
_ITEM = 200

Numbered = tuple[int, str]
"""A line and its number."""


def rows_told(
    first: tuple[str, Records],
    second: tuple[str, Records],
    found: Differences,
    *,
    parts: int = 1,
    dated: bool = False,
) -> Iterator[str]:
    """Of two tables; `parts`: how many pairs share the room. `dated`: the first is the older."""
    (a, left), (b, right) = first, second
    room = ROOM // parts // 3
    by = f"by {found.key}" if found.key else "by whole rows"
    yield f"{a} ({_rows(left)}) and {b} ({_rows(right)}), compared {by}:"
    if not found.first and not found.second and not found.changed:
        yield f"No difference: both have the same {counted(found.same, 'row')}, in whatever order."
    else:
        gone, new = _only_in(dated)
        yield from _listed(f"{gone} {a}", found.first, room)
        yield from _listed(f"{new} {b}", found.second, room)
        if found.changed or (found.key and found.beside):
            yield from _changes(found.changed, room)
        yield f"The same in both: {counted(found.same, 'row')}"
    for name, mine, theirs in ((a, left, right), (b, right, left)):
        there = {column.casefold() for column in theirs.columns}
        only = [column for column in mine.columns if column.casefold() not in there]
        if only and len(only) < len(mine.columns):
            yield f"Columns only in {name}: {', '.join(only)}"


def lines_told(
    paths: tuple[str, str],
    first: Sequence[Numbered],
    second: Sequence[Numbered],
    dated: bool = False,
) -> Iterator[str]:
    """Of two texts, the older first where they are `dated`; the same line counts as often as it
    stands there."""
    only_first, only_second = _surplus(first, second), _surplus(second, first)
    same = len(first) - len(only_first)
    if not only_first and not only_second:
        in_order = [line for _, line in first] == [line for _, line in second]
        order = "" if in_order else ", in another order"
        lines = counted(same, "line")
        yield f"No difference: {paths[0]} and {paths[1]} have the same {lines}{order}."
        return
    only = zip(_only_in(dated), paths, (only_first, only_second), strict=True)
    for head, path, lines_only in only:
        yield from _listed(f"{head} {path}", lines_only, ROOM // 2)
    yield f"In both: {counted(same, 'line')}"


def _only_in(dated: bool) -> tuple[str, str]:
    """How what only one of them has is headed, in the order of the files."""
    return ("Gone, only in", "New, only in") if dated else ("Only in", "Only in")


def _surplus(lines: Sequence[Numbered], others: Sequence[Numbered]) -> list[str]:
    there = Counter(line for _, line in others)
    only = []
    for _, line in lines:
        there[line] -= 1
        if there[line] < 0:
            only.append(line)
    return only


def _changes(changed: Sequence[Changed], room: int) -> Iterator[str]:
    items = [f"{one.label}: {'; '.join(map(_cell, one.cells))}" for one in changed]
    yield from _listed("In both with other values", items, room, inline=False)
    if sum(map(len, items)) > room:
        by_column = Counter(column for one in changed for column, _, _ in one.cells)
        counts = ", ".join(f"{column} {n}" for column, n in by_column.most_common())
        yield f"Values that changed, by column: {counts}"


def _cell(cell: tuple[str, str, str]) -> str:
    column, old, new = cell
    return f"{column} {old or '(empty)'} → {new or '(empty)'}"


def _listed(head: str, items: Sequence[str], room: int, *, inline: bool = True) -> Iterator[str]:
    """`Only in a.csv (2): Anna, Ben`; longer ones each on a line; as many as fit."""
    head = f"{head} ({len(items)}):"
    if not items:
        yield f"{head} none"
        return
    shown: list[str] = []
    for item in items:
        shown.append(item if len(item) <= _ITEM else f"{item[: _ITEM - 1]}…")
        room -= len(shown[-1]) + 2
        if room < 0 and len(shown) > 1:
            shown.pop()
            break
    left = len(items) - len(shown)
    if inline and all(len(item) <= _INLINE and "," not in item for item in shown):
        yield f"{head} {', '.join(shown)}{f' … and {left} more' if left else ''}"
        return
    yield head
    yield from (f"- {item}" for item in shown)
    if left:
        yield f"… and {left} more"


def _rows(records: Records) -> str:
    return counted(len(records.rows), "row")
