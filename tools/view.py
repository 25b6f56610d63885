"""Tools in view: which of many tools fit a goal, found by meaning.

A small model chooses badly among twenty tools, and a sentence embedder chooses well: each tool
says in a few phrases what people want when they need it, and the goal is held against these. Only
the tools that fit are offered at first; the rest comes into view when they lead nowhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
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


Scores = Mapping[str, float]
"""Tool name → the cosine of its nearest phrase and a text."""


@dataclass(frozen=True, slots=True)
class Fits:
    """How well each tool fits a goal."""

    names: tuple[str, ...]
    """Every tool, as the toolbox has them."""
    whole: Scores | None = None
    """For the goal as it stands; None where it cannot be told, and every tool fits."""
    parts: tuple[Scores, ...] = ()
    """For each clause of the goal, in order; none where it has but one."""

    def among(
        self, names: Collection[str] | None = None, margin: float = MARGIN
    ) -> tuple[str, ...]:
        """The tools to offer of these (default: of all), best first."""
        asked = tuple(name for name in self.names if names is None or name in names)
        if self.whole is None:
            return asked
        kept: dict[str, float] = {}
        for scores in (self.whole, *self.parts):
            known = {name: scores[name] for name in asked}
            best = max(known.values(), default=0.0)
            if best < LEAST and scores is not self.whole:
                continue  # a clause like no phrase asks for nothing of its own
            for name, score in known.items():
                if score >= best - margin:
                    kept[name] = max(kept.get(name, 0.0), score)
        return tuple(sorted(kept, key=lambda name: -kept[name]))[:IN_VIEW]

    @property
    def first(self) -> str:
        """The tool that fits the beginning of the goal best; empty where that cannot be told."""
        start = self.parts[0] if self.parts else self.whole
        return max(start, key=lambda name: start[name]) if start else ""

    @property
    def best(self) -> dict[str, float]:
        """How well each tool fits the goal or the clause of it that it fits best, best first."""
        if self.whole is None:
            return {}
        best = {name: max(s[name] for s in (self.whole, *self.parts)) for name in self.names}
        return dict(sorted(best.items(), key=lambda item: -item[1]))

    @property
    def sureness(self) -> float:
        """The score of the tool that fits best; 0 where that cannot be told."""
        return max(self.best.values(), default=0.0)


class View:
    """Finds the tools that fit. `embedder` is the memory's; None, or one that is not there: all."""

    def __init__(self, toolbox: Toolbox, embedder: Embedder | None) -> None:
        self._toolbox = toolbox
        self._embedder = embedder
        self._phrases: list[tuple[str, str]] = [
            (name, phrase) for name in toolbox.names for phrase in _phrases(toolbox, name)
        ]
        self._vectors: Vectors | None = None

    def of(self, goal: str) -> Fits:
        """How well each tool fits a goal; a handful of tools needs no choice."""
        names = tuple(self._toolbox.names)
        if len(names) <= FEW or self._embedder is None:
            return Fits(names)
        try:
            whole, *parts = self._scores(self._embedder, clauses(goal))
        except NomoatError:  # the embedder's files are not on this machine
            return Fits(names)
        return Fits(names, whole, tuple(parts))

    def _scores(self, embedder: Embedder, texts: Sequence[str]) -> list[Scores]:
        """For each text: how near each tool's nearest phrase is."""
        wordings = [*texts, *map(without_names, texts)]
        near = self._phrase_vectors(embedder) @ embedder.embed(wordings).T
        found = [dict.fromkeys(self._toolbox.names, -1.0) for _ in texts]
        for (name, _), row in zip(self._phrases, near, strict=True):
            for at, scores in enumerate(found):
                score = max(float(row[at]), float(row[at + len(texts)]))
                scores[name] = max(scores[name], score)
        return list(found)

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
