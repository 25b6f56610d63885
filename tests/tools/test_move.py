"""Files moved, copied, deleted, and where they come to lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.tools.base import spec_of
from tests.tools.workspace_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


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
