"""Lines that fit the terminal: text that wraps, and what may be answered to a question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from nomoat.agent.printable import clean

Part = str | tuple[str, str]
"""A piece of a line: text, or text and its style."""

INDENT, GAP = "  ", "    "


def line(console: Console, *parts: Part, before: str = "") -> None:
    """Print one line, wrapped on a terminal with `before` in front of every row."""
    pieces = ((part, "") if isinstance(part, str) else part for part in parts)
    text = Text.assemble(*((clean(words), style) for words, style in pieces))
    for row in rows(console, text, len(before)):
        console.print(Text.assemble((before, "dim"), row) if before else row)


def rows(console: Console, text: Text, indent: int) -> list[Text]:
    """The rows of a text where each begins after `indent` cells; one where lines have no end."""
    if not console.is_terminal:
        return [text]
    wrapped = list(text.wrap(console, max(console.width - indent, 10)))
    for row in wrapped:
        row.rstrip()
    return wrapped or [Text()]


def choices(console: Console, keys: Iterable[tuple[str, str]]) -> None:
    """Print keys with what each does; a choice is never parted where it fits one line."""
    packed: list[Text] = []
    for key, does in keys:
        one = Text.assemble((key, "bold"), f" {clean(does)}")
        both = len(INDENT) + packed[-1].cell_len + len(GAP) + one.cell_len if packed else 0
        if packed and both <= console.width:
            packed[-1] = Text.assemble(packed[-1], GAP, one)
        else:
            packed.append(one)
    for one in packed:
        for row in rows(console, one, len(INDENT)):
            console.print(Text.assemble(INDENT, row))


def without_last_line_ends(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they read well in a line: most texts for a file end in a line end."""
    return {k: v.rstrip("\n") if isinstance(v, str) else v for k, v in args.items()}


def console_of_ours(*, stderr: bool = False) -> Console:
    """A console that takes nothing in a text for markup; lines break on a terminal only."""
    made = Console(stderr=stderr, highlight=False, emoji=False)
    made.soft_wrap = not made.is_terminal
    return made
