"""A run as `nomoat show` prints it, and the picture of that."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from nomoat.agent.printable import clean
from nomoat.agent.ui.lines import line
from nomoat.agent.ui.page_view import bar, claims, tokens

COLOURS = {"reached": "green", "failed": "red"}
"""Of a status; of any other it is yellow."""
WIDTH = 92
"""Columns of a picture."""
PICTURE = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; white-space: pre; }}
.{unique_id}-title {{ font: bold 18px system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own loads a font from elsewhere; this one takes what is there."""


DARK = TerminalTheme(
    (16, 20, 24),
    (227, 232, 238),
    [
        (50, 58, 68),
        (255, 141, 136),
        (111, 208, 140),
        (229, 181, 103),
        (121, 184, 255),
        (210, 168, 255),
        (102, 204, 217),
        (227, 232, 238),
    ],
)
"""The colours of the page in its dark form, and of those between them."""


def picture(run_id: str, record: Mapping[str, Any]) -> str:
    """What `nomoat show` prints of a run, as an SVG that loads nothing.

    Args:
        run_id: its id.
        record: what its run.json says, without secrets.
    """
    console = Console(
        file=io.StringIO(),
        record=True,
        width=WIDTH,
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
        highlight=False,
        emoji=False,
    )
    # a picture is shown to others: where the workspace lies is nobody's business
    timeline(console, run_id, {**record, "workspace": PurePath(record["workspace"]).name})
    return console.export_svg(title="nomoat", theme=DARK, code_format=PICTURE, unique_id="run")


def terminal() -> Console:
    """Standard output: lines are wrapped on a terminal, and as long as they are elsewhere."""
    made = Console(highlight=False, emoji=False)
    made.soft_wrap = not made.is_terminal
    return made


def timeline(console: Console, run_id: str, record: Mapping[str, Any]) -> None:
    """Print a run from its goal to its answer.

    Args:
        console: where to.
        run_id: its id.
        record: what its run.json says, without secrets.
    """
    status, run = record["status"], record.get("run")
    line(console, (record["goal"], "bold"))
    line(
        console,
        (f"{run_id} · ", "dim"),
        (status, COLOURS.get(status, "yellow")),
        (f" · {record['model']} · {record['workspace']}", "dim"),
    )
    if record.get("may"):
        line(console, (f"may: {', '.join(record['may'])}", "dim"))
    if run is not None:
        _course(console, run)
        _outcome(console, run)
    if run is None or status == "interrupted":
        line(console, f"It has not ended. Go on with: nomoat resume {run_id}")


def _course(console: Console, run: Mapping[str, Any]) -> None:
    """The plan and the steps."""
    line(console)
    line(console, ("Plan", "cyan"))
    for number, step in enumerate(run["plan"], 1):
        line(console, step, before=f"  {number}. ")
    for step in run["steps"]:
        _step(console, step)


def _step(console: Console, step: Mapping[str, Any]) -> None:
    line(console)
    line(console, (f"Step {step['n']} ", "cyan"), step["thought"], (f" ({_cost(step, '')})", "dim"))
    if step["tool"]:
        args = ", ".join(f"{name}={value}" for name, value in step["args"].items())
        line(console, (step["tool"], "bold"), f"({args})", before="  ")
    observed = step["observation"]
    for text in clean(observed["text"]).splitlines():
        line(console, (text, "dim" if observed.get("ok", True) else "yellow"), before="  │ ")


def _outcome(console: Console, run: Mapping[str, Any]) -> None:
    """The answer, what it rests on, and what all of it took."""
    line(console)
    if run["answer"]:
        line(console, (run["answer"], "bold"))
    if run.get("error"):
        line(console, (run["error"], "red"))
    for doubt in run.get("doubts", ()):
        line(console, (doubt, "yellow"))
    for one in run.get("refused", ()):
        line(console, (f"refused: {one['tool']} in step {one['n']}: {one['why']}", "yellow"))
    evidence = sorted({n for one in claims(run.get("evidence")) for n in one.steps} - {0})
    for name, held in (
        ("sources", run.get("sources", ())),
        ("evidence", [f"step {n}" for n in evidence]),
        ("files changed", run["files_changed"]),
    ):
        if held:
            line(console, (f"{name}: {', '.join(held)}", "dim"))
    line(console)
    line(console, (_cost(run, "all"), "dim"))


def _cost(timed: Mapping[str, Any], name: str) -> str:
    """Seconds and tokens of a step, or of all steps."""
    said = bar(name, timed).words()
    counted = tokens(timed)
    return "; ".join(part for part in (f"{name} in {said}" if name else said, counted) if part)
