"""`parse`: one file to one Document, by what the file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from nomoat.memory.document import Block, Document
from nomoat.memory.errors import DocumentError
from nomoat.memory.load.detect import detect
from nomoat.memory.load.dialogue import read_dialogue
from nomoat.memory.load.epub import read_epub
from nomoat.memory.load.languages import LANGUAGES, read_code
from nomoat.memory.load.mail import read_mail, read_mbox
from nomoat.memory.load.markdown import read_markdown
from nomoat.memory.load.markup import read_html
from nomoat.memory.load.office import read_docx, read_pptx
from nomoat.memory.load.pdf import read_pdf
from nomoat.memory.load.records import read_json, read_jsonl
from nomoat.memory.load.sheets import read_xlsx
from nomoat.memory.load.source import MB, Limits, Parsed, Source
from nomoat.memory.load.tables import read_csv
from nomoat.memory.load.text import read_text
from nomoat.memory.load.xml import read_xml

Reader = Callable[[Source], Parsed]

READERS: Mapping[str, Reader] = {
    "text": read_text,
    "dialogue": read_dialogue,
    "markdown": read_markdown,
    "html": read_html,
    "xml": read_xml,
    "csv": read_csv,
    "json": read_json,
    "jsonl": read_jsonl,
    "pdf": read_pdf,
    "docx": read_docx,
    "pptx": read_pptx,
    "xlsx": read_xlsx,
    "epub": read_epub,
    "mail": read_mail,
    "mbox": read_mbox,
    **dict.fromkeys(LANGUAGES, read_code),
}
"""Format names, as Document.format has them, to what reads them."""


def parse(path: Path, *, name: str, limits: Limits | None = None) -> Document:
    """Read the file at `path` in this process; `name` is the path that citations show.

    Raises DocumentError, with the reason, for whatever cannot be read. Time and memory are
    limited only in a child process: see `Parser`.
    """
    source = Source(path, limits or Limits())
    try:
        _check_file(source)
        format_ = detect(source)
        parsed = READERS[format_](source)
        digest = source.sha256()
    except OSError as error:
        raise DocumentError(f"It cannot be opened: {error.strerror or error}.") from error
    except RecursionError as error:
        raise DocumentError("It is nested too deeply.") from error
    except (DocumentError, MemoryError):
        raise
    except Exception as error:  # the libraries for foreign formats raise whatever they please
        raise DocumentError(f"It is damaged: {_first_line(error)}.") from error
    cleaned = (_clean(block) for block in parsed.blocks)  # what is nothing but control characters
    blocks = tuple(block for block in cleaned if block.text.strip())
    _check_blocks(blocks, source.limits)
    return Document(
        name, parsed.format or format_, blocks, _sound(parsed.title), parsed.date, digest
    )


def _check_file(source: Source) -> None:
    if not source.path.is_file():
        raise DocumentError("It is not a file.")
    if source.size == 0:
        raise DocumentError("It is empty.")
    if source.size > source.limits.input_mb * MB:
        raise DocumentError(
            f"It is too big: {source.size // MB} MB, above {source.limits.input_mb} MB.",
            hint="Split the file.",
        )


def _check_blocks(blocks: tuple[Block, ...], limits: Limits) -> None:
    if not blocks:
        raise DocumentError("It holds no text.")
    if sum(len(block.text) for block in blocks) > limits.output_mb * MB:
        raise DocumentError(
            f"It is too big: it holds more than {limits.output_mb} MB of text.",
            hint="Split the file.",
        )


def _clean(block: Block) -> Block:
    titles = tuple(map(_sound, block.titles))
    return replace(block, text=_sound(block.text), titles=titles)


def _first_line(error: Exception) -> str:
    return (str(error).strip().split("\n")[0] or type(error).__name__).rstrip(".")[:200]


def _sound(text: str) -> str:
    """Text that any store can hold: no NUL, no half of a surrogate pair."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
