"""Changing files of the workspace. Each change can be shown as a diff before it is made."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.changes import Change, appended, edited, written
from nomoat.tools.filespec import Choices, previewed, targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.uses import USES


def editing_tools(workspace: Workspace, choices: Choices) -> list[BaseTool]:
    """The tools that change a file's text. `choices` offers the files there are, for paths that
    must be."""
    return [_write_tool(workspace), _append_tool(workspace), _edit_tool(workspace, choices)]


def _write_tool(workspace: Workspace) -> BaseTool:
    @tool(
        effects="write",
        preview=_preview(workspace, written),
        targets=targets(workspace, "path"),
        uses=USES["write_file"],
        grounded=["content"],
    )
    def write_file(path: str, content: str) -> Output:
        """Make a text file, or replace what is in it.

        Args:
            path: The file.
            content: All of its text.
        """
        return _apply(workspace, written(workspace, path, content))

    return write_file


def _append_tool(workspace: Workspace) -> BaseTool:
    @tool(
        effects="write",
        preview=_preview(workspace, appended),
        targets=targets(workspace, "path"),
        uses=USES["append_file"],
        grounded=["content"],
    )
    def append_file(path: str, content: str) -> Output:
        """Add lines to the end of a file.

        Args:
            path: The file.
            content: What is added.
        """
        return _append(workspace, appended(workspace, path, content))

    return append_file


def _edit_tool(workspace: Workspace, choices: Choices) -> BaseTool:
    @tool(
        effects="read, write",
        preview=_preview(workspace, edited),
        targets=targets(workspace, "path"),
        choices={"path": choices},
        uses=USES["edit_file"],
        grounded=["new"],
    )
    def edit_file(path: str, old: str, new: str) -> Output:
        """Replace a text in a file, wherever it stands there.

        Args:
            path: The file.
            old: The text, exactly as it stands there; more of the line if only one place is meant.
            new: What stands there then.
        """
        return _apply(workspace, edited(workspace, path, old, new))

    return edit_file


def _preview(workspace: Workspace, plan: Callable[..., Change]) -> Callable[[Arguments], str]:
    return previewed(lambda arguments: plan(workspace, **arguments).diff())


def _apply(workspace: Workspace, change: Change) -> Output:
    workspace.write_bytes(change.path, change.data())
    return Output(change.done, files=(change.path,))


def _append(workspace: Workspace, change: Change) -> Output:
    """Add what `change` adds; what stands there is not written again."""
    old = b"" if change.before is None else change.before.encode(change.before.text)
    workspace.append_bytes(change.path, change.data()[len(old) :])
    return Output(change.done, files=(change.path,))
