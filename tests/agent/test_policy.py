"""What passes, what asks, and what is denied: every mode with every set of effects."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from nomoat.agent.decision import ToolCall
from nomoat.agent.policy import DENIED, Mode, Policy
from nomoat.tools.base import Effect, ToolSpec

CALL = ToolCall("send", {})
SETS = [
    frozenset(chosen)
    for chosen in chain.from_iterable(combinations(Effect, n) for n in range(len(Effect) + 1))
]
PASSING = {
    Mode.ASK: {Effect.READ},
    Mode.EDITS: {Effect.READ, Effect.WRITE},
    Mode.NEVER: set(Effect),
    Mode.PLAN: {Effect.READ},
}


@pytest.mark.parametrize("effects", SETS, ids=lambda e: "+".join(sorted(e)) or "none")
@pytest.mark.parametrize("mode", Mode)
def test_a_call_passes_when_all_its_effects_do(mode: Mode, effects: frozenset[Effect]) -> None:
    ruling = Policy(mode).rule(CALL, ToolSpec(effects=effects))
    if effects <= PASSING[mode]:
        assert ruling.verdict == "allow"
    else:
        assert ruling.verdict == ("deny" if mode is Mode.PLAN else "ask")
        assert all(effect.value in ruling.reason for effect in effects - PASSING[mode])


def test_a_tool_that_was_allowed_for_the_run_passes_and_no_other_does() -> None:
    spec = ToolSpec(effects=frozenset({Effect.WRITE}))
    assert Policy().rule(CALL, spec, {"send"}).verdict == "allow"
    assert Policy().rule(CALL, spec, {"sendall"}).verdict == "ask"


def test_what_is_allowed_for_the_run_does_not_widen_a_run_that_only_reads() -> None:
    spec = ToolSpec(effects=frozenset({Effect.WRITE}))
    assert Policy(Mode.PLAN).rule(CALL, spec, {"send"}).verdict == "deny"


def test_nobody_to_ask_is_a_no() -> None:
    assert not DENIED.allowed
    assert DENIED.comment
