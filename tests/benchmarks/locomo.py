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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from embeddings import Cached
from ranking import AT, rankings, show

from nomoat.memory.document import Block, BlockKind, Document, Span, Unit
from nomoat.memory.embed import Embedder, MiniLM
from nomoat.memory.ingest import Ingest
from nomoat.memory.load.dates import iso_date
from nomoat.memory.opened import Opened


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


def recall(found: list[int], evidence: set[int]) -> list[float]:
    return [len(evidence.intersection(found[:k])) / len(evidence) for k in AT]


def measure(dialogues: list[Dialogue], embedder: Embedder) -> dict[str, list[list[float]]]:
    scores: dict[str, list[list[float]]] = {}
    for dialogue in dialogues:
        with opened(dialogue, embedder) as memory:
            chunks = memory.store.chunks(memory.store.chunk_ids())
            turn = {key: c.chunk.span.first - 1 for key, c in chunks.items() if c.chunk.span}
            for name, rank in rankings(memory, embedder).items():
                for question, evidence in dialogue.questions:
                    # a long turn may be cut into several chunks
                    found = list(dict.fromkeys(turn[key] for key in rank(question)))
                    scores.setdefault(name, []).append(recall(found, evidence))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true", help="Print one JSON object, nothing else.")
    arguments = parser.parse_args()
    dialogues = read(arguments.file)
    facts = {
        "questions": sum(len(dialogue.questions) for dialogue in dialogues),
        "turns": sum(len(dialogue.turns) for dialogue in dialogues),
    }
    scores = measure(dialogues, Cached(MiniLM()))
    show("{questions} questions over {turns} turns".format(**facts), scores, facts, arguments.json)


if __name__ == "__main__":
    main()
