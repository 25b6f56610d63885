"""Tables in pages and in JSON from the web: as rows, and asked in SQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.tools.base import Output
from nomoat.tools.browse import browse_tools
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.page_tables import FIRST_ROWS, json_tables, named, page_tables, shortened
from nomoat.tools.table_store import Tables
from nomoat.tools.tables import table_tools
from nomoat.tools.testing import call_tool

TEXT = """# Boats

Three lie here.

| Boat | Length | Rent |
|---|---|---|
| [Duo](http://x/duo) | 4.1 m | €19.00 |
| **Tern** | 6.0 m | €35.00 |
| A \\| B | 7.2 m | €48.50 |
| Eider | 5.0 m | €22.00 |
| Grebe | 5.5 m | €25.00 |
| Heron | 8.1 m | €61.00 |

## Times

| Day | From |
|---|---|
| Mon | 8 |
"""


def test_a_table_with_its_heading_and_without_its_marks() -> None:
    (table,) = page_tables(TEXT)  # the other has too few rows to be asked
    assert (table.heading, table.names) == ("Boats", ("Boat", "Length", "Rent"))
    assert [row[0] for row in table.rows] == ["Duo", "Tern", "A | B", "Eider", "Grebe", "Heron"]
    lines = TEXT.splitlines()
    assert lines[table.first].startswith("| Boat")
    assert lines[table.last] == ""


@pytest.mark.parametrize(
    ("url", "only", "name"),
    [
        ("http://shop.org/tents/index.html", True, "tents"),
        ("http://shop.org/waste.html", True, "waste"),
        ("http://shop.org/waste.html", False, "waste Boats"),
        ("http://shop.org/", True, "Boats"),
    ],
)
def test_a_table_is_called_after_its_page(url: str, only: bool, name: str) -> None:
    assert named(url, page_tables(TEXT)[0], only) == name


def test_a_long_table_is_shown_by_its_first_rows() -> None:
    rows = "".join(f"| b{n} | {n} |\n" for n in range(20))
    text = f"Before.\n\n| Boat | No |\n|---|---|\n{rows}\nBehind."
    (table,) = page_tables(text)
    short = shortened(text, {table.first: "boats"})
    assert "| b2 | 2 |" in short
    assert "| b3 | 3 |" not in short
    assert f"{20 - FIRST_ROWS} more rows: query_table, FROM boats" in short
    assert short.startswith("Before.")
    assert short.endswith("Behind.")
    assert shortened(TEXT, {4: "boats"}) == TEXT.rstrip("\n")


@given(st.text(alphabet="|-ab\n #\\", max_size=80))
def test_any_text_has_tables_or_none(text: str) -> None:
    for table in page_tables(text):
        assert len(table.names) > 1
        assert 0 <= table.first < table.last <= len(text.splitlines())
    assert isinstance(shortened(text, {}), str)


def test_lists_of_records_in_json() -> None:
    parks = [{"name": n, "hectares": h, "has": {"pond": p}} for n, h, p in PARKS]
    (table,) = json_tables(json.dumps({"updated": "2026", "parks": parks}))
    assert table.names == ("name", "hectares", "has_pond")
    assert table.rows[1] == ("Mere", "14.2", "true")
    assert json_tables("no json") == json_tables('{"a": [1, 2]}') == ()


PARKS = (
    ("Abbey", 2.1, False),
    ("Mere", 14.2, True),
    ("Strip", 3.4, True),
    ("Wood", 31.5, False),
    ("Green", 1.6, True),
    ("Hill", 7.0, False),
)
PAGE = (
    '<html lang="en"><head><title>Boats</title></head><body><main><h1>Boats of the mere</h1>'
    "<p>These boats can be rented by everybody who can swim.</p>"
    "<table><tr><th>Boat</th><th>Rent</th></tr>"
    + "".join(f"<tr><td>Boat {n}</td><td>€{n}.50</td></tr>" for n in range(1, 21))
    + "</table></main></body></html>"
)


@pytest.fixture
def site() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            json_ = self.path == "/parks.json"
            body = json.dumps([{"name": n, "hectares": h} for n, h, _ in PARKS]) if json_ else PAGE
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if json_ else "text/html")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    (tmp_path / "own.csv").write_text("boat,mine\nBoat 2,1\n")
    return Tables(Workspace(tmp_path))


def test_what_a_page_lists_is_asked_in_sql(site: str, tables: Tables, tmp_path: Path) -> None:
    browse, _ = browse_tools(Network([site]), tables)
    query, _ = table_tools(Workspace(tmp_path), tables)[:2]
    seen = call_tool(browse, url=f"http://{site}/boats.html").text
    assert "Tables of it, for query_table:" in seen
    assert "- boats (" in seen
    assert "Boat 1 |" in seen
    assert "Boat 9 |" not in seen
    found = call_tool(query, sql="SELECT count(*), max(Rent) FROM boats WHERE Rent > 10")
    assert "11 | " in found.text
    assert "20.5" in found.text
    assert found.untrusted
    assert not found.private
    assert found.sources == (f"http://{site}/boats.html",)


def test_with_a_table_of_the_workspace(site: str, tables: Tables, tmp_path: Path) -> None:
    browse, _ = browse_tools(Network([site]), tables)
    query, _ = table_tools(Workspace(tmp_path), tables)[:2]
    call_tool(browse, url=f"http://{site}/boats.html")
    joined = "SELECT Rent FROM boats JOIN own ON boats.Boat = own.boat"
    found = call_tool(query, sql=joined)
    assert "2.5" in found.text
    assert found.untrusted
    assert found.private
    assert [info.name for info in tables.infos()] == ["own"]


def test_records_of_json_are_asked_in_sql(site: str, tables: Tables, tmp_path: Path) -> None:
    _, get = browse_tools(Network([site]), tables)
    query, _ = table_tools(Workspace(tmp_path), tables)[:2]
    assert "- parks (" in call_tool(get, url=f"http://{site}/parks.json").text
    assert "59.8" in call_tool(query, sql="SELECT sum(hectares) FROM parks").text


def test_without_tables_a_page_is_shown_whole(site: str) -> None:
    browse, _ = browse_tools(Network([site]))
    output = call_tool(browse, url=f"http://{site}/boats.html")
    assert isinstance(output, Output) or "Boat 20 |" in output.text
