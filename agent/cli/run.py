"""`nomoat run` and `nomoat resume`: a goal, and what comes of it in the terminal."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Halt
    from nomoat.agent.events import Event
    from nomoat.agent.runs import Run

DEFAULT_MODEL = "qwen2.5-coder-1.5b"


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `run` and `resume` share."""
    folder = click.Path(file_okay=False, path_type=Path)
    for option in reversed(
        [
            click.option("--workspace", type=folder, default=Path(), help="Folder to work in."),
            click.option("--memory", type=folder, help="Folder of a memory to answer from."),
            click.option(
                "--model",
                default=DEFAULT_MODEL,
                show_default=True,
                help="Name of a model, or path of a GGUF file.",
            ),
            click.option(
                "--tools",
                multiple=True,
                type=click.Path(exists=True, path_type=Path),
                help="A file or folder of your own tools; repeatable.",
            ),
            click.option(
                "--allow-host",
                multiple=True,
                metavar="HOST[:PORT]",
                help="A private address that web tools may reach; repeatable.",
            ),
            click.option("--yes", is_flag=True, help="Allow writing, networking and executing."),
            click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
            click.option("--max-steps", type=click.IntRange(1), default=20, show_default=True),
            click.option(
                "--timeout",
                type=click.FloatRange(1),
                default=600,
                show_default=True,
                metavar="SECONDS",
            ),
            click.option(
                "--context",
                type=click.IntRange(1024),
                default=8192,
                show_default=True,
                help="Tokens the model's window holds.",
            ),
            click.option("--quiet", "-q", is_flag=True, help="Print the answer only."),
        ]
    ):
        command = option(command)
    return command


@click.command()
@click.argument("goal", nargs=-1, required=True)
@options
def run(goal: tuple[str, ...], **settings: Any) -> None:
    """Reach GOAL, given in plain words.

    Files are read and written inside the workspace only. Writing, networking and executing ask
    first, unless --yes.
    """
    text = " ".join(goal).strip()
    _carry_out(lambda agent, halt: agent.stream(text, halt=halt), settings)


@click.command()
@click.argument("run_id", default="last")
@options
def resume(run_id: str, **settings: Any) -> None:
    """Go on with the run RUN_ID (or its beginning, or `last`) from its last complete step."""
    _carry_out(lambda agent, halt: agent.resume(run_id, halt=halt), settings)


def _carry_out(begin: Callable[[Agent, Halt], Iterator[Event]], settings: dict[str, Any]) -> None:
    from nomoat.agent.budget import Halt
    from nomoat.agent.events import Finished
    from nomoat.agent.ui import Screen

    silent = settings["as_json"] or settings["quiet"]
    screen = Screen(quiet=silent, interactive=sys.stdin.isatty() and sys.stdout.isatty())
    halt = Halt(settings["timeout"])
    outcome: Run | None = None
    with _interruptible(halt, screen.say), screen:
        agent = _agent(settings, screen)
        for event in begin(agent, halt):
            screen.show(event)
            if isinstance(event, Finished):
                outcome = event.run
    if outcome is None:
        raise click.ClickException("The run ended without an outcome.")
    if settings["as_json"]:
        click.echo(json.dumps(outcome.to_dict(), ensure_ascii=False, indent=2))
    elif settings["quiet"]:
        click.echo(outcome.answer or outcome.error or outcome.status.value)
    sys.exit(outcome.exit_status)


def _agent(settings: dict[str, Any], screen: Any) -> Agent:
    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Budget
    from nomoat.agent.llama import ChatLlama
    from nomoat.agent.models import locate
    from nomoat.agent.policy import Mode, Policy

    locate(settings["model"])  # a missing model is told before anything else is done
    memory = None
    if settings["memory"] is not None:
        from nomoat.memory import Memory

        memory = Memory(settings["memory"])
    return Agent(
        ChatLlama(model=settings["model"], context=settings["context"]),
        tools=_plugins(settings["tools"], screen),
        memory=memory,
        workspace=settings["workspace"],
        allow_hosts=settings["allow_host"],
        policy=Policy(Mode.NEVER if settings["yes"] else Mode.ASK),
        approve=screen.approve,
        budget=Budget(steps=settings["max_steps"], seconds=settings["timeout"]),
    )


def _plugins(paths: tuple[Path, ...], screen: Any) -> list[Any]:
    from nomoat.tools.plugins import load_plugins

    loaded = load_plugins(paths)
    for problem in loaded.problems:
        screen.say(str(problem))
    return list(loaded.tools)


@contextmanager
def _interruptible(halt: Halt, say: Callable[[str], None]) -> Iterator[None]:
    """Ctrl-C once stops between two tokens; twice ends the process at once."""

    def stop(_number: int, _frame: Any) -> None:
        if halt.asked:
            raise KeyboardInterrupt
        halt.set()
        say("Stopping after this token. Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
