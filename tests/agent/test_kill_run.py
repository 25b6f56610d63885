"""kill -9 at every boundary of a run of ten steps: nothing is lost, nothing happens twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def memory_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a killed process loses nothing that is written."""
    shm = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shm if shm.is_dir() else tmp_path))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_nothing_is_lost_and_nothing_happens_twice(memory_disk: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.agent.killed_run", str(memory_disk)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["problems"] == [], done.stderr
    assert told["boundaries"] >= 100
    assert told["asked"] >= 10  # effects that were begun and not ended: each was asked about
