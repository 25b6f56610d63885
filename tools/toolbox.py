"""The tools of a run: what the model is shown of them, and one way to call them.

A call never raises for what the model or a tool did wrong: that becomes an `Observation` which
says what happened and what to do next.
"""

from __future__ import annotations

import asyncio
import inspect
import time
import uuid
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool

from nomoat.memory.errors import NomoatError, UsageError
from nomoat.tools.arguments import check_schema, checked
from nomoat.tools.base import Effect, Output, spec_of, tool
from nomoat.tools.errors import NeedsApproval, Retry
from nomoat.tools.guard.secrets import without_environment
from nomoat.tools.observation import ErrorKind, Observation, cut, text_of
from nomoat.tools.schema import (
    Schema,
    arguments_schema,
    has_injected,
    signature,
    with_choices,
)

__all__ = ["MAX_CHARS", "Observation", "Toolbox", "as_tools", "origin"]

MAX_CHARS = 6_000


class Toolbox:
    """The tools of a run, by name."""

    def __init__(
        self,
        tools: Iterable[BaseTool],
        *,
        max_chars: int = MAX_CHARS,
        let_through: tuple[type[Exception], ...] = (),
    ) -> None:
        """`let_through` names exceptions of tools that the caller wants to see itself.

        Raises:
            UsageError: two tools have one name, or a schema is unusable.
        """
        self._tools: dict[str, BaseTool] = {}
        self._schemas: dict[str, Schema] = {}
        self._max_chars = max_chars
        self._let_through = let_through
        for one in tools:
            self._add(one)

    def _add(self, one: BaseTool) -> None:
        other = self._tools.get(one.name)
        if other is not None:
            raise UsageError(
                f"Two tools are called {one.name!r}: {origin(other)} and {origin(one)}.",
                hint="Rename one of them, or leave it out.",
            )
        check_schema(one)
        self._schemas[one.name] = arguments_schema(one)
        self._tools[one.name] = one

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order the tools were given."""
        return tuple(self._tools)

    def get(self, name: str) -> BaseTool:
        """The tool of this name.

        Raises:
            UsageError: there is none.
        """
        if name not in self._tools:
            raise UsageError(
                f"There is no tool {name!r}.", hint=f"There are: {', '.join(self.names) or 'none'}."
            )
        return self._tools[name]

    def schema(self, name: str) -> Schema:
        """The JSON schema of the arguments, with the values that make sense now."""
        return with_choices(self._schemas[self.get(name).name], spec_of(self.get(name)).choices)

    @property
    def signatures(self) -> tuple[str, ...]:
        """One line a tool for the prompt, in order; the same for the whole run."""
        return tuple(
            signature(name, one.description, self._schemas[name])
            for name, one in self._tools.items()
        )

    def validate(self, name: str, arguments: Any) -> dict[str, Any]:
        """The arguments as the tool will get them: for previews, targets and records of a call.

        Raises:
            UsageError: there is no such tool.
            Retry: they do not fit.
        """
        return checked(self.get(name), self._schemas[name], arguments)

    def call(self, name: str, arguments: Any) -> Observation:
        """Validate the arguments, call the tool, and tell what came of it."""
        began, more = time.monotonic(), ""
        try:
            ready = self.validate(name, arguments)
        except UsageError as error:
            return _error("invalid", _sentences(str(error), error.hint), began)
        except Retry as error:
            usage = signature(name, "", self._schemas[name]).split(" — ")[0]
            text = f"{name} was not called. {_sentences(str(error), error.hint)} Call it as {usage}"
            return _error("invalid", text, began)
        one = self.get(name)
        effects = spec_of(one).effects
        untrusted, private = Effect.NETWORK in effects, Effect.READ in effects
        try:
            result = _invoke(one, ready)
        except self._let_through:
            raise
        except NomoatError as error:
            text = _sentences(str(error) or type(error).__name__, error.hint)
            observed = _error(_kind(error), text, began, untrusted, private)
        except Exception as error:  # noqa: BLE001 - whatever a tool raises, the run goes on
            text = f"{name} failed with {type(error).__name__}: {_one_line(str(error))}"
            observed = _error("failed", text, began, untrusted, private)
        else:
            observed = _observation(result, began, untrusted, private)
            more = result.more if isinstance(result, Output) else ""
        return cut(_safe(observed), self._max_chars, more)


def as_tools(objects: Iterable[object]) -> list[BaseTool]:
    """Tools of what people pass: LangChain and nomoat tools, and typed functions with docstrings.

    A plain function says nothing about its effects, so it counts as doing everything.

    Raises:
        UsageError: something is neither, or lacks a docstring or type hints.
    """
    return [_as_tool(one) for one in objects]


def origin(one: BaseTool) -> str:
    """Where a tool was written, for messages: `weather in plugins/weather.py, line 12`."""
    function = getattr(one, "func", None) or getattr(one, "coroutine", None) or type(one)
    name = getattr(function, "__qualname__", one.name)
    try:
        source = inspect.getsourcefile(function)
        line = inspect.getsourcelines(function)[1]
    except (OSError, TypeError):
        return f"{name} of {getattr(function, '__module__', 'an unknown module')}"
    return f"{name} in {source}, line {line}"


def _as_tool(one: object) -> BaseTool:
    if isinstance(one, BaseTool):
        return one
    if isinstance(one, type) or not callable(one) or not hasattr(one, "__name__"):
        raise UsageError(
            f"{one!r} is not a tool.",
            hint="Pass a function with type hints and a docstring, or a LangChain tool.",
        )
    return tool(one)


def _invoke(one: BaseTool, arguments: dict[str, Any]) -> Any:
    request: Any = arguments
    if one.response_format != "content" or one.handle_tool_error or has_injected(one):
        # As a whole tool call, so that an error the tool handles itself is still seen as one.
        call_id = uuid.uuid4().hex
        request = {"type": "tool_call", "id": call_id, "name": one.name, "args": arguments}
    if isinstance(one, StructuredTool) and one.func is None:
        return _wait(one.ainvoke(request))
    return one.invoke(request)


def _wait(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:  # this thread's loop is busy with whoever called us
        return pool.submit(asyncio.run, work).result()


def _observation(result: Any, began: float, untrusted: bool, private: bool) -> Observation:
    seconds = time.monotonic() - began
    if isinstance(result, ToolMessage) and result.status == "error":
        text = text_of(result.content)
        return Observation(text, False, "failed", (), (), untrusted, private, seconds)
    if not isinstance(result, Output):
        return Observation(text_of(result), untrusted=untrusted, private=private, seconds=seconds)
    return Observation(
        result.text,
        files=result.files,
        sources=result.sources,
        untrusted=untrusted if result.untrusted is None else result.untrusted,
        private=private if result.private is None else result.private,
        seconds=seconds,
    )


def _safe(observed: Observation) -> Observation:
    """An error may quote the key that was sent: the model never sees it, and no file keeps it."""
    sources = tuple(map(without_environment, observed.sources))
    return replace(observed, text=without_environment(observed.text), sources=sources)


def _error(
    kind: ErrorKind, text: str, began: float, untrusted: bool = False, private: bool = False
) -> Observation:
    return Observation(text, False, kind, (), (), untrusted, private, time.monotonic() - began)


def _kind(error: NomoatError) -> ErrorKind:
    if isinstance(error, Retry):
        return "retry"
    return "approval" if isinstance(error, NeedsApproval) else "failed"


def _sentences(message: str, hint: str) -> str:
    message = message if message.endswith((".", "!", "?", ":")) else f"{message}."
    return f"{message} {hint}".strip()


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "no message"
