"""Changing the text of files: written, added to, edited, and shown before."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.tools.workspace_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


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
        "Wrote 1 line (2 bytes) to new/report.txt. It replaces what was there (4 bytes). Changed:\n"
        "- a\n- b\n+ ü"
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
    assert (files.root / "log.txt").read_text() == "one\ntwo\nthree\nfour\n"
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
