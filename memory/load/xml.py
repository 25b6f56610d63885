"""XML without entities, DTDs or network, and as text: what each element says, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nomoat.memory.document import Block, BlockKind
from nomoat.memory.errors import DocumentError
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import lines_span, read_text

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]

_ENTITY = tuple("<!ENTITY".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))


def parse_xml(data: bytes) -> _Element:
    """The root element; DocumentError for entities, lxml's XMLSyntaxError for what is not XML."""
    from lxml import etree  # type: ignore[import-untyped]

    if any(mark in data for mark in _ENTITY):
        raise DocumentError("It defines XML entities, which is how XML bombs are made.")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)


def read_xml(source: Source) -> Parsed:
    """A block for each child of the root; what is not well-formed is read as plain text."""
    from lxml import etree

    try:
        root = parse_xml(source.data)
    except etree.XMLSyntaxError:
        return read_text(source)
    blocks = []
    for part in root if len(root) else [root]:
        said = list(_said(part))
        if said:
            first, last = said[0][1], max(line for _, line in said)
            text = "\n".join(text for text, _ in said)
            blocks.append(Block(text, BlockKind.TABLE, lines_span(first, max(first, last))))
    return Parsed(blocks)


def _said(part: _Element) -> Iterator[tuple[str, int]]:
    """What an element and those in it say, as `name: text`, each with its line."""
    stack: list[Any] = [part]
    while stack:
        element = stack.pop()
        if isinstance(element, tuple):
            yield element
            continue
        if not isinstance(element.tag, str):
            continue
        name, line = _local(element.tag), element.sourceline or 1
        for key, value in element.attrib.items():
            if value.strip():
                yield f"{name} {_local(key)}: {' '.join(value.split())}", line
        if element.text and element.text.strip():
            yield f"{name}: {' '.join(element.text.split())}", line
        for child in reversed(element):
            if child.tail and child.tail.strip():
                stack.append((" ".join(child.tail.split()), child.sourceline or line))
            stack.append(child)


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
