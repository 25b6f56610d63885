"""nomoat's own tools that the harness treats in a way of their own, by name.

All that it says of a tool anywhere else follows from what the tool declares (`ToolSpec`).
"""

from __future__ import annotations

READS = "read_file"
READERS = (READS, "find_in_files")
"""Look into the workspace: offered whenever it is not certain what is needed."""
LOCAL = frozenset(
    {
        *READERS,
        "list_files",
        "compare_files",
        "collect_lines",
        "query_table",
        "save_query",
        "update_table",
    }
)
"""Find nothing where there are no files."""
SHOWN_BEFORE = frozenset({READS, "recall"})
"""What they would bring, the opening may have shown."""
LOOKS_FIRST = frozenset(
    {"query_table", "find_in_files", "list_files", "compare_files", "calculate", "browse", "now"}
)
"""Where a goal begins with one of these, there is nothing to write before it was called."""
COMPUTING = frozenset({"calculate", "query_table", "update_table", "python"})
"""What a number comes from that was not only read."""
DOES_ALONE = frozenset({"join_files", "collect_lines", "compare_files"})
"""Where a goal asks for this, nothing has to be read for it: no text passes through the model."""
LOOKS_EVERYWHERE = frozenset({"find_in_files", "collect_lines"})
"""Look through all of the workspace, or through one folder of it."""
JSON_READER = "http_get_json"
"""Reads data from the web, and no pages."""
CALCULATES = "calculate"
COMPARES = "compare_files"
COPIES = "copy_file"
ASKS_TABLES = "query_table"
SAVES_ROWS = "save_query"
CHANGES_TABLES = "update_table"
TABLE_TOOLS = frozenset({ASKS_TABLES, SAVES_ROWS, CHANGES_TABLES})
KNOW_WHERE = TABLE_TOOLS | {CALCULATES}
"""Where only these are offered, no file is chosen by how it begins."""
TABLE_ENDINGS = (".csv", ".tsv", ".xlsx", ".parquet")
"""Of files that nobody writes by hand where there is a table to write them from."""
TEXT_WRITERS = frozenset({"write_file", "append_file", "save_query"})
"""Write what they are given or asked for to a path."""
WRITERS = frozenset({"write_file", "append_file"})
"""Of these, those whose text the model writes itself."""
REPLACES = "write_file"
"""Puts a text in the place of all that a file held."""
