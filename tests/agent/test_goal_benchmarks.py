"""The benchmarks over goals: their checks, their plugins, and what they measure; by a script."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nomoat.agent.agent import Agent
from nomoat.agent.bench.attempt import Attempt
from nomoat.agent.offer import first_offer
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.trust.contract_read import read_goal
from nomoat.tools.base import Effect, spec_of


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Import a benchmark, or what it reads, by its name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))

    def load(name: str) -> ModuleType:
        from importlib import import_module

        return import_module(name)

    return load


@pytest.fixture
def trials(benchmark: Any) -> list[Any]:
    pairs = benchmark("goal_pairs").PAIRS
    goals = [*(pair.first for pair in pairs), *(pair.then for pair in pairs)]
    return [*goals, *benchmark("plain_goals").GOALS]


def test_the_outcomes_hold_the_checks_to_account(trials: list[Any]) -> None:
    for trial in trials:
        before = trial.before()
        assert trial.fault(trial.right.ended(before)) == "", trial.goal
        assert trial.fault(Attempt("Done.").ended(before)) != "", trial.goal
        for path, text in trial.files.items():
            files = {**trial.right.files, path: text + "x"}
            meddled = Attempt(trial.right.answer, files, trial.right.removed)
            if path not in trial.right.removed:
                assert trial.fault(meddled.ended(before)) != "", (trial.goal, path)


def test_there_are_enough_goals(benchmark: Any, trials: list[Any]) -> None:
    assert len(benchmark("goal_pairs").PAIRS) >= 12
    assert len(benchmark("plain_goals").GOALS) == 12
    assert len({trial.goal for trial in trials}) == len(trials)


# -- tools in view ----------------------------------------------------------------------------


def test_the_plugins_are_many_and_of_all_kinds(benchmark: Any) -> None:
    tools = benchmark("tools_in_view").plugins()
    assert len({one.name for one in tools}) == 54
    assert {effect for one in tools for effect in spec_of(one).effects} == set(Effect)
    assert all(one.args for one in tools)
    assert len({one.func.__module__ for one in tools[:14]}) == 3  # few are of all subjects too


@pytest.mark.parametrize(("installed", "least"), [(6, 3), (20, 8), (60, 25)])
def test_so_many_tools_are_installed_and_those_that_fit_are_in_view(
    benchmark: Any, tmp_path: Path, installed: int, least: int
) -> None:
    module = benchmark("tools_in_view")
    needed = benchmark("plain_goals").NEEDED
    goal = "How many pieces are on shelf B in all, by stock.csv?"
    offers = {}
    for in_view in (True, False):
        extra = module.plugins()[: installed - len(needed)]
        agent = module.Installed(ScriptedModel([]), extra, in_view=in_view, workspace=tmp_path)
        assert len(agent.toolbox.names) == installed
        assert set(needed) <= set(agent.toolbox.names)
        offers[in_view] = first_offer(goal, agent.toolbox, agent._view.of(goal), read_goal(goal))
    assert offers[True][0] == "query_table"
    assert len(offers[True]) <= 5
    assert set(offers[True]) <= set(offers[False])
    assert len(offers[False]) >= least  # the contract leaves out what the goal does not ask for


def test_both_sides_are_measured_for_each_number_of_tools(
    benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    module = benchmark("tools_in_view")
    goal = benchmark("plain_goals").GOALS[0]
    right = [call("calculate", expression="1260*15/100"), answer("It is 189 pounds.")]
    wrong = [call("calculate", expression="1260*0.15"), answer("No idea.")]
    with ScriptedModel([*right, *wrong, *right, *right]) as model:
        found = list(module.measure(model, [goal], [6, 60]))
    assert [(one.installed, one.side) for one in found] == [
        (6, "view"),
        (6, "all"),
        (60, "view"),
        (60, "all"),
    ]
    assert [one.outcomes[0].passed for one in found] == [False, True, True, True]
    assert [one.outcomes[0].tools for one in found] == [("calculate",)] * 4
    lines = capsys.readouterr().err.splitlines()
    assert [line[:6] for line in lines] == ["[1/4] ", "[2/4] ", "[3/4] ", "[4/4] "]
    assert "the answer lacks 189" in lines[1]


# -- episodes ---------------------------------------------------------------------------------


def test_second_goals_are_tried_with_and_without_the_first(benchmark: Any, tmp_path: Path) -> None:
    module = benchmark("episodes")
    pairs = [p for p in benchmark("goal_pairs").PAIRS if p.first.goal.startswith("How much is")]
    first = [call("calculate", expression="2360*17.5/100"), answer("It is 413 EUR.")]
    second = [call("calculate", expression="1840*12.5/100"), answer("It is 230 kroner.")]
    with ScriptedModel([*first, *second, *second]) as model:
        found = module.measure(tuple(pairs), partial(Agent, model), tmp_path)
    told = ["reached before" in prompt[1].text for prompt in model.prompts]
    assert told == [False, False, True, True, False, False]
    assert found["told"] == [[pairs[0].first.goal]]
    assert [found[side][0].passed for side in ("first", "with", "without")] == [True] * 3
    rows = module.table(found)
    assert len(rows) == 6
    assert all("1/1" in row for row in rows[1:])
