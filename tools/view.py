"""Tools in view: which of many tools fit a goal, found by meaning.

A small model chooses badly among twenty tools, and a sentence embedder chooses well: each tool
says in a few phrases what people want when they need it, and the goal is held against these. Only
the tools that fit are offered at first; the rest comes into view when they lead nowhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nomoat.memory.errors import NomoatError
from nomoat.memory.home import home
from nomoat.tools.base import spec_of
from nomoat.tools.toolbox import Toolbox

if TYPE_CHECKING:
    from nomoat.memory.embed import Embedder, Vectors

MARGIN = 0.12
"""How much less than the best tool one may fit and still be in view (a difference of cosines)."""
LEAST = 0.4
"""The cosine from which on a clause asks for something of its own."""
IN_VIEW = 6
FEW = 5
"""So many tools need no choice."""
CLAUSE_WORDS = 3
"""A shorter clause says too little of its own."""

_QUOTED = re.compile(r"(?<!\w)(['\"“‘«])[^'\"”’»\n]{2,}['\"”’»](?!\w)")
_ADDRESS = re.compile(r"\bhttps?://\S+")
_TABLE_FILE = re.compile(r"(?<![/\w])[\w./-]+\.(?:csv|tsv|xlsx|parquet|jsonl?)\b", re.IGNORECASE)
_OTHER_FILE = re.compile(r"(?<![/:\w])[\w./-]+\.[A-Za-z]\w{1,4}\b")
_CLAUSE_END = re.compile(r"(?<=[.?!;:,])\s+|\b(?:and then|and|then)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a tool fits a goal."""

    name: str
    score: float
    """The cosine of its nearest phrase and the clause of the goal that is nearest to it."""


class View:
    """Finds the tools that fit. `embedder` is the memory's; None, or one that is not there: all."""

    def __init__(self, toolbox: Toolbox, embedder: Embedder | None) -> None:
        self._toolbox = toolbox
        self._embedder = embedder
        self._phrases: list[tuple[str, str]] = [
            (name, phrase) for name in toolbox.names for phrase in _phrases(toolbox, name)
        ]
        self._vectors: Vectors | None = None

    def fitting(
        self, goal: str, among: Collection[str] | None = None, margin: float = MARGIN
    ) -> tuple[str, ...]:
        """The names of the tools to offer for a goal, best first, of those in `among`."""
        names = tuple(n for n in self._toolbox.names if among is None or n in among)
        if len(self._toolbox.names) <= FEW or self._embedder is None:
            return names
        try:
            of_clauses = self._of_clauses(goal)
        except NomoatError:  # the embedder's files are not on this machine
            return names
        kept: dict[str, float] = {}
        for scores in of_clauses:
            known = {name: scores[name] for name in names}
            best = max(known.values(), default=0.0)
            if best < LEAST and scores is not of_clauses[0]:
                continue  # a clause like no phrase asks for nothing of its own
            for name, score in known.items():
                if score >= best - margin:
                    kept[name] = max(kept.get(name, 0.0), score)
        return tuple(sorted(kept, key=lambda name: -kept[name]))[:IN_VIEW]

    def first(self, goal: str) -> str:
        """The tool that fits the beginning of a goal best; empty where that cannot be told."""
        try:
            scores = self._of_clauses(goal)[1:2]
        except NomoatError:
            return ""
        return max(scores[0], key=lambda name: scores[0][name]) if scores else ""

    def sureness(self, goal: str) -> float:
        """The score of the tool that fits best; 0 where that cannot be told."""
        try:
            return self.ranked(goal)[0].score
        except (NomoatError, IndexError):
            return 0.0

    def ranked(self, goal: str) -> tuple[Fit, ...]:
        """Every tool, best first. A tool is as good as it is for the clause it fits best.

        Raises:
            StoreError: the embedder's files are not there.
        """
        of_clauses = self._of_clauses(goal)
        best = {name: max(s[name] for s in of_clauses) for name in self._toolbox.names}
        return tuple(Fit(name, best[name]) for name in sorted(best, key=lambda name: -best[name]))

    def _of_clauses(self, goal: str) -> list[dict[str, float]]:
        """For the goal and each clause of it: how near each tool's nearest phrase is."""
        if self._embedder is None or not self._phrases:
            return [dict.fromkeys(self._toolbox.names, 0.0)]
        parts = clauses(goal)
        wordings = [*parts, *map(without_names, parts)]
        near = self._phrase_vectors(self._embedder) @ self._embedder.embed(wordings).T
        found = [dict.fromkeys(self._toolbox.names, -1.0) for _ in parts]
        for (name, _), row in zip(self._phrases, near, strict=True):
            for at, scores in enumerate(found):
                score = max(float(row[at]), float(row[at + len(parts)]))
                scores[name] = max(scores[name], score)
        return found

    def _phrase_vectors(self, embedder: Embedder) -> Vectors:
        if self._vectors is None:
            self._vectors = _kept(embedder, [phrase for _, phrase in self._phrases])
        return self._vectors


def clauses(goal: str) -> tuple[str, ...]:
    """The goal, and the parts of it that ask for something of their own."""
    parts = (part.strip() for part in _CLAUSE_END.split(goal))
    long = [part for part in parts if len(part.split()) >= CLAUSE_WORDS]
    return tuple(dict.fromkeys([goal, *long]))


def without_names(clause: str) -> str:
    """The clause with what is quoted, every address and every file's name made general."""
    clause = _ADDRESS.sub("https://site.org/page", _QUOTED.sub("a text", clause))
    return _OTHER_FILE.sub("a file", _TABLE_FILE.sub("a table", clause))


def _phrases(toolbox: Toolbox, name: str) -> Sequence[str]:
    tool = toolbox.get(name)
    uses = spec_of(tool).uses
    return uses or [tool.description.split("\n\n")[0], name.replace("_", " ")]


def _kept(embedder: Embedder, phrases: Sequence[str]) -> Any:
    """The vectors of the phrases, from disk if they were computed before."""
    import numpy as np

    key = hashlib.sha256("\n".join([embedder.sha256, *phrases]).encode()).hexdigest()[:24]
    file = home() / "cache" / f"phrases-{key}.npy"
    with suppress(OSError, ValueError, EOFError):
        vectors = np.load(file, allow_pickle=False)
        if vectors.shape == (len(phrases), embedder.dimension):
            return vectors
    vectors = embedder.embed(phrases)
    with suppress(OSError):  # a disk that refuses only costs the time again
        _save(file, vectors)
    return vectors


def _save(file: Path, vectors: Any) -> None:
    import numpy as np

    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_suffix(".part")
    with part.open("wb") as out:
        np.save(out, vectors)
    part.replace(file)
