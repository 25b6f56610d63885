"""`nomoat chat`: goals one after the other, and what can be typed besides."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nomoat.agent import events, nodes, prompts
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Halt
from nomoat.agent.check.evidence import Verdict
from nomoat.agent.cli import run as run_module
from nomoat.agent.cli.chat_commands import COMMANDS, goal_of
from nomoat.agent.cli.main import cli
from nomoat.agent.errors import ModelBroken
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.opening.before import ANSWER_CHARS, EARLIER_CHARS, before_of
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.state import Status, Usage
from nomoat.tools.base import tool
from tests.agent.conftest import SUM

Chat = Callable[..., Result]
WRITE = [
    call("write_file", path="out.txt", content="hello\n"),
    answer("I wrote the greeting to out.txt."),
]


@pytest.fixture
def chat(place: Path, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """Type lines into a chat, from a pipe; its script has to be followed to its end."""

    def typed(*lines: str, script: list[str] | ScriptedModel, options: Any = ()) -> Result:
        model = script if isinstance(script, ScriptedModel) else ScriptedModel(script)
        monkeypatch.setattr(run_module, "chat_model", lambda _name, *, context: model)
        text = "".join(f"{line}\n" for line in lines)
        result = CliRunner().invoke(cli, ["chat", *options], input=text, prog_name="nomoat")
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        model.assert_used_up()
        return result

    return typed


# -- goals ------------------------------------------------------------------------------------


def test_each_line_is_a_goal_and_may_refer_to_the_one_before(chat: Chat) -> None:
    model = ScriptedModel([*SUM, call("calculate", expression="4*3"), answer("It is 12.")])
    result = chat("What is 2+2?", "", "And three times that?", script=model)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line for line in lines if line in ("The sum is 4.", "It is 12.")] == [
        "The sum is 4.",
        "It is 12.",
    ]
    assert ">" not in result.stdout  # nobody is asked to type
    assert "\x1b" not in result.output
    first, second = (str(model.prompts[at][1].text) for at in (0, 2))
    assert "Before this" not in first
    assert second.endswith("Before this, the goal was: What is 2+2?\nIts answer was: The sum is 4.")
    assert model.prompts[0][0] == model.prompts[2][0]  # the fixed prefix is the same


def test_an_error_does_not_end_it(chat: Chat) -> None:
    class Breaking(ScriptedModel):
        def _stream(self, *args: Any, **options: Any) -> Iterator[Any]:
            if not self.prompts:
                self.prompts.append([])
                raise ModelBroken("The file is damaged.", hint="Pull it again.")
            yield from super()._stream(*args, **options)

    result = chat("What is 1+1?", "/nonsense", "/quti", "What is 2+2?", script=Breaking(SUM))
    assert result.exit_code == 0
    assert "The file is damaged. Pull it again." in result.stdout
    assert "There is no command /nonsense." in result.stderr
    assert "Did you mean /quit?" in result.stderr
    assert "The sum is 4." in result.stdout.splitlines()


def test_what_nobody_foresaw_does_not_end_it_either(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError("somebody's tool")

    monkeypatch.setitem(COMMANDS, "/tools", replace(COMMANDS["/tools"], act=broken))
    result = chat("/tools", "What is 2+2?", script=SUM)
    assert "Error: somebody's tool" in result.stderr
    assert "The sum is 4." in result.stdout


def test_for_scripts_there_is_one_object_a_line(chat: Chat) -> None:
    script = [*SUM, *SUM]
    result = chat("What is 2+2?", "What is 2+2?", script=script, options=["--json"])
    assert [json.loads(line)["answer"] for line in result.stdout.splitlines()] == [
        "The sum is 4."
    ] * 2
    result = chat("What is 2+2?", script=SUM, options=["--quiet"])
    assert (result.stdout, result.stderr) == ("The sum is 4.\n", "")


def test_a_plan_is_edited_in_a_terminal_only(chat: Chat) -> None:
    result = chat("What is 2+2?", script=[], options=["--edit-plan"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Nobody is there to edit the plan." in result.stderr
    assert "Nobody is there to edit the plan." in chat("/plan Add 2+2.", script=[]).stderr


# -- commands ---------------------------------------------------------------------------------


def test_what_is_a_command_and_what_a_goal() -> None:
    assert goal_of("/help") is None
    assert goal_of("/plan") is None
    assert goal_of("/show 2026") is None
    for goal in ("What is /etc?", "/etc/hosts: how many lines?", "two\nlines"):
        asked = goal_of(goal)
        assert asked is not None
        assert (asked.text, asked.edit_plan) == (goal, False)
    edited = goal_of("/plan Sort the files.")
    assert edited is not None
    assert (edited.text, edited.edit_plan) == ("Sort the files.", True)


def test_commands_before_the_first_goal_say_what_is_missing(chat: Chat) -> None:
    result = chat("/plan", "/show", "/undo", "/save x.md", "/save", "/memory", script=[])
    assert result.stderr.count("Nothing was done in this chat yet.") == 3
    assert "There is nothing left to undo." in result.stderr
    assert "Say /save FILE." in result.stderr
    assert "No memory is used here." in result.stdout
    assert RunStore().names() == []


def test_help_lists_every_command_and_quit_ends(chat: Chat) -> None:
    result = chat("/help", "/quit", "What is 2+2?", script=[])
    told = [line.split()[0] for line in result.stdout.splitlines()[:-1]]
    assert told == list(COMMANDS)


def test_show_plan_tools_and_model(chat: Chat) -> None:
    result = chat("What is 2+2?", "/show", "/plan", "/tools", "/model", "/model other", script=SUM)
    assert result.stdout.count("  1. What is 2+2?") == 3  # the run, /show and /plan
    assert "calculate(expression=2+2)" in result.stdout
    assert any(line.startswith("write_file ") for line in result.stdout.splitlines())
    assert result.stdout.splitlines()[-2:] == ["qwen2.5-coder-1.5b", "other"]


def test_undo_goes_back_goal_by_goal(chat: Chat, place: Path) -> None:
    again = [call("write_file", path="two.txt", content="2\n"), answer("I wrote two.txt.")]
    lines = ["Write hello to out.txt", "Write 2 to two.txt", "/undo", "/undo", "/undo"]
    result = chat(*lines, script=[*WRITE, *again], options=["--yes"])
    assert [line for line in result.stdout.splitlines() if line.startswith("removed")] == [
        "removed: two.txt",
        "removed: out.txt",
    ]
    assert "There is nothing left to undo." in result.stderr
    assert list(place.iterdir()) == []


def test_no_goal_refers_to_what_was_undone(chat: Chat) -> None:
    model = ScriptedModel([*WRITE, *SUM])
    chat("Write hello to out.txt", "/undo", "What is 2+2?", script=model, options=["--yes"])
    assert "Before this" not in str(model.prompts[2][1].text)


def test_save_writes_a_document_and_replaces_none(chat: Chat, place: Path) -> None:
    result = chat("What is 2+2?", "/save talk.md", "/save talk.md", script=SUM)
    text = (place / "talk.md").read_text()
    assert text.startswith("# A chat with nomoat\n\n## What is 2+2?\n\nThe sum is 4.\n\n(run ")
    assert "talk.md cannot be written: File exists." in result.stderr


# -- what a run tells the next ----------------------------------------------------------------


def ended(status: Status, answer: str = "It is 4.", **facts: Any) -> Run:
    known = {"plan": (), "steps": (), "verdict": Verdict(), "model": "m", "seconds": 1.0}
    return Run("r1", "Add.", status, answer=answer, usage=Usage(), **{**known, **facts})


def test_only_an_answer_that_holds_is_passed_on() -> None:
    assert before_of(None).told == ""
    assert "Its answer was: It is 4." in before_of(ended(Status.REACHED)).told
    for status in set(Status) - {Status.REACHED}:
        assert "It is 4." not in before_of(ended(status)).told


def test_the_last_three_are_told_oldest_first() -> None:
    runs = [
        replace(ended(Status.REACHED, f"It is {n}. " + "x" * 900), goal=f"g{n}")
        for n in (1, 2, 3, 4)
    ]
    told = before_of(runs).told
    assert [
        told.find(f"goal was: g{n}\nIts answer was: It is {n}.") >= 0 for n in (1, 2, 3, 4)
    ] == [
        False,
        True,
        True,
        True,
    ]
    assert told.index("g2") < told.index("g3") < told.index("g4")
    assert len(told) < ANSWER_CHARS + 2 * EARLIER_CHARS + 200
    secret = replace(runs[2], sources=("letters/may.txt:3",))
    assert [citation for citation, _ in before_of([secret, runs[3]]).passages] == ["run r1"]
    assert before_of([]).told == ""


def test_a_goal_may_refer_to_more_than_the_last_one(chat: Chat) -> None:
    model = ScriptedModel([*SUM, call("calculate", expression="4*3"), answer("It is 12."), *SUM])
    chat("What is 2+2?", "And three times that?", "Add both results", script=model)
    third = str(model.prompts[4][1].text)
    assert third.index("The sum is 4.") < third.index("It is 12.")


def test_it_is_short_and_private_where_the_run_was() -> None:
    told = before_of(ended(Status.REACHED, "word " * 1_000))
    assert len(told.told) < ANSWER_CHARS + 200
    assert told.passages == ()
    private = before_of(ended(Status.REACHED, sources=("letters/may.txt:3",)))
    assert private.passages == (("run r1", private.told),)
    assert before_of(ended(Status.REACHED, sources=("https://example.org/",))).passages == ()


# -- the real thing ---------------------------------------------------------------------------


@tool(effects="none")
def shout(text: str) -> str:
    """Say a text loudly."""
    return text.upper()


@pytest.mark.model
def test_two_goals_in_a_row_share_the_prefix(
    tmp_path: Path, tiny_model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "DECISION_TOKENS", 16)  # what is read is of interest, not written
    model = ChatLlama(model=str(tiny_model_path), context=2048, keep_prefix=False)
    runs = RunStore(tmp_path / "runs")
    (tmp_path / "work").mkdir()
    agent = Agent(model, [shout], builtin=False, workspace=tmp_path / "work", runs=runs)
    halt = Halt()
    for event in agent.stream("Greet the neighbours.", halt=halt):
        if isinstance(event, events.Writing):
            halt.set()
    first = None
    halt = Halt()
    for event in agent.stream("Say good night.", halt=halt):
        if isinstance(event, events.Decided | events.Answered | events.StepDone):
            first = first or (event.step.said.usage if hasattr(event, "step") else event.usage)
            halt.set()
    assert first is not None
    fixed = model.get_num_tokens(prompts.system(agent.toolbox.signatures))
    assert first.cached >= fixed > 200
    assert first.evaluated < 60  # the goal, and nothing else
    model.close()
