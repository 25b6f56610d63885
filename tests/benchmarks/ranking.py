"""The three ways of ranking that the recall benchmarks compare, and how they are shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table

from nomoat.memory.embed import Embedder
from nomoat.memory.opened import Opened
from nomoat.memory.query import understand

AT = (1, 5, 10)
_MOST = 20
Ranking = Callable[[str], list[int]]
"""A question to ids of chunks, best first."""


def rankings(memory: Opened, embedder: Embedder) -> dict[str, Ranking]:
    """Vectors alone (cosine), words alone (FTS5's BM25, stemmed, without stop words), ours."""

    def vectors(question: str) -> list[int]:
        vector = embedder.embed([question])[0]
        return list(memory.index.nearest(vector, min(_MOST, memory.layout.chunks)))

    def words(question: str) -> list[int]:
        said = " OR ".join(f'"{word}"' for word in understand(question).words)
        sql = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT ?"
        return [key for (key,) in memory.store._database.rows(sql, (said, _MOST))]

    def ours(question: str) -> list[int]:
        return [hit.stored.id for hit in memory.retriever().rank(understand(question))]

    return {"vectors": vectors, "words (BM25)": words, "ours": ours}


def show(
    title: str, scores: dict[str, list[list[float]]], facts: dict[str, Any], as_json: bool
) -> None:
    """Print mean recall at each k, as a table or as JSON."""
    means = {
        name: {
            f"R@{k}": round(sum(row[at] for row in rows) / len(rows), 4) for at, k in enumerate(AT)
        }
        for name, rows in scores.items()
    }
    if as_json:
        print(json.dumps({**facts, "recall": means}))
        return
    table = Table(title=title)
    for heading in ("", *(f"R@{k}" for k in AT)):
        table.add_column(heading, justify="right" if heading else "left")
    for name, figures in means.items():
        table.add_row(name, *(f"{figure:.3f}" for figure in figures.values()))
    Console().print(table)
