"""Settings are chosen only where they are clearly quicker than llama.cpp's defaults."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.llm import tune
from nomoat.agent.llm.engine import Engine
from nomoat.agent.llm.engine_settings import LLAMA_BATCH, Settings, cores
from nomoat.agent.llm.tune import LEAST, Pace, choose, quickest

Speeds = Callable[[Settings], Pace]


class Machine:
    """A machine with eight cores on which settings have speeds, and a clock that goes with them."""

    def __init__(self, speeds: Speeds, *, slow: float = 1.0) -> None:
        self.now = 0.0
        self.measured: Counter[Settings] = Counter()
        self._speeds, self._slow = speeds, slow

    def measure(self, settings: Settings, seconds: float) -> Pace:
        self.now += seconds * self._slow
        self.measured[settings] += 1
        return self._speeds(settings)

    def chosen(self) -> Settings:
        return choose(self.measure, seconds=28, clock=lambda: self.now)


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "cores", lambda: 8)
    monkeypatch.setattr(tune, "_quota", lambda: 0)


def speeds(read: float = 100.0, write: float = 20.0, **gains: float) -> Speeds:
    """`t4` is what four threads gain, `batch` a large one, `flash` having it off."""

    def of(settings: Settings) -> Pace:
        gain = gains.get("batch", 1.0) if settings.batch == LLAMA_BATCH else 1.0
        gain *= gains.get("flash", 1.0) if settings.flash == "off" else 1.0
        reading = gains.get(f"r{settings.read_threads or settings.threads}", 1.0)
        return Pace(read * gain * reading, write * gain * gains.get(f"t{settings.threads}", 1.0))

    return of


BASE = Settings(threads=8, read_threads=8)


def test_where_all_is_alike_the_defaults_stay() -> None:
    machine = Machine(speeds())
    assert machine.chosen() == BASE
    assert machine.measured[BASE] >= LEAST
    assert machine.now <= 28


@pytest.mark.parametrize(
    ("gains", "best"),
    [
        ({"t4": 1.3, "r4": 1.2}, Settings(4, 4)),
        ({"t4": 1.3, "r4": 0.6}, Settings(4, 8)),
        ({"t4": 0.9, "r7": 1.2}, Settings(8, 7)),
        ({"t4": 1.04}, BASE),
        ({"batch": 1.2}, replace(BASE, batch=LLAMA_BATCH)),
        ({"batch": 1.04}, BASE),
        ({"flash": 1.1}, replace(BASE, flash="off")),
        ({"batch": 1.1, "flash": 1.3}, replace(BASE, flash="off")),
        ({"t7": 1.1, "t4": 1.2, "batch": 0.5, "flash": 0.9}, Settings(4, 8)),
    ],
)
def test_what_is_clearly_quicker_is_taken(gains: dict[str, float], best: Settings) -> None:
    assert Machine(speeds(**gains)).chosen() == best


def test_a_machine_that_is_too_slow_keeps_the_defaults() -> None:
    machine = Machine(speeds(t4=2.0, batch=2.0), slow=4.0)
    assert machine.chosen() == BASE
    assert machine.now < 100


def test_what_is_hopeless_is_measured_once() -> None:
    machine = Machine(speeds(t4=0.5, r4=0.5))
    machine.chosen()
    assert machine.measured[Settings(4, 4)] == 1
    assert machine.measured[BASE] >= LEAST


def test_what_cannot_be_set_up_is_never_taken() -> None:
    def of(settings: Settings) -> Pace:
        return Pace(0, 0) if settings.flash == "off" else Pace(100, 20)

    assert Machine(of).chosen() == BASE
    broken, other = [Pace(0, 0)] * 5, [Pace(9, 9)] * 5
    assert broken[0].step == 0
    paces = {BASE: broken, Settings(4, 4): other}
    assert quickest(paces, BASE, lambda pace: pace.step) == BASE


@given(gains=st.lists(st.floats(0.5, 2.0), min_size=1, max_size=7))
def test_a_gain_has_to_be_there_each_time(gains: list[float]) -> None:
    other = Settings(3, 3)
    paces = {BASE: [Pace(100, 1)] * len(gains), other: [Pace(100, gain) for gain in gains]}
    taken = quickest(paces, BASE, lambda pace: pace.write) == other
    assert taken == (len(gains) >= LEAST and min(gains) > 1 and median(gains) > 1.05)


def test_a_container_is_given_less_than_it_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    file = tmp_path / "cpu.max"
    for text, quota in (("150000 100000\n", 2), ("max 100000\n", 0), ("", 0)):
        file.write_text(text)
        assert tune._quota(file) == quota
    assert tune._quota(tmp_path / "nowhere") == 0
    monkeypatch.setattr(tune, "cores", lambda: 16)
    monkeypatch.setattr(tune, "_quota", lambda: 3)
    assert list(tune.thread_counts()) == [3, 4, 8, 15]
    monkeypatch.setattr(tune, "cores", lambda: 1)
    assert list(tune.thread_counts()) == []


def test_settings_are_checked_and_told() -> None:
    assert Settings().whole.threads == Settings().whole.read_threads == cores()
    assert Settings(threads=3, read_threads=5).said == "3 threads (5 to read), batches of 128"
    assert Settings(threads=2, flash="off").said.endswith("flash attention off")
    wrong: list[dict[str, Any]] = [{"threads": -1}, {"batch": 0}, {"flash": "on!"}, {"kv": "q2"}]
    for given_ in wrong:
        with pytest.raises(ValueError, match=r"setting|counted"):
            Settings(**given_)
    assert Settings.from_dict({"threads": 2}) == Settings(threads=2)
    for broken in ({"threads": "2"}, {"speed": 3}, {"batch": 1.5}):
        with pytest.raises(TypeError):
            Settings.from_dict(broken)


@pytest.mark.model
def test_an_engine_is_measured_and_set_up(tiny_model_path: Path) -> None:
    engine = Engine(tiny_model_path, context=512, threads=1)
    pace = tune.Bench(engine, time.perf_counter).measure(Settings(threads=1), 0.3)
    assert pace.read > pace.write > 0
    best = tune.tuned(engine, seconds=1.0)
    assert engine.settings == best.whole
    assert best.kv == "f16"
    assert engine.read(engine.tokenize("It works.")).evaluated > 1
    engine.close()
