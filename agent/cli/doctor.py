"""`nomoat doctor`: what is here, what is missing, and what mends it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nomoat.agent.llm.model_profile import Profile

COLOURS = {"ok": "green", "note": "yellow", "missing": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--verify", is_flag=True, help="Hash the models anew, which takes a while.")
@click.option("--probe", is_flag=True, help="Load the model and see what it can do, first.")
def doctor(as_json: bool, verify: bool, probe: bool) -> None:
    """Look at what a run needs; where something is missing, say what mends it.

    Nothing is sent anywhere, and no model is loaded unless it is to be probed, which takes a
    minute or two and is remembered. The exit status is 0 where all that is needed is here, else 1.
    """
    from nomoat.agent.doctor.doctor import Check, State, examine

    if probe:
        _probe()
    found: list[Check] = []
    for one in examine(verify=verify):
        found.append(one)
        if not as_json:
            _print(one.name, one.state.value, one.said, one.mend)
    gone = sum(one.state is State.MISSING for one in found)
    if as_json:
        told = {"ready": not gone, "checks": [asdict(one) for one in found]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif gone:
        click.echo(f"\n{gone} of what a run needs {'is' if gone == 1 else 'are'} missing.")
    else:
        click.echo("\nAll that a run needs is here.")
    click.get_current_context().exit(1 if gone else 0)


def _probe() -> None:
    """Probe the model that runs think with; where it cannot be, the examination says why."""
    from nomoat.agent.config.config import settled_config
    from nomoat.agent.llm.model_profile import identity, remember
    from nomoat.agent.weights.catalogue import find
    from nomoat.memory.errors import NomoatError

    try:
        model = find(settled_config(Path()).model)
        key = identity(model)
        click.echo(f"Probing {model.name} …", err=True)
        remember(_probed(model.name, key))
    except NomoatError as error:
        click.echo(f"It was not probed: {error}", err=True)


def _probed(name: str, key: str) -> Profile:
    from nomoat.agent.llm.calibrate import Probe
    from nomoat.agent.llm.llama import ChatLlama
    from nomoat.agent.llm.tune import tuned

    chat = ChatLlama(model=name)
    chat.load()  # what it takes to load is not the model's fault
    settings = tuned(chat.engine)
    return Probe(chat).run(sha256=key, name=name, window=chat.context, settings=settings)


def _print(name: str, state: str, said: str, mend: str) -> None:
    from nomoat.agent.printable import clean

    click.secho(f"{state:8}", fg=COLOURS[state], nl=False)
    click.echo(f"{name:11} {clean(said)}")
    if mend:
        click.echo(f"{'':20}→ {clean(mend)}")
