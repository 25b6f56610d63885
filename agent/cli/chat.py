"""`nomoat chat`: goal after goal, with one model in memory."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.options import contract, edit_plan, options

if TYPE_CHECKING:
    from nomoat.agent.cli.chat_commands import Talk
    from nomoat.agent.cli.run import Work
    from nomoat.agent.ui.chat_input import Read


@click.command()
@edit_plan
@contract
@options
def chat(edit_plan: bool, **settings: Any) -> None:
    """Reach goals one after the other; a goal may refer to those before.

    The model stays in memory, and what it has read of the tools is not read again. From a pipe
    each line is a goal. /help lists what else can be typed; Ctrl-D ends it.
    """
    from nomoat.agent.cli.run import at_work, plan_editor

    with at_work(settings) as at:
        plan_editor(at.screen, edit_plan)
        with at.screen.still():
            from nomoat.agent.cli.chat_commands import Talk

            talk = Talk(at, edits_plans=edit_plan)
            read = _reader(talk)
            _welcome(at)
            _warm(at)
            while not talk.over:
                _turn(talk, read)


def _turn(talk: Talk, read: Read) -> None:
    """One line, and what comes of it."""
    from nomoat.agent.cli.chat_commands import carry_out, goal_of

    try:
        line = read().strip()
    except KeyboardInterrupt:
        return  # what was being typed is taken back
    except EOFError:
        talk.over = True
        return
    if not line:
        return
    with _surviving():
        asked = goal_of(line)
        if asked is None:
            carry_out(line, talk)
        else:
            _reach(talk, asked.text, asked.edit_plan or talk.edits_plans)


def _reach(talk: Talk, goal: str, edits: bool) -> None:
    from nomoat.agent.cli.run import plan_editor, reach, report

    at = talk.at
    editor = plan_editor(at.screen, edits)
    try:
        with at.screen.moving():
            run = reach(
                at,
                lambda at, halt: at.agent.stream(
                    goal, halt=halt, before=talk.before, edit_plan=editor
                ),
            )
    except KeyboardInterrupt:
        click.echo("Stopped at once. Go on with it later: nomoat resume", err=True)
        return
    talk.took(run)
    report(run, at.settings, indent=None)


@contextmanager
def _surviving() -> Iterator[None]:
    """An error is told, and the chat goes on; with --debug it is shown whole."""
    from nomoat.agent.printable import clean
    from nomoat.memory.errors import NomoatError
    from nomoat.tools.guard.secrets import masked

    try:
        yield
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    except click.exceptions.Exit:
        return
    except Exception as error:  # noqa: BLE001 - whatever a goal ends with, the next one can be tried
        if click.get_current_context().find_root().params.get("debug"):
            click.echo(traceback.format_exc(), err=True)
        said = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.secho(clean(masked(f"Error: {said or type(error).__name__}")), fg="red", err=True)
        if isinstance(error, NomoatError) and error.hint:
            click.echo(clean(masked(error.hint)), err=True)


def _reader(talk: Talk) -> Read:
    from nomoat.agent.cli.chat_commands import COMMANDS
    from nomoat.agent.ui.chat_input import Words, reader
    from nomoat.memory.home import home

    at = talk.at

    def files() -> Iterator[str]:
        return (entry.path for entry in at.agent.workspace.walk())

    def models() -> list[str]:
        from nomoat.agent.cli.complete import chat_model_names

        return chat_model_names()

    return reader(
        Words(COMMANDS, files, {"/model": models, "/show": lambda: reversed(_run_ids(at))}),
        home() / "chat_history",
        terminal=at.screen.interactive,
        on_stderr=at.settings["as_json"] or at.settings["quiet"],
    )


def _run_ids(at: Work) -> list[str]:
    return at.agent.runs.names()


def _welcome(at: Work) -> None:
    if at.screen.interactive:
        click.secho(
            f"{at.settings['model']} · {at.agent.workspace.root}\n"
            "Type a goal. /help lists what else there is, Ctrl-D ends the chat.",
            dim=True,
            err=at.settings["as_json"] or at.settings["quiet"],
        )


def _warm(at: Work) -> None:
    """Load the model while the first goal is typed; what goes wrong is told with the goal."""
    load = getattr(at.agent.model, "load", None)
    if load is None or not at.screen.interactive:
        return

    def quietly() -> None:
        with suppress(Exception):
            load()

    threading.Thread(target=quietly, daemon=True).start()
