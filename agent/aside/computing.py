"""A problem in words that gives all its numbers is worked out by a program, aside.

Behind a list of tools a small model writes longer programs and worse ones. Shown three short ones
and then the problem, it writes another (program-aided language models: Gao et al. 2022,
arXiv:2211.10435). More of them, until two print the same, are right no more often
(docs/benchmarks.md): another is only drawn where one cannot be computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from nomoat.agent import prompts
from nomoat.agent.aside.aside import Ask
from nomoat.agent.decision import Decision, ToolCall, read_program
from nomoat.agent.mind import EXAMPLE
from nomoat.agent.own_tools import CALCULATES
from nomoat.agent.state import State, Usage
from nomoat.tools.calc_program import printed
from nomoat.tools.errors import ToolError

DRAWS = 3
"""Programs, at most."""
A_PROGRAM = "a program"
"""What is written aside."""


def _given() -> Iterator[BaseMessage]:
    """What stands before every problem."""
    yield SystemMessage(prompts.PROGRAMMER)
    for problem, program in prompts.PROGRAMS:
        yield HumanMessage(problem, name=EXAMPLE)
        yield AIMessage(f"```python\n{program}\n```", name=EXAMPLE)


@dataclass(frozen=True, slots=True)
class Computing:
    """How a run works out what its goal gives all numbers for."""

    names: Sequence[str] = (CALCULATES,)
    """The tools there are."""
    shown: ClassVar = ("expression",)
    tokens: ClassVar = 300
    held: ClassVar = False

    def due(self, state: State, call: ToolCall | None = None) -> str:
        """What is to be written; empty where the goal is no such problem, or anything was done."""
        if call is not None or state.get("steps") or not state.get("computes", False):
            return ""
        return A_PROGRAM if CALCULATES in self.names else ""

    def written(self, state: State, what: str, ask: Ask) -> tuple[Decision, Usage]:
        """The call with the first program that can be computed, and no call where none can.
        `what`: there is one kind alone."""
        del what
        messages, usage = [*_given(), HumanMessage(state["goal"])], Usage()
        for n in range(DRAWS):
            said = ask(messages, draw=n)
            usage += said.usage
            decision = read_program(said.text, CALCULATES)
            program = _program(decision.call)
            if not program:
                break  # it wrote none, and would not the next time
            if _computes(program):
                return decision, usage
        return Decision(""), usage


def _program(call: ToolCall | None) -> str:
    """What a call has computed; empty where it is no such call."""
    program = call.args.get("expression") if call and call.tool == CALCULATES else None
    return program if isinstance(program, str) else ""


def _computes(program: str) -> bool:
    try:
        return bool(printed(program))
    except ToolError:
        return False
