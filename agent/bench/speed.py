"""`nomoat bench speed`: what the harness costs and gains, each beside raw llama.cpp on one file.

All is measured in one run, because machines differ and are shared: the ratios are what can be
compared. Raw is llama.cpp's own loop with nothing in between, and its own defaults for reading.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nomoat.agent.bench.speed_child import ONLY_FIRST, THOUGHT, Counted
from nomoat.agent.bench.speed_engine import Decisions, EngineSpeed, Say, measure_engine
from nomoat.agent.bench.speed_loop import Cost, measure_loop
from nomoat.agent.errors import NomoatError
from nomoat.memory.home import home

FILES = {
    "minutes/2025-11-04-owners-meeting.md": (
        "# Owners' meeting, 4 November 2025\n\nPresent: 14 of 18 owners.\n"
        "The roof is mended by Dachbau Nordwind for 23,480 euros, from 2 March 2026 on.\n"
        "The garden stays as it is. Next meeting: 12 May 2026.\n"
    ),
    "orders.csv": (
        "order,customer,amount\n1041,Brandt,1249.50\n1042,Osei,387.20\n1043,Lind,2004.75\n"
    ),
}
GOALS = (
    "Which firm mends the roof, and for how much? It stands in the minutes.",
    "What is the sum of all amounts in orders.csv?",
    "Write the customers of orders.csv to customers.txt, one on each line.",
)
TIMEOUT = 900.0
"""Seconds a process of its own may take."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Something measured, beside the same of raw llama.cpp."""

    name: str
    unit: str
    measured: float
    raw: float
    more_is_better: bool = True

    @property
    def ratio(self) -> float:
        return self.measured / self.raw if self.raw else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what `--json` prints of it."""
        kept = {name: getattr(self, name) for name in ("unit", "measured", "raw", "ratio")}
        return {key: round(v, 4) if isinstance(v, float) else v for key, v in kept.items()}


@dataclass(frozen=True, slots=True)
class Speed:
    """All that was measured."""

    model: str
    model_bytes: int
    engine: EngineSpeed
    cold: float
    """Seconds from the start of a process to its first thought, no state of a prefix on disk."""
    restored: float
    """The same with the state that the process before has saved."""
    goals: Counted
    loop: tuple[Cost, ...]

    @property
    def ratios(self) -> tuple[Ratio, ...]:
        """Everything that has its like in raw llama.cpp."""
        engine, goals = self.engine, self.goals
        first = engine.load_seconds + _seconds(goals.prompt, 1, engine)
        same = _seconds(goals.evaluated, goals.generated, engine) / max(goals.steps, 1)
        return (
            Ratio("read a prompt", "tokens/s", engine.read.rate, engine.raw_read.rate),
            Ratio("write free text", "tokens/s", engine.free_text.rate, engine.raw_text.rate),
            *_decided("a decision", engine.free),
            *_decided("a decision that copies", engine.copying),
            Ratio("first thought, nothing saved", "s", self.cold, first, False),
            Ratio("first thought, prefix saved", "s", self.restored, first, False),
            Ratio("a step", "s", goals.seconds / max(goals.steps, 1), same, False),
            Ratio("prompt tokens evaluated", "tokens", goals.evaluated, goals.least, False),
            Ratio("memory at rest", "MB", _mb(goals.memory_rest), _mb(self.model_bytes), False),
            Ratio("memory at peak", "MB", _mb(goals.memory_peak), _mb(self.model_bytes), False),
        )

    @property
    def outside_ms(self) -> float:
        """Milliseconds a step spends neither in the model nor in a tool."""
        outside = self.goals.seconds - self.goals.model_seconds - self.goals.tool_seconds
        return outside * 1000 / max(self.goals.steps, 1)

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what `--json` prints."""
        engine, made = self.engine, _both(self.engine)
        return {
            "model": self.model,
            "model_bytes": self.model_bytes,
            "threads": engine.threads,
            "load_seconds": round(engine.load_seconds, 3),
            "ratios": {each.name: each.to_dict() for each in self.ratios},
            "shares": made,
            "grammar_compile_ms": round(engine.compile_ms, 2),
            "tools": engine.tools,
            "outside_ms": round(self.outside_ms, 1),
            "goals": asdict(self.goals),
            "loop": [asdict(cost) for cost in self.loop],
            "decisions": [*engine.free.texts, *engine.copying.texts],
        }


def measure_speed(path: Path, *, rounds: int = 1, say: Say = lambda _: None) -> Speed:
    """Measure a model file.

    Raises:
        ModelBroken: the file is no model.
        NomoatError: a process of its own did not get through.
    """
    say("scripted runs")
    loop = measure_loop()
    engine = measure_engine(path, rounds=rounds, say=say)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "home" / "models").symlink_to(home() / "models")
        say("a first thought, nothing saved")
        cold, _ = in_a_process(folder, path, GOALS[:1], ONLY_FIRST)
        say("goals, the prefix saved")
        restored, goals = in_a_process(folder, path, GOALS)
    return Speed(path.name, path.stat().st_size, engine, cold, restored, goals, loop)


def shares(made: Decisions) -> dict[str, float]:
    """Of the tokens of decisions, and of the proposals, what saved a pass over the weights."""
    tokens = max(made.made.tokens, 1)
    return {
        "forced": round(made.forced / tokens, 4),
        "accepted": round(made.accepted / max(made.with_lookup.tokens, 1), 4),
        "proposals_held": round(made.accepted / max(made.proposed, 1), 4),
        "tokens_a_pass": round(tokens / max(made.passes, 1), 3),
        "same_with_lookup": round(made.same / max(len(made.texts), 1), 4),
    }


def _both(engine: EngineSpeed) -> dict[str, dict[str, float]]:
    return {"free": shares(engine.free), "copying": shares(engine.copying)}


def _decided(name: str, made: Decisions) -> tuple[Ratio, ...]:
    ways = (
        (name, made.made),
        (f"{name}, with lookup", made.with_lookup),
        (f"{name}, token by token", made.one_by_one),
    )
    return tuple(Ratio(label, "tokens/s", pace.rate, made.raw.rate) for label, pace in ways)


def _seconds(read: int, written: int, engine: EngineSpeed) -> float:
    """What llama.cpp alone takes for so many tokens."""
    raw = engine.free.raw + engine.copying.raw
    return read / engine.raw_read.rate + written / raw.rate


def _mb(count: int) -> float:
    return count / 1e6


def in_a_process(
    folder: Path, path: Path, goals: Sequence[str], *flags: str
) -> tuple[float, Counted]:
    """Goals in a process of its own: seconds to the first thought, and what was counted."""
    workspace = folder / "work"
    for name, text in FILES.items():
        (workspace / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace / name).write_text(text, encoding="utf-8")
    module = "nomoat.agent.bench.speed_child"
    command = [sys.executable, "-m", module, str(path), str(workspace), *goals, *flags]
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        env={**os.environ, "NOMOAT_HOME": str(folder / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            first = process.stdout.readline() if process.stdout else ""
            seconds = time.perf_counter() - began
            out, errors = process.communicate(timeout=TIMEOUT)
        except BaseException:
            process.kill()
            raise
    if process.returncode or first.strip() != THOUGHT:
        raise NomoatError(
            f"A run in a process of its own failed: {errors.strip()[-300:]}",
            hint="Try the model with `nomoat run` first.",
        )
    return seconds, Counted(**json.loads(out))
