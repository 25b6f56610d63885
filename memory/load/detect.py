"""What a file is: by its content where that decides, by its ending where content does not."""

from __future__ import annotations

import re
import zipfile

from nomoat.memory.errors import DocumentError
from nomoat.memory.load.dialogue import is_dialogue
from nomoat.memory.load.encoding import looks_binary
from nomoat.memory.load.languages import language_of
from nomoat.memory.load.source import Source
from nomoat.memory.load.tables import delimiter_of
from nomoat.memory.load.zips import open_zip

_ENDINGS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".eml": "mail",
    ".mbox": "mbox",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
}
_MEMBERS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
    "META-INF/container.xml": "epub",
}
_TABLE_ENDINGS = ("", ".txt", ".dat", ".log")
"""Of files that may be tables without saying so."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_HTML = re.compile(
    r"(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,1000}?-->\s*){0,5}<(?:!doctype html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_MAIL_HEADER = re.compile(
    r"(?P<name>from|to|subject|date|received|message-id|mime-version|return-path|delivered-to"
    r"|reply-to|cc|content-type|x-[\w-]{1,40}): ?\S",
    re.IGNORECASE,
)
_MAIL_NEEDS = {"from", "date"}
_HEADING = re.compile(r"^#{1,6} +\S", re.MULTILINE)
_SAMPLE = 50_000
_FEWEST_ROWS = 4


def detect(source: Source) -> str:
    """The name of the format; DocumentError for what is not a document that can be read."""
    head = source.head
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zip_format(source)
    if head.startswith(_OLE):
        raise _old_office(source)
    if looks_binary(head):
        if b"%PDF-" in head[:1024]:
            return "pdf"  # a few bytes of something else may stand before it
        raise DocumentError("It is binary: not text, nor a document of a known kind.")
    return _text_format(source)


def _zip_format(source: Source) -> str:
    with open_zip(source.path) as archive:
        names = set(archive.namelist())
        for member, format_ in _MEMBERS.items():
            if member in names:
                return format_
        if "mimetype" in names and _is_open_document(archive):
            raise DocumentError(
                "It is an OpenDocument file.", hint="Save it as docx, xlsx or pptx."
            )
    raise DocumentError("It is a zip archive, not a document.", hint="Unpack it and add its files.")


def _is_open_document(archive: zipfile.ZipFile) -> bool:
    with archive.open("mimetype") as file:
        return b"opendocument" in file.read(100)


def _old_office(source: Source) -> DocumentError:
    with source.path.open("rb") as file:
        if any(_ENCRYPTED_OFFICE in part for part in iter(lambda: file.read(1 << 20), b"")):
            return DocumentError("It is encrypted.", hint="Save it without a password.")
    return DocumentError(
        "It is in an Office format from before 2007.", hint="Save it as docx, xlsx or pptx."
    )


def _text_format(source: Source) -> str:
    """By an unmistakable beginning, by a name that says it, by other signs, by the ending."""
    start = source.text[:8192].lstrip()
    if _HTML.match(start):
        return "html"
    known = _ENDINGS.get(source.suffix, "")
    named = language_of(source.path.name, start) or (
        known if known in ("markdown", "jsonl") else ""
    )
    return named or _by_start(source, start, known) or known or _sniffed(source)


def _by_start(source: Source, start: str, known: str) -> str:
    if start.startswith("<?xml"):
        return "xml"
    if start.startswith("From ") and _is_mail(start.partition("\n")[2]):
        return "mbox"
    if _is_mail(start):
        return "mail"
    closed = source.text[-200:].rstrip()[-1:] in ("}", "]")
    if known != "csv" and start[:1] in ("{", "[") and closed:
        return "jsonl" if known != "json" and _is_jsonl(start) else "json"
    return ""


def _is_mail(start: str) -> bool:
    """Whether it begins with the headers of a mail."""
    names = set()
    for line in start.split("\n"):
        if not line.strip():
            break
        found = _MAIL_HEADER.match(line)
        if found:
            names.add(found["name"].lower())
        elif not names or not (line[0].isspace() or ":" in line):
            return False
    return names >= _MAIL_NEEDS and len(names) > 2


def _is_jsonl(start: str) -> bool:
    lines = start.split("\n")[:2]
    return len(lines) == 2 and all(
        line.startswith("{") and line.rstrip().endswith("}") for line in lines
    )


def _sniffed(source: Source) -> str:
    sample = source.text[:_SAMPLE]
    lines = sample.split("\n")
    if is_dialogue(lines):
        return "dialogue"
    if len(_HEADING.findall(sample)) >= 2:
        return "markdown"
    rows = [line for line in lines if line.strip()]
    if source.suffix not in _TABLE_ENDINGS:
        return "text"
    if len(rows) >= _FEWEST_ROWS and _is_table(delimiter_of(sample), rows[0]):
        return "csv"
    return "text"


def _is_table(delimiter: str, row: str) -> bool:
    """Prose may have one comma in every line; tables have more, or a rarer sign."""
    return delimiter == "\t" or (bool(delimiter) and row.count(delimiter) >= 2)
