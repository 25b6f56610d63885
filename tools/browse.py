"""`browse` and `http_get_json`: read the web, through the one guarded network of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool

from nomoat.tools.base import Arguments, Output, tool
from nomoat.tools.errors import Retry, ToolError
from nomoat.tools.guard.address import parse_url
from nomoat.tools.guard.net import Network
from nomoat.tools.http_json import shown
from nomoat.tools.page import Page, read_page
from nomoat.tools.page_tables import (
    SHOWN_ROWS,
    PageTable,
    json_tables,
    named,
    page_tables,
    shortened,
)
from nomoat.tools.passages import find as find_passages
from nomoat.tools.passages import parts
from nomoat.tools.table_info import TABLES_TOLD
from nomoat.tools.uses import USES

if TYPE_CHECKING:
    from nomoat.tools.table_store import Tables

_ACCEPT = "text/html,application/xhtml+xml,application/pdf,text/*;q=0.9,*/*;q=0.5"
_KEPT = 64
"""Pages that are kept for the run."""


@dataclass(slots=True)
class _Reader:
    """Pages of this run, each fetched once."""

    network: Network
    tables: Tables | None = None
    """Where a page's tables go, to be asked in SQL."""
    pages: dict[str, Page] = field(default_factory=dict)

    def read(self, address: str) -> Page:
        url = parse_url(_whole(address)).url
        if url not in self.pages:
            page = self._listed(read_page(self.network.get(url, accept=_ACCEPT)))
            while len(self.pages) >= _KEPT:
                self.pages.pop(next(iter(self.pages)))
            self.pages[url] = page
        return self.pages[url]

    def _listed(self, page: Page) -> Page:
        """The page, its tables to be asked, and the long ones shown by their first rows."""
        found = page_tables(page.text)
        if self.tables is None or not found:
            return page
        told = _told(self.tables, page.url, found, whole=SHOWN_ROWS)
        names = self.tables.names_of(page.url)
        places = {table.first: name for table, name in zip(found, names, strict=True)}
        return replace(page, text=shortened(page.text, places), tables=told)


def _told(tables: Tables, url: str, found: Sequence[PageTable], *, whole: int = 0) -> str:
    """Make the tables of an address ready to be asked; which there are, for the model.

    Those of at most `whole` rows stand there whole, and no values of theirs have to be told.
    """
    wanted = [(named(url, table, len(found) == 1), table) for table in found]
    infos = tables.attach(url, wanted) if wanted else ()
    each = (info.without_samples if info.rows <= whole else info for info in infos)
    return "\n".join([TABLES_TOLD, *(f"- {info}" for info in each)]) if infos else ""


def browse_tools(network: Network, tables: Tables | None = None) -> list[BaseTool]:
    """`browse` and `http_get_json` over a network.

    `tables`: where the tables of pages go, if they are to be asked with `query_table`.
    """
    reader = _Reader(network, tables)

    @tool(effects="network", targets=_hosts, preview=_preview, uses=USES["browse"])
    def browse(url: str, find: str = "", part: int = 1) -> Output:
        """Read a web page or PDF; find="words" shows only the passages about these words.

        Args:
            url: The address of the page.
            find: Words to look for in the page.
            part: Which part of a long page.
        """
        page = reader.read(url)
        return _found(page, find) if find.strip() else _part(page, part)

    @tool(effects="network", targets=_hosts, preview=_preview, uses=USES["http_get_json"])
    def http_get_json(url: str, path: str = "") -> Output:
        """Get JSON data from a web address.

        Args:
            url: The address.
            path: The part to show, such as items[0].name.
        """
        fetched = network.get(_whole(url), accept="application/json")
        text = shown(fetched, path)
        if tables is not None and (told := _told(tables, fetched.url, json_tables(fetched.text))):
            text += f"\n\n{told}"
        return Output(text, sources=(fetched.url,), untrusted=True)

    return [browse, http_get_json]


def _part(page: Page, number: int) -> Output:
    pieces = parts(page.text)
    if not 1 <= number <= len(pieces):
        raise Retry(f"The page has no part {number}.", hint=f"It has parts 1 to {len(pieces)}.")
    text = f"{page.heading()}\n\n{pieces[number - 1]}" + _tables_of(page)
    more = ""
    if len(pieces) > 1:
        text = f"[part {number} of {len(pieces)}] {text}"
    if number < len(pieces):
        more = f'browse(url, part={number + 1}), or browse(url, find="words")'
        text += f"\n\n[More: {more}]"
    return Output(text, sources=(page.url,), untrusted=True, more=more)


def _found(page: Page, words: str) -> Output:
    pieces = parts(page.text)
    if len(pieces) == 1:  # what is looked for may stand there in other words, or behind a link
        return _part(page, 1)
    passages = find_passages(page.text, words)
    if not passages:
        raise Retry(
            f"The page does not contain {words!r}.",
            hint=f"Try other words, or read it: it has {len(pieces)} parts.",
        )
    text = f"{page.heading()}\n\n{passages}" + _tables_of(page)
    return Output(text, sources=(page.url,), untrusted=True)


def _tables_of(page: Page) -> str:
    return f"\n\n{page.tables}" if page.tables else ""


def _whole(address: str) -> str:
    """With the scheme that people leave out."""
    address = address.strip().strip("<>")
    bare = re.match(r"(?![a-zA-Z+]+://)[\w-]+(\.[\w-]+)+(:[0-9]+)?([/?#]|\Z)", address)
    return f"https://{address}" if bare else address


def _hosts(arguments: Arguments) -> Sequence[str]:
    try:
        return [parse_url(_whole(str(arguments.get("url", "")))).host]
    except ToolError:
        return []


def _preview(arguments: Arguments) -> str:
    return f"Open {_whole(str(arguments.get('url', '')))}"
