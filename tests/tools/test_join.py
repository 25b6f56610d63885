"""Text files joined into one, called as an agent calls the tool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from nomoat.tools.base import spec_of
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox


class Files:
    """A workspace, and `join_files` in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.toolbox = Toolbox(file_tools(Workspace(root)))
        self.spec = spec_of(self.toolbox.get("join_files"))

    def put(self, **contents: str | bytes) -> None:
        for name, content in contents.items():
            data = content if isinstance(content, bytes) else content.encode()
            (self.root / f"{name}.txt").write_bytes(data)

    def join(self, *sources: str, target: str = "all.txt") -> Observation:
        return self.toolbox.call("join_files", {"sources": list(sources), "target": target})

    def joined(self, *sources: str) -> bytes:
        observed = self.join(*sources)
        assert observed.ok, observed.text
        return (self.root / "all.txt").read_bytes()

    def refused(self, *sources: str, target: str = "all.txt") -> str:
        before = sorted(self.root.rglob("*"))
        observed = self.join(*sources, target=target)
        assert not observed.ok
        assert sorted(self.root.rglob("*")) == before
        return observed.text


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_files_are_joined_in_the_order_they_are_named(files: Files) -> None:
    files.put(one="first\nsecond", two="third\n\n", three="")
    observed = files.join("two.txt", "three.txt", "one.txt", target="books/all.txt")
    assert observed.text == (
        "Joined 3 files into books/all.txt (4 lines, 20 bytes): two.txt (2 lines), "
        "three.txt (0 lines), one.txt (2 lines)."
    )
    assert (observed.files, observed.private) == (("books/all.txt",), True)
    assert (files.root / "books/all.txt").read_text() == "third\n\nfirst\nsecond\n"
    assert (files.root / "one.txt").read_text() == "first\nsecond"


def test_a_preview_says_what_is_joined_and_what_it_replaces(files: Files) -> None:
    files.put(one="1\n", two="22\n")
    call: dict[str, Any] = {"sources": ["one.txt", "two.txt"], "target": "all.txt"}
    assert files.spec.preview is not None
    assert files.spec.preview(call) == (
        "Join into all.txt:\n  one.txt (2 bytes)\n  two.txt (3 bytes)"
    )
    files.put(all="old")
    assert files.spec.preview(call).startswith(
        "Join into all.txt, in place of what was there (3 bytes):\n"
    )
    assert "in place of what was there (3 bytes)" in files.join("one.txt", "two.txt").text
    assert (files.root / "all.txt").read_text() == "1\n22\n"
    assert files.spec.preview(call | {"target": "one.txt"}).startswith("This will fail: ")
    assert files.spec.preview({}).startswith("This will fail: ")


def test_the_files_there_are_can_be_chosen(files: Files) -> None:
    def sources() -> dict[str, Any]:
        found: dict[str, Any] = files.toolbox.schema("join_files")["properties"]["sources"]
        return found

    assert sources()["items"] == {"type": "string"}
    files.put(one="", two="")
    assert sources()["items"] == {"type": "string", "enum": ["one.txt", "two.txt"]}
    assert sources()["type"] == "array"


def test_what_is_written_and_what_is_only_read(files: Files) -> None:
    files.put(a2="", a10="")
    call: dict[str, Any] = {"sources": ["a*.txt", "./b.txt"], "target": f"{files.root}/new/./c.txt"}
    assert files.spec.targets is not None
    assert files.spec.reads is not None
    assert files.spec.targets(call) == ["new/c.txt"]
    assert files.spec.reads(call) == ["a2.txt", "a10.txt", "b.txt"]
    assert files.spec.reads({"sources": ["../b.txt"], "target": "c"}) == ["../b.txt"]
    assert files.spec.reads({}) == []


def test_a_pattern_stands_for_files_in_the_order_of_their_numbers(files: Files) -> None:
    files.put(**{f"chapter-{n}": f"{n}" for n in (1, 2, 10)}, all="old", other="x")
    (files.root / "drafts").mkdir()
    (files.root / "drafts/chapter-3.txt").write_text("3")
    assert files.joined("chapter-*.txt") == b"1\n2\n10\n"
    assert files.joined("other.txt", "chapter-[12].txt") == b"x\n1\n2\n"
    assert files.joined("*.txt") == b"1\n2\n10\nx\n"  # without the file they are joined into
    assert files.joined("*/*.txt", "other.txt") == b"3\nx\n"
    assert "No file fits 'part-*.txt'" in files.refused("part-*.txt", target="new.txt")


def test_a_file_whose_name_looks_like_a_pattern_is_meant_itself(files: Files) -> None:
    files.put(**{"a[1]": "bracket", "a1": "plain"})
    assert files.joined("a[1].txt", "a1.txt") == b"bracket\nplain\n"


@pytest.mark.parametrize(
    ("sources", "target", "said"),
    [
        (["one.txt"], "new.txt", "less than two"),
        ([], "new.txt", "less than two"),
        (["one.txt", "two.txt", "./one.txt"], "new.txt", "named twice"),
        (["one.txt", "two.txt"], "two.txt", "one of the files to be joined"),
        (["one.txt", "no.txt"], "new.txt", "no 'no.txt'"),
        (["one.txt", "folder"], "new.txt", "is a folder"),
        (["one.txt", "picture.txt"], "new.txt", "a PNG image"),
        (["one.txt", "zeros.txt"], "new.txt", "a binary file"),
        (["one.txt", "../two.txt"], "new.txt", "contains '..'"),
        (["one.txt", "two.txt"], "../new.txt", "contains '..'"),
        (["one.txt", "two.txt"], ".bashrc", "protected"),
        (["one.txt", "two.txt"], "folder", "Name the new file"),
        (["one.txt", "two.txt"], "new/", "Name the new file"),
    ],
)
def test_what_cannot_be_joined(files: Files, sources: list[str], target: str, said: str) -> None:
    files.put(one="1", two="2", picture=b"\x89PNG\r\n", zeros=b"a\0b")
    (files.root / "folder").mkdir()
    assert said in files.refused(*sources, target=target)


def test_line_ends_stay_and_a_missing_one_is_as_the_others_of_its_file(files: Files) -> None:
    files.put(dos="a\r\nb", unix="c\nd")
    assert files.joined("dos.txt", "unix.txt") == b"a\r\nb\r\nc\nd\n"


UMLAUTS = "Die Straße führt über die Brücke nach Süden, und schöne Grüße aus Köln.\n" * 5


def test_different_encodings_become_one(files: Files) -> None:
    files.put(
        old=UMLAUTS.encode("cp1252"),
        new=UMLAUTS,
        mark=UMLAUTS.encode("utf-8-sig"),
        wide=UMLAUTS.encode("utf-16"),
    )
    assert files.joined("mark.txt", "old.txt", "new.txt", "wide.txt") == (UMLAUTS * 4).encode()
    assert "Converted to UTF-8: old.txt (from cp1252), wide.txt (from utf-16)." in (
        files.join("mark.txt", "old.txt", "new.txt", "wide.txt").text
    )


def test_one_encoding_stays_to_the_byte(files: Files) -> None:
    data = UMLAUTS.encode("cp1252")
    files.put(one=data, two=data, none="")
    assert files.joined("one.txt", "none.txt", "two.txt") == data * 2
    assert "Converted" not in files.join("one.txt", "none.txt", "two.txt").text


def test_marks_stand_nowhere_in_the_middle(files: Files) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        files.put(one="ä".encode(encoding), two="ö\n".encode(encoding))
        assert files.joined("one.txt", "two.txt") == "ä\nö\n".encode()


def test_an_encoding_that_turns_out_to_be_another_joins_nothing(files: Files) -> None:
    files.put(wide="ä".encode("utf-16"), odd="ä".encode("utf-16")[:-1])
    assert "unclear" in files.refused("wide.txt", "odd.txt")


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Made once for all examples of a property: tools with their schemas take a while to make."""
    return Files(tmp_path_factory.mktemp("join"))


@settings(max_examples=40)
@given(texts=some.lists(some.text("ab é\r\n", max_size=12), min_size=2, max_size=5))
def test_every_text_is_there_as_it_was(same: Files, texts: list[str]) -> None:
    files = same
    files.put(**{f"part{n}": text for n, text in enumerate(texts)})
    rest = files.joined(*(f"part{n}.txt" for n in range(len(texts)))).decode()
    for text in texts:
        assert rest.startswith(text)
        rest = rest.removeprefix(text)
        if text and not text.endswith("\n"):
            assert rest.startswith(("\n", "\r\n"))
            rest = rest[rest.index("\n") + 1 :]
    assert not rest
