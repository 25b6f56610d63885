"""What the tools for files declare of their path arguments: what they touch, what can be chosen,
what is shown before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import PurePosixPath

from nomoat.tools.base import Arguments
from nomoat.tools.errors import ToolError
from nomoat.tools.guard.paths import Workspace

Choices = Callable[[], Sequence[str]]
"""Offers the values that an argument can have now."""

MAX_CHOICES = 60
"""With more files than this a path is free text: so long a list helps nobody."""


def choices(workspace: Workspace) -> Choices:
    """Offers the files there are, or nothing where they are too many to choose from."""

    def offer() -> Sequence[str]:
        found = (entry.path for entry in workspace.walk(hidden=True) if not entry.is_folder)
        files = list(islice(found, MAX_CHOICES + 1))
        return files if len(files) <= MAX_CHOICES else []

    return offer


def targets(workspace: Workspace, *names: str) -> Callable[[Arguments], Sequence[str]]:
    """Gives the paths that the arguments of these names stand for; `.` is the workspace.

    A path that the workspace refuses is given as it is: the call itself will say why.
    """

    def touched(arguments: Arguments) -> Sequence[str]:
        return [_plain(workspace, arguments.get(name, "")) for name in names]

    return touched


def previewed(show: Callable[[Arguments], str]) -> Callable[[Arguments], str]:
    """A preview that never fails: what stands in the way is what there is to show."""

    def preview(arguments: Arguments) -> str:
        try:
            return show(arguments)
        except (ToolError, TypeError) as error:
            return f"This will fail: {error}"

    return preview


def arrivals(workspace: Workspace) -> Callable[[Arguments], Sequence[str]]:
    """Gives the path where the file of the argument `source` comes to lie (`landing`)."""

    def touched(arguments: Arguments) -> Sequence[str]:
        source, target = arguments.get("source", ""), arguments.get("target", "")
        try:
            return [landing(workspace, source, target)]
        except ToolError:
            return [_plain(workspace, target)]

    return touched


def landing(workspace: Workspace, source: str, target: str) -> str:
    """Where a file that is moved or copied comes to lie: in `target` if that is a folder, else at
    it.

    A target without an ending means a folder, whether or not it is there, for a file that has one:
    `invoice.txt` goes to `2024/invoice.txt`. It is a new name where it begins with a dot (`.env`)
    or is the file's own without its ending (`LICENSE.txt` to `LICENSE`), and for what has no
    ending itself, or is a folder.

    Raises:
        Retry: the workspace refuses one of the names.
    """
    path, old = workspace.normalize(target), PurePosixPath(workspace.normalize(source))
    if target.endswith("/") or workspace.is_folder(path) or _means_folder(workspace, old, path):
        return str(PurePosixPath(path) / old.name)
    return path


def _means_folder(workspace: Workspace, source: PurePosixPath, target: str) -> bool:
    new = PurePosixPath(target)
    if not source.suffix or new.suffix or new.name.startswith("."):
        return False
    if new.name.casefold() == source.stem.casefold():
        return False
    return not workspace.exists(target) and not workspace.is_folder(str(source))


def _plain(workspace: Workspace, name: str) -> str:
    try:
        return workspace.normalize(name) or "."
    except ToolError:
        return str(name)
