"""`nomoat runs fork|export|rm|prune`, and `nomoat undo`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.complete import run_ids as complete_runs

if TYPE_CHECKING:
    from nomoat.agent.runs import RunFolder


@click.command()
@click.argument("run_id", shell_complete=complete_runs)
@click.option("--step", type=click.IntRange(0), required=True, help="The last step to keep.")
def fork(run_id: str, step: int) -> None:
    """Begin a new run where RUN_ID stood after a step; files stay as they are now."""
    from nomoat.agent.fork import fork as forked
    from nomoat.agent.runs import RunStore

    store = RunStore()
    new = forked(store, store.find(run_id), step)
    click.echo(f"Run {new.run_id} stands after step {step}. Go on with: nomoat resume {new.run_id}")


@click.command()
@click.argument("run_id", default="last", shell_complete=complete_runs)
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "md"]),
    default="json",
    show_default=True,
    help="For programs, or to be read.",
)
def export(run_id: str, form: str) -> None:
    """Print all of the run RUN_ID (or its beginning, or `last`), to be kept elsewhere."""
    from nomoat.agent.cli.receipts import as_markdown, exported
    from nomoat.agent.cli.runs import record_of
    from nomoat.agent.printable import clean
    from nomoat.agent.runs import RunStore
    from nomoat.tools.guard.secrets import masked_all

    folder = RunStore().find(run_id)
    data = masked_all(exported(folder, record_of(folder)))
    if form == "json":
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo(clean(as_markdown(data)), nl=False)


@click.command()
@click.argument("run_ids", metavar="RUN_ID…", nargs=-1, required=True, shell_complete=complete_runs)
@click.option("--yes", is_flag=True, help="Do not ask.")
def rm(run_ids: tuple[str, ...], yes: bool) -> None:
    """Delete runs, each by its RUN_ID, with all that is kept of them: none can be undone then."""
    from nomoat.agent.runs import RunStore

    store = RunStore()
    _remove([store.find(run_id) for run_id in run_ids], yes)


@click.command()
@click.option("--keep", type=click.IntRange(0), help="Keep this many of the newest runs.")
@click.option("--days", type=click.IntRange(0), help="Keep the runs of this many days.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(keep: int | None, days: int | None, yes: bool) -> None:
    """Delete old runs: those that neither --keep nor --days keeps."""
    from datetime import datetime, timedelta

    from nomoat.agent.errors import UsageError
    from nomoat.agent.runs import RunStore

    if keep is None and days is None:
        raise UsageError("What shall be kept?", hint="Say --keep 20, --days 30, or both.")
    store = RunStore()
    names = store.names()
    kept = set(names[len(names) - (keep or 0) :])
    if days is not None:
        since = (datetime.now().astimezone() - timedelta(days=days)).strftime("%Y%m%d-%H%M%S")
        kept |= {name for name in names if name >= since}
    _remove([store.find(name) for name in names if name not in kept], yes)


def _remove(folders: list[RunFolder], yes: bool) -> None:
    import shutil

    from nomoat.agent.errors import RunError
    from nomoat.agent.trust.journal import held
    from nomoat.memory.episodes import Episodes

    if not folders:
        click.echo("There is no run to delete.")
        return
    many = f"{len(folders)} runs" if len(folders) > 1 else f"run {folders[0].run_id}"
    if not yes and not click.confirm(f"Delete {many}?", err=True):
        return
    for folder in folders:
        with held(folder.path):
            pass  # not while it goes on
        try:
            shutil.rmtree(folder.path)
        except OSError as error:
            raise RunError(
                f"Run {folder.run_id} cannot be deleted: {error.strerror}.",
                hint=f"See to the permissions of {folder.path}.",
            ) from error
        click.echo(f"deleted {folder.run_id}")
    Episodes().forget(folder.run_id for folder in folders)


@click.command()
@click.argument("run_id", default="last", shell_complete=complete_runs)
@click.option("--step", type=click.IntRange(1), help="Undo from this step on. Default: all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def undo(run_id: str, step: int | None, as_json: bool) -> None:
    """Put files back as they were before the run RUN_ID, or before one of its steps.

    A file that was changed since is left as it is, and named. The exit status is 1 if there is any.
    """
    from pathlib import Path

    from nomoat.agent.cli.runs import record_of
    from nomoat.agent.printable import clean
    from nomoat.agent.runs import RunStore
    from nomoat.agent.trust.journal import Journal, held
    from nomoat.agent.trust.receipt import receipt_of
    from nomoat.agent.trust.undo import LEFT
    from nomoat.agent.trust.undo import undo as undone
    from nomoat.tools.guard.paths import Workspace

    folder = RunStore().find(run_id)
    workspace = Workspace(Path(record_of(folder)["workspace"]))
    with held(folder.path):
        journal = Journal(folder.path)
        done = undone(journal, workspace, step)
    told = receipt_of(deed for deed in journal.deeds if step is None or deed.n >= step)
    stays = [f"{one.host} was contacted" for one in told.hosts]
    stays += [f"{call} was called" for call in told.others]
    files: list[dict[str, Any]] = [
        {"path": one.path, "outcome": one.outcome, "why": one.why} for one in done
    ]
    if as_json:
        click.echo(json.dumps({"files": files, "not_undone": stays}, ensure_ascii=False, indent=2))
    else:
        for one in done:
            why = f" ({one.why})" if one.why else ""
            colour = "yellow" if one.outcome in LEFT else None
            click.secho(clean(f"{one.outcome}: {one.path}{why}"), fg=colour)
        for line in stays:
            click.secho(clean(f"cannot be undone: {line}"), fg="yellow")
        if not done and not stays:
            click.echo("The run changed nothing.")
    if any(one.outcome in LEFT for one in done):
        click.get_current_context().exit(1)
