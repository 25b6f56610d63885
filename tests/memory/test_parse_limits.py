"""Bad files of every kind: each is reported within its limits, and the next one is parsed."""

from __future__ import annotations

import io
import json
import os
import random
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from nomoat.memory.document import Document
from nomoat.memory.errors import DocumentError, NomoatError
from nomoat.memory.load import Limits, Parser, parse_safely
from nomoat.memory.load.wire import from_wire, to_wire

MB = 1024 * 1024
LIMITS = Limits(seconds=6, memory_mb=512, output_mb=8, input_mb=64)


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser(LIMITS) as parser:
        yield parser


@pytest.fixture
def refused(parser: Parser, tmp_path: Path) -> Iterator[Callable[[Path], str]]:
    """Parses a bad file, gives the reason, and holds that the next file is read."""

    def refused(path: Path) -> str:
        started = time.monotonic()
        with pytest.raises(DocumentError) as caught:
            parser.parse(path, name=path.name)
        assert time.monotonic() - started < 3 * LIMITS.seconds
        good = tmp_path / "good.md"
        good.write_text("# Title\n\nstill here")
        assert parser.parse(good, name="good.md").blocks[1].text == "still here"
        return str(caught.value)

    return refused


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


DOCUMENT_MEMBERS = {
    "docx": "word/document.xml",
    "pptx": "ppt/presentation.xml",
    "xlsx": "xl/workbook.xml",
    "epub": "META-INF/container.xml",
}


@pytest.mark.parametrize("format_", DOCUMENT_MEMBERS)
def test_a_thousandfold_zip_bomb(refused, tmp_path: Path, format_: str) -> None:
    members = {DOCUMENT_MEMBERS[format_]: b"<x/>", "big.xml": bytes(100 * MB)}
    path = write_zip(tmp_path / f"bomb.{format_}", members)
    assert path.stat().st_size < MB
    assert "bomb" in refused(path)


def test_a_zip_of_too_many_members(refused, tmp_path: Path) -> None:
    members = {f"{number}.xml": b"" for number in range(10_001)} | {"word/document.xml": b""}
    assert "bomb" in refused(write_zip(tmp_path / "many.docx", members))


def test_a_zip_that_lies_about_its_sizes(refused, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "lie.docx", {"word/document.xml": b"<x>" + bytes(50 * MB)})
    data = path.read_bytes()
    true, small = (50 * MB + 3).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert data.count(true) >= 1
    path.write_bytes(data.replace(true, small))
    assert "damaged" in refused(path)


def test_a_zip_of_overlapping_members(refused, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "one.docx", {"word/document.xml": os.urandom(5000)})
    with zipfile.ZipFile(path, "a") as archive:
        twin = zipfile.ZipInfo("word/other.xml")
        first = archive.infolist()[0]
        twin.header_offset, twin.CRC = first.header_offset, first.CRC
        twin.file_size, twin.compress_size = first.file_size, first.compress_size
        archive.filelist.append(twin)
        archive.NameToInfo[twin.filename] = twin
        archive._didModify = True
    assert "overlap" in refused(path)


def test_a_zip_in_a_zip_is_not_opened(refused, tmp_path: Path) -> None:
    data = bytes(20 * MB)
    for _ in range(4):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.zip", data)
        data = inner.getvalue()
    (tmp_path / "nested.docx").write_bytes(data)
    assert "zip archive" in refused(tmp_path / "nested.docx")


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 11))
    + "]>"
)


def test_a_billion_laughs_in_xml(refused, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(f'<?xml version="1.0"?>{LAUGHS}<x>&a10;</x>')
    assert "entities" in refused(tmp_path / "a.xml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("format_", ["docx", "pptx", "xlsx"])
def test_a_billion_laughs_in_office_files(
    refused, tmp_path: Path, format_: str, encoding: str
) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{LAUGHS}<x>&a10;</x>'.encode(encoding)
    path = write_zip(tmp_path / f"a.{format_}", {DOCUMENT_MEMBERS[format_]: xml})
    assert "XML bomb" in refused(path)


def test_a_billion_laughs_in_a_book(refused, tmp_path: Path) -> None:
    members = {DOCUMENT_MEMBERS["epub"]: f"{LAUGHS}<x>&a10;</x>".encode()}
    assert "entities" in refused(write_zip(tmp_path / "a.epub", members))


def test_a_billion_laughs_in_html_stay_unread(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f"<!doctype html>{LAUGHS[9:]}<html><p>only &a10; this</p>")
    document = parser.parse(tmp_path / "a.html", name="a.html")
    assert "only &a10; this" in document.blocks[-1].text
    assert sum(len(block.text) for block in document.blocks) < 2000


def test_xml_does_not_read_other_files(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "canary").write_text("CANARY")
    entity = f'<!DOCTYPE x SYSTEM "file://{tmp_path}/canary"><x>a &lt; b</x>'
    (tmp_path / "a.xml").write_text('<?xml version="1.0"?>' + entity)
    document = parser.parse(tmp_path / "a.xml", name="a.xml")
    assert [block.text for block in document.blocks] == ["x: a < b"]


def pdf(objects: list[bytes]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    size = len(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size + table
    return out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def flate(data: bytes, rounds: int) -> bytes:
    for _ in range(rounds):
        data = zlib.compress(data, 1)  # hundreds of MB of the same: more effort gains nothing
    filters = b"/FlateDecode " * rounds
    return b"<</Length %d/Filter[%s]>>stream\n%s\nendstream" % (len(data), filters, data)


def test_a_pdf_that_unpacks_to_gigabytes(refused, tmp_path: Path) -> None:
    stream = flate(b"q " * MB * 200, 2)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    tree = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    (tmp_path / "a.pdf").write_bytes(pdf([b"<</Type/Catalog/Pages 2 0 R>>", tree, page, stream]))
    assert refused(tmp_path / "a.pdf")


def test_a_pdf_whose_pages_hold_themselves(refused, tmp_path: Path) -> None:
    tree = b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999/Parent 2 0 R>>"
    (tmp_path / "a.pdf").write_bytes(pdf([b"<</Type/Catalog/Pages 2 0 R>>", tree]))
    assert refused(tmp_path / "a.pdf")


@pytest.mark.parametrize(
    "deep", ["[" * 200_000 + "]" * 200_000, '{"a":' * 100_000 + "1" + "}" * 100_000]
)
def test_json_that_is_too_deep(refused, tmp_path: Path, deep: str) -> None:
    (tmp_path / "a.json").write_text(deep)
    assert "deep" in refused(tmp_path / "a.json")


@pytest.mark.parametrize("ending", ["html", "xml", "md"])
def test_markup_that_is_too_deep_is_read_or_refused(
    parser: Parser, tmp_path: Path, ending: str
) -> None:
    start = {"html": "<html>", "xml": "<?xml version='1.0'?><x>", "md": ""}[ending]
    body = ">" * 50_000 if ending == "md" else "<div>" * 100_000
    (tmp_path / f"a.{ending}").write_text(f"{start}{body} text")
    started = time.monotonic()
    with suppress(DocumentError):
        parser.parse(tmp_path / f"a.{ending}", name="a")
    assert time.monotonic() - started < 2 * LIMITS.seconds


def test_a_text_that_is_too_big(refused, tmp_path: Path) -> None:
    with (tmp_path / "line.txt").open("w") as file:
        file.truncate(200 * MB)
    assert "too big" in refused(tmp_path / "line.txt")
    (tmp_path / "line.txt").write_text("x" * 9 * MB)
    assert "too big" in refused(tmp_path / "line.txt")


def test_a_table_whose_text_grows_too_big(refused, tmp_path: Path) -> None:
    names = ",".join(f"a name of column {n} that is nearly sixty letters long" for n in range(10))
    (tmp_path / "a.csv").write_text(names + "\n" + "a,b,c,d,e,f,g,h,i,j\n" * 20_000)
    assert "too big" in refused(tmp_path / "a.csv")


def test_a_single_line_within_the_limit_is_read(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "line.txt").write_text("word " * MB)
    document = parser.parse(tmp_path / "line.txt", name="line.txt")
    assert len(document.blocks[0].text) == 5 * MB - 1


def test_junk_with_the_name_of_text(refused, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(random.Random(1).randbytes(100_000))
    assert "binary" in refused(tmp_path / "a.txt")


@pytest.mark.parametrize(
    "line",
    [
        "a" * 50_000 + ":",
        "1 " * 30_000,
        "A" + " a" * 30_000,
        "<!--" * 20_000,
        "[" * 30_000,
        "*" * 30_000 + "a",
        "| " * 30_000,
        "`" * 30_000,
        "." * 100_000,
        "0" * 50_000 + "/",
    ],
)
@pytest.mark.parametrize("ending", ["txt", "md", "html", "csv"])
def test_no_line_takes_long(parser: Parser, tmp_path: Path, ending: str, line: str) -> None:
    (tmp_path / f"a.{ending}").write_text((line + "\n") * 4)
    started = time.monotonic()
    reason = ""
    try:
        parser.parse(tmp_path / f"a.{ending}", name="a")
    except DocumentError as error:
        reason = str(error)
    assert reason in ("", "It holds no text.")  # nothing but a comment, or an empty fence
    assert time.monotonic() - started < 3


def test_a_file_that_takes_too_long(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for number in range(20_000):
        sheet.append([number] * 10)
    book.save(tmp_path / "a.xlsx")
    with Parser(Limits(seconds=0.5)) as parser:
        with pytest.raises(DocumentError, match="given up after"):
            parser.parse(tmp_path / "a.xlsx", name="a")
        (tmp_path / "b.txt").write_text("next")
        assert parser.parse(tmp_path / "b.txt", name="b").blocks[0].text == "next"


def test_a_file_that_takes_too_much_memory(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" + "[]," * 8 * MB + "1]")
    with Parser(Limits(memory_mb=300)) as parser:
        with pytest.raises(DocumentError, match="300 MB of memory"):
            parser.parse(tmp_path / "a.json", name="a")
        (tmp_path / "b.txt").write_text("next")
        assert parser.parse(tmp_path / "b.txt", name="b").blocks[0].text == "next"


def test_a_child_that_was_killed_is_started_again(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with Parser() as parser:
        first = parser.parse(tmp_path / "a.txt", name="a")
        assert parser._worker is not None
        parser._worker._process.kill()
        assert parser.parse(tmp_path / "a.txt", name="a") == first


def test_the_child_is_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    with Parser() as parser:
        parser.parse(tmp_path / "a.txt", name="a")
        assert parser._worker is not None
        process = parser._worker._process
    assert process.poll() is not None


def test_no_secret_reaches_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "canary")
    (tmp_path / "a.txt").write_text("text")
    with Parser() as parser:
        parser.parse(tmp_path / "a.txt", name="a")
        assert parser._worker is not None
        environment = Path(f"/proc/{parser._worker._process.pid}/environ").read_bytes()
    assert b"canary" not in environment


def test_a_parser_that_cannot_start_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(NomoatError, match="did not start") as caught:
        parse_safely(tmp_path / "a.txt", name="a")
    assert not isinstance(caught.value, DocumentError)


def test_the_wire_gives_back_the_same_document(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\nb\n\n## 2024-01-01\n\n- c\n")
    document = parser.parse(tmp_path / "a.md", name="folder/a.md")
    assert isinstance(document, Document)
    assert from_wire(json.loads(json.dumps(to_wire(document)))) == document
    assert document.path == "folder/a.md"


def test_a_name_that_is_not_utf8(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.txt")
    path.write_text("text")
    assert parser.parse(path, name=path.name).path == "caf?.txt"


@pytest.mark.parametrize(
    "bad",
    [["t", "table", None, "titles", ""], [1, "table", None, [], ""], ["t", "odd", None, [], ""]],
)
def test_the_wire_takes_only_documents(bad: list[object]) -> None:
    value = {"path": "", "format": "", "title": "", "date": "", "sha256": "", "blocks": [bad]}
    with pytest.raises((TypeError, ValueError)):
        from_wire(value)
