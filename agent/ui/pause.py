"""What a person is asked when a run has stopped between two tokens, and how a plan is edited."""

from __future__ import annotations

import os
from collections.abc import Callable

from rich.console import Console

from nomoat.agent.printable import clean
from nomoat.agent.steer import Word
from nomoat.agent.ui.lines import choices, line

Read = Callable[[str], str]
"""Shows a prompt, and gives what is typed, without space around it.

Raises EOFError at the end of input.
"""

ANSWERS = (
    ("Enter", "go on"),
    ("p", "edit the plan"),
    ("q", "stop, to go on later"),
    ("or say", "what the agent should know"),
)
EDITOR_HELP = "# The plan, one step a line. Lines that begin with # are left out."


def pause(plan: tuple[str, ...], console: Console, read: Read) -> Word | None:
    """What the person says to a run with this plan; None: it stops here."""
    try:
        line(console)
        line(console, ("Paused: what now?", "yellow"))
        choices(console, ANSWERS)
        said = read("  You: ")
        match said.lower():
            case "" | "g" | "go":
                return Word(plan=plan)
            case "q" | "quit" | "stop":
                return None
            case "p" | "plan":
                return Word(plan=edited(plan, console, read))
            case _:
                return Word(said, plan)
    except EOFError:
        return None


def edited(plan: tuple[str, ...], console: Console, read: Read) -> tuple[str, ...]:
    """A plan as a person changed it: in their editor where there is one, else step by step.

    A plan without a step is none: then it stays as it was.
    """
    by_editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    return (_in_editor(plan) if by_editor else _by_line(plan, console, read)) or plan


def _in_editor(plan: tuple[str, ...]) -> tuple[str, ...]:
    import click

    try:
        text = click.edit("\n".join([*plan, "", EDITOR_HELP, ""]), extension=".txt")
    except click.ClickException:
        return plan
    if text is None:  # left without saving
        return plan
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def _by_line(plan: tuple[str, ...], console: Console, read: Read) -> tuple[str, ...]:
    line(console, ("Enter keeps a step, - takes it out, other text takes its place.", "dim"))
    kept: list[str] = []
    try:
        for step in plan:
            said = read(f"  {len(kept) + 1}. {clean(step)}: ")
            if said != "-":
                kept.append(said or step)
        while said := read(f"  {len(kept) + 1}. (another step, or Enter) "):
            kept.append(said)
    except EOFError:
        return plan
    return tuple(kept)
