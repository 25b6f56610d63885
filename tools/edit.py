"""Changing files of the workspace. Each change can be shown as a diff before it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.changes import Change, appended, edited, written
from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.filespec import arrivals, landing, targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.join import join_tool
from nomoat.tools.text import human
from nomoat.tools.uses import USES

Choices = Callable[[], Sequence[str]]


def editing_tools(workspace: Workspace, choices: Choices) -> list[BaseTool]:
    """The tools that change files. `choices` offers the files there are, for paths that must be."""
    of_path = targets(workspace, "path")

    def apply(change: Change) -> Output:
        workspace.write_bytes(change.path, change.data())
        return Output(change.done, files=(change.path,))

    def preview(plan: Callable[..., Change]) -> Callable[[Arguments], str]:
        return lambda arguments: _shown(lambda: plan(workspace, **arguments).diff())

    @tool(
        effects="write",
        preview=preview(written),
        targets=of_path,
        uses=USES["write_file"],
        grounded=["content"],
    )
    def write_file(path: str, content: str) -> Output:
        """Make a text file, or replace what is in it.

        Args:
            path: The file.
            content: All of its text.
        """
        return apply(written(workspace, path, content))

    @tool(
        effects="write",
        preview=preview(appended),
        targets=of_path,
        uses=USES["append_file"],
        grounded=["content"],
    )
    def append_file(path: str, content: str) -> Output:
        """Add lines to the end of a file.

        Args:
            path: The file.
            content: What is added.
        """
        return append(workspace, appended(workspace, path, content))

    @tool(
        effects="read, write",
        preview=preview(edited),
        targets=of_path,
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
        return apply(edited(workspace, path, old, new))

    return [write_file, append_file, edit_file, *_moving_tools(workspace, choices)]


def _moving_tools(workspace: Workspace, choices: Choices) -> list[BaseTool]:
    def preview(verb: str) -> Callable[[Arguments], str]:
        def show(arguments: Arguments) -> str:
            path = arguments.get("source") or arguments.get("path", "")
            size = human(workspace.stat(path).size)
            target = arguments.get("target")
            to = f" to {landing(workspace, path, target)}" if target is not None else ""
            return f"{verb} {workspace.normalize(path)} ({size}){to}"

        return lambda arguments: _shown(lambda: show(arguments))

    source_of, arriving = targets(workspace, "source"), arrivals(workspace)
    of_source = {"source": choices}

    @tool(
        effects="write",
        preview=preview("Move"),
        targets=lambda arguments: [*source_of(arguments), *arriving(arguments)],
        choices=of_source,
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

    @tool(
        effects="write",
        preview=preview("Copy"),
        targets=arriving,
        reads=source_of,
        choices=of_source,
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

    @tool(
        effects="write",
        preview=preview("Delete"),
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

    return [move_file, copy_file, join_tool(workspace, choices), delete_file]


def append(workspace: Workspace, change: Change) -> Output:
    """Add what `change` adds; what stands there is not written again."""
    old = b"" if change.before is None else change.before.encode(change.before.text)
    workspace.append_bytes(change.path, change.data()[len(old) :])
    return Output(change.done, files=(change.path,))


def _shown(show: Callable[[], str]) -> str:
    """A preview never fails: what stands in the way is what there is to show."""
    try:
        return show()
    except (ToolError, TypeError) as error:
        return f"This will fail: {error}"
