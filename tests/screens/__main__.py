"""Record what a person sees: `python -m tests.screens`, from the root of the repository.

Without a model that is named, a script speaks in its place, and what is written into docs/screens
is the same each time. tests/agent/test_screens.py holds the files there to that.
"""

from __future__ import annotations

from pathlib import Path

import click

from tests.screens.record import ROOT, WIDTHS, chosen, kept, record
from tests.screens.scenes import SCENES


@click.command()
@click.argument("names", metavar="[SCENE]…", nargs=-1, type=click.Choice([s.name for s in SCENES]))
@click.option("--model", default="", metavar="NAME", help="Record with this model; needs --into.")
@click.option("--into", type=click.Path(path_type=Path), help="Default: docs/screens.")
@click.option("--width", type=int, multiple=True, help="Columns; repeatable. Default: 80 and 120.")
@click.option("--seconds", default=120.0, show_default=True, help="That a moment is waited for.")
def main(
    names: tuple[str, ...], model: str, into: Path | None, width: tuple[int, ...], seconds: float
) -> None:
    """Record the SCENEs (default: all) and write each kept screen to a file."""
    if model and into is None:
        raise click.UsageError("docs/screens is for the scripted model: name a folder with --into.")
    for columns in width or WIDTHS:
        screens = record(columns, chosen(names), model=model, seconds=seconds)
        for file in kept(screens, into or ROOT / "docs" / "screens"):
            click.echo(file)


if __name__ == "__main__":
    main()
