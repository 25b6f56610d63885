"""How the lines of a chat are read: with history and completion in a terminal, else as they come.

Imported by `nomoat chat` alone: prompt_toolkit is loaded for nothing else.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output import create_output

PROMPT = "> "
CONTINUED = "… "
MOST = 5_000
"""Files that are looked at for a completion."""

Read = Callable[[], str]
"""Gives what was typed next.

Raises EOFError at the end, and KeyboardInterrupt where Ctrl-C took back what was being typed.
"""


@dataclass(frozen=True, slots=True)
class Words:
    """What can be completed."""

    commands: Iterable[str]
    """They begin with a slash."""
    files: Callable[[], Iterable[str]]
    """Of the workspace, by path."""
    after: dict[str, Callable[[], Iterable[str]]]
    """Command → what can stand behind it."""


def reader(words: Words, history: Path, *, terminal: bool, on_stderr: bool = False) -> Read:
    """How lines are read.

    Args:
        words: what can be completed.
        history: the file of what was typed, the owner's alone.
        terminal: somebody types, and sees what is written; else lines come from a pipe.
        on_stderr: show what is typed on standard error.
    """
    if not terminal:
        return _piped
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return _plain
    output = create_output(sys.stderr) if on_stderr else None
    session: PromptSession[str] = PromptSession(
        history=History(history),
        completer=Completions(words),
        complete_while_typing=False,
        key_bindings=_keys(),
        multiline=True,
        prompt_continuation=CONTINUED,
        output=output,
    )
    return lambda: session.prompt(PROMPT)


def _piped() -> str:
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def _plain() -> str:
    """A line; one that ends in a backslash goes on."""
    text = input(PROMPT)
    while text.endswith("\\"):
        text = f"{text[:-1]}\n{input(CONTINUED)}"
    return text


def _keys() -> KeyBindings:
    """Enter sends; behind a backslash, and with Alt, it begins another line."""
    keys = KeyBindings()

    @keys.add("enter")
    def _send(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.char_before_cursor == "\\":
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _another_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


class History(FileHistory):
    """What was typed, on disk for its owner alone; a disk that refuses ends no chat."""

    def __init__(self, file: Path) -> None:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            file.chmod(0o600)
        super().__init__(file)

    def load_history_strings(self) -> Iterable[str]:
        """What was typed before, newest first."""
        try:
            return list(super().load_history_strings())
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        """Add what was typed."""
        with suppress(OSError):
            super().store_string(string)


class Completions(Completer):
    """Commands where a line begins, and what they take; files of the workspace anywhere else."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002 - prompt_toolkit's signature
    ) -> Iterator[Completion]:
        """What the word before the cursor may become."""
        text = document.text_before_cursor
        command, space, word = text.rpartition(" ")
        word = word.rpartition("\n")[2].lstrip("\"'(")
        known: Iterable[str]
        if text.startswith("/") and not space:
            known = self._words.commands
        else:
            known = self._words.after.get(command, self._words.files)()
        for one in islice(known, MOST):
            if _begins(one, word):
                yield Completion(one, start_position=-len(word))


def _begins(known: str, word: str) -> bool:
    """Whether a word is the beginning of a path or of its last part."""
    word = word.casefold()
    return known.casefold().startswith(word) or known.casefold().rpartition("/")[2].startswith(word)
