"""What passes, what asks, and what is denied: every mode with every set of effects."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import pytest

from nomoat.agent.decision import ToolCall
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.policy import DENIED, Marks, Mode, Policy, Situation
from nomoat.agent.trust.rules import Rule
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


# -- what a run adds --------------------------------------------------------------------------

GOAL = "Summarise mail.txt and save it to summary.txt"
WRITES = ToolSpec(frozenset({Effect.WRITE}), targets=lambda a: [a["path"]])
SENDS = ToolSpec(frozenset({Effect.NETWORK}))
RUNS = ToolSpec(frozenset({Effect.EXECUTE}))
BOTH = Marks(private=True, untrusted=True)


def situation(goal: str = GOAL, **facts: Any) -> Situation:
    there = {"mail.txt", "todo.txt"}
    exists = there.__contains__
    return Situation(goal, read_goal(goal, exists), exists=exists, **facts)


@pytest.mark.parametrize("mode", [Mode.ASK, Mode.EDITS, Mode.NEVER])
def test_what_the_goal_does_not_ask_for_asks_in_every_mode(mode: Mode) -> None:
    call = ToolCall("write_file", {"path": "todo.txt"})
    ruling = Policy(mode).rule(call, WRITES, situation=situation())
    assert (ruling.verdict, ruling.by) == ("ask", "contract")
    assert "todo.txt" in ruling.reason


def test_what_is_allowed_for_the_run_stays_inside_the_goal_unless_a_person_let_it_go_beyond() -> (
    None
):
    call = ToolCall("write_file", {"path": "todo.txt"})
    policy = Policy()
    assert policy.rule(call, WRITES, {"write_file"}, situation()).verdict == "ask"
    wider = situation(widened={"write_file"})
    assert policy.rule(call, WRITES, {"write_file"}, wider).verdict == "allow"


@pytest.mark.parametrize("spec", [SENDS, RUNS, ToolSpec()], ids=["network", "execute", "all"])
@pytest.mark.parametrize("mode", [Mode.ASK, Mode.EDITS, Mode.NEVER])
def test_with_both_marks_acting_outward_asks_whatever_was_allowed(
    mode: Mode, spec: ToolSpec
) -> None:
    policy = Policy(mode, (Rule("allow", tool="send"),))
    assert policy.rule(CALL, spec, {"send"}, Situation()).verdict == "allow"
    ruling = policy.rule(CALL, spec, {"send"}, Situation(marks=BOTH, widened={"send"}))
    assert (ruling.verdict, ruling.by) == ("ask", "flow")


@pytest.mark.parametrize("marks", [Marks(), Marks(private=True), Marks(untrusted=True)])
def test_one_mark_alone_holds_nothing_back_that_is_in_the_goal(marks: Marks) -> None:
    call = ToolCall("search", {"query": "weather Oslo"})
    asked = Situation("What is the weather in Oslo? Search the web.", marks=marks)
    assert Policy(Mode.NEVER).rule(call, SENDS, situation=asked).verdict == "allow"


def test_after_private_data_words_of_their_own_do_not_leave_unasked() -> None:
    call = ToolCall("search", {"query": "weather Oslo 4711"})
    asked = Situation("What is the weather in Oslo?", marks=Marks(private=True))
    ruling = Policy(Mode.NEVER).rule(call, SENDS, situation=asked)
    assert ruling.verdict == "ask"
    assert ruling.reason.endswith("4711")


def test_a_rule_that_denies_stands_above_everything() -> None:
    policy = Policy(Mode.NEVER, (Rule("deny", effect="network"),))
    assert policy.rule(CALL, SENDS, {"send"}, Situation(marks=BOTH)).verdict == "deny"
