"""What a call may do, and who decides: by its effects, the mode of the run, and a person.

Reading inside the workspace passes. Writing, networking and executing ask, unless the mode lets
them pass or a person has allowed them for this run.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from nomoat.agent.decision import ToolCall
from nomoat.tools.base import Effect, ToolSpec


class Mode(StrEnum):
    """How much passes without a question."""

    ASK = "ask"
    """Reading passes; writing, networking and executing ask."""
    EDITS = "edits"
    """Writing in the workspace passes as well."""
    NEVER = "never"
    """Everything passes (`--yes`)."""
    PLAN = "plan"
    """Reading passes; everything else is denied."""


Scope = Literal["once", "run"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What policy says of a call."""

    verdict: Literal["allow", "ask", "deny"]
    reason: str


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person says of a call that asks."""

    allowed: bool
    scope: Scope = "once"
    comment: str = ""
    """On a refusal: told to the model."""
    args: dict[str, Any] | None = None
    """Other arguments instead of the model's."""


DENIED = Approval(False, comment="nobody could be asked")

_PASSING = {
    Mode.ASK: frozenset({Effect.READ}),
    Mode.EDITS: frozenset({Effect.READ, Effect.WRITE}),
    Mode.NEVER: frozenset(Effect),
    Mode.PLAN: frozenset({Effect.READ}),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a run."""

    mode: Mode = Mode.ASK

    def rule(self, call: ToolCall, spec: ToolSpec, allowed: Collection[str] = ()) -> Ruling:
        """What happens to a call; `allowed` are tools a person has allowed for this run."""
        beyond = sorted(spec.effects - _PASSING[self.mode])
        if not beyond:
            return Ruling("allow", f"mode {self.mode}")
        names = " and ".join(effect.value for effect in beyond)
        if self.mode is Mode.PLAN:
            return Ruling("deny", f"{call.tool} would {names}; this run only reads")
        if call.tool in allowed:
            return Ruling("allow", f"{call.tool} is allowed for this run")
        return Ruling("ask", f"{call.tool} would {names}")
