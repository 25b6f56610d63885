"""Goals that need a tool which somebody else has published, end to end, on the default model."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from langchain.agents.middleware import FilesystemFileSearchMiddleware

from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Approval, Mode, Policy
from nomoat.tools.mcp import McpServer, McpTools

pytestmark = [pytest.mark.model, pytest.mark.measured]

Reach = Callable[[str, Iterable[object], bool], Run]


@pytest.fixture(scope="module")
def model(chat_model_path: Path) -> ChatLlama:
    """Loaded once for all goals, as one process would."""
    return ChatLlama(model=str(chat_model_path))


@pytest.fixture
def reach(tmp_path: Path, model: ChatLlama) -> Reach:
    """Reach a goal with these tools, and with the built-in ones or without."""
    (tmp_path / "work").mkdir()

    def run(goal: str, tools: Iterable[object], builtin: bool) -> Run:
        agent = Agent(
            model,
            tools,
            builtin=builtin,
            workspace=tmp_path / "work",
            policy=Policy(Mode.NEVER),
            approve=lambda _asked: Approval(True),
            budget=Budget(steps=8, seconds=240),
            runs=RunStore(tmp_path / "runs"),
        )
        return agent.run(goal)

    return run


def made(run: Run, tool: str) -> list[str]:
    """What the calls of a tool gave that did not fail."""
    return [
        step.observation.text
        for step in run.steps
        if step.call is not None and step.call.tool == tool and step.observation.ok
    ]


def test_a_tool_of_a_published_mcp_server(reach: Reach) -> None:
    server = McpServer("time", command=(sys.executable, "-m", "mcp_server_time"))
    with McpTools([server]) as servers:
        assert servers.problems == ()
        run = reach("Convert 16:30 from Asia/Tokyo to Asia/Kolkata time.", servers.tools, True)
    assert any("T13:00:00+05:30" in text for text in made(run, "convert_time"))
    assert re.search(r"\b13:00|\b0?1(:00)? ?p\.?m", run.answer, re.IGNORECASE), run.answer
    assert run.status is Status.REACHED


def test_a_published_langchain_tool(reach: Reach, tmp_path: Path) -> None:
    work = tmp_path / "work"
    for name, text in (
        ("attic.md", "# Attic\n\nThe skylight was sealed in March by Lindqvist Roofing.\n"),
        ("cellar.md", "# Cellar\n\nThe boiler was repaired in May by Novak and Sons.\n"),
        ("soup.md", "Pumpkin soup needs ginger.\n"),
    ):
        (work / name).write_text(text)
    tools = FilesystemFileSearchMiddleware(root_path=str(work), use_ripgrep=False).tools
    run = reach("Search the files: which of them mentions a boiler?", tools, False)
    assert any("/cellar.md" in text for text in made(run, "grep_search"))
    assert "cellar" in run.answer
    assert "attic" not in run.answer
    assert run.status is Status.REACHED
