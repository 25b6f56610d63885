"""Two tables held against each other: rows of one only, rows with other values, equal rows.

Rows belong together by a key. Which columns are one is not asked for but found: those whose
values tell the rows apart in both, and of these the ones by which most cells agree. Running
numbers that were given anew lose to the names beside them that way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, zip_longest

Row = tuple[str, ...]
Pair = tuple[int, int]
"""A column of the first table and the one it is in the second."""

SCORED = 5_000
"""Rows by which a key is chosen."""
_PAIRED = 6
_NAMES_ROWS = re.compile(
    r"(?:^|[\W_])(?:id|key|code|nr|no|number|sku|isbn|e-?mail|name|title)$", re.IGNORECASE
)
_OF_NAME = re.compile(r"(?:first|given|fore|middle|last|family|sur)[\W_]?name$", re.IGNORECASE)
_TELLS = re.compile(r"(?:name|title)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Records:
    """A table, all values as text in one form; empty: no value."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    texts: frozenset[int] = frozenset()
    """Which columns hold texts."""
    measures: frozenset[int] = frozenset()
    """Which hold amounts and the like, that name no row."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that both have, with other values."""

    label: str
    cells: tuple[tuple[str, str, str], ...]
    """Column, value in the first, value in the second."""


@dataclass(slots=True)
class Differences:
    """What two tables do not have in common."""

    key: str = ""
    """What the rows were told apart by; empty: each by all of its values."""
    first: list[str] = field(default_factory=list)
    """What names the rows that only the first has."""
    second: list[str] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    same: int = 0
    beside: int = 0
    """Columns that were compared beside the key."""


def differences(first: Records, second: Records) -> Differences | None:
    """What two tables do not have in common; None where nothing can be compared.

    The order of rows and columns does not count.
    """
    shared = _shared(first, second)
    key = _key(first, second, shared)
    if key:
        return _by_key(first, second, key, shared)
    return _by_row(first, second, shared) if shared else None


def _shared(first: Records, second: Records) -> list[Pair]:
    """Columns of the same name."""
    there = {_plain(name): at for at, name in reversed(list(enumerate(second.columns)))}
    names = {_plain(name): at for at, name in reversed(list(enumerate(first.columns)))}
    return sorted((at, there[name]) for name, at in names.items() if name in there)


# the key


def _key(first: Records, second: Records, shared: Sequence[Pair]) -> tuple[Pair, ...]:
    """The columns that tell the rows apart in both: one, or two together, or one that has another
    name in the other table; none where there is no such."""
    named = [pair for pair in shared if _may_name(first, pair[0]) and _may_name(second, pair[1])]
    for keys in (combinations(named, 1), combinations(named[:_PAIRED], 2)):
        found = [key for key in keys if _tells_apart(first, second, key)]
        if found:
            return max(
                found,
                key=lambda key: (_agreement(first, second, key, shared), *_rank(first, key)),
            )
    return _renamed(first, second)


def _may_name(table: Records, at: int) -> bool:
    if at in table.measures:
        return False
    return at in table.texts or at == 0 or bool(_NAMES_ROWS.search(table.columns[at]))


def _tells_apart(first: Records, second: Records, key: Sequence[Pair]) -> bool:
    """Whether (almost) no two rows of a table have the same values there."""
    for table, columns in ((first, [a for a, _ in key]), (second, [b for _, b in key])):
        values = [_values(row, columns) for row in table.rows]
        twice = len(values) - len({value for value in values if any(value)})
        if twice > (max(1, len(values) // 10) if len(values) >= 5 else 0):
            return False
    return True


def _agreement(first: Records, second: Records, key: Sequence[Pair], shared: Sequence[Pair]) -> int:
    """How many other cells are equal where rows are put together by this key."""
    left, right = [a for a, _ in key], [b for _, b in key]
    others = [pair for pair in shared if pair not in key]
    rows = {_values(row, left): row for row in first.rows}
    found = ((rows.get(_values(row, right)), row) for row in second.rows[:SCORED])
    return sum(row[a] == other[b] for row, other in found if row for a, b in others)


def _rank(first: Records, key: Sequence[Pair]) -> tuple[int, int, int]:
    """What is called a name or a number comes before other texts, and these before the rest."""
    columns = [at for at, _ in key]
    by_name = sum(bool(_NAMES_ROWS.search(first.columns[at])) for at in columns)
    texts = 0 if by_name else sum(at in first.texts for at in columns)
    return by_name, texts, -sum(columns)


def _renamed(first: Records, second: Records) -> tuple[Pair, ...]:
    """Two columns of other names that hold at least half of the same values."""
    best: tuple[int, tuple[Pair, ...]] = (0, ())
    for a in sorted(first.texts):
        there = {row[a].casefold() for row in first.rows} - {""}
        for b in sorted(second.texts):
            other = {row[b].casefold() for row in second.rows} - {""}
            common = len(there & other)
            enough = 2 * common >= min(len(there), len(other))
            if enough and common > best[0] and _tells_apart(first, second, ((a, b),)):
                best = (common, ((a, b),))
    return best[1]


# the rows


def _by_key(
    first: Records, second: Records, key: Sequence[Pair], shared: Sequence[Pair]
) -> Differences:
    left, right = [a for a, _ in key], [b for _, b in key]
    beside = len([pair for pair in shared if pair not in key])
    found = Differences(_named(first, second, key), beside=beside)
    others = _grouped(second, right)
    for value, rows in _grouped(first, left).items():
        gone, come, same = _without_equal(rows, others.pop(value, []), shared)
        found.same += same
        is_known = any(value)
        for row, other in zip_longest(gone, come):
            if row is not None and other is not None and is_known:
                cells = [(first.columns[a], row[a], other[b]) for a, b in shared]
                changed = tuple(cell for cell in cells if cell[1] != cell[2])
                found.changed.append(Changed(_label(first, row, left), changed))
                continue
            if row is not None:
                found.first.append(_label(first, row, left))
            if other is not None:
                found.second.append(_label(second, other, right))
    found.second += [_label(second, row, right) for rows in others.values() for row in rows]
    return found


def _by_row(first: Records, second: Records, shared: Sequence[Pair]) -> Differences:
    gone, come, same = _without_equal(first.rows, second.rows, shared)
    left, right = [a for a, _ in shared], [b for _, b in shared]
    return Differences(
        "",
        [_whole(row[at] for at in left) for row in gone],
        [_whole(row[at] for at in right) for row in come],
        [],
        same,
    )


def _without_equal(
    rows: Sequence[Row], others: Sequence[Row], shared: Sequence[Pair]
) -> tuple[list[Row], list[Row], int]:
    """The rows that have no equal in the other table, and how many have."""
    mine = [tuple(row[a] for a, _ in shared) for row in rows]
    theirs = [tuple(row[b] for _, b in shared) for row in others]
    gone, come = list(_surplus(rows, mine, theirs)), list(_surplus(others, theirs, mine))
    return gone, come, len(rows) - len(gone)


def _surplus(rows: Sequence[Row], cells: Sequence[Row], others: Sequence[Row]) -> Iterator[Row]:
    there = Counter(others)
    for row, value in zip(rows, cells, strict=True):
        there[value] -= 1
        if there[value] < 0:
            yield row


def _grouped(table: Records, columns: Sequence[int]) -> dict[Row, list[Row]]:
    groups: dict[Row, list[Row]] = {}
    for row in table.rows:
        groups.setdefault(_values(row, columns), []).append(row)
    return groups


# in words


def _named(first: Records, second: Records, key: Sequence[Pair]) -> str:
    names = [(first.columns[a], second.columns[b]) for a, b in key]
    return " and ".join(a if _plain(a) == _plain(b) else f"{a} = {b}" for a, b in names)


def _label(table: Records, row: Row, key: Sequence[int]) -> str:
    """The values of the key; behind a bare number or code, the name that stands beside it."""
    if not any(row[at] for at in key):
        return _whole(row)
    if any(_OF_NAME.search(table.columns[at]) for at in key):
        parts = [at for at, name in enumerate(table.columns) if _OF_NAME.search(name)]
        key = sorted({*key, *parts})
    label = " ".join(row[at] for at in key if row[at])
    if any(_TELLS.search(table.columns[at]) for at in key):
        return label
    beside = [at for at in sorted(table.texts) if at not in key]
    telling = [at for at in beside if _TELLS.search(table.columns[at])][:2]
    if not telling and not table.texts.intersection(key):
        telling = beside[:1]
    name = " ".join(row[at] for at in telling if row[at])
    return f"{label} ({name})" if name else label


def _whole(values: Iterable[str]) -> str:
    return " | ".join(values)


def _values(row: Row, columns: Sequence[int]) -> Row:
    return tuple(row[at].casefold() for at in columns)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
