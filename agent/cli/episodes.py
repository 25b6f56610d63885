"""`nomoat memory episodes`: what is remembered of runs; list, forget."""

from __future__ import annotations

import json
from dataclasses import asdict

import click


@click.group()
def episodes() -> None:
    """What is remembered of runs: goals, tools and outcomes, never results.

    Runs are remembered where the configuration says `episodes = true`.
    """


@episodes.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
def list_episodes(as_json: bool) -> None:
    """Show what is remembered, newest first."""
    from nomoat.agent.printable import clean
    from nomoat.memory.episodes import Episodes

    found = Episodes().all()
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=2))
        return
    if not found:
        click.echo("No run is remembered.")
    for one in found:
        outcome = "reached" if one.reached else "not reached"
        click.secho(clean(f"{one.run_id}  {one.date[:10]}  {outcome}"), bold=True)
        click.echo(clean("  " + " ".join(one.goal.split())))
        for used in one.used:
            click.echo(clean(f"    {used.tool}({used.arguments})"))


@episodes.command()
@click.argument("run_ids", metavar="RUN_ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Forget all runs.")
def forget(run_ids: tuple[str, ...], everything: bool) -> None:
    """Forget what is remembered of runs. The runs themselves stay: `nomoat runs rm` deletes them.

    A RUN_ID may be the beginning of one.
    """
    from nomoat.memory.episodes import Episodes
    from nomoat.memory.errors import UsageError

    if bool(run_ids) == everything:
        raise UsageError("Which runs shall be forgotten?", hint="Name some, or say --all.")
    held = Episodes()
    known = [one.run_id for one in held.all()]
    chosen = set(known) if everything else {_one_of(known, run_id) for run_id in run_ids}
    count = held.forget(chosen)
    click.echo(f"Forgot {count} {'run' if count == 1 else 'runs'}.")


def _one_of(known: list[str], begins: str) -> str:
    from nomoat.memory.errors import UsageError

    found = [run_id for run_id in known if run_id.startswith(begins)]
    if begins in found:
        return begins
    if len(found) != 1:
        said = "Several runs begin" if found else "No remembered run begins"
        raise UsageError(
            f"{said} with {begins!r}.", hint="`nomoat memory episodes list` shows them."
        )
    return found[0]
