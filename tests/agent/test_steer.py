"""What a person says to a run that has stopped, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.errors import Interrupted
from nomoat.agent.prompts import PAUSED
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Status
from nomoat.agent.steer import Word, widen
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_may import narrowed
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.policy import Approval, Mode, Policy
from nomoat.tools.base import Effect, Output, tool
from tests.agent.stopping import Stopping

calls: list[str] = []


@pytest.fixture(autouse=True)
def _no_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls.clear()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@tool(effects="none")
def add(a: float, b: float) -> str:
    """Add two numbers."""
    calls.append(f"add {a:g} {b:g}")
    return f"{a + b:g}"


@tool(effects="write", targets="path")
def note(path: str, text: str) -> Output:
    """Write a note."""
    calls.append(f"note {path}")
    Path(path).write_text(text)
    return Output(f"Noted: {text}", files=(path,))


def agent(folder: Path, model: ScriptedModel, **settings: Any) -> Agent:
    workspace = folder / "work"
    settings.setdefault("policy", Policy(Mode.NEVER))
    runs = RunStore(folder / "runs")
    return Agent(model, [add, note], builtin=False, workspace=workspace, runs=runs, **settings)


def end(told: Iterator[events.Event]) -> Run:
    """The run that a stream ends with."""
    last = list(told)[-1]
    assert isinstance(last, events.Finished)
    return last.run


def texts(prompt: list[BaseMessage]) -> list[str]:
    return [str(message.text) for message in prompt]


Stopped = Callable[..., tuple[Agent, Run, Stopping]]


@pytest.fixture
def stopped(tmp_path: Path) -> Stopped:
    def run(goal: str, *script: str, at: int, **settings: Any) -> tuple[Agent, Run, Stopping]:
        model = Stopping(script, at=at)
        one = agent(tmp_path, model, **settings)
        return one, end(one.stream(goal, halt=Halt())), model

    return run


# -- what is said -----------------------------------------------------------------------------


def test_what_is_said_stands_behind_the_last_step_and_stays(stopped: Stopped) -> None:
    script = [call("add", a=2, b=3), call("add", a=5, b=4), answer("It is 9.")]
    one, run, model = stopped("Add 2 to 3.", *script, at=1)
    assert run.status is Status.INTERRUPTED

    told = list(one.resume(run.run_id, say="Add 4 as well."))
    model.assert_used_up()
    before, after = texts(model.prompts[0]), texts(model.prompts[2])
    assert after[: len(before)] == before  # the transcript only grows
    assert after[-2:] == [PAUSED, "The person says: Add 4 as well."]
    assert [type(message).__name__ for message in model.prompts[2]][1:] == (
        ["HumanMessage", "AIMessage"] * 2 + ["HumanMessage"]
    )
    remarks = [event for event in told if isinstance(event, events.Remarked)]
    assert [remark.text for remark in remarks] == ["The person says: Add 4 as well."]

    last = told[-1]
    assert isinstance(last, events.Finished)
    assert last.run.status is Status.REACHED
    assert (last.run.goal, last.run.run_id) == ("Add 2 to 3.", run.run_id)
    assert [(step.n, step.person) for step in last.run.steps] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    stored = one.runs.find(run.run_id).read()["run"]
    assert stored["steps"][1]["observation"]["text"] == "The person says: Add 4 as well."


def test_it_is_there_after_a_second_stop(stopped: Stopped, tmp_path: Path) -> None:
    script = [call("add", a=2, b=3), answer("It is 5.")]
    one, run, _ = stopped("Add 2 to 3.", *script, at=1)
    again = Stopping(script[1:], at=0)
    one = agent(tmp_path, again)
    assert end(one.resume(run.run_id, say="Be quick.", halt=Halt())).status is Status.INTERRUPTED
    with ScriptedModel(script[1:]) as model:
        rest = end(agent(tmp_path, model).resume(run.run_id, say="And say it is a sum."))
    assert rest.status is Status.REACHED
    said = [text for text in texts(model.prompts[0]) if text.startswith("The person says")]
    assert said == ["The person says: Be quick.", "The person says: And say it is a sum."]
    assert [step.n for step in rest.steps] == [1, 2, 3]


def test_a_run_that_goes_on_tells_its_plan_and_its_steps(stopped: Stopped, tmp_path: Path) -> None:
    script = [call("add", a=2, b=3), answer("It is 5.")]
    _, run, _ = stopped("Add 2 to 3. Then say it.", *script, at=1)
    again = agent(tmp_path, Stopping(script[1:], at=0))
    told = list(again.resume(run.run_id, plan=("Add 2 to 3.", "Say it twice."), halt=Halt()))
    began = events.RunStarted(run.run_id, run.goal, run.model, run.may, run.plan, run.steps)
    assert told[0] == began
    with ScriptedModel(script[1:]) as model:
        begun, *_ = agent(tmp_path, model).resume(run.run_id)
    assert isinstance(begun, events.RunStarted)
    assert begun.plan == ("Add 2 to 3.", "Say it twice.")
    assert [step.replaced for step in begun.steps] == [(), run.plan]
    first, *_ = agent(tmp_path, ScriptedModel([answer("Five.")])).stream("Add.")
    assert isinstance(first, events.RunStarted)
    assert (first.plan, first.steps) == ((), ())


def test_a_number_that_the_person_says_needs_no_other_source(stopped: Stopped) -> None:
    one, run, model = stopped("Add it up.", answer("It is 4711."), at=0)
    rest = end(one.resume(run.run_id, say="The sum is 4711, I looked."))
    model.assert_used_up()
    assert rest.status is Status.REACHED


def test_what_the_person_asks_for_may_be_done(stopped: Stopped, tmp_path: Path) -> None:
    script = [call("add", a=2, b=3), call("note", path="sum.txt", text="5"), answer("Noted 5.")]
    one, run, model = stopped("What is 2 plus 3?", *script, at=1)
    journal = Journal(one.runs.find(run.run_id).path)
    assert Effect.WRITE not in Contract.from_dict(journal.contract or {}).effects

    rest = end(one.resume(run.run_id, say="Write it to sum.txt too."))
    model.assert_used_up()
    assert calls == ["add 2 3", "note sum.txt"]
    assert rest.status is Status.REACHED


def test_nothing_the_run_could_do_is_taken_away(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    old = read_goal("Sort all files of this folder, and delete the empty ones.")
    journal.begin(old.to_dict())
    new = read_goal("Look at https://example.org/ and leave the folder old alone.")
    widen(journal, new)
    now = Contract.from_dict(Journal(tmp_path).contract or {})
    assert now.effects >= old.effects | new.effects
    assert set(now.folders) >= {*old.folders, *new.folders}
    assert now.removes


def test_what_the_person_ruled_out_stays_out(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(narrowed(read_goal("Look something up."), ["network", "write:old/"]).to_dict())
    widen(journal, read_goal("Look something up.\nDownload https://example.org/a to old/a.txt."))
    now = Contract.from_dict(journal.contract or {})
    assert Effect.NETWORK not in now.effects
    assert Effect.WRITE in now.effects
    assert now.change("old/a.txt", "write", exists=False, made=False)


def test_a_call_that_waited_for_an_answer_is_not_made(tmp_path: Path) -> None:
    def leave(_asked: events.ApprovalAsked) -> Approval:
        raise Interrupted("Stopped at a question.")

    goal, first = "Write a note.", call("note", path="a.txt", text="x")
    run = end(agent(tmp_path, ScriptedModel([first]), policy=Policy(), approve=leave).stream(goal))
    assert run.status is Status.INTERRUPTED
    with ScriptedModel([call("note", path="b.txt", text="x"), answer("Noted.")]) as model:
        rest = end(agent(tmp_path, model).resume(run.run_id, say="Write it to b.txt instead."))
    assert calls == ["note b.txt"]
    assert texts(model.prompts[0])[-2:] == [
        first,
        "note was not called.\nThe person says: Write it to b.txt instead.",
    ]
    assert rest.status is Status.REACHED


def test_a_step_that_was_begun_is_completed_first(tmp_path: Path) -> None:
    """As after a process that died between a call and the end of its step."""
    with ScriptedModel([call("note", path="a.txt", text="x"), answer("Noted.")]) as model:
        one = agent(tmp_path, model)
        stream = one.stream("Write a note to a.txt")
        for event in stream:
            if isinstance(event, events.Observed):
                break
        stream.close()
        rest = end(one.resume("last", say="Thank you."))
    assert calls == ["note a.txt"]
    assert [step.person for step in rest.steps] == [False, True]
    assert rest.steps[0].observation.files == ("a.txt",)
    assert rest.status is Status.REACHED


def test_a_run_that_was_closing_is_open_again(stopped: Stopped, tmp_path: Path) -> None:
    script = [call("add", a=2, b=3), call("add", a=5, b=5), answer("It is 10.")]
    one, run, model = stopped("Add 2 to 3.", *script, at=1, budget=Budget(steps=1))
    assert "There is no room for more steps" in texts(model.prompts[1])[-1]
    one.budget = Budget(steps=5)
    rest = end(one.resume(run.run_id, say="Add 5 as well."))
    model.assert_used_up()
    assert (rest.status, rest.answer) == (Status.REACHED, "It is 10.")


# -- the plan ---------------------------------------------------------------------------------


def test_another_plan_is_told_and_takes_the_place_of_the_old(stopped: Stopped) -> None:
    script = [call("add", a=2, b=3), answer("It is 5.")]
    one, run, model = stopped("Add 2 to 3.", *script, at=1)
    rest = end(one.resume(run.run_id, plan=["add", "say it in words"]))
    model.assert_used_up()
    assert rest.plan == ("add", "say it in words")
    assert texts(model.prompts[-1])[-1] == (
        "The person has changed the plan. From here on it is:\n1. add\n2. say it in words"
    )


def test_the_same_plan_says_nothing_and_the_wait_does_not_count(stopped: Stopped) -> None:
    script = [call("add", a=2, b=3), answer("It is 5.")]
    one, run, model = stopped("Add 2 to 3.", *script, at=1, budget=Budget(seconds=600))
    rest = end(one.resume(run.run_id, plan=run.plan))
    model.assert_used_up()
    assert [step.person for step in rest.steps] == [False]
    assert texts(model.prompts[-1]) == texts(model.prompts[1])


def test_a_plan_is_edited_before_the_first_step(tmp_path: Path) -> None:
    shown: list[tuple[str, ...]] = []

    def edit(plan: tuple[str, ...]) -> tuple[str, ...]:
        shown.append(plan)
        return (*plan, "write it to sum.txt")

    script = [call("add", a=2, b=3), call("note", path="sum.txt", text="5"), answer("Noted 5.")]
    with ScriptedModel(script) as model:
        run = end(agent(tmp_path, model).stream("What is 2 plus 3?", edit_plan=edit))
    assert shown == [("What is 2 plus 3?",)]
    assert run.plan == ("What is 2 plus 3?", "write it to sum.txt")
    assert texts(model.prompts[0])[-1].endswith("2. write it to sum.txt")
    assert calls == ["add 2 3", "note sum.txt"]


def test_a_plan_that_is_left_as_it_is_changes_nothing(tmp_path: Path) -> None:
    with ScriptedModel([call("add", a=2, b=3), answer("It is 5.")]) as model:
        run = end(agent(tmp_path, model).stream("Add 2 to 3.", edit_plan=lambda plan: plan))
    assert run.status is Status.REACHED
    assert len(model.prompts[0]) == 2


def test_a_word_says_what_it_adds() -> None:
    assert not Word()
    assert Word("", ("a",)).told(("a",)) == ""
    assert Word("Go.", ("a", "b")).wish("Goal", ("a",)) == "Goal\nGo.\nb"
