"""A server of the Model Context Protocol, as the configuration names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nomoat.memory.errors import UsageError
from nomoat.tools.effect import Effect


@dataclass(frozen=True, slots=True)
class McpServer:
    """One server of the configuration: `[mcp.servers.NAME]` with `command` or `url`."""

    name: str
    command: tuple[str, ...] = ()
    """Program and arguments of a server that speaks over its standard input and output."""
    url: str = ""
    """Address of a server that speaks streamable HTTP."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables for the program, besides the few harmless ones it inherits."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """For the address: authorization and the like."""
    seconds: float = 60.0
    """How long a call may take."""
    effects: frozenset[Effect] | None = None
    """What its tools do; None: nobody said, so they count as doing everything, except that one
    the server calls read-only writes and executes nothing."""

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.url):
            raise UsageError(
                f"The MCP server {self.name!r} needs a command or a url, and not both.",
                hint=f'Write command = "program" and args = ["…"], or url = "https://…", '
                f"under [mcp.servers.{self.name}].",
            )
