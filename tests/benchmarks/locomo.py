"""Evidence recall on dialogues in the shape of LoCoMo: vectors alone, words alone, and ours.

    python tests/benchmarks/locomo.py FILE [--json]

FILE is a JSON array of dialogues, each with `turns` (id, when, speaker, text) and `qa` (question,
evidence: turn ids). Each dialogue is a memory of its own, each turn a chunk. Recall at k is the
share of a question's evidence that is among the first k turns, averaged over questions.
Embeddings are kept in the user's cache folder, so a second run takes seconds.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings import Cached
from rich.console import Console
from rich.table import Table

from nomoat.memory.document import Block, BlockKind, Document, Span, Unit
from nomoat.memory.embed import Embedder, MiniLM
from nomoat.memory.ingest import Ingest
from nomoat.memory.load.dates import iso_date
from nomoat.memory.opened import Opened
from nomoat.memory.query import understand
from nomoat.memory.retrieve import Hit

AT = (1, 5, 10)
Ranking = Callable[[str], list[int]]
"""A question to the positions of turns, best first."""


@dataclass(frozen=True)
class Dialogue:
    turns: list[dict[str, str]]
    questions: list[tuple[str, set[int]]]

    def document(self) -> Document:
        blocks = tuple(
            Block(
                f"{turn['speaker']}: {turn['text']}",
                BlockKind.TURN,
                Span(Unit.MESSAGE, number, number),
                date=iso_date(turn["when"]),
            )
            for number, turn in enumerate(self.turns, 1)
        )
        return Document("dialogue", "dialogue", blocks, sha256="0")


def read(path: Path) -> list[Dialogue]:
    dialogues = []
    for item in json.loads(path.read_text("utf-8")):
        at = {turn["id"]: number for number, turn in enumerate(item["turns"])}
        questions = [
            (qa["question"], {at[turn] for turn in qa["evidence"] if turn in at})
            for qa in item["qa"]
        ]
        dialogues.append(Dialogue(item["turns"], [q for q in questions if q[1]]))
    return dialogues


@contextmanager
def opened(dialogue: Dialogue, embedder: Embedder) -> Iterator[Opened]:
    """A memory that holds one dialogue."""
    with tempfile.TemporaryDirectory() as folder:
        memory = Opened(Path(folder), embedder, None)
        try:
            Ingest(memory, embedder).put("dialogue", dialogue.document())
            yield memory
        finally:
            memory.close()


def rankings(memory: Opened, embedder: Embedder) -> dict[str, Ranking]:
    """The three ways to rank."""
    layout = memory.layout
    turn = {
        key: stored.chunk.span.first - 1
        for key, stored in memory.store.chunks(memory.store.chunk_ids()).items()
        if stored.chunk.span
    }

    def turns(ids: list[int]) -> list[int]:
        return list(dict.fromkeys(turn[key] for key in ids))

    def vectors(question: str) -> list[int]:
        vector = embedder.embed([question])[0]
        return turns(list(memory.index.nearest(vector, min(20, layout.chunks))))

    def words(question: str) -> list[int]:
        said = " OR ".join(f'"{word}"' for word in understand(question).words)
        rows = memory.store._database.rows(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words) LIMIT 20", (said,)
        )
        return turns([row[0] for row in rows])

    def ours(question: str) -> list[int]:
        hits: list[Hit] = memory.retriever().rank(understand(question))
        return turns([hit.stored.id for hit in hits])

    return {"vectors": vectors, "words (BM25)": words, "ours": ours}


def recall(found: list[int], evidence: set[int]) -> list[float]:
    return [len(evidence.intersection(found[:k])) / len(evidence) for k in AT]


def measure(dialogues: list[Dialogue], embedder: Embedder) -> dict[str, Any]:
    scores: dict[str, list[list[float]]] = {}
    for dialogue in dialogues:
        with opened(dialogue, embedder) as memory:
            for name, ranking in rankings(memory, embedder).items():
                scores.setdefault(name, []).extend(
                    recall(ranking(question), evidence) for question, evidence in dialogue.questions
                )
    return {
        "questions": sum(len(dialogue.questions) for dialogue in dialogues),
        "turns": sum(len(dialogue.turns) for dialogue in dialogues),
        "recall": {
            name: {
                f"R@{k}": round(sum(column) / len(column), 4)
                for k, column in zip(AT, zip(*rows, strict=True), strict=True)
            }
            for name, rows in scores.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="Print one JSON object, nothing else.")
    arguments = parser.parse_args()
    result = measure(read(arguments.file), Cached(MiniLM()))
    if arguments.json:
        print(json.dumps(result))
        return
    table = Table(title=f"{result['questions']} questions over {result['turns']} turns")
    for name in ("", *(f"R@{k}" for k in AT)):
        table.add_column(name, justify="right" if name else "left")
    for name, figures in result["recall"].items():
        table.add_row(name, *(f"{figure:.3f}" for figure in figures.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
