"""`nomoat bench speed`: what is measured, and that it adds up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nomoat.agent.bench import speed, speed_engine, speed_loop
from nomoat.agent.bench.speed import Speed
from nomoat.agent.bench.speed_child import Counted
from nomoat.agent.bench.speed_engine import Decisions, EngineSpeed, Pace
from nomoat.agent.bench.speed_loop import Cost
from nomoat.agent.bench.speed_memory import memory_now, memory_peak
from nomoat.agent.cli.main import cli
from nomoat.agent.weights import models
from nomoat.memory.errors import NomoatError


def decisions(seconds: float) -> Decisions:
    return Decisions(
        raw=Pace(100, 10.0),
        made=Pace(100, seconds),
        with_lookup=Pace(100, 8.0),
        one_by_one=Pace(100, 10.5),
        forced=30,
        proposed=25,
        accepted=20,
        passes=60,
        texts=["{}"],
    )


MEASURED = Speed(
    model="some.gguf",
    model_bytes=1_000_000_000,
    engine=EngineSpeed(
        load_seconds=2.0,
        threads=2,
        raw_read=Pace(512, 10.24),
        read=Pace(512, 10.24),
        free_text=Pace(60, 6.0),
        raw_text=Pace(60, 6.0),
        free=decisions(7.5),
        copying=decisions(5.0),
        compile_ms=3.0,
        tools=14,
    ),
    cold=20.0,
    restored=5.0,
    goals=Counted(
        steps=4,
        seconds=30.0,
        tool_seconds=1.0,
        model_seconds=28.92,
        evaluated=500,
        least=500,
        restored=800,
        prompt=900,
        generated=200,
        memory_rest=1_200_000_000,
        memory_peak=1_500_000_000,
    ),
    loop=(Cost(5, 16.0, 15.0, 20_000.0, 1_000.0),),
)


def test_each_figure_stands_beside_raw_llama_cpp() -> None:
    ratios = {each.name: each.ratio for each in MEASURED.ratios}
    assert ratios["a decision"] == pytest.approx(10.0 / 7.5)
    assert ratios["a decision that copies, with lookup"] == pytest.approx(10.0 / 8.0)
    assert ratios["a decision, token by token"] == pytest.approx(10.0 / 10.5)
    assert ratios["read a prompt"] == 1.0
    assert ratios["prompt tokens evaluated"] == 1.0
    # raw: 2 s to load, 900 tokens at 50 a second, one at 10 a second
    assert ratios["first thought, prefix saved"] == pytest.approx(5.0 / 20.1)
    # raw, a step: 500 tokens at 50 a second and 200 at 10 a second, of four steps
    assert ratios["a step"] == pytest.approx((30.0 / 4) / (30.0 / 4))
    assert ratios["memory at peak"] == 1.5
    assert MEASURED.outside_ms == pytest.approx(20.0)


def run_command(monkeypatch: pytest.MonkeyPatch, *flags: str) -> str:
    monkeypatch.setattr(models, "locate", Path)
    monkeypatch.setattr(speed, "measure_speed", lambda path, *, rounds, say: MEASURED)
    result = CliRunner().invoke(cli, ["bench", "speed", "--model", "some.gguf", *flags])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_json_is_one_object_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(run_command(monkeypatch, "--json"))
    assert told["ratios"]["a decision"] == {
        "unit": "tokens/s",
        "measured": 13.3333,
        "raw": 10.0,
        "ratio": 1.3333,
    }
    assert told["shares"]["free"] == {
        "forced": 0.3,
        "accepted": 0.2,
        "proposals_held": 0.8,
        "tokens_a_pass": 1.667,
        "same_with_lookup": 0.0,
    }
    assert told["goals"]["restored"] == 800
    assert told["loop"][0]["steps"] == 5


def test_a_table_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = run_command(monkeypatch).splitlines()
    row = next(line for line in lines if line.strip().startswith("a decision that copies "))
    assert row.split()[-5:] == ["20.0", "tokens/s", "10.0", "tokens/s", "2.00"]
    assert any("30% of the tokens forced, 20% accepted" in line for line in lines)


def test_the_loop_is_measured_step_by_step(
    monkeypatch: pytest.MonkeyPatch, nomoat_home: Path
) -> None:
    monkeypatch.setattr(speed_loop, "STEPS", (2, 6))
    short, long = speed_loop.measure_loop()
    assert (short.steps, long.steps) == (2, 6)
    assert long.cpu_ms > 0
    assert 0 < long.checkpoint_bytes < 2 * short.checkpoint_bytes


def test_memory_is_what_the_kernel_says() -> None:
    assert memory_peak() >= memory_now() > 10_000_000


@pytest.mark.model
@pytest.mark.slow
def test_the_engine_is_measured_on_a_model(
    tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed_engine, "DECISION_TOKENS", 12)
    monkeypatch.setattr(speed_engine, "FREE", speed_engine.FREE[:1])
    monkeypatch.setattr(speed_engine, "COPYING", speed_engine.COPYING[:1])
    said: list[str] = []
    measured = speed_engine.measure_engine(tiny_model_path, rounds=1, say=said.append)
    for made in (measured.free, measured.copying):
        assert made.made.tokens == made.raw.tokens >= 12
        assert min(made.made.rate, made.with_lookup.rate, made.one_by_one.rate) > 0
        assert made.forced > 0
        assert made.passes < made.made.tokens
    assert measured.read.tokens == measured.raw_read.tokens == speed_engine.DEFAULT_BATCH
    assert said[0] == "reading a prompt as llama.cpp does"


@pytest.mark.model
@pytest.mark.slow
def test_a_first_thought_is_waited_for_in_a_process_of_its_own(
    tiny_model_path: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "models").symlink_to(tiny_model_path.parent.parent)
    cold, first = speed.in_a_process(tmp_path, tiny_model_path, speed.GOALS[:1], speed.ONLY_FIRST)
    again, second = speed.in_a_process(tmp_path, tiny_model_path, speed.GOALS[:1], speed.ONLY_FIRST)
    assert first.restored == 0
    assert second.restored > 100
    assert min(cold, again) > 0
    assert second.memory_peak >= second.memory_rest > tiny_model_path.stat().st_size / 2


def test_a_process_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    with pytest.raises(NomoatError, match="process of its own failed") as caught:
        speed.in_a_process(tmp_path, tmp_path / "none.gguf", speed.GOALS[:1])
    assert caught.value.hint
