"""What the tools for files declare of their path arguments: what they touch, what can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from nomoat.tools.base import Arguments
from nomoat.tools.errors import ToolError
from nomoat.tools.guard.paths import Workspace

MAX_CHOICES = 60
"""With more files than this a path is free text: so long a list helps nobody."""


def choices(workspace: Workspace) -> Callable[[], Sequence[str]]:
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


def _plain(workspace: Workspace, name: str) -> str:
    try:
        return workspace.normalize(name) or "."
    except ToolError:
        return str(name)
