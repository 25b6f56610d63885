"""Runs are remembered; those that reached a goal like this one are told of, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.check.evidence import check, numbers_in
from nomoat.agent.errors import Interrupted
from nomoat.agent.offer import first_offer
from nomoat.agent.opening.past import Past, general, past_of
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Status
from nomoat.agent.trust.contract_read import read_goal
from nomoat.memory.embed import MiniLM
from nomoat.memory.episodes import Episode, Episodes, Used
from nomoat.tools.base import tool
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import Fits
from tests.memory.hashed import Hashed


@tool(effects="read")
def look(place: str, secretly: str = "") -> str:
    """Say what is at a place."""
    if place == "roof":
        raise RuntimeError("too high")
    return "Anna's 4711 eggs"


@tool(effects="none")
def count(text: str, times: int = 1) -> str:
    """Count."""
    return text


GOAL = "How many eggs does Anna have in the cellar?"
SCRIPT = [
    call("look", place="roof"),
    call("look", place="cellar", secretly="a canary from elsewhere"),
    call("count", text="Anna's 4711 eggs"),
    answer("Anna has 4711 eggs in the cellar."),
]
ASKED_OF_BERT = [
    call("look", place="cellar"),
    answer("Bert has none in the cellar: the 4711 eggs there are Anna's."),
]
SHORT = [call("look", place="cellar"), answer("It has 4711 eggs.")]


@pytest.fixture
def held(tmp_path: Path) -> Episodes:
    return Episodes(tmp_path / "episodes.db", embedder=Hashed())


@pytest.fixture
def agent(tmp_path: Path, nomoat_home: Path, held: Episodes) -> Callable[..., Agent]:
    def make(model: ScriptedModel, **settings: Any) -> Agent:
        (tmp_path / "work").mkdir(exist_ok=True)
        runs = RunStore(tmp_path / "runs")
        settings = {"builtin": False, "runs": runs, "episodes": held, **settings}
        return Agent(model, [look, count], workspace=tmp_path / "work", **settings)

    return make


Reach = Callable[..., tuple[Run, str]]


@pytest.fixture
def reach(agent: Callable[..., Agent]) -> Reach:
    """Reach a goal by a script; gives the run, and what the model was shown at the start."""

    def run(goal: str, script: Iterable[str], **settings: Any) -> tuple[Run, str]:
        with ScriptedModel(list(script)) as model:
            done = agent(model, **settings).run(goal)
        return done, model.prompts[0][1].text

    return run


def test_a_run_is_remembered_without_what_it_read_or_wrote(reach: Reach, held: Episodes) -> None:
    run, _ = reach(GOAL, SCRIPT)
    assert run.status is Status.REACHED
    (kept,) = held.all()
    assert (kept.run_id, kept.goal, kept.reached) == (run.run_id, GOAL, True)
    assert kept.date[:4].isdigit()
    assert kept.used == (  # what failed is not remembered, and of values only what the goal says
        Used("look", "place=cellar, secretly=…"),
        Used("count", "text=…"),
    )
    on_disk = b"".join(path.read_bytes() for path in held.file.parent.glob("episodes.db*"))
    assert b"cellar" in on_disk
    assert b"4711" not in on_disk
    assert b"canary" not in on_disk


def test_the_next_goal_like_it_is_told_of_the_tools(reach: Reach) -> None:
    _, before = reach(GOAL, SCRIPT)
    assert "reached before" not in before
    _, shown = reach("How many eggs does Bert have in the cellar?", ASKED_OF_BERT)
    assert shown.splitlines()[-1] == (
        'Goals like this were reached before: "How many eggs does X have in the cellar?" with '
        "look, count."
    )


def test_a_goal_of_another_kind_is_told_nothing(reach: Reach) -> None:
    reach(GOAL, SCRIPT)
    _, shown = reach("Say what stands there", SHORT)
    assert "reached before" not in shown


def test_what_was_not_reached_is_kept_and_not_told(reach: Reach, held: Episodes) -> None:
    unseen = [call("count", text="eggs"), *[answer("Anna has 99 eggs in the cellar.")] * 2]
    run, _ = reach(GOAL, unseen)
    assert run.status is Status.UNVERIFIED
    assert [one.reached for one in held.all()] == [False]
    _, shown = reach(GOAL, SCRIPT)
    assert "reached before" not in shown


def test_without_episodes_nothing_is_kept(reach: Reach, held: Episodes, nomoat_home: Path) -> None:
    reach(GOAL, SCRIPT, episodes=None)
    assert not held.file.exists()
    assert not (nomoat_home / "episodes.db").exists()


def test_an_interrupted_run_is_remembered_when_it_is_over(
    agent: Callable[..., Agent], held: Episodes
) -> None:
    class Stopping(ScriptedModel):
        def _stream(self, *args: Any, **options: Any) -> Any:
            if len(self.prompts) == 2:
                raise Interrupted("Stopped.")
            yield from super()._stream(*args, **options)

    run = agent(Stopping(SCRIPT)).run(GOAL)
    assert run.status is Status.INTERRUPTED
    assert held.all() == []
    *_, last = agent(ScriptedModel(SCRIPT[2:])).resume(run.run_id)
    assert isinstance(last, events.Finished)
    assert [(one.run_id, one.reached, one.tools) for one in held.all()] == [
        (run.run_id, True, ("look", "count"))
    ]


def test_a_store_that_cannot_be_used_stops_no_run(reach: Reach, held: Episodes) -> None:
    held.file.write_bytes(b"no database " * 1_000)
    run, shown = reach(GOAL, SCRIPT)
    assert run.status is Status.REACHED
    assert "reached before" not in shown


# -- what is shown ----------------------------------------------------------------------------


def kept(run_id: str, goal: str, *tools: str) -> Episode:
    return Episode(run_id, goal, general(goal), tuple(Used(name) for name in tools), reached=True)


def test_at_most_two_are_shown_the_nearest_first(held: Episodes) -> None:
    for n, goal in enumerate(["bake the bread", "bake bread today", "bake bread"]):
        held.add(kept(str(n), goal, f"tool{n}", "both"))
    past = past_of("bake bread", held, ["tool0", "tool1", "tool2", "both"])
    assert past.told.count('"') == 4
    assert past.told.index('"bake bread"') < past.told.index('"bake bread today"')
    assert past.tools == ("tool2", "both", "tool1")


def test_what_used_tools_that_are_gone_is_not_shown(held: Episodes) -> None:
    held.add(kept("1", "bake bread", "oven", "query_table"))
    held.add(kept("2", "bake bread now"))  # needed no tool
    assert past_of("bake bread", held, ["query_table"]) == Past()
    assert past_of("bake bread", None, ["query_table"]) == Past()


def test_it_is_one_short_line(held: Episodes) -> None:
    long = "bake\nbread " * 200
    held.add(kept("1", long, *(f"tool{n}" for n in range(20))))
    told = past_of(long, held, [f"tool{n}" for n in range(20)]).told
    assert "\n" not in told
    assert len(told) < 300


def test_a_goal_made_general() -> None:
    goal = (
        'In https://a.org/x and notes/a.md, how often does "Zurich" stand, and three or 12 % more '
        "than in sales-2024.csv of Anna Smith?"
    )
    assert general(goal) == (
        "In https://site.org/page and a file, how often does a text stand, and N or N % more than "
        "in a table of X?"
    )


@given(st.text(max_size=200))
def test_no_number_is_left_that_an_answer_could_hold(text: str) -> None:
    assert numbers_in(general(text)) == frozenset()


NAMES = st.sampled_from(["Anna", "Bert Smith", "Zürich", "O'Neill", "notes.md", "a/b.csv", "4,711"])


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_nothing_shown_can_vouch_for_an_answer(names: list[str]) -> None:
    shown = general(f"tell what {' has, and '.join(names)} has")
    answered = f"It is {' and '.join(names)}."
    assert check(answered, given=shown, observations=()).evidence == ()
    assert all(not claim.steps for claim in check(answered, given=shown, observations=()).claims)


# -- the tools in view ------------------------------------------------------------------------


@tool(effects="read")
def weigh(thing: str) -> str:
    """Weigh a thing."""
    return thing


@tool(effects="write")
def paint(thing: str) -> str:
    """Paint a thing."""
    return thing


@tool(effects="read")
def taste(thing: str) -> str:
    """Taste a thing."""
    return thing


def offer(goal: str, *used_before: str) -> tuple[str, ...]:
    toolbox = Toolbox([weigh, paint, taste])
    fits = Fits(("weigh", "paint", "taste"), {"weigh": 0.3, "paint": 0.2, "taste": 0.9})
    return first_offer(goal, toolbox, fits, read_goal(goal), used_before=used_before)


def test_the_tools_used_before_join_those_in_view() -> None:
    goal = "How heavy is the parcel?"
    assert offer(goal) == ("taste",)
    assert offer(goal, "weigh", "taste", "gone") == ("taste", "weigh")


def test_what_the_goal_does_not_ask_for_does_not_join() -> None:
    assert offer("How heavy is the parcel?", "paint") == ("taste",)


# -- by meaning -------------------------------------------------------------------------------


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, ...]:
    """The pairs of goals of the benchmark."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    import goal_pairs  # type: ignore[import-not-found]

    return tuple(goal_pairs.PAIRS)


def test_goals_of_one_kind_meet_and_others_do_not(
    embedder_folder: Path, tmp_path: Path, pairs: tuple[Any, ...]
) -> None:
    held = Episodes(tmp_path / "episodes.db", embedder=MiniLM(embedder_folder))
    for n, pair in enumerate(pairs):
        held.add(kept(str(n), pair.first.goal, "read_file"))
    found = [[one.run_id for one in held.similar(general(pair.then.goal))] for pair in pairs]
    met = sum(str(n) in ids for n, ids in enumerate(found))
    strangers = sum(run_id != str(n) for n, ids in enumerate(found) for run_id in ids)
    assert met >= 10
    assert strangers <= 4
