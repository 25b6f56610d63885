"""Looking at files of the workspace: list, read, find. Changing their text is in
`nomoat.tools.edit`, moving and the like in `nomoat.tools.move`, what is said of two or of all of
them in `nomoat.tools.compare` and `nomoat.tools.collect`."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from itertools import islice
from typing import TextIO

from langchain_core.tools import BaseTool

from nomoat.tools.base import Output, tool
from nomoat.tools.collect import collect_tool
from nomoat.tools.compare import compare_tool
from nomoat.tools.edit import editing_tools
from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.filespec import choices, targets
from nomoat.tools.find import find_tool
from nomoat.tools.guard.paths import Entry, Workspace
from nomoat.tools.move import moving_tools
from nomoat.tools.table_store import Tables
from nomoat.tools.text import count_lines, counted, encoding_of, human, lines_of, opened
from nomoat.tools.uses import USES

MAX_SHOWN = 2_500
"""Characters a tool here gives at most, so that nothing is cut after it."""

FIRST_LOOK = 900
"""Characters shown of a file that is much longer than that: enough to see what it is."""

_MAX_LISTED = 20_000
_COUNTED_LINES = 2_000_000
_HASHED = 500_000_000
_COUNTED_PAGES = 50_000_000


def file_tools(workspace: Workspace, tables: Tables | None = None) -> list[BaseTool]:
    """All tools for files, bound to one workspace; `tables` are those of it that are loaded."""
    offered = choices(workspace)
    return [
        *reading_tools(workspace),
        *editing_tools(workspace, offered),
        *moving_tools(workspace, offered),
        compare_tool(workspace, tables or Tables(workspace), offered),
        collect_tool(workspace),
    ]


def reading_tools(workspace: Workspace) -> list[BaseTool]:
    """`list_files`, `read_file` and `find_in_files`: they change nothing."""

    @tool(effects="read", targets=targets(workspace, "folder"), uses=USES["list_files"])
    def list_files(folder: str = "", details: bool = False) -> Output:
        """List files with size, line count and date, and totals.

        Args:
            folder: Empty for all.
            details: Also tell which files have the same content.
        """
        return listing(workspace, folder, details)

    @tool(
        effects="read",
        targets=targets(workspace, "path"),
        choices={"path": choices(workspace)},
        uses=USES["read_file"],
    )
    def read_file(path: str, start_line: int = 1) -> Output:
        """Read a text file.

        Args:
            path: The file.
            start_line: Where to go on in a long file.
        """
        return reading(workspace, path, start_line)

    return [list_files, read_file, find_tool(workspace)]


# list_files


def listing(workspace: Workspace, folder: str, details: bool) -> Output:
    """A line for each file and folder as far as they fit, then totals over all of them."""
    path = workspace.normalize(folder)
    shown = path or "."
    entry = workspace.stat(path) if path else None
    if entry is not None and not entry.is_folder:
        return Output(_described(workspace, entry, {}), sources=(path,), private=True)
    entries = list(islice(workspace.walk(path), _MAX_LISTED + 1))
    capped, entries = len(entries) > _MAX_LISTED, entries[:_MAX_LISTED]
    hashes = _hashes(workspace, entries) if details else {}
    lines: list[str] = []
    room = MAX_SHOWN
    for entry in entries:
        line = _described(workspace, entry, hashes)
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
    if len(lines) < len(entries):
        left = len(entries) - len(lines)
        lines.append(f"… and {left:,} more; name a folder to see what is in it.")
    lines += _totals(entries, capped)
    lines += _same(hashes)
    return Output("\n".join(lines), sources=(shown,), private=True)


def _described(workspace: Workspace, entry: Entry, hashes: dict[str, str]) -> str:
    if entry.is_folder:
        return f"{entry.path}/"
    parts = [entry.path, counted(entry.size, "byte")]
    if entry.size >= 1024:
        parts[1] += f" ({human(entry.size)})"
    if (lines := _lines(workspace, entry)) is not None:
        parts.append(counted(lines, "line"))
    parts.append(time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.modified)))
    if entry.path in hashes:
        parts.append(f"sha256 {hashes[entry.path][:12]}")
    return ", ".join(parts)


def _lines(workspace: Workspace, entry: Entry) -> int | None:
    if entry.size > _COUNTED_LINES:
        return None
    try:
        with workspace.open_read(entry.path) as file:
            if encoding_of(file.read(4096), whole=False) != "utf-8":
                return None
            file.seek(0)
            return count_lines(file, _COUNTED_LINES)
    except ToolError:
        return None


def _totals(entries: list[Entry], capped: bool) -> list[str]:
    files = [entry for entry in entries if not entry.is_folder]
    folders = len(entries) - len(files)
    size = sum(entry.size for entry in files)
    total = f"Total: {counted(len(files), 'file')}, {counted(folders, 'folder')}, {size} bytes"
    total += f" ({human(size)})." if size >= 1024 else "."
    if len(files) > 1:
        largest = max(files, key=lambda entry: entry.size)
        newest = max(files, key=lambda entry: entry.modified)
        total += f" Largest: {largest.path}. Newest: {newest.path}."
    return [total, f"There are more than {_MAX_LISTED:,}; these are the first."][: 1 + capped]


def _hashes(workspace: Workspace, entries: list[Entry]) -> dict[str, str]:
    hashes: dict[str, str] = {}
    left = _HASHED
    for entry in entries:
        left -= entry.size
        if entry.is_folder or left < 0:
            continue
        try:
            with workspace.open_read(entry.path) as file:
                hashes[entry.path] = hashlib.file_digest(file, "sha256").hexdigest()
        except ToolError:
            continue
    return hashes


def _same(hashes: dict[str, str]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for path, digest in hashes.items():
        groups.setdefault(digest, []).append(path)
    twins = [" = ".join(paths) for paths in groups.values() if len(paths) > 1]
    if not hashes:
        return []
    return [f"Same content: {'; '.join(twins)[:MAX_SHOWN]}." if twins else "No two are the same."]


# read_file


@dataclass(frozen=True, slots=True)
class _Page:
    lines: tuple[str, ...]
    total: int | None
    """Lines of the file; None where it is too big to count them."""
    cut_line: bool
    """The one line shown is longer than a page."""


def reading(workspace: Workspace, path: str, start_line: int) -> Output:
    """A header, the lines from `start_line` that fit, and how to go on."""
    path = workspace.normalize(path)
    if start_line < 1:
        raise Retry(f"start_line is {start_line}; lines count from 1.", hint="Use 1 or more.")
    with opened(workspace, path) as (file, size):
        room = FIRST_LOOK if start_line == 1 and size > 2 * MAX_SHOWN else MAX_SHOWN
        page = _page(file, start_line, room, count=size <= _COUNTED_PAGES)
    if page.total == 0:
        return Output(f"{path} is empty (0 bytes).", sources=(path,), private=True)
    if not page.lines:
        raise Retry(
            f"{path!r} has {counted(page.total or 0, 'line')}; there is no line {start_line}.",
            hint=f"Use a start_line up to {page.total}.",
        )
    last = start_line + len(page.lines) - 1
    of = "" if page.total is None else f" of {page.total}"
    text = [f"{path}, lines {start_line}-{last}{of}, {human(size)}", *page.lines]
    if page.cut_line:
        text.append(f"… line {last} is longer; find_in_files shows places in it")
    more = ""
    if page.total is None or last < page.total:
        whole = "to count or find lines in the whole file use find_in_files; go on with"
        more = f"{whole} read_file({path!r}, start_line={last + 1})"
        text.append(f"… {more}")
    source = f"{path}:{start_line}-{last}"
    return Output("\n".join(text), sources=(source,), private=True, more=more)


def _page(file: TextIO, start: int, room: int, *, count: bool) -> _Page:
    """The lines from `start` that fit; `count` goes on to the end for the total."""
    shown: list[str] = []
    number, cut_line = 0, False
    for number, (line, length) in enumerate(lines_of(file), 1):
        if number < start or room <= 0:
            continue
        if length < room or not shown:
            shown.append(line[:room])
            cut_line = length > room
        room -= length + 1
        if room <= 0 and not count:
            return _Page(tuple(shown), None, cut_line)
    return _Page(tuple(shown), number, cut_line)
