"""The file by which a project settles a few harmless things: `nomoat.toml`.

It comes with the project, so its text may be anybody's. It cannot allow a call, start anything,
name a file or an address, or say where documents or vectors go (`PROJECT_KEYS` is all it may set),
and a file that tries to is refused as a whole. What code a project brings is another matter:
`nomoat.tools.trust`.
"""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

from nomoat.agent.config.keys import PROJECT_KEYS
from nomoat.agent.config.read import Reader
from nomoat.agent.printable import clean
from nomoat.memory.errors import UsageError

NAME = "nomoat.toml"
MOST_BYTES = 64 * 1024
"""A file that is larger is no configuration."""
MOST_PROBLEMS = 5
"""Problems that are told at once; a file that is made to annoy has thousands."""


def project_file(workspace: Path) -> Path | None:
    """The file of the project that the workspace belongs to, if there is one.

    It lies in the workspace, or in the nearest folder above it, up to the person's home. Above a
    workspace that is not in their home nothing is looked for: such a folder may be others'.
    """
    place = workspace.expanduser().resolve()
    folders = [place, *place.parents]
    try:
        inside = folders[: folders.index(Path.home().resolve()) + 1]
    except (ValueError, RuntimeError):  # RuntimeError: this user has no home
        inside = [place]
    found = (folder / NAME for folder in inside)
    return next((file for file in found if os.path.lexists(file)), None)


def project_values(file: Path) -> dict[str, Any]:
    """The keys that a project's file sets, with their values.

    Raises:
        UsageError: it cannot be read, or sets what it may not, or to what cannot be.
    """
    shown, reader = clean(str(file)), Reader(file.parent, PROJECT_KEYS)
    values = dict(reader.values(_read(file)))
    if reader.refused:
        from nomoat.agent.config.config import config_file

        refused = ", ".join(f"`{key}`" for key in reader.refused)
        raise UsageError(
            f"The project's file {shown} sets {refused}, which is not a project's to set.",
            hint=f"Take it out of there, or write it to {config_file()} if you want it for all "
            f"runs. A project may set: {', '.join(PROJECT_KEYS)}.",
        )
    if reader.problems:
        more = len(reader.problems) - MOST_PROBLEMS
        told = [*reader.problems[:MOST_PROBLEMS], *([f"And {more} more."] if more > 0 else [])]
        raise UsageError(
            f"The project's file {shown} has what cannot be. {' '.join(told)}",
            hint=f"Mend it; docs/configuration.md says what {NAME} may hold.",
        )
    return values


def _read(file: Path) -> dict[str, Any]:
    """What is in it, where it is a file of a size that can be: no link, pipe or device."""
    shown = clean(str(file))
    hint = f"Mend it, or move it away: {NAME} is where a project keeps its settings."
    try:
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(fd, "rb") as opened:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise UsageError(f"The project's file {shown} is no plain file.", hint=hint)
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UsageError(f"The project's file {shown} is larger than 64 KiB.", hint=hint)
        return tomllib.loads(content.decode())
    except (OSError, ValueError, RecursionError) as error:
        said = getattr(error, "strerror", None) or error
        raise UsageError(f"The project's file {shown} cannot be read: {said}.", hint=hint) from None
