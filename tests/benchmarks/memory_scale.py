"""How a memory grows: ingest, query, memory and reopening at 1,000, 10,000 and 100,000 chunks.

    python tests/benchmarks/memory_scale.py [--chunks 1000 10000 100000] [--json]

Each size is a memory of its own, made of Markdown files in which each paragraph of 60 words is a
chunk. All but the last 1,500 chunks (of small ones: half) are added with vectors that cost
nothing to compute, because the model would need most of an hour; the last ones are added with the
model through `Memory.add`, as a person would, and timed. The bare embedder's rate is measured on
the same texts just before and after. A second process reopens the memory and asks.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import accumulate
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from nomoat.memory import Memory
from nomoat.memory.embed import MINILM, MiniLM
from nomoat.memory.home import home

SIZES = (1_000, 10_000, 100_000)
PER_FILE = 50
WORDS = 60
QUERIES = 200
SAMPLE = 512
LAST = 1_500


def vocabulary() -> list[str]:
    """The whole words that the embedding model knows, in a fixed order: common and rare mixed."""
    data = json.loads((home() / "models" / MINILM / "tokenizer.json").read_text("utf-8"))
    words = sorted(word for word in data["model"]["vocab"] if word.isalpha() and len(word) > 2)
    random.Random(1).shuffle(words)
    return words


class Drawn:
    """Vectors without a model: the mean of random directions of a text's words."""

    name, dimension, sha256 = MiniLM.name, MiniLM.dimension, MiniLM.sha256

    def __init__(self) -> None:
        words = vocabulary()
        self._row = {word: row for row, word in enumerate(words)}
        directions = np.random.default_rng(5).normal(size=(len(words), self.dimension))
        self._directions = directions.astype(np.float32)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        words = [re.findall("[a-z]+", text.lower()) for text in texts]
        rows = [[self._row[w] for w in said if w in self._row] or [0] for said in words]
        vectors = np.stack([self._directions[each].mean(axis=0) for each in rows])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Texts:
    """Paragraphs whose words are as unevenly common as in a language."""

    def __init__(self, seed: int) -> None:
        self._words = vocabulary()
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._words))))
        self._chance = random.Random(seed)

    def paragraph(self, words: int = WORDS) -> str:
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=words)) + "."

    def question(self) -> str:
        return "What about " + " ".join(self._chance.sample(self._words[200:], 5)) + "?"


def write(folder: Path, chunks: int, seed: int) -> None:
    texts = Texts(seed)
    folder.mkdir()
    for number in range(chunks // PER_FILE):
        parts = [f"# Part {number}-{at}\n\n{texts.paragraph()}\n" for at in range(PER_FILE)]
        (folder / f"{number:05}.md").write_text("\n".join(parts), "utf-8")


def rate(embedder: MiniLM) -> float:
    """Chunks a second of the embedder alone, in a pool as big as those of the ingest."""
    texts = Texts(seed=3)
    sample = [f"Part {at}\n\n{texts.paragraph()}" for at in range(SAMPLE)]
    begun = time.perf_counter()
    embedder.embed(sample)
    return SAMPLE / (time.perf_counter() - begun)


def prepare(memory: Path, documents: Path, answer: Connection) -> None:
    """Fill a memory with drawn vectors."""
    with Memory(memory, embedder=Drawn()) as opened:
        report = opened.add([documents])
    answer.send({"store": report.chunks / report.seconds, "prepare_peak_mb": _peak()})


def fill(memory: Path, documents: Path, answer: Connection) -> None:
    """Add the last documents with the model."""
    embedder = MiniLM()
    embedder.embed(["warm"])
    with Memory(memory, embedder=embedder) as opened:
        opened.search("warm")
        before = rate(embedder)
        report = opened.add([documents])
        after = rate(embedder)
        chunks = opened.stats().chunks
    ingest, alone = report.chunks / report.seconds, (before + after) / 2
    answer.send({"chunks": chunks, "ingest": ingest, "embedder": alone, "ingest_peak_mb": _peak()})


def query(memory: Path, answer: Connection) -> None:
    texts = Texts(seed=4)
    questions = [texts.question() for _ in range(QUERIES)]
    begun = time.perf_counter()
    import chromadb  # noqa: F401 - its import does not depend on the size

    embedder = MiniLM()
    embedder.embed(["warm"])
    imported = time.perf_counter()
    with Memory(memory, embedder=embedder) as opened:
        opened.search(questions[0])
        first = time.perf_counter()
        for question in questions[:20]:
            opened.search(question)
        times = []
        for question in questions:
            asked = time.perf_counter()
            opened.search(question)
            times.append(time.perf_counter() - asked)
    answer.send(
        {
            "reopen_s": first - imported,
            "process_s": first - begun,
            "median_ms": statistics.median(times) * 1000,
            "p95_ms": statistics.quantiles(times, n=20)[18] * 1000,
            "query_peak_mb": _peak(),
        }
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def apart(task: Any, *arguments: Any) -> dict[str, float]:
    """The figures of a task in a fresh process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=task, args=(*arguments, theirs))
    process.start()
    theirs.close()
    try:
        figures: dict[str, float] = ours.recv()
    except EOFError:
        raise SystemExit("a process of the benchmark failed; its message is above") from None
    process.join()
    return figures


def measure(chunks: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        documents, memory = Path(folder) / "documents", Path(folder) / "memory"
        documents.mkdir()
        last = min(LAST, chunks // 2)
        write(documents / "first", chunks - last, seed=2)
        write(documents / "last", last, seed=6)
        figures = apart(prepare, memory, documents / "first")
        figures |= apart(fill, memory, documents / "last")
        figures |= apart(query, memory)
        size = sum(file.stat().st_size for file in memory.rglob("*") if file.is_file())
    figures["ingest_share"] = figures["ingest"] / figures["embedder"]
    figures["disk_mb"] = size / 1024**2
    return figures


ROWS = (
    ("chunks", "{:,.0f}", "chunks"),
    ("embedder alone, chunks/s", "{:.0f}", "embedder"),
    ("ingest, chunks/s", "{:.0f}", "ingest"),
    ("share of the embedder's rate", "{:.0%}", "ingest_share"),
    ("store alone, chunks/s", "{:.0f}", "store"),
    ("query median, ms", "{:.1f}", "median_ms"),
    ("query 95 %, ms", "{:.1f}", "p95_ms"),
    ("reopen and first answer, s", "{:.2f}", "reopen_s"),
    ("the same with imports and model, s", "{:.2f}", "process_s"),
    ("peak memory of ingest, MB", "{:.0f}", "ingest_peak_mb"),
    ("peak memory of queries, MB", "{:.0f}", "query_peak_mb"),
    ("on disk, MB", "{:.0f}", "disk_mb"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", action="store_true", help="Print one JSON array, nothing else.")
    arguments = parser.parse_args()
    results = [measure(chunks) for chunks in arguments.chunks]
    if arguments.json:
        print(json.dumps(results, indent=2))
        return
    table = Table()
    for heading in ("", *arguments.chunks):
        table.add_column(f"{heading:,}" if heading else "", justify="right" if heading else "left")
    for name, shown, key in ROWS:
        table.add_row(name, *(shown.format(result[key]) for result in results))
    Console().print(table)


if __name__ == "__main__":
    main()
