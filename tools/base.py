"""What a tool is: a LangChain `BaseTool` that declares its effects.

Any LangChain tool plugs in, and nomoat's own tools work anywhere in that ecosystem. What nomoat
needs to know beyond LangChain's contract is a `ToolSpec`, kept in the tool's `metadata`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from langchain_core.tools import BaseTool, StructuredTool

from nomoat.memory.errors import UsageError
from nomoat.tools.effect import ALL_EFFECTS, Effect, Effects, parse_effects

__all__ = [
    "ALL_EFFECTS",
    "METADATA_KEY",
    "Arguments",
    "Effect",
    "Effects",
    "Output",
    "ToolSpec",
    "parse_effects",
    "spec_of",
    "tool",
]

METADATA_KEY = "nomoat"
_SECTION = re.compile(r"^(?:Args|Arguments|Returns|Raises|Yields|Examples?|Notes?):", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Output:
    """What a tool may return where plain text says too little."""

    text: str
    """What the model sees."""
    files: tuple[str, ...] = ()
    """Files made or changed, relative to the workspace."""
    sources: tuple[str, ...] = ()
    """Where the text comes from: citations, paths, addresses."""
    untrusted: bool | None = None
    """The text was written by somebody else (a web page, a mail): it may carry instructions.
    None: it is, if the tool has the network effect."""
    private: bool | None = None
    """The text comes from the person's own files or memory. None: it does, if the tool reads."""
    more: str = ""
    """How to see the rest, where the text is a part only: `read_file(path, start_line=200)`."""

    def __str__(self) -> str:
        return self.text


Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What nomoat knows of a tool beyond its name, description and schema."""

    effects: frozenset[Effect] = ALL_EFFECTS
    """What a call may do. A tool that does not say counts as doing everything."""
    preview: Callable[[Arguments], str] | None = None
    """Shows what exactly a call would do (a diff, an address) before it is allowed."""
    targets: Callable[[Arguments], Sequence[str]] | None = None
    """What a call touches: workspace-relative paths, or hosts. Policy rules match these."""
    choices: Mapping[str, Callable[[], Sequence[str]]] = field(default_factory=dict)
    """Argument name → the values that make sense now (the files there are). The model can
    choose no other; an empty list leaves the argument free."""
    uses: tuple[str, ...] = ()
    """What people say when they need it, in a few short phrases (`rename a file`): by these the
    tool is found among many. Without any, its description has to do."""
    grounded: tuple[str, ...] = ()
    """Arguments whose numbers and names have to stand in the goal or in what was observed."""
    reads: Callable[[Arguments], Sequence[str]] | None = None
    """Paths that a call looks into beside its targets, for a tool that writes and leaves these as
    they are (the source of a copy). Policy rules match them too; a goal need not let them be
    changed."""


def spec_of(tool: BaseTool) -> ToolSpec:
    """The tool's `ToolSpec`; for a foreign tool one made of what its metadata says.

    MCP servers annotate tools with hints; a read-only hint is believed only as far as that such a
    tool writes and executes nothing (it still may talk to another machine).
    """
    metadata = tool.metadata or {}
    spec = metadata.get(METADATA_KEY)
    if isinstance(spec, ToolSpec):
        return spec
    if metadata.get("readOnlyHint") is True:
        return ToolSpec(effects=frozenset({Effect.READ, Effect.NETWORK}))
    return ToolSpec()


@overload
def tool(function: Callable[..., Any], /) -> BaseTool: ...
@overload
def tool(
    *,
    effects: Effects = ...,
    name: str | None = ...,
    preview: Callable[[Arguments], str] | None = ...,
    targets: Callable[[Arguments], Sequence[str]] | None = ...,
    choices: Mapping[str, Callable[[], Sequence[str]]] | None = ...,
    uses: Sequence[str] = ...,
    grounded: Sequence[str] = ...,
    reads: Callable[[Arguments], Sequence[str]] | None = ...,
) -> Callable[[Callable[..., Any]], BaseTool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    effects: Effects = ALL_EFFECTS,
    name: str | None = None,
    preview: Callable[[Arguments], str] | None = None,
    targets: Callable[[Arguments], Sequence[str]] | None = None,
    choices: Mapping[str, Callable[[], Sequence[str]]] | None = None,
    uses: Sequence[str] = (),
    grounded: Sequence[str] = (),
    reads: Callable[[Arguments], Sequence[str]] | None = None,
) -> BaseTool | Callable[[Callable[..., Any]], BaseTool]:
    """Make a tool of a typed function with a docstring.

    The docstring's first part tells the model what the tool does; a Google-style `Args:` section
    describes the arguments. `effects` says what a call does to the world; leave it out and every
    call is treated as if it could do anything. `uses` are a few phrases of what people say when
    they need it; with many tools it is found by them. The numbers and names in `grounded`
    arguments are sent back when they come from nowhere.

    Raises:
        UsageError: the function has no docstring, an argument has no type, or an effect is
            unknown.
    """
    spec = ToolSpec(
        parse_effects(effects),
        preview,
        targets,
        dict(choices or {}),
        tuple(uses),
        tuple(grounded),
        reads,
    )

    def make(function: Callable[..., Any]) -> BaseTool:
        return _made(function, str(name or getattr(function, "__name__", "tool")), spec)

    return make if function is None else make(function)


def _made(function: Callable[..., Any], called: str, spec: ToolSpec) -> BaseTool:
    if not (function.__doc__ or "").strip():
        raise UsageError(
            f"The tool {called!r} has no docstring.",
            hint="Say in a docstring what it does: the model chooses tools by that text.",
        )
    _require_hints(called, function)
    is_async = inspect.iscoroutinefunction(function)
    try:
        made = StructuredTool.from_function(
            None if is_async else function,
            function if is_async else None,
            name=called,
            description=_description(function),
            parse_docstring=True,
        )
    except (TypeError, ValueError, NameError) as error:
        raise UsageError(
            f"The tool {called!r} cannot be made of its function: {error}",
            hint="Use plain types for its arguments: str, int, float, bool, list, dict.",
        ) from error
    made.metadata = {METADATA_KEY: spec}
    return made


def _description(function: Callable[..., Any]) -> str:
    """The docstring up to its first section, with its paragraphs."""
    return _SECTION.split(inspect.getdoc(function) or "", maxsplit=1)[0].strip()


def _require_hints(called: str, function: Callable[..., Any]) -> None:
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            problem, hint = "takes any number of arguments", "Name each argument, with its type."
        elif parameter.annotation is parameter.empty:
            problem = f"has no type for its argument {parameter.name!r}"
            hint = f"Write `{parameter.name}: str`, or the type that it is."
        else:
            continue
        raise UsageError(f"The tool {called!r} {problem}.", hint=hint)
