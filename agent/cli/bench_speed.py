"""`nomoat bench speed`: seconds, tokens and bytes, each beside raw llama.cpp."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from nomoat.agent.config.keys import DEFAULT_MODEL

if TYPE_CHECKING:
    from nomoat.agent.bench.speed import Speed


@click.command()
@click.option(
    "--model",
    default=DEFAULT_MODEL,
    show_default=True,
    help="Name of a model, or path of a GGUF file.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Times through the decisions.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def speed(model: str, rounds: int, as_json: bool) -> None:
    """Measure what the harness costs and gains, as ratios to raw llama.cpp on the same file.

    Takes a few minutes; on a machine that does nothing else the figures are steadier.
    """
    from nomoat.agent.weights.models import locate

    path = locate(model)
    with _telling() as say:
        from nomoat.agent.bench.speed import measure_speed

        measured = measure_speed(path, rounds=rounds, say=say)
    if as_json:
        click.echo(json.dumps(measured.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(measured)


@contextmanager
def _telling() -> Iterator[Callable[[str], None]]:
    """Says on standard error what is being measured."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: click.echo(f"{text} …", err=True)
        return
    with console.status("") as status:
        yield lambda text: status.update(f"[dim]{text} …[/]")


def _print(measured: Speed) -> None:
    from rich.console import Console
    from rich.table import Table

    from nomoat.agent.bench.speed import shares

    engine, console = measured.engine, Console()
    table = Table(box=None)
    for name in ("", "measured", "raw", "ratio"):
        table.add_column(name, justify="right" if name else "left")
    for each in measured.ratios:
        shown = [f"{value:,.1f} {each.unit}" for value in (each.measured, each.raw)]
        table.add_row(each.name, *shown, f"{each.ratio:.2f}")
    click.echo(f"{measured.model}, {engine.threads} threads")
    console.print(table)
    for name, made in (("free", engine.free), ("copying", engine.copying)):
        told = shares(made)
        click.echo(
            f"Decisions ({name}): {told['forced']:.0%} of the tokens forced, "
            f"{told['accepted']:.0%} accepted of proposals ({told['proposals_held']:.0%} of these "
            f"held, {told['same_with_lookup']:.0%} of the decisions the same), "
            f"{told['tokens_a_pass']:.2f} tokens a pass without."
        )
    click.echo(
        f"The grammar of {engine.tools} tools compiles in {engine.compile_ms:.1f} ms. Outside "
        f"model and tools a step takes {measured.outside_ms:.0f} ms."
    )
    loop = Table(box=None)
    for name in ("scripted steps", "ms a step", "of CPU", "checkpoint bytes", "memory bytes"):
        loop.add_column(name, justify="right")
    for cost in measured.loop:
        bytes_ = (f"{cost.checkpoint_bytes:,.0f}", f"{cost.memory_bytes:,.0f}")
        loop.add_row(f"{cost.steps}", f"{cost.ms:.1f}", f"{cost.cpu_ms:.1f}", *bytes_)
    console.print(loop)
