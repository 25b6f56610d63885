"""Finding text in the files of the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from langchain_core.tools import BaseTool

from nomoat.tools.base import Output, tool
from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.filespec import targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.text import counted, lines_of, opened
from nomoat.tools.uses import USES

MAX_SHOWN = 2_500
"""Characters of matches shown."""

_LINE = 200
_BLOCK = 20_000
_LONGEST = 10_000
_MAX_BYTES = 500_000_000

Matcher = Callable[[Sequence[str]], Sequence[int]]
"""Gives the indices of the lines that match."""


def find_tool(workspace: Workspace) -> BaseTool:
    """`find_in_files`, bound to a workspace."""

    @tool(effects="read", targets=targets(workspace, "folder"), uses=USES["find_in_files"])
    def find_in_files(text: str, folder: str = "", regex: bool = False) -> Output:
        """Find the lines that contain a text, in all files.

        Args:
            text: What to look for; upper and lower case are the same.
            folder: Only in this folder or file.
            regex: The text is a regular expression.
        """
        return finding(workspace, text, folder, regex)

    return find_in_files


def finding(workspace: Workspace, text: str, folder: str, regex: bool) -> Output:
    """`path:line: text` for the matches that fit, and how many there are in all."""
    if not text:
        raise Retry("The text to look for is empty.", hint="Say what to look for.")
    matches = _regex(text) if regex else _literal(text)
    path = workspace.normalize(folder)
    shown: list[str] = []
    room, found, files, searched = MAX_SHOWN, 0, set[str](), 0
    for name, size in _files(workspace, path):
        searched += size
        if searched > _MAX_BYTES:
            shown.append(f"… stopped before {name}: too much to search; name a folder.")
            break
        for number, line in _matching(workspace, name, matches):
            found += 1
            files.add(name)
            entry = f"{name}:{number}: {_around(line, text)}"
            if len(entry) < room:
                shown.append(entry)
            room -= len(entry) + 1
    if not found and path:
        return _elsewhere(finding(workspace, text, "", regex), text, path)
    if not found:
        return Output(f"{text!r} is in no file of the workspace.", sources=(".",), private=True)
    contain = "contains" if found == 1 else "contain"
    count = f"{counted(found, 'line')} in {counted(len(files), 'file')} {contain} {text!r}"
    if room < 0:
        count += f"; the first {len(shown)} are shown, name a folder or file to see fewer"
    sources = tuple(dict.fromkeys(entry.rsplit(": ", 1)[0] for entry in shown))[:20]
    return Output("\n".join([f"{count}:", *shown]), sources=sources, private=True)


def _elsewhere(found: Output, text: str, path: str) -> Output:
    """What the whole workspace holds, where a part of it holds nothing."""
    return replace(found, text=f"{text!r} is not in {path}. Everywhere: {found.text}")


def _files(workspace: Workspace, path: str) -> Iterator[tuple[str, int]]:
    if path and not (entry := workspace.stat(path)).is_folder:
        yield entry.path, entry.size
        return
    for entry in workspace.walk(path):
        if not entry.is_folder:
            yield entry.path, entry.size


def _matching(workspace: Workspace, path: str, matches: Matcher) -> Iterator[tuple[int, str]]:
    block: list[str] = []
    before = 0
    try:
        with opened(workspace, path) as (file, _):
            for line, _length in lines_of(file):
                block.append(line[:_LONGEST])
                if len(block) == _BLOCK:
                    yield from ((before + i + 1, block[i]) for i in matches(block))
                    before += len(block)
                    block = []
    except ToolError:
        return  # no text, or gone meanwhile
    yield from ((before + i + 1, block[i]) for i in matches(block))


def _literal(text: str) -> Matcher:
    wanted = text.casefold()
    return lambda lines: [i for i, line in enumerate(lines) if wanted in line.casefold()]


def _regex(pattern: str) -> Matcher:
    """Matching by RE2, as DuckDB brings it: its time grows with the text, never beyond.

    Python's own `re` can be made to search for years by a short pattern.
    """
    import duckdb

    database = duckdb.connect(
        ":memory:",
        config={"enable_external_access": False, "memory_limit": "256MB", "threads": 1},
    )

    def matches(lines: Sequence[str]) -> Sequence[int]:
        try:
            rows = database.execute(_MATCH, [list(lines), len(lines), pattern]).fetchall()
        except duckdb.Error as error:
            reason = str(error).removeprefix("Invalid Input Error: ").splitlines()[0]
            raise Retry(
                f"{pattern!r} is no regular expression: {reason}.",
                hint="Correct it, or look for a plain text.",
            ) from None
        return [row[0] for row in rows]

    matches([""])
    return matches


_MATCH = """
    SELECT n FROM (SELECT unnest(?::VARCHAR[]) AS line, unnest(range(?)) AS n)
    WHERE regexp_matches(line, ?, 'i') ORDER BY n
"""


def _around(line: str, text: str) -> str:
    """The part of a line where the text stands."""
    line = line.strip()
    if len(line) <= _LINE:
        return line
    at = max(line.casefold().find(text.casefold()), 0)
    start = max(min(at - _LINE // 3, len(line) - _LINE), 0)
    end = start + _LINE
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"
