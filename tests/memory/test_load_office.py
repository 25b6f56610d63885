"""Word, PowerPoint, Excel and PDF files made by the usual writers are read back."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from nomoat.memory.document import Block, BlockKind, Document, Span, Unit
from nomoat.memory.errors import DocumentError
from nomoat.memory.load import parse


def read(path: Path) -> Document:
    return parse(path, name=path.name)


def block(document: Document, words: str) -> Block:
    found = [block for block in document.blocks if words in block.text]
    assert len(found) == 1, [block.text for block in document.blocks]
    return found[0]


def test_docx_has_headings_lists_and_tables_in_sections(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.core_properties.title = "Staff handbook"
    word.core_properties.modified = datetime.datetime(2025, 3, 9, 10, 30)
    word.add_heading("Leave", 1)
    word.add_paragraph("Everyone has 25 days.")
    word.add_heading("Carrying over", 2)
    word.add_paragraph("Five days", style="List Bullet")
    word.add_paragraph("until March", style="List Bullet")
    table = word.add_table(rows=3, cols=2)
    for row, values in zip(
        table.rows, [("Name", "Days"), ("Ada", "25"), ("Bob", "30")], strict=True
    ):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    word.save(str(tmp_path / "handbook.docx"))

    document = read(tmp_path / "handbook.docx")

    assert (document.format, document.title) == ("docx", "Staff handbook")
    assert document.date == "2025-03-09T10:30"
    assert block(document, "25 days").titles == ("Leave",)
    assert block(document, "25 days").span == Span(Unit.SECTION, 1, 1)
    points = block(document, "Five days")
    assert points.kind is BlockKind.LIST
    assert points.text == "- Five days\n- until March"
    assert points.titles == ("Leave", "Carrying over")
    rows = block(document, "Ada")
    assert rows.kind is BlockKind.TABLE
    assert rows.text == "Name: Ada; Days: 25\nName: Bob; Days: 30"
    assert rows.span == Span(Unit.SECTION, 2, 2)


def test_pptx_has_slides_with_notes_and_tables(tmp_path: Path) -> None:
    import pptx
    from pptx.util import Inches

    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[1])
    first.shapes.title.text = "Harbour plan"
    first.placeholders[1].text = "Two cranes\nOne dock"
    first.notes_slide.notes_text_frame.text = "Mention the cost of 4 million."
    second = show.slides.add_slide(show.slide_layouts[5])
    second.shapes.title.text = "Money"
    table = second.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for at, value in enumerate(("Year", "Cost", "2026", "1.5")):
        table.cell(at // 2, at % 2).text = value
    show.save(str(tmp_path / "plan.pptx"))

    document = read(tmp_path / "plan.pptx")

    assert (document.format, document.title) == ("pptx", "Harbour plan")
    assert block(document, "cranes").text == "Two cranes\nOne dock"
    assert block(document, "cranes").span == Span(Unit.SLIDE, 1, 1)
    assert block(document, "4 million").titles == ("Harbour plan",)
    assert block(document, "2026").text == "Year: 2026; Cost: 1.5"
    assert block(document, "2026").span == Span(Unit.SLIDE, 2, 2)


def test_xlsx_rows_name_their_columns_and_keep_their_numbers(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Staff"
    sheet.append(["Our people"])
    sheet.append(["Name", "Since", "Pay"])
    sheet.append(["Ada", datetime.datetime(2020, 5, 1), 1234.5])
    sheet.append([])
    sheet.append(["Bob", datetime.datetime(2021, 6, 2, 8, 30), 3])
    book.create_sheet("Empty")
    book.create_sheet("Other").append(["alone"])
    book.save(tmp_path / "staff.xlsx")

    document = read(tmp_path / "staff.xlsx")

    assert document.format == "xlsx"
    assert [(b.text, b.span) for b in document.blocks] == [
        ("Our people", Span(Unit.ROW, 1, 1, "Staff")),
        ("Name: Ada; Since: 2020-05-01; Pay: 1234.5", Span(Unit.ROW, 3, 3, "Staff")),
        ("Name: Bob; Since: 2021-06-02 08:30; Pay: 3", Span(Unit.ROW, 5, 5, "Staff")),
        ("alone", Span(Unit.ROW, 1, 1, "Other")),
    ]


def write_pdf(path: Path, **options: object) -> None:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer

    styles = getSampleStyleSheet()
    long = "The harbour master keeps the keys of the tower and lends them to nobody. " * 6
    SimpleDocTemplate(str(path), title="Harbour rules", **options).build(
        [
            Paragraph("Harbour rules", styles["Heading1"]),
            Paragraph(long, styles["BodyText"]),
            Spacer(1, 20),
            Paragraph("Boats pay 40 crowns a night.", styles["BodyText"]),
            PageBreak(),
            Paragraph("Winter", styles["Heading2"]),
            Paragraph("From November on the harbour is closed.", styles["BodyText"]),
        ]
    )


def test_pdf_has_pages_headings_and_paragraphs(tmp_path: Path) -> None:
    write_pdf(tmp_path / "rules.pdf")

    document = read(tmp_path / "rules.pdf")

    assert (document.format, document.title) == ("pdf", "Harbour rules")
    assert document.date[:2] == "20"
    kinds = [(b.kind, b.span and b.span.first) for b in document.blocks]
    assert kinds == [
        (BlockKind.HEADING, 1),
        (BlockKind.PARAGRAPH, 1),
        (BlockKind.PARAGRAPH, 1),
        (BlockKind.HEADING, 2),
        (BlockKind.PARAGRAPH, 2),
    ]
    assert block(document, "closed").titles == ("Harbour rules", "Winter")
    assert block(document, "closed").span == Span(Unit.PAGE, 2, 2)


def test_an_encrypted_pdf_says_so(tmp_path: Path) -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    write_pdf(tmp_path / "secret.pdf", encrypt=StandardEncryption("open sesame"))
    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path / "secret.pdf")


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9, 0.98])
def test_a_truncated_pdf_says_so(tmp_path: Path, share: float) -> None:
    write_pdf(tmp_path / "whole.pdf")
    data = (tmp_path / "whole.pdf").read_bytes()
    (tmp_path / "cut.pdf").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DocumentError, match="truncated"):
        read(tmp_path / "cut.pdf")


def test_a_pdf_of_pictures_says_that_it_has_no_text(tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "scan.pdf"))
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    with pytest.raises(DocumentError, match="scanned") as caught:
        read(tmp_path / "scan.pdf")
    assert "OCR" in caught.value.hint


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_truncated_office_file_says_so(tmp_path: Path, share: float) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["x"] * 50)
    book.save(tmp_path / "whole.xlsx")
    data = (tmp_path / "whole.xlsx").read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DocumentError, match="truncated"):
        read(tmp_path / "cut.xlsx")


def test_what_a_file_is_shows_in_it_and_not_in_its_name(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.add_paragraph("Named like a table.")
    word.save(str(tmp_path / "letter.xlsx"))
    assert read(tmp_path / "letter.xlsx").format == "docx"


def test_an_encrypted_or_old_office_file_says_so(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    (tmp_path / "secret.docx").write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    (tmp_path / "old.doc").write_bytes(ole + "WordDocument".encode("utf-16-le"))
    with pytest.raises(DocumentError, match="encrypted"):
        read(tmp_path / "secret.docx")
    with pytest.raises(DocumentError, match="before 2007"):
        read(tmp_path / "old.doc")
