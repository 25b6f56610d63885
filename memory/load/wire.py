"""A Document as plain JSON values, for the pipe between the parser's process and ours.

JSON and not pickle: what comes back was made from somebody else's file, and is checked again.
"""

from __future__ import annotations

from typing import Any

from nomoat.memory.document import Block, BlockKind, Document, Span, Unit


def to_wire(document: Document) -> dict[str, Any]:
    """The document as dicts, lists, strings and numbers."""
    return {
        "path": document.path,
        "format": document.format,
        "title": document.title,
        "date": document.date,
        "sha256": document.sha256,
        "blocks": [
            [block.text, block.kind.value, _span_out(block.span), block.titles, block.date]
            for block in document.blocks
        ],
    }


def from_wire(value: dict[str, Any]) -> Document:
    """The document again; ValueError, KeyError or TypeError when the values are not one."""
    fields = {name: _text(value[name]) for name in ("path", "format", "title", "date", "sha256")}
    return Document(blocks=tuple(_block(*block) for block in value["blocks"]), **fields)


def _block(
    text: object, kind: object, span: list[Any] | None, titles: object, date: object
) -> Block:
    if not isinstance(titles, list):
        raise TypeError("titles are a list")
    place = None
    if span is not None:
        unit, first, last, within = span
        place = Span(Unit(_text(unit)), _number(first), _number(last), _text(within))
    return Block(_text(text), BlockKind(_text(kind)), place, tuple(map(_text, titles)), _text(date))


def _span_out(span: Span | None) -> list[str | int] | None:
    if span is None:
        return None
    return [span.unit.value, span.first, span.last, span.within]


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is a string")
    return value


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a place is a whole number")
    return value
