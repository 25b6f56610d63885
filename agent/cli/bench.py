"""`nomoat bench`: what a model makes of goals whose outcome can be checked, and how fast."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nomoat.agent.cli import run as run_command
from nomoat.agent.cli.bench_speed import speed

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from nomoat.agent.bench.measure import Outcome
    from nomoat.agent.bench.suite import Task
    from nomoat.agent.budget import Budget, Halt


@click.group()
def bench() -> None:
    """Measure how well goals are reached, and how fast."""


bench.add_command(speed)


@bench.command()
@click.option(
    "--suite",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="A folder of tasks. Default: tests/tasks of the source tree.",
)
@click.option(
    "--model",
    default=run_command.DEFAULT_MODEL,
    show_default=True,
    help="Name of a model, or path of a GGUF file.",
)
@click.option(
    "--split",
    type=click.Choice(["tune", "held", "all"]),
    default="all",
    show_default=True,
    help="The half to tune with, or the half that is only measured.",
)
@click.option("--only", default="*", metavar="GLOB", help="Tasks whose id or category fits.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--max-steps",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Steps that each goal may take.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(1),
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="What one task may take.",
)
@click.option(
    "--context",
    type=click.IntRange(1024),
    default=8192,
    show_default=True,
    help="Tokens the model's window holds.",
)
def tasks(
    folder: Path | None, model: str, split: str, only: str, as_json: bool, **limits: Any
) -> None:
    """Try everyday goals, each in a throw-away folder, and check what came of them.

    Nothing asks: tools may write, network and execute there. Ctrl-C stops, and what was measured
    is printed. `nomoat show RUN` opens a failure.
    """
    from nomoat.agent.bench.measure import Outcome
    from nomoat.agent.bench.suite import load_suite, own_suite
    from nomoat.agent.budget import Budget
    from nomoat.agent.errors import UsageError

    suite = load_suite(folder or own_suite())
    chosen = suite.select(None if split == "all" else split, only)  # type: ignore[arg-type]
    if not chosen:
        raise UsageError(f"No task fits {only!r} in {split}.", hint="Leave out --only to try all.")
    if any(task.entry.documents for task in chosen):
        _require_embedding()
    chat_model = run_command.chat_model(model, context=limits["context"])
    budget = Budget(steps=limits["max_steps"], seconds=limits["timeout"])
    stop, outcomes = _Stop(), list[Outcome]()
    with _stoppable(stop):
        for outcome in _measured(chosen, chat_model, budget, stop):
            outcomes.append(outcome)  # what was measured outlives an interruption
    if as_json:
        facts = {"suite": str(suite.folder), "model": model, "split": split, "chosen": len(chosen)}
        click.echo(json.dumps(_report(facts, outcomes), ensure_ascii=False, indent=2))
    else:
        _print(outcomes)
    if stop.asked:
        click.echo(f"Stopped after {len(outcomes)} of {len(chosen)} tasks.", err=True)
        sys.exit(run_command.INTERRUPTED)


# measuring


def _require_embedding() -> None:
    """A memory needs its model; one that is missing is told before anything is tried.

    Raises:
        ModelError: it is not on this machine.
    """
    from nomoat.agent.weights.catalogue import catalogue
    from nomoat.agent.weights.models import locate

    locate(catalogue().default("embedding").name)


class _Stop:
    """Whether somebody asked to stop, and the run that has to hear of it."""

    def __init__(self) -> None:
        self.asked = False
        self._halt: Halt | None = None

    def next(self, seconds: float | None) -> Halt:
        """The halt of the next run."""
        from nomoat.agent.budget import Halt

        self._halt = Halt(seconds)
        return self._halt

    def set(self) -> None:
        """Stop the run that is under way, and begin no other."""
        self.asked = True
        if self._halt is not None:
            self._halt.set()


@contextmanager
def _stoppable(stop: _Stop) -> Iterator[None]:
    """Ctrl-C stops between two tokens; a second one stops at once."""

    def hear(_number: int, _frame: Any) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    except KeyboardInterrupt:
        stop.set()  # what was measured is printed
    finally:
        signal.signal(signal.SIGINT, before)


def _measured(
    chosen: Sequence[Task], model: BaseChatModel, budget: Budget, stop: _Stop
) -> Iterator[Outcome]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from nomoat.agent.bench.measure import run_task
    from nomoat.memory import MiniLM

    embedder = MiniLM()  # loaded once, at the first task that has documents
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[passed]} passed"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as progress:
        bar, passed = progress.add_task("", total=len(chosen), passed=0), 0
        for task in chosen:
            if stop.asked:
                return
            progress.update(bar, description=task.id)
            halt = stop.next(budget.seconds)
            outcome = run_task(task, model, budget=budget, embedder=embedder, halt=halt)
            if outcome.interrupted:
                return
            passed += outcome.passed
            progress.update(bar, advance=1, passed=passed)
            if not console.is_terminal:  # a log has no bar
                click.echo(_line(outcome), err=True)
            yield outcome


def _line(outcome: Outcome) -> str:
    from nomoat.agent.printable import clean

    said = "passed" if outcome.passed else f"failed: {outcome.why}"
    return clean(f"{outcome.task} ({outcome.seconds:.1f} s) {said}").replace("\n", " ")


# telling


def _report(facts: dict[str, Any], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    from dataclasses import asdict
    from datetime import datetime
    from importlib.metadata import version

    from nomoat.agent.bench.summary import by_category, honesty, row

    return {
        "nomoat": version("nomoat"),
        "date": datetime.now().astimezone().isoformat(timespec="seconds"),
        **facts,
        "categories": [each.to_dict() for each in by_category(outcomes)],
        "all": row("all", outcomes).to_dict() if outcomes else None,
        "honesty": asdict(honesty(outcomes)),
        "tasks": [one.to_dict() for one in outcomes],
    }


def _print(outcomes: Sequence[Outcome]) -> None:
    from rich.console import Console
    from rich.table import Table

    from nomoat.agent.bench.summary import by_category, honesty, row
    from nomoat.agent.printable import clean

    if not outcomes:
        return
    table = Table(box=None, show_footer=False)
    table.add_column("category")
    for name in ("n", "passed", "share", "seconds", "steps", "tokens"):
        table.add_column(name, justify="right")
    for each in [*by_category(outcomes), row("all", outcomes)]:
        facts = (f"{each.share:.0%}", f"{each.seconds:.1f}", f"{each.steps:g}")
        table.add_row(each.category, str(each.n), str(each.passed), *facts, f"{each.tokens:,.0f}")
    Console().print(table)
    honest = honesty(outcomes)
    click.echo("Seconds, steps and tokens are medians of a task.")
    click.echo(
        f"Wrong and called reached: {honest.wrong_called_reached}. "
        f"Right and not called reached: {honest.right_not_called_reached}."
    )
    for one in outcomes:
        if not one.passed:
            click.echo()
            click.secho(f"{one.task} ({one.category}, {one.status}): ", fg="red", nl=False)
            click.echo(clean(one.why))
            click.secho(f"  nomoat show {one.run_id}", dim=True)
