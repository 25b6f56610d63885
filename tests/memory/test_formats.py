"""A folder with a document of every listed format, made by the libraries people write them with:
each has a question, and the first passage found has the answer and the place where it stands."""

from __future__ import annotations

import csv
import json
import mailbox
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest

from nomoat.memory import Memory, MiniLM
from nomoat.memory.document import Span, Unit

PARTS, AT = 12, 7
"""Sections, pages, slides, mails of a document, and which of them has the answer."""
ROWS, ROW = 200, 131
"""The same for rows and other small things."""


def prose(seed: int, sentences: int = 14) -> str:
    """Sentences that answer nothing, about 900 characters of them."""
    chance = random.Random(seed)
    nouns = "meadow lantern kettle bridge orchard letter window river ladder market".split()
    verbs = "waits behind|leans on|is older than|was painted like|reminds one of".split("|")
    times = "in spring|after the rain|on some evenings|as ever|without a reason".split("|")

    def sentence() -> str:
        one, other = chance.sample(nouns, 2)
        return f"The {one} {chance.choice(verbs)} the {other} {chance.choice(times)}."

    return " ".join(sentence() for _ in range(sentences))


def parts(answer: str) -> list[str]:
    """The texts of a document's parts, the answer in one of them."""
    texts = [prose(number) for number in range(1, PARTS + 1)]
    texts[AT - 1] = f"{answer} {prose(AT, 8)}"
    return texts


def line_of(path: Path, words: str) -> Span:
    """Where words stand in a text file."""
    lines = path.read_text("utf-8").splitlines()
    (at,) = [number for number, line in enumerate(lines, 1) if words in line]
    return Span(Unit.LINE, at, len(lines))


# Each writes a document with the answer in it; the span says where that stands, and how many such
# units the document has.


def write_text(path: Path, answer: str) -> Span:
    path.write_text("\n\n".join(parts(answer)))
    return line_of(path, answer)


def write_markdown(path: Path, answer: str) -> Span:
    sections = [f"## Part {n}\n\n{text}\n" for n, text in enumerate(parts(answer), 1)]
    path.write_text("# Notes\n\n" + "\n".join(sections))
    return line_of(path, answer)


def write_html(path: Path, answer: str) -> Span:
    from lxml import html
    from lxml.builder import E

    page = E.html(E.head(E.title("Notes"), E.script("var nothing = 'here';")), E.body())
    for number, text in enumerate(parts(answer), 1):
        page[1].extend([E.h2(f"Part {number}"), E.p(text)])
    path.write_bytes(html.tostring(page, doctype="<!DOCTYPE html>", pretty_print=True))
    return line_of(path, answer)


def write_pdf(path: Path, answer: str) -> Span:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    style = getSampleStyleSheet()["BodyText"]
    pages = [[Paragraph(text, style), PageBreak()] for text in parts(answer)]
    SimpleDocTemplate(str(path), title="Notes").build([each for page in pages for each in page])
    return Span(Unit.PAGE, AT, PARTS)


def write_docx(path: Path, answer: str) -> Span:
    import docx

    word = docx.Document()
    for number, text in enumerate(parts(answer), 1):
        word.add_heading(f"Part {number}", 1)
        word.add_paragraph(text)
    word.save(str(path))
    return Span(Unit.SECTION, AT, PARTS)


def write_pptx(path: Path, answer: str) -> Span:
    import pptx

    show = pptx.Presentation()
    for number, text in enumerate(parts(answer), 1):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = f"Part {number}"
        slide.placeholders[1].text = text
    show.save(str(path))
    return Span(Unit.SLIDE, AT, PARTS)


def write_xlsx(path: Path, answer: str) -> Span:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["alone"])
    sheet = book.create_sheet("Second")
    for row in table(answer):
        sheet.append(row)
    book.save(path)
    return Span(Unit.ROW, ROW, ROWS, "Second")


def table(answer: str) -> list[list[str]]:
    """Rows, the first of them the heading; the answer is `name = value`."""
    rows = [["name", "value"]]
    rows += [[prose(n, 1).removesuffix("."), str(n * 7)] for n in range(2, ROWS + 1)]
    rows[ROW - 1] = answer.split(" = ")
    return rows


def write_csv(path: Path, answer: str) -> Span:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",").writerows(table(answer))
    return Span(Unit.ROW, ROW, ROWS)


def write_json(path: Path, answer: str) -> Span:
    path.write_text(json.dumps({name: {"is": value} for name, value in table(answer)}, indent=1))
    return line_of(path, answer.split(" = ")[1])


def write_jsonl(path: Path, answer: str) -> Span:
    path.write_text("".join(f"{json.dumps({name: value})}\n" for name, value in table(answer)))
    return line_of(path, answer.split(" = ")[1])


def write_epub(path: Path, answer: str) -> Span:
    import mkepub

    book = mkepub.Book(title="Notes")
    for number, text in enumerate(parts(answer), 1):
        book.add_page(title=f"Part {number}", content=f"<h1>Part {number}</h1><p>{text}</p>")
    book.save(str(path))
    book.tempdir.cleanup()
    return Span(Unit.SECTION, AT, PARTS)


def mail(text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Ada <ada@example.org>"
    message["To"] = "bruno@example.org"
    message["Subject"] = "News"
    message["Date"] = "Mon, 08 May 2023 13:56:00 +0200"
    message.set_content(text)
    return message


def write_mail(path: Path, answer: str) -> Span:
    path.write_bytes(mail(f"Dear Bruno,\n\n{answer}\n\nYours, Ada\n").as_bytes())
    return Span(Unit.MESSAGE, 1, 1)


def write_mailbox(path: Path, answer: str) -> Span:
    box = mailbox.mbox(path)
    for text in parts(answer):
        box.add(mail(text))
    box.close()
    return Span(Unit.MESSAGE, AT, PARTS)


def write_code(path: Path, answer: str) -> Span:
    functions = [f'def part_{n}():\n    """{text}"""\n' for n, text in enumerate(parts(answer))]
    path.write_text("\n\n".join(functions))
    return line_of(path, answer)


@dataclass(frozen=True, slots=True)
class Case:
    """A document, and what is asked of it."""

    name: str
    write: Callable[[Path, str], Span]
    answer: str
    question: str
    key: str
    """What the passage has to say."""


CASES = [
    Case(
        "key.txt",
        write_text,
        "The spare key of the allotment hangs behind the blue watering can.",
        "Where is the key to the garden plot?",
        "blue watering can",
    ),
    Case(
        "plants.md",
        write_markdown,
        "An orchid is bathed in rain water every nine days.",
        "How often do I water the orchids?",
        "nine days",
    ),
    Case(
        "pool.html",
        write_html,
        "On Thursdays the sauna is for women only.",
        "When may only women use the sauna?",
        "Thursdays",
    ),
    Case(
        "harbour.pdf",
        write_pdf,
        "A sailing boat pays 40 crowns for each night.",
        "How much does a boat pay for a night?",
        "40 crowns",
    ),
    Case(
        "handbook.docx",
        write_docx,
        "Every employee has 27 days of paid vacation a year.",
        "How much holiday do staff get?",
        "27 days",
    ),
    Case(
        "plan.pptx",
        write_pptx,
        "The new crane costs 1.5 million euros.",
        "What is the price of the crane?",
        "1.5 million",
    ),
    Case(
        "office.xlsx",
        write_xlsx,
        "telephone extension of Bruno Weiss = 552",
        "What is Bruno's phone extension?",
        "552",
    ),
    Case(
        "birds.csv",
        write_csv,
        "colour of the ring on an osprey = yellow",
        "Which colour is the ring of an osprey?",
        "yellow",
    ),
    Case(
        "wines.tsv",
        write_csv,
        "cellar shelf of the Barolo, 2016 = eleven",
        "On which shelf of the cellar is the Barolo?",
        "eleven",
    ),
    Case(
        "devices.json",
        write_json,
        "scanner resolution = 1200 dpi",
        "What is the resolution of the scanner?",
        "1200 dpi",
    ),
    Case(
        "events.jsonl",
        write_jsonl,
        "alarm of the freezer = its door was left open",
        "Why was there an alarm about the freezer?",
        "door was left open",
    ),
    Case(
        "lighthouse.epub",
        write_epub,
        "The dog of the lighthouse keeper was called Bosun.",
        "What was the name of the keeper's dog?",
        "Bosun",
    ),
    Case(
        "dentist.eml",
        write_mail,
        "Your appointment with the dentist is moved to 16:40.",
        "What time do I have to be at the dentist?",
        "16:40",
    ),
    Case(
        "club.mbox",
        write_mailbox,
        "The choir rehearses in the gym while the hall is painted.",
        "Where does the choir rehearse now?",
        "gym",
    ),
    Case(
        "shipping.py",
        write_code,
        "Postage of a parcel below two kilograms is 499 cents.",
        "What does a small parcel cost to send?",
        "499 cents",
    ),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
def places(folder: Path) -> dict[str, Span]:
    """Where the answers stand in the documents, all of which lie in the folder."""
    return {case.name: case.write(folder / case.name, case.answer) for case in CASES}


@pytest.fixture(scope="module")
def memory(folder: Path, places: dict[str, Span], embedder_folder: Path) -> Iterator[Memory]:
    """All of them, read into one memory."""
    with Memory(folder.parent / "formats", embedder=MiniLM(embedder_folder)) as opened:
        report = opened.add([folder])
        assert (report.added, report.failed, report.skipped) == (len(places), (), {})
        yield opened


@pytest.mark.parametrize("case", CASES, ids=[case.name.split(".")[1] for case in CASES])
def test_the_first_passage_answers_and_says_where(
    case: Case, memory: Memory, folder: Path, places: dict[str, Span]
) -> None:
    first = memory.search(case.question)[0]
    assert case.key in first.text
    citation, place = first.citation, places[case.name]
    assert Path(citation.path) == folder / case.name
    assert citation.span is not None
    assert (citation.span.unit, citation.span.within) == (place.unit, place.within)
    # `last` of a place is how many units there are: a citation has to say which, not "somewhere"
    assert citation.span.first <= place.first <= citation.span.last
    assert citation.span.last - citation.span.first <= place.last // 4
    if place.unit is Unit.LINE:
        lines = Path(citation.path).read_text("utf-8").splitlines()
        assert case.key in "\n".join(lines[citation.span.first - 1 : citation.span.last])
