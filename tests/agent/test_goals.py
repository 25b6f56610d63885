"""A handful of everyday goals, end to end, on the default model: outcomes, never wording."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Mode, Policy

pytestmark = [pytest.mark.model, pytest.mark.goals]

MEETING = """\
# Meeting of 12 May

Present: Anna, Bert, Chiara.

- The budget for the garden is 4,850 EUR.
- Bert orders the soil; it comes on 3 June.
- The next meeting is at Chiara's.
"""
SALES = "region,month,amount\nNorth,May,120.5\nSouth,May,300\nNorth,June,79.5\nSouth,June,41\n"
TODO = "- water the plants\n- call the plumber\n"


@pytest.fixture(scope="module")
def model(chat_model_path: Path) -> ChatLlama:
    """Loaded once for all goals, as one process would."""
    return ChatLlama(model=str(chat_model_path))


@pytest.fixture
def reach(tmp_path: Path, model: ChatLlama) -> Callable[[str], Run]:
    """Reach a goal in a folder of four files."""
    work = tmp_path / "work"
    work.mkdir()
    for name, text in (("meeting.md", MEETING), ("sales.csv", SALES), ("todo.txt", TODO)):
        (work / name).write_text(text)

    def run(goal: str) -> Run:
        agent = Agent(
            model,
            workspace=work,
            policy=Policy(Mode.NEVER),
            budget=Budget(steps=8, seconds=240),
            runs=RunStore(tmp_path / "runs"),
        )
        return agent.run(goal)

    return run


def numbers(text: str) -> set[float]:
    return {float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}


def test_a_percentage(reach: Callable[[str], Run]) -> None:
    run = reach("How much is 17.5 % of 2,360 EUR?")
    assert run.status is Status.REACHED
    assert 413 in numbers(run.answer)


def test_a_fact_in_a_note(reach: Callable[[str], Run]) -> None:
    run = reach("How big is the budget for the garden, according to meeting.md?")
    assert run.status is Status.REACHED
    assert 4_850 in numbers(run.answer)
    assert run.verdict.evidence or run.sources


def test_a_sum_over_a_table_written_to_a_file(reach: Callable[[str], Run], tmp_path: Path) -> None:
    run = reach("What is the total amount of region North in sales.csv? Write it to north.txt")
    assert run.status is Status.REACHED
    assert 200 in numbers((tmp_path / "work" / "north.txt").read_text())
    assert run.files_changed == ("north.txt",)


def test_a_line_is_added_and_nothing_else_changes(
    reach: Callable[[str], Run], tmp_path: Path
) -> None:
    run = reach('Add the line "- buy stamps" to todo.txt')
    assert run.status is Status.REACHED
    assert (tmp_path / "work" / "todo.txt").read_text() == TODO + "- buy stamps\n"
    assert (tmp_path / "work" / "meeting.md").read_text() == MEETING


def test_what_is_not_there_is_not_made_up(reach: Callable[[str], Run]) -> None:
    run = reach("What is Bert's phone number? It may be in meeting.md.")
    made_up = re.search(r"\d[\d\s/-]{5,}", run.answer)
    assert not made_up or (run.verdict.unverified and run.exit_status != 0), run.answer
