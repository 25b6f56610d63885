"""What a file is: by its content where that decides, by its ending where content does not."""

from __future__ import annotations

import re

from nomoat.memory.errors import DocumentError
from nomoat.memory.load.encoding import looks_binary
from nomoat.memory.load.source import Source

_ENDINGS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".csv": "csv",
    ".tsv": "csv",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".xml": "xml",
    ".eml": "mail",
    ".mbox": "mbox",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}
_HTML = re.compile(
    r"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,1000}?-->\s*)*<(?:!doctype html|html\b)", re.I | re.S
)
_HEADER = re.compile(
    r"^(From|To|Subject|Date|Received|Message-ID|MIME-Version|Return-Path"
    r"|Delivered-To|Reply-To|Cc|Content-Type|X-[\w-]{1,40}):",
    re.I,
)
_HEADING = re.compile(r"^#{1,6} +\S", re.M)


def detect(source: Source) -> str:
    """The name of the format; DocumentError for what is not a document at all."""
    head = source.head
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if looks_binary(head):
        raise DocumentError("It is not text, nor a document of a known kind.")
    return _text_format(source)


def _text_format(source: Source) -> str:
    by_ending = _ENDINGS.get(source.suffix, "")
    start = source.text[:8192].lstrip()
    if _HTML.match(start):
        return "html"
    return by_ending or _sniffed(source)


def _sniffed(source: Source) -> str:
    if len(_HEADING.findall(source.text[:50_000])) >= 2:
        return "markdown"
    return "text"
