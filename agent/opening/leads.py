"""Where in the workspace the words of a goal stand: shown to the model before its first thought.

A small model opens a table because it sees one, and overlooks the note beside it. So the harness
looks first: it weighs every text and every table by how many of the goal's words they hold, and
how rare these are, and shows the best places as they stand there.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import PurePosixPath

from nomoat.agent.goal.asked import files_named, speaks_of_files
from nomoat.memory.query import understand
from nomoat.tools.errors import ToolError
from nomoat.tools.guard.paths import Entry, Workspace
from nomoat.tools.table_info import TableInfo
from nomoat.tools.text import encoding_of

FILES = 400
"""Files that are looked into; of a bigger workspace only the first."""
FILE_BYTES = 300_000
CHUNK_CHARS = 700
SHOWN = 3
SHOWN_CHARS = 1_400
NAMED_CHARS = 2_500
"""Of the text files that a goal names, together, to be read at once: the first step would read
them anyway."""
NEAR_BEST = 0.6
"""Of the best place's weight, what another must have to be shown as well."""
LEAST_SHARE = 0.2
"""Of the weight of all words of the goal, what a place must hold to be shown at all."""

STEM = 3
"""Letters that two forms of a word have in common at least."""
STEM_BEYOND = 5
"""The same, for words that are looked for in other files than those a goal names."""
ENOUGH = 0.5
"""The share from which on a goal is answered from the places shown, without looking first."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A place in a file that holds words of the goal."""

    path: str
    first: int
    last: int
    """Lines, from 1."""
    text: str
    whole: bool
    """It is all of the file."""
    weight: float
    """Sum of the rarity of the goal's words it holds."""
    chosen: str = ""
    """What its lines were chosen for, where they do not follow each other."""

    @property
    def citation(self) -> str:
        """`notes/b.md:14-20`"""
        return f"{self.path}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Leads:
    """What was found for a goal."""

    texts: tuple[Lead, ...] = ()
    """The places to show, best first."""
    share: float = 0.0
    """Of the weight of all words of the goal, what the best text holds."""
    beside_fits: bool = False
    """What is shown anyway holds words of the goal, and as well as any file."""
    tables_fit: bool = True
    """A table holds the words of the goal about as well as the best text, or no text holds any."""
    tables_best: bool = False
    """A table holds more of the goal's words than any text."""
    of_tables: tuple[float, ...] = ()
    """The weight of each table."""
    everything: bool = False
    """All that the workspace holds is shown."""
    named: bool = False
    """All texts that the goal names, and that are there, are shown whole."""

    @property
    def chosen(self) -> bool:
        """Lines were chosen for the goal by what they are, and not by its words."""
        return any(lead.chosen for lead in self.texts)

    def ranked(self, tables: Sequence[TableInfo]) -> Sequence[TableInfo]:
        """The tables they were found among, those that hold most of the goal's words first; those
        that hold none, where others do, without samples of their values."""
        if len(self.of_tables) != len(tables):
            return tables
        pairs = sorted(zip(self.of_tables, tables, strict=True), key=lambda pair: -pair[0])
        some = any(self.of_tables)
        return [one if weight or not some else one.without_samples for weight, one in pairs]


def find_leads(
    goal: str,
    workspace: Workspace,
    tables: Sequence[TableInfo] = (),
    *,
    beside: Sequence[str] = (),
    opens_named: bool = True,
) -> Leads:
    """The places for a goal. A place has to be as good as `beside`, texts that are shown anyway.

    `opens_named`: the text files that the goal names are shown whole, where they are short.
    """
    named = _named(goal, workspace, {table.file for table in tables}) if opens_named else ()
    if any(PurePosixPath(table.file).name in goal for table in tables):
        return Leads(named)  # the goal says itself where to look
    # a short number stands anywhere: it leads nowhere
    words = [word for word in understand(goal).words if not (word.isdigit() and len(word) < 4)]
    words = _beyond(words, named)
    left_out = {table.file for table in tables} | {lead.path for lead in named}
    chunks = [
        chunk
        for entry in _texts(workspace)
        if entry.path not in left_out
        for chunk in _chunks(workspace, entry)
    ]
    texts = [*map(_indexed, chunks), *map(str, tables), *beside]
    weights, total = rarities(words, texts)
    found = sorted(
        (
            Lead(c.path, c.first, c.last, c.text, c.whole, weight)
            for c, weight in zip(chunks, weights, strict=False)
            if weight and weight >= (ENOUGH if named else LEAST_SHARE) * total
        ),
        key=lambda lead: -lead.weight,
    )
    of_beside = max(weights[len(chunks) + len(tables) :], default=0.0)
    best = max(found[0].weight if found else 0.0, of_beside)
    of_tables = weights[len(chunks) : len(chunks) + len(tables)]
    best_table = max(of_tables, default=0.0)
    fits = not best or best_table >= NEAR_BEST * best
    small = not tables and not named and 0 < sum(len(chunk.text) for chunk in chunks) <= SHOWN_CHARS
    if small and speaks_of_files(goal):  # all of the folder is sooner read than searched
        every = zip(chunks, weights, strict=False)
        shown = tuple(Lead(c.path, c.first, c.last, c.text, c.whole, w) for c, w in every)
        return Leads(shown, 1.0, of_beside > 0 and of_beside >= best, fits, everything=True)
    shown = tuple(_within([lead for lead in found if lead.weight >= NEAR_BEST * best]))
    share = best / total if total else 0.0
    beside_fits = of_beside > 0 and of_beside >= max(best, best_table)
    return Leads(
        (*named, *shown),
        share,
        beside_fits,
        fits,
        tables_best=best_table > best,
        of_tables=tuple(of_tables),
        named=bool(named),
    )


def _named(goal: str, workspace: Workspace, as_tables: Collection[str]) -> tuple[Lead, ...]:
    """The texts that a goal names, whole, in its order; none where one of them cannot be shown so:
    it is long, or no text."""
    names = {name.casefold() for name in files_named(goal)}
    found, room = [], NAMED_CHARS
    for entry in workspace.walk() if names else ():
        is_named = names & {entry.path.casefold(), PurePosixPath(entry.path).name.casefold()}
        if not is_named or entry.is_folder or entry.path in as_tables or not entry.size:
            continue
        text = text_of(workspace, entry.path).rstrip("\n") if entry.size <= FILE_BYTES else ""
        room -= len(text)
        if not text or room < 0:
            return ()
        found.append(Lead(entry.path, 1, len(text.splitlines()), text, True, 1.0))
    return tuple(sorted(found, key=lambda lead: goal.find(PurePosixPath(lead.path).name)))


def _beyond(words: Sequence[str], named: Sequence[Lead]) -> list[str]:
    """The words that the files which are shown anyway do not hold."""
    held = " ".join(f"{lead.path} {lead.text}" for lead in named).casefold()
    return [word for word in words if not named or word.casefold()[:STEM_BEYOND] not in held]


def _within(leads: Sequence[Lead]) -> Iterator[Lead]:
    room = SHOWN_CHARS
    for lead in leads[:SHOWN]:
        if len(lead.text) > room:
            return
        room -= len(lead.text)
        yield lead


@dataclass(frozen=True, slots=True)
class _Chunk:
    path: str
    first: int
    last: int
    text: str
    whole: bool


def _texts(workspace: Workspace) -> Iterator[Entry]:
    found = 0
    for entry in workspace.walk():
        if not entry.is_folder and 0 < entry.size <= FILE_BYTES:
            found += 1
            if found > FILES:
                return
            yield entry


def text_of(workspace: Workspace, path: str) -> str:
    """A text file up to `FILE_BYTES`; empty for what is none, or cannot be read."""
    try:
        with workspace.open_read(path) as file:
            data = file.read(FILE_BYTES)
    except ToolError:
        return ""
    encoding = encoding_of(data)
    return data.decode(encoding, "replace") if encoding else ""


def _chunks(workspace: Workspace, entry: Entry) -> Iterator[_Chunk]:
    """A file's lines in pieces of about `CHUNK_CHARS`; nothing of what is no text."""
    lines = text_of(workspace, entry.path).splitlines()
    start, size = 0, 0
    for at, line in enumerate(lines):
        if size and size + len(line) > CHUNK_CHARS:
            yield _chunk(entry.path, lines, start, at)
            start, size = at, 0
        size += len(line) + 1
    if start < len(lines):
        yield _chunk(entry.path, lines, start, len(lines))


def _chunk(path: str, lines: Sequence[str], start: int, end: int) -> _Chunk:
    text = "\n".join(line[:CHUNK_CHARS] for line in lines[start:end])
    return _Chunk(path, start + 1, end, text, start == 0 and end == len(lines))


def _indexed(chunk: _Chunk) -> str:
    return f"{chunk.path} {chunk.text}"


def rarities(words: Sequence[str], texts: Sequence[str]) -> tuple[list[float], float]:
    """The weight of each text, and of all words together. Words meet by their stems (FTS5)."""
    weights, total = [0.0] * len(texts), 0.0
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='porter unicode61')")
        database.executemany("INSERT INTO t(text) VALUES (?)", ((text,) for text in texts))
        for word in words:
            quoted = '"' + word.replace('"', '""') + '"'
            rows = [
                row
                for row in database.execute("SELECT rowid FROM t WHERE t MATCH ?", (quoted,))
                if _begins_so(word, texts[row[0] - 1])
            ]
            rarity = math.log(1 + len(texts) / (len(rows) + 0.5))
            total += rarity
            for (row,) in rows:
                weights[row - 1] += rarity
    return weights, total


def _begins_so(word: str, text: str) -> bool:
    """Whether a word of the text begins as this one: the stem of `Ines` is that of `in`."""
    return re.search(rf"\b{re.escape(word[:STEM])}", text, re.IGNORECASE) is not None
