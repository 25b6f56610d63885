"""The question about a call that needs approval: all of what would happen, and the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from nomoat.agent.events import ApprovalAsked
from nomoat.agent.policy import Approval
from nomoat.agent.printable import clean, named

NO = Approval(False, comment="the person said no")


def question(asked: ApprovalAsked, console: Console, read: Callable[[str], str]) -> Approval:
    """Show what would happen, all of it (what is not shown cannot be approved), and ask.

    `read` shows a prompt and gives what is typed, without space around it.
    """
    while True:
        _show(asked, console)
        said = read(_prompt(asked))
        if said.lower() not in ("e", "edit"):
            return _answer(said, asked)
        args = _edited(asked.call.args)
        if args is not None:
            return Approval(True, args=args)


def _show(asked: ApprovalAsked, console: Console) -> None:
    console.print(Text(f"  {clean(asked.reason)}", style="yellow"))
    whole = clean(asked.preview or named(asked.call.args, limit=None))
    console.print(Syntax(whole, "diff", background_color="default", word_wrap=True))
    for text in asked.carried:
        console.print(Text(f"  carries private text: {clean(text)}", style="bold red"))


def _prompt(asked: ApprovalAsked) -> str:
    always = f"a: always ({clean(asked.always)}), " if asked.always else ""
    return (
        f"  Allow? y: once, r: in this run, {always}e: edit it first, n: no, "
        "anything else is told to the agent: "
    )


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
