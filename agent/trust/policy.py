"""What a call may do, and who decides: its effects, the run's mode, a person's rules, and a person.

Reading inside the workspace passes. Writing, networking and executing ask, unless the mode lets
them pass, a person has allowed them for this run, or a rule of theirs does (`rules`). What denies
comes first; what asks beats what allows. Two things ask whatever was allowed: a call beyond what
the goal asks for (`contract`), and one that acts outward after the run has read both private data
and text from elsewhere (`flow`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from nomoat.agent.decision import ToolCall
from nomoat.agent.trust import flow
from nomoat.agent.trust.contract import Contract, Exists
from nomoat.agent.trust.flow import Marks
from nomoat.agent.trust.rules import Rule, Ruling, Touched, touched_by
from nomoat.tools.base import Effect, ToolSpec

__all__ = ["DENIED", "Approval", "Marks", "Mode", "Policy", "Ruling", "Scope", "Situation"]


class Mode(StrEnum):
    """How much passes without a question."""

    ASK = "ask"
    """Reading passes; writing, networking and executing ask."""
    EDITS = "edits"
    """Writing in the workspace passes as well."""
    NEVER = "never"
    """Everything passes that the goal asks for (`--yes`)."""
    PLAN = "plan"
    """Reading passes; everything else is denied."""


Scope = Literal["once", "run", "always"]


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person says of a call that asks."""

    allowed: bool
    scope: Scope = "once"
    """`run`: this tool for the rest of the run; `always`: also kept as a rule for calls of this
    kind (this folder, this domain, or this tool)."""
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
class Situation:
    """What a ruling depends on beside the call: how the run stands."""

    goal: str = ""
    contract: Contract | None = None
    """None: the goal sets no limits (a call that is only explained)."""
    marks: Marks = field(default_factory=Marks)
    widened: Collection[str] = ()
    """Tools that a person has let go beyond the contract, for this run."""
    exists: Exists = lambda _path: True
    made: Collection[str] = ()
    """Files this run has made."""
    gone: Collection[str] = ()
    """Files this run has removed."""
    about: str = ""
    """The tool's description."""


_ANY = Situation()


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a run."""

    mode: Mode = Mode.ASK
    rules: tuple[Rule, ...] = ()
    root: Path | None = None
    """The workspace, which relative folders in rules are in."""

    def rule(
        self,
        call: ToolCall,
        spec: ToolSpec,
        allowed: Collection[str] = (),
        situation: Situation = _ANY,
    ) -> Ruling:
        """What happens to a call; `allowed` are tools a person has allowed for this run."""
        found = self.considered(call, spec, allowed, situation)
        for verdict in ("deny", "ask"):
            said = [ruling for ruling in found if ruling.verdict == verdict]
            if said:
                reasons = "; ".join(dict.fromkeys(ruling.reason for ruling in said))
                return Ruling(verdict, reasons, said[0].by)
        return found[-1]

    def considered(
        self,
        call: ToolCall,
        spec: ToolSpec,
        allowed: Collection[str] = (),
        situation: Situation = _ANY,
    ) -> list[Ruling]:
        """Everything that has a say about a call; the last entry is what mode and grants say."""
        touched = touched_by(call, spec, self.root)
        found = [*self._by_rules(touched), *_by_run(call, spec, situation)]
        return [*found, self._passing(call, touched, allowed)]

    def _by_rules(self, touched: Touched) -> list[Ruling]:
        found = []
        for rule in self.rules:
            if rule.decides == "allow":
                continue
            fits = rule.hits(touched)
            why = f" ({rule.why})" if rule.why else ""
            if fits:
                verb = "denies this" if rule.decides == "deny" else "asks"
                reason = f"your rule {verb}: {rule}{why}"
                found.append(Ruling(rule.decides, reason, str(rule)))
            elif fits is None:
                reason = f"{touched.tool} does not say enough for your rule: {rule}{why}"
                found.append(Ruling("ask", reason, str(rule)))
        return found

    def _passing(self, call: ToolCall, touched: Touched, allowed: Collection[str]) -> Ruling:
        """What mode, grants and allowing rules say, where nothing else does."""
        beyond = touched.effects - _PASSING[self.mode]
        if not beyond:
            return Ruling("allow", f"mode {self.mode}", "mode")
        names = " and ".join(sorted(effect.value for effect in beyond))
        if self.mode is Mode.PLAN:
            return Ruling("deny", f"{call.tool} would {names}; this run only reads", "mode")
        if call.tool in allowed:
            return Ruling("allow", f"{call.tool} is allowed for this run", "run")
        for rule in self.rules:
            if rule.decides == "allow":
                left = beyond - rule.covers(touched)
                if not left:
                    return Ruling("allow", f"your rule allows this: {rule}", str(rule))
        return Ruling("ask", f"{call.tool} would {names}", "mode")


def _by_run(call: ToolCall, spec: ToolSpec, situation: Situation) -> list[Ruling]:
    """What the goal and what was read so far have to say."""
    found = []
    if situation.contract is not None and call.tool not in situation.widened:
        ruling = situation.contract.allows(
            call,
            spec,
            exists=situation.exists,
            made=situation.made,
            gone=situation.gone,
            about=situation.about,
        )
        if ruling.verdict != "allow":
            found.append(Ruling(ruling.verdict, ruling.reason, "contract"))
    reason = flow.objection(call, spec, situation.marks, situation.goal)
    if reason:
        found.append(Ruling("ask", reason, "flow"))
    return found
