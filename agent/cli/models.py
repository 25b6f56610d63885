"""`nomoat models`: list, pull, info, rm."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.complete import any_models

if TYPE_CHECKING:
    from nomoat.agent.weights.catalogue import Model
    from nomoat.agent.weights.pull import Progress

SECONDS_BETWEEN_LINES = 10
INTERRUPTED = 130


@click.group()
def models() -> None:
    """The language and embedding models on this machine."""


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array and nothing else.")
def list_models(as_json: bool) -> None:
    """Show every model, whether it is here, and whether it fits this machine."""
    from nomoat.agent.weights.catalogue import catalogue
    from nomoat.agent.weights.models import installed

    with _plain_errors():
        here = installed()
        known = catalogue().models
        rows = [_facts(model, model in here) for model in known]
        rows += [_facts(model, True) for model in here if model not in known]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        _print_table(rows)


@models.command()
@click.argument("names", metavar="NAME…", nargs=-1, required=True, shell_complete=any_models)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing unless something fails.")
def pull(names: tuple[str, ...], quiet: bool) -> None:
    """Get models, verified by their sha256.

    NAME is one of `nomoat models list`, or owner/repository:file.gguf on the Hugging Face Hub.
    What an interrupted pull has fetched is kept, and the next one goes on from there.
    """
    from nomoat.agent.weights.pull import pull as pull_model

    with _plain_errors():
        for name in names:
            with _shown(quiet) as progress:
                path = pull_model(name, progress=progress)
            if not quiet:
                click.echo(f"{name} is ready: {path}")


@models.command()
@click.argument("name", shell_complete=any_models)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def info(name: str, as_json: bool) -> None:
    """Show what is known about the model NAME; the path of a GGUF file is one too."""
    from nomoat.agent.weights.catalogue import find
    from nomoat.agent.weights.models import is_installed

    with _plain_errors():
        model = find(name)
        facts = _facts(model, bool(model.path) or is_installed(model)) | _details(model)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for key, value in facts.items():
        if isinstance(value, list):
            click.echo("\n".join([f"{key}:", *(f"  {line}" for line in value)]))
        else:
            click.echo(f"{key}: {_readable(key, value)}")


@models.command()
@click.argument("name", shell_complete=any_models)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
def rm(name: str, yes: bool) -> None:
    """Delete the model NAME that was pulled, and what is left of an unfinished pull."""
    from nomoat.agent.weights.catalogue import find
    from nomoat.agent.weights.models import remove

    with _plain_errors():
        model = find(name)
        if not yes:
            click.confirm(f"Delete {model.name}?", abort=True)
        click.echo(f"{model.name} is deleted; {_size(remove(name))} are free again.")


@contextmanager
def _plain_errors() -> Iterator[None]:
    """An error is one sentence and one hint, not a traceback."""
    from nomoat.memory.errors import NomoatError

    try:
        yield
    except NomoatError as error:
        hint = f"\n{error.hint}" if error.hint else ""
        raise click.ClickException(f"{error}{hint}") from error


def _facts(model: Model, here: bool) -> dict[str, Any]:
    from nomoat.agent.weights.fit import fits

    fit = fits(model)
    return {
        "name": model.name,
        "kind": model.kind,
        "bytes": model.bytes,
        "licence": model.licence,
        "context": model.context,
        "installed": here,
        "fits": fit.fits,
        "memory_needed": fit.needed,
        "memory_available": fit.available,
    }


def _details(model: Model) -> dict[str, Any]:
    from nomoat.agent.weights.models import folder_of

    where = model.path or folder_of(model)
    files = [f"{file.name}  {file.bytes:,} bytes  {file.sha256}".strip() for file in model.files]
    sources = [f"Hub: {f.hub.repo} at {f.hub.revision}: {f.hub.path}" for f in model.files if f.hub]
    for file in model.files:
        if file.index:
            parts = f" in {file.index.parts} parts" if file.index.parts > 1 else ""
            sources.append(f"package index: {file.index.requirement.format(n=1)}{parts}")
    return {"summary": model.summary, "path": str(where), "files": files, "sources": sources}


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("model", "kind", "size", "context", "licence", "here", "fits"):
        table.add_column(heading, justify="right" if heading in ("size", "context") else "left")
    for row in rows:
        table.add_row(
            row["name"],
            row["kind"],
            _size(row["bytes"]),
            f"{row['context']:,}" if row["context"] else "?",
            row["licence"] or "?",
            "yes" if row["installed"] else "no",
            _fits(row),
        )
    Console().print(table)


def _fits(row: dict[str, Any]) -> str:
    if row["fits"]:
        return "yes"
    return f"no: needs {_size(row['memory_needed'])}, {_size(row['memory_available'])} are free"


def _readable(key: str, value: Any) -> str:
    if key in ("bytes", "memory_needed", "memory_available"):
        return _size(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "not known"


def _size(count: int) -> str:
    if not count:
        return "?"
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}" if unit == "GB" else f"{count / size:.0f} {unit}"
    return f"{count} bytes"


@contextmanager
def _shown(quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """Show progress while a pull runs: a bar on a terminal, else a line every few seconds."""
    try:
        if quiet:
            yield lambda _: None
        elif _on_terminal():
            with _bar() as show:
                yield show
        else:
            yield _Lines()
    except KeyboardInterrupt:
        click.echo("\nStopped. The same command goes on from what has arrived.", err=True)
        sys.exit(INTERRUPTED)


def _on_terminal() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.DownloadColumn(),
        rich_progress.TransferSpeedColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        current = ""

        def show(now: Progress) -> None:
            nonlocal current
            if (title := _title(now)) != current:
                current = title
                bar.reset(task, description=title)
            bar.update(task, completed=now.done, total=now.total or None)

        yield show


class _Lines:
    """A plain line when something begins, and every few seconds while it goes on."""

    def __init__(self) -> None:
        self.current = ""
        self.last = 0.0

    def __call__(self, now: Progress) -> None:
        title = _title(now)
        time_is_up = time.monotonic() - self.last >= SECONDS_BETWEEN_LINES
        if now.phase == "done" or (title == self.current and not time_is_up):
            return
        self.current, self.last = title, time.monotonic()
        figures = f"  {_size(now.done)} of {_size(now.total)}" if now.done and now.total else ""
        if now.rate:
            figures += f"  {now.rate / 1e6:.1f} MB/s"
        left = now.seconds_left
        if left and now.phase == "download" and now.done:
            figures += f"  {left:.0f} s left"
        click.echo(f"  {title}{figures}", err=True)


def _title(now: Progress) -> str:
    if now.phase == "waiting":
        return f"{now.name}: another process is pulling it; waiting for that"
    if now.phase == "verify":
        return f"{now.file}: verifying"
    return f"{now.file} from {now.source}" if now.source else now.name


if __name__ == "__main__":
    models()
