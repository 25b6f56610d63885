"""`Agent.undo`: what a program takes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.agent.agent import Agent
from nomoat.agent.errors import RunError, UsageError
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.trust.policy import Mode, Policy

WRITE = [
    call("write_file", path="out.txt", content="hello\n"),
    answer("I wrote hello to out.txt."),
]


def test_files_are_put_back_in_the_workspace_of_the_run(nomoat_home: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    agent = Agent(ScriptedModel(WRITE), workspace=tmp_path / "work", policy=Policy(Mode.NEVER))
    with pytest.raises(RunError):
        agent.undo()
    run = agent.run("Write hello to out.txt")
    assert (tmp_path / "work" / "out.txt").read_text() == "hello\n"
    (tmp_path / "other").mkdir()
    with pytest.raises(UsageError, match=r"worked in .*work, and not in .*other"):
        Agent(ScriptedModel([]), workspace=tmp_path / "other").undo(run.run_id)
    assert [(one.path, one.outcome) for one in agent.undo(run.run_id)] == [("out.txt", "removed")]
    assert not (tmp_path / "work" / "out.txt").exists()
