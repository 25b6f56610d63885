"""Text files joined into one, in the order they are named. They are read block by block, whole
only to tell their encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.filespec import targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.text import MAX_EDITED, counted, encoding_of, human, not_text
from nomoat.tools.uses import USES

_BLOCK = 1 << 20
_WITH_BOM = frozenset({"utf-8-sig", "utf-16", "utf-32"})
"""Encodings whose files begin with a mark that may not stand in the middle of one."""


def join_tool(workspace: Workspace, choices: Callable[[], Sequence[str]]) -> BaseTool:
    """`join_files`, bound to one workspace. `choices` offers the files there are."""

    def preview(arguments: Arguments) -> str:
        try:
            return _plan(workspace, arguments["sources"], arguments["target"]).preview
        except (ToolError, KeyError, TypeError) as error:
            return f"This will fail: {error}"

    def looked_into(arguments: Arguments) -> Sequence[str]:
        target = str(arguments.get("target", ""))
        try:
            return _named(workspace, arguments.get("sources") or (), target)
        except (ToolError, TypeError):  # the call itself will say what is wrong with them
            return [str(name) for name in arguments.get("sources") or ()]

    @tool(
        effects="read, write",
        preview=preview,
        targets=targets(workspace, "target"),
        reads=looked_into,
        choices={"sources": choices},
        uses=USES["join_files"],
    )
    def join_files(sources: list[str], target: str) -> Output:
        """Join text files into one new file, in this order.

        Args:
            sources: The files.
            target: The new file.
        """
        plan = _plan(workspace, sources, target)
        workspace.write_bytes(plan.target, plan.blocks(workspace))
        return Output(plan.done, files=(plan.target,))

    return join_files


@dataclass(slots=True)
class _Part:
    """One of the files; `size` and `lines` are what it has added, once it was joined."""

    path: str
    encoding: str
    newline: bytes
    before: int
    """Its bytes before it is joined."""
    size: int = 0
    lines: int = 0

    def blocks(self, workspace: Workspace, encoding: str) -> Iterator[bytes]:
        """Its text in `encoding`, its very bytes where that is its own, ending a line."""
        last = b""
        for block in self._converted(workspace, encoding):
            last = block or last
            yield self._tallied(block)
        if last and not last.endswith(b"\n"):
            yield self._tallied(self.newline)

    def _tallied(self, block: bytes) -> bytes:
        self.size += len(block)
        self.lines += block.count(b"\n")
        return block

    def _converted(self, workspace: Workspace, encoding: str) -> Iterator[bytes]:
        with workspace.open_read(self.path) as file:
            blocks = iter(lambda: file.read(_BLOCK), b"")
            if encoding == self.encoding:
                yield from blocks
                return
            decoder = codecs.getincrementaldecoder(self.encoding)()
            try:
                for block in blocks:
                    yield decoder.decode(block).encode(encoding)
                yield decoder.decode(b"", final=True).encode(encoding)
            except UnicodeError:
                raise Failed(
                    f"The encoding of {self.path!r} is unclear, so nothing was joined.",
                    hint="Leave that file out.",
                ) from None


@dataclass(frozen=True, slots=True)
class _Joining:
    """What a call would do."""

    target: str
    parts: Sequence[_Part]
    encoding: str
    """Of the new file."""
    replaced: int | None
    """Bytes of the file that is there already."""

    def blocks(self, workspace: Workspace) -> Iterator[bytes]:
        for part in self.parts:
            yield from part.blocks(workspace, self.encoding)

    @property
    def preview(self) -> str:
        files = "\n".join(f"  {part.path} ({human(part.before)})" for part in self.parts)
        return f"Join into {self.target}{self._in_place}:\n{files}"

    @property
    def done(self) -> str:
        """What came of it, once all blocks were written."""
        lines, size = sum(part.lines for part in self.parts), sum(part.size for part in self.parts)
        each = ", ".join(f"{part.path} ({counted(part.lines, 'line')})" for part in self.parts)
        text = (
            f"Joined {counted(len(self.parts), 'file')} into {self.target} "
            f"({counted(lines, 'line')}, {counted(size, 'byte')}){self._in_place}: {each}."
        )
        changed = [
            f"{part.path} (from {part.encoding})"
            for part in self.parts
            if part.before and part.encoding not in (self.encoding, "utf-8-sig")
        ]
        return f"{text} Converted to UTF-8: {', '.join(changed)}." if changed else text

    @property
    def _in_place(self) -> str:
        if self.replaced is None:
            return ""
        return f", in place of what was there ({human(self.replaced)})"


def _plan(workspace: Workspace, sources: Sequence[str], target: str) -> _Joining:
    """What a call would do, before anything is written.

    Raises:
        Retry: other names could work.
        Failed: a file that is no text, or a target that may not be written.
    """
    path = workspace.writable(target)
    if target.endswith("/") or workspace.is_folder(path):
        raise Retry(f"{target!r} is a folder.", hint="Name the new file.")
    names = _named(workspace, sources, path)
    if len(names) < 2:
        raise Retry("There are less than two files to join.", hint="Name two files or more.")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise Retry(f"{twice[0]!r} is named twice.", hint="Name each file once.")
    if path in names:
        raise Retry(
            f"{path!r} is one of the files to be joined.",
            hint="Name another target, or use append_file to add to a file.",
        )
    replaced = workspace.stat(path).size if workspace.exists(path) else None
    parts = [_part(workspace, name) for name in names]
    return _Joining(path, parts, _common(parts), replaced)


def _common(parts: Sequence[_Part]) -> str:
    """The encoding that all have, which keeps every byte; UTF-8 where they differ, or where they
    begin with a mark that would stand in the middle."""
    found = {part.encoding for part in parts if part.before}
    return found.pop() if len(found) == 1 and not found & _WITH_BOM else "utf-8"


def _part(workspace: Workspace, path: str) -> _Part:
    with workspace.open_read(path) as file:
        head = file.read(MAX_EDITED)
        size = file.seek(0, 2)
    encoding = encoding_of(head, whole=size == len(head))
    if encoding is None:
        raise not_text(path, head[:16], size)
    line, end, _ = head.partition(b"\n")
    return _Part(path, encoding, b"\r\n" if end and line.endswith(b"\r") else b"\n", size)


def _named(workspace: Workspace, sources: Sequence[str], target: str) -> list[str]:
    """The paths; those that a pattern (`chapter-*.txt`) stands for in the order of their numbers,
    without the target."""
    paths: list[str] = []
    for name in sources:
        path = workspace.normalize(name)
        if re.search(r"[*?\[]", path) and not workspace.exists(path):
            fitting = (e.path for e in workspace.walk() if not e.is_folder and _fits(e.path, path))
            found = sorted((one for one in fitting if one != target), key=_natural)
            if not found:
                raise Retry(f"No file fits {path!r}.", hint="Use list_files to see what there is.")
            paths += found
        else:
            paths.append(path)
    return paths


def _fits(path: str, pattern: str) -> bool:
    """Folder by folder: `*` does not reach into a folder."""
    parts, wanted = PurePosixPath(path).parts, PurePosixPath(pattern).parts
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _natural(path: str) -> list[tuple[int, str]]:
    """`chapter-2` before `chapter-10`."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part.casefold())
        for part in re.split(r"(\d+)", path)
    ]
