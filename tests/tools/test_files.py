"""The tools for files, called as an agent calls them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nomoat.tools.base import spec_of
from nomoat.tools.files import MAX_SHOWN, file_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.text import human, line_count
from nomoat.tools.toolbox import Toolbox


class Files:
    """A workspace and its tools."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.toolbox = Toolbox(file_tools(Workspace(root)))

    def call(self, name: str, /, **arguments: Any) -> Observation:
        return self.toolbox.call(name, arguments)

    def ok(self, name: str, /, **arguments: Any) -> str:
        observed = self.call(name, **arguments)
        assert observed.ok, observed.text
        return observed.text

    def refused(self, name: str, /, **arguments: Any) -> str:
        observed = self.call(name, **arguments)
        assert not observed.ok
        return observed.text

    def preview(self, name: str, /, **arguments: Any) -> str:
        preview = spec_of(self.toolbox.get(name)).preview
        assert preview is not None
        return preview(arguments)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


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


# write, append, edit


def test_writing(files: Files) -> None:
    assert files.preview("write_file", path="new/report.txt", content="a\nb\n") == (
        "--- /dev/null\n+++ b/new/report.txt\n@@ -0,0 +1,2 @@\n+a\n+b"
    )
    observed = files.call("write_file", path="./new/report.txt", content="a\nb\n")
    assert observed.text == "Wrote 2 lines (4 bytes) to new/report.txt."
    assert observed.files == ("new/report.txt",)
    assert not observed.private
    assert files.preview("write_file", path="new/report.txt", content="a\nc\n") == (
        "--- a/new/report.txt\n+++ b/new/report.txt\n@@ -1,2 +1,2 @@\n a\n-b\n+c"
    )
    assert files.ok("write_file", path="new/report.txt", content="ü") == (
        "Wrote 1 line (2 bytes) to new/report.txt. It replaces what was there (4 bytes)."
    )
    assert (files.root / "new/report.txt").read_text() == "ü"
    assert "protected" in files.refused("write_file", path=".bashrc", content="x")
    assert "half a character" in files.refused("write_file", path="x", content="\ud83d")
    assert "outside" in files.refused("write_file", path="/etc/passwd", content="x")


def test_a_preview_never_fails(files: Files) -> None:
    files.put("a.bin", b"\0" * 2000)
    assert "-(2.0 KB, not shown)" in files.preview("write_file", path="a.bin", content="x")
    for name, arguments in (
        ("write_file", {"path": "../x", "content": "x"}),
        ("edit_file", {"path": "a.bin", "old": "x", "new": "y"}),
        ("edit_file", {"path": "a.bin"}),
        ("append_file", {"path": "absent/../x", "content": "x"}),
        ("move_file", {"source": "absent", "target": "x"}),
        ("delete_file", {"path": ".."}),
    ):
        assert files.preview(name, **arguments).startswith("This will fail: ")


def test_a_long_diff_is_cut(files: Files) -> None:
    files.put("a.txt", "".join(f"{number}\n" for number in range(100_000)))
    began = time.monotonic()
    diff = files.preview("edit_file", path="a.txt", old="50000\n", new="x\n")
    assert diff == "--- a/a.txt\n+++ b/a.txt\n@@ -50001,1 +50001,1 @@\n-50000\n+x"
    diff = files.preview("write_file", path="a.txt", content="y\n" * 1000)
    assert time.monotonic() - began < 5
    assert diff.count("\n") == 200
    assert diff.endswith("more lines")


def test_appending(files: Files) -> None:
    assert files.ok("append_file", path="log.txt", content="one") == "Added 1 line to log.txt."
    assert "+two" in files.preview("append_file", path="log.txt", content="two\nthree\n")
    files.ok("append_file", path="log.txt", content="two\nthree\n")
    observed = files.call("append_file", path="log.txt", content="four")
    assert (files.root / "log.txt").read_text() == "one\ntwo\nthree\nfour"
    assert observed.files == ("log.txt",)
    assert "nothing to add" in files.refused("append_file", path="log.txt", content="")
    files.put("dos.txt", "a\r\nb")
    files.ok("append_file", path="dos.txt", content="c\nd")
    assert (files.root / "dos.txt").read_bytes() == b"a\r\nb\r\nc\r\nd"


def test_appending_to_a_file_too_big_to_edit(files: Files) -> None:
    path = files.put("big.log", "entry\n" * 1_500_000 + "last")
    assert "+more" in files.preview("append_file", path="big.log", content="more")
    files.ok("append_file", path="big.log", content="more")
    assert path.read_bytes()[-14:] == b"ntry\nlast\nmore"
    assert path.stat().st_size == 6 * 1_500_000 + 9
    assert "are not edited" in files.refused("edit_file", path="big.log", old="last", new="x")


def test_editing(files: Files) -> None:
    files.put("a.txt", "alpha\nbeta\ngamma\nbeta\n")
    assert files.ok("edit_file", path="a.txt", old="gamma", new="delta") == (
        "Replaced the passage in a.txt (line 3)."
    )
    done = files.ok("edit_file", path="a.txt", old="beta\n", new="")
    assert done == "Replaced the passage in a.txt (2 places, lines 2, 4)."
    assert (files.root / "a.txt").read_text() == "alpha\ndelta\n"
    assert "empty" in files.refused("edit_file", path="a.txt", old="", new="x")
    assert "the same" in files.refused("edit_file", path="a.txt", old="alpha", new="alpha")
    assert "no 'absent.txt'" in files.refused("edit_file", path="absent.txt", old="a", new="b")


def test_a_passage_that_is_not_there_gets_the_closest_lines(files: Files) -> None:
    files.put("a.py", "def area(width):\n    return width * hight\n")
    refused = files.refused("edit_file", path="a.py", old="return width*height", new="x")
    assert refused.startswith(
        "'a.py' does not contain that passage exactly. The closest lines are:\n"
        "2:     return width * hight"
    )
    refused = files.refused("edit_file", path="a.py", old="§§§", new="x")
    assert "Read the file" in refused


def test_a_passage_in_other_capitals_is_meant_where_there_is_one(files: Files) -> None:
    files.put("a.txt", "Buy Milk\nbread and BREAD\n")
    files.ok("edit_file", path="a.txt", old="buy milk", new="Buy oats")
    assert (files.root / "a.txt").read_text() == "Buy oats\nbread and BREAD\n"
    files.ok("edit_file", path="a.txt", old="bread", new="cake")  # as it is written, first of all
    assert (files.root / "a.txt").read_text() == "Buy oats\ncake and BREAD\n"
    files.put("a.txt", "Bread and BREAD\n")
    files.refused("edit_file", path="a.txt", old="bread", new="cake")  # which one?


@pytest.fixture(scope="module")
def same_files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Made once for all examples of a property: tools with their schemas take a while to make."""
    return Files(tmp_path_factory.mktemp("same"))


@given(
    before=some.text(some.sampled_from("ab\nü "), max_size=30),
    old=some.text(some.sampled_from("ab\nü "), min_size=1, max_size=4),
    new=some.text(some.sampled_from("ab\nü "), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_editing_replaces_exactly_what_was_asked(
    same_files: Files, before: str, old: str, new: str
) -> None:
    files = same_files
    path = files.put("a.txt", before)
    preview = files.preview("edit_file", path="a.txt", old=old, new=new)
    observed = files.call("edit_file", path="a.txt", old=old, new=new)
    assert observed.ok == (old != new and old in before)
    assert path.read_text() == (before.replace(old, new) if observed.ok else before)
    assert preview.startswith("This will fail") != observed.ok


# find, move, copy, delete


def test_finding(files: Files) -> None:
    files.put("a.txt", "Invoice 12\nnothing\nold INVOICE 13\n")
    files.put("sub/b.txt", "the invoice\n")
    files.put("c.bin", b"invoice\0")
    observed = files.call("find_in_files", text="invoice")
    assert observed.text == (
        "3 lines in 2 files contain 'invoice':\na.txt:1: Invoice 12\na.txt:3: old INVOICE 13\n"
        "sub/b.txt:1: the invoice"
    )
    assert observed.sources == ("a.txt:1", "a.txt:3", "sub/b.txt:1")
    assert observed.private
    assert files.ok("find_in_files", text="invoice", folder="sub").startswith("1 line in 1 file ")
    assert files.ok("find_in_files", text="INV", folder="a.txt").startswith("2 lines in 1 file ")
    assert files.ok("find_in_files", text="absent") == "'absent' is in no file of the workspace."
    assert "at least 1 character" in files.refused("find_in_files", text="")
    assert "empty" in files.refused("find_in_files", text=" ")
    assert "no 'nowhere'" in files.refused("find_in_files", text="x", folder="nowhere")


def test_where_no_line_holds_the_text_those_with_all_its_words_are_found(files: Files) -> None:
    files.put("a.log", "2026-09-17 ERROR gateway timeout\n2026-09-18 ERROR gateway timeout\nok\n")
    assert files.ok("find_in_files", text="timeout 2026-09-17") == (
        "1 line in 1 file contains every word of 'timeout 2026-09-17', not one after the other:\n"
        "a.log:1: 2026-09-17 ERROR gateway timeout"
    )
    assert "3 lines" not in files.ok("find_in_files", text="ERROR gateway")  # as it stands
    assert "2 lines in 1 file contain 2 of the 3 words of" in files.ok(
        "find_in_files", text="gateway timed ERROR"
    )
    assert files.ok("find_in_files", text="no such thing").endswith(
        "is in no file of the workspace."
    )


def test_where_a_part_holds_nothing_the_rest_is_searched(files: Files) -> None:
    files.put("a.txt", "Invoice 12\n")
    files.put("sub/b.txt", "nothing\n")
    for folder in ("sub", "sub/b.txt"):
        observed = files.call("find_in_files", text="invoice", folder=folder)
        assert observed.text.startswith(f"'invoice' is not in {folder}. Everywhere: 1 line in ")
        assert observed.text.endswith("a.txt:1: Invoice 12")
        assert observed.sources == ("a.txt:1",)
    nowhere = files.ok("find_in_files", text="absent", folder="sub")
    assert nowhere.endswith("Everywhere: 'absent' is in no file of the workspace.")


def test_finding_with_regular_expressions(files: Files) -> None:
    files.put("a.txt", "x = 12\ny = ab\nTotal: 7\n")
    assert files.ok("find_in_files", text=r"= \d+$", regex=True) == (
        "1 line in 1 file contains '= \\\\d+$':\na.txt:1: x = 12"
    )
    assert "a.txt:3: Total: 7" in files.ok("find_in_files", text="^total", regex=True)
    assert (
        files.ok("find_in_files", text="= [", regex=False)
        == "'= [' is in no file of the workspace."
    )
    for pattern in ("(", "a{1000}{1000}{1000}", "(?<=x)y"):
        assert "no regular expression" in files.refused("find_in_files", text=pattern, regex=True)


def test_no_expression_makes_it_hang(files: Files) -> None:
    files.put("a.txt", "a" * 9_000 + "b\n")
    began = time.monotonic()
    files.ok("find_in_files", text="(a|aa)+$", regex=True)
    files.ok("find_in_files", text="(a*)*(a*)*c", regex=True)
    assert time.monotonic() - began < 5


def test_many_matches_are_cut_and_counted(files: Files) -> None:
    files.put("a.txt", "needle here\n" * 30_000)
    text = files.ok("find_in_files", text="needle")
    assert text.startswith("30000 lines in 1 file contain 'needle'; the first ")
    assert len(text) < MAX_SHOWN + 200
    files.put("a.txt", "x" * 5_000 + "NEEDLE" + "y" * 5_000)
    line = files.ok("find_in_files", text="needle").split("\n")[1]
    assert "NEEDLE" in line
    assert len(line) < 250


def test_moving_copying_deleting(files: Files) -> None:
    files.put("a.txt", "hello")
    (files.root / "docs").mkdir()
    assert files.preview("move_file", source="a.txt", target="docs") == (
        "Move a.txt (5 bytes) to docs/a.txt"
    )
    observed = files.call("move_file", source="a.txt", target="docs")
    assert (observed.text, observed.files) == ("Moved a.txt to docs/a.txt.", ("docs/a.txt",))
    assert files.ok("copy_file", source="docs/a.txt", target="new/") == (
        "Copied docs/a.txt to new/a.txt (5 bytes)."
    )
    assert (files.root / "new/a.txt").read_text() == "hello"
    assert "exists already" in files.refused("copy_file", source="docs/a.txt", target="new/a.txt")
    assert "exists already" in files.refused("move_file", source="docs/a.txt", target="new")
    assert files.preview("delete_file", path="new/a.txt") == "Delete new/a.txt (5 bytes)"
    assert files.ok("delete_file", path="new/a.txt") == "Deleted new/a.txt."
    assert not (files.root / "new/a.txt").exists()
    assert "folder" in files.refused("delete_file", path="docs")
    assert "no 'new/a.txt'" in files.refused("delete_file", path="new/a.txt")


@pytest.mark.parametrize(
    ("source", "target", "landing"),
    [
        ("invoice.txt", "2024", "2024/invoice.txt"),
        ("invoice.txt", "2024/", "2024/invoice.txt"),
        ("invoice.txt", "2024/march", "2024/march/invoice.txt"),
        ("invoice.txt", "docs", "docs/invoice.txt"),
        ("invoice.txt", ".", "invoice.txt"),
        ("docs/a.txt", ".", "a.txt"),
        ("invoice.txt", "new.md", "new.md"),
        ("invoice.txt", "2024/new.txt", "2024/new.txt"),
        ("invoice.txt", "Makefile", "Makefile"),  # a file that is there
        ("invoice.txt", "Invoice", "Invoice"),
        ("invoice.txt", ".env", ".env"),
        ("Makefile", "2024", "2024"),
        ("Makefile", "2024/", "2024/Makefile"),
        ("Makefile", "docs", "docs/Makefile"),
        ("v1.2", "old", "old"),  # a folder
        (".env", "env", "env"),
    ],
)
@pytest.mark.parametrize(("tool", "verb"), [("move_file", "Move"), ("copy_file", "Cop")])
def test_where_a_file_comes_to_lie(
    files: Files, tool: str, verb: str, source: str, target: str, landing: str
) -> None:
    for name in ("invoice.txt", "Makefile", "docs/a.txt", "v1.2/b.txt", ".env"):
        files.put(name, name)
    call = {"source": source, "target": target}
    targets = spec_of(files.toolbox.get(tool)).targets
    assert targets is not None
    assert targets(call)[-1] == landing
    if source == "v1.2" or (files.root / landing).exists():
        return  # not what this is about: folders are not copied, and nothing is replaced
    assert files.preview(tool, **call).endswith(f" to {landing}")
    observed = files.call(tool, **call)
    assert observed.ok, observed.text
    assert observed.files == (landing,)
    assert f" to {landing}" in observed.text
    assert observed.text.startswith(verb)
    assert (files.root / landing).read_text() == source


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


def test_a_name_that_also_stands_in_another_form_is_pointed_out(files: Files) -> None:
    text = "Present: Odile Marchand.\nOdile Marchand reports.\nThanks to Ms Marchand.\n"
    files.put("minutes.md", text)
    seen = files.ok("edit_file", path="minutes.md", old="Odile Marchand", new="Odile Marchand-Roy")
    assert "2 places, lines 1, 2" in seen
    assert "3: Thanks to Ms Marchand." in seen
    seen = files.ok("edit_file", path="minutes.md", old="Ms Marchand", new="Ms Marchand-Roy")
    assert "stands" not in seen


def test_what_is_taken_out_or_replaced_whole_points_to_nothing(files: Files) -> None:
    files.put("list.txt", "olive oil\nolive bread\nflour and yeast\n")
    assert "bread" not in files.ok("edit_file", path="list.txt", old="olive oil\n", new="")
    assert "yeast" not in files.ok("edit_file", path="list.txt", old="flour", new="rye flour")
