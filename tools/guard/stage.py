"""A copy of the workspace for code to work in, from which only permitted changes come back.

The operating system can open a folder for writing or not; it cannot open it except for names
that are protected and may not exist yet. So code never writes in the workspace itself: it gets a
copy, without what is hidden, and what it changed there is written back through the `Workspace`,
which refuses protected names, links and everything else that no tool may do.
"""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from nomoat.tools.errors import Failed, ToolError
from nomoat.tools.guard.paths import Entry, Workspace

MB = 1024 * 1024
MAX_ENTRIES = 10_000
MAX_COPY = 16 * MB
"""A larger file is linked instead of copied: it can be read, not changed in place."""
MAX_COPIES = 512 * MB

_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came back into the workspace."""

    files: tuple[str, ...]
    """Made or changed, relative to the workspace."""
    problems: tuple[str, ...]
    """What did not come back, a sentence each."""


@dataclass(slots=True)
class Stage:
    """A copy of `workspace` in `folder`, which has to be empty."""

    workspace: Workspace
    folder: Path
    readable: list[str] = field(default_factory=list)
    """The files that are linked: code needs leave to read them where they are."""
    _before: dict[str, tuple[Entry, _Signature]] = field(default_factory=dict)

    def fill(self) -> None:
        """Copy what is not hidden.

        Raises:
            Failed: there are too many files.
        """
        copied = 0
        for number, entry in enumerate(self.workspace.walk()):
            if number >= MAX_ENTRIES:
                raise Failed(
                    f"The workspace holds more than {MAX_ENTRIES:,} files: too many for code.",
                    hint="Use the file and table tools, or a smaller workspace.",
                )
            target = self.folder / entry.path
            if entry.is_folder:
                target.mkdir()
            elif entry.size > MAX_COPY or copied + entry.size > MAX_COPIES:
                original = self.workspace.root / entry.path
                target.symlink_to(original)
                self.readable.append(str(original))
            else:
                self._copy(entry, target)
                copied += entry.size

    def _copy(self, entry: Entry, target: Path) -> None:
        try:
            with self.workspace.open_read(entry.path) as source, target.open("xb") as copy:
                shutil.copyfileobj(source, copy, MB)
        except (ToolError, OSError):  # gone, or closed to us, since it was listed
            target.unlink(missing_ok=True)
            return
        self._before[entry.path] = (entry, _signature(target.lstat()))

    def take_back(self) -> TakenBack:
        """Write what was made or changed into the workspace. Nothing is ever deleted there."""
        files: list[str] = []
        problems: list[str] = []
        left = set(self._before)
        for path, status in self._found():
            left.discard(path)
            if path in self._before and self._before[path][1] == _signature(status):
                continue
            try:
                self._write(path)
                files.append(path)
            except (ToolError, OSError) as error:
                problems.append(f"Not kept: {path} ({error})")
        problems += [f"Not deleted: {path} (code deletes no files)" for path in sorted(left)]
        return TakenBack(tuple(files), tuple(problems))

    def _found(self) -> list[tuple[str, os.stat_result]]:
        """Every regular file in the stage; links and the like stay where they are."""
        found: list[tuple[str, os.stat_result]] = []
        for root, folders, names in os.walk(self.folder):
            folders.sort()
            for name in sorted(names):
                path = Path(root, name)
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    found.append((str(path.relative_to(self.folder)), status))
        return found

    def _write(self, path: str) -> None:
        name = self.workspace.writable(path)
        entry = self._before[path][0] if path in self._before else None
        if entry is None and self.workspace.exists(name):
            raise Failed("it exists already, as a file that code may only read")
        if entry is not None and self.workspace.exists(name):
            now = self.workspace.stat(name)
            if (now.size, now.modified) != (entry.size, entry.modified):
                raise Failed("somebody else changed it meanwhile")
        self.workspace.write_bytes(name, (self.folder / path).read_bytes())


def _signature(status: os.stat_result) -> _Signature:
    """What differs after every change; code cannot set these times (see `seccomp`)."""
    return status.st_size, status.st_mtime_ns, status.st_ino
