"""What comes back from a tool, as the model sees it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, is_dataclass, replace
from typing import Any, Literal

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

ErrorKind = Literal["", "invalid", "retry", "failed", "approval", "remark"]


@dataclass(frozen=True, slots=True)
class Observation:
    """What came back from a call."""

    text: str
    """What the model sees."""
    ok: bool = True
    error_kind: ErrorKind = ""
    """`invalid`: the arguments did not fit and nothing was called; `retry`: other arguments can
    succeed; `failed`: another way has to be found; `approval`: a person has to allow it."""
    files: tuple[str, ...] = ()
    """Files made or changed, relative to the workspace."""
    sources: tuple[str, ...] = ()
    """Where the text comes from."""
    untrusted: bool = False
    """Somebody else wrote the text: it may carry instructions."""
    private: bool = False
    """The text may hold the person's own data."""
    seconds: float = 0.0
    """Wall clock time of the call."""
    truncated: bool = False
    """The text is only the beginning of what the tool gave."""
    more: str = ""
    """How to see the rest; empty where this is all there is."""


def text_of(value: Any) -> str:
    """What a tool returned, as text: JSON for values, the text parts of content blocks."""
    if isinstance(value, BaseMessage):
        value = value.content
    if isinstance(value, list) and value and all(_is_block(one) for one in value):
        return "\n".join(one.get("text") or f"[{one['type']}]" for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    match value:
        case str():
            text = value
        case None:
            text = "Done; the tool returned nothing."
        case bytes():
            text = f"[{len(value):,} bytes]"
        case BaseModel():
            text = value.model_dump_json()
        case dict() | list() | tuple() | int() | float():
            text = json.dumps(value, ensure_ascii=False, default=str)
        case _:
            text = str(value)
    return text


def cut(observed: Observation, max_chars: int, more: str = "") -> Observation:
    """At most `max_chars` of the text, at a line end where one is near, and how to see the rest."""
    text = observed.text.encode("utf-8", "replace").decode()
    if len(text) <= max_chars:
        return replace(observed, text=text, more=more)
    kept = text[:max_chars]
    line_end = kept.rfind("\n", max_chars * 4 // 5)
    kept = kept[:line_end] if line_end > 0 else kept
    how = more or "ask for a smaller part to see the rest"
    note = f"… cut: {len(kept):,} of {len(text):,} characters shown; {how}"
    return replace(observed, text=f"{kept}\n{note}", truncated=True, more=how)


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)
