"""Secrets, contracts and refusals, as a person sees them."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from pathlib import Path

import pytest

from nomoat.agent.cli.main import cli
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
from tests.agent.conftest import SUM, Nomoat

IN_FILE, IN_VARIABLE = "hunter2canary", "variable-canary-77"
PLUGIN = '''
import os
from nomoat.tools import tool

@tool(effects="read", uses=["see the notes"])
def notes() -> str:
    """See the notes."""
    return "wifi password: hunter2canary"

@tool(effects="read", uses=["ask the service"])
def service() -> str:
    """Ask the service."""
    raise RuntimeError(f"401 for https://x.example/?key={os.environ['SERVICE_API_KEY']}")
'''
WRITE = call("write_file", path="out.txt", content="hello\n")

# -- secrets ----------------------------------------------------------------------------------


@pytest.fixture
def told(nomoat: Nomoat, place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is printed of a run that met a secret in a file, and one in a tool's error."""
    monkeypatch.setenv("SERVICE_API_KEY", IN_VARIABLE)
    (place.parent / "mine.py").write_text(PLUGIN)
    script = [
        call("notes"),
        call("service"),
        call("write_file", path="copy.txt", content=f"password={IN_FILE}\n"),
        answer(f"The password is {IN_FILE}."),
    ]
    result = nomoat(
        "See the notes, ask the service, and write the wifi password to copy.txt",
        *("--yes", "--tools", str(place.parent / "mine.py")),
        script=script,
    )
    assert (place / "copy.txt").read_text() == f"password={IN_FILE}\n"
    return result.output


def test_a_secret_is_in_nothing_that_is_shown(nomoat: Nomoat, told: str) -> None:
    answered = [line for line in told.splitlines() if IN_FILE in line]
    assert answered == [f"The password is {IN_FILE}."]  # that is what was asked for
    assert IN_VARIABLE not in told
    for command in (
        ["show"],
        ["show", "--json"],
        ["show", "--receipt"],
        ["show", "--receipt", "--json"],
        ["runs", "--json"],
        ["runs", "export"],
        ["runs", "export", "--format", "md"],
    ):
        shown = nomoat(*command, script=[]).output
        assert shown, command
        assert IN_FILE not in shown, command
        assert IN_VARIABLE not in shown, command


def test_a_secret_of_the_environment_is_in_no_file(told: str, nomoat_home: Path) -> None:
    assert told
    files = [file for file in nomoat_home.rglob("*") if file.is_file()]
    assert {"run.json", "checkpoints.sqlite", "journal.jsonl"} <= {file.name for file in files}
    for file in files:
        assert IN_VARIABLE.encode() not in file.read_bytes(), file
    assert IN_FILE not in (RunStore().find("last").path / "run.json").read_text()


def test_json_of_a_run_holds_a_secret_in_its_answer_only(nomoat: Nomoat, place: Path) -> None:
    (place.parent / "mine.py").write_text(PLUGIN)
    script = [call("notes"), answer(f"The password is {IN_FILE}.")]
    options = ("--json", "--tools", str(place.parent / "mine.py"))
    result = nomoat("See the notes: what is the password?", *options, script=script)
    run = json.loads(result.stdout)
    assert run["answer"] == f"The password is {IN_FILE}."
    assert IN_FILE not in json.dumps({**run, "answer": "", "evidence": []})


def test_an_error_is_told_without_its_secrets(nomoat: Nomoat) -> None:
    result = nomoat("resume", f"password={IN_FILE}", script=[])
    assert result.exit_code == 1
    assert "password=[secret]" in result.stderr
    assert IN_FILE not in result.output


def test_a_crash_is_told_without_its_secrets(
    nomoat: Nomoat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)  # puts it back afterwards
    assert nomoat("runs", script=[]).exit_code == 0
    try:
        raise ValueError(f"token={IN_FILE}")
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "ValueError: token=[secret]" in told
    assert IN_FILE not in told


# -- the contract -----------------------------------------------------------------------------


def test_the_contract_is_shown_with_the_plan_and_kept(nomoat: Nomoat) -> None:
    goal = "Write hello to out.txt"
    result = nomoat(goal, "--yes", script=[WRITE, answer("I wrote out.txt.")])
    may = "may: read files, write out.txt and new files"
    lines = result.stdout.splitlines()
    assert lines.index(may) < lines.index("Plan")
    assert may in nomoat("show", script=[]).stdout.splitlines()
    shown = json.loads(nomoat("show", "--json", script=[]).stdout)
    assert shown["may"] == ["read files", "write out.txt and new files"]


def test_a_person_widens_it(nomoat: Nomoat, place: Path) -> None:
    (place / "out.txt").write_text("old\n")
    script = [call("append_file", path="out.txt", content="hello\n"), answer("I am done.")]
    goal = "Say hello in out.txt"
    model = ScriptedModel(script)
    result = nomoat(goal, "--yes", "--json", "--may", "write:out.txt", script=model)
    run = json.loads(result.stdout)
    assert (place / "out.txt").read_text() == "old\nhello\n"
    assert run["may"] == ["read files", "write out.txt"]
    assert run["refused"] == []


def test_a_person_narrows_it_and_the_refusal_is_told(nomoat: Nomoat, place: Path) -> None:
    script = [WRITE, answer("I was not allowed to write it."), answer("I was not allowed to.")]
    options = ("--yes", "--may-not", "write:out.txt")
    result = nomoat("Write hello to out.txt", *options, script=ScriptedModel(script))
    why = "you said that out.txt may not be changed; nobody could be asked"
    said = f"refused: write_file in step 1: {why}"
    assert said in result.stdout.splitlines()
    assert list(place.iterdir()) == []
    assert said in nomoat("show", script=[]).stdout.splitlines()
    run = json.loads(nomoat("show", "--json", script=[]).stdout)
    args = {"path": "out.txt", "content": "hello\n"}
    assert run["refused"] == [{"n": 1, "tool": "write_file", "args": args, "why": why}]
    assert "not write out.txt" in run["may"]
    exported = nomoat("runs", "export", "--format", "md", script=[]).stdout
    assert f"## Refused\n\n- write_file in step 1: {why}" in exported


def test_a_call_that_was_allowed_later_was_not_refused(nomoat: Nomoat) -> None:
    result = nomoat("What is 2+2?", "--json", script=SUM)
    assert json.loads(result.stdout)["refused"] == []


def test_an_unknown_word_is_a_usage_error(nomoat: Nomoat) -> None:
    result = nomoat("What is 2+2?", "--may", "fly", script=ScriptedModel([]))
    assert result.exit_code == 2
    assert "write:PATH" in result.stderr
    assert RunStore().names() == []


def test_the_help_names_all_the_words() -> None:
    from nomoat.agent.cli.run import run
    from nomoat.agent.trust.contract_may import WORDS

    (option,) = [one for one in run.params if one.name == "may"]
    assert f"({', '.join(WORDS)})" in str(option.help)  # type: ignore[attr-defined]
    assert cli.name == "cli"


def test_nomoat_own_data_is_no_workspace(nomoat: Nomoat, nomoat_home: Path) -> None:
    nomoat_home.mkdir(exist_ok=True)
    result = nomoat("What is 2+2?", "--workspace", str(nomoat_home), script=ScriptedModel([]))
    assert result.exit_code == 2
    assert re.match(r"Error: The workspace .* is nomoat's own data folder", result.stderr)


# -- stores -----------------------------------------------------------------------------------

DAMAGES = {
    "cut short": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 3]),
    "no database": lambda file: file.write_bytes(b"no database " * 500),
    "rows of something else": lambda file: _scribble(file),
}


def _scribble(file: Path) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE checkpoints SET checkpoint = X'C1FF00'")
    connection.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_checkpoints_are_told_and_the_rest_stays_readable(
    nomoat: Nomoat, place: Path, damage: str
) -> None:
    script = [WRITE, answer("I wrote out.txt.")]
    nomoat("Write hello to out.txt", "--yes", script=script)
    folder = RunStore().find("last")
    record = folder.read()
    folder.write({**record, "status": "interrupted"})
    DAMAGES[damage](folder.path / "checkpoints.sqlite")
    for command in (["resume"], ["runs", "fork", "last", "--step", "1"]):
        refused = nomoat(*command, script=ScriptedModel([]))
        assert refused.exit_code == 1, (command, refused.output)
        assert "checkpoints" in refused.stderr
        assert "Traceback" not in refused.output
    assert RunStore().names() == [folder.run_id]  # no half of a fork is left
    assert "I wrote out.txt." in nomoat("show", script=[]).stdout
    assert "made out.txt" in nomoat("show", "--receipt", script=[]).stdout
    assert nomoat("undo", script=[]).exit_code == 0
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("text", ["[]", '{"schema_version": "x"}', '{"goal": 1}', "\x00\x00"])
def test_a_record_that_says_nothing_is_told(nomoat: Nomoat, text: str) -> None:
    nomoat("What is 2+2?")
    folder = RunStore().find("last")
    (folder.path / "run.json").write_text(text)
    for command in (["show"], ["resume"], ["undo"], ["runs", "export"]):
        refused = nomoat(*command, script=ScriptedModel([]))
        assert (refused.exit_code, refused.stdout) == (1, ""), command
        assert len(refused.stderr.splitlines()) == 2
    assert "damaged" in nomoat("runs", script=[]).stdout
