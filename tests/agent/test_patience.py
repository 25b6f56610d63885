"""A call that hangs does not hold up its run, and changes nothing any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.decision import ToolCall
from nomoat.agent.patience import GRACE, LAST, GivenUp, Patience, within
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Status
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import Once
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.agent.trust.undo import undo
from nomoat.tools.base import tool
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.toolbox import Toolbox


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, so that no thread is left behind."""
    event = threading.Event()
    yield event
    event.set()


def test_what_ends_in_time_gives_its_value_and_its_error() -> None:
    assert within(lambda: 4, str, "x") == 4
    with pytest.raises(ZeroDivisionError):
        within(lambda: 1 // 0, str, "x")


def test_what_hangs_is_given_up_on(gate: threading.Event) -> None:
    began = time.monotonic()
    with pytest.raises(GivenUp, match="enough") as gone:
        within(gate.wait, lambda: "enough" if time.monotonic() > began + 0.2 else "", "slow")
    assert time.monotonic() - began < 5
    assert gone.value.thread.name == "slow"
    assert gone.value.thread.daemon  # it keeps no process alive


def test_patience_ends_with_the_time_for_calls_and_soon_after_a_stop() -> None:
    now = [0.0]
    halt = Halt(None)
    patience = Patience(100.0, halt, lambda: now[0])
    assert patience.over() == ""
    now[0] = 100 * LAST
    assert "time" in patience.over()
    now[0] = 1.0
    halt.set()
    assert patience.over() == ""
    now[0] = 1.0 + GRACE
    assert "stopped" in patience.over()
    assert "over" in Patience(None, Halt(0.0)).over()


class Hanging:
    """A tool that writes once it is let go, and what came of that."""

    def __init__(self, folder: Path, gate: threading.Event) -> None:
        (folder / "work").mkdir()
        (folder / "run").mkdir()
        self.workspace, self.journal = Workspace(folder / "work"), Journal(folder / "run")
        self.refused = ""
        self.ended = threading.Event()

        @tool(effects="write", targets=lambda args: [args["path"]])
        def slow(path: str) -> str:
            """Write late.

            Args:
                path: The file.
            """
            gate.wait()
            try:
                self.workspace.write_bytes(path, b"late")
            except Exception as error:
                self.refused = str(error)
                raise
            finally:
                self.ended.set()
            return "written"

        self.tool = slow


def test_a_call_that_was_given_up_on_changes_nothing_any_more(
    tmp_path: Path, gate: threading.Event
) -> None:
    hanging = Hanging(tmp_path, gate)
    once = Once(
        Toolbox([hanging.tool]), hanging.workspace, hanging.journal, over=lambda: "it is late"
    )
    seen = once.call(1, ToolCall("slow", {"path": "a.txt"}))
    assert not seen.ok
    assert seen.text == (
        "slow did not end, and it is late: it was given up on. "
        "Whether it did anything is not known."
    )
    gate.set()
    assert hanging.ended.wait(10)
    assert "given this call up" in hanging.refused
    assert list((tmp_path / "work").iterdir()) == []
    hanging.workspace.write_bytes("b.txt", b"x")  # others still may

    deed = Journal(tmp_path / "run").unknown(ToolCall("slow", {"path": "a.txt"}).key)
    assert deed is not None
    assert undo(Journal(tmp_path / "run"), hanging.workspace)[0].outcome == "as it was"


def test_a_run_goes_on_without_a_tool_that_hangs(tmp_path: Path, gate: threading.Event) -> None:
    hanging = Hanging(tmp_path, gate)
    model = ScriptedModel([call("slow", path="a.txt"), answer("It could not be written.")])
    agent = Agent(
        model,
        [hanging.tool],
        builtin=False,
        workspace=tmp_path / "work",
        policy=Policy(Mode.NEVER),
        budget=Budget(seconds=3.0),
        runs=RunStore(tmp_path / "runs"),
    )
    began = time.monotonic()
    run = agent.run("Write a.txt")
    assert time.monotonic() - began < 30
    assert "given up on" in run.steps[0].observation.text
    assert run.status is Status.OUT_OF_BUDGET
