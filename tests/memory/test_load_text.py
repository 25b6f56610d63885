"""Text files of every kind become blocks that know their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.memory.document import Block, BlockKind, Document, Span, Unit
from nomoat.memory.errors import DocumentError
from nomoat.memory.load import parse
from nomoat.memory.load.dates import iso_date, iso_value
from nomoat.memory.load.encoding import decode


@pytest.fixture
def read(tmp_path: Path):
    def read(name: str, content: str | bytes) -> Document:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return parse(tmp_path / name, name=name)

    return read


def lines(first: int, last: int) -> Span:
    return Span(Unit.LINE, first, last)


def block(document: Document, words: str) -> Block:
    found = [block for block in document.blocks if words in block.text]
    assert len(found) == 1, [block.text for block in document.blocks]
    return found[0]


MARKDOWN = """\
---
title: "The handbook"
date: 2024-03-05
---
# Handbook

Intro *text*
second line.

## Leave

- 25 days
- more
  nested

| Name | Days |
|------|------|
| Ada  | 25   |
| Bob  | 30   |

### 2024-05-01

```py
x = 1

y = 2
```

> quoted
"""


def test_markdown_is_read_by_its_structure(read) -> None:
    document = read("a.md", MARKDOWN)

    assert (document.format, document.title, document.date) == (
        "markdown",
        "The handbook",
        "2024-03-05",
    )
    leave = ("Handbook", "Leave")
    day = (*leave, "2024-05-01")
    assert list(document.blocks[1:]) == [
        Block("Handbook", BlockKind.HEADING, lines(5, 5)),
        Block("Intro *text*\nsecond line.", BlockKind.PARAGRAPH, lines(7, 8), ("Handbook",)),
        Block("Leave", BlockKind.HEADING, lines(10, 10), ("Handbook",)),
        Block("- 25 days\n- more\n  nested", BlockKind.LIST, lines(12, 14), leave),
        Block("Name: Ada; Days: 25\nName: Bob; Days: 30", BlockKind.TABLE, lines(18, 19), leave),
        Block("2024-05-01", BlockKind.HEADING, lines(21, 21), leave, "2024-05-01"),
        Block("x = 1\n\ny = 2", BlockKind.CODE, lines(24, 26), day, "2024-05-01"),
        Block("> quoted", BlockKind.PARAGRAPH, lines(29, 29), day, "2024-05-01"),
    ]


HTML = """\
<!doctype html>
<html><head><title>Page  title</title><style>x</style>
<meta name="date" content="2024-02-03"></head>
<body><nav>menu</nav>
<h1>Top</h1>
<p>Hello <b>bold</b>
world &amp; all.</p>
<ul><li>one</li><li>two
<ul><li>nested</li></ul></li></ul>
<table><tr><th>N</th><th>V</th></tr>
<tr><td>a</td><td>1</td></tr></table>
<div>loose text<br>after break<!-- no --> tail</div>
<p style="color: red; display:none">unseen</p><script>unseen()</script>
<pre>
code
  here
</pre>
<table><tr><td><p>laid out by a table</p></td></tr></table>
</body></html>
"""


def test_html_is_read_by_its_structure(read) -> None:
    document = read("a.html", HTML)

    assert (document.format, document.title, document.date) == (
        "html",
        "Page title",
        "2024-02-03",
    )
    top = ("Top",)
    assert list(document.blocks) == [
        Block("Top", BlockKind.HEADING, lines(5, 5)),
        Block("Hello bold world & all.", BlockKind.PARAGRAPH, lines(6, 7), top),
        Block("- one\n- two\n  - nested", BlockKind.LIST, lines(8, 9), top),
        Block("N: a; V: 1", BlockKind.TABLE, lines(10, 11), top),
        Block("loose text\nafter break tail", BlockKind.PARAGRAPH, lines(12, 12), top),
        Block("code\n  here", BlockKind.CODE, lines(15, 16), top),
        Block("laid out by a table", BlockKind.PARAGRAPH, lines(18, 18), top),
    ]


def test_html_in_a_named_encoding(read) -> None:
    page = '<html><meta charset="windows-1251"><p>Привет, мир</p></html>'
    assert read("a.html", page.encode("windows-1251")).blocks[0].text == "Привет, мир"


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_tables_in_text_name_their_columns(read, sign: str) -> None:
    rows = [["Name", "Born", "City"], ["Ada", "1815", "London"], ["Bob", '"19\n00"', "Rome"]]
    text = "\n".join(sign.join(row) for row in rows) + "\n\n" + sign.join("abc") + "\n"
    document = read("a.csv", text)
    assert document.format == "csv"
    assert [(b.text, b.span) for b in document.blocks] == [
        (
            "Name: Ada; Born: 1815; City: London\nName: Bob; Born: 19 00; City: Rome",
            Span(Unit.ROW, 2, 3),
        ),
        ("Name: a; Born: b; City: c", Span(Unit.ROW, 5, 5)),
    ]


def test_a_table_without_a_header_keeps_its_first_row(read) -> None:
    document = read("a.csv", "1,2\n3,4\n")
    assert document.blocks[0].text == "1; 2\n3; 4"
    assert document.blocks[0].span == Span(Unit.ROW, 1, 2)


def test_records_in_json_stand_on_their_lines(read) -> None:
    document = read(
        "a.json", '[\n {"name": "Ada",\n  "pets": ["cat", "dog"]},\n {"name": "Bob"}\n]'
    )
    assert [(b.text, b.span) for b in document.blocks] == [
        ("name: Ada\npets: cat, dog", lines(2, 3)),
        ("name: Bob", lines(4, 4)),
    ]


def test_json_of_any_shape_is_flattened(read) -> None:
    value = {
        "title": "Set",
        "date": "2024-05-01",
        "deep": {"er": [{"a": 1}, {"b": True}]},
        "no": None,
    }
    document = read("a.json", json.dumps(value))
    assert (document.title, document.date) == ("Set", "2024-05-01")
    assert [b.text for b in document.blocks] == [
        "title: Set",
        "date: 2024-05-01",
        "deep.er[1].a: 1\ndeep.er[2].b: true",
    ]
    assert document.blocks[2].span == Span(Unit.ROW, 3, 3)


def test_conversations_in_json_become_turns(read) -> None:
    value = {
        "speaker_a": "Mel",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": [
            {"speaker": "Mel", "dia_id": "D1:1", "text": "Hello!"},
            {"speaker": "Jo", "text": "Look", "blip_caption": "a red boat"},
        ],
        "session_2": [
            {"speaker": "Mel", "text": "Again", "when": "2023-06-01"},
            {"speaker": "Jo", "text": "Bye", "when": "2023-06-02"},
        ],
    }
    blocks = read("talk.json", json.dumps(value, indent=1)).blocks
    turns = [b for b in blocks if b.kind is BlockKind.TURN]
    assert [(b.text, b.span and (b.span.within, b.span.first), b.date) for b in turns] == [
        ("Mel: Hello!", ("session_1", 1), "2023-05-08T13:56"),
        ("Jo: Look [a red boat]", ("session_1", 2), "2023-05-08T13:56"),
        ("Mel: Again", ("session_2", 1), "2023-06-01"),
        ("Jo: Bye", ("session_2", 2), "2023-06-02"),
    ]
    assert {b.span.unit for b in turns if b.span} == {Unit.MESSAGE}


def test_turns_line_by_line(read) -> None:
    text = '{"role": "user", "content": "Hi"}\n{"role": "model", "content": [{"text": "Yes?"}]}\n'
    document = read("log.jsonl", text)
    assert document.format == "jsonl"
    assert [(b.text, b.span) for b in document.blocks] == [
        ("user: Hi", lines(1, 1)),
        ("model: Yes?", lines(2, 2)),
    ]


def test_what_is_not_json_is_text(read) -> None:
    document = read("a.json", '{"cut": [1, 2')
    assert (document.format, document.blocks[0].text) == ("text", '{"cut": [1, 2')


CHAT = """\
Exported on Monday

8 May 2023
Ada: shall we sail on Sunday?
Bob: yes, if the wind is good
and it does not rain
[14:05] Ada: I bring the bread
9 May 2023
Ada: the boat has a leak
Bob: then let us walk instead
Ada: to the tower and back
Bob: see you at nine o'clock
"""


def test_conversations_in_plain_text_become_dated_turns(read) -> None:
    document = read("chat.txt", CHAT)
    assert document.format == "dialogue"
    turns = [(b.text, b.span, b.date) for b in document.blocks if b.kind is BlockKind.TURN]
    assert turns[1:4] == [
        ("Bob: yes, if the wind is good\nand it does not rain", lines(5, 6), "2023-05-08"),
        ("Ada: I bring the bread", lines(7, 7), "2023-05-08T14:05"),
        ("Ada: the boat has a leak", lines(9, 9), "2023-05-09"),
    ]
    assert len(turns) == 7


def test_an_exported_chat_has_its_times(read) -> None:
    text = "".join(
        f"{day}/05/2023, 14:0{day % 10} - {who}: this is message number {day}\n"
        for day, who in zip(range(10, 20), ["Ada", "Bob Miller"] * 5, strict=True)
    )
    document = read("chat.txt", text)
    assert document.format == "dialogue"
    assert document.blocks[1].text == "Bob Miller: this is message number 11"
    assert document.blocks[1].date == "2023-05-11T14:01"


def test_a_list_of_settings_is_no_conversation(read) -> None:
    text = "Name: Ada\nAge: 36\nCity: London\nJob: programmer\nPets: none\nCar: none\n" * 2
    assert read("a.txt", text).format == "text"


def test_headers_of_a_package_are_no_conversation(read) -> None:
    text = "".join(f"Classifier: Topic number {n} of all\n" for n in range(10))
    text += "".join(f"Requires-Dist: package {n} and above\n" for n in range(10))
    assert read("METADATA", text).format == "text"


def test_source_code_is_cut_at_its_top_level(read) -> None:
    code = "import os\n\n\ndef first():\n    a = 1\n\n    return a\n\n\nclass Second:\n    b = 2\n"
    document = read("a.py", code)
    assert document.format == "python"
    assert [(b.text, b.span, b.titles) for b in document.blocks] == [
        ("import os", lines(1, 1), ()),
        ("def first():\n    a = 1\n\n    return a", lines(4, 7), ("first",)),
        ("class Second:\n    b = 2", lines(10, 11), ("Second",)),
    ]


def test_xml_says_what_its_elements_hold(read) -> None:
    document = read(
        "a.xml", '<?xml version="1.0"?>\n<all>\n<p id="7">\n<q>one</q></p>\n<p>two</p></all>'
    )
    assert document.format == "xml"
    assert [(b.text, b.span) for b in document.blocks] == [
        ("p id: 7\nq: one", lines(3, 4)),
        ("p: two", lines(5, 5)),
    ]


def test_plain_text_is_paragraphs(read) -> None:
    document = read("a.txt", "A title\r\n\r\nfirst line\r\nsecond\r\n\r\n\r\nlast")
    assert (document.format, document.title) == ("text", "A title")
    assert [(b.text, b.span) for b in document.blocks] == [
        ("A title", lines(1, 1)),
        ("first line\nsecond", lines(3, 4)),
        ("last", lines(7, 7)),
    ]
    assert len(document.sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "format_"),
    [
        ("page.txt", "<!-- saved -->\n<!DOCTYPE html><p>x</p>", "html"),
        ("notes.txt", "# One\n\ntext\n\n## Two\n\ntext", "markdown"),
        ("rows.txt", "a\tb\tc\n" * 5, "csv"),
        ("prose.txt", "Well, it rained.\n" * 5, "text"),
        ("data", '{"a": [1]}', "json"),
        ("data.log", '{"a": 1}\n{"a": 2}\n', "jsonl"),
        ("run", "#!/usr/bin/env python3\nprint(1)", "python"),
        ("Makefile", "all:\n\techo", "make"),
        ("mail.txt", "From: a@b.c\nDate: Mon, 8 May 2023 10:00:00 +0200\nSubject: x\n\nhi", "mail"),
        ("letter.md", "From: me\n\n# Dear all", "markdown"),
        ("list.csv", "<html><p>not found</p></html>", "html"),
    ],
)
def test_the_format_is_found(read, name: str, content: str, format_: str) -> None:
    assert read(name, content).format == format_


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1252",
        "cp1251",
        "shift_jis",
    ],
)
def test_encodings(read, encoding: str) -> None:
    text = {
        "cp1251": "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 3,
        "shift_jis": "これは日本語の文章です。船は港に着きました。今日は天気がいい。" * 3,
    }.get(encoding, "Ein schöner Satz über das Café — für alle Gäste. " * 3)
    assert read("a.txt", text.encode(encoding)).blocks[0].text == text.strip()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("L'été où j'ai vu la mer, c'était à Brest — très joli.", "cp1252"),
        ("El niño comió piña en la mañana. ¿Qué pasó?", "cp1252"),
        ("Zażółć gęślą jaźń, to jest potężny edytor.", "cp1250"),
        ("Привет, мир! Как дела?", "cp1251"),
    ],
)
def test_a_single_sentence_in_an_old_encoding(text: str, encoding: str) -> None:
    ascii_before = "plain words, as most lines are\n" * 5000
    assert decode((ascii_before + text).encode(encoding)) == ascii_before + text


def test_a_damaged_letter_does_not_change_the_others() -> None:
    data = ("größer, schöner, übler " * 20).encode() + b"\xff end"
    assert decode(data).startswith("größer, schöner")


@pytest.mark.parametrize("content", [b"", b" \n\n \t\n"])
def test_files_without_text_are_refused(read, content: bytes) -> None:
    with pytest.raises(DocumentError, match=r"empty|no text"):
        read("a.txt", content)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.txt"):
        with pytest.raises(DocumentError, match="not a file"):
            parse(path, name="x")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2023-05-08", "2023-05-08"),
        ("2023-05-08T13:56:07Z", "2023-05-08T13:56:07"),
        ("1:56 pm on 8 May, 2023", "2023-05-08T13:56"),
        ("12:05 am, 8th of May 2023", "2023-05-08T00:05"),
        ("September 3, 2021", "2021-09-03"),
        ("Sept. 3rd 2021", "2021-09-03"),
        ("25.12.2022", "2022-12-25"),
        ("12/25/2022", "2022-12-25"),
        ("05/08/2023", ""),
        ("31 February 2022", ""),
        ("version 3.11.2024.5 of March", ""),
        ("no date", ""),
    ],
)
def test_dates(text: str, date: str) -> None:
    assert iso_date(text) == date


def test_dates_in_seconds_and_milliseconds() -> None:
    assert iso_value(1683554160) == iso_value(1683554160000) == "2023-05-08T13:56:00"
    assert [iso_value(value) for value in (7, True, None, 1e30, [])] == [""] * 5


@given(st.text())
def test_any_text_has_a_date_or_none(text: str) -> None:
    assert isinstance(iso_date(text), str)


@given(
    st.binary(max_size=300),
    st.sampled_from(["txt", "md", "html", "csv", "json", "eml", "py", "xml"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, data: bytes, ending: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzz.{ending}"
    path.write_bytes(data)
    try:
        document = parse(path, name="x")
    except DocumentError:
        return
    assert all(block.text.strip() for block in document.blocks)
    assert all(block.span and block.span.first <= block.span.last for block in document.blocks)
