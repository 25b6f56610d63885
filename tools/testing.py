"""For the tests of plugins: load a tool from its file, and call it as the agent would."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool

from nomoat.memory.errors import UsageError
from nomoat.tools.observation import Observation
from nomoat.tools.plugins import load_plugins
from nomoat.tools.toolbox import Toolbox

__all__ = ["call_tool", "load_tool"]


def load_tool(path: str | os.PathLike[str], name: str = "") -> BaseTool:
    """The tool of a plugin file; `name` says which where it holds several.

    Raises:
        UsageError: the file cannot be loaded, or has no such tool.
    """
    loaded = load_plugins([Path(path)], user=Path(os.devnull), installed=False)
    found = [one for one in loaded.tools if name in {"", one.name}]
    if len(found) != 1:
        names = ", ".join(one.name for one in loaded.tools) or "none"
        said = f"There is no tool {name!r}" if name else "There is not exactly one tool"
        raise UsageError(
            f"{said} in {os.fspath(path)!r}; there are: {names}.", hint=" ".join(loaded.problems)
        )
    return found[0]


def call_tool(tool: BaseTool, /, **arguments: Any) -> Observation:
    """Call a tool as the agent would: validated, and whatever it raises becomes an observation."""
    return Toolbox([tool]).call(tool.name, arguments)
