"""`nomoat init`: which model, where things are kept, and a configuration to go on from."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nomoat.agent.cli.complete import chat_models

if TYPE_CHECKING:
    from nomoat.agent.weights.catalogue import Model


@click.command()
@click.option(
    "--model",
    metavar="NAME",
    shell_complete=chat_models,
    help="Name of a model, or path of a GGUF file. Default: the best of the list that fits.",
)
@click.option(
    "--home",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where everything is kept. Default: NOMOAT_HOME, else your data folder.",
)
@click.option("--pull/--no-pull", default=None, help="Pull what is missing, or do not; else ask.")
@click.option("--yes", is_flag=True, help="Do not ask: take the defaults, and pull nothing.")
def init(model: str | None, folder: Path | None, pull: bool | None, yes: bool) -> None:
    """Choose a model and where things are kept, and write a configuration with comments.

    Without a terminal nothing is asked, and the defaults are taken. A configuration that is there
    stays, unless you say otherwise; then the old one is kept beside it.
    """
    asks = not yes and sys.stdin.isatty()
    _settle_home(folder, asks)
    chosen = _configure(model, asks)
    missing = _missing(chosen)
    if missing and pull is None and asks:
        pull = click.confirm(f"Pull {_listed(missing)} now?", default=True)
    names = [one.name for one in missing]
    if missing and pull:
        from nomoat.agent.cli.models import pull as pull_models

        click.get_current_context().invoke(pull_models, names=tuple(names), quiet=False)
    elif missing:
        click.echo(f"Still to be pulled: {_listed(missing)}.")
        click.echo(f"Get it with: nomoat models pull {' '.join(names)}")
    click.echo('`nomoat doctor` looks whether all is here. Then: nomoat "your goal"')


def _settle_home(folder: Path | None, asks: bool) -> None:
    """Let everything of this process be kept in the folder that is wanted."""
    from nomoat.memory.home import home

    before = home()
    if folder is None and asks:
        text = "Where shall models, runs and memory be kept?"
        folder = Path(click.prompt(text, default=str(before)))
    wanted = folder.expanduser().absolute() if folder else before
    if wanted == before:
        return
    os.environ["NOMOAT_HOME"] = str(wanted)
    click.echo("Add this line to the profile of your shell, so that nomoat finds the folder:")
    click.echo(f"  export NOMOAT_HOME={shlex.quote(str(wanted))}")


def _configure(model: str | None, asks: bool) -> Model | None:
    """Write the configuration, unless there is one that shall stay; the model that holds, if it is
    one of this machine."""
    from nomoat.agent.config.config import config_file, load_config
    from nomoat.agent.llm.endpoint_address import is_address
    from nomoat.agent.weights.catalogue import find

    file = config_file()
    if file.exists():
        again = "Write a new one? The old one is kept as config.toml.old."
        if not (asks and click.confirm(f"{file} is there already. {again}", default=False)):
            click.echo(f"{file} is there already and stays as it is.")
            held = load_config().model
            return None if is_address(held) else find(held)
    chosen = find(model) if model else _choose(asks)
    _write(file, chosen.name)
    click.echo(f"wrote {file}")
    return chosen


def _choose(asks: bool) -> Model:
    """The model a person names; where nobody is asked, the best that fits."""
    from nomoat.agent.weights.catalogue import catalogue, find
    from nomoat.agent.weights.fit import fits
    from nomoat.memory.errors import NomoatError

    chat = [one for one in catalogue().models if one.kind == "chat"]
    fitting = [one for one in chat if fits(one).fits]
    default = catalogue().default("chat")
    best = default if default in fitting or not fitting else max(fitting, key=lambda one: one.bytes)
    if not asks:
        return best
    for one in chat:
        fit = "" if one in fitting else " It does not fit into the memory that is free."
        click.echo(f"  {one.name:20} {_size(one):>7}  {one.summary}{fit}")

    def named(text: str) -> Model:
        try:
            return find(text)
        except NomoatError as error:
            raise click.UsageError(f"{error} {error.hint}".strip()) from error

    chosen: Model = click.prompt("Which model?", default=best.name, value_proc=named)
    return chosen


def _write(file: Path, model: str) -> None:
    """Put a configuration in place that was read back first; an old one is kept beside it."""
    from nomoat.agent.config.config import load_config
    from nomoat.agent.config.text import config_text
    from nomoat.agent.errors import UsageError

    part = file.with_name("config.toml.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(config_text(model), encoding="utf-8")
        load_config(part)
        if file.exists():
            file.replace(file.with_name("config.toml.old"))
        part.replace(file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}.",
            hint="Make room or permission there, or name another folder with --home.",
        ) from error


def _missing(chosen: Model | None) -> list[Model]:
    """Of the model, if one is wanted, and the embedder, what is not on this machine."""
    from nomoat.agent.weights.catalogue import catalogue
    from nomoat.agent.weights.models import is_installed

    wanted = [chosen, catalogue().default("embedding")]
    return [one for one in wanted if one and not one.path and not is_installed(one)]


def _listed(models: list[Model]) -> str:
    return " and ".join(f"{one.name} ({_size(one)})" for one in models)


def _size(model: Model) -> str:
    """`1.1 GB`; models of the Hub tell their size when they are pulled."""
    if not model.bytes:
        return "size not known"
    large = model.bytes >= 1e8
    return f"{model.bytes / 1e9:.1f} GB" if large else f"{model.bytes / 1e6:.0f} MB"
