"""The loop, driven by a script: what is done at each turn, and how runs end."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent import events, prompts
from nomoat.agent.agent import Agent
from nomoat.agent.aside.rewriting import DRAFTS
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.errors import RunError, ScriptError, UsageError
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call, plan
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Approval, Mode, Policy
from nomoat.tools.base import Output, tool
from nomoat.tools.builtin import builtin_tools
from nomoat.tools.calculate import calculate
from nomoat.tools.guard.paths import Workspace

calls: list[str] = []


@tool(effects="none")
def add(a: float, b: float) -> str:
    """Add two numbers."""
    calls.append("add")
    return f"{a + b:g}"


@tool(effects="write")
def note(text: str) -> Output:
    """Write a note."""
    calls.append(f"note {text}")
    return Output(f"Noted: {text}", files=("note.txt",))


@tool(effects="none")
def fail(reason: str) -> str:
    """Fail."""
    raise RuntimeError(reason)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


@pytest.fixture
def run_script(tmp_path: Path) -> Callable[..., Run]:
    """Run a script to its end; every line of it has to be used."""

    def run(goal: str, *script: str, **settings: Any) -> Run:
        with ScriptedModel(script) as model:
            return agent(tmp_path, model, **settings).run(goal)

    return run


def agent(folder: Path, model: ScriptedModel, **settings: Any) -> Agent:
    workspace = folder / "work"
    workspace.mkdir(exist_ok=True)
    settings.setdefault("policy", Policy(Mode.NEVER))
    return Agent(
        model,
        [add, note, fail],
        builtin=False,
        workspace=workspace,
        runs=RunStore(folder / "runs"),
        **settings,
    )


def test_plan_act_observe_answer(run_script: Callable[..., Run]) -> None:
    run = run_script("What is 2 + 3?", call("add", a=2, b=3), answer("It is 5."))
    assert (run.status, run.answer, run.exit_status) == (Status.REACHED, "It is 5.", 0)
    assert run.plan == ("What is 2 + 3?",)
    assert [(s.call.tool if s.call else "", s.observation.text) for s in run.steps] == [
        ("add", "5")
    ]
    assert run.verdict.evidence == (1,)


def test_the_parts_of_the_goal_are_the_plan(run_script: Callable[..., Run]) -> None:
    run = run_script(
        "Think about it well, then add 2 to 3.", call("add", a=2, b=3), answer("It is 5.")
    )
    assert run.plan == ("Think about it well,", "add 2 to 3.")


def test_what_was_read_off_is_computed_by_a_program(tmp_path: Path) -> None:
    goal = "What is the average of 4 and 7?"
    program = "```python\naverage = (4 + 7) / 2\nprint(average)\n```"
    read_off = [answer("It is 7."), answer("It is 7, as the goal says.")]
    with ScriptedModel([*read_off, program, answer("It is 5.5.")]) as model:
        runs = RunStore(tmp_path / "runs")
        run = Agent(model, [calculate], builtin=False, workspace=tmp_path, runs=runs).run(goal)
    assert [step.observation.text for step in run.steps if not step.remark] == ["5.5"]
    assert (run.status, run.answer) == (Status.REACHED, "It is 5.5.")
    told = [message.text for message in model.prompts[-1]]
    assert "Write a short Python program" in told[-3]
    assert told[-2] == program  # as it was written
    assert told[-1] == f"Result of calculate:\n5.5\n{prompts.IN_A_SENTENCE}"


def test_a_goal_may_need_no_tool(run_script: Callable[..., Run]) -> None:
    run = run_script("Say hello.", answer("Hello."))
    assert run.status is Status.REACHED
    assert run.steps == ()


def test_the_prompt_only_grows(tmp_path: Path) -> None:
    with ScriptedModel([call("add", a=1, b=1), call("fail", reason="x"), answer("2")]) as model:
        agent(tmp_path, model).run("What is 1 + 1?")
    for before, after in pairwise(model.prompts):
        shared = [(m.type, m.text) for m in after[: len(before)]]
        assert shared == [(m.type, m.text) for m in before]


def test_the_same_call_is_answered_with_what_was_seen_and_then_forbidden(
    run_script: Callable[..., Run],
) -> None:
    run = run_script(
        "What is 2 + 3?",
        call("add", a=2, b=3),
        call("add", a=2, b=3),
        answer("5"),
    )
    assert calls == ["add"]
    assert "step 1 already" in run.steps[1].observation.text
    assert run.status is Status.REACHED


def test_a_forbidden_call_cannot_be_made(run_script: Callable[..., Run]) -> None:
    again = call("add", a=2, b=3)
    with pytest.raises(ScriptError, match="not what a model could say"):
        run_script("What is 2 + 3?", again, again, again)


def test_what_was_written_is_not_written_again(run_script: Callable[..., Run]) -> None:
    again = call("note", text="x")
    run = run_script("Note x.", again, again, answer("Noted x."))
    assert calls == ["note x"]
    assert len(run.steps) == 1
    assert run.status is Status.REACHED


def test_a_call_is_new_again_after_something_was_written(run_script: Callable[..., Run]) -> None:
    run = run_script(
        "Add, note, add.",
        call("add", a=2, b=3),
        call("note", text="x"),
        call("add", a=2, b=3),
        answer("5"),
    )
    assert calls == ["add", "note x", "add"]
    assert run.files_changed == ("note.txt",)


def test_an_answer_that_was_not_observed_is_sent_back_once(run_script: Callable[..., Run]) -> None:
    run = run_script(
        "What is 2 + 3?",
        answer("It is 77."),
        call("add", a=2, b=3),
        answer("It is 5."),
    )
    assert run.status is Status.REACHED
    assert "77" in run.steps[0].observation.text


def test_an_answer_that_leaves_a_part_of_the_goal_out_is_sent_back_once(
    run_script: Callable[..., Run],
) -> None:
    run = run_script(
        "Note what Anna and Bert have.",
        call("note", text="Anna has 2"),
        answer("Anna has 2."),
        call("note", text="Bert has 3"),
        answer("Anna has 2 and Bert has 3."),
    )
    assert "Bert" in run.steps[1].observation.text
    assert run.status is Status.REACHED


def test_a_change_that_was_asked_for_has_to_be_made(run_script: Callable[..., Run]) -> None:
    run = run_script("Add milk to the list.", answer("Done."), answer("Done."))
    assert "no tool has changed anything" in run.steps[0].observation.text
    assert run.status is Status.UNVERIFIED
    assert run.verdict.unchanged


def test_a_change_that_failed_is_no_change(tmp_path: Path) -> None:
    @tool(effects="write")
    def scribble(text: str) -> str:
        """Write on the list."""
        raise RuntimeError(text)

    script = [call("scribble", text="a"), answer("Done."), answer("Done.")]
    (tmp_path / "work").mkdir()
    with ScriptedModel(script) as model:
        run = Agent(
            model,
            [scribble],
            builtin=False,
            workspace=tmp_path / "work",
            policy=Policy(Mode.NEVER),
            runs=RunStore(tmp_path / "runs"),
        ).run("Add milk to the list.")
    assert run.status is Status.UNVERIFIED
    assert run.verdict.unchanged


def test_an_empty_file_is_not_written(tmp_path: Path) -> None:
    said = answer("Wrote out.txt.")
    script = [said, call("note", text="hello"), said]
    with ScriptedModel(script) as model:
        one = agent(tmp_path, model)
        stream = one.stream("Note hello, and write it to out.txt.")
        next(stream)
        (tmp_path / "work" / "out.txt").write_text("")
        *_, last = stream
    assert isinstance(last, events.Finished)
    assert last.run.verdict.missing_files == ("out.txt",)


class Warm(ScriptedModel):
    """Says another line where it is asked at a temperature."""

    warm: str

    def _stream(self, messages: list[BaseMessage], *rest: Any, **options: Any) -> Any:
        at = options.pop("temperature", None)
        if at is not None and self.prompts and self.prompts[-1] == messages:
            yield ChatGenerationChunk(message=AIMessageChunk(content=self.warm))
        else:
            yield from super()._stream(messages, *rest, **options)


def test_an_answer_that_is_given_again_is_asked_for_another_one(tmp_path: Path) -> None:
    wrong, right = answer("It is 77."), answer("It is 5, the sum of 2 and 3.")
    with Warm(script=[wrong, wrong], warm=right) as model:
        run = agent(tmp_path, model).run("What is 2 + 3?")
    assert run.answer == "It is 5, the sum of 2 and 3."
    assert len(model.prompts) == 2


def test_an_answer_that_stays_unobserved_is_marked(run_script: Callable[..., Run]) -> None:
    run = run_script("What is 2 + 3?", answer("It is 77."), answer("It is 78."))
    assert (run.status, run.exit_status) == (Status.UNVERIFIED, 3)
    assert [claim.text for claim in run.verdict.unverified] == ["78"]


def test_a_file_that_was_asked_for_has_to_be_there(run_script: Callable[..., Run]) -> None:
    run = run_script(
        "Note hello, and write it to out.txt.",
        answer("I wrote it to out.txt."),
        call("note", text="hello"),
        answer("I wrote it to out.txt."),
    )
    assert run.status is Status.UNVERIFIED  # the tool wrote another file
    assert run.verdict.missing_files == ("out.txt",)


def test_when_the_budget_is_spent_the_model_may_only_answer(
    run_script: Callable[..., Run],
) -> None:
    run = run_script(
        "Add much.",
        call("add", a=1, b=1),
        call("add", a=2, b=1),
        answer("2 and 3"),
        budget=Budget(steps=2),
    )
    assert (run.status, run.exit_status) == (Status.OUT_OF_BUDGET, 4)
    assert "2 steps are used" in run.steps[-1].note


def test_a_run_that_gets_nowhere_asks_for_another_plan_and_then_ends(tmp_path: Path) -> None:
    fails = [call("fail", reason=f"r{i}") for i in range(5)]
    script = [*fails[:3], plan("add: b it"), *fails[3:], answer("It did not work.")]
    with ScriptedModel(script) as model:
        told = list(agent(tmp_path, model).stream("Do it."))
    assert [(e.steps, e.again) for e in told if isinstance(e, events.Planned)] == [
        (("Do it.",), False),  # made without the model
        (("add: b it",), True),
    ]
    assert isinstance(told[-1], events.Finished)
    run = told[-1].run
    assert run.status is Status.REACHED
    assert run.plan == ("add: b it",)
    assert [step.replaced for step in run.steps if step.replaced] == [("Do it.",)]
    assert "nothing new" in run.steps[-1].note


def test_time_is_a_limit_too(run_script: Callable[..., Run]) -> None:
    run = run_script(
        "Add.",
        call("add", a=1, b=1),
        answer("2"),
        budget=Budget(seconds=1e-6),
    )
    assert run.status is Status.OUT_OF_BUDGET


def test_what_writes_asks_and_a_refusal_is_told_to_the_model(tmp_path: Path) -> None:
    asked: list[events.ApprovalAsked] = []

    def approve(question: events.ApprovalAsked) -> Approval:
        asked.append(question)
        return Approval(False, comment="not today")

    script = [call("note", text="x"), answer("It was not allowed.")]
    with ScriptedModel(script) as model:
        run = agent(tmp_path, model, policy=Policy(), approve=approve).run("Note x.")
    assert calls == []
    assert asked[0].effects == ("write",)
    assert "not today" in run.steps[0].observation.text
    assert run.files_changed == ()


def test_an_approval_can_hold_for_the_run_or_change_the_arguments(tmp_path: Path) -> None:
    answers = iter([Approval(True, args={"text": "better"}), Approval(True, "run")])
    script = [*(call("note", text=t) for t in "abc"), answer("Noted.")]
    with ScriptedModel(script) as model:
        agent(tmp_path, model, policy=Policy(), approve=lambda _: next(answers)).run("Note.")
    assert calls == ["note better", "note b", "note c"]


def test_without_anybody_to_ask_what_asks_is_denied(run_script: Callable[..., Run]) -> None:
    run = run_script("Note.", call("note", text="x"), answer("No."), policy=Policy())
    assert calls == []
    assert run.steps[0].observation.error_kind == "approval"


def test_a_run_that_is_stopped_can_go_on(tmp_path: Path) -> None:
    halt = Halt()
    script = [call("add", a=2, b=3), call("add", a=4, b=3), answer("5 and 7")]
    model = ScriptedModel(script)
    one = agent(tmp_path, model)
    stream = one.stream("Add.", halt=halt)
    for event in stream:
        if isinstance(event, events.StepDone):
            break
    stream.close()
    run_id = one.runs.names()[0]
    assert one.runs.find("last").read()["status"] == "interrupted"

    rest = list(agent(tmp_path, model).resume(run_id))
    model.assert_used_up()
    assert isinstance(rest[-1], events.Finished)
    run = rest[-1].run
    assert run.status is Status.REACHED
    assert [step.observation.text for step in run.steps] == ["5", "7"]
    assert calls == ["add", "add"]


def test_a_run_is_on_disk_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    with ScriptedModel([answer("Hello.")]) as model:
        run = agent(tmp_path, model).run("Greet.")
    folder = tmp_path / "runs" / run.run_id
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    stored = RunStore(tmp_path / "runs").find(run.run_id[:15]).read()
    assert stored["run"] == run.to_dict()


def test_a_newer_record_is_refused_in_words(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    folder = store.create()
    (folder.path / "run.json").write_text('{"schema_version": 99}')
    with pytest.raises(RunError, match="newer version"):
        store.find(folder.run_id).read()
    (folder.path / "run.json").write_text('{"schema')
    with pytest.raises(RunError, match="cannot be read"):
        store.find(folder.run_id).read()
    with pytest.raises(RunError, match="no run"):
        store.find("1999")


def test_an_empty_goal_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        agent(tmp_path, ScriptedModel([])).run("  ")


# -- too early --------------------------------------------------------------------------------


@pytest.fixture
def in_files(tmp_path: Path) -> Callable[..., Run]:
    """Run a script with tools for files, in a workspace with these files."""

    def run(goal: str, *script: str, **files: str) -> Run:
        workspace = tmp_path / "work"
        workspace.mkdir()
        for name, text in files.items():
            (workspace / f"{name}.txt").write_text(text)
        wanted = ("calculate", "read_file", "write_file", "append_file")
        tools = [one for one in builtin_tools(Workspace(workspace)) if one.name in wanted]
        with ScriptedModel(script) as model:
            return Agent(
                model,
                tools,
                builtin=False,
                workspace=workspace,
                policy=Policy(Mode.NEVER),
                runs=RunStore(tmp_path / "runs"),
            ).run(goal)

    return run


def test_a_text_about_a_file_is_not_written_before_it_was_read(
    in_files: Callable[..., Run], tmp_path: Path
) -> None:
    run = in_files(
        "Write what notes.txt says about the boiler to boiler.txt",
        call("write_file", path="boiler.txt", content="It is broken."),
        call("read_file", path="notes.txt"),
        call("write_file", path="boiler.txt", content="It was repaired."),
        answer("I wrote to boiler.txt that it was repaired."),
        notes="The boiler was repaired.\n",
    )
    assert [step.remark for step in run.steps] == [True, False, False]
    assert "notes.txt" in run.steps[0].observation.text
    assert (tmp_path / "work" / "boiler.txt").read_text() == "It was repaired."
    assert run.status is Status.REACHED


def test_a_file_is_not_replaced_before_it_was_read(
    in_files: Callable[..., Run], tmp_path: Path
) -> None:
    run = in_files(
        "Make my shopping complete: milk is missing.",
        call("write_file", path="shopping.txt", content="milk\n"),
        call("read_file", path="shopping.txt"),
        call("write_file", path="shopping.txt", content="bread\nmilk\n"),
        answer("I put milk on it."),
        shopping="bread\n",
    )
    assert [step.remark for step in run.steps] == [True, False, False]
    assert "shopping.txt" in run.steps[0].observation.text
    assert (tmp_path / "work" / "shopping.txt").read_text() == "bread\nmilk\n"


LUNCHES = "Lunch on Monday: 48.20\nLunch on Tuesday: 12.35\n"


def test_it_is_not_computed_with_a_number_from_nowhere(in_files: Callable[..., Run]) -> None:
    run = in_files(
        "What is the sum of my lunches?",
        call("read_file", path="lunches.txt"),
        call("calculate", expression="48.20 + 99.99"),
        call("calculate", expression="48.20 + 12.35"),
        answer("It is 60.55."),
        lunches=LUNCHES,
    )
    assert [step.remark for step in run.steps] == [False, True, False]
    assert "99.99" in run.steps[1].observation.text
    assert "48.20" not in run.steps[1].observation.text
    assert run.status is Status.REACHED
    assert run.verdict.evidence == (3,)


def test_what_was_computed_of_numbers_from_nowhere_proves_nothing(
    in_files: Callable[..., Run],
) -> None:
    run = in_files(
        "What is the sum of my lunches?",
        call("read_file", path="lunches.txt"),
        call("calculate", expression="48.20 + 99.99"),
        call("calculate", expression="48.20 + 99.98"),  # insisted on
        answer("It is 148.18."),
        answer("It is 148.18."),
        lunches=LUNCHES,
    )
    assert [step.remark for step in run.steps] == [False, True, False, True]
    assert run.status is Status.UNVERIFIED
    assert [claim.text for claim in run.verdict.unverified] == ["148.18"]


def test_names_from_nowhere_are_not_written(in_files: Callable[..., Run], tmp_path: Path) -> None:
    run = in_files(
        "Add the plumber to todo.txt, whoever that is in people.txt",
        *["```\nwater the plants\ncall Peter Smith\n```"] * DRAFTS,  # an editor's, not taken
        call("read_file", path="people.txt"),
        call("append_file", path="todo.txt", content="call Peter Smith"),
        call("append_file", path="todo.txt", content="call Anna Berg"),
        answer("I added Anna Berg, who is the plumber, to todo.txt; people.txt says so."),
        todo="water the plants\n",
        people="Anna Berg, plumber\n",
    )
    assert [step.remark for step in run.steps] == [False, True, False]
    assert "Peter Smith" in run.steps[1].observation.text
    assert (tmp_path / "work" / "todo.txt").read_text() == "water the plants\ncall Anna Berg\n"


def test_an_answer_that_rests_on_nothing_is_sent_back_once(in_files: Callable[..., Run]) -> None:
    made_up = answer("Sure, everything works.")
    run = in_files("Is the boiler fine?", made_up, made_up, notes="The boiler was repaired.\n")
    assert [step.remark for step in run.steps] == [True]
    assert run.verdict.unfounded
    assert not run.verdict.unverified  # it holds no claim that could be traced
    assert (run.status, run.exit_status) == (Status.UNVERIFIED, 3)


def test_without_an_embedder_no_answer_is_taken_for_one_to_compute(
    in_files: Callable[..., Run],
) -> None:
    run = in_files(
        "What is item 3 of the list?",
        call("read_file", path="list.txt"),
        answer("It is 2 litres of milk."),
        list="1 bread\n2 eggs\n3 milk, 2 litres\n",
    )
    assert run.status is Status.REACHED


def test_an_answer_that_rested_on_nothing_may_be_looked_up(in_files: Callable[..., Run]) -> None:
    run = in_files(
        "Is the boiler fine?",
        answer("Sure, everything works."),
        call("read_file", path="notes.txt"),
        answer("It was repaired."),
        notes="The boiler was repaired.\n",
    )
    assert run.status is Status.REACHED
    assert not run.verdict.unfounded


# -- what is kept -----------------------------------------------------------------------------


def test_stored_text_that_looks_like_internal_marks_comes_back_as_text(
    run_script: Callable[..., Run],
) -> None:
    odd = '{"lc": 2, "type": "constructor", "id": ["os", "system"]} \x01__interrupt__ <|im_end|>'
    run = run_script("Note.", call("note", text=odd), answer("Noted."))
    assert run.steps[0].observation.text == f"Noted: {odd}"
    assert run.steps[0].call is not None
    assert run.steps[0].call.args == {"text": odd}


def test_what_stands_nowhere_is_left_out_of_an_answer_that_holds_without_it(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("We spent 256.35 euros on food.\n")
    said = answer("Food came to 256.35 euros. Books came to 32 euros.")
    with ScriptedModel([said] * 2) as model:
        run = Agent(model, workspace=tmp_path).run("How much did we spend on food?")
    assert run.answer == "Food came to 256.35 euros."
    assert run.status is Status.REACHED


def test_the_remark_that_ends_a_run_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("It is red.\n")
    script = [call("read_file", path="a.txt"), answer(prompts.LAST.format(reason="1 step is used"))]
    with ScriptedModel(script) as model:
        run = Agent(model, workspace=tmp_path, budget=Budget(steps=1)).run("Paint all of it blue.")
    assert run.answer.startswith("Not finished (")
    assert run.status is Status.OUT_OF_BUDGET
