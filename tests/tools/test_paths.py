"""The file jail row of the threat model: nothing a tool names leads out of the workspace."""

from __future__ import annotations

import ctypes
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from nomoat.memory.errors import UsageError
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.names import is_usable, parse, refuse_protected
from nomoat.tools.guard.paths import Workspace

CANARY = b"canary: only outside the workspace"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_bytes(CANARY)
    return folder


@pytest.fixture
def root(tmp_path: Path, outside: Path) -> Path:
    folder = tmp_path / "ws"
    folder.mkdir()
    (tmp_path / "ws-evil").mkdir()
    (tmp_path / "ws-evil" / "secret.txt").write_bytes(CANARY)
    return folder


@pytest.fixture
def workspace(root: Path, outside: Path) -> Iterator[Workspace]:
    yield Workspace(root)
    assert (outside / "secret.txt").read_bytes() == CANARY
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    assert (root.parent / "ws-evil" / "secret.txt").read_bytes() == CANARY


def refuses_everything(workspace: Workspace, name: str) -> None:
    workspace.write_bytes("mine.txt", b"mine")
    for attempt in (
        lambda: workspace.read_bytes(name),
        lambda: workspace.write_bytes(name, b"overwritten"),
        lambda: workspace.append_bytes(name, b"added"),
        lambda: workspace.remove(name),
        lambda: workspace.move(name, "stolen.txt"),
        lambda: workspace.move("mine.txt", name),
    ):
        with pytest.raises(ToolError):
            attempt()
    workspace.remove("mine.txt")


def test_reads_and_writes_inside(workspace: Workspace, root: Path) -> None:
    workspace.write_bytes("a/b/c.txt", b"hello")
    assert (root / "a/b/c.txt").read_bytes() == b"hello"
    assert workspace.read_bytes("./a//b/c.txt") == b"hello"
    assert workspace.read_bytes("a/b/c.txt", offset=1, limit=3) == b"ell"
    assert workspace.read_bytes(str(root / "a/b/c.txt")) == b"hello"
    workspace.append_bytes("a/b/c.txt", b" there")
    workspace.append_bytes("new.txt", b"first")
    assert workspace.read_bytes("a/b/c.txt") == b"hello there"
    assert workspace.stat("a/b/c.txt").size == 11
    assert workspace.exists("new.txt")
    assert not workspace.exists("absent.txt")
    assert workspace.is_folder("a")
    assert workspace.is_folder("")
    assert not workspace.is_folder("new.txt")
    workspace.remove("new.txt")
    assert not (root / "new.txt").exists()


def test_a_root_reached_through_a_link_is_the_folder_it_means(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    workspace = Workspace(link)
    workspace.write_bytes("x.txt", b"x")
    assert workspace.root == root.resolve()
    assert workspace.normalize(str(link / "x.txt")) == "x.txt"
    assert workspace.normalize(str(root / "x.txt")) == "x.txt"


@pytest.mark.parametrize("kind", ["absent", "file"])
def test_a_workspace_is_a_folder(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot be used"):
        Workspace(tmp_path / kind)


@pytest.mark.parametrize(
    "name",
    [
        "../outside/secret.txt",
        "a/../../outside/secret.txt",
        "..",
        "/etc/passwd",
        "/proc/self/root/etc/passwd",
        "/proc/self/cwd/x",
        "~/x",
        "~root/x",
        "~",
        "..\\outside\\secret.txt",
        "C:\\x",
        "a\x00b",
        "secret.txt\x00.md",
        "line\nbreak",
        "gnp.\u202eexe",
        "\ud800",
        "x" * 256,
        "ü" * 128,
        "a/" * 65 + "b",
        "x/" * 3000,
    ],
)
def test_names_that_are_refused(workspace: Workspace, name: str) -> None:
    refuses_everything(workspace, name)
    with pytest.raises(Retry) as error:
        workspace.normalize(name)
    assert error.value.hint


def test_absolute_paths_outside_are_refused(workspace: Workspace, root: Path) -> None:
    for name in (f"{root}-evil/secret.txt", f"{root}/../outside/secret.txt", str(root.parent)):
        refuses_everything(workspace, name)


def test_links_are_not_followed(workspace: Workspace, root: Path, outside: Path) -> None:
    (root / "inside.txt").write_bytes(b"inside")
    (root / "file").symlink_to(outside / "secret.txt")
    (root / "near").symlink_to(root / "inside.txt")
    (root / "chain").symlink_to(root / "file")
    (root / "loop").symlink_to(root / "loop")
    (root / "folder").symlink_to(outside)
    (root / "dangling").symlink_to(outside / "absent")
    for name in ("file", "near", "chain", "loop", "folder", "folder/secret.txt", "dangling"):
        refuses_everything(workspace, name)
        assert not workspace.exists(name)
    for name in ("folder/new.txt", "folder/deep/new.txt", "dangling/new.txt"):
        with pytest.raises(ToolError, match="link"):
            workspace.write_bytes(name, b"x")
    with pytest.raises(ToolError):
        workspace.make_folder("folder/new")
    with pytest.raises(Failed, match="symbolic link"):
        workspace.read_bytes("file")
    assert [entry.path for entry in workspace.walk()] == ["inside.txt"]


def test_hard_links_are_read_and_not_written(
    workspace: Workspace, root: Path, outside: Path
) -> None:
    os.link(outside / "secret.txt", root / "hard.txt")
    for write in (workspace.write_bytes, workspace.append_bytes):
        with pytest.raises(Failed, match="hard link"):
            write("hard.txt", b"changed")
    assert workspace.read_bytes("hard.txt") == CANARY


def test_pipes_devices_and_sockets_are_refused_without_waiting(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)  # a socket's address is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        began = time.monotonic()
        for name in ("pipe", "socket"):
            for attempt in (
                lambda name=name: workspace.read_bytes(name),
                lambda name=name: workspace.write_bytes(name, b"x"),
                lambda name=name: workspace.append_bytes(name, b"x"),
                lambda name=name: workspace.remove(name),
            ):
                with pytest.raises(Failed, match="device, pipe or socket"):
                    attempt()
        assert time.monotonic() - began < 5
    assert list(workspace.walk()) == []


@pytest.mark.parametrize(
    "name",
    [
        ".git/hooks/pre-commit",
        ".git/config",
        "project/.git/hooks/post-merge",
        ".GIT/config",
        ".Git/Hooks/x",
        ".g\u200cit/config",
        "．git/config",
        ".git./config",
        ".git /config",
        ".nomoat/tools/evil.py",
        "deep/.nomoat/x",
        ".NOMOAT/x",
        "nomoat.toml",
        "Nomoat.TOML",
        "ｎomoat.toml",
        ".bashrc",
        ".BashRC",
        ".profile",
        ".zshenv",
        ".envrc",
        ".ssh/authorized_keys",
        ".vscode/tasks.json",
        ".config/autostart/x.desktop",
        ".config/systemd/user/x.service",
    ],
)
def test_protected_paths_are_not_written_even_where_absent(
    workspace: Workspace, root: Path, name: str
) -> None:
    workspace.write_bytes("source.txt", b"evil")
    for attempt in (
        lambda: workspace.write_bytes(name, b"x"),
        lambda: workspace.append_bytes(name, b"x"),
        lambda: workspace.make_folder(name),
        lambda: workspace.remove(name),
        lambda: workspace.move("source.txt", name),
        lambda: workspace.move(name, "target.txt"),
    ):
        with pytest.raises(Failed, match="protected") as error:
            attempt()
        assert error.value.hint
    assert [path.name for path in root.iterdir()] == ["source.txt"]


def test_a_folder_is_not_moved_to_where_it_would_matter(workspace: Workspace, root: Path) -> None:
    workspace.write_bytes("x/autostart/evil.desktop", b"x")
    workspace.write_bytes("h/hooks/pre-commit", b"x")
    for source, target in (("x", ".config"), ("h", ".git")):
        with pytest.raises(Failed, match="protected"):
            workspace.move(source, target)
    with pytest.raises(Failed, match="protected"):
        workspace.move("", "elsewhere")


def test_similar_names_are_not_protected() -> None:
    for path in (".gitignore", "git/config", "my-nomoat.toml", "hooks/x", ".github/ci.yml"):
        refuse_protected(path)


def test_nomoat_own_folder_is_protected_where_the_workspace_holds_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOMOAT_HOME", str(root / "kept" / "here"))
    workspace = Workspace(root)
    with pytest.raises(Failed, match="protected"):
        workspace.write_bytes("kept/here/runs/1.json", b"x")
    workspace.write_bytes("kept/other.txt", b"x")
    with pytest.raises(Failed, match="protected"):
        workspace.move("kept", "other")


def test_writing_is_whole_or_not_at_all(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.write_bytes("a.txt", b"old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Failed, match="No space left"):
        workspace.write_bytes("a.txt", b"new")
    assert (root / "a.txt").read_bytes() == b"old"
    assert [path.name for path in root.iterdir()] == ["a.txt"]


def test_writing_keeps_the_mode_and_respects_read_only(workspace: Workspace, root: Path) -> None:
    workspace.write_bytes("run.sh", b"one")
    (root / "run.sh").chmod(0o751)
    workspace.write_bytes("run.sh", b"two")
    assert (root / "run.sh").stat().st_mode & 0o7777 == 0o751
    (root / "run.sh").chmod(0o444)
    for write in (workspace.write_bytes, workspace.append_bytes):
        with pytest.raises(Failed, match="read-only"):
            write("run.sh", b"three")


def test_moving(workspace: Workspace, root: Path) -> None:
    workspace.write_bytes("a.txt", b"a")
    workspace.write_bytes("b.txt", b"b")
    with pytest.raises(Retry, match="exists already"):
        workspace.move("a.txt", "b.txt")
    workspace.move("a.txt", "new/c.txt")
    assert (root / "new/c.txt").read_bytes() == b"a"
    workspace.move("new", "renamed")
    assert workspace.read_bytes("renamed/c.txt") == b"a"
    with pytest.raises(Retry, match="no 'absent'"):
        workspace.move("absent", "made/x")
    assert not (root / "made").exists()
    with pytest.raises(Failed):
        workspace.move("renamed", "renamed/inside")


def test_a_name_that_is_not_there_gets_the_nearest_as_a_hint(workspace: Workspace) -> None:
    workspace.write_bytes("sub/invoice.txt", b"")
    with pytest.raises(Retry) as error:
        workspace.read_bytes("invoce.txt")
    assert error.value.hint == "Did you mean 'sub/invoice.txt'?"
    with pytest.raises(Retry, match="folder"):
        workspace.read_bytes("sub")
    with pytest.raises(Retry, match="not a folder"):
        workspace.read_bytes("sub/invoice.txt/x")
    with pytest.raises(Retry, match="folder"):
        workspace.write_bytes("", b"x")


def test_walk_is_sorted_and_leaves_junk_out(workspace: Workspace, root: Path) -> None:
    for name in (
        "b.txt",
        "a/y.txt",
        "a/x.txt",
        ".hidden/z",
        "node_modules/m.js",
        "a/.env",
        "a.egg-info/PKG-INFO",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("12")
    (root / "bad\nname").write_text("x")
    entries = list(workspace.walk())
    assert [entry.path for entry in entries] == ["a", "a/x.txt", "a/y.txt", "b.txt"]
    assert entries[0].is_folder
    assert entries[1].size == 2
    assert entries[1].modified == pytest.approx((root / "a/x.txt").stat().st_mtime)
    assert [entry.path for entry in workspace.walk("a")] == ["a/x.txt", "a/y.txt"]
    hidden = {entry.path for entry in workspace.walk(hidden=True)}
    assert {".hidden/z", "a/.env"} <= hidden
    assert not {"node_modules", "a.egg-info"} & set(hidden)
    with pytest.raises(Retry):
        list(workspace.walk("absent"))


def test_walk_survives_what_vanishes_and_what_is_too_deep(workspace: Workspace, root: Path) -> None:
    workspace.write_bytes("a/x.txt", b"")
    workspace.write_bytes("b.txt", b"")
    walk = workspace.walk()
    assert next(walk).path == "a"
    (root / "a/x.txt").unlink()
    (root / "a").rmdir()
    assert [entry.path for entry in walk] == ["b.txt"]
    deep = root
    for _ in range(80):
        deep = deep / "d"
        deep.mkdir()
    assert len(list(workspace.walk())) == 65  # b.txt, and as deep as a name may be


def test_descriptors_are_given_back(workspace: Workspace, root: Path) -> None:
    (root / "link").symlink_to("/")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(50):
        workspace.write_bytes("a/b.txt", b"x")
        list(workspace.walk())
        for name in ("a", "absent", "a/b.txt/c", "link/etc/passwd"):
            with suppress(ToolError):
                workspace.read_bytes(name)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def exchange(one: Path, other: Path) -> None:
    """Swap two names in one step (renameat2 with RENAME_EXCHANGE)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(one), -100, os.fsencode(other), 2) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def test_a_swapped_folder_wins_nothing(
    workspace: Workspace, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread swaps a folder for a link to outside, 10,000 times and more, while we use it."""
    monkeypatch.setattr(os, "fsync", lambda fd: None)  # more attempts in the same time
    door, aside = root / "door", root / "aside"
    door.mkdir()
    (door / "secret.txt").write_bytes(b"inside")
    aside.symlink_to(outside)
    done = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            exchange(door, aside)
            swaps += 1

    attempts = (
        lambda: workspace.read_bytes("door/secret.txt"),
        lambda: workspace.write_bytes("door/secret.txt", b"inside"),
        lambda: workspace.append_bytes("door/secret.txt", b"+"),
        lambda: workspace.write_bytes("door/made.txt", b"inside"),
        lambda: workspace.move("door/made.txt", "door/moved.txt"),
        lambda: workspace.remove("door/moved.txt"),
        lambda: list(workspace.walk()),
    )
    thread = threading.Thread(target=swap)
    thread.start()
    allowed = refused = 0
    until = time.monotonic() + 30
    try:
        while (swaps < 10_000 or not allowed or not refused) and time.monotonic() < until:
            for attempt in attempts:
                try:
                    assert attempt() != CANARY
                    allowed += 1
                except ToolError:
                    refused += 1
    finally:
        done.set()
        thread.join()
    assert swaps >= 10_000
    assert allowed > 0
    assert refused > 0


PIECES = some.sampled_from(
    [
        "..",
        ".",
        "",
        "/",
        "a",
        "ws",
        "ws-evil",
        "outside",
        "secret.txt",
        "~",
        "%2e%2e",
        "．．",
        "\x00",
    ]
)


@given(some.one_of(some.text(max_size=40), some.lists(PIECES, max_size=8).map("/".join)))
def test_whatever_is_parsed_stays_relative_and_inside(name: str) -> None:
    try:
        path = parse(name)
    except Retry:
        assert not is_usable(name)
        return
    assert not path.startswith(("/", "~"))
    assert ".." not in path.split("/")
    assert "\x00" not in path
    assert parse(path) == path
    assert os.path.normpath(f"/ws/{path}").startswith("/ws")
