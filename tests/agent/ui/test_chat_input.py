"""How the lines of a chat are typed."""

from __future__ import annotations

import io
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from nomoat.agent.ui.chat_input import Completions, Words, reader

WORDS = Words(
    ("/help", "/model", "/memory"),
    lambda: ["notes.txt", "reports/march.md", "Reports old.md"],
    {"/model": lambda: ["small", "big"]},
)
UP, ALT_ENTER, CTRL_C, CTRL_D = "\x1b[A", "\x1b\r", "\x03", "\x04"


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeInput]:
    monkeypatch.setenv("TERM", "xterm")
    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        yield keys


def completed(typed: str) -> list[str]:
    found = Completions(WORDS).get_completions(Document(typed), CompleteEvent())
    return [f"{typed[: len(typed) + one.start_position]}{one.text}" for one in found]


# -- a terminal -------------------------------------------------------------------------------


def test_enter_sends_and_more_lines_can_be_typed(keyboard: PipeInput, tmp_path: Path) -> None:
    read = reader(WORDS, tmp_path / "history", terminal=True)
    keyboard.send_text("What is 2+2?\r")
    assert read() == "What is 2+2?"
    keyboard.send_text(f"one{ALT_ENTER}two\\\rthree\r")
    assert read() == "one\ntwo\nthree"


def test_what_was_typed_is_kept_for_its_owner(keyboard: PipeInput, tmp_path: Path) -> None:
    file = tmp_path / "home" / "history"
    read = reader(WORDS, file, terminal=True)
    keyboard.send_text("first goal\r")
    read()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "first goal" in file.read_text()
    later = reader(WORDS, file, terminal=True)
    keyboard.send_text(f"{UP}, again\r")
    assert later() == "first goal, again"


def test_a_history_that_was_open_to_others_is_closed(tmp_path: Path, keyboard: PipeInput) -> None:
    file = tmp_path / "history"
    file.touch(0o644)
    reader(WORDS, file, terminal=True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_history_that_cannot_be_kept_ends_nothing(keyboard: PipeInput, tmp_path: Path) -> None:
    read = reader(WORDS, tmp_path, terminal=True)  # a folder is no file
    keyboard.send_text("a goal\r")
    assert read() == "a goal"


def test_ctrl_c_takes_a_line_back_and_ctrl_d_ends(keyboard: PipeInput, tmp_path: Path) -> None:
    read = reader(WORDS, tmp_path / "history", terminal=True)
    keyboard.send_text(f"half a go{CTRL_C}")
    with pytest.raises(KeyboardInterrupt):
        read()
    keyboard.send_text(CTRL_D)
    with pytest.raises(EOFError):
        read()


# -- completion -------------------------------------------------------------------------------


def test_commands_files_and_what_a_command_takes() -> None:
    assert completed("/m") == ["/model", "/memory"]
    assert completed("/model b") == ["/model big"]
    assert completed("Read no") == ["Read notes.txt"]
    assert completed("Sum up mar") == ["Sum up reports/march.md"]  # by its last part too
    assert completed("first\nsee rep") == [
        "first\nsee reports/march.md",
        "first\nsee Reports old.md",
    ]
    assert completed("nothing-like-it") == []


# -- elsewhere --------------------------------------------------------------------------------


def test_a_pipe_gives_its_lines_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("one\n\ntwo"))
    read = reader(WORDS, tmp_path / "history", terminal=False)
    assert [read(), read(), read()] == ["one\n", "\n", "two"]
    with pytest.raises(EOFError):
        read()
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "history").exists()


def test_a_dumb_terminal_is_asked_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    typed = iter(["one \\", "two", "three"])
    monkeypatch.setattr("builtins.input", lambda _prompt: next(typed))
    read = reader(WORDS, tmp_path / "history", terminal=True)
    assert [read(), read()] == ["one \ntwo", "three"]
