"""Mails, alone (.eml) or in a mailbox (.mbox)."""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

from nomoat.memory.document import Block, BlockKind, Span, Unit
from nomoat.memory.load.markup import html_text, parse_html
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import paragraphs

_SHOWN = ("From", "To", "Cc", "Date", "Subject")


def read_mail(source: Source) -> Parsed:
    """One mail: a paragraph with its headers, then its text; attachments are named."""
    return _message(source.data, 1)


def read_mbox(source: Source) -> Parsed:
    """All mails of a mailbox; a place is the number of the mail in it."""
    source.check_text_size()
    box = mailbox.mbox(source.path, create=False)
    try:
        blocks: list[Block] = []
        for number, key in enumerate(box.iterkeys(), 1):
            blocks.extend(_message(box.get_bytes(key), number).blocks)
    finally:
        box.close()
    return Parsed(blocks)


def _message(data: bytes, number: int) -> Parsed:
    mail = BytesParser(policy=policy.default).parsebytes(data)
    subject, date = _header(mail, "Subject"), _date(mail)
    span = Span(Unit.MESSAGE, number, number)
    titles = (subject,) if subject else ()
    head = "\n".join(f"{name}: {text}" for name in _SHOWN if (text := _header(mail, name)))
    files = [name for part in mail.walk() if (name := _file_name(part))]
    if files:
        head += f"\nAttachments: {', '.join(files)}"
    blocks = [Block(head, BlockKind.PARAGRAPH, span, (), date)] if head else []
    blocks.extend(_body(mail, span, titles, date))
    return Parsed(blocks, subject, date)


def _body(mail: EmailMessage, span: Span, titles: tuple[str, ...], date: str) -> Iterator[Block]:
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return
    if part.get_content_subtype() == "html":
        data = part.get_payload(decode=True)
        text = html_text(data) if isinstance(data, bytes) else ""
        for block in parse_html(text, lambda *_: span, titles).blocks:
            yield Block(block.text, block.kind, span, block.titles, date)
        return
    for _, lines in paragraphs(_content(part).split("\n")):
        yield Block("\n".join(lines), BlockKind.PARAGRAPH, span, titles, date)


def _content(part: Message) -> str:
    """The text of a part, whatever it claims about its encoding."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        text = data.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeDecodeError):
        text = data.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")


def _header(mail: Message, name: str) -> str:
    """A header on one line; mail in the wild has headers that cannot be read."""
    try:
        return " ".join(str(mail.get(name) or "").split())
    except (ValueError, TypeError, AttributeError, IndexError, LookupError):
        return ""


def _file_name(part: Message) -> str:
    try:
        return " ".join((part.get_filename() or "").split())
    except (ValueError, TypeError, AttributeError, IndexError, LookupError):
        return ""


def _date(mail: Message) -> str:
    """When it was sent, by the clock of whoever sent it."""
    try:
        sent = parsedate_to_datetime(_header(mail, "Date"))
    except (ValueError, TypeError, IndexError):
        return ""
    return sent.replace(tzinfo=None).isoformat(timespec="minutes")
