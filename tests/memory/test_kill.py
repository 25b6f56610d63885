"""kill -9 at random moments: what was reported is there, and the next add completes the rest."""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from tests.memory import killed

MOMENTS = 50
DOCUMENTS = 36


@dataclass(frozen=True, slots=True)
class Kill:
    """A moment at which a process is killed."""

    n: int
    after: int
    """Documents that are reported by then."""
    pause: float
    """Seconds from there on."""


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Processes that start in no time, because what they import is imported once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.memory.killed", "nomoat.memory.opened", "chromadb"])
    return context


def start(context: ForkServerContext, task: object, *arguments: object) -> ForkServerProcess:
    process = context.Process(target=task, args=arguments)  # type: ignore[arg-type]
    process.start()
    return process


def reported(log: Path) -> list[str]:
    text = log.read_text() if log.exists() else ""
    return text[: text.rfind("\n") + 1].splitlines()


def wait_for(log: Path, count: int) -> None:
    """Until so many documents are reported."""
    deadline = time.monotonic() + 60
    while len(reported(log)) < count:
        assert time.monotonic() < deadline, "the ingest does not get on"
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_was_reported_survives_kill_9(processes: ForkServerContext, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    documents.mkdir()
    for number in range(DOCUMENTS):
        (documents / f"topic{number}x.txt").write_text(
            f"This is what is said about topic{number}x: it is number {number}.\n"
        )
    for _ in ("with imports", "as the following ones"):
        begun = time.monotonic()
        start(processes, killed.add, tmp_path / str(begun), documents, tmp_path / "log").join()
        seconds = time.monotonic() - begun
    assert len(reported(tmp_path / "log")) == 2 * DOCUMENTS

    chance = random.Random(20261122)
    # most of the time goes into starting, so the moments are spread over what was reported
    kills = [
        Kill(n, chance.randrange(DOCUMENTS), chance.uniform(0, seconds / DOCUMENTS))
        for n in range(MOMENTS)
    ]
    attempt = partial(survives, processes, tmp_path, documents)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        counts = list(pool.map(attempt, kills))
    # the moments lie all over it
    assert min(counts) < DOCUMENTS / 4 < 3 * DOCUMENTS / 4 < max(counts)
    assert len(set(counts)) > MOMENTS / 10


def survives(context: ForkServerContext, folder: Path, documents: Path, kill: Kill) -> int:
    """Hold that nothing is lost by a kill; how many documents were reported before it."""
    memory, log = folder / f"memory{kill.n}", folder / f"log{kill.n}"
    process = start(context, killed.add, memory, documents, log)
    wait_for(log, kill.after)
    time.sleep(kill.pause)
    process.kill()
    process.join()
    names = reported(log)
    verdict = folder / f"verdict{kill.n}"
    start(context, killed.verify, memory, documents, names, verdict).join()
    assert verdict.read_text().startswith("done "), f"kill {kill.n}: {verdict.read_text()}"
    return len(names)
