"""Lines found in all files of a workspace."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nomoat.tools.files import MAX_SHOWN
from tests.tools.workspace_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


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
