"""The file jail: everything a tool does to files goes through a `Workspace`.

Paths are walked folder by folder from a descriptor of the workspace that stays open, each step
with `O_NOFOLLOW`. Nothing is checked by name first and opened later, so swapping a folder for a
link in between wins nothing. Symbolic links are not followed at all, also not those that stay
inside: telling the two apart is the check that has failed in other programs.
"""

from __future__ import annotations

import os
import secrets
import stat as st
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from difflib import get_close_matches
from io import BufferedReader
from itertools import islice
from pathlib import Path, PurePosixPath

from nomoat.memory.errors import UsageError
from nomoat.memory.home import home
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard.entries import FILE, FOLDER, Entry, enter, entry, lstat
from nomoat.tools.guard.names import is_hidden, is_junk, is_usable, parse, refuse_protected
from nomoat.tools.guard.refusals import replaceable, reported, require_file
from nomoat.tools.guard.watch import Watch

__all__ = ["Entry", "Workspace"]


class Workspace:
    """A folder that tools may work in, and nothing outside it.

    Names are relative to it (`notes/today.md`); an absolute path inside is taken as relative.
    Every method raises `Retry` where another name could work and `Failed` where it could not.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        given = Path(root).expanduser().absolute()
        try:
            self.root = given.resolve(strict=True)
            self._root_fd = os.open(self.root, FOLDER)
        except OSError as error:
            raise UsageError(
                f"The workspace {str(given)!r} cannot be used: {error.strerror}.",
                hint="Name a folder that exists and that you may read.",
            ) from None
        weakref.finalize(self, os.close, self._root_fd)
        self._roots = (PurePosixPath(self.root), PurePosixPath(given))
        own = home()
        inside = own != self.root and own.is_relative_to(self.root)
        self._own = (str(own.relative_to(self.root)),) if inside else ()
        self.watch: Watch | None = None
        """Who is told of changes; one at a time."""
        self._shut_out: weakref.WeakSet[threading.Thread] = weakref.WeakSet()

    def shut_out(self, thread: threading.Thread) -> None:
        """Let a thread change nothing any more: nobody waits for what it does."""
        self._shut_out.add(thread)

    def normalize(self, name: str) -> str:
        """The path of `name` relative to the workspace; `""` is the workspace itself."""
        return parse(name, self._roots)

    def writable(self, name: str) -> str:
        """`normalize`, and refuses what no tool may change."""
        self._require_in()
        path = self.normalize(name)
        refuse_protected(path, self._own)
        return path

    # reading

    def open_read(self, name: str) -> BufferedReader:
        """A regular file, open for reading; others may read it at `/proc/self/fd/<fileno>`."""
        path = self.normalize(name)
        with self._reported(path, "read"), self._parent(path) as (folder, leaf):
            require_file(path, os.stat(leaf, dir_fd=folder, follow_symlinks=False))
            fd = os.open(leaf, os.O_RDONLY | FILE, dir_fd=folder)
            try:
                require_file(path, os.fstat(fd))
                return os.fdopen(fd, "rb")
            except BaseException:
                os.close(fd)
                raise

    def read_bytes(self, name: str, offset: int = 0, limit: int | None = None) -> bytes:
        """At most `limit` bytes (default: all) from `offset`."""
        with self.open_read(name) as file:
            file.seek(offset)
            return file.read(-1 if limit is None else limit)

    def stat(self, name: str) -> Entry:
        """Size and time of a file or folder."""
        path = self.normalize(name)
        with self._reported(path, "examined"), self._parent(path) as (folder, leaf):
            found = os.stat(leaf, dir_fd=folder, follow_symlinks=False)
            if not st.S_ISDIR(found.st_mode):
                require_file(path, found)
            return entry(path, found)

    def exists(self, name: str) -> bool:
        """Whether there is a file or folder of this name that tools can use."""
        self.normalize(name)
        try:
            self.stat(name)
        except (Retry, Failed):
            return False
        return True

    def is_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""
        return self.exists(name) and self.stat(name).is_folder

    def walk(self, folder: str = "", *, hidden: bool = False) -> Iterator[Entry]:
        """Everything below `folder`, sorted by path, a folder before what it holds.

        Links, devices, names no tool could use, and junk folders (`.git`, caches, installed
        packages) are left out; so are dot files unless `hidden`.
        """
        path = self.normalize(folder)
        for found in self._entries(path, hidden):
            yield found
            if found.is_folder:
                # a folder may have gone, or be closed to us, since it was listed
                with suppress(Retry, Failed):
                    yield from self.walk(found.path, hidden=hidden)

    # writing

    def write_bytes(self, name: str, data: bytes | Iterable[bytes]) -> None:
        """Make or replace a file: whole or not at all, keeping its mode; parents are made."""
        path = self.writable(name)
        with self._reported(path, "written"), self._parent(path, create=True) as (folder, leaf):
            mode = replaceable(path, lstat(leaf, folder))
            self._changing(path, "write")
            part = f".{secrets.token_hex(8)}.part"
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FILE, 0o666, dir_fd=folder)
            try:
                with os.fdopen(fd, "wb") as file:
                    if mode is not None:
                        os.fchmod(fd, mode)
                    file.writelines((data,) if isinstance(data, bytes) else data)
                    file.flush()
                    os.fsync(fd)
                self._require_in()
                os.replace(part, leaf, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with suppress(OSError):
                    os.unlink(part, dir_fd=folder)
                raise
            os.fsync(folder)

    def append_bytes(self, name: str, data: bytes) -> None:
        """Add to the end of a file, which is made if it is not there."""
        path = self.writable(name)
        with self._reported(path, "written"), self._parent(path, create=True) as (folder, leaf):
            replaceable(path, lstat(leaf, folder))
            self._changing(path, "write")
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | FILE
            with os.fdopen(os.open(leaf, flags, 0o666, dir_fd=folder), "ab") as file:
                replaceable(path, os.fstat(file.fileno()))
                file.write(data)
                file.flush()
                os.fsync(file.fileno())

    def make_folder(self, name: str) -> None:
        """Make a folder and its parents; nothing happens if it is there."""
        path = self.writable(name)
        with self._reported(path, "made"), self._folder(PurePosixPath(path).parts, create=True):
            pass

    def move(self, source: str, target: str) -> None:
        """Move or rename a file or folder; never onto something that is there."""
        self._require_in()
        old, new = self.normalize(source), self.normalize(target)
        for path in (old, new):
            refuse_protected(path, self._own, whole=True)
        is_folder = self.stat(old).is_folder
        if self._lexists(new):
            raise Retry(f"{new!r} exists already.", hint="Choose another target, or delete it.")
        if is_folder and self.watch is not None:
            self.watch.moving_folder(old, new)
        elif not is_folder:
            self._changing(old, "move")
            self._changing(new, "arrive")
        with (
            self._reported(old, "moved"),
            self._parent(old) as (from_folder, old_leaf),
            self._parent(new, create=True) as (to_folder, new_leaf),
        ):
            os.rename(old_leaf, new_leaf, src_dir_fd=from_folder, dst_dir_fd=to_folder)

    def remove(self, name: str) -> None:
        """Delete a file (not a folder)."""
        path = self.writable(name)
        with self._reported(path, "deleted"), self._parent(path) as (folder, leaf):
            require_file(path, os.stat(leaf, dir_fd=folder, follow_symlinks=False))
            self._changing(path, "delete")
            os.unlink(leaf, dir_fd=folder)

    def _require_in(self) -> None:
        if threading.current_thread() in self._shut_out:
            raise Failed("The run has given this call up, so it changes nothing any more.")

    def _changing(self, path: str, kind: str) -> None:
        if self.watch is not None:
            self.watch.changing(path, kind)

    # descriptors

    @contextmanager
    def _parent(self, path: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
        """A descriptor of the folder that holds `path`, and its last name."""
        parts = PurePosixPath(path).parts
        with self._folder(parts[:-1], create=create) as folder:
            yield folder, parts[-1] if parts else "."

    @contextmanager
    def _folder(self, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
        fd = os.open(".", FOLDER, dir_fd=self._root_fd)
        try:
            for part in parts:
                below = enter(fd, part, create=create)
                os.close(fd)
                fd = below
            yield fd
        finally:
            os.close(fd)

    def _entries(self, path: str, hidden: bool) -> list[Entry]:
        found: list[Entry] = []
        with self._reported(path, "listed"), self._folder(PurePosixPath(path).parts) as folder:
            for name in sorted(os.listdir(folder)):  # noqa: PTH208 - a descriptor, not a path
                below = str(PurePosixPath(path, name))
                left_out = is_junk(name) if hidden else is_hidden(name)
                if left_out or not is_usable(below):
                    continue
                status = lstat(name, folder)
                if status and (st.S_ISDIR(status.st_mode) or st.S_ISREG(status.st_mode)):
                    found.append(entry(below, status))
        return found

    def _lexists(self, path: str) -> bool:
        try:
            with self._parent(path) as (folder, leaf):
                return lstat(leaf, folder) is not None
        except OSError:
            return False

    def _reported(self, path: str, done: str) -> AbstractContextManager[None]:
        return reported(path, done, self._near)

    def _near(self, path: str) -> str:
        names = [found.path for found in islice(self.walk(), 2_000)] if path else []
        by_leaf = {PurePosixPath(name).name: name for name in reversed(names)}
        leaf = PurePosixPath(path).name
        near = [by_leaf[name] for name in get_close_matches(leaf, by_leaf, n=3)]
        if near:
            return f"Did you mean {' or '.join(repr(name) for name in near)}?"
        return "Use list_files to see what there is."
