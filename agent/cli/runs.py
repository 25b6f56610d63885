"""`nomoat runs` and `nomoat show`: what happened before; the rest of `runs` is in `keep`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.complete import run_ids

if TYPE_CHECKING:
    from nomoat.agent.runs import RunFolder


class Runs(click.Group):
    """Sub-commands by name, imported when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return ["list", "show", *_MORE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in _MORE:
            from nomoat.agent.cli import keep

            found: click.Command = getattr(keep, cmd_name)
            return found
        return super().get_command(ctx, cmd_name)


_MORE = ("fork", "export", "rm", "prune")


def _listing(command: Any) -> Any:
    for option in (
        click.option(
            "--limit",
            type=click.IntRange(1),
            default=20,
            show_default=True,
            help="So many runs at most, the newest.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else."),
    ):
        command = option(command)
    return command


@click.group(cls=Runs, invoke_without_command=True)
@_listing
@click.pass_context
def runs(context: click.Context, as_json: bool, limit: int) -> None:
    """Past runs: list them (the default), copy, export or delete them."""
    if context.invoked_subcommand is None:
        _list(as_json, limit)


@runs.command("list")
@_listing
def list_runs(as_json: bool, limit: int) -> None:
    """List past runs, newest first."""
    _list(as_json, limit)


def _list(as_json: bool, limit: int) -> None:
    from nomoat.agent.printable import clean
    from nomoat.agent.runs import RunStore
    from nomoat.tools.guard.secrets import masked_all

    store = RunStore()
    rows = masked_all([_row(store.find(name)) for name in reversed(store.names()[-limit:])])
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        goal = " ".join(clean(row["goal"]).split())
        click.echo(f"{row['run_id']}  {row['status']:<13}  {goal[:90]}{'…' * (len(goal) > 90)}")
    if not rows:
        click.echo('No runs yet. Begin one: nomoat "your goal"')


def _row(folder: RunFolder) -> dict[str, str]:
    from nomoat.agent.errors import RunError

    try:
        record = record_of(folder)
    except RunError as error:
        return {"run_id": folder.run_id, "status": "damaged", "goal": f"({error})"}
    return {"run_id": folder.run_id, "status": record["status"], "goal": record["goal"]}


@click.command()
@click.argument("run_id", default="last", shell_complete=run_ids)
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON and nothing else.")
@click.option(
    "--receipt", is_flag=True, help="Only hosts contacted, bytes sent, files written, commands run."
)
@click.option(
    "--html",
    "page",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write the run to FILE as one page for a browser; it asks nobody for anything.",
)
@click.option(
    "--svg",
    "picture",
    metavar="FILE",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write what is shown to FILE as a picture.",
)
def show(
    run_id: str, as_json: bool, receipt: bool, page: Path | None, picture: Path | None
) -> None:
    """Show the run RUN_ID (or its beginning, or `last`), step by step."""
    from nomoat.agent.runs import RunStore
    from nomoat.tools.guard.secrets import masked_all

    folder = RunStore().find(run_id)
    if receipt:
        _show_receipt(folder, as_json)
        return
    record = masked_all(record_of(folder))
    if page is not None or picture is not None:
        _write_pages(folder, record, page, picture)
    elif as_json:
        click.echo(json.dumps(record.get("run") or record, ensure_ascii=False, indent=2))
    else:
        from nomoat.agent.cli.shown import terminal, timeline

        timeline(terminal(), folder.run_id, record)


runs.add_command(show)


def _show_receipt(folder: RunFolder, as_json: bool) -> None:
    from nomoat.agent.cli.receipts import receipt
    from nomoat.agent.printable import clean
    from nomoat.tools.guard.secrets import masked, masked_all

    told = receipt(folder)
    if as_json:
        click.echo(json.dumps(masked_all(told.to_dict()), ensure_ascii=False, indent=2))
        return
    for line in told.lines():
        click.echo(clean(masked(line)))


def _write_pages(
    folder: RunFolder, record: dict[str, Any], page: Path | None, picture: Path | None
) -> None:
    if page is not None:
        from nomoat.agent.ui import page as pages

        _write(page, pages.page(folder, record))
    if picture is not None:
        from nomoat.agent.cli import shown

        _write(picture, shown.picture(folder.run_id, record))


def _write(file: Path, text: str) -> None:
    """What a run read can be private, so the file is its owner's alone."""
    import os

    from nomoat.agent.errors import UsageError

    if str(file) == "-":
        click.echo(text, nl=False)
        return
    part = file.with_name(f"{file.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
            opened.write(text.encode())
        part.replace(file)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}.", hint="Name another file."
        ) from error
    click.echo(f"wrote {file}")


def record_of(folder: RunFolder) -> dict[str, Any]:
    """What run.json says, if it says all that a run has.

    Raises:
        RunError: it cannot be read, or says less.
    """
    from nomoat.agent.errors import RunError

    record = folder.read()
    missing = {
        name
        for name in ("goal", "status", "model", "workspace")
        if not isinstance(record.get(name), str)
    }
    if missing:
        raise RunError(
            f"The record of run {folder.run_id} says nothing of its {', '.join(sorted(missing))}.",
            hint=f"Its checkpoints may be whole: see {folder.path}.",
        )
    return record
