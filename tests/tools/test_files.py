"""The tools for files, called as an agent calls them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from nomoat.tools.base import spec_of
from nomoat.tools.files import MAX_SHOWN
from nomoat.tools.text import human, line_count
from tests.tools.workspace_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_signatures(files: Files) -> None:
    assert files.toolbox.signatures == (
        "list_files(folder: str = '', details: bool = False) — List files with size, line count "
        "and date, and totals. folder: Empty for all. details: Also tell which files have the "
        "same content.",
        "read_file(path: str, start_line: int = 1) — Read a text file. path: The file. "
        "start_line: Where to go on in a long file.",
        "find_in_files(text: str, folder: str = '', regex: bool = False) — Find the lines that "
        "contain a text, in all files. text: What to look for; upper and lower case are the "
        "same. folder: Only in this folder or file. regex: The text is a regular expression.",
        "write_file(path: str, content: str) — Make a text file, or replace what is in it. "
        "path: The file. content: All of its text.",
        "append_file(path: str, content: str) — Add lines to the end of a file. path: The file. "
        "content: What is added.",
        "edit_file(path: str, old: str, new: str) — Replace a text in a file, wherever it stands "
        "there. path: The file. old: The text, exactly as it stands there; more of the line if "
        "only one place is meant. new: What stands there then.",
        "move_file(source: str, target: str) — Move or rename a file. source: The file. "
        "target: Its new path, or a folder.",
        "copy_file(source: str, target: str) — Copy a file. source: The file. target: The copy's "
        "path, or a folder.",
        "join_files(sources: list[str], target: str) — Join text files into one new file, in this "
        "order. sources: The files. target: The new file.",
        "delete_file(path: str) — Delete a file. path: The file.",
        "compare_files(first: str, second: str) — Compare two tables or texts: what is only in one "
        "of them, and what changed. first: The older file. second: The newer file.",
        "collect_lines(text: str, target: str, folder: str = '') — Write all lines that mention a "
        "text, from all files, into one new file. text: A word or phrase. target: The new file; "
        ".csv makes a table. folder: Only from this folder.",
    )


def test_effects(files: Files) -> None:
    effects = {
        name: ",".join(sorted(spec_of(files.toolbox.get(name)).effects))
        for name in files.toolbox.names
    }
    assert effects == {
        "list_files": "read",
        "read_file": "read",
        "find_in_files": "read",
        "write_file": "write",
        "append_file": "write",
        "edit_file": "read,write",
        "move_file": "write",
        "copy_file": "write",
        "join_files": "read,write",
        "delete_file": "write",
        "compare_files": "read",
        "collect_lines": "read,write",
    }


def test_paths_are_chosen_from_the_files_there_are(files: Files) -> None:
    def offered(name: str, argument: str = "path") -> Any:
        return files.toolbox.schema(name)["properties"][argument].get("enum")

    assert offered("read_file") is None
    files.put("b.txt", "")
    files.put("sub/a.txt", "")
    files.put(".env", "")
    files.put(".git/config", "")
    for name, argument in (
        ("read_file", "path"),
        ("edit_file", "path"),
        ("delete_file", "path"),
        ("move_file", "source"),
        ("copy_file", "source"),
        ("compare_files", "first"),
        ("compare_files", "second"),
    ):
        assert offered(name, argument) == [".env", "b.txt", "sub/a.txt"]
    assert offered("write_file") is None
    assert offered("append_file") is None
    for number in range(60):
        files.put(f"more/{number}", "")
    assert offered("read_file") is None


def test_targets(files: Files) -> None:
    def targets(name: str, **arguments: Any) -> Any:
        found = spec_of(files.toolbox.get(name)).targets
        assert found is not None
        return found(arguments)

    assert targets("list_files") == ["."]
    assert targets("read_file", path=f"{files.root}/a/./b.txt") == ["a/b.txt"]
    assert targets("move_file", source="a", target="../b") == ["a", "../b"]
    assert targets("move_file", source="../a", target="./b/") == ["../a", "b"]
    assert targets("copy_file", source="a.txt", target="b.txt") == ["b.txt"]
    reads = spec_of(files.toolbox.get("copy_file")).reads
    assert reads is not None
    assert reads({"source": "./a.txt", "target": "b.txt"}) == ["a.txt"]


# list_files


def test_listing(files: Files) -> None:
    os.utime(files.put("notes.txt", "one\ntwo"), (1e9, 1e9))
    os.utime(files.put("sub/data.csv", "x\n" * 1000), (1.1e9, 1.1e9))
    os.utime(files.put("image.png", b"\x89PNG\0\0"), (1.2e9, 1.2e9))
    files.put(".hidden", "x")
    when = [time.strftime("%Y-%m-%d %H:%M", time.localtime(at)) for at in (1e9, 1.1e9, 1.2e9)]
    observed = files.call("list_files")
    assert observed.text == (
        f"image.png, 6 bytes, {when[2]}\n"
        f"notes.txt, 7 bytes, 2 lines, {when[0]}\n"
        "sub/\n"
        f"sub/data.csv, 2000 bytes (2.0 KB), 1000 lines, {when[1]}\n"
        "Total: 3 files, 1 folder, 2013 bytes (2.0 KB). "
        "Largest: sub/data.csv. Newest: image.png."
    )
    assert observed.private
    assert not observed.untrusted
    assert files.ok("list_files", folder="sub").startswith("sub/data.csv, 2000 bytes")
    assert files.ok("list_files", folder="notes.txt") == f"notes.txt, 7 bytes, 2 lines, {when[0]}"
    assert "no 'absent'" in files.refused("list_files", folder="absent")


def test_an_empty_folder(files: Files) -> None:
    assert files.ok("list_files") == "Total: 0 files, 0 folders, 0 bytes."
    assert files.ok("list_files", details=True) == "Total: 0 files, 0 folders, 0 bytes."


def test_same_content_is_told_with_details(files: Files) -> None:
    files.put("a.txt", "same")
    files.put("b.txt", "other")
    text = files.ok("list_files", details=True)
    assert text.endswith("No two are the same.")
    assert "sha256 0967115f2813" in text
    files.put("c/d.txt", "same")
    assert files.ok("list_files", details=True).endswith("Same content: a.txt = c/d.txt.")


def test_a_long_listing_is_cut_and_counted_whole(files: Files) -> None:
    for number in range(300):
        files.put(f"file-{number:03}.txt", "x")
    text = files.ok("list_files")
    assert len(text) < MAX_SHOWN + 300
    shown = text.count("\nfile-") + 1
    assert f"… and {300 - shown} more" in text
    assert "Total: 300 files" in text


# read_file


def test_reading(files: Files) -> None:
    files.put("a.txt", "one\ntwo\r\nthree")
    observed = files.call("read_file", path="a.txt")
    assert observed.text == "a.txt, lines 1-3 of 3, 14 bytes\none\ntwo\nthree"
    assert observed.sources == ("a.txt:1-3",)
    assert observed.private
    assert files.ok("read_file", path="a.txt", start_line=3).endswith(
        "lines 3-3 of 3, 14 bytes\nthree"
    )
    assert "has 3 lines; there is no line 4" in files.refused(
        "read_file", path="a.txt", start_line=4
    )
    assert "count from 1" in files.refused("read_file", path="a.txt", start_line=0)
    files.put("empty.txt", "")
    assert files.ok("read_file", path="empty.txt") == "empty.txt is empty (0 bytes)."
    assert "Did you mean 'a.txt'?" in files.refused("read_file", path="a.tx")


def test_big_files_come_in_parts(files: Files) -> None:
    lines = [f"line {number} of many" for number in range(1, 3001)]
    files.put("big.txt", "\n".join(lines) + "\n")
    seen: list[str] = []
    start, parts = 1, 0
    while start:
        header, *text = files.ok("read_file", path="big.txt", start_line=start).split("\n")
        assert header.startswith(f"big.txt, lines {start}-")
        assert header.endswith(" of 3000, 51.7 KB")
        start = 0
        if "go on with read_file('big.txt', start_line=" in text[-1]:
            start = int(text.pop().rstrip(")").split("=")[1])
        seen += text
        parts += 1
    assert seen == lines
    assert 20 < parts < 40


def test_one_endless_line(files: Files) -> None:
    files.put("long.json", "x" * 300_000 + "\nsecond")
    text = files.ok("read_file", path="long.json")
    assert text.startswith("long.json, lines 1-1 of 2, 293.0 KB\nxxx")
    assert "line 1 is longer" in text
    assert text.endswith("start_line=2)")
    assert len(text) < 6_000


def test_a_huge_file_is_not_read_to_its_end(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nomoat.tools.files._COUNTED_PAGES", 1_000)
    files.put("big.txt", "some line\n" * 2_000)
    text = files.ok("read_file", path="big.txt")
    assert text.startswith("big.txt, lines 1-90, 19.5 KB\n")
    assert text.endswith("start_line=91)")
    assert files.ok("read_file", path="big.txt", start_line=91).startswith("big.txt, lines 91-340,")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "cp1251"])
def test_encodings(files: Files, encoding: str) -> None:
    text = (
        "Привет, мир: это обычный текст" if encoding == "cp1251" else "Grüße aus Köln: naïve café"
    )
    files.put("a.txt", text.encode(encoding))
    assert files.ok("read_file", path="a.txt").endswith(f"\n{text}")
    files.ok("append_file", path="a.txt", content=text)
    assert (files.root / "a.txt").read_bytes().decode(encoding) == f"{text}\n{text}"
    files.ok("edit_file", path="a.txt", old=text[:6], new="Neu")
    assert (files.root / "a.txt").read_bytes().decode(encoding).count("Neu") == 2


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", b"%PDF-1.7\nx", "a PDF document"),
        ("a.docx", b"PK\x03\x04\0\0", "a Word document"),
        ("a.xlsx", b"PK\x03\x04\0\0", "an Excel workbook"),
        ("a.zip", b"PK\x03\x04\0\0", "a ZIP archive"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0", "a PNG image"),
        ("a.bin", b"\0\1\2\3", "a binary file"),
        ("a", b"SQLite format 3\0", "an SQLite database"),
    ],
)
def test_what_is_no_text_is_named(files: Files, name: str, content: bytes, kind: str) -> None:
    files.put(name, content)
    for refused in (
        files.refused("read_file", path=name),
        files.refused("append_file", path=name, content="x"),
        files.refused("edit_file", path=name, old="a", new="b"),
    ):
        assert f"'{name}' is {kind} of {len(content)} bytes, not text." in refused
    assert (files.root / name).read_bytes() == content


def test_text_that_cannot_be_written_back_is_left_alone(files: Files) -> None:
    content = "Grüße".encode("utf-16-be")
    files.put("be.txt", b"\xfe\xff" + content)
    assert "Grüße" in files.ok("read_file", path="be.txt")
    assert "unclear" in files.refused("append_file", path="be.txt", content="x")
    assert (files.root / "be.txt").read_bytes() == b"\xfe\xff" + content


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (5 * 1024**2, "5.0 MB"),
        (3 * 1024**4, "3072.0 GB"),
    ],
)
def test_sizes_in_words(size: int, text: str) -> None:
    assert human(size) == text


@pytest.mark.parametrize(("text", "lines"), [("", 0), ("a", 1), ("a\n", 1), ("a\nb", 2), ("\n", 1)])
def test_counting_lines(text: str, lines: int) -> None:
    assert line_count(text) == lines
