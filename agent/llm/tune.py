"""How to set llama.cpp up for a model on this machine: tried, in less than half a minute.

Threads first, then batches and flash attention. Each candidate is measured several times, in turn
with what holds without it, so that a machine that gets busier meanwhile is unfair to none; it is
taken only where it was quicker each time, and clearly. Nothing that makes the numbers less exact
is a candidate.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from nomoat.agent.llm.engine_settings import LLAMA_BATCH, Settings, cores

if TYPE_CHECKING:
    from nomoat.agent.llm.engine import Engine

SECONDS = 28.0
"""What it may take; no measurement is begun that would not end by then."""
THREADS_SHARE = 0.4
"""The part of it for threads."""
LEAST, MOST = 3, 5
"""Measurements of each candidate: with fewer nothing is chosen."""
TURNS = 4
"""For so many the time is shared out: more than the least, should some take longer."""
CLEARLY = 1.05
"""So much quicker a candidate has to be in the median."""
HOPELESS = 0.85
"""One that was so slow the first time is not measured again."""
STEP_READS, STEP_WRITES = 150, 60
"""Tokens of an ordinary step: what batches and flash attention are judged by."""
LLAMA_THREADS = 4
"""What llama.cpp takes where nothing is said."""
TEXT = "Private agents run on the machine of the person they work for, and nothing leaves it. "

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Pace:
    """Tokens a second."""

    read: float
    write: float

    @property
    def step(self) -> float:
        """Ordinary steps a second."""
        if not self.read or not self.write:
            return 0.0
        return 1 / (STEP_READS / self.read + STEP_WRITES / self.write)


Measure = Callable[[Settings, float], Pace]
"""Measures settings in about so many seconds."""
Paces = dict[Settings, list[Pace]]


def tuned(engine: Engine, *, seconds: float = SECONDS, clock: Clock = time.monotonic) -> Settings:
    """The quickest settings, with which the engine is set up afterwards; it holds nothing then."""
    best = choose(Bench(engine, clock).measure, seconds=seconds, clock=clock)
    engine.set_up(best)
    return best


def choose(
    measure: Measure, *, seconds: float = SECONDS, clock: Clock = time.monotonic
) -> Settings:
    """The quickest settings by what `measure` says; the defaults where none is clearly quicker."""
    base, began = Settings(threads=cores(), read_threads=cores()), clock()
    trials = Trials(measure, clock)
    of_threads = [base, *(replace(base, threads=n, read_threads=n) for n in thread_counts())]
    each = seconds * THREADS_SHARE / TURNS / len(of_threads)
    paces = trials.run(of_threads, each, began + seconds * THREADS_SHARE)
    best = replace(
        base,
        threads=quickest(paces, base, lambda pace: pace.write).threads,
        read_threads=quickest(paces, base, lambda pace: pace.read).read_threads,
    )
    others = [replace(best, batch=LLAMA_BATCH), replace(best, flash="off")]
    left = began + seconds - clock()
    each = left / TURNS / (len(others) + 1)
    paces = trials.run([best, *others], each, began + seconds)
    return quickest(paces, best, lambda pace: pace.step)


def quickest(paces: Paces, base: Settings, speed: Callable[[Pace], float]) -> Settings:
    """The settings that were each time quicker than `base`, and clearly; if none, `base`."""
    best, most = base, CLEARLY
    for settings, measured in paces.items():
        pairs = list(zip(measured, paces[base], strict=False))
        if settings == base or len(pairs) < LEAST or not all(speed(b) for _, b in pairs):
            continue
        gains = [speed(one) / speed(other) for one, other in pairs]
        if min(gains) > 1 and median(gains) > most:
            best, most = settings, median(gains)
    return best


class Trials:
    """Measures candidates in turn."""

    def __init__(self, measure: Measure, clock: Clock) -> None:
        self._measure, self._clock = measure, clock

    def run(self, candidates: Sequence[Settings], each: float, until: float) -> Paces:
        """What was measured, the first candidate always in every turn.

        Args:
            candidates: the first is what the others are held against.
            each: seconds that one measurement takes, about.
            until: no turn is begun that would not end by then.
        """
        paces: Paces = {one: [] for one in candidates}
        left, took = list(paces), 0.0
        for turn in range(MOST):
            began = self._clock()
            if turn and began + took > until:
                break
            for one in left if turn % 2 == 0 else reversed(left):
                paces[one].append(self._measure(one, each))
            if turn == 0:
                left = [one for one in left if _hopeful(paces[one][0], paces[left[0]][0])]
            took = (self._clock() - began) * len(left) / len(paces) if turn == 0 else took
            if len(left) == 1:
                break
        return paces


def _hopeful(pace: Pace, base: Pace) -> bool:
    return pace.read >= base.read * HOPELESS or pace.write >= base.write * HOPELESS


def thread_counts() -> Iterator[int]:
    """Numbers of threads that may be quicker than one for each core: cores that share their parts
    do not add up, and a container may be given less than it sees."""
    most = cores()
    some = {most - 1, ceil(most / 2), LLAMA_THREADS, _quota()}
    yield from sorted(n for n in some if 0 < n < most)


def _quota(group: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """The processors a container may use; 0 where that is not limited."""
    try:
        allowed, period = group.read_text(encoding="ascii").split()
        return ceil(int(allowed) / int(period))
    except (OSError, ValueError):
        return 0


class Bench:
    """Measures settings on an engine."""

    WRITES = 8
    """Tokens that are written at least."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        self._text = engine.tokenize(TEXT * 60)
        for start in (0, 1):  # the first time, the file itself is read as well
            done = engine.read(self._text[start : start + 24])
        self._rate = done.evaluated / done.seconds

    def measure(self, settings: Settings, seconds: float) -> Pace:
        """Read for most of the time, and write for the rest; zeros where it cannot be set up."""
        from nomoat.agent.errors import ModelBroken

        engine, text = self._engine, self._text
        try:
            engine.set_up(settings)
        except ModelBroken:
            return Pace(0.0, 0.0)
        engine.read(text[:8])  # first uses
        size = min(max(int(self._rate * seconds * 0.7), 32), engine.context // 2, len(text))
        done = engine.read([text[1], *text[:size]])  # begins with another token: all is read
        began = self._clock()
        for _ in range(self.WRITES):
            engine.extend([int(engine.logits().argmax())])
        return Pace(done.evaluated / done.seconds, self.WRITES / (self._clock() - began))
