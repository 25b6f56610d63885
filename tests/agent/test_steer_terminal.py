"""Ctrl-C in a real terminal: a run pauses, hears what is said, and goes on; in a chat too."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.agent.runs import RunStore
from tests.agent.ui.test_terminal import terminal

PROGRAM = """
import time
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from nomoat.agent.cli import main, run
from nomoat.agent.errors import Interrupted
from nomoat.agent.scripted import ScriptedModel, answer, call

class Pondering(ScriptedModel):
    def _stream(self, messages, *args, halt=None, **options):
        if not self.prompts:
            self.prompts.append(list(messages))
            yield ChatGenerationChunk(message=AIMessageChunk(content='{"thought": "I ponder it'))
            if not halt.wait(60):
                raise RuntimeError("nobody pressed Ctrl-C")
            raise Interrupted("Stopped.")
        yield from super()._stream(messages, *args, halt=halt, **options)

model = Pondering([call("calculate", expression="2+3"), answer("The sum is 5.")])
run.chat_model = lambda name, *, context: model
main()
"""


@pytest.mark.slow
def test_ctrl_c_pauses_and_what_is_said_is_heard(tmp_path: Path, nomoat_home: Path) -> None:
    with terminal(tmp_path, "What is 2+2?", program=PROGRAM) as there:
        there.read_until("I ponder it")
        there.interrupt()
        there.read_until("  You: ")
        (name,) = RunStore().names()
        assert RunStore().find(name).read()["status"] == "interrupted"  # all of it is on disk
        there.type("Make it 2+3.\n")
        there.read_until("The person says: Make it 2+3.")
        assert there.exit_status() == 0
    assert "Pausing after this token" in there.screen
    assert "The sum is 5." in there.screen
    assert there.screen.count("Go on with:") == 0
    run = RunStore().find(name).read()["run"]
    assert run["steps"][0]["observation"]["text"] == "The person says: Make it 2+3."


@pytest.mark.slow
def test_q_at_a_pause_leaves_the_run_for_later(tmp_path: Path, nomoat_home: Path) -> None:
    with terminal(tmp_path, "What is 2+2?", program=PROGRAM) as there:
        there.read_until("I ponder it")
        there.interrupt()
        there.read_until("  You: ")
        there.type("q\n")
        assert there.exit_status() == 130
    assert "Go on with: nomoat resume" in there.screen


@pytest.mark.slow
def test_a_chat_in_a_terminal(tmp_path: Path, nomoat_home: Path) -> None:
    (tmp_path / "notes.txt").write_text("2 and 3\n")
    with terminal(tmp_path, "chat", program=PROGRAM) as there:
        there.read_until("Ctrl-D ends the chat.")
        there.type("/save no\t")
        there.read_until("notes.txt")
        there.type("\r")
        there.read_until("Nothing was done in this chat yet.")
        there.type("What is 2+3?\r")
        there.read_until("I ponder it")
        there.interrupt()
        there.read_until("  You: ")
        there.type("\n")
        there.read_until("reached")
        there.type("/plan\r")
        there.read_until("  1. What is 2+3?\r\n")
        there.type("/quit\r")
        assert there.exit_status() == 0
    assert "What is 2+3?" in (nomoat_home / "chat_history").read_text()
