"""`nomoat doctor`: what is here, what is missing, and what mends it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

COLOURS = {"ok": "green", "note": "yellow", "missing": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--verify", is_flag=True, help="Hash the models anew, which takes a while.")
def doctor(as_json: bool, verify: bool) -> None:
    """Look at what a run needs; where something is missing, say what mends it.

    Nothing is sent anywhere, and no model is loaded. The exit status is 0 where all that is needed
    is here, else 1.
    """
    from nomoat.agent.doctor import Check, State, examine

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


def _print(name: str, state: str, said: str, mend: str) -> None:
    from nomoat.agent.printable import clean

    click.secho(f"{state:8}", fg=COLOURS[state], nl=False)
    click.echo(f"{name:11} {clean(said)}")
    if mend:
        click.echo(f"{'':20}→ {clean(mend)}")
