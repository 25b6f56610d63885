"""A run in the terminal: live where there is one, plain lines where there is not."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.padding import Padding
from rich.spinner import Spinner
from rich.syntax import Syntax
from rich.text import Text

from nomoat.agent import events
from nomoat.agent.policy import DENIED, Approval
from nomoat.agent.state import Status, Usage

FOLDED_LINES = 6
"""Lines of an observation that are shown; `nomoat show` has all of it."""

VERDICTS = {
    Status.REACHED: ("green", "reached"),
    Status.UNVERIFIED: ("yellow", "answered, not verified"),
    Status.OUT_OF_BUDGET: ("yellow", "out of budget"),
    Status.STALLED: ("yellow", "stalled"),
    Status.INTERRUPTED: ("yellow", "interrupted"),
    Status.FAILED: ("red", "failed"),
    Status.RUNNING: ("yellow", "unfinished"),
}


class Screen:
    """Shows events as they come, and asks where a call needs approval."""

    def __init__(self, *, quiet: bool, interactive: bool) -> None:
        self._console = Console(stderr=False, highlight=False, soft_wrap=not sys.stdout.isatty())
        self._errors = Console(stderr=True, highlight=False)
        self._quiet = quiet
        self._interactive = interactive
        self._live: Live | None = None
        self._began = time.monotonic()
        self._status = "loading the model"
        self._thought = ""
        self._step = 0

    def __enter__(self) -> Screen:
        if not self._quiet and self._console.is_terminal and not self._console.is_dumb_terminal:
            self._live = Live(
                console=self._console,
                refresh_per_second=8,
                transient=True,
                get_renderable=self._now,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """A remark beside the run, on standard error."""
        self._errors.print(_clean(text), style="dim")

    # -- events ------------------------------------------------------------------------------

    def show(self, event: events.Event) -> None:
        """Show one event."""
        match event:
            case events.Reading(done, total):
                self._status = f"reading {100 * done // max(total, 1)} %"
            case events.Writing(n, _, thought):
                self._step, self._thought, self._status = n, thought, "thinking"
            case _ if not self._quiet:
                self._print(event)

    def _print(self, event: events.Event) -> None:
        match event:
            case events.RunStarted(run_id, goal, model):
                self._line(f"[bold]{_safe(goal)}[/]")
                self._line(f"[dim]{_safe(model)} · run {run_id}[/]")
            case events.Planned(steps, again, usage):
                self._line(f"\n[cyan]{'New plan' if again else 'Plan'}[/] {_speed(usage)}")
                for number, step in enumerate(steps, 1):
                    self._line(f"  {number}. {_safe(step)}")
            case events.Decided(n, thought, call, usage):
                self._thought, self._status = "", f"running {call.tool}"
                self._line(f"\n[cyan]Step {n}[/] {_safe(thought)} {_speed(usage)}")
                self._line(f"  [bold]{_safe(call.tool)}[/]({_safe(_arguments(call.args))})")
            case events.Observed(_, observation):
                style = "dim" if observation.ok else "yellow"
                for line in _folded(observation.text):
                    self._line(f"  [{style}]│ {_safe(line)}[/]")
            case events.Remarked(_, text):
                self._line(f"  [yellow]│ {_safe(text)}[/]")
            case events.Finished(run):
                self._finish(run)

    def _finish(self, run: Any) -> None:
        colour, words = VERDICTS[run.status]
        if run.answer:
            self._console.print()
            self._console.print(Padding(Text(_clean(run.answer), style="bold"), (0, 0)))
        if run.error:
            self._line(f"\n[red]{_safe(run.error)}[/]")
        for claim in run.verdict.unverified:
            self._line(f"[yellow]not observed: {_safe(claim.text)}[/]")
        for name in run.verdict.missing_files:
            self._line(f"[yellow]not written: {_safe(name)}[/]")
        if run.verdict.evidence:
            self._line(f"[dim]evidence: step {', '.join(map(str, run.verdict.evidence))}[/]")
        if run.files_changed:
            self._line(f"[dim]files changed: {_safe(', '.join(run.files_changed))}[/]")
        self._line(
            f"\n[{colour}]{words}[/] [dim]in {run.seconds:.1f} s, {len(run.steps)} steps, "
            f"{run.usage.generated} tokens written, {run.usage.evaluated} read[/]"
        )
        if run.status is Status.INTERRUPTED:
            self._line(f"[dim]Go on with: nomoat resume {run.run_id}[/]")

    def _line(self, markup: str) -> None:
        self._console.print(markup)

    def _now(self) -> Group:
        seconds = time.monotonic() - self._began
        status = (
            f"{self._status} · step {self._step} · {seconds:.0f} s"
            if self._step
            else (f"{self._status} · {seconds:.0f} s")
        )
        thought = Text(f"  {_clean(self._thought)}", style="italic dim")
        return Group(thought, Spinner("dots", Text(status, style="dim")))

    # -- approvals ---------------------------------------------------------------------------

    def approve(self, asked: events.ApprovalAsked) -> Approval:
        """Show what would happen and ask; where nobody can answer, it is refused."""
        if not self._interactive:
            self.say(f"Refused: {asked.reason}, and nobody can be asked. --yes allows it.")
            return DENIED
        if self._live is not None:
            self._live.stop()
        try:
            return self._ask(asked)
        finally:
            if self._live is not None:
                self._live.start()

    def _ask(self, asked: events.ApprovalAsked) -> Approval:
        self._line(f"  [yellow]{_safe(asked.reason)}[/]")
        if asked.preview:
            self._console.print(Syntax(_clean(asked.preview), "diff", background_color="default"))
        said = self._console.input(
            "  Allow? [bold]y[/]es, [bold]a[/]lways in this run, or no "
            "(anything else is told to the agent): "
        ).strip()
        match said.lower():
            case "y" | "yes":
                return Approval(True)
            case "a" | "always":
                return Approval(True, "run")
            case "" | "n" | "no":
                return Approval(False, comment="the person said no")
            case _:
                return Approval(False, comment=f"the person said: {said}")


def _folded(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) <= FOLDED_LINES:
        return lines
    return [*lines[: FOLDED_LINES - 1], f"… {len(lines) - FOLDED_LINES + 1} more lines"]


def _arguments(args: Any) -> str:
    shown = []
    for name, value in args.items():
        text = value if isinstance(value, str) else repr(value)
        shown.append(f"{name}={text[:300]}{'…' if len(text) > 300 else ''}")
    return ", ".join(shown)


def _speed(usage: Usage) -> str:
    if not usage.decode_seconds:
        return ""
    return f"[dim]({usage.generated / usage.decode_seconds:.0f} tok/s)[/]"


def _clean(text: str) -> str:
    """Without control characters: what a tool returns cannot touch the terminal."""
    return "".join(
        c if c in "\n\t" or (ord(c) >= 32 and not 127 <= ord(c) < 160) else "�" for c in text
    )


def _safe(text: str) -> str:
    return escape(_clean(text))
