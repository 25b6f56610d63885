"""A problem in words is worked out by programs that are written aside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from nomoat.agent import prompts
from nomoat.agent.agent import Agent
from nomoat.agent.aside.computing import A_PROGRAM, DRAWS, Computing
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.mind import EXAMPLE
from nomoat.agent.own_tools import CALCULATES
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Said, State, Status, Step, Usage
from nomoat.tools.calc_program import printed
from nomoat.tools.observation import Observation

PROGRAMS = [program for _problem, program in prompts.PROGRAMS]
GOAL = "I buy 3 ropes of 12 m and cut 5 m off each. How many metres are left?"


def state(**more: object) -> State:
    told: State = {"goal": GOAL, "steps": [], "computes": True}
    return {**told, **more}  # type: ignore[typeddict-item]


class Says:
    """Writes one program after the other, and keeps what it was asked."""

    def __init__(self, *programs: str) -> None:
        self.programs, self.asked = list(programs), list[Sequence[BaseMessage]]()

    def __call__(self, messages: Sequence[BaseMessage], *, draw: int = 0) -> Said:
        assert draw == len(self.asked)  # each is a sample of its own
        self.asked.append(messages)
        return Said(self.programs.pop(0), usage=Usage(generated=10))


def fenced(program: str) -> str:
    return f"```python\n{program}\n```"


def worked_out(*said: str) -> tuple[str, int, int]:
    says = Says(*said)
    decision, usage = Computing().written(state(), A_PROGRAM, says)
    program = str(decision.call.args["expression"]) if decision.call else ""
    return program, usage.generated, len(says.asked)


def test_it_is_due_at_the_beginning_of_a_problem_in_words() -> None:
    assert Computing().due(state()) == A_PROGRAM
    assert not Computing().due(state(computes=False))
    assert not Computing(names=("read_file",)).due(state())
    assert not Computing().due(state(), ToolCall(CALCULATES, {"expression": "3 * 7"}))
    done = Step(1, Said(""), Decision("", ToolCall("add", {})), Observation("21"))
    assert not Computing().due(state(steps=[done]))


def test_the_first_program_that_can_be_computed_is_taken() -> None:
    assert worked_out(fenced("print(21)"), fenced("print(1)")) == ("print(21)", 10, 1)
    said = map(fenced, ["print(3 * )", "import os", "print(21)"])
    assert worked_out(*said) == ("print(21)", 30, 3)


def test_where_none_can_be_computed_the_run_decides() -> None:
    assert worked_out(*[fenced("import os")] * DRAWS) == ("", 10 * DRAWS, DRAWS)


@pytest.mark.parametrize(
    "said",
    [
        fenced(""),
        answer("It is 21."),
        call("read_file", path="ropes.txt"),
        call(CALCULATES, expression=21),
    ],
)
def test_what_is_no_program_is_asked_for_once(said: str) -> None:
    assert worked_out(said) == ("", 10, 1)


def test_it_is_shown_the_problem_alone() -> None:
    says = Says(fenced("print(21)"))
    Computing().written(state(), A_PROGRAM, says)
    system, *examples, problem = says.asked[0]
    assert (system.text, problem.text) == (prompts.PROGRAMMER, GOAL)
    assert [message.name for message in examples] == [EXAMPLE] * 2 * len(PROGRAMS)


@pytest.mark.parametrize(
    ("program", "prints"), list(zip(PROGRAMS, ["239.4", "15", "42"], strict=True))
)
def test_the_examples_it_is_shown_are_right(program: str, prints: str) -> None:
    assert printed(program) == [prints]


def test_a_run_answers_with_what_the_program_prints(tmp_path: Path) -> None:
    goal = "Three of us hired a canoe for 2 hours at 18 euros. What is it for each?"
    said: list[Any] = [fenced("print(2 * 18 / 3)"), answer("It is 12 euros for each.")]
    with ScriptedModel(said) as model:
        run = Agent(model, workspace=tmp_path).run(goal)
    assert (run.status, run.answer) == (Status.REACHED, "It is 12 euros for each.")
    assert [step.observation.text for step in run.steps] == ["12"]
    assert model.prompts[0][0].text == prompts.PROGRAMMER
    assert model.prompts[-1][-1].text.endswith(prompts.IN_A_SENTENCE)
