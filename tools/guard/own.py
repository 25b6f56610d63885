"""nomoat's own data is no workspace: not its runs, not its memory, not its rules."""

from __future__ import annotations

from pathlib import Path

from nomoat.memory.errors import UsageError
from nomoat.memory.home import home

HINT = "Work in a folder that has nothing to do with it: cd there, or name it with --workspace."


def refuse_own_data(root: Path) -> None:
    """Refuse a workspace that is nomoat's own data folder, or lies in it.

    One that holds it, such as a person's home, is a workspace in which it is protected
    (`nomoat.tools.guard.paths`).

    Args:
        root: The workspace, without links in it.

    Raises:
        UsageError: it is the data folder, or lies in it.
    """
    own = home().resolve()
    if root == own:
        said = "is nomoat's own data folder"
    elif root.is_relative_to(own):
        said = f"lies in nomoat's own data folder, {own}"
    else:
        return
    raise UsageError(f"The workspace {root} {said}, which no run may touch.", hint=HINT)
