"""What can be typed in a chat besides goals: `/plan`, `/tools`, `/undo` and the like."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nomoat.agent.errors import UsageError
from nomoat.agent.printable import clean
from nomoat.tools.guard.secrets import masked

if TYPE_CHECKING:
    from nomoat.agent.cli.run import Work
    from nomoat.agent.runs import Run

FOUND = 5
"""Passages that `/memory WORDS` shows."""


@dataclass
class Talk:
    """A chat as it stands."""

    at: Work
    edits_plans: bool = False
    runs: list[Run] = field(default_factory=list)
    """Those of this chat, in order."""
    over: bool = False
    _standing: list[Run] = field(default_factory=list)
    """Runs whose changes were not undone."""

    def took(self, run: Run) -> None:
        """A goal was tried."""
        self.runs.append(run)
        self._standing.append(run)

    @property
    def before(self) -> list[Run]:
        """The runs that the next goal may refer to: none that was undone."""
        return list(self._standing)

    def last(self) -> Run:
        """The last run.

        Raises:
            UsageError: there was none yet.
        """
        if not self.runs:
            raise UsageError("Nothing was done in this chat yet.", hint="Type a goal.")
        return self.runs[-1]

    def undoable(self) -> Run:
        """The last run that was not undone.

        Raises:
            UsageError: there is none.
        """
        if not self._standing:
            raise UsageError("There is nothing left to undo.", hint="/show shows the last run.")
        return self._standing[-1]

    def undid(self) -> None:
        """What the last run did is no more: no goal can refer to it."""
        self._standing.pop()


@dataclass(frozen=True, slots=True)
class Asked:
    """A goal, as it was typed."""

    text: str
    edit_plan: bool = False


def goal_of(line: str) -> Asked | None:
    """The goal in a line; None where it is a command. A path is none: `/etc/hosts` has two `/`."""
    word, _, rest = line.partition(" ")
    if word == "/plan" and rest.strip():
        return Asked(rest.strip(), edit_plan=True)
    return None if re.fullmatch(r"/\w*", word) else Asked(line)


def carry_out(line: str, talk: Talk) -> None:
    """Do what a command says.

    Raises:
        NomoatError: there is no such command, or it cannot be done.
    """
    word, _, argument = line.partition(" ")
    if word not in COMMANDS:
        near = difflib.get_close_matches(word, COMMANDS, n=1)
        hint = f"Did you mean {near[0]}?" if near else "/help lists the commands."
        raise UsageError(f"There is no command {word}.", hint=hint)
    COMMANDS[word].act(talk, argument.strip())


# -- the commands -----------------------------------------------------------------------------


def _help(_talk: Talk, _argument: str) -> None:
    for word, command in COMMANDS.items():
        click.echo(f"{f'{word} {command.takes}':<16} {command.about}")
    click.echo(f"{'anything else':<16} is a goal; a line that ends in \\ goes on in the next one.")


def _plan(talk: Talk, _argument: str) -> None:
    for number, step in enumerate(talk.last().plan, 1):
        click.echo(f"  {number}. {clean(masked(step))}")


def _tools(talk: Talk, _argument: str) -> None:
    from nomoat.tools.base import spec_of

    toolbox = talk.at.agent.toolbox
    width = max(map(len, toolbox.names), default=0)
    for name in toolbox.names:
        one = toolbox.get(name)
        effects = ", ".join(sorted(effect.value for effect in spec_of(one).effects)) or "none"
        first = one.description.strip().partition("\n")[0]
        click.echo(clean(f"{name:<{width}}  {effects:<22}  {first}"))


def _memory(talk: Talk, words: str) -> None:
    from nomoat.memory import Memory

    memory = talk.at.agent.memory
    if not isinstance(memory, Memory):
        click.echo("No memory is used here. Add documents to one: nomoat memory add FOLDER")
    elif words:
        for passage in memory.search(words, k=FOUND):
            text = " ".join(passage.text.split())
            click.echo(clean(f"{passage.citation}: {text[:200]}{'…' * (len(text) > 200)}"))
    else:
        click.echo(f"{len(memory.documents())} documents. /memory WORDS searches them.")


def _undo(talk: Talk, _argument: str) -> None:
    from nomoat.agent.cli.keep import undo

    run = talk.undoable()
    undo.main([run.run_id], standalone_mode=False)
    talk.undid()


def _model(talk: Talk, name: str) -> None:
    from nomoat.agent.cli import run
    from nomoat.agent.llm.endpoint_address import leaves

    agent, settings = talk.at.agent, talk.at.settings
    if name:
        told = leaves(name)
        if told:
            click.echo(told, err=True)
        new = run.chat_model(name, context=settings["context"])
        free = getattr(agent.model, "close", None)
        agent.model, settings["model"] = new, name
        if free is not None:
            free()
    click.echo(clean(settings["model"]))


def _save(talk: Talk, name: str) -> None:
    if not name:
        raise UsageError("Where to?", hint="Say /save FILE.")
    talk.last()
    file = Path(name).expanduser()
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(masked(as_markdown(talk.runs)))
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}.", hint="Name a file that is not there."
        ) from error
    click.echo(f"saved: {clean(str(file))}")


def _show(talk: Talk, run_id: str) -> None:
    from nomoat.agent.cli.runs import show

    show.main([run_id or talk.last().run_id], standalone_mode=False)


def _quit(talk: Talk, _argument: str) -> None:
    talk.over = True


def as_markdown(runs: list[Run]) -> str:
    """The goals of a chat with their answers, as a document."""
    parts = ["# A chat with nomoat"]
    for run in runs:
        parts += [f"## {' '.join(run.goal.split())}", run.answer or run.error or "No answer."]
        facts = [f"run {run.run_id}", run.status.value]
        if run.sources:
            facts.append(f"sources: {', '.join(run.sources)}")
        if run.files_changed:
            facts.append(f"files changed: {', '.join(run.files_changed)}")
        parts.append(f"({'; '.join(facts)})")
    return "\n\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class Command:
    """Something to type."""

    act: Callable[[Talk, str], None]
    about: str
    takes: str = ""
    """What stands behind it, in words."""


COMMANDS = {
    "/plan": Command(_plan, "the last plan; with a goal: edit its plan first", "[GOAL]"),
    "/tools": Command(_tools, "the tools there are, and what they do"),
    "/memory": Command(_memory, "what the memory holds, or where it says something", "[WORDS]"),
    "/undo": Command(_undo, "put files back as they were before the last goal"),
    "/model": Command(_model, "the model, or another one from here on", "[NAME]"),
    "/save": Command(_save, "write the goals and answers of this chat to a file", "FILE"),
    "/show": Command(_show, "the last goal step by step", "[RUN]"),
    "/help": Command(_help, "this list"),
    "/quit": Command(_quit, "end the chat, as Ctrl-D does"),
}
