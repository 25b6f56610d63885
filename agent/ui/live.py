"""What moves below the lines of a run: the thought, the plan, and what is going on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from nomoat.agent.printable import clean
from nomoat.agent.ui.lines import line, rows
from nomoat.agent.ui.plan import DONE, NOW, OPEN, Checklist
from nomoat.agent.ui.status import Progress
from nomoat.tools.guard.secrets import masked

THOUGHT_ROWS = 4
"""Rows of a thought that are shown while it is written, the last."""
PLAN_ROWS = 6
"""Steps of the plan that are shown meanwhile, around the one the run is at."""
MARKS = {DONE: "green", NOW: "cyan", OPEN: "dim"}
SPINNER = 3
"""Cells that the spinner takes, and one that stays free: some terminals wrap a full row."""


REFRESHES = 8
"""A second."""


class Moving:
    """What moves, drawn anew many times a second, from when it is made until it is stopped.

    rich reckons how many rows to erase before it knows what is printed meanwhile by another thread:
    whoever prints does so `between` two drawings, else rows are erased that somebody reads.
    """

    def __init__(self, console: Console, draw: Callable[[], Group]) -> None:
        self._lock = threading.RLock()
        self._over = threading.Event()
        # always a new one: one that was stopped begins with erasing the rows that it last had
        self._live = Live(console=console, auto_refresh=False, transient=True, get_renderable=draw)
        self._live.start(refresh=True)
        self._thread = threading.Thread(target=self._draw, name="screen", daemon=True)
        self._thread.start()

    @contextmanager
    def between(self) -> Iterator[None]:
        """Nothing is drawn inside but by what is printed."""
        with self._lock:
            yield

    def stop(self) -> None:
        """Erase it, for good."""
        self._over.set()
        self._thread.join()
        self._live.stop()

    def _draw(self) -> None:
        while not self._over.wait(1 / REFRESHES):
            with self._lock:
                self._live.refresh()


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
