"""Whether a call is made now: what policy says of it, and, where it asks, what a person says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from nomoat.agent.decision import ToolCall
from nomoat.agent.events import ApprovalAsked
from nomoat.agent.state import Step
from nomoat.agent.trust import flow
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import there
from nomoat.agent.trust.policy import Approval, Policy, Ruling, Situation
from nomoat.agent.trust.rule_file import add_rule
from nomoat.agent.trust.rules import Rule, generalised, touched_by
from nomoat.memory.errors import UsageError
from nomoat.tools.base import Effect, ToolSpec, spec_of
from nomoat.tools.errors import Retry
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.toolbox import Toolbox

UNKNOWN = (
    "this was begun in step {n} before the run was stopped, and whether it happened is not known: "
    "look before you let it happen again"
)


@dataclass(frozen=True, slots=True)
class Permit:
    """What came of asking for a call."""

    call: ToolCall
    """As it is to be made; a person may have changed its arguments."""
    refusal: str | None = None
    """Why it is not made, for the model; None: it is."""
    beyond: bool = False
    """A person has allowed this very call, whatever the goal says."""


@dataclass
class Gate:
    """The gate of one run: every call passes it."""

    policy: Policy
    toolbox: Toolbox
    workspace: Workspace
    journal: Journal
    contract: Contract | None
    goal: str
    keep: Callable[[Rule], object] = add_rule
    """Keeps a rule for later runs."""
    allowed: set[str] = field(default_factory=set)
    """Tools a person has allowed for this run."""
    widened: set[str] = field(default_factory=set)
    """Of these, tools that were allowed although the goal does not ask for what they do."""

    def permit(
        self,
        n: int,
        call: ToolCall,
        steps: Sequence[Step],
        ask: Callable[[ApprovalAsked], Approval],
        passages: Sequence[Sequence[str]] = (),
    ) -> Permit:
        """Let a call pass, ask about it, or refuse it.

        A call whose arguments do not fit passes: the toolbox will not make it, and says why.
        `passages` are `(citation, text)` of the person's documents that the model was shown at
        the start.
        """
        ready = self._ready(call)
        if ready is None:
            return Permit(call)
        ruling = self.rule(ready, steps, passages)
        if ruling.verdict == "allow":
            return Permit(call)
        if ruling.verdict == "deny":
            return Permit(call, ruling.reason)
        spec = spec_of(self.toolbox.get(call.tool))
        approval = ask(self._question(n, ready, spec, ruling, _private(steps, passages)))
        if not approval.allowed:
            return Permit(call, "; ".join(filter(None, [ruling.reason, approval.comment])))
        if approval.args is not None:
            call = replace(call, args=approval.args)
            changed = self._ready(call)
            if changed is not None and self.rule(changed, steps, passages).verdict == "deny":
                return Permit(call, self.rule(changed, steps, passages).reason)
        self._take(call, spec, ruling, approval)
        return Permit(call, beyond=True)

    def exists(self, path: str) -> bool:
        """Whether there is a file of this name in the workspace now."""
        return there(self.workspace, path)

    def rule(
        self, call: ToolCall, steps: Iterable[Step], passages: Sequence[Sequence[str]] = ()
    ) -> Ruling:
        """What is said of a call as the run stands, before any person is asked."""
        one = self.toolbox.get(call.tool)
        spec = spec_of(one)
        situation = Situation(
            self.goal,
            self.contract,
            flow.marks_of(steps, passages=passages),
            self.widened,
            self.exists,
            self.journal.made,
            self.journal.gone,
            one.description,
        )
        ruling = self.policy.rule(call, spec, self.allowed, situation)
        unknown = self.journal.unknown(call.key) if spec.effects - {Effect.READ} else None
        if unknown is None or ruling.verdict == "deny":
            return ruling
        reason = UNKNOWN.format(n=unknown.n)
        if ruling.verdict == "ask":
            reason = f"{reason}; {ruling.reason}"
        return Ruling("ask", reason, "journal")

    def _ready(self, call: ToolCall) -> ToolCall | None:
        """The call with its arguments as the tool will get them; None where they do not fit."""
        try:
            return replace(call, args=self.toolbox.validate(call.tool, dict(call.args)))
        except (Retry, UsageError):
            return None

    def _question(
        self, n: int, call: ToolCall, spec: ToolSpec, ruling: Ruling, private: Sequence[str]
    ) -> ApprovalAsked:
        outward = spec.effects & flow.OUTWARD
        return ApprovalAsked(
            n,
            call,
            tuple(sorted(effect.value for effect in spec.effects)),
            ruling.reason,
            _preview(spec, call),
            carried=flow.carried(call.args, private, self.goal) if outward else (),
            always=str(self._always(call, spec)),
            by=ruling.by,
        )

    def _always(self, call: ToolCall, spec: ToolSpec) -> Rule:
        return generalised(touched_by(call, spec, self.workspace.root))

    def _take(self, call: ToolCall, spec: ToolSpec, ruling: Ruling, approval: Approval) -> None:
        if approval.scope == "once":
            return
        self.allowed.add(call.tool)
        if ruling.by == "contract":
            self.widened.add(call.tool)
        if approval.scope == "always":
            rule = self._always(call, spec)
            self.keep(rule)
            self.policy = replace(self.policy, rules=(*self.policy.rules, rule))


def _private(steps: Iterable[Step], passages: Sequence[Sequence[str]]) -> list[str]:
    """The private texts that the model has seen."""
    seen = [step.observation.text for step in steps if step.observation.private]
    return [passage[1] for passage in passages] + seen


def _preview(spec: ToolSpec, call: ToolCall) -> str:
    if spec.preview is None:
        return ""
    try:
        return spec.preview(call.args)
    except Exception as error:  # noqa: BLE001 - a preview that fails must not end the run
        return f"(no preview: {error})"
