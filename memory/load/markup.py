"""HTML (and what turns into it: Word files, book chapters, mails) as blocks."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from nomoat.memory.document import Block, BlockKind, Span
from nomoat.memory.load.dates import iso_date
from nomoat.memory.load.encoding import decode
from nomoat.memory.load.outline import Outline
from nomoat.memory.load.rows import looks_like_header, pairs
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import lines_span

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

SpanOf = Callable[[int, int], Span]
"""From the first and last line of a block in the markup to the span its citation shows."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_UNSEEN = frozenset(
    "head script style template noscript nav svg canvas iframe object select button datalist"
    " audio video map".split()
)
_BLOCKS = frozenset(_HEADINGS).union(
    "address article aside blockquote body caption center dd details dialog div dl dt".split(),
    "fieldset figcaption figure footer form header hgroup hr html legend li main menu".split(),
    "ol p pre section summary table tbody td tfoot th thead tr ul".split(),
)
_CHARSET = re.compile(rb"charset=[\"']?([\w-]{2,20})", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_LONGEST_CELL = 500


def read_html(source: Source) -> Parsed:
    """A page's headings, paragraphs, lists, code and tables; menus and scripts are left out."""
    return parse_html(html_text(source.data), lines_span)


def html_text(data: bytes) -> str:
    """UTF-8, else the encoding that the page names, else a guess."""
    named = _CHARSET.search(data[:2048])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if named:
            try:
                return data.decode(codecs.lookup(named[1].decode()).name, "replace")
            except (LookupError, UnicodeDecodeError):
                pass
    return decode(data)


def parse_html(text: str, span: SpanOf, titles: tuple[str, ...] = ()) -> Parsed:
    """The blocks of a page or a piece of one; `titles` are the headings above all of it."""
    from lxml import etree  # type: ignore[import-untyped]

    text = text.replace("\r\n", "\n").replace("\0", "")
    # An HTML parser knows no entities but the fixed ones, loads nothing and stops at a depth
    # of 256; `huge_tree` stays off for that.
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_pis=True)
    root = etree.fromstring(text.encode("utf-8", "replace") or b"<p/>", parser)
    if root is None:
        return Parsed([])
    walk = _Walk(span, titles)
    walk.through(root)
    title = _first(root, "string(//head//title)") or walk.title
    date = iso_date(
        _first(root, "string(//meta[@property='article:published_time' or @name='date']/@content)")
    )
    return Parsed(walk.blocks, title, date)


def _first(root: _Element, query: str) -> str:
    found = root.xpath(query)
    return " ".join(str(found).split())


def _steps(root: _Element) -> Iterator[tuple[str, Any]]:
    """The tree in reading order as ("start", element), ("text", string) and ("end", element).

    Without recursion: how deep a page is nested is up to its author.
    """
    stack: list[tuple[str, Any]] = [("start", root)]
    while stack:
        what, item = stack.pop()
        if what != "start":
            yield what, item
            continue
        if not isinstance(item.tag, str) or _is_unseen(item):
            continue
        if item.tag == "table" and _holds_data(item):
            yield "table", item
            continue
        yield what, item
        stack.append(("end", item))
        for child in reversed(item):
            if child.tail:
                stack.append(("text", child.tail))
            stack.append(("start", child))
        if item.text:
            stack.append(("text", item.text))


def _is_unseen(element: _Element) -> bool:
    if element.tag in _UNSEEN or element.get("hidden") is not None:
        return True
    return bool(_HIDDEN.search(element.get("style") or ""))


def _holds_data(table: _Element) -> bool:
    """Whether it is a table of values; old pages and mails use tables to lay out their text."""
    rows = _cells(table)
    if len(rows) < 2 or max(map(len, rows)) < 2 or table.find(".//table") is not None:
        return False
    return all(len(cell) <= _LONGEST_CELL for row in rows for cell in row)


def _cells(table: _Element) -> list[list[str]]:
    rows = [
        [" ".join("".join(map(str, cell.itertext())).split()) for cell in row.iter("td", "th")]
        for row in table.iter("tr")
    ]
    return [row for row in rows if any(row)]


class _Walk:
    """Collects text until a block ends; keeps count of lines, headings and lists."""

    def __init__(self, span: SpanOf, titles: tuple[str, ...]) -> None:
        self.blocks: list[Block] = []
        self.title = ""
        self._span = span
        self._outer = titles
        self._outline = Outline()
        self._line = 1
        self._first = self._last = 0
        self._buffer: list[str] = []
        self._pre = 0
        self._lists = 0
        self._items: list[str] = []
        self._items_first = 0

    def through(self, root: _Element) -> None:
        for what, item in _steps(root):
            if what == "text":
                self._text(item)
            elif what == "table":
                self._flush()
                self._table(item)
            elif what == "start":
                self._start(item)
            else:
                self._end(item)
        self._flush()
        self._end_list()

    def _text(self, text: str) -> None:
        if text.strip():
            leading = len(text) - len(text.lstrip())
            trailing = len(text.rstrip())
            if not self._first:
                self._first = self._line + text.count("\n", 0, leading)
            self._last = self._line + text.count("\n", 0, trailing)
        self._line += text.count("\n")
        self._buffer.append(text if self._pre else text.replace("\n", " "))

    def _start(self, element: _Element) -> None:
        tag = str(element.tag)
        self._line = max(self._line, element.sourceline or 0)
        if tag == "br":
            self._buffer.append("\n")
        elif tag in _BLOCKS:
            self._flush()
            if tag == "pre":
                self._pre += 1
            elif tag in ("ul", "ol"):
                self._lists += 1

    def _end(self, element: _Element) -> None:
        tag = str(element.tag)
        if tag not in _BLOCKS:
            return
        if tag in _HEADINGS:
            self._heading(_HEADINGS[tag])
        else:
            self._flush()
        if tag == "pre":
            self._pre -= 1
        elif tag in ("ul", "ol"):
            self._lists -= 1
            self._end_list()

    def _taken(self) -> str:
        text = "".join(self._buffer)
        self._buffer.clear()
        if self._pre:
            return text.strip("\n").rstrip()
        lines = (" ".join(line.split()) for line in text.split("\n"))
        return "\n".join(line for line in lines if line)

    def _flush(self) -> None:
        text = self._taken()
        if text and self._lists:
            self._items_first = self._items_first or self._first
            indent = "  " * (self._lists - 1)
            self._items.append(f"{indent}- " + text.replace("\n", f"\n{indent}  "))
        elif text:
            self._put(text, BlockKind.CODE if self._pre else BlockKind.PARAGRAPH, self._first)
        self._first = 0

    def _end_list(self) -> None:
        if self._items and not self._lists:
            self._put("\n".join(self._items), BlockKind.LIST, self._items_first)
            self._items.clear()
            self._items_first = 0

    def _heading(self, level: int) -> None:
        text = " ".join(self._taken().split())
        first, self._first = self._first, 0
        if not text:
            return
        self.title = self.title or text
        above = self._outer + self._outline.enter(level, text)
        span = self._span(first, self._last)
        self.blocks.append(Block(text, BlockKind.HEADING, span, above, self._outline.date))

    def _table(self, table: _Element) -> None:
        rows = _cells(table)
        first = max(self._line, table.sourceline or 0)
        lines = [row.sourceline or first for row in table.iter("tr", "td", "th")]
        self._line = self._last = max([first, *lines])
        marked = bool(next(table.iter("tr")).findall("th"))
        header: list[str] = []
        if marked or looks_like_header(rows[0], rows[1]):
            header, rows = rows[0], rows[1:]
        self._put("\n".join(pairs(header, row) for row in rows), BlockKind.TABLE, first)

    def _put(self, text: str, kind: BlockKind, first: int) -> None:
        span = self._span(first, max(first, self._last))
        titles = self._outer + self._outline.titles
        self.blocks.append(Block(text, kind, span, titles, self._outline.date))
