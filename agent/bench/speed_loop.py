"""What the loop costs besides the model, and how that grows with the steps."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from nomoat.agent.agent import Agent
from nomoat.agent.bench.speed_memory import memory_now
from nomoat.agent.budget import Budget
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.tools.base import tool

STEPS = (5, 20, 80)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a scripted run cost besides its model, a step."""

    steps: int
    ms: float
    cpu_ms: float
    """What the processor did: the same on a busy machine."""
    checkpoint_bytes: float
    memory_bytes: float
    """Held by the process after the run and not before it."""


def measure_loop() -> tuple[Cost, ...]:
    """Scripted runs of so many different steps, each node of them on disk."""
    _scripted_run(3)  # imports and first uses
    return tuple(_scripted_run(steps) for steps in STEPS)


class _TimedScript(ScriptedModel):
    """A script that knows what it took, checking its lines against the schema included."""

    _seconds: float = PrivateAttr(default=0.0)
    _cpu: float = PrivateAttr(default=0.0)

    def __init__(self, script: Sequence[str], **kwargs: Any) -> None:
        super().__init__(script, **kwargs)

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        began, cpu = time.perf_counter(), time.thread_time()
        chunks = list(super()._stream(*args, **kwargs))
        self._seconds += time.perf_counter() - began
        self._cpu += time.thread_time() - cpu
        yield from chunks

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds on the clock, and of CPU."""
        return self._seconds, self._cpu


@tool(effects="none")
def look_up(number: int) -> str:
    """Look a number up.

    Args:
        number: Which.
    """
    return f"Number {number} is held in drawer {number * 37 % 1009}; the key hangs beside it."


def _scripted_run(steps: int) -> Cost:
    script = [
        *(call("look_up", "the next one is missing", number=n) for n in range(steps)),
        answer("Each key hangs beside its drawer."),
    ]
    model = _TimedScript(script)
    with tempfile.TemporaryDirectory() as name, model:
        store = RunStore(Path(name, "runs"))
        agent = Agent(
            model,
            [look_up],
            builtin=False,
            workspace=name,
            budget=Budget(steps=steps + 1, seconds=None),
            runs=store,
        )
        gc.collect()
        held = memory_now()
        began, cpu = time.perf_counter(), time.process_time()
        run = agent.run("Look all of them up.")
        seconds = time.perf_counter() - began - model.spent[0]
        cpu = time.process_time() - cpu - model.spent[1]
        if len(run.steps) != steps or run.exit_status:
            raise RuntimeError(f"a run of {steps} steps ended as {run.status}: {run.error}")
        files = store.find(run.run_id).path.glob("checkpoints*")
        size = sum(file.stat().st_size for file in files)
        held = max(memory_now() - held, 0)
    return Cost(steps, seconds * 1000 / steps, cpu * 1000 / steps, size / steps, held / steps)
