"""Which files are taken, under which names, and why others are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nomoat.memory.errors import UsageError
from nomoat.memory.select import Selection, files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("notes/b.md", "notes/a.md", "notes/deep/c.txt", "top.txt"):
        write(tmp_path / name, "text")
    return tmp_path


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def names(selection: Selection) -> list[str]:
    return [found.name for found in selection.files]


def test_a_folder_means_its_files_by_name(folder: Path) -> None:
    selection = files(["notes"])
    assert names(selection) == ["notes/a.md", "notes/b.md", "notes/deep/c.txt"]
    assert selection.files[0].path == folder / "notes/a.md"
    assert selection.skipped == {}


def test_names_are_as_the_person_gave_them(folder: Path) -> None:
    assert names(files(["./notes/"])) == names(files(["notes"]))
    assert names(files([folder / "notes"]))[0] == str(folder / "notes/a.md")
    assert names(files(["."])) == ["top.txt", "notes/a.md", "notes/b.md", "notes/deep/c.txt"]
    assert names(files(["top.txt"])) == ["top.txt"]


def test_a_file_is_taken_once(folder: Path) -> None:
    assert names(files(["notes/b.md", "notes", folder / "notes"])) == [
        "notes/b.md",
        "notes/a.md",
        "notes/deep/c.txt",
    ]


def test_patterns(folder: Path) -> None:
    assert names(files(["notes/*.md"])) == ["notes/a.md", "notes/b.md"]
    assert names(files(["**/*.txt"])) == ["notes/deep/c.txt", "top.txt"]
    assert names(files(["no*"])) == ["notes/a.md", "notes/b.md", "notes/deep/c.txt"]
    write(folder / "notes/[draft].md", "a name with signs of a pattern")
    assert names(files(["notes/[draft].md"])) == ["notes/[draft].md"]


@pytest.mark.parametrize("given", ["none.txt", "none/*.md", "notes/*.pdf"])
def test_what_matches_nothing_is_an_error(folder: Path, given: str) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        files([given])


def test_what_is_left_out_is_counted(folder: Path) -> None:
    write(folder / "notes/.hidden.md", "x")
    write(folder / "notes/.git/config", "x")
    write(folder / "notes/photo.md", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    write(folder / "notes/lib.jar", b"PK\x03\x04" + bytes(30))
    write(folder / "notes/empty.md", "")
    os.mkfifo(folder / "notes/pipe")
    (folder / "notes/link.md").symlink_to(folder / "top.txt")
    (folder / "notes/up").symlink_to(folder)
    selection = files(["notes"])
    assert names(selection) == ["notes/a.md", "notes/b.md", "notes/deep/c.txt"]
    assert selection.skipped == {"hidden": 2, "binary": 2, "empty": 1, "special": 1, "link": 2}


def test_documents_that_are_not_text_are_taken(folder: Path) -> None:
    write(folder / "docs/a.pdf", b"%PDF-1.7\n\0\0")
    write(folder / "docs/b.docx", b"PK\x03\x04" + bytes(30))
    write(folder / "docs/c.doc", b"\xd0\xcf\x11\xe0" + bytes(30))
    write(folder / "docs/d.txt", "Grüße".encode("utf-16"))
    assert len(files(["docs"]).files) == 4


def test_a_file_that_is_named_is_taken_whatever_it_is(folder: Path) -> None:
    write(folder / ".hidden", "x")
    write(folder / "photo.png", bytes(100))
    assert names(files([".hidden", "photo.png"])) == [".hidden", "photo.png"]


def test_gitignore_is_honoured_as_git_does(folder: Path) -> None:
    write(folder / "notes/.gitignore", "*.log\n/build/\n!keep.log\nb.md\n")
    for name in ("x.log", "keep.log", "build/x.txt", "deep/build/y.txt", "deep/z.log"):
        write(folder / "notes" / name, "x")
    write(folder / "notes/deep/.gitignore", "!z.log\nc.txt\n")
    selection = files(["notes"])
    assert names(selection) == [
        "notes/a.md",
        "notes/keep.log",
        "notes/deep/z.log",
        "notes/deep/build/y.txt",
    ]
    assert selection.skipped == {"hidden": 2, "ignored": 4}


def test_gitignore_of_the_repository_above_holds_too(folder: Path) -> None:
    write(folder / ".gitignore", "notes/deep/\n*.md\n")
    assert len(files(["notes"]).files) == 3  # no repository, so this file is not git's
    (folder / ".git").mkdir()
    assert names(files(["notes"])) == []


def test_exclude_holds_for_folders_patterns_and_files(folder: Path) -> None:
    write(folder / "notes/.gitignore", "!c.txt\n")
    assert names(files(["notes"], exclude=["deep/", "b.*"])) == ["notes/a.md"]
    assert names(files(["notes", "top.txt"], exclude=["*.txt"])) == ["notes/a.md", "notes/b.md"]
    assert names(files(["notes/*.md"], exclude=["a.md"])) == ["notes/b.md"]
    assert files(["notes"], exclude=["deep/", "b.*"]).skipped == {"excluded": 2, "hidden": 1}


def test_a_folder_that_cannot_be_read_is_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def closed(path: str | Path) -> object:
        if Path(path).name == "deep":
            raise PermissionError
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    selection = files(["notes"])
    assert names(selection) == ["notes/a.md", "notes/b.md"]
    assert selection.skipped == {"unreadable": 1}


def test_a_deep_tree_is_walked(folder: Path) -> None:
    path = folder / "tree"
    for _ in range(400):
        path /= "d"
    write(path / "x.md", "x")
    assert len(files(["tree"]).files) == 1
