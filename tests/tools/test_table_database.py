"""The database of the tables is locked: what takes too long or reaches outside is refused."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_store import Tables
from nomoat.tools.tables import describe

ORDERS = """id,date,customer,amount
1,2026-05-03,Ann,10.5
2,2026-05-13,"Bob, Jr",1000
3,2026-06-14,Ann,0.1
4,2026-06-14,Ann,0.2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS)
    return tmp_path


# limits


def test_a_query_that_takes_too_long_is_stopped(folder: Path) -> None:
    tables = Tables(Workspace(folder), seconds=0.3)
    began = time.monotonic()
    with pytest.raises(Retry, match="too long"):
        tables.query("SELECT count(*) FROM range(1000000) a, range(1000000) b", limit=1)
    assert time.monotonic() - began < 10
    assert tables.query("SELECT count(*) FROM orders", limit=1).rows == ((4,),)
    tables.close()


def test_a_query_that_takes_too_much_memory_is_stopped(folder: Path) -> None:
    tables = Tables(Workspace(folder), memory="60MB")
    with pytest.raises(Retry, match="too much memory"):
        tables.query("SELECT list(range) FROM range(100000000)", limit=1)
    tables.close()


# safety

CANARY = "canary-5f1c"


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder beside the workspace with a secret in several formats."""
    folder = tmp_path_factory.mktemp("attacked") / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(f"a,b\n{CANARY},1\n")
    (folder / "secret.json").write_text(json.dumps([{"a": CANARY}]))
    with duckdb.connect(str(folder / "secret.db")) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT '{CANARY}' AS a")
        connection.execute(f"COPY t TO '{folder}/secret.parquet'")
    return folder


@pytest.fixture(scope="module")
def attacked(outside: Path) -> Iterator[Tables]:
    folder = outside.parent / "workspace"
    folder.mkdir()
    (folder / "orders.csv").write_text(ORDERS)
    tables = Tables(Workspace(folder))
    yield tables
    tables.close()


ATTACKS = """
SELECT * FROM read_csv('{o}/secret.csv')
SELECT * FROM read_csv_auto('{o}/secret.csv')
SELECT * FROM read_csv('../outside/secret.csv')
SELECT * FROM read_text('{o}/secret.csv')
SELECT * FROM read_blob('{o}/secret.csv')
SELECT * FROM read_json('{o}/secret.json')
SELECT * FROM read_parquet('{o}/secret.parquet')
SELECT * FROM parquet_metadata('{o}/secret.parquet')
SELECT * FROM sniff_csv('{o}/secret.csv')
SELECT * FROM glob('{o}/*')
SELECT * FROM '{o}/secret.csv'
SELECT * FROM "{o}/secret.csv"
SELECT * FROM '/proc/self/environ'
SELECT * FROM read_text('/proc/self/environ')
SELECT * FROM read_text('/proc/self/fd/0')
SELECT * FROM query('SELECT * FROM read_csv(''{o}/secret.csv'')')
SELECT * FROM query_table('{o}/secret.csv')
WITH x AS (SELECT * FROM read_csv('{o}/secret.csv')) SELECT * FROM x
SELECT (SELECT content FROM read_text('{o}/secret.csv'))
SELECT customer FROM orders UNION ALL SELECT content FROM read_text('{o}/secret.csv')
EXPLAIN ANALYZE SELECT * FROM read_csv('{o}/secret.csv')
COPY orders TO '{o}/new.csv'
COPY (SELECT 1) TO '{o}/new.csv'
COPY orders FROM '{o}/secret.csv'
EXPORT DATABASE '{o}/new'
IMPORT DATABASE '{o}'
ATTACH '{o}/secret.db'
ATTACH '{o}/secret.db' AS s (READ_ONLY)
SELECT 1; ATTACH '{o}/secret.db'
INSTALL httpfs
LOAD httpfs
LOAD '{o}/x.duckdb_extension'
PRAGMA database_list
PRAGMA enable_profiling
SET enable_external_access = true
SET lock_configuration = false
SET allowed_directories = ['{o}']
RESET enable_external_access
SET home_directory = '{o}'
SET log_query_path = '{o}/new.csv'
CREATE TABLE x AS SELECT 1
CREATE SECRET s (TYPE s3)
CREATE MACRO sum(x) AS 0
DROP TABLE orders
DELETE FROM orders
UPDATE orders SET amount = 0
INSERT INTO orders SELECT * FROM orders
WITH x AS (SELECT 1) DELETE FROM orders
ALTER TABLE orders DROP COLUMN id
BEGIN; DROP TABLE orders; COMMIT
CALL pragma_version()
PREPARE p AS SELECT 1
VACUUM
CHECKPOINT
USE memory
"""


@pytest.mark.parametrize("attack", ATTACKS.strip().splitlines())
def test_nothing_outside_is_read_or_written(attacked: Tables, outside: Path, attack: str) -> None:
    before = sorted(outside.iterdir())
    with pytest.raises(ToolError) as refusal:
        attacked.query(attack.format(o=outside), limit=50)
    assert CANARY not in f"{refusal.value} {refusal.value.hint}"
    assert sorted(outside.iterdir()) == before
    total = attacked.query("SELECT sum(amount) FROM orders", limit=1).rows[0][0]
    assert total == pytest.approx(1010.8)


def test_python_values_are_no_tables(folder: Path) -> None:
    secret = duckdb.sql(f"SELECT '{CANARY}' AS a")
    with pytest.raises(ToolError) as refusal:
        Tables(Workspace(folder)).query("SELECT * FROM secret", limit=1)
    assert "no table secret" in f"{refusal.value} {refusal.value.hint}"
    del secret


def test_links_out_of_the_workspace_are_no_tables(folder: Path, outside: Path) -> None:
    (folder / "link.csv").symlink_to(outside / "secret.csv")
    (folder / "folder").symlink_to(outside)
    assert [info.name for info in describe(Workspace(folder))] == ["orders"]


def test_a_file_is_read_by_its_descriptor_not_by_its_name(
    folder: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file swapped for a link after it was opened is still the one that was opened."""
    opened = Workspace.open_read

    def swap(self: Workspace, name: str) -> Any:
        file = opened(self, name)
        target = folder / name
        target.unlink()
        target.symlink_to(outside / f"secret{target.suffix}")
        return file

    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 'mine' AS a) TO '{folder}/p.parquet'")
    monkeypatch.setattr(Workspace, "open_read", swap)
    tables = Tables(Workspace(folder))
    infos = tables.infos()
    assert [info.name for info in infos] == ["orders", "p"]
    assert CANARY not in "".join(map(str, infos))
    tables.close()
