"""What the processes of test_kill do; in a module of its own because they import it."""

from __future__ import annotations

import os
from pathlib import Path

from nomoat.memory import Memory, ingest
from nomoat.memory.ingest import Progress
from tests.memory.hashed import Hashed


def add(memory: Path, documents: Path, log: Path) -> None:
    """Add documents; write the name of each to the log when it is reported as done."""
    ingest._POOL = 3  # many small steps, so that a kill falls between any two of them
    with log.open("ab", buffering=0) as file, Memory(memory, embedder=Hashed()) as opened:

        def progress(at: Progress) -> None:
            file.write(Path(at.path).name.encode() + b"\n")

        opened.add([documents], progress=progress)


def verify(memory: Path, documents: Path, reported: list[str], verdict: Path) -> None:
    """Write down what is wrong: reported documents that are not found, and after a second add."""
    problems = []
    with Memory(memory, embedder=Hashed()) as opened:
        problems += [f"lost {name}" for name in reported if not _finds(opened, name)]
        report = opened.add([documents])
        names = sorted(file.name for file in documents.iterdir())
        problems += [f"not completed: {name}" for name in names if not _finds(opened, name)]
        if report.unchanged < len(reported):
            problems.append(f"{len(reported)} reported, {report.unchanged} kept")
        inside = opened._open()
        if inside.index.ids() != set(inside.store.chunk_ids()):
            problems.append("index and store differ")
    verdict.write_text("\n".join([*problems, f"done {os.getpid()}"]))


def _finds(memory: Memory, name: str) -> bool:
    found = memory.search(f"What is said about {Path(name).stem}?", 3)
    return any(Path(passage.citation.path).name == name for passage in found)
