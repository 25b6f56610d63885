"""`nomoat memory`: add, list, search, show, forget, stats, rebuild, episodes."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli.episodes import episodes

if TYPE_CHECKING:
    from nomoat.memory.document import Passage
    from nomoat.memory.ingest import Progress, Report
    from nomoat.memory.memory import Memory

INTERRUPTED = 130
_SHOWN_FAILURES = 20
_PREVIEW = 600


@click.group()
def memory() -> None:
    """Private documents that the agent can search and cite."""


memory.add_command(episodes)


def _at(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which memory, given to the command as `held`."""

    @click.option(
        "--memory",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="The memory's folder. Default: the configuration's, else one in your data folder.",
    )
    @click.option(
        "--chroma",
        "url",
        default="",
        metavar="URL",
        help="A Chroma server that holds the vectors, such as http://127.0.0.1:8000.",
    )
    @wraps(command)
    def at(*args: Any, folder: Path | None, url: str, **options: Any) -> Any:
        from nomoat.agent.cli.parts import memory_at
        from nomoat.agent.config.config import settled_config

        def say(text: str) -> None:
            click.secho(text, fg="yellow", err=True)

        with memory_at(folder, url, settled_config(), say) as held:
            return command(*args, held=held, **options)

    return at


def _as_json(command: Callable[..., Any]) -> Callable[..., Any]:
    option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
    return option(command)


@memory.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True)
@click.option("--prune", is_flag=True, help="Drop documents below PATH whose files are gone.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave out, as in .gitignore.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing unless something fails.")
@_at
def add(
    paths: tuple[str, ...], prune: bool, exclude: tuple[str, ...], quiet: bool, held: Memory
) -> None:
    """Read each PATH, a file, a folder or a pattern, into the memory.

    Only new and changed files are read. Ctrl-C ends it and keeps what is done.
    """
    with _stoppable() as stop, _bar(quiet) as progress:
        report = held.add(paths, prune=prune, exclude=exclude, progress=progress, stop=stop)
    if not quiet:
        click.echo(_summary(report))
    for name, reason in report.failed[:_SHOWN_FAILURES]:
        click.echo(f"Not read: {name}: {reason}", err=True)
    if len(report.failed) > _SHOWN_FAILURES:
        click.echo(f"And {len(report.failed) - _SHOWN_FAILURES} more not read.", err=True)
    if report.stopped:
        click.echo("Stopped. What is done is kept; the same command goes on from here.", err=True)
        sys.exit(INTERRUPTED)
    if report.failed and not report.added + report.changed + report.unchanged:
        sys.exit(1)


@memory.command("list")
@_at
@_as_json
def list_documents(held: Memory, as_json: bool) -> None:
    """Show the documents."""
    entries = held.documents()
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    rows = [(e.path, e.format, e.date[:10], f"{e.chunks:,}", e.added[:10]) for e in entries]
    _print_table(("document", "format", "date", "chunks", "added"), rows)


@memory.command()
@click.argument("query")
@click.option("-k", type=click.IntRange(1, 100), default=5, show_default=True, help="Passages.")
@click.option("--source", default="", metavar="TEXT", help="Part of the path; * for anything.")
@click.option("--format", default="", help="Such as pdf; `list` shows them.")
@click.option("--since", default="", metavar="DATE", help="First date, such as 2024-05.")
@click.option("--until", default="", metavar="DATE", help="Last date, included.")
@_at
@_as_json
def search(query: str, k: int, held: Memory, as_json: bool, **filters: str) -> None:
    """Find passages that fit the QUERY, a question or words, each with where it stands."""
    from nomoat.memory.memory import Filters

    found = held.search(query, k, filters=Filters(**filters))
    if as_json:
        click.echo(json.dumps([_facts(p) for p in found], ensure_ascii=False, indent=2))
    elif not found:
        click.echo("Nothing in the memory fits.")
    else:
        click.echo("\n\n".join(_quote(passage, _PREVIEW) for passage in found))


@memory.command()
@click.argument("document")
@_at
def show(document: str, held: Memory) -> None:
    """Show what the memory holds of a DOCUMENT, named as `list` does, chunk by chunk."""
    chunks = held.chunks(document)
    click.echo("\n\n".join(_quote(chunk) for chunk in chunks))


@memory.command()
@click.argument("documents", metavar="DOCUMENT…", nargs=-1, required=True)
@_at
def forget(documents: tuple[str, ...], held: Memory) -> None:
    """Drop each DOCUMENT, or all below a folder. The files themselves are not touched."""
    for document in documents:
        count = held.forget(document)
        click.echo(f"Forgot {document}" + (f" ({count} documents)." if count > 1 else "."))


@memory.command()
@_at
@_as_json
def stats(held: Memory, as_json: bool) -> None:
    """Show how much the memory holds."""
    facts = asdict(held.stats())
    facts["folder"] = str(facts["folder"])
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for key, value in facts.items():
        shown = ", ".join(f"{k} {n:,}" for k, n in value.items()) if key == "formats" else value
        click.echo(f"{key}: {shown:,}" if isinstance(shown, int) else f"{key}: {shown or 'none'}")


@memory.command()
@_at
def rebuild(held: Memory) -> None:
    """Make the indexes again from the text that is kept, with the model that is used now."""
    held.rebuild(lambda done, of: click.echo(f"{done:,} of {of:,} chunks", err=True))
    click.echo("The memory is rebuilt.")


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """The first Ctrl-C asks to stop in order; the second one ends at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(_number: int, _frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """Files, chunks per second and the time left, on a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.completed}/{task.total} files"),
        rich.BarColumn(),
        rich.TextColumn("{task.fields[rate]:.0f} chunks/s"),
        rich.TimeRemainingColumn(),
        rich.TextColumn("{task.fields[path]}", markup=False),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate=0.0, path="reading…")

        def show(at: Progress) -> None:
            rate = at.chunks / at.seconds if at.seconds else 0.0
            bar.update(task, total=at.of, completed=at.files, rate=rate, path=at.path[-50:])

        yield show


def _summary(report: Report) -> str:
    counts = ("added", "changed", "unchanged", "removed")
    parts = [f"{getattr(report, name):,} {name}" for name in counts if getattr(report, name)]
    if report.failed:
        parts.append(f"{len(report.failed):,} not read")
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in sorted(report.skipped.items()))
    lines = [", ".join(parts) or "Nothing to add", f"{report.chunks:,} chunks"]
    lines += [f"skipped: {skipped}"] if skipped else []
    return f"{'; '.join(lines)}; {report.seconds:.1f} s."


def _facts(passage: Passage) -> dict[str, Any]:
    return {
        "citation": str(passage.citation),
        "path": passage.citation.path,
        "span": asdict(passage.citation.span) if passage.citation.span else None,
        "titles": passage.titles,
        "date": passage.date,
        "format": passage.format,
        "score": round(passage.score, 3),
        "text": passage.text,
    }


def _quote(passage: Passage, most: int | None = None) -> str:
    dated = f"  {passage.date[:10]}" if passage.date else ""
    titles = f"  {' > '.join(passage.titles)}" if passage.titles else ""
    text = passage.text
    if most and len(text) > most:
        text = text[:most].rstrip() + "…"
    body = "\n".join(f"  {line}" for line in text.splitlines())
    return click.style(f"{passage.citation}{dated}{titles}", bold=True) + f"\n{body}"


def _print_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        click.echo("The memory is empty. Fill it with: nomoat memory add PATH")
        return
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        right = heading == "chunks"
        table.add_column(heading, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(markup=False).print(table)
