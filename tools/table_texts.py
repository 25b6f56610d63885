"""The tables in files that are read as texts: tables of Markdown, lists of entries, settings.

They are no tables to the person, who never asked to have them queried; they are there for SQL that
needs what a note holds beside what a table does.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from pathlib import PurePosixPath
from typing import Any

from nomoat.tools.page_tables import tables_of
from nomoat.tools.table_lists import list_table
from nomoat.tools.table_records import mapping_tables, record_tables

LONGEST = 100_000
"""Bytes of a file that is looked through."""
_DATA = {".json", ".yaml", ".yml", ".toml"}
_SETTINGS = {".ini", ".cfg", ".conf"}
_NOTES = {".md", ".markdown", ".txt", ".text", ""}

Table = tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]
"""The heading or key it stands under, the names of its columns, and its rows."""


def may_hold_tables(path: str) -> bool:
    """Whether a file is of a kind that is looked through."""
    return PurePosixPath(path.lower()).suffix in _DATA | _SETTINGS | _NOTES


def text_tables(text: str, path: str) -> Iterator[Table]:
    """The tables in a text; none where it is not what its ending says, or holds none.

    Those with the same columns are one, whose first column says which `section` a row is of. Lists
    of records in JSON are not among them: these are tables anyway.
    """
    by_names: dict[tuple[str, ...], list[Table]] = {}
    for table in _found(text, path):
        by_names.setdefault(table[1], []).append(table)
    for names, alike in by_names.items():
        if len(alike) == 1 or "section" in names:
            yield from alike
        else:
            rows = tuple((part, *row) for part, _, each in alike for row in each)
            yield "", ("section", *names), rows


def _found(text: str, path: str) -> Iterator[Table]:
    ending = PurePosixPath(path.lower()).suffix
    if ending in _NOTES:
        yield from ((table.heading, table.names, table.rows) for table in tables_of(text))
        if (found := list_table(text)) is not None:
            yield "", *found
        return
    data = _settings(text) if ending in _SETTINGS else _data(text, ending)
    if ending != ".json":
        yield from record_tables(data)
    yield from mapping_tables(data)


def _data(text: str, ending: str) -> Any:
    try:
        if ending == ".json":
            return json.loads(text)
        if ending == ".toml":
            return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None
    from yaml import AliasToken, YAMLError, safe_load, scan  # type: ignore[import-untyped]

    try:
        if any(isinstance(token, AliasToken) for token in scan(text)):
            return None  # a few lines of these can stand for any number
        return safe_load(text)
    except (YAMLError, ValueError, RecursionError):
        return None


def _settings(text: str) -> dict[str, dict[str, str]]:
    parser = ConfigParser(interpolation=None, strict=False, default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text)
    except ConfigError:
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}
