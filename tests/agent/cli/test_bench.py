"""`nomoat bench tasks`: what it prints where, and what an interruption leaves."""

from __future__ import annotations

import json
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent.cli import run as run_command
from nomoat.agent.cli.main import cli
from nomoat.agent.errors import Interrupted
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import answer, call
from tests.agent.bench.test_bench import Doer

SUITE = """\
category = "sums"

[[task]]
id = "two-and-two"
goal = "What is 2+2?"
checks = [{ kind = "answer_numbers", numbers = [4] }]

[[task]]
id = "three-and-three"
goal = "And 3+3?"
checks = [{ kind = "answer_numbers", numbers = [6] }]
"""
GREETING = """\
category = "writing"

[[task]]
id = "greeting"
goal = "Write hello into out.txt."
checks = [{ kind = "file_text", path = "out.txt", text = "hello" }]
"""
FOUR = [call("calculate", expression="2+2"), answer("The sum is 4.")]
HELLO = [
    call("write_file", path="out.txt", content="hello\n"),
    answer("I wrote hello to out.txt."),
]

Bench = Callable[..., Result]


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Two categories, three tasks."""
    folder = tmp_path / "suite"
    folder.mkdir()
    (folder / "sums.toml").write_text(SUITE)
    (folder / "writing.toml").write_text(GREETING)
    return folder


@pytest.fixture
def bench(suite: Path, nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Run the command with a model that follows a script, all of it."""

    def invoke(*arguments: str, script: Sequence[str] | Doer) -> Result:
        model = script if isinstance(script, Doer) else Doer(script)
        monkeypatch.setattr(run_command, "chat_model", lambda _name, *, context: model)
        command = ["bench", "tasks", "--suite", str(suite), *arguments]
        result = CliRunner().invoke(cli, command, prog_name="nomoat")
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        model.assert_used_up()
        return result

    return invoke


def test_a_table_by_category_and_the_failures(bench: Bench) -> None:
    result = bench(script=[*FOUR, *FOUR, *HELLO])
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines() if line.strip()]
    assert lines[0] == ["category", "n", "passed", "share", "seconds", "steps", "tokens"]
    assert [line[:4] for line in lines[1:4]] == [
        ["sums", "2", "1", "50%"],
        ["writing", "1", "1", "100%"],
        ["all", "3", "2", "67%"],
    ]
    assert "three-and-three (sums, reached): the answer lacks 6" in result.stdout
    assert "two-and-two (" not in result.stdout


def test_a_failure_can_be_opened_as_a_run(bench: Bench) -> None:
    shown = bench("--only", "three-*", script=FOUR).stdout
    command = next(line.split() for line in shown.splitlines() if "nomoat show" in line)
    opened = CliRunner().invoke(cli, command[1:])
    assert opened.exit_code == 0
    assert "And 3+3?" in opened.output


def test_json_is_one_object_and_nothing_else(bench: Bench) -> None:
    result = bench("--only", "writing", "--json", script=HELLO)
    report = json.loads(result.stdout)
    assert report["chosen"] == 1
    assert report["all"] | {"seconds": 0, "tokens": 0} == {
        "category": "all",
        "n": 1,
        "passed": 1,
        "share": 1.0,
        "seconds": 0,
        "steps": 1,
        "tokens": 0,
    }
    (task,) = report["tasks"]
    assert (task["task"], task["passed"], task["status"]) == ("greeting", True, "reached")
    assert RunStore().names() == [task["run_id"]]


def test_a_half_is_measured(bench: Bench, suite: Path) -> None:
    tune = json.loads(bench("--split", "tune", "--json", script=FOUR).stdout)
    held = json.loads(bench("--split", "held", "--json", script=[*FOUR, *HELLO]).stdout)
    ids = [{task["task"] for task in report["tasks"]} for report in (tune, held)]
    assert [len(each) for each in ids] == [1, 2]
    assert not ids[0] & ids[1]


class Stopping(Doer):
    """A script at whose end somebody presses Ctrl-C, and which listens as ChatLlama does."""

    presses: int

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        if len(self.prompts) == len(self.script):
            time.sleep(0.2)  # a signal is lost on a thread that is just about to wait
            main = threading.main_thread().ident or 0
            for _ in range(self.presses):
                signal.pthread_kill(main, signal.SIGINT)
                deadline = time.monotonic() + 10
                while not options["halt"].is_set() and time.monotonic() < deadline:
                    time.sleep(0.01)  # the main thread hears it
            raise Interrupted("Stopped.")
        yield from super()._stream(messages, *args, **options)


@pytest.mark.parametrize("presses", [1, 2])
def test_what_was_measured_before_ctrl_c_is_printed(bench: Bench, presses: int) -> None:
    result = bench("--json", script=Stopping(FOUR, presses=presses))
    assert result.exit_code == 130
    assert [task["task"] for task in json.loads(result.stdout)["tasks"]] == ["two-and-two"]
    assert result.stderr.endswith("Stopped after 1 of 3 tasks.\n")


def test_a_log_has_a_line_for_each_task(bench: Bench) -> None:
    lines = bench("--only", "sums", script=[*FOUR, *FOUR]).stderr.splitlines()
    assert re.fullmatch(r"two-and-two \(\d+\.\d s\) passed", lines[0])
    assert re.fullmatch(r"three-and-three \(\d+\.\d s\) failed: the answer lacks 6", lines[1])


def test_a_memory_that_cannot_be_is_told_before_anything_is_tried(
    bench: Bench, suite: Path
) -> None:
    (suite / "files" / "letters").mkdir(parents=True)
    task = SUITE.replace('goal = "What is 2+2?"', 'goal = "And 2+2?"\ndocuments = "letters"')
    (suite / "sums.toml").write_text(task)
    result = bench(script=[])
    assert result.exit_code == 1
    assert "minilm" in result.stderr
    assert RunStore().names() == []


def test_no_task_fits(bench: Bench) -> None:
    result = bench("--only", "nonesuch", script=[])
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: No task fits 'nonesuch' in all.\n")


def test_the_model_is_looked_for_before_anything_is_tried(suite: Path, nomoat_home: Path) -> None:
    result = CliRunner().invoke(cli, ["bench", "tasks", "--suite", str(suite), "--model", "nix"])
    assert result.exit_code == 1
    assert "nix" in result.stderr
    assert RunStore().names() == []
