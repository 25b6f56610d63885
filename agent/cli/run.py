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
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Halt
    from nomoat.agent.events import Event
    from nomoat.agent.runs import Run
    from nomoat.agent.ui import Screen
    from nomoat.tools.plugin_files import PluginFile

INTERRUPTED = 130
DEFAULT_MODEL = "qwen2.5-coder-1.5b"


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that `run` and `resume` share."""
    folder = click.Path(file_okay=False, path_type=Path)
    for option in reversed(
        [
            click.option("--workspace", type=folder, default=Path(), help="Folder to work in."),
            click.option(
                "--memory",
                type=click.Path(exists=True, file_okay=False, path_type=Path),
                help="Folder of a memory to answer from.",
            ),
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
    """Go on with the run RUN_ID (or its beginning, or `last`) from its last complete step.

    It goes on in its own workspace and with its own model, unless others are named.
    """
    from nomoat.agent.cli.runs import record_of
    from nomoat.agent.runs import RunStore

    folder = RunStore().find(run_id)
    record = record_of(folder)
    if not _given("workspace"):
        settings["workspace"] = Path(record["workspace"])
    if not _given("model"):
        settings["model"] = record["model"]
    _carry_out(lambda agent, halt: agent.resume(folder.run_id, halt=halt), settings)


def _given(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source is not click.core.ParameterSource.DEFAULT


def chat_model(name: str, *, context: int) -> BaseChatModel:
    """The model a run thinks with; one that is not on this machine is told before anything else.

    Raises:
        ModelError: there is no such model, or it is not on this machine.
    """
    from nomoat.agent.llama import ChatLlama
    from nomoat.agent.models import locate

    locate(name)
    return ChatLlama(model=name, context=context)


def _carry_out(begin: Callable[[Agent, Halt], Iterator[Event]], settings: dict[str, Any]) -> None:
    silent = settings["as_json"] or settings["quiet"]
    with _starting(silent):
        from nomoat.agent.budget import Halt
        from nomoat.agent.events import Finished
        from nomoat.agent.ui import Screen

    questions = sys.stderr if silent else sys.stdout
    screen = Screen(quiet=silent, interactive=sys.stdin.isatty() and questions.isatty())
    halt = Halt(settings["timeout"])
    outcome: Run | None = None
    try:
        with _interruptible(halt, screen), screen:
            agent = _agent(settings, screen)
            for event in begin(agent, halt):
                screen.show(event)
                if isinstance(event, Finished):
                    outcome = event.run
    except KeyboardInterrupt:
        screen.say("Stopped at once. Go on with: nomoat resume")
        sys.exit(INTERRUPTED)
    if outcome is None:
        raise click.ClickException("The run ended without an outcome.")
    _report(outcome, settings)
    sys.exit(outcome.exit_status)


@contextmanager
def _starting(silent: bool) -> Iterator[None]:
    """A sign of life while the libraries load, which takes seconds."""
    from rich.console import Console

    console = Console()
    if silent or not console.is_terminal or console.is_dumb_terminal:
        yield
        return
    with console.status("[dim]starting[/]"):
        yield


def _report(outcome: Run, settings: dict[str, Any]) -> None:
    """What is printed at the end where no events were."""
    if settings["as_json"]:
        click.echo(json.dumps(outcome.to_dict(), ensure_ascii=False, indent=2))
    elif settings["quiet"]:
        from nomoat.agent.printable import clean

        if outcome.answer:
            click.echo(clean(outcome.answer))
        if outcome.error or not outcome.answer:
            click.echo(clean(outcome.error or f"No answer: {outcome.status.value}."), err=True)
    if (settings["as_json"] or settings["quiet"]) and outcome.exit_status == INTERRUPTED:
        click.echo(f"Go on with: nomoat resume {outcome.run_id}", err=True)


def _agent(settings: dict[str, Any], screen: Screen) -> Agent:
    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Budget
    from nomoat.agent.policy import Mode, Policy

    memory = None
    if settings["memory"] is not None:
        from nomoat.memory import Memory

        memory = Memory(settings["memory"])
    return Agent(
        chat_model(settings["model"], context=settings["context"]),
        tools=_plugins(settings["tools"], screen, settings["workspace"]),
        memory=memory,
        workspace=settings["workspace"],
        allow_hosts=settings["allow_host"],
        policy=Policy(Mode.NEVER if settings["yes"] else Mode.ASK),
        approve=screen.approve,
        budget=Budget(steps=settings["max_steps"], seconds=settings["timeout"]),
    )


def _plugins(
    paths: tuple[Path, ...], screen: Screen, project: Path | None = None
) -> list[BaseTool]:
    from nomoat.agent.errors import UsageError
    from nomoat.tools.plugins import load_plugins

    def trust(plugin: PluginFile) -> bool:
        return screen.confirm(
            f"{plugin.path} is code of this project and would run as you. Trust it as it is now?"
        )

    loaded = load_plugins(paths, project=project, trust=trust if screen.interactive else None)
    named = tuple(str(path.expanduser().absolute()) for path in paths)
    for problem in loaded.problems:
        if named and problem.startswith(named):
            raise UsageError(problem, hint="Mend it, or run without it.")
        screen.say(problem)
    return list(loaded.tools)


@contextmanager
def _interruptible(halt: Halt, screen: Screen) -> Iterator[None]:
    """Ctrl-C stops between two tokens; a second one, or one at a question, stops at once."""

    def stop(_number: int, _frame: Any) -> None:
        if halt.asked or screen.asking:
            raise KeyboardInterrupt
        halt.set()
        screen.say("Stopping after this token. Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
