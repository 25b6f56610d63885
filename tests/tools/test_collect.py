"""Lines collected from all files into one, called as an agent calls the tool."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nomoat.tools import collect
from nomoat.tools.base import spec_of
from nomoat.tools.find import LONGEST
from tests.tools.workspace_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def written(files: Files, name: str = "found.md") -> str:
    return (files.root / name).read_text()


def test_lines_are_collected_with_where_they_stand(files: Files) -> None:
    files.put("a.py", "x = 1\n    # TODO: tidy up  \n# todo, later\n")
    files.put("src/b.py", "# TODO\n")
    files.put("c.bin", b"TODO\0")
    files.put(".git/d", "TODO\n")
    observed = files.call("collect_lines", text="TODO", target="found.md")
    assert observed.text == (
        "Wrote to found.md the 3 lines that mention 'TODO', from 2 files: a.py (2), src/b.py (1)."
    )
    assert written(files) == (
        "- a.py:2: # TODO: tidy up\n- a.py:3: # todo, later\n- src/b.py:1: # TODO\n"
    )
    assert (observed.files, observed.sources) == (("found.md",), ("a.py", "src/b.py"))
    assert observed.private
    assert not observed.untrusted
    one = files.ok("collect_lines", text="TODO", target="new/b.txt", folder="src")
    assert one == "Wrote to new/b.txt the 1 line that mentions 'TODO', from 1 file: src/b.py (1)."


def test_a_table_has_file_line_and_text(files: Files) -> None:
    files.put("a.txt", 'Anna said "no", twice\nBen\tand Anna\n')
    for name, delimiter in (("found.csv", ","), ("found.tsv", "\t")):
        files.ok("collect_lines", text="Anna", target=name, folder="a.txt")
        with (files.root / name).open(newline="") as file:
            assert list(csv.reader(file, delimiter=delimiter)) == [
                ["file", "line", "text"],
                ["a.txt", "1", 'Anna said "no", twice'],
                ["a.txt", "2", "Ben\tand Anna"],
            ]


@pytest.mark.parametrize(
    ("text", "line", "holds"),
    [
        ("anna", "Anna's hat", True),
        ("Anna", "Annabel", False),
        ("Anna", "Johanna", False),
        ("Anna Berg", "anna   BERG called", True),
        ("Anna Berg", "Anna and Berg", False),
        ("STRASSE", "Die Straße", True),
        ("TODO:", "# todo:tidy", True),
        ("C++", "written in C++.", True),
        ("#tag", "a#tag", True),
        ("a.b", "axb", False),
        ("7", "17 or 70", False),
    ],
)
def test_a_text_is_meant_as_whole_words(files: Files, text: str, line: str, holds: bool) -> None:
    files.put("a.txt", f"{line}\n")
    assert files.call("collect_lines", text=text, target="found.md").ok is holds


def test_the_target_is_not_read_itself(files: Files) -> None:
    files.put("a.txt", "the boiler\n")
    files.put("found.md", "old boiler\n")
    text = files.ok("collect_lines", text="boiler", target="./found.md")
    assert text.endswith("from 1 file: a.txt (1). It replaces what was there.")
    assert written(files) == "- a.txt:1: the boiler\n"
    again = files.refused("collect_lines", text="boiler", target="found.md")
    assert "exactly this text already" in again


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"text": "absent"}, "No line mentions 'absent': nothing was written."),
        ({"text": "absent", "folder": "sub"}, "No line in sub mentions 'absent'"),
        ({"text": "boil"}, "No line mentions 'boil'"),
        ({"text": ""}, "at least 1 character"),
        ({"text": "  "}, "is empty"),
        ({"folder": "nowhere"}, "no 'nowhere'"),
        ({"folder": "../other"}, "contains '..'"),
        ({"target": "../new.md"}, "contains '..'"),
        ({"target": ".bashrc"}, "protected"),
        ({"target": "sub"}, "is a folder"),
        ({"target": "new/"}, "is a folder"),
        ({"target": "new.xlsx"}, "cannot be written to a .xlsx file"),
    ],
)
def test_what_cannot_be_collected_writes_nothing(
    files: Files, arguments: dict[str, Any], said: str
) -> None:
    files.put("sub/a.txt", "the boiler\n")
    call = {"text": "boiler", "target": "found.md"} | arguments
    assert said in files.refused("collect_lines", **call)
    assert [path.name for path in files.root.rglob("*") if path.is_file()] == ["a.txt"]
    assert (
        files.preview("collect_lines", **call).startswith("This will fail: ") or call["text"] == ""
    )


def test_a_preview_shows_what_would_be_written(files: Files) -> None:
    files.put("a.txt", "the boiler\n")
    call = {"text": "boiler", "target": "found.md"}
    assert files.preview("collect_lines", **call) == (
        "--- /dev/null\n+++ b/found.md\n@@ -0,0 +1 @@\n+- a.txt:1: the boiler"
    )
    assert not (files.root / "found.md").exists()
    assert files.preview("collect_lines").startswith("This will fail: ")


def test_what_is_written_and_what_is_only_read(files: Files) -> None:
    files.put("a.txt", "")
    files.put("sub/b.txt", "")
    files.put("found.md", "")
    spec = spec_of(files.toolbox.get("collect_lines"))
    assert spec.targets is not None
    assert spec.reads is not None
    call = {"text": "x", "target": "./found.md"}
    assert spec.targets(call) == ["found.md"]
    assert spec.reads(call) == ["a.txt", "sub/b.txt"]
    assert spec.reads(call | {"folder": "sub"}) == ["sub/b.txt"]
    assert spec.reads(call | {"folder": "../x"}) == ["../x"]
    assert spec.reads({}) == ["a.txt", "found.md", "sub/b.txt"]


def test_too_much_is_not_written_in_part(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    files.put("a.txt", "the boiler\n" * 20)
    monkeypatch.setattr(collect, "MAX_EDITED", 100)
    assert "lines mention 'boiler': nothing was written" in files.refused(
        "collect_lines", text="boiler", target="found.md"
    )
    monkeypatch.setattr(collect, "MAX_SEARCHED", 100)
    assert "to look through: nothing was written" in files.refused(
        "collect_lines", text="absent", target="found.md"
    )
    assert not (files.root / "found.md").exists()


def test_many_files_are_counted_and_a_long_line_is_cut(files: Files) -> None:
    for number in range(22):
        files.put(f"{number:02}.txt", "boiler\n")
    files.put("long.txt", "boiler " + "x" * LONGEST)
    text = files.ok("collect_lines", text="boiler", target="found.md")
    assert text.endswith("19.txt (1) and 3 more files.")
    last = written(files).splitlines()[-1]
    assert last.startswith("- long.txt:1: boiler xxx")
    assert last.endswith("x…")
    assert len(last) < LONGEST + 50


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Made once for all examples of a property: tools with their schemas take a while to make."""
    return Files(tmp_path_factory.mktemp("collect"))


lines = some.lists(some.text("abA -.", max_size=8), max_size=6)


@settings(max_examples=60)
@given(texts=some.tuples(lines, lines), text=some.sampled_from(["a", "ab", "B a", "A-b"]))
def test_every_line_that_holds_the_text_is_there_and_no_other(
    same: Files, texts: tuple[list[str], list[str]], text: str
) -> None:
    expected = []
    for name, of_file in zip(("one.txt", "two.txt"), texts, strict=True):
        same.put(name, "".join(f"{line}\n" for line in of_file))
        expected += [
            f"- {name}:{number}: {line.strip()}"
            for number, line in enumerate(of_file, 1)
            if holds(line, text)
        ]
    (same.root / "found.md").unlink(missing_ok=True)
    observed = same.call("collect_lines", text=text, target="found.md")
    assert observed.ok is bool(expected), observed.text
    assert (written(same).splitlines() if expected else []) == expected


def holds(line: str, text: str) -> bool:
    """Whether a text stands somewhere in a line with no letter at either end."""
    line, text = " ".join(line.casefold().split()), text.casefold()
    ends = [
        (line[:at], line[at + len(text) :]) for at in range(len(line)) if line[at:].startswith(text)
    ]
    return any(not before[-1:].isalpha() and not after[:1].isalpha() for before, after in ends)
