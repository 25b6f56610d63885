"""What plugins need: `from nomoat.tools import tool`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.tools.base import Effect, Output, ToolSpec, tool
    from nomoat.tools.errors import Failed, NeedsApproval, Retry, ToolError

__all__ = ["Effect", "Failed", "NeedsApproval", "Output", "Retry", "ToolError", "ToolSpec", "tool"]

_HOMES = {
    **dict.fromkeys(("Effect", "Output", "ToolSpec", "tool"), "nomoat.tools.base"),
    **dict.fromkeys(("Failed", "NeedsApproval", "Retry", "ToolError"), "nomoat.tools.errors"),
}


def __getattr__(name: str) -> Any:
    # langchain takes half a second to import: only who uses a name pays for it
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
