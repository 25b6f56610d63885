"""nomoat's own tools, put together for a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from langchain_core.tools import BaseTool

from nomoat.tools.guard.paths import Workspace

if TYPE_CHECKING:
    from nomoat.tools.guard.net import Network
    from nomoat.tools.recall import Recallable
    from nomoat.tools.search import SearchBackend
    from nomoat.tools.table_store import Tables


def builtin_tools(
    workspace: Workspace,
    *,
    tables: Tables | None = None,
    memory: Recallable | None = None,
    network: Network | None = None,
    search: SearchBackend | None = None,
    sandbox: bool = True,
    ask: Callable[[str], str] | None = None,
) -> list[BaseTool]:
    """The tools that are there without plugins, always in the same order.

    Args:
        workspace: Where files are read and written.
        tables: Tables that are loaded already; default: loaded at the first question.
        memory: Adds `recall`, and `remember` where the memory can keep facts.
        network: Adds `browse` and what else reads the web.
        search: Adds `search_web`.
        sandbox: Adds `python`, which runs code only where it can be confined.
        ask: Asks the person a question and gives the answer; adds `ask_user`.
    """
    from nomoat.tools.calculate import calculate
    from nomoat.tools.files import file_tools
    from nomoat.tools.now import now_tool
    from nomoat.tools.table_store import Tables
    from nomoat.tools.tables import table_tools

    tables = tables or Tables(workspace)
    tools = [calculate, *file_tools(workspace, tables), *table_tools(workspace, tables), now_tool()]
    if memory is not None:
        from nomoat.tools.recall import recall_tools

        tools += recall_tools(memory)
    if search is not None:
        from nomoat.tools.search import search_tools

        tools += search_tools(search)
    if network is not None:
        from nomoat.tools.browse import browse_tools

        tools += browse_tools(network, tables)
    if sandbox:
        from nomoat.tools.python import python_tools

        tools += python_tools(workspace)
    if ask is not None:
        from nomoat.tools.ask import ask_tool

        tools.append(ask_tool(ask))
    return tools
