"""`query_table` and `save_query`: SQL over the tables of the workspace, so that no model adds up.

The database never opens a file. Files are opened through the workspace's jail; a loader of our
own, which no model statement reaches, reads them by descriptor and passes the rows on, and the
database that answers questions has external access switched off and its configuration locked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from langchain_core.tools import BaseTool

from nomoat.tools.base import Output, tool
from nomoat.tools.errors import Retry
from nomoat.tools.filespec import targets
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_change import change_tool
from nomoat.tools.table_info import NOT_WRITTEN, TableInfo
from nomoat.tools.table_show import FORMATS, as_bytes, as_text, observation
from nomoat.tools.table_store import Tables
from nomoat.tools.uses import USES

__all__ = ["TableInfo", "Tables", "describe", "table_tools"]

SHOWN_ROWS = 30
SAVED_SHOWN = 10
MAX_SAVED_ROWS = 1_000_000


def describe(workspace: Workspace, tables: Tables | None = None) -> list[TableInfo]:
    """The tables of the workspace, by name; `str(info)` is one line for the prompt."""
    return (tables or Tables(workspace)).infos()


def table_tools(workspace: Workspace, tables: Tables | None = None) -> list[BaseTool]:
    """`query_table`, `save_query` and `update_table` over the files of `workspace`.

    Pass `tables` to share loaded tables with `describe`.
    """
    loaded = tables or Tables(workspace)
    return [
        _query_table(loaded),
        _save_query(loaded, workspace),
        change_tool(workspace, loaded),
    ]


def _query_table(tables: Tables) -> BaseTool:
    @tool(effects="read", uses=USES["query_table"])
    def query_table(sql: str) -> Output:
        """Answer a question about tables (csv, xlsx, json, parquet files) with one SQL SELECT.

        Sums, counts, averages, filters, sorting and joins are done here, never by hand.

        Args:
            sql: One SELECT. Each file is a table of its name: sales.csv is sales.
        """
        result = tables.query(sql, limit=SHOWN_ROWS)
        untrusted, private = _marks(tables, result.files)
        text = observation(result)
        return Output(text, sources=result.files, untrusted=untrusted, private=private)

    return query_table


def _save_query(tables: Tables, workspace: Workspace) -> BaseTool:
    def preview(arguments: Mapping[str, Any]) -> str:
        result = tables.query(str(arguments["sql"]), limit=5)
        return f"{arguments['path']}: {result.total} rows\n{as_text(result)}"

    @tool(
        effects="read, write",
        preview=preview,
        targets=targets(workspace, "path"),
        uses=USES["save_query"],
    )
    def save_query(sql: str, path: str) -> Output:
        """Write the whole result of one SQL SELECT over tables to a file.

        Args:
            sql: One SELECT, as for query_table.
            path: The file to write; its ending says the format: .csv, .json, .md, .xlsx, .parquet.
        """
        ending = PurePosixPath(path).suffix.lower()
        if ending not in FORMATS:
            raise Retry(
                f"{path!r} has no ending that says a format.",
                hint=f"End the path in one of {', '.join(FORMATS)}.",
            )
        target = workspace.writable(path)
        result = tables.query(sql, limit=MAX_SAVED_ROWS)
        if result.total > MAX_SAVED_ROWS:
            raise Retry(
                f"The result has {result.total} rows; at most {MAX_SAVED_ROWS} can be written.",
                hint="Filter or group it.",
            )
        data = tables.parquet(result.sql) if ending == ".parquet" else as_bytes(result, ending)
        workspace.write_bytes(target, data)
        first = replace(result, rows=result.rows[:SAVED_SHOWN])
        text = f"Wrote {result.total} rows to {target}:\n{observation(first)}"
        left = tables.left_out(result)
        if left:
            text += f"\n{', '.join(left)} {NOT_WRITTEN}"
        untrusted, private = _marks(tables, result.files)
        return Output(
            text, files=(target,), sources=result.files, untrusted=untrusted, private=private
        )

    return save_query


def _marks(tables: Tables, sources: Sequence[str]) -> tuple[bool, bool]:
    """Whether somebody else wrote some of it, and whether some is the person's own."""
    outside = [source for source in sources if tables.is_attached(source)]
    return bool(outside), len(outside) < len(sources) or not sources
