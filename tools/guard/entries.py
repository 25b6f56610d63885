"""What there is in a folder of the workspace, looked at by descriptors only."""

from __future__ import annotations

import os
import stat as st
from contextlib import suppress
from dataclasses import dataclass

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder of the workspace."""

    path: str
    """Relative to the workspace, POSIX form."""
    size: int
    """In bytes; 0 for folders."""
    is_folder: bool
    modified: float
    """Seconds since 1970."""


def entry(path: str, status: os.stat_result) -> Entry:
    """What the operating system says of a file or folder."""
    is_folder = st.S_ISDIR(status.st_mode)
    return Entry(path, 0 if is_folder else status.st_size, is_folder, status.st_mtime)


def enter(folder: int, name: str, *, create: bool) -> int:
    """A descriptor of a folder below `folder`, which is no link; made first where it may be."""
    try:
        return os.open(name, FOLDER, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    with suppress(FileExistsError):
        os.mkdir(name, dir_fd=folder)
    return os.open(name, FOLDER, dir_fd=folder)


def lstat(name: str, folder: int) -> os.stat_result | None:
    """What is there under a name, links not followed; None where there is nothing."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
