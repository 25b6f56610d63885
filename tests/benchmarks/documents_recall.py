"""Recall on pages of several kinds, made from a seed: vectors alone, words alone, and ours.

    python tests/benchmarks/documents_recall.py [--json] [--seed N]

300 pages (handbook, mails, minutes, recipes, contracts, data sheets, logs, medical letters,
diaries) are written, read and cut like any file. Each question is in other words than the
sentence that answers it, and other pages hold the same sentence with other values. Recall at k
is whether the chunk with that sentence is among the first k.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from embeddings import Cached
from page_kinds import KINDS, SLOTS, Kind
from ranking import AT, rankings, show

from nomoat.memory.chunk import chunk
from nomoat.memory.embed import Embedder, MiniLM
from nomoat.memory.ingest import Ingest
from nomoat.memory.load import parse
from nomoat.memory.opened import Opened

PAGES = 300
SEED = 20261122


@dataclass(frozen=True)
class Page:
    name: str
    text: str
    questions: list[tuple[str, str]]
    """Question, and the sentence that answers it."""


def write_pages(seed: int, count: int = PAGES) -> Iterator[Page]:
    """Pages of all kinds in turn; each subject comes back with other facts and another year."""
    chance = random.Random(seed)
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        turn = number // len(KINDS)
        edition = turn // len(kind.subjects)
        subject = kind.subjects[turn % len(kind.subjects)]
        yield _page(chance, kind, subject, f"{kind.name}-{number:03}", edition)


def _page(chance: random.Random, kind: Kind, subject: str, name: str, edition: int) -> Page:
    """Two thirds of the kind's facts, each among filler; a second edition has what is left."""
    facts = list(kind.facts)
    half = (len(facts) + 1) // 2
    facts = facts[:half] if edition == 0 else facts[half:]
    lines, questions, section = [f"# {kind.title.format(subject=subject)}", ""], [], None
    filler = list(kind.filler)
    chance.shuffle(filler)
    for heading, sentence, asked in facts:
        if heading != section and heading:
            lines += [f"## {heading}", ""]
        section = heading
        slots = {slot: chance.choice(values) for slot, values in SLOTS.items()}
        said = sentence.format(subject=subject, **slots)
        around = [filler.pop(), said, filler.pop()] if len(filler) > 1 else [said]
        lines += [" ".join(around), ""]
        questions.append((chance.choice(asked).format(subject=subject, **slots), said))
    lines += [" ".join(chance.sample(kind.filler, 3)), ""]
    return Page(name, "\n".join(lines), questions)


def measure(seed: int, embedder: Embedder) -> dict[str, object]:
    pages = list(write_pages(seed))
    chance = random.Random(seed)
    # one question of each page: about as many as there are pages
    asked = [(*chance.choice(page.questions), page.name) for page in pages]
    with tempfile.TemporaryDirectory() as folder:
        memory = Opened(Path(folder) / "memory", embedder, None)
        try:
            _fill(memory, embedder, pages, Path(folder))
            chunks = memory.store.chunks(memory.store.chunk_ids())
            scores: dict[str, list[list[float]]] = {}
            for question, said, name in asked:
                right = {
                    key
                    for key, stored in chunks.items()
                    if stored.path == f"{name}.md" and said in stored.chunk.text
                }
                for way, rank in rankings(memory, embedder).items():
                    found = rank(question)
                    hits = [float(bool(right.intersection(found[:k]))) for k in AT]
                    scores.setdefault(way, []).append(hits)
        finally:
            memory.close()
    return {"questions": len(asked), "pages": len(pages), "chunks": len(chunks), "scores": scores}


def _fill(memory: Opened, embedder: Embedder, pages: list[Page], folder: Path) -> None:
    ingest = Ingest(memory, embedder)
    for page in pages:
        file = folder / f"{page.name}.md"
        file.write_text(page.text, "utf-8")
        document = parse(file, name=file.name)
        assert chunk(document)
        ingest.put(page.name, document)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="Print one JSON object, nothing else.")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    result = measure(arguments.seed, Cached(MiniLM()))
    title = "{questions} questions over {pages} pages, {chunks} chunks".format(**result)
    show(title, result.pop("scores"), result, arguments.json)


if __name__ == "__main__":
    main()
