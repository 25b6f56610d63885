"""Whether a goal can only be answered from two sources together, one of them a table.

`Which guests at table 4 get the vegetarian menu?`: who sits where stands in one file, and who eats
what in another. Read beside each other, a small model takes one of them for the whole; asked in
SQL, both count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from nomoat.agent.opening.leads import text_of
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_info import TableInfo
from nomoat.tools.table_sources import LOG

MORE = 0.15
"""Of the weight of the goal's words, how much more two sources have to hold than the best one."""
OWN = 0.12
"""Of the same, what each of the two has to hold by itself."""
STEM = 5
"""Letters from which on a word may end in another way."""
FILES = 100
"""Files that are looked into."""
LOOKED_AT = 100_000
"""Characters of each."""
_GENERAL = frozenset(
    "name names number numbers list lists file files table tables day days date time times people "
    "person one two three all each much many year month week only other others same new first last "
    "old thing things kind line lines write save also still per".split()
)
"""Words that stand anywhere, and say nothing of where to look."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and whether it can be asked in SQL."""

    path: str
    text: str
    """All that is in it, with the names of its columns."""
    is_table: bool = False
    is_list: bool = False


def sources_of(
    workspace: Workspace, tables: Sequence[TableInfo], lists: Sequence[TableInfo]
) -> list[Source]:
    """The files of a workspace, of a big one the first; a log is asked as a list is."""
    told: dict[str, list[str]] = {}
    for info in (*tables, *lists):
        told.setdefault(info.file, []).append(str(info))
    rows = {one.file for one in tables if not one.file.lower().endswith(LOG)}
    files = (entry for entry in workspace.walk() if not entry.is_folder and entry.size)
    return [
        Source(
            one.path,
            "\n".join(
                [one.path, text_of(workspace, one.path)[:LOOKED_AT], *told.get(one.path, ())]
            ),
            one.path in rows,
            one.path in told,
        )
        for one in islice(files, FILES)
    ]


def spanned(words: Sequence[str], sources: Sequence[Source]) -> tuple[str, ...]:
    """The two files that hold more of the goal's words together than any one does, at least one of
    them a table; none where one file is enough.

    `words`: what the goal speaks of, in small letters.
    """
    told = [word for word in words if word not in _GENERAL and (len(word) > 2 or word.isdigit())]
    held = {source.path: {w for w in told if _stands_in(w, source.text)} for source in sources}
    weights = _weights(told, held.values())
    total = sum(weights.values())
    asked = [source for source in sources if source.is_table or source.is_list]
    best = max((_weight(words, weights) for words in held.values()), default=0.0)
    found, pair = 0.0, tuple[str, ...]()
    for one, other in combinations(asked, 2):
        mine, its = held[one.path], held[other.path]
        both = _weight(mine | its, weights)
        own = min(_weight(mine - its, weights), _weight(its - mine, weights))
        if (one.is_table or other.is_table) and both > found and own >= OWN * total > 0:
            found, pair = both, (one.path, other.path)
    return pair if found >= best + MORE * total else ()


def _weights(words: Sequence[str], held: Collection[Collection[str]]) -> Mapping[str, float]:
    """How rare each word is among the sources; words that stand in none say nothing."""
    counts = {word: sum(word in each for each in held) for word in words}
    return {w: math.log(1 + len(held) / (n + 0.5)) for w, n in counts.items() if n}


def _weight(words: Collection[str], weights: Mapping[str, float]) -> float:
    return sum(weights[word] for word in words)


def _stands_in(word: str, text: str) -> bool:
    """Whether a text holds a word, or a form of it."""
    if len(word) < STEM:
        pattern = rf"(?<![^\W_]){re.escape(word)}(?:e?s)?(?![^\W_])"
    else:
        pattern = rf"(?<![^\W_]){re.escape(word[: max(STEM - 1, len(word) - 2)])}"
    return re.search(pattern, text, re.IGNORECASE) is not None
