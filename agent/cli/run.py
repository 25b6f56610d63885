"""`nomoat run` and `nomoat resume`: a goal, and what comes of it in the terminal."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.complete import run_ids
from nomoat.agent.cli.options import contract, edit_plan, limits, options, settled
from nomoat.agent.config.keys import DEFAULT_MODEL

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.tools import BaseTool

    from nomoat.agent.agent import Agent, EditPlan
    from nomoat.agent.budget import Halt
    from nomoat.agent.config.config import Config
    from nomoat.agent.events import Event
    from nomoat.agent.runs import Run
    from nomoat.agent.steer import Word
    from nomoat.agent.ui.terminal import Screen
    from nomoat.tools.plugin_files import PluginFile

__all__ = ["DEFAULT_MODEL", "chat_model", "resume", "run"]

INTERRUPTED = 130


@click.command()
@click.argument("goal", nargs=-1, required=True)
@edit_plan
@contract
@options
def run(goal: tuple[str, ...], edit_plan: bool, **settings: Any) -> None:
    """Reach GOAL, given in plain words.

    Files are read and written inside the workspace only. Writing, networking and executing ask
    first, unless --yes.
    """
    text = " ".join(goal).strip()

    def begin(at: Work, halt: Halt) -> Iterator[Event]:
        return at.agent.stream(text, halt=halt, edit_plan=plan_editor(at.screen, edit_plan))

    _carry_out(begin, settings)


@click.command()
@click.argument("run_id", default="last", shell_complete=run_ids)
@click.option(
    "--say", default="", metavar="TEXT", help="Tell the agent something before it goes on."
)
@options
def resume(run_id: str, say: str, **settings: Any) -> None:
    """Go on with the run RUN_ID (or its beginning, or `last`) from its last complete step.

    It goes on in its own workspace and with its own model, unless others are named.
    """
    from nomoat.agent.cli.runs import record_of
    from nomoat.agent.runs import RunStore

    folder = RunStore().find(run_id)
    record = record_of(folder)
    settings["workspace"] = settings["workspace"] or Path(record["workspace"])
    if not settings["endpoint"]:
        settings["model"] = settings["model"] or record["model"]
    _carry_out(lambda at, halt: at.agent.resume(folder.run_id, halt=halt, say=say), settings)


def chat_model(name: str, *, context: int) -> BaseChatModel:
    """The model a run thinks with, by name, path or address; one that is not there is told before
    anything else, and a local one begins to load before the libraries are imported.

    Raises:
        ModelError: there is no such model, it is not on this machine, or its server not reached.
        UsageError: the address cannot be, or the server has several models.
    """
    from nomoat.agent.llm.endpoint_address import is_address

    if is_address(name):
        from nomoat.agent.llm.endpoint import at_address

        return at_address(name)
    from nomoat.agent.llm.loading import Loading

    begun = Loading(name, context=context)
    from nomoat.agent.llm.llama import ChatLlama

    model = ChatLlama(model=name, context=context)
    model.load_ahead(begun)
    return model


@dataclass(frozen=True, slots=True)
class Work:
    """What a command works with, made of its options."""

    agent: Agent
    screen: Screen
    settings: dict[str, Any]
    """The options, each as given, else as configured."""


Begin = Callable[[Work, "Halt"], Iterator["Event"]]
"""Begins a run, or goes on with one."""


@contextmanager
def at_work(given: dict[str, Any]) -> Iterator[Work]:
    """The agent and the screen for the options of a command, closed at the end."""
    from nomoat.agent.config.config import settled_config

    config = settled_config(given["workspace"] or Path())
    settings = settled(given, config)
    silent = settings["as_json"] or settings["quiet"]
    with _starting(silent):
        model = chat_model(settings["model"], context=settings["context"])
        from nomoat.agent.ui.terminal import Screen

    questions = sys.stderr if silent else sys.stdout
    asks = sys.stdin.isatty() and questions.isatty()
    screen = Screen(quiet=silent, interactive=asks, limits=limits(settings))
    with screen, ExitStack() as opened:
        yield Work(_agent(model, settings, config, screen, opened), screen, settings)


def reach(at: Work, begin: Begin) -> Run:
    """Carry a run out; where it is paused, the person is asked what to do.

    Raises:
        KeyboardInterrupt: it was stopped at once.
    """
    from nomoat.agent.budget import Halt
    from nomoat.agent.events import Finished, RunStarted

    goes_on = False
    while True:
        halt, outcome = Halt(at.settings["timeout"]), None
        with _interruptible(halt, at.screen):
            for event in begin(at, halt):
                if isinstance(event, Finished):
                    outcome = event.run
                elif not (goes_on and isinstance(event, RunStarted)):
                    at.screen.show(event)
        if outcome is None:
            raise click.ClickException("The run ended without an outcome.")
        paused = halt.asked and outcome.exit_status == INTERRUPTED and at.screen.interactive
        word = at.screen.pause(outcome.plan) if paused else None
        if word is None:
            at.screen.show(Finished(outcome))
            return outcome
        begin, goes_on = _going_on(outcome.run_id, word), True


def _going_on(run_id: str, word: Word) -> Begin:
    return lambda at, halt: at.agent.resume(run_id, halt=halt, say=word.say, plan=word.plan)


def plan_editor(screen: Screen, wanted: bool) -> EditPlan | None:
    """How the plan is edited, where that is wanted.

    Raises:
        UsageError: nobody is there to edit it.
    """
    from nomoat.agent.errors import UsageError

    if wanted and not screen.interactive:
        raise UsageError(
            "Nobody is there to edit the plan.", hint="Use --edit-plan in a terminal only."
        )
    return screen.edit_plan if wanted else None


def _carry_out(begin: Begin, settings: dict[str, Any]) -> None:
    with at_work(settings) as at:
        try:
            outcome = reach(at, begin)
        except KeyboardInterrupt:
            at.screen.say("Stopped at once. Go on with: nomoat resume")
            sys.exit(INTERRUPTED)
    report(outcome, at.settings)
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


def report(outcome: Run, settings: dict[str, Any], *, indent: int | None = 2) -> None:
    """What is printed at the end where no events were."""
    if settings["as_json"]:
        click.echo(json.dumps(_told(outcome), ensure_ascii=False, indent=indent))
    elif settings["quiet"]:
        from nomoat.agent.printable import clean
        from nomoat.tools.guard.secrets import masked

        if outcome.answer:
            click.echo(clean(outcome.answer))
        if outcome.error or not outcome.answer:
            why = masked(outcome.error) or f"No answer: {outcome.status.value}."
            click.echo(clean(why), err=True)
    if (settings["as_json"] or settings["quiet"]) and outcome.exit_status == INTERRUPTED:
        click.echo(f"Go on with: nomoat resume {outcome.run_id}", err=True)


def _told(outcome: Run) -> dict[str, Any]:
    """The run without secrets, but for the answer: that is what was asked for."""
    from nomoat.tools.guard.secrets import masked_all

    return {**masked_all(outcome.to_dict()), "answer": outcome.answer}


def _agent(
    model: BaseChatModel,
    settings: dict[str, Any],
    config: Config,
    screen: Screen,
    opened: ExitStack,
) -> Agent:
    """What carries the goal out. What has to be closed after the run goes into `opened`."""
    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Budget
    from nomoat.agent.cli.parts import mcp_tools, memory_for, own_episodes
    from nomoat.agent.llm.endpoint_address import leaves
    from nomoat.agent.trust.policy import Mode, Policy
    from nomoat.agent.trust.rule_file import load_rules

    told = leaves(settings["model"])
    if told:
        screen.say(told)
    tools = _plugins(settings["tools"], screen, settings["workspace"])
    make = partial(
        Agent,
        model,
        memory=memory_for(settings, config, screen.say, opened),
        episodes=None if settings["no_memory"] else own_episodes(config, screen.say),
        workspace=settings["workspace"],
        allow_hosts=settings["allow_host"],
        searxng=config.searxng,
        policy=Policy(Mode(settings["approve"]), load_rules()),
        approve=screen.approve,
        budget=Budget(steps=settings["max_steps"], seconds=settings["timeout"]),
        may=settings.get("may", ()),
        may_not=settings.get("may_not", ()),
    )
    if config.servers:
        taken = make(tools=tools).toolbox.names
        tools += opened.enter_context(mcp_tools(config, taken, screen.say)).tools
    return make(tools=tools)


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
    """Ctrl-C pauses between two tokens; a second one, or one at a question, stops at once."""

    def stop(_number: int, _frame: Any) -> None:
        if halt.asked or screen.asking:
            raise KeyboardInterrupt
        halt.set()
        stops = "Pausing" if screen.interactive else "Stopping"
        screen.say(f"{stops} after this token. Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
