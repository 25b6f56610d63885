"""Every line about something, from all files into one, without passing through the model."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.changes import Change, written
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.filespec import previewed, targets
from nomoat.tools.find import LONGEST, MAX_SEARCHED, Matcher, Said, files_in, matching_lines
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.text import MAX_EDITED, counted, human
from nomoat.tools.uses import USES

SHOWN_FILES = 20
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_NO_TEXT = frozenset({".json", ".jsonl", ".xlsx", ".parquet", ".docx", ".pdf"})
"""Endings of files that are no lists of lines."""


def collect_tool(workspace: Workspace) -> BaseTool:
    """`collect_lines`, bound to one workspace."""

    def looked_into(arguments: Arguments) -> Sequence[str]:
        """Each file by name: a rule about one of them has to fit."""
        folder = str(arguments.get("folder", ""))
        try:
            path = workspace.normalize(folder)
            target = workspace.normalize(str(arguments.get("target", "")))
            return [name for name, _ in files_in(workspace, path) if name != target]
        except ToolError:  # the call itself will say what is wrong with it
            return [folder] if folder else []

    @tool(
        effects="read, write",
        preview=previewed(lambda arguments: _plan(workspace, **arguments).change.diff()),
        targets=targets(workspace, "target"),
        reads=looked_into,
        uses=USES["collect_lines"],
    )
    def collect_lines(text: Said, target: str, folder: str = "") -> Output:
        """Write all lines that mention a text, from all files, into one new file.

        Args:
            text: A word or phrase.
            target: The new file; .csv makes a table.
            folder: Only from this folder.
        """
        plan = _plan(workspace, text, target, folder)
        workspace.write_bytes(plan.change.path, plan.change.data())
        sources = tuple(plan.files)[:SHOWN_FILES]
        return Output(plan.done, files=(plan.change.path,), sources=sources, private=True)

    return collect_lines


@dataclass(frozen=True, slots=True)
class _Line:
    file: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class _Collection:
    """What a call would write."""

    change: Change
    text: str
    files: Counter[str]
    """File → how many of its lines, in the order of the files."""

    @property
    def done(self) -> str:
        """What came of it, once it was written."""
        count = self.files.total()
        each = ", ".join(f"{name} ({n})" for name, n in list(self.files.items())[:SHOWN_FILES])
        left = len(self.files) - SHOWN_FILES
        more = f" and {counted(left, 'more file')}" if left > 0 else ""
        verb = "mentions" if count == 1 else "mention"
        replaced = " It replaces what was there." if self.change.before is not None else ""
        return (
            f"Wrote to {self.change.path} the {counted(count, 'line')} that {verb} {self.text!r}, "
            f"from {counted(len(self.files), 'file')}: {each}{more}.{replaced}"
        )


def _plan(workspace: Workspace, text: str, target: str, folder: str = "") -> _Collection:
    """What a call would write, before anything is written.

    Raises:
        Retry: no line holds the text, or other arguments could work.
        Failed: there is too much to look through.
    """
    path = workspace.writable(target)
    if target.endswith("/") or workspace.is_folder(path):
        raise Retry(f"{target!r} is a folder.", hint="Name the new file.")
    ending = PurePosixPath(path).suffix.lower()
    if ending in _NO_TEXT:
        raise Retry(
            f"Lines cannot be written to a {ending} file.", hint="End the target in .md or .csv."
        )
    said = " ".join(text.split())
    if not said:
        raise Retry("The text to look for is empty.", hint="Say what to look for.")
    where = workspace.normalize(folder)
    lines = _found(workspace, where, said, path)
    if not lines:
        raise Retry(
            f"No line {f'in {where} ' if where else ''}mentions {said!r}: nothing was written.",
            hint=("Leave out the folder. " if where else "")
            + "Use find_in_files to see how it is written there.",
        )
    change = written(
        workspace, path, _table(lines, ending) if ending in _DELIMITERS else _md(lines)
    )
    return _Collection(change, said, Counter(line.file for line in lines))


def _found(workspace: Workspace, where: str, said: str, target: str) -> list[_Line]:
    """All lines that hold the text, but those of the target itself."""
    matches = whole_words(said)
    found: list[_Line] = []
    searched = size = 0
    for name, of_file in files_in(workspace, where):
        if name == target:
            continue
        searched += of_file
        if searched > MAX_SEARCHED:
            raise Failed(
                f"There is more than {human(MAX_SEARCHED)} to look through: nothing was written.",
                hint="Name a folder.",
            )
        for number, line in matching_lines(workspace, name, matches):
            cut = "…" if len(line) == LONGEST else ""
            found.append(_Line(name, number, line.strip() + cut))
            size += len(line) + len(name)
            if size > MAX_EDITED:
                raise Retry(
                    f"More than {len(found):,} lines mention {said!r}: nothing was written.",
                    hint="Name a folder, or a longer text.",
                )
    return found


def whole_words(text: str) -> Matcher:
    """Lines that hold a text as it stands, not inside of longer words; case and the width of gaps
    do not count."""
    text = text.casefold()
    before = r"(?<!\w)" if re.match(r"\w", text) else ""
    after = r"(?!\w)" if re.search(r"\w$", text) else ""
    wanted = re.compile(before + r"\s+".join(map(re.escape, text.split())) + after)
    return lambda lines: [i for i, line in enumerate(lines) if wanted.search(line.casefold())]


def _md(lines: Sequence[_Line]) -> str:
    return "".join(f"- {line.file}:{line.number}: {line.text}\n" for line in lines)


def _table(lines: Sequence[_Line], ending: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=_DELIMITERS[ending], lineterminator="\n")
    writer.writerow(("file", "line", "text"))
    writer.writerows((line.file, line.number, line.text) for line in lines)
    return text.getvalue()
