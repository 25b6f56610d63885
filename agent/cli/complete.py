"""What the shell offers when Tab is pressed: ids of runs, names of models.

A person waits for it, so nothing is loaded that takes time, and whatever is damaged is left out.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MOST = 50
"""Runs that are offered, the newest."""
GOAL_CHARS = 60


def run_ids(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Runs, newest first, each with its goal; `last` is the newest."""
    from click.shell_completion import CompletionItem

    from nomoat.memory.home import home

    names: list[str] = []
    with suppress(OSError):
        names = [path.name for path in (home() / "runs").iterdir() if path.name.isprintable()]
    fitting = [name for name in sorted(names, reverse=True) if name.startswith(incomplete)]
    offered = [CompletionItem(name, help=_goal(home() / "runs" / name)) for name in fitting[:MOST]]
    newest = [CompletionItem("last", help="the newest")] if names else []
    return [item for item in newest if item.value.startswith(incomplete)] + offered


def chat_models(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Models that a run can think with: names, or files."""
    from click.shell_completion import CompletionItem

    if incomplete.startswith((".", "/", "~")):
        return [CompletionItem(incomplete, type="file")]
    return _models(incomplete, "chat")


def any_models(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """All models, embedding ones too."""
    return _models(incomplete, "")


def chat_model_names() -> list[str]:
    """Models that a run can think with: those of the catalogue, and what is installed."""
    return [item.value for item in _models("", "chat")]


def _models(incomplete: str, kind: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from nomoat.agent.weights.catalogue import catalogue
    from nomoat.agent.weights.models import installed
    from nomoat.memory.errors import NomoatError

    known = {one.name: one for one in catalogue().models}
    with suppress(NomoatError, OSError):
        known |= {one.name: one for one in installed()}
    return [
        CompletionItem(name, help=_line(one.summary))
        for name, one in known.items()
        if name.startswith(incomplete) and kind in ("", one.kind)
    ]


def _goal(folder: Path) -> str:
    with suppress(OSError, ValueError, AttributeError):
        goal = json.loads((folder / "run.json").read_text("utf-8")).get("goal", "")
        return _line(str(goal))
    return ""


def _line(text: str) -> str:
    """On one line, since the shell reads a line for each thing it is told."""
    from nomoat.agent.printable import clean

    line = " ".join(clean(text).split())
    return line if len(line) <= GOAL_CHARS else f"{line[:GOAL_CHARS]}…"
