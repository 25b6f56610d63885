"""What moves below the lines of a run: the thought, the plan, and what is going on."""

from __future__ import annotations

from rich.console import Console, Group
from rich.spinner import Spinner
from rich.text import Text

from nomoat.agent.printable import clean
from nomoat.agent.ui_lines import line, rows
from nomoat.agent.ui_plan import DONE, NOW, OPEN, Checklist
from nomoat.agent.ui_status import Progress
from nomoat.tools.guard.secrets import masked

THOUGHT_ROWS = 4
"""Rows of a thought that are shown while it is written, the last."""
PLAN_ROWS = 6
"""Steps of the plan that are shown meanwhile, around the one the run is at."""
MARKS = {DONE: "green", NOW: "cyan", OPEN: "dim"}
SPINNER = 3
"""Cells that the spinner takes, and one that stays free: some terminals wrap a full row."""


def live(console: Console, progress: Progress, plan: Checklist) -> Group:
    """All of it; the last row always says what is going on."""
    shown = [Text()]
    if progress.thought:
        thought = Text(clean(masked(progress.thought)), style="italic dim")
        last = rows(console, thought, 2)[-THOUGHT_ROWS:]
        shown += [*(Text.assemble("  ", row) for row in last), Text()]
    if plan.steps:
        shown += [*_around_now(plan), Text()]
    status = Text(progress.line(console.width - SPINNER), style="dim")
    return Group(*shown, Spinner("dots", status))


def checklist(console: Console, plan: Checklist) -> None:
    """Print all of a plan, ticked off; nothing where there is none."""
    if not plan.steps:
        return
    line(console)
    line(console, ("Plan", "cyan"))
    for mark, step in plan.rows():
        text = Text.assemble((f"{mark} ", MARKS[mark]), clean(masked(step)))
        for at, row in enumerate(rows(console, text, 4)):
            console.print(Text.assemble("    " if at else "  ", row))


def _around_now(plan: Checklist) -> list[Text]:
    marked = plan.rows()
    first = max(min(plan.now - 1, len(marked) - PLAN_ROWS), 0)
    return [
        Text.assemble(
            "  ",
            (f"{mark} ", MARKS[mark]),
            (clean(masked(step)).replace("\n", " "), "" if mark == NOW else "dim"),
            no_wrap=True,
            overflow="ellipsis",
        )
        for mark, step in marked[first : first + PLAN_ROWS]
    ]
