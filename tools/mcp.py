"""Tools of MCP servers: programs on this machine (stdio) or addresses (streamable HTTP).

The sessions stay open for a run, on one event loop in a thread of its own; the tools themselves
are called like any other. What a server says is untrusted, its descriptions included: they are
cut, and its read-only hints are believed only as far as `spec_of` does.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable
from concurrent.futures import Future
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool

from nomoat.memory.errors import UsageError
from nomoat.tools.base import METADATA_KEY, Output, ToolSpec
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.mcp_server import McpServer
from nomoat.tools.observation import text_of

if TYPE_CHECKING:
    from mcp import ClientSession

__all__ = ["MAX_DESCRIPTION", "SERVER_KEY", "START_SECONDS", "McpServer", "McpTools"]

SERVER_KEY = "mcp_server"
"""In a tool's metadata: the name of its server."""
MAX_DESCRIPTION = 1_000
START_SECONDS = 30.0
_STOP_SECONDS = 5.0

T = TypeVar("T")


class McpTools:
    """Open sessions to servers, and their tools. Close it, or use it as a context manager."""

    def __init__(
        self,
        servers: Iterable[McpServer],
        *,
        taken: Collection[str] = (),
        start_seconds: float = START_SECONDS,
    ) -> None:
        """Connect to every server; one that cannot be reached is a problem, not an error.

        `taken` are names of other tools; a tool whose name is taken gets its server's name in
        front.

        Raises:
            UsageError: servers are wanted, and the packages for MCP are not installed.
        """
        wanted = list(servers)
        if wanted:
            _require_packages()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._sessions: list[Future[None]] = []
        self._thread: threading.Thread | None = None
        self.tools: tuple[BaseTool, ...] = ()
        self.problems: tuple[str, ...] = ()
        """Which servers could not be used, and why."""
        if wanted:
            self._thread = threading.Thread(target=self._loop.run_forever, name="mcp", daemon=True)
            self._thread.start()
            try:
                self._connect(wanted, set(taken), start_seconds)
            except BaseException:  # Ctrl-C while they start leaves none of them running
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End all sessions and the programs that were started. Calling it again does nothing."""
        if self._loop.is_closed():
            return
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            for session in self._sessions:
                with suppress(Exception):
                    session.result(_STOP_SECONDS)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_STOP_SECONDS)
        if not self._loop.is_running():
            self._loop.close()

    def _connect(self, servers: list[McpServer], taken: set[str], seconds: float) -> None:
        waiting: list[tuple[McpServer, Future[list[BaseTool]]]] = []
        for server in servers:
            ready: Future[list[BaseTool]] = Future()
            self._sessions.append(self._start(_session(server, ready, self._stop, seconds)))
            waiting.append((server, ready))
        tools: list[BaseTool] = []
        problems: list[str] = []
        for server, ready in waiting:
            try:
                found = ready.result(seconds + _STOP_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever a server does, the rest works
                problems.append(_unreachable(server, error, seconds))
                continue
            for one in found:
                tools.append(self._bridge(server, one, taken))
                taken.add(tools[-1].name)
        self.tools, self.problems = tuple(tools), tuple(problems)

    def _start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _bridge(self, server: McpServer, one: BaseTool, taken: Collection[str]) -> BaseTool:
        """The server's tool as one that is called from any thread."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", one.name)
        return StructuredTool(
            name=f"{server.name}_{name}" if name in taken else name,
            description=_short(one.description) or name,
            args_schema=one.args_schema or {},
            func=self._caller(server, one),
            metadata={**(one.metadata or {}), **_said_effects(server), SERVER_KEY: server.name},
        )

    def _caller(self, server: McpServer, one: BaseTool) -> Callable[..., Output]:
        def call(**arguments: Any) -> Output:
            request = {"type": "tool_call", "id": one.name, "name": one.name, "args": arguments}
            if self._loop.is_closed():
                raise Failed(f"The session with the MCP server {server.name!r} is closed.")
            future = self._start(one.ainvoke(request))
            try:
                answer = future.result(server.seconds)
            except TimeoutError:
                future.cancel()
                raise Failed(
                    f"The MCP server {server.name!r} did not answer within {server.seconds:g} s.",
                    hint="Go on without it, or ask for less.",
                ) from None
            except Exception as error:
                raise Failed(f"The MCP server {server.name!r} failed: {_said(error)}.") from error
            if isinstance(answer, ToolMessage) and answer.status == "error":
                raise Retry(text_of(answer), hint="Correct the arguments, or go on without it.")
            return Output(text_of(answer), sources=(f"mcp:{server.name}",), untrusted=True)

        return call


async def _session(
    server: McpServer, ready: Future[list[BaseTool]], stop: asyncio.Event, seconds: float
) -> None:
    """One session from begin to end, in one task, as the protocol's library wants it."""
    from langchain_mcp_adapters.tools import load_mcp_tools

    try:
        async with _opened(server) as session:
            async with asyncio.timeout(seconds) as limit:
                watching = asyncio.create_task(_end_at(stop, limit))
                try:
                    await session.initialize()
                    tools = await load_mcp_tools(session)
                finally:
                    watching.cancel()
            ready.set_result(tools)
            await stop.wait()
    except BaseException as error:
        if ready.done():
            raise
        ready.set_exception(error if isinstance(error, Exception) else RuntimeError(str(error)))


async def _end_at(stop: asyncio.Event, limit: asyncio.Timeout) -> None:
    """Who stops does not wait for a server that is still starting."""
    await stop.wait()
    limit.reschedule(asyncio.get_running_loop().time())


@asynccontextmanager
async def _opened(server: McpServer) -> AsyncIterator[ClientSession]:
    if server.url:
        from langchain_mcp_adapters.sessions import StreamableHttpConnection, create_session

        connection = StreamableHttpConnection(
            transport="streamable_http", url=server.url, headers=dict(server.headers)
        )
        async with create_session(connection) as session:
            yield session
        return
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import get_default_environment, stdio_client

    program, *arguments = server.command
    environment = {**get_default_environment(), **server.env}
    parameters = StdioServerParameters(command=program, args=arguments, env=environment)
    # what the program prints to its standard error would run through the terminal
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        try:
            async with (
                stdio_client(parameters, errlog=errors) as (reads, writes),
                ClientSession(reads, writes) as session,
            ):
                yield session
        except Exception as error:
            if last := _last_line(errors):
                raise RuntimeError(f"{_said(error)}; it printed: {last}") from error
            raise


def _said_effects(server: McpServer) -> dict[str, ToolSpec]:
    return {} if server.effects is None else {METADATA_KEY: ToolSpec(server.effects)}


def _last_line(file: IO[str]) -> str:
    file.seek(0)
    lines = [line.strip() for line in file.read()[-2_000:].splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _unreachable(server: McpServer, error: Exception, seconds: float) -> str:
    where = server.url or Path(server.command[0]).name
    if isinstance(_inner(error), TimeoutError):
        return f"The MCP server {server.name!r} ({where}) did not start within {seconds:g} s."
    return f"The MCP server {server.name!r} ({where}) cannot be used: {_said(error)}."


def _inner(error: BaseException) -> BaseException:
    """The innermost reason of what may be a group of errors."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _said(error: BaseException) -> str:
    error = _inner(error)
    return (f"{type(error).__name__}: {error}" if str(error) else type(error).__name__).rstrip(".")


def _short(description: str) -> str:
    text = " ".join(description.split())
    return text if len(text) <= MAX_DESCRIPTION else f"{text[: MAX_DESCRIPTION - 1]}…"


def _require_packages() -> None:
    try:
        import langchain_mcp_adapters  # noqa: F401
    except ImportError:
        raise UsageError(
            "MCP servers are configured, and the packages for MCP are not installed.",
            hint="Install them: pip install 'nomoat[mcp]'",
        ) from None
