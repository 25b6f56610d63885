"""Markdown: the tree of headings, and each top-level block as it stands in the file."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from nomoat.memory.document import Block, BlockKind
from nomoat.memory.load.dates import iso_date
from nomoat.memory.load.outline import Outline
from nomoat.memory.load.rows import pairs
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import lines_span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_KINDS = {
    "bullet_list_open": BlockKind.LIST,
    "ordered_list_open": BlockKind.LIST,
    "code_block": BlockKind.CODE,
}
_FIELD = re.compile(r"^(title|date)\s*:\s*(.+)$", re.IGNORECASE)


def read_markdown(source: Source) -> Parsed:
    """Blocks keep their Markdown, so that each line of a block is a line of the file."""
    lines = source.lines
    body = _front_matter_end(lines)
    reader = _Reader(lines)
    fields = {}
    if body:
        reader.add(BlockKind.PARAGRAPH, 2, body - 1)
        fields = {m[1].lower(): m[2].strip("\"' ") for m in map(_FIELD.match, lines[:body]) if m}
    # The front matter is blanked, not cut, so that the lines keep their numbers.
    tokens = _markdown().parse("\n".join([""] * body + lines[body:]))
    reader.read(tokens)
    title = fields.get("title") or reader.title
    return Parsed(reader.blocks, title, iso_date(fields.get("date", "")) or iso_date(title))


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # What stands inside a line stays as written: only the blocks are wanted.
    return MarkdownIt("commonmark").enable("table").disable("inline")


def _front_matter_end(lines: list[str]) -> int:
    """How many lines the `---` block at the beginning takes, 0 when there is none."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    ends = (i for i, line in enumerate(lines[1:200], 2) if line.rstrip() in ("---", "..."))
    return next(ends, 0)


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.blocks: list[Block] = []
        self.outline = Outline()
        self.title = ""

    def add(self, kind: BlockKind, first: int, last: int) -> None:
        """The lines `first` to `last` of the file, less the blank ones at both ends, as a block."""
        while first <= last and not self.lines[first - 1].strip():
            first += 1
        while last >= first and not self.lines[last - 1].strip():
            last -= 1
        if first <= last:
            self.put("\n".join(self.lines[first - 1 : last]), kind, first, last)

    def put(self, text: str, kind: BlockKind, first: int, last: int) -> None:
        span, titles = lines_span(first, last), self.outline.titles
        self.blocks.append(Block(text, kind, span, titles, self.outline.date))

    def read(self, tokens: list[Token]) -> None:
        for at, token in enumerate(tokens):
            if token.level or not token.map:
                continue
            first, last = token.map[0] + 1, token.map[1]
            if token.type == "heading_open":
                self._heading(int(token.tag[1]), tokens[at + 1].content, first, last)
            elif token.type == "table_open":
                self._table(tokens, at)
            elif token.type == "fence":
                self._fence(token, first, last)
            elif token.type != "hr":
                self.add(_KINDS.get(token.type, BlockKind.PARAGRAPH), first, last)

    def _heading(self, level: int, text: str, first: int, last: int) -> None:
        if not text.strip():
            return
        if level == 1 and not self.title:
            self.title = text.strip()
        above = self.outline.enter(level, text)
        span = lines_span(first, last)
        self.blocks.append(Block(text, BlockKind.HEADING, span, above, self.outline.date))

    def _fence(self, token: Token, first: int, last: int) -> None:
        count = token.content.count("\n")
        if token.content.strip():
            self.put(token.content[:-1], BlockKind.CODE, first + 1, min(first + count, last))

    def _table(self, tokens: list[Token], at: int) -> None:
        rows: list[tuple[int, list[str]]] = []
        for token in tokens[at + 1 :]:
            if token.type == "table_close" and not token.level:
                break
            if token.type == "tr_open" and token.map:
                rows.append((token.map[0] + 1, []))
            elif token.type == "inline" and rows:
                rows[-1][1].append(token.content)
        head, *body = rows
        if not body:
            self.add(BlockKind.TABLE, head[0], head[0])
            return
        text = "\n".join(pairs(head[1], cells) for _, cells in body)
        self.put(text, BlockKind.TABLE, body[0][0], body[-1][0])
