"""kill -9 at random moments: what was reported is there, and the next add completes the rest."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

import pytest

from tests.memory import killed

MOMENTS = 50
DOCUMENTS = 36


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

    chance, counts = random.Random(20261122), []
    for moment in range(MOMENTS):
        memory, log = tmp_path / f"memory{moment}", tmp_path / f"log{moment}"
        process = start(processes, killed.add, memory, documents, log)
        # most of the time goes into starting, so the moments are spread over what was reported
        wait_for(log, chance.randrange(DOCUMENTS))
        time.sleep(chance.uniform(0, seconds / DOCUMENTS))
        process.kill()
        process.join()
        names = reported(log)
        counts.append(len(names))
        verdict = tmp_path / f"verdict{moment}"
        start(processes, killed.verify, memory, documents, names, verdict).join()
        assert verdict.read_text().startswith("done "), f"kill {moment}: {verdict.read_text()}"
    # the moments lie all over it
    assert min(counts) < DOCUMENTS / 4 < 3 * DOCUMENTS / 4 < max(counts)
    assert len(set(counts)) > MOMENTS / 10
