"""`update_table`: rows of a csv or tsv file changed by SQL, and no other byte of the file.

A small model cannot change a table by replacing text, but writes an UPDATE well. The statement is
tried out in the database, which never writes; the cells that come out otherwise are then written
into the file, the way their columns write such values.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.changes import Change
from nomoat.tools.errors import Failed, Retry, ToolError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_cells import read_back
from nomoat.tools.table_info import Result
from nomoat.tools.table_lines import TableLines, read_lines
from nomoat.tools.table_sheet import Changed, sheet_of
from nomoat.tools.table_show import observation
from nomoat.tools.table_store import Tables
from nomoat.tools.table_trial import Statement, rows_of, statement_of, tried
from nomoat.tools.text import MAX_EDITED, TextFile, counted, human
from nomoat.tools.uses import USES

SHOWN_CHANGES = 10
"""Changed rows that are shown; the others are counted."""
_DONE = {"UPDATE": "Changed {} of", "INSERT": "Added {} to", "DELETE": "Deleted {} from"}


def change_tool(workspace: Workspace, tables: Tables) -> BaseTool:
    """`update_table` over the csv and tsv files of `workspace`."""

    def preview(arguments: Arguments) -> str:
        try:
            return _planned(workspace, tables, str(arguments.get("sql", ""))).diff()
        except ToolError as error:
            return f"This will fail: {error}"

    def touched(arguments: Arguments) -> Sequence[str]:
        """The table's file; none where the call itself will say what is wrong with its SQL."""
        with suppress(ToolError):
            return [statement_of(tables, str(arguments.get("sql", ""))).table.file]
        return []

    @tool(effects="read, write", preview=preview, targets=touched, uses=USES["update_table"])
    def update_table(sql: str) -> Output:
        """Change, add or delete rows of a table (csv, tsv) with one SQL UPDATE, INSERT or DELETE.

        Args:
            sql: One statement. Each file is a table of its name: sales.csv is sales.
        """
        plan = _planned(workspace, tables, sql)
        data = plan.changed.lines.data()
        if workspace.read_bytes(plan.path) != plan.before.data():
            raise Retry(f"{plan.path} has just been changed.", hint="Try again.")
        workspace.write_bytes(plan.path, data)
        sources = plan.statement.sources
        outside = any(tables.is_attached(source) for source in sources)
        text = f"{plan.done}:\n{plan.table()}"
        return Output(text, files=(plan.path,), sources=sources, untrusted=outside, private=True)

    return update_table


@dataclass(frozen=True, slots=True)
class _Plan:
    """A file as it is, and as a statement would make it."""

    statement: Statement
    before: TableLines
    changed: Changed

    @property
    def path(self) -> str:
        return self.statement.table.file

    @property
    def done(self) -> str:
        """The sentence that tells it has been done."""
        return f"{_DONE[self.statement.kind].format(self._rows)} {self.path}"

    @property
    def _rows(self) -> str:
        return counted(len(self.changed.shown), "row")

    def table(self) -> str:
        """The rows that changed, and what there is to know of them."""
        columns = tuple(column.name for column in self.statement.table.columns)
        shown = self.changed.shown
        notes = (*self.statement.notes, *self.changed.notes)
        types = ("VARCHAR",) * len(columns)
        return observation(Result(columns, types, shown[:SHOWN_CHANGES], len(shown), notes=notes))

    def diff(self) -> str:
        """The lines that change."""
        old, new = (one.text.replace("\r\n", "\n") for one in (self.before, self.changed.lines))
        return Change(self.path, TextFile(old), new, self.done).diff()


def _planned(workspace: Workspace, tables: Tables, sql: str) -> _Plan:
    """What the SQL would make of its file.

    Raises:
        Retry: the SQL has to change, or its values cannot be written.
        Failed: the file cannot be changed row by row.
    """
    statement = statement_of(tables, sql)
    path = workspace.writable(statement.table.file)
    size = workspace.stat(path).size
    if size > MAX_EDITED:
        raise Failed(
            f"{path!r} has {human(size)}; files of more than {human(MAX_EDITED)} are not changed.",
            hint="Write a changed copy with save_query.",
        )
    lines = read_lines(workspace.read_bytes(path), path)
    rows = rows_of(tables, statement.table)
    sheet = sheet_of(lines, statement.table, rows)
    changes = tried(tables, sql, rows, lambda text: read_back(text, sheet.manner))
    return _Plan(changes.statement, lines, sheet.after(changes))
