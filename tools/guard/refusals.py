"""What the file jail says when it refuses, and what it takes for an ordinary file."""

from __future__ import annotations

import errno
import os
import stat as st
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nomoat.tools.errors import Failed, Retry

_LINKS = "Links are not followed: use the path of the file itself."


@contextmanager
def reported(path: str, done: str, near: Callable[[str], str]) -> Iterator[None]:
    """Say in words what the operating system refused.

    `done` completes "cannot be …"; `near` makes the hint for a file that is not there.

    Raises:
        Retry: nothing of this name, or not of this kind.
        Failed: not possible with any name: permission, disk full, links, devices.
    """
    shown = path or "."
    try:
        yield
    except FileNotFoundError:
        raise Retry(f"There is no {shown!r} in the workspace.", hint=near(path)) from None
    except NotADirectoryError:
        raise Retry(f"Part of {shown!r} is not a folder, or is a link.", hint=_LINKS) from None
    except IsADirectoryError:
        raise _is_folder(shown) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _is_link(shown) from None
        raise Failed(f"{shown!r} cannot be {done}: {error.strerror}.") from None


def require_file(path: str, status: os.stat_result) -> None:
    """Refuse what is not a regular file.

    Raises:
        Retry: a folder.
        Failed: a link, device, pipe or socket.
    """
    shown = path or "."
    if st.S_ISDIR(status.st_mode):
        raise _is_folder(shown)
    if st.S_ISLNK(status.st_mode):
        raise _is_link(shown)
    if not st.S_ISREG(status.st_mode):
        raise Failed(f"{shown!r} is a device, pipe or socket.", hint="Use ordinary files only.")


def replaceable(path: str, status: os.stat_result | None) -> int | None:
    """The mode bits a new version keeps, or None where there is no file yet.

    Raises:
        Retry: a folder.
        Failed: not a regular file, one with other names (hard links), or read-only.
    """
    if status is None:
        return None
    require_file(path, status)
    if status.st_nlink > 1:
        raise Failed(
            f"{path!r} is a hard link: the same file may stand elsewhere under another name.",
            hint="Write to a new file instead.",
        )
    if not status.st_mode & st.S_IWUSR:
        raise Failed(f"{path!r} is read-only.", hint="Write to a new file instead.")
    return status.st_mode & 0o777


def _is_folder(shown: str) -> Retry:
    return Retry(f"{shown!r} is a folder, not a file.", hint="Name a file in it.")


def _is_link(shown: str) -> Failed:
    return Failed(f"{shown!r} is a symbolic link.", hint=_LINKS)
