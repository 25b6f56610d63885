"""Finding text in the files of the workspace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated

from langchain_core.tools import BaseTool
from pydantic import Field

from nomoat.tools.base import Output, tool
from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.filespec import targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.text import counted, lines_of, opened
from nomoat.tools.uses import USES

MAX_SHOWN = 2_500
"""Characters of matches shown."""

Said = Annotated[str, Field(min_length=1)]

MAX_SEARCHED = 500_000_000
"""Bytes of files that one call looks through."""

EVERYWHERE = "."
"""The source of that a text is nowhere: all of the workspace."""
LONGEST = 10_000
"""Characters of a line that are looked at."""

_LINE = 200
_BLOCK = 20_000

Matcher = Callable[[Sequence[str]], Sequence[int]]
"""Gives the indices of the lines that match."""


def find_tool(workspace: Workspace) -> BaseTool:
    """`find_in_files`, bound to a workspace."""

    @tool(effects="read", targets=targets(workspace, "folder"), uses=USES["find_in_files"])
    def find_in_files(text: Said, folder: str = "", regex: bool = False) -> Output:
        """Find the lines that contain a text, in all files.

        Args:
            text: What to look for; upper and lower case are the same.
            folder: Only in this folder or file.
            regex: The text is a regular expression.
        """
        return finding(workspace, text, folder, regex)

    return find_in_files


def finding(workspace: Workspace, text: str, folder: str, regex: bool) -> Output:
    """`path:line: text` for the matches that fit, and how many there are in all.

    Where no line holds the text as it is, those that hold all of its words are shown, or else
    those that hold the most of them, if that is more than half.
    """
    if not text.strip():
        raise Retry("The text to look for is empty.", hint="Say what to look for.")
    path = workspace.normalize(folder)
    found = _found(workspace, path, text, _regex(text) if regex else _literal(text))
    said = f"contain {text!r}"
    words = [] if regex else text.casefold().split()
    for least in range(len(words), len(words) // 2, -1):
        if found.count or len(words) == 1:
            break
        found = _found(workspace, path, text, _holding(words, least))
        every = "every word" if least == len(words) else f"{least} of the {len(words)} words"
        said = f"contain {every} of {text!r}, not one after the other"
    if not found.count and path:
        return _elsewhere(finding(workspace, text, "", regex), text, path)
    if not found.count:
        return Output(
            f"{text!r} is in no file of the workspace.", sources=(EVERYWHERE,), private=True
        )
    if found.count == 1:
        said = said.replace("contain", "contains", 1)
    count = f"{counted(found.count, 'line')} in {counted(len(found.files), 'file')} {said}"
    if found.left_out:
        count += f"; the first {len(found.shown)} are shown, name a folder or file to see fewer"
    sources = tuple(dict.fromkeys(entry.rsplit(": ", 1)[0] for entry in found.shown))[:20]
    return Output("\n".join([f"{count}:", *found.shown]), sources=sources, private=True)


@dataclass(slots=True)
class _Found:
    """Lines that match."""

    shown: list[str] = field(default_factory=list)
    count: int = 0
    files: set[str] = field(default_factory=set)
    left_out: bool = False


def _found(workspace: Workspace, path: str, text: str, matches: Matcher) -> _Found:
    all_of = _Found()
    room, searched = MAX_SHOWN, 0
    for name, size in files_in(workspace, path):
        searched += size
        if searched > MAX_SEARCHED:
            all_of.shown.append(f"… stopped before {name}: too much to search; name a folder.")
            break
        for number, line in matching_lines(workspace, name, matches):
            all_of.count += 1
            all_of.files.add(name)
            entry = f"{name}:{number}: {_around(line, text)}"
            if len(entry) < room:
                all_of.shown.append(entry)
            room -= len(entry) + 1
    all_of.left_out = room < 0
    return all_of


def _elsewhere(found: Output, text: str, path: str) -> Output:
    """What the whole workspace holds, where a part of it holds nothing."""
    return replace(found, text=f"{text!r} is not in {path}. Everywhere: {found.text}")


def files_in(workspace: Workspace, path: str) -> Iterator[tuple[str, int]]:
    """The files that are looked through in a folder, or the one file, each with its bytes.

    Raises:
        Retry: there is nothing of this name.
    """
    if path and not (entry := workspace.stat(path)).is_folder:
        yield entry.path, entry.size
        return
    for entry in workspace.walk(path):
        if not entry.is_folder:
            yield entry.path, entry.size


def matching_lines(workspace: Workspace, path: str, matches: Matcher) -> Iterator[tuple[int, str]]:
    """The lines of a file that match, each with its number; none of a file that is no text."""
    block: list[str] = []
    before = 0
    try:
        with opened(workspace, path) as (file, _):
            for line, _length in lines_of(file):
                block.append(line[:LONGEST])
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


def _holding(words: Sequence[str], least: int) -> Matcher:
    """Lines that hold so many of the words."""

    def held(line: str) -> int:
        return sum(word in line for word in words)

    return lambda lines: [i for i, line in enumerate(lines) if held(line.casefold()) >= least]


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
