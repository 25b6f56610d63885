"""The options of `nomoat run`, `resume` and `chat`, and what holds where they say nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.complete import chat_models
from nomoat.agent.config.keys import APPROVE, DEFAULT_MODEL

if TYPE_CHECKING:
    from nomoat.agent.config.config import Config
    from nomoat.agent.ui.status import Limits


Command = Callable[..., Any]
FOLDER = click.Path(file_okay=False, path_type=Path)

edit_plan = click.option(
    "--edit-plan", is_flag=True, help="Show the plan before the first step, to be edited."
)

CONTRACT = (
    click.option(
        "--may",
        multiple=True,
        metavar="WHAT",
        help="What it may do beyond what the goal says "
        "(write, write:PATH, delete, move, network, code); repeatable.",
    ),
    click.option(
        "--may-not",
        multiple=True,
        metavar="WHAT",
        help="What the run may not do, whatever the goal says; repeatable.",
    ),
)
WHERE = (
    click.option("--workspace", type=FOLDER, help="Folder to work in. Default: here."),
    click.option(
        "--memory",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder of a memory to answer from. Default: your own, if it holds documents.",
    ),
    click.option(
        "--no-memory", is_flag=True, help="Answer from no memory, and from no earlier run."
    ),
    click.option(
        "--chroma",
        default="",
        metavar="URL",
        help="A Chroma server that holds the memory's vectors.",
    ),
)
WITH_WHAT = (
    click.option(
        "--model",
        metavar="NAME",
        shell_complete=chat_models,
        help="Name of a model, or path of a GGUF file; with --endpoint the server's name for it. "
        f"Default: the configuration's, else {DEFAULT_MODEL}.",
    ),
    click.option(
        "--endpoint",
        metavar="URL",
        default="",
        help="Think with the model of a server that speaks OpenAI's protocol, such as "
        "http://127.0.0.1:8080/v1. What the run reads goes there.",
    ),
    click.option(
        "--context",
        type=click.IntRange(1024),
        default=8192,
        show_default=True,
        help="Tokens the model's window holds.",
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
)
LIMITS = (
    click.option(
        "--approve",
        type=click.Choice(APPROVE),
        help="What passes unasked: reading (ask), writing too (edits), all (never); "
        "plan refuses all but reading. Default: the configuration's, else ask.",
    ),
    click.option("--yes", is_flag=True, help="The same as --approve never."),
    click.option(
        "--max-steps", type=click.IntRange(1), help="Default: the configuration's, else 20."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(1),
        metavar="SECONDS",
        help="Default: the configuration's, else 600.",
    ),
)
OUTPUT = (
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    click.option("--quiet", "-q", is_flag=True, help="Print the answer only."),
)


def contract(command: Command) -> Command:
    """What a person says that a new run may do, and may not."""
    return _with(CONTRACT, command)


def options(command: Command) -> Command:
    """The options that `run`, `resume` and `chat` share."""
    return _with((*WHERE, *WITH_WHAT, *LIMITS, *OUTPUT), command)


def _with(several: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    for option in reversed(several):  # as decorators, the last of which is applied first
        command = option(command)
    return command


def settled(settings: dict[str, Any], config: Config) -> dict[str, Any]:
    """The options, each as given, else as configured.

    Raises:
        UsageError: two options exclude each other.
    """
    from nomoat.agent.errors import UsageError

    for one, other in (("no_memory", "memory"), ("no_memory", "chroma"), ("yes", "approve")):
        if settings[one] and settings[other]:
            flags = [f"--{name.replace('_', '-')}" for name in (one, other)]
            raise UsageError(f"{' and '.join(flags)} exclude each other.", hint="Leave one out.")
    if settings["endpoint"]:
        settings = {**settings, "model": _at_endpoint(settings["endpoint"], settings["model"])}
    configured = {
        "workspace": Path(),
        "model": config.model,
        "approve": "never" if settings["yes"] else config.approve,
        "max_steps": config.steps,
        "timeout": config.seconds,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    return {**configured, **given}


def limits(settings: dict[str, Any]) -> Limits:
    """What a run with these settings may use, for who looks on; a server tells nothing of its
    window."""
    from nomoat.agent.llm.endpoint_address import is_address
    from nomoat.agent.ui.status import Limits

    context = None if is_address(settings["model"]) else settings["context"]
    return Limits(settings["max_steps"], settings["timeout"], context)


def _at_endpoint(url: str, name: str | None) -> str:
    """The model of a server, as its name stands in records and configurations.

    Raises:
        UsageError: the address cannot be, or two are given.
    """
    from nomoat.agent.errors import UsageError
    from nomoat.agent.llm.endpoint_address import Address, is_address

    address = Address.parse(url)
    if name is not None and (is_address(name) or address.model):
        raise UsageError(
            "Two models are named.",
            hint="Name the address with --endpoint, its model with --model.",
        )
    return str(Address(address.url, name or address.model))
