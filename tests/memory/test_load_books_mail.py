"""Books and mails made with the standard writers are read back."""

from __future__ import annotations

import mailbox
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from nomoat.memory.document import BlockKind, Document, Span, Unit
from nomoat.memory.errors import DocumentError
from nomoat.memory.load import parse


def read(path: Path) -> Document:
    return parse(path, name=path.name)


CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The lighthouse</dc:title>
<dc:date>1999-04-01</dc:date></metadata>
<manifest><item id="b" href="text/two.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/one%20a.xhtml" media-type="application/xhtml+xml"/>
<item id="css" href="style.css" media-type="text/css"/></manifest>
<spine><itemref idref="a"/><itemref idref="b"/></spine></package>"""
CHAPTER = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>c</title></head>
<body><h1>{title}</h1><p>{text}</p></body></html>"""


def write_epub(path: Path, **more: str) -> None:
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": PACKAGE,
        "OEBPS/text/two.xhtml": CHAPTER.format(title="Night", text="The lamp goes out."),
        "OEBPS/text/one a.xhtml": CHAPTER.format(title="Day", text="The sea is calm."),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in (members | more).items():
            book.writestr(name, content)


def test_epub_is_read_in_the_order_of_its_spine(tmp_path: Path) -> None:
    write_epub(tmp_path / "book.epub")

    document = read(tmp_path / "book.epub")

    assert (document.format, document.title, document.date) == (
        "epub",
        "The lighthouse",
        "1999-04-01",
    )
    assert [(b.text, b.titles, b.span) for b in document.blocks] == [
        ("Day", (), Span(Unit.SECTION, 1, 1)),
        ("The sea is calm.", ("Day",), Span(Unit.SECTION, 1, 1)),
        ("Night", (), Span(Unit.SECTION, 2, 2)),
        ("The lamp goes out.", ("Night",), Span(Unit.SECTION, 2, 2)),
    ]


def test_a_book_that_is_locked_or_lacks_a_part_says_so(tmp_path: Path) -> None:
    write_epub(tmp_path / "drm.epub", **{"META-INF/encryption.xml": "", "META-INF/rights.xml": ""})
    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path / "drm.epub")
    package = PACKAGE.replace("two.xhtml", "lost.xhtml")
    write_epub(tmp_path / "lost.epub", **{"OEBPS/book.opf": package})
    with pytest.raises(DocumentError, match=r"lost\.xhtml is missing"):
        read(tmp_path / "lost.epub")


def mail(subject: str, text: str, day: int = 8) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada Löwe <ada@example.org>"
    message["To"] = "bob@example.org"
    message["Subject"] = subject
    message["Date"] = f"Mon, {day:02} May 2023 13:56:00 +0200"
    message.set_content(text)
    return message


def test_a_mail_has_its_headers_and_its_plain_text(tmp_path: Path) -> None:
    message = mail("Bérth 4", "It is free.\n\nCome on Sunday — early.\n")
    message.add_alternative("<p>the same as a page</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="map.pdf")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())

    document = read(tmp_path / "a.eml")

    assert (document.format, document.title, document.date) == (
        "mail",
        "Bérth 4",
        "2023-05-08T13:56",
    )
    head, first, second = document.blocks
    assert head.text.splitlines() == [
        "From: Ada Löwe <ada@example.org>",
        "To: bob@example.org",
        "Date: Mon, 08 May 2023 13:56:00 +0200",
        "Subject: Bérth 4",
        "Attachments: map.pdf",
    ]
    assert (first.text, second.text) == ("It is free.", "Come on Sunday — early.")
    assert second.titles == ("Bérth 4",)
    assert {b.span for b in document.blocks} == {Span(Unit.MESSAGE, 1, 1)}
    assert {b.date for b in document.blocks} == {"2023-05-08T13:56"}


def test_a_mail_that_is_a_page_is_read_as_one(tmp_path: Path) -> None:
    message = mail("News", "")
    message.set_content("<h2>Offer</h2><ul><li>rope<li>tar</ul>", subtype="html")
    (tmp_path / "a.eml").write_bytes(message.as_bytes())
    points = read(tmp_path / "a.eml").blocks[-1]
    assert (points.text, points.kind) == ("- rope\n- tar", BlockKind.LIST)
    assert points.titles == ("News", "Offer")


def test_the_mails_of_a_mailbox_are_counted(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    for number in range(1, 4):
        box.add(mail(f"Mail {number}", f"From here on: text {number}", number))
    box.close()
    document = read(tmp_path / "box")
    assert document.format == "mbox"
    texts = [(b.text, b.span, b.date[:10]) for b in document.blocks if "text" in b.text]
    assert [(text.lstrip(">"), span, date) for text, span, date in texts] == [
        (f"From here on: text {n}", Span(Unit.MESSAGE, n, n), f"2023-05-0{n}") for n in (1, 2, 3)
    ]


def test_a_mail_with_wrong_claims_is_read_all_the_same(tmp_path: Path) -> None:
    raw = (
        b"From: =?utf-8?B?broken\nDate: not a date\nSubject: \xff\xfe odd\n"
        b"Content-Type: text/plain; charset=no-such-thing\n\nthe text\n"
    )
    (tmp_path / "a.eml").write_bytes(raw)
    document = read(tmp_path / "a.eml")
    assert document.blocks[-1].text == "the text"
    assert document.date == ""
