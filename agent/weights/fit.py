"""Does a model fit into this machine's memory?"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from nomoat.agent.weights.catalogue import Model

WORKING_CONTEXT = 8192
"""Tokens of context that a run is reckoned with, where the model has that many."""
OVERHEAD = 700_000_000
"""Bytes for Python with its libraries and llama.cpp's working buffers.

Measured with the default model and 8,192 tokens of context: 130 MB and 430 MB, and some to spare.
"""


@dataclass(frozen=True)
class Fit:
    """The memory that a model needs, and what is free."""

    needed: int
    """Bytes: the files, keys and values for `context` tokens, and the program itself."""
    available: int
    """Bytes that can be had without swapping; 0 where this system does not tell."""
    context: int
    """Tokens."""

    @property
    def fits(self) -> bool:
        return not self.available or self.needed <= self.available


def fits(model: Model, *, context: int = 0, available: int | None = None) -> Fit:
    """Whether `model` fits, with `context` tokens (default: what a run takes)."""
    tokens = context or min(model.context or WORKING_CONTEXT, WORKING_CONTEXT)
    needed = model.bytes + tokens * model.kv_bytes + OVERHEAD
    return Fit(needed, available_memory() if available is None else available, tokens)


def available_memory() -> int:
    """Bytes of memory that are free for a program, within the container's limit if there is one."""
    return min(filter(None, (_system(), _container())), default=0)


def _system() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvail"))
    except (OSError, StopIteration, ValueError):
        pass
    try:
        # macOS and others: all of the memory, since what is cached there can be had too
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _container(folder: Path = Path("/sys/fs/cgroup")) -> int:
    """What a cgroup (version 2) leaves; 0 where there is none or it has no limit."""
    try:
        limit = int((folder / "memory.max").read_text())
        return max(limit - int((folder / "memory.current").read_text()), 1)
    except (OSError, ValueError):
        return 0
