"""Files as they were before a run, except where a person has changed them since."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.agent.decision import ToolCall
from nomoat.agent.errors import UsageError
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import Once
from nomoat.agent.trust.undo import undo
from nomoat.tools.base import tool
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.toolbox import Toolbox


class Acting:
    """A run of calls on a workspace."""

    def __init__(self, folder: Path, tools: Any = ()) -> None:
        (folder / "work").mkdir()
        (folder / "run").mkdir()
        self.root, self.run, self.n = folder / "work", folder / "run", 0
        self.work = Workspace(self.root)
        toolbox = Toolbox([*file_tools(self.work), *tools])
        self.once = Once(toolbox, self.work, Journal(self.run))

    def anew(self, run: Path) -> Acting:
        """Another run in the same workspace, which is emptied; the tools are not made again."""
        for file in self.root.iterdir():
            file.unlink()
        other = copy(self)
        other.run, other.n = run, 0
        other.once = Once(self.once.toolbox, self.work, Journal(run))
        return other

    def __call__(self, name: str, **args: Any) -> None:
        self.n += 1
        self.once.call(self.n, ToolCall(name, args))

    def undo(self, step: int | None = None) -> dict[str, str]:
        return {one.path: one.outcome for one in undo(Journal(self.run), self.work, step)}

    def files(self) -> dict[str, str]:
        return {
            str(file.relative_to(self.root)): file.read_text()
            for file in sorted(self.root.rglob("*"))
            if file.is_file()
        }


@pytest.fixture
def act(tmp_path: Path) -> Acting:
    return Acting(tmp_path)


def test_a_run_is_undone(act: Acting) -> None:
    (act.root / "old.txt").write_text("old\n")
    (act.root / "gone.txt").write_text("gone\n")
    (act.root / "moved.txt").write_text("moved\n")
    before = act.files()
    act("write_file", path="new.txt", content="x\n")
    act("write_file", path="old.txt", content="x\n")
    act("append_file", path="old.txt", content="y\n")
    act("edit_file", path="old.txt", old="y", new="z")
    act("delete_file", path="gone.txt")
    act("move_file", source="moved.txt", target="sub/moved.txt")
    act("copy_file", source="old.txt", target="copy.txt")
    act("copy_file", source="old.txt", target="kept")
    act("move_file", source="copy.txt", target="2024")
    act("join_files", sources=["old.txt", "new.txt"], target="both.txt")
    act("collect_lines", text="z", target="found.md")
    assert act.files()["both.txt"] == "x\nz\nx\n"
    assert act.files()["found.md"].count("\n") == 4
    assert act.files() != before
    assert act.undo() == {
        "new.txt": "removed",
        "old.txt": "restored",
        "gone.txt": "restored",
        "moved.txt": "restored",
        "sub/moved.txt": "removed",
        "kept/old.txt": "removed",
        "2024/copy.txt": "removed",
        "both.txt": "removed",
        "found.md": "removed",
    }
    assert act.files() == before
    assert set(act.undo().values()) == {"as it was"}


def test_what_a_person_changed_since_is_not_touched(act: Acting) -> None:
    (act.root / "a.txt").write_text("a\n")
    (act.root / "b.txt").write_text("b\n")
    act("write_file", path="a.txt", content="x\n")
    act("write_file", path="b.txt", content="x\n")
    act("write_file", path="new.txt", content="x\n")
    (act.root / "a.txt").write_text("mine\n")
    (act.root / "new.txt").unlink()
    assert act.undo() == {"a.txt": "changed since", "b.txt": "restored", "new.txt": "as it was"}
    assert act.files() == {"a.txt": "mine\n", "b.txt": "b\n"}


def test_back_to_before_a_step(act: Acting) -> None:
    for n in range(1, 5):
        act("write_file", path="a.txt", content=f"{n}\n")
    assert act.undo(3) == {"a.txt": "restored"}
    assert act.files() == {"a.txt": "2\n"}
    assert act.undo(2) == {"a.txt": "restored"}  # what an undo left is not a person's change
    assert act.files() == {"a.txt": "1\n"}
    assert act.undo() == {"a.txt": "removed"}


def test_a_step_without_effects_is_no_step_to_undo(act: Acting) -> None:
    act("write_file", path="a.txt", content="x\n")
    act("read_file", path="a.txt")
    with pytest.raises(UsageError, match="Step 2") as caught:
        act.undo(2)
    assert "1" in caught.value.hint


def test_a_folder_that_was_moved_comes_back(act: Acting) -> None:
    (act.root / "in").mkdir()
    (act.root / "in/a.txt").write_text("a\n")
    act("move_file", source="in", target="out")
    assert act.files() == {"out/a.txt": "a\n"}
    assert act.undo() == {"in": "restored"}
    assert act.files() == {"in/a.txt": "a\n"}
    assert act.undo() == {"in": "as it was"}


def test_a_step_that_never_ended_is_unknown(tmp_path: Path) -> None:
    @tool(effects="write", targets=lambda a: [a["path"]])
    def half(path: str) -> str:
        """Write, and end the process."""
        (tmp_path / "work" / path).write_text("half")
        raise KeyboardInterrupt

    act = Acting(tmp_path, [half])
    (act.root / "a.txt").write_text("a\n")
    with pytest.raises(KeyboardInterrupt):
        act("half", path="a.txt")
    assert act.undo() == {"a.txt": "unknown"}
    assert act.files() == {"a.txt": "half"}


def test_what_a_foreign_tool_names_is_kept_before_it_writes(tmp_path: Path) -> None:
    @tool(effects="write", targets=lambda a: [a["path"]])
    def scribble(path: str) -> str:
        """Write without the workspace."""
        (tmp_path / "work" / path).write_text("scribbled")
        return "done"

    act = Acting(tmp_path, [scribble])
    (act.root / "a.txt").write_text("a\n")
    act("scribble", path="a.txt")
    assert act.undo() == {"a.txt": "restored"}
    assert act.files() == {"a.txt": "a\n"}


def test_an_image_that_is_damaged_restores_nothing(act: Acting) -> None:
    (act.root / "a.txt").write_text("a\n")
    act("write_file", path="a.txt", content="x\n")
    for image in (act.run / "before").iterdir():
        image.write_text("evil")
    assert act.undo() == {"a.txt": "not kept"}
    assert act.files() == {"a.txt": "x\n"}


def test_a_file_that_is_too_big_is_changed_and_told(
    act: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomoat.agent.trust.once.MAX_KEPT", 3)
    (act.root / "big.txt").write_text("too big\n")
    act("write_file", path="big.txt", content="x\n")
    assert act.undo() == {"big.txt": "not kept"}
    assert [one.why for one in undo(Journal(act.run), act.work)] == ["it was larger than 256 MiB"]
    assert act.files() == {"big.txt": "x\n"}


def test_links_and_protected_names_are_not_restored_through(act: Acting, tmp_path: Path) -> None:
    act("write_file", path="a.txt", content="x\n")
    (act.root / "a.txt").unlink()
    (tmp_path / "outside").write_text("x\n")
    (act.root / "a.txt").symlink_to(tmp_path / "outside")
    act.undo()
    assert (tmp_path / "outside").read_text() == "x\n"


calls = st.lists(
    st.one_of(
        st.tuples(st.just("write_file"), st.sampled_from("abc"), st.text("xyz\n", max_size=5)),
        st.tuples(st.just("append_file"), st.sampled_from("abc"), st.text("xyz\n", min_size=1)),
        st.tuples(st.just("delete_file"), st.sampled_from("abc")),
        st.tuples(st.just("move_file"), st.sampled_from("abc"), st.sampled_from("abcd")),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Acting:
    """Made once for all examples of a property: tools with their schemas take a while to make."""
    return Acting(tmp_path_factory.mktemp("same"))


@settings(max_examples=30)
@given(first=st.dictionaries(st.sampled_from("abc"), st.text("123\n", max_size=4)), made=calls)
def test_every_run_of_file_calls_can_be_undone(
    tmp_path_factory: pytest.TempPathFactory,
    same: Acting,
    first: dict[str, str],
    made: list[tuple[str, ...]],
) -> None:
    act = same.anew(tmp_path_factory.mktemp("undo"))
    for name, text in first.items():
        (act.root / name).write_text(text)
    before = act.files()
    names = {"write_file": ("path", "content"), "append_file": ("path", "content")}
    for name, *args in made:
        keys = names.get(name, ("source", "target") if name == "move_file" else ("path",))
        act(name, **dict(zip(keys, args, strict=True)))
    act.undo()
    assert act.files() == before
