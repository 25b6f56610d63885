"""`nomoat` as a person or a script uses it: what is printed where, and how it exits."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent.cli.main import COMMANDS, cli
from nomoat.agent.errors import Interrupted, ModelBroken
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from tests.agent.conftest import SUM, Nomoat

WRITE = [
    call("write_file", path="out.txt", content="hello\n"),
    answer("I wrote the greeting to out.txt."),
]


class Stopping(ScriptedModel):
    """A script during which somebody presses Ctrl-C, and which listens as ChatLlama does."""

    at: int
    """The prompt at which it happens."""

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        if len(self.prompts) == self.at:
            time.sleep(0.2)  # a signal is lost on a thread that is just about to wait
            os.kill(os.getpid(), signal.SIGINT)
            deadline = time.monotonic() + 10
            while not options["halt"].is_set() and time.monotonic() < deadline:
                time.sleep(0.01)  # the main thread hears it
            raise Interrupted("Stopped.")
        yield from super()._stream(messages, *args, **options)


class Breaking(ScriptedModel):
    """A model whose file turns out to be broken when it is loaded."""

    def _stream(self, *_args: Any, **_options: Any) -> Iterator[ChatGenerationChunk]:
        raise ModelBroken("The file is damaged.", hint="Pull it again.")
        yield


# -- starting ---------------------------------------------------------------------------------


def test_help_loads_little_and_is_quick() -> None:
    code = (
        "import sys; from nomoat.agent.cli.main import cli\n"
        "try: cli(['--help'], prog_name='nomoat')\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    times = []
    for _ in range(3):
        began = time.process_time(), os.times()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        after = os.times()
        times.append(after.children_user + after.children_system)
        times[-1] -= began[1].children_user + began[1].children_system
    loaded = {name.split(".")[0] for name in done.stderr.split()}
    allowed = set(sys.stdlib_module_names) | {"click", "nomoat", "rich", "__main__"}
    # what .pth files of the environment load at every start is not the command's
    started = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True
    )
    allowed |= {name.split(".")[0] for name in started.stdout.split()}
    assert loaded - allowed == set()
    assert "nomoat.agent.cli.run" not in done.stderr.split()
    assert min(times) < 0.5, f"{min(times):.2f} s of CPU"  # 0.1 s where the machine is free
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"], prog_name="nomoat")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: nomoat {command} ")


def test_no_arguments_show_the_help() -> None:
    result = CliRunner().invoke(cli, [], prog_name="nomoat")
    assert "Give it a goal in plain words" in result.output


def test_version() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert re.fullmatch(r"nomoat \d+\.\d+\.\d+\n", result.output)


# -- a goal -----------------------------------------------------------------------------------


def test_a_goal_needs_no_command(nomoat: Nomoat) -> None:
    for arguments in (["What is 2+2?"], ["run", "What", "is", "2+2?"]):
        result = nomoat(*arguments)
        assert result.exit_code == 0, result.output
        lines = result.stdout.splitlines()
        assert lines[0] == "What is 2+2?"
        assert "  1. What is 2+2?" in lines
        assert "  calculate(expression=2+2)" in lines
        assert "The sum is 4." in lines
        assert "evidence: step 1" in lines
        assert lines[-1].startswith("reached in ")
        assert "\x1b" not in result.output


def test_json_is_one_object_and_nothing_else(nomoat: Nomoat, place: Path) -> None:
    result = nomoat("Write hello to out.txt", "--json", "--yes", script=WRITE)
    run = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (0, "")
    wanted = "run_id status answer evidence steps files_changed model seconds tokens".split()
    assert set(wanted) <= run.keys()
    (step,) = run["steps"]
    wanted = "n thought tool args observation seconds parts tokens".split()
    assert step.keys() == set(wanted)
    assert step["parts"].keys() == {"prefill", "decode", "tool"}
    assert step["tokens"].keys() == {"prompt", "cached", "generated", "forced"}
    assert (step["tool"], step["observation"]["ok"]) == ("write_file", True)
    assert (run["status"], run["files_changed"]) == ("reached", ["out.txt"])
    assert (place / "out.txt").read_text() == "hello\n"


def test_quiet_prints_the_answer_only(nomoat: Nomoat) -> None:
    result = nomoat("What is 2+2?", "--quiet")
    assert (result.exit_code, result.output) == (0, "The sum is 4.\n")


def test_quiet_with_nothing_to_say_says_why_on_standard_error(nomoat: Nomoat) -> None:
    result = nomoat("What is 2+2?", "--quiet", script=Breaking([]))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "The file is damaged. Pull it again.\n"


def test_without_a_terminal_writing_is_refused_in_words(nomoat: Nomoat, place: Path) -> None:
    script = [*WRITE[:1], answer("I was not allowed to write it.")]
    result = nomoat("Greet, and keep it in a file.", script=script)
    assert "Refused: write_file would write, and nobody can be asked. --yes allows it." in (
        result.stderr.splitlines()
    )
    assert list(place.iterdir()) == []


# -- exit statuses ----------------------------------------------------------------------------

ENDINGS = [
    (0, "reached", [], SUM),
    (1, "failed", [], Breaking([])),
    (3, "unverified", [], [answer("It is 77."), answer("It is 77.")]),
    (4, "out_of_budget", ["--max-steps", "1"], [*SUM[:1], answer("It is 4, so far.")]),
    (130, "interrupted", [], Stopping(SUM, at=0)),
]


@pytest.mark.parametrize(("code", "status", "options", "script"), ENDINGS)
def test_exit_statuses(
    nomoat: Nomoat, code: int, status: str, options: list[str], script: list[str] | ScriptedModel
) -> None:
    result = nomoat("What is 2+2?", "--json", *options, script=script)
    assert (result.exit_code, json.loads(result.stdout)["status"]) == (code, status)
    stored = json.loads(nomoat("show", "--json", script=[]).stdout)
    assert stored == json.loads(result.stdout)


def test_ctrl_c_says_how_to_go_on_and_resume_does(
    nomoat: Nomoat, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = nomoat("Write hello to out.txt", "--yes", script=Stopping(WRITE, at=1))
    run_id = RunStore().names()[-1]
    assert result.exit_code == 130
    assert "Stopping after this token" in result.stderr
    assert result.stdout.splitlines()[-1] == f"Go on with: nomoat resume {run_id}"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    monkeypatch.chdir(tmp_path)  # it goes on where it was, not where the person is now
    (place / "out.txt").write_text("hello, changed by hand\n")
    rest = nomoat("resume", "--yes", script=WRITE[1:])
    assert rest.exit_code == 0, rest.output
    assert (place / "out.txt").read_text() == "hello, changed by hand\n"  # not written twice
    assert not (tmp_path / "out.txt").exists()


# -- usage ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["modls", "list"], "Did you mean 'models'?", "nomoat --help"),
        (["models", "lst"], "No such command 'lst'", "nomoat models --help"),
        (["run"], "Missing argument 'GOAL...'", "nomoat run --help"),
        (["  "], "The goal is empty.", 'Say what to do: nomoat "…".'),
        (["x y", "--max-steps", "0"], "'--max-steps'", "nomoat run --help"),
        (["x y", "--frobnicate"], "--frobnicate", "nomoat run --help"),
        (["x y", "--workspace", "missing"], "workspace", "Name a folder that exists"),
        (["x y", "--workspace", "a-file"], "'--workspace'", "nomoat run --help"),
        (["x y", "--memory", "missing"], "'--memory'", "nomoat run --help"),
        (["x y", "--tools", "missing.py"], "'missing.py' does not exist", "nomoat run --help"),
        (["x y", "--tools", "broken.py"], "broken.py, line 1 was left out", "Mend it"),
        (["x y", "--tools", "latin.py"], "latin.py", "Mend it"),
    ],
)
def test_usage_errors_are_one_sentence_and_what_to_do(
    nomoat: Nomoat, place: Path, arguments: list[str], said: str, hint: str
) -> None:
    (place / "a-file").write_text("")
    (place / "broken.py").write_text("def (:\n")
    (place / "latin.py").write_bytes(b"name = '\xe9\xff'\n")
    result = nomoat(*arguments, script=ScriptedModel([]))
    first, second = result.stderr.splitlines()
    assert (result.exit_code, result.stdout) == (2, "")
    assert first.startswith("Error: ")
    assert said in first
    assert hint in second
    assert RunStore().names() == []  # nothing half-done


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("qwen2.5-coder-1.5", "No model is called", "Did you mean qwen2.5-coder-1.5b?"),
        ("smollm2-135m", "not on this machine", "nomoat models pull smollm2-135m"),
        ("./notes.txt", "notes.txt", ""),
    ],
)
def test_a_model_that_cannot_be_had_is_told_first(
    place: Path, name: str, said: str, hint: str
) -> None:
    (place / "notes.txt").write_text("This is no model.")
    result = CliRunner().invoke(cli, ["What is 2+2?", "--model", name])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: ")
    assert said in result.stderr
    assert hint in result.stderr
    assert RunStore().names() == []


# -- past runs --------------------------------------------------------------------------------


def test_runs_and_show(nomoat: Nomoat, nomoat_home: Path) -> None:
    assert nomoat("runs", script=[]).stdout == 'No runs yet. Begin one: nomoat "your goal"\n'
    nomoat("What is\n2+2? \x1b[31m")
    (older,) = (nomoat_home / "runs").iterdir()
    older.rename(older.with_name("20250101-120000-0a1b"))
    nomoat("Write hello to out.txt", "--yes", script=WRITE)
    newest, oldest = nomoat("runs", script=[]).stdout.splitlines()
    assert newest.split("  ")[-1] == "Write hello to out.txt"
    assert oldest.split("  ")[-1] == "What is 2+2? �[31m"
    rows = json.loads(nomoat("runs", "--json", script=[]).stdout)
    assert [row["status"] for row in rows] == ["reached", "reached"]
    assert [row["run_id"] for row in rows] == RunStore().names()[::-1]

    text = nomoat("show", script=[]).stdout
    assert "  write_file(path=out.txt, content=hello\n)" in text
    assert "I wrote the greeting to out.txt." in text
    assert "files changed: out.txt" in text
    assert nomoat("show", rows[1]["run_id"], script=[]).stdout.startswith("What is\n2+2? �[31m")


def test_show_says_what_does_not_hold(nomoat: Nomoat) -> None:
    nomoat("Which?", script=[answer("It is 77."), answer("It is 77.")])
    assert "not observed: 77" in nomoat("show", script=[]).stdout


def test_damaged_records_are_told_and_hide_no_other_run(nomoat: Nomoat, nomoat_home: Path) -> None:
    nomoat("What is 2+2?")
    for name, text in (("0001", "{"), ("0002", "{}"), ("0003", None)):
        (nomoat_home / "runs" / name).mkdir()
        if text:
            (nomoat_home / "runs" / name / "run.json").write_text(text)
    lines = nomoat("runs", script=[]).stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["reached", "damaged", "damaged", "damaged"]
    for name in ("0001", "0002", "0003"):
        for command in ("show", "resume"):
            result = nomoat(command, name, script=ScriptedModel([]))
            assert (result.exit_code, result.stdout) == (1, ""), (name, command)
            assert len(result.stderr.splitlines()) == 2


# -- the real thing ---------------------------------------------------------------------------


@pytest.mark.model
def test_a_real_process_stops_between_tokens_and_goes_on(
    place: Path, nomoat_home: Path, tiny_model_path: Path
) -> None:
    """On a weak model: what it says does not matter, that it stops and goes on does."""
    command = [sys.executable, "-c", "from nomoat.agent.cli import main; main()"]
    options = ["--json", "--context", "4096", "--model", str(tiny_model_path)]
    goal = "Write a long story about a lighthouse."
    process = subprocess.Popen(
        [*command, goal, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait_for(lambda: any(nomoat_home.glob("runs/*/run.json")))
        _wait_for(lambda: any(nomoat_home.glob("cache/prefixes/*.state")))  # the model reads
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    run = json.loads(out)
    assert (process.returncode, run["status"]) == (130, "interrupted"), err
    assert time.monotonic() - began < 30
    assert f"Go on with: nomoat resume {run['run_id']}" in err

    again = [*command, "resume", run["run_id"], "--json", "--context", "4096", "--max-steps", "1"]
    done = subprocess.run(again, capture_output=True, text=True, timeout=250)
    assert done.returncode in (0, 3, 4), done.stderr
    later = json.loads(done.stdout)
    assert later["run_id"] == run["run_id"]
    assert later["answer"]


def _wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it did not come to that")
        time.sleep(0.05)
