"""The question about a call that needs approval: all of what would happen, and the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.syntax import Syntax

from nomoat.agent.events import ApprovalAsked
from nomoat.agent.printable import clean, named
from nomoat.agent.trust.policy import Approval
from nomoat.agent.ui.lines import INDENT, choices, line

NO = Approval(False, comment="the person said no")


def question(asked: ApprovalAsked, console: Console, read: Callable[[str], str]) -> Approval:
    """Show what would happen, all of it (what is not shown cannot be approved), and ask.

    `read` shows a prompt and gives what is typed, without space around it.
    """
    while True:
        _show(asked, console)
        choices(console, _answers(asked))
        said = read("  Allow? ")
        if said.lower() not in ("e", "edit"):
            return _answer(said, asked)
        args = _edited(asked.call.args)
        if args is not None:
            return Approval(True, args=args)


def _show(asked: ApprovalAsked, console: Console) -> None:
    line(console, (asked.reason, "yellow"), before=INDENT)
    whole = clean(asked.preview or named(asked.call.args, limit=None))
    console.print(Syntax(whole, "diff", background_color="default", word_wrap=True))
    for text in asked.carried:
        line(console, (f"carries private text: {text}", "bold red"), before=INDENT)


def _answers(asked: ApprovalAsked) -> Iterator[tuple[str, str]]:
    yield from (("y", "once"), ("r", "in this run"), ("e", "edit it first"), ("n", "no"))
    if asked.always:
        yield "a", f"always ({asked.always})"
    yield "or say", "what to do instead"


def _answer(said: str, asked: ApprovalAsked) -> Approval:
    match said.lower():
        case "y" | "yes":
            return Approval(True)
        case "r" | "run":
            return Approval(True, "run")
        case "a" | "always" if asked.always:
            return Approval(True, "always")
        case "" | "n" | "no":
            return NO
        case _:
            return Approval(False, comment=f"the person said: {said}")


def _edited(args: Mapping[str, Any]) -> dict[str, Any] | None:
    """The arguments as a person changed them in their editor; None where they did not."""
    import click

    before = json.dumps(dict(args), ensure_ascii=False, indent=2, default=str)
    try:
        text: str | None = click.edit(before, extension=".json")
        changed = json.loads(text) if text else None
    except (ValueError, click.ClickException):
        return None
    return changed if isinstance(changed, dict) else None
