"""`nomoat runs` and `nomoat show`: what happened before."""

from __future__ import annotations

import json
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
def runs(as_json: bool, limit: int) -> None:
    """List past runs, newest first."""
    from nomoat.agent.errors import RunError
    from nomoat.agent.runs import RunStore

    store, rows = RunStore(), []
    for name in reversed(store.names()[-limit:]):
        try:
            record = store.find(name).read()
        except RunError as error:
            record = {"goal": f"({error})", "status": "damaged"}
        rows.append({"run_id": name, "status": record["status"], "goal": record["goal"]})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(f"{row['run_id']}  {row['status']:<13}  {row['goal'][:90]}")
    if not rows:
        click.echo('No runs yet. Begin one: nomoat "your goal"')


@click.command()
@click.argument("run_id", default="last")
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def show(run_id: str, as_json: bool) -> None:
    """Show the run RUN_ID (or its beginning, or `last`), step by step."""
    from nomoat.agent.runs import RunStore

    folder = RunStore().find(run_id)
    record = folder.read()
    run = record.get("run")
    if as_json:
        click.echo(json.dumps(run or record, ensure_ascii=False, indent=2))
        return
    click.secho(record["goal"], bold=True)
    click.echo(f"{folder.run_id} · {record['status']} · {record['model']} · {record['workspace']}")
    if run is None:
        click.echo(f"It has not ended. Go on with: nomoat resume {folder.run_id}")
        return
    for number, step in enumerate(run["plan"], 1):
        click.echo(f"  {number}. {_printable(step)}")
    for step in run["steps"]:
        _show_step(step)
    click.echo()
    click.secho(_printable(run["answer"]), bold=True)


def _show_step(step: dict[str, Any]) -> None:
    tokens = step["tokens"]
    click.echo()
    click.secho(f"Step {step['n']} ", fg="cyan", nl=False)
    click.echo(
        f"{_printable(step['thought'])} ({step['seconds']:.1f} s, {tokens['generated']} tokens "
        f"written, {tokens['prompt'] - tokens['cached']} read)"
    )
    if step["tool"]:
        args = ", ".join(f"{name}={value}" for name, value in step["args"].items())
        click.echo(f"  {step['tool']}({_printable(args)})")
    for line in step["observation"]["text"].splitlines():
        click.echo(f"  │ {_printable(line)}")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in str(text))
