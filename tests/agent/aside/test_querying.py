"""A question to the tables is put into SQL aside, and several samples are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from nomoat.agent import prompts
from nomoat.agent.agent import Agent
from nomoat.agent.aside.querying import A_QUERY, DRAWS, Querying, read_sql
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Said, State, Status, Step, Usage
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.tables import Tables

GOAL = "Which dog eats the most?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dogs.csv").write_text("dog,breed,grams\nRex,terrier,300\nBella,poodle,250\n")
    (tmp_path / "owners.csv").write_text("dog,owner\nRex,Hall\nBella,Ito\n")
    return tmp_path


def state(goal: str = GOAL, **more: object) -> State:
    told: State = {"goal": goal, "steps": [], "tables": ("dogs", "owners"), "in_view": ()}
    return {**told, **more}  # type: ignore[typeddict-item]


def querying(folder: Path) -> Querying:
    return Querying(Tables(Workspace(folder)))


class Says:
    """Says one text after the other, and keeps what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts, self.asked, self.draws = list(texts), list[Sequence[BaseMessage]](), list[int]()

    def __call__(self, messages: Sequence[BaseMessage], *, draw: int = 0) -> Said:
        self.asked.append(messages)
        self.draws.append(draw)
        return Said(f"```sql\n{self.texts.pop(0)};\n```")


# -- when it is due -------------------------------------------------------------------------------


def test_it_is_due_where_the_tables_are_what_fits_best(folder: Path) -> None:
    assert querying(folder).due(state(in_view=("query_table", "read_file"))) == A_QUERY
    assert not querying(folder).due(state(in_view=("read_file", "query_table")))


@pytest.mark.parametrize(
    "decided",
    [
        ToolCall("query_table", {"sql": "SELECT 1"}),
        ToolCall("read_file", {"path": "dogs.csv"}),
        ToolCall("find_in_files", {"text": "Rex", "folder": "dogs"}),
    ],
)
def test_it_is_due_in_the_place_of_a_call_that_looks_into_a_table(
    folder: Path, decided: ToolCall
) -> None:
    assert querying(folder).due(state(), decided) == A_QUERY


@pytest.mark.parametrize(
    "decided",
    [ToolCall("read_file", {"path": "notes.md"}), ToolCall("find_in_files", {"text": "dogs"})],
)
def test_any_other_call_stands(folder: Path, decided: ToolCall) -> None:
    assert querying(folder).due(state(), decided) == ""


def test_rows_are_saved_where_the_goal_or_the_call_says(folder: Path) -> None:
    goal = "Write big.csv with the dogs that eat more than 260 grams."
    asks = querying(folder)
    assert asks.due(state(goal, in_view=("save_query",))) == "big.csv"
    saves = ToolCall("save_query", {"sql": "SELECT 1", "path": "other.csv"})
    assert asks.due(state(goal), saves) == "other.csv"
    said = str(asks.messages(state(goal), "big.csv")[1].content)
    assert "Your rows become big.csv" in said


def test_it_is_due_once(folder: Path) -> None:
    assert not querying(folder).due(state(in_view=("query_table",), asides=(A_QUERY,)))


def test_tables_of_pages_are_asked_in_the_run(folder: Path) -> None:
    goal = "Which dog eats the most, says https://dogs.example?"
    assert not querying(folder).due(state(goal, in_view=("query_table",)))


def test_after_something_was_read_it_is_not(folder: Path) -> None:
    read = Observation("The limit is 260 grams.")
    step = Step(1, Said(""), Decision("", ToolCall("read_file", {"path": "limit.txt"})), read)
    asks = state(steps=[step])
    assert querying(folder).due(asks, ToolCall("query_table", {"sql": "SELECT 1"})) == ""


# -- what is drawn --------------------------------------------------------------------------------

MOST = "SELECT dog FROM dogs ORDER BY grams DESC LIMIT 1"
AS_WELL = "SELECT dog AS name FROM dogs WHERE grams = (SELECT max(grams) FROM dogs)"
OTHER = "SELECT breed FROM dogs"
NONE = "SELECT dog FROM dogs WHERE grams > 900"
NONE_COUNTED = "SELECT count(*) FROM dogs WHERE grams > 900"
BROKEN = "SELECT cat FROM dogs"


@pytest.mark.parametrize(
    ("texts", "taken"),
    [
        ((MOST, AS_WELL), MOST),
        ((OTHER, MOST, BROKEN, AS_WELL), MOST),
        ((NONE, NONE, MOST, BROKEN, BROKEN), MOST),
        ((NONE, MOST, NONE, NONE), NONE),
        ((NONE_COUNTED, NONE, NONE), NONE_COUNTED),
        ((BROKEN, NONE, BROKEN, BROKEN, BROKEN), NONE),
        ((OTHER, MOST, NONE, BROKEN, BROKEN), OTHER),
    ],
)
def test_the_sql_is_taken_on_whose_rows_two_samples_agree(
    folder: Path, texts: tuple[str, ...], taken: str
) -> None:
    says = Says(*texts)
    decision, _usage = querying(folder).written(state(), A_QUERY, says)
    assert decision.call is not None
    assert decision.call.args["sql"] == taken
    assert says.draws == list(range(len(texts)))
    assert len(texts) <= DRAWS


def test_no_more_are_drawn_than_there_is_time_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomoat.agent.aside.querying.SECONDS", 0.0)
    says = Says(OTHER, MOST, NONE, NONE, NONE)
    decision, _usage = querying(folder).written(state(), A_QUERY, says)
    assert says.draws == [0]
    assert decision.call is not None


def test_sql_that_speaks_of_what_the_goal_names_is_taken_before_others(folder: Path) -> None:
    says = Says(
        "SELECT dog FROM dogs",
        "SELECT dog FROM dogs ORDER BY dog",
        "SELECT dog FROM dogs WHERE dog = 'Rex'",
        "SELECT dog FROM dogs WHERE dog LIKE 'Rex'",
    )
    asked = state("How much does Rex eat?", in_view=("query_table",))
    # the first two agree, and do not speak of Rex: but nothing did until then
    assert sql_of(querying(folder).written(asked, A_QUERY, says)) == "SELECT dog FROM dogs"
    says = Says(
        "SELECT dog FROM dogs",
        "SELECT dog FROM dogs WHERE dog = 'Rex'",
        "SELECT dog FROM dogs ORDER BY dog",
        "SELECT dog FROM dogs WHERE dog LIKE 'Rex'",
    )
    assert "'Rex'" in sql_of(querying(folder).written(asked, A_QUERY, says))
    assert not says.texts


def test_a_guess_that_tables_belong_together_and_that_finds_nothing_is_dropped(
    folder: Path,
) -> None:
    nothing = ["SELECT dog FROM dogs WHERE grams > 900"] * DRAWS
    sure, guess = state(), state(beyond_one=True)
    assert querying(folder).written(sure, A_QUERY, Says(*nothing))[0].call is not None
    assert querying(folder).written(guess, A_QUERY, Says(*nothing))[0].call is None


def test_what_is_listed_in_texts_is_shown_where_a_goal_needs_it(folder: Path) -> None:
    (folder / "food.txt").write_text("Rex: fish\nBella: beef\nPip: rice\n")
    _system, plain = querying(folder).messages(state(), A_QUERY)
    _system, listed = querying(folder).messages(state(tables=("food", "dogs")), A_QUERY)
    assert "food" not in plain.text
    assert listed.text.startswith("food (food.txt, 3 rows)")


def sql_of(made: tuple[Decision, Usage]) -> str:
    call = made[0].call
    return str(call.args["sql"]) if call else ""


def test_the_same_rows_of_more_are_others(folder: Path) -> None:
    rows = "".join(f"dog{n},terrier,{n}\n" for n in range(300))
    (folder / "dogs.csv").write_text(f"dog,breed,grams\n{rows}")
    some = "SELECT breed FROM dogs WHERE grams < 200"
    says = Says("SELECT breed FROM dogs", some, some)
    decision, _usage = querying(folder).written(state(), A_QUERY, says)
    assert decision.call is not None
    assert decision.call.args["sql"] == some


def test_where_none_runs_there_is_no_call(folder: Path) -> None:
    decision, _usage = querying(folder).written(state(), A_QUERY, Says(*[BROKEN] * DRAWS))
    assert decision.call is None


def test_one_who_writes_sql_sees_the_tables_and_the_goal_and_nothing_else(folder: Path) -> None:
    (folder / "secret.txt").write_text("the spare key hangs behind the clock")
    says = Says(MOST, MOST)
    querying(folder).written(state(), A_QUERY, says)
    told = "\n".join(str(message.content) for message in says.asked[0])
    assert "dogs (dogs.csv, 2 rows): dog TEXT" in told
    assert GOAL in told
    assert "key" not in told


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("```sql\nSELECT 1;\n```\nThat is it.", "SELECT 1"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "WITH a AS (SELECT 1) SELECT * FROM a"),
        ("```\nselect 2", "select 2"),
        ("```sql\nSELECT a, -- the name\n    'b\n c'\nFROM t;\n```", "SELECT a, 'b\n c' FROM t"),
        ("DROP TABLE dogs", ""),
        ("I cannot do that.", ""),
        ("", ""),
    ],
)
def test_only_a_select_is_read(text: str, sql: str) -> None:
    assert read_sql(text) == sql


# -- in a run -------------------------------------------------------------------------------------


def test_a_run_sees_the_call_and_its_rows(folder: Path) -> None:
    script = [f"```sql\n{MOST}\n```", answer("The dog that eats the most is Rex.")]
    with ScriptedModel(script) as model:
        run = Agent(model=model, workspace=folder, policy=Policy(Mode.NEVER)).run(GOAL)
    assert run.status is Status.REACHED
    assert run.steps[0].call == ToolCall("query_table", {"sql": MOST})
    assert "Rex" in run.steps[0].observation.text


def test_afterwards_the_run_is_told_only_of_the_tables_that_were_asked(folder: Path) -> None:
    asked: list[str] = []

    class Heard(ScriptedModel):
        def _stream(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> Any:
            asked.append("\n".join(str(message.text) for message in messages))
            return super()._stream(messages, *args, **kwargs)

    sql = f"```sql\n{MOST}\n```"
    with Heard([sql, answer("The dog that eats the most is Rex.")]) as model:
        run = Agent(model=model, workspace=folder, policy=Policy(Mode.NEVER)).run(GOAL)
    assert run.status is Status.REACHED
    assert "owners (owners.csv, 2 rows)" in asked[0]
    assert "- owners (owners.csv" not in asked[-1]
    assert "- dogs (dogs.csv, 2 rows)" in asked[-1]


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("SELECT dog FROM dogs", ["dogs"]),
        ('SELECT * FROM "Owners" JOIN dogs USING (dog)', ["dogs", "owners"]),
        ("SELECT 1", ["dogs", "owners"]),
    ],
)
def test_what_an_opening_tells_of_tables_is_cut_to_those_that_are_asked(
    sql: str, left: list[str]
) -> None:
    lines = {
        "dogs": "- dogs (a/dogs.csv, 2 rows): dog TEXT",
        "owners": "- owners (o.csv [x], 1 rows): a",
    }
    told = "Goal: Which dog?\n\n{}\n{}\n\nToday is Monday."
    every = told.format(prompts.TABLES, "\n".join(lines.values()))
    kept = told.format(prompts.TABLES, "\n".join(lines[name] for name in left))
    assert prompts.with_tables(every, sql) == kept
    assert prompts.with_tables("Goal: Which dog?", sql) == "Goal: Which dog?"


def test_where_nothing_comes_of_it_the_run_decides(folder: Path) -> None:
    script = ["No.", call("query_table", sql=MOST), answer("The dog that eats the most is Rex.")]
    with ScriptedModel(script) as model:
        run = Agent(model=model, workspace=folder, policy=Policy(Mode.NEVER)).run(GOAL)
    assert run.status is Status.REACHED
