"""What the harness finds for the model before its first thought.

A small model does not think of looking around. So it is shown what there is: the files of the
workspace, the columns of its tables, and the passages of the memory that fit the goal.
"""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from nomoat.agent import prompts
from nomoat.agent.goal.orders import without_orders
from nomoat.agent.opening.leads import Lead
from nomoat.memory.document import Passage
from nomoat.tools.errors import ToolError
from nomoat.tools.guard.paths import Entry, Workspace
from nomoat.tools.recall import heading
from nomoat.tools.table_info import TableInfo

FILES = 40
TABLES = 12
START_CHARS = 70
"""Of how a file begins, that are shown."""
LONG_FILE = 5_000
"""Bytes from which on a text is better searched than read."""
PASSAGES = 4
PASSAGE_CHARS = 1_800


class Searchable(Protocol):
    """A memory that can be searched: `nomoat.memory.Memory` is one."""

    def search(self, query: str, k: int = ...) -> list[Passage]: ...


def brief(
    goal: str,
    workspace: Workspace,
    *,
    tables: Iterable[TableInfo] = (),
    passages: Sequence[tuple[str, str]] | None = None,
    leads: Sequence[Lead] = (),
    notes: Iterable[str] = (),
    hidden: Collection[str] = (),
    names_only: bool = False,
    reads: bool = True,
    answers: bool = False,
    in_short: bool = False,
) -> str:
    """The files, tables, places in files and passages for a goal, as text.

    `passages` are `(citation, text)` pairs; None when there is no memory to look in. `notes` stand
    last. `hidden`: paths that are not listed. `names_only`: how the files begin is not wanted, as
    what fits is shown, or no file is chosen by that; nor is it of others than those that the goal
    names. `reads`: there are tools for the files of the workspace; without them, that there are no
    files is nothing that a goal could fail for. `answers`: what is shown answers the goal, and no
    table will be asked. `in_short`: of tables only the names of their columns are wanted.
    """
    found = list(tables)
    as_tables = {table.file for table in found}
    files = _files(goal, workspace, as_tables, hidden, names_only=names_only)
    parts = [
        files if reads or files != prompts.NO_FILES else "",
        "" if answers else _tables(found, in_short=in_short),
        _leads(leads),
        _passages(passages),
        *notes,
    ]
    return "\n\n".join(part for part in parts if part)


def _files(
    goal: str,
    workspace: Workspace,
    as_tables: Collection[str],
    hidden: Collection[str],
    *,
    names_only: bool,
) -> str:
    """The files that there are."""
    every = (entry for entry in workspace.walk() if not entry.is_folder)
    entries = [entry for entry in every if entry.path not in hidden]
    if not entries:
        return prompts.NO_FILES
    # When not all can be shown, those that the goal names come first.
    named = [entry for entry in entries if entry.path.rsplit("/", 1)[-1] in goal]
    shown = (named + [entry for entry in entries if entry not in named])[:FILES]
    told = () if names_only else named or entries
    lines = [
        _line(entry, workspace, as_tables) if entry in told else f"- {entry.path}"
        for entry in shown
    ]
    if len(entries) > len(shown):
        lines.append(f"- and {len(entries) - len(shown)} more: list_files shows them")
    return "\n".join([prompts.FILES, *lines])


def _line(entry: Entry, workspace: Workspace, as_tables: Collection[str]) -> str:
    line = f"- {entry.path} ({_about(entry, as_tables)})"
    start = "" if entry.path in as_tables else beginning(workspace, entry.path)
    return f"{line}: {start}" if start else line


def beginning(workspace: Workspace, path: str) -> str:
    """How a text file begins, in a few words: they tell what it is about. Empty for others."""
    try:
        with workspace.open_read(path) as file:
            # a letter may be cut at the end
            text = codecs.getincrementaldecoder("utf-8")().decode(file.read(4 * START_CHARS))
    except (ToolError, UnicodeDecodeError):
        return ""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    shown = without_orders(" / ".join([line for line in lines if line][:2])[:START_CHARS])
    return shown if shown.isprintable() else ""


def _size(size: int) -> str:
    if size == 0:
        return "empty"
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1_000:.1f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _about(entry: Entry, as_tables: Collection[str]) -> str:
    """Its size, and where reading it whole is not the way, what is."""
    if entry.path in as_tables:
        return f"{_size(entry.size)}, a table: query_table"
    if entry.size > LONG_FILE:
        return f"{_size(entry.size)}, long: find_in_files"
    return _size(entry.size)


def _tables(tables: Sequence[TableInfo], *, in_short: bool) -> str:
    """What can be asked in SQL."""
    if not tables:
        return ""
    lines = [f"- {table.in_short if in_short else table}" for table in tables[:TABLES]]
    return "\n".join([prompts.TABLES, *lines])


def _leads(leads: Sequence[Lead]) -> str:
    shown = [f"{_place(lead)}:\n{without_orders(lead.text)}" for lead in leads]
    return "\n\n".join([prompts.READ, *shown]) if shown else ""


def _place(lead: Lead) -> str:
    if lead.chosen:
        return f"{lead.path}, {lead.chosen}"
    return lead.path if lead.whole else f"{lead.path}, lines {lead.first}-{lead.last}"


def recalled(goal: str, memory: Searchable | None) -> list[tuple[str, str]] | None:
    """`(citation, quote)` of the passages that fit a goal best, within the room for them.

    The quote is headed by its document's name; the citation, which looks like a path of the
    workspace, is not shown to the model.
    """
    if memory is None:
        return None
    room, kept = PASSAGE_CHARS, []
    for number, passage in enumerate(memory.search(goal, k=PASSAGES), 1):
        lines = (" ".join(line.split()) for line in passage.text.splitlines())
        text = "\n".join(line for line in lines if line)[:room]
        kept.append((str(passage.citation), f"{heading(number, passage)}\n{text}"))
        room -= len(text)
        if room <= 0:
            break
    return kept


def _passages(passages: Sequence[tuple[str, str]] | None) -> str:
    if passages is None:
        return ""
    if not passages:
        return prompts.NO_DOCUMENTS
    return "\n".join([prompts.DOCUMENTS, *(without_orders(quote) for _citation, quote in passages)])
