"""Files of the workspace as wholes: moved, copied, joined, deleted."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.errors import Retry
from nomoat.tools.filespec import Choices, arrivals, landing, previewed, targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.join import join_tool
from nomoat.tools.text import human
from nomoat.tools.uses import USES


def moving_tools(workspace: Workspace, choices: Choices) -> list[BaseTool]:
    """The tools that take files as they are. `choices` offers the files there are."""
    return [
        _move_tool(workspace, choices),
        _copy_tool(workspace, choices),
        join_tool(workspace, choices),
        _delete_tool(workspace, choices),
    ]


def _move_tool(workspace: Workspace, choices: Choices) -> BaseTool:
    leaving, arriving = targets(workspace, "source"), arrivals(workspace)

    @tool(
        effects="write",
        preview=_preview(workspace, "Move"),
        targets=lambda arguments: [*leaving(arguments), *arriving(arguments)],
        choices={"source": choices},
        uses=USES["move_file"],
    )
    def move_file(source: str, target: str) -> Output:
        """Move or rename a file.

        Args:
            source: The file.
            target: Its new path, or a folder.
        """
        path = landing(workspace, source, target)
        workspace.move(source, path)
        source = workspace.normalize(source)
        return Output(f"Moved {source} to {path}.", files=(path,))

    return move_file


def _copy_tool(workspace: Workspace, choices: Choices) -> BaseTool:
    @tool(
        effects="write",
        preview=_preview(workspace, "Copy"),
        targets=arrivals(workspace),
        reads=targets(workspace, "source"),
        choices={"source": choices},
        uses=USES["copy_file"],
    )
    def copy_file(source: str, target: str) -> Output:
        """Copy a file.

        Args:
            source: The file.
            target: The copy's path, or a folder.
        """
        path = landing(workspace, source, target)
        if workspace.exists(path):
            raise Retry(f"{path!r} exists already.", hint="Choose another target.")
        with workspace.open_read(source) as file:
            workspace.write_bytes(path, iter(lambda: file.read(1 << 20), b""))
        size = human(workspace.stat(path).size)
        text = f"Copied {workspace.normalize(source)} to {path} ({size})."
        return Output(text, files=(path,))

    return copy_file


def _delete_tool(workspace: Workspace, choices: Choices) -> BaseTool:
    @tool(
        effects="write",
        preview=_preview(workspace, "Delete"),
        targets=targets(workspace, "path"),
        choices={"path": choices},
        uses=USES["delete_file"],
    )
    def delete_file(path: str) -> Output:
        """Delete a file.

        Args:
            path: The file.
        """
        workspace.remove(path)
        path = workspace.normalize(path)
        return Output(f"Deleted {path}.")

    return delete_file


def _preview(workspace: Workspace, verb: str) -> Callable[[Arguments], str]:
    def show(arguments: Arguments) -> str:
        path = arguments.get("source") or arguments.get("path", "")
        size = human(workspace.stat(path).size)
        target = arguments.get("target")
        to = f" to {landing(workspace, path, target)}" if target is not None else ""
        return f"{verb} {workspace.normalize(path)} ({size}){to}"

    return previewed(show)
