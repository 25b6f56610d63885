"""Loading one file into the locked database, by descriptor, through a loader of its own."""

# ruff: noqa: S608 (names come from `Namer`, texts are quoted)
from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from nomoat.memory.errors import DocumentError
from nomoat.tools.table_names import Namer, identifier
from nomoat.tools.table_sources import LOG, Part, parts, regular, rewritten
from nomoat.tools.table_texts import LONGEST, text_tables
from nomoat.tools.table_types import infer
from nomoat.tools.text import encoding_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

LOADER_MEMORY = "1GB"
WRITTEN = (".csv", ".tsv")
"""Of tables whose cells may be written: what stands behind a number there has to stay."""


@dataclass(frozen=True, slots=True)
class LoadedColumn:
    """A column of a loaded table."""

    name: str
    type: str
    original: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """Where tables go, what reads their files, and what gives them their names."""

    loader: DuckDBPyConnection
    database: DuckDBPyConnection
    namer: Namer

    def copy(self, table: str, relation: DuckDBPyRelation) -> None:
        """Make a table of a relation of another database."""
        self.database.register("incoming", Stream(relation))
        try:
            self.database.execute(f"CREATE OR REPLACE TABLE {table} AS FROM incoming")
        except BaseException:
            self.namer.release(table)
            raise
        finally:
            self.database.unregister("incoming")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table that stands in the database."""

    name: str
    file: str
    part: str
    """The sheet or key; empty where the file is one table."""
    columns: tuple[LoadedColumn, ...]


class Stream:
    """A relation of one database as Arrow data for another, without pyarrow."""

    def __init__(self, relation: DuckDBPyRelation) -> None:
        self._relation = relation

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._relation.__arrow_c_stream__(requested_schema)


def load_file(file: BinaryIO, path: str, target: Target) -> Iterator[Loaded]:
    """Load the tables of an open file; `path` gives them their names.

    Raises:
        DocumentError: the file is not what its ending says, or too big.
    """
    import duckdb

    try:
        if path.lower().endswith(".parquet"):
            yield _load_parquet(file, path, target)
            return
        for part in parts(file, path):
            yield _load_part(part, path, target)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DocumentError(f"{path!r} cannot be read as a table: {reason}") from error


def load_lists(file: BinaryIO, path: str, target: Target) -> Iterator[Loaded]:
    """Load what is listed in a text (`nomoat.tools.table_texts`); `path` gives it its names.

    Raises:
        DocumentError: the rows cannot be loaded.
    """
    import duckdb

    data = file.read(LONGEST)
    encoding = encoding_of(data)
    text = data.decode(encoding, "replace") if encoding else ""
    stem = PurePosixPath(path).stem
    try:
        for part, names, rows in text_tables(text, path):
            loaded = load_rows(f"{stem}_{part}" if part else stem, path, names, rows, target)
            yield replace(loaded, part=part)
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise DocumentError(f"{path!r} cannot be read as a table: {reason}") from error


def load_rows(
    name: str, source: str, names: Sequence[str], rows: Iterable[Sequence[str]], target: Target
) -> Loaded:
    """Load rows of text that come from no file, as a table of about this name."""
    part = regular("", rows, names)
    with closing(part.file):
        loaded = _load_part(part, identifier(name), target)
    return replace(loaded, file=source)


def as_parquet(relation: DuckDBPyRelation) -> bytes:
    """The rows of a relation as a parquet file."""
    with open_loader() as loader, os.fdopen(os.memfd_create("nomoat-parquet"), "rb") as file:
        loader.register("outgoing", Stream(relation))
        loader.execute(
            f"COPY (FROM outgoing) TO '/proc/self/fd/{file.fileno()}' "
            "(FORMAT parquet, USE_TMP_FILE false)"
        )
        loader.unregister("outgoing")
        file.seek(0)
        return file.read()


def quoted(text: str) -> str:
    """A string as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def open_loader() -> Iterator[DuckDBPyConnection]:
    """A database that may open files; only statements of this module run in it."""
    import duckdb

    with closing(duckdb.connect(":memory:", config={"memory_limit": LOADER_MEMORY})) as loader:
        yield loader


def _load_part(part: Part, path: str, target: Target) -> Loaded:
    import duckdb

    try:
        _read_csv(target.loader, part)
    except duckdb.Error:
        # ragged rows, stray quotes, another encoding further down
        again = rewritten(part.file, path)
        with closing(again.file):
            _read_csv(target.loader, again)
        part = again
    return _copy_typed(part, path, target)


def _read_csv(loader: DuckDBPyConnection, part: Part) -> None:
    columns = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(len(part.names)))
    kept = ", ".join(f"nullif(trim(c{at}, ' \t\u00a0'), '') AS c{at}" for at in _range(part))
    filled = " OR ".join(f"c{at} IS NOT NULL" for at in _range(part))
    loader.execute(
        f"CREATE OR REPLACE TABLE raw AS FROM (SELECT {kept} FROM "
        f"read_csv('/proc/self/fd/{part.file.fileno()}', auto_detect = false, header = false, "
        f"delim = {quoted(part.delimiter)}, quote = '\"', escape = '\"', skip = {part.skip}, "
        f"columns = {{{columns}}}, null_padding = true, parallel = false, strict_mode = true)) "
        f"WHERE {filled}"
    )


def _range(part: Part) -> Sequence[int]:
    return range(len(part.names))


def _copy_typed(part: Part, path: str, target: Target) -> Loaded:
    texts = [f"c{at}" for at in _range(part)]
    comma, measures = part.delimiter == ";", not path.lower().endswith(WRITTEN)
    typed = infer(target.loader, "raw", texts, comma=comma, measures=measures)
    own = target.namer.fresh()
    columns = []
    filled = _filled(target.loader, texts) if path.lower().endswith(LOG) else set(texts)
    names = [name for name, text in zip(part.names, texts, strict=True) if text in filled]
    typed = [type_ for type_, text in zip(typed, texts, strict=True) if text in filled]
    for original, type_ in zip(names, typed, strict=True):
        name = own.name(original, otherwise="c")
        other = original if name != original else ""
        columns.append(LoadedColumn(name, type_.type, other, type_.note))
    selected = ", ".join(
        f"{type_.sql} AS {column.name}" for type_, column in zip(typed, columns, strict=True)
    )
    stem = PurePosixPath(path).stem
    table = target.namer.name(f"{stem}_{part.name}" if part.name else stem)
    target.copy(table, target.loader.sql(f"SELECT {selected} FROM raw"))
    return Loaded(table, path, part.name, tuple(columns))


def _filled(loader: DuckDBPyConnection, columns: Sequence[str]) -> set[str]:
    """The columns that say anything: few logs say how grave their lines are."""
    counts = ", ".join(f"count({column})" for column in columns)
    found = loader.execute(f"SELECT {counts} FROM raw").fetchall()[0]
    return {column for column, count in zip(columns, found, strict=True) if count}


def _load_parquet(file: BinaryIO, path: str, target: Target) -> Loaded:
    source = f"read_parquet('/proc/self/fd/{file.fileno()}')"
    own = target.namer.fresh()
    columns, selected = [], []
    for original, type_, *_ in target.loader.execute(f"DESCRIBE FROM {source}").fetchall():
        name = own.name(original, otherwise="c")
        columns.append(LoadedColumn(name, type_, original if name != original else ""))
        escaped = original.replace('"', '""')
        selected.append(f'"{escaped}" AS {name}')
    table = target.namer.name(PurePosixPath(path).stem)
    target.copy(table, target.loader.sql(f"SELECT {', '.join(selected)} FROM {source}"))
    return Loaded(table, path, "", tuple(columns))
