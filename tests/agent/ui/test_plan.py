"""The plan as a checklist: ticked by what was seen, never ahead of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.agent.ui.plan import DONE, NOW, OPEN, Checklist
from nomoat.tools.observation import Observation

PLAN = Checklist(("Which region sold the most in sales.csv?", "Write its name to best.txt"))
ASK = ToolCall("query_table", {"sql": "SELECT region FROM sales"})
WRITE = ToolCall("write_file", {"path": "best.txt", "content": "North"})


def marks(plan: Checklist) -> str:
    return "".join(mark for mark, _ in plan.rows())


def test_a_step_is_ticked_when_the_run_goes_on_from_it() -> None:
    assert marks(PLAN) == NOW + OPEN
    asked = PLAN.called(ASK, "I ask the table for the regions.")
    assert marks(asked) == NOW + OPEN
    found = asked.observed(True, ())
    assert marks(found) == NOW + OPEN
    writes = found.called(WRITE, "The result says North sold most. Still to do: write its name.")
    assert marks(writes) == DONE + NOW
    assert marks(writes.observed(True, ("out/best.txt",))) == DONE + DONE


def test_nothing_is_ticked_for_what_did_not_work() -> None:
    assert PLAN.observed(False, ("best.txt",)) == PLAN
    early = PLAN.called(WRITE, "I write its name to best.txt.")
    assert marks(early) == NOW + OPEN  # nothing was found yet


def test_a_reached_goal_ticks_all() -> None:
    assert marks(PLAN.reached()) == DONE + DONE


def test_a_changed_plan_keeps_what_was_done() -> None:
    done = PLAN.observed(True, ()).called(WRITE, "Write the name to best.txt")
    changed = done.changed(("Check it", PLAN.steps[0], "Say it"))
    assert marks(changed) == NOW + DONE + OPEN


def test_a_plan_that_is_the_goal_says_nothing_more() -> None:
    assert not Checklist(("What is 2+2?",)).tells("What is 2+2?")
    assert not Checklist().tells("What is 2+2?")
    assert PLAN.tells("What is 2+2?")


@given(
    st.lists(st.text(max_size=20), max_size=5),
    st.lists(st.tuples(st.booleans(), st.text(max_size=20)), max_size=8),
)
def test_whatever_happens_at_most_one_step_is_under_way(
    steps: list[str], happens: list[tuple[bool, str]]
) -> None:
    plan = Checklist(tuple(steps))
    for ok, text in happens:
        before = plan.done
        plan = plan.called(ToolCall("t", {"a": text}), text).observed(ok, (text,))
        assert before <= plan.done  # nothing is taken back
        shown = marks(plan)
        assert len(shown) == len(steps)
        assert shown.count(NOW) == (1 if set(shown) - {DONE} else 0)


# -- a run that goes on -----------------------------------------------------------------------


def step(call: ToolCall | None, thought: str = "", **facts: Any) -> Step:
    """A step of a run; `ok` and `files` are what was observed, the rest is the step's own."""
    seen = Observation("", ok=facts.pop("ok", True), files=facts.pop("files", ()))
    return Step(1, Said(""), Decision(thought, call), seen, **facts)


def test_a_run_that_goes_on_has_the_ticks_that_it_had() -> None:
    assert Checklist.of((), ()) == Checklist()
    assert Checklist.of(PLAN.steps, ()) == PLAN
    asked = step(ASK, "I ask the table for the regions.")
    assert Checklist.of(PLAN.steps, [asked]) == PLAN.observed(True, ())
    failed = step(WRITE, "Still to do: write its name.", ok=False, files=("best.txt",))
    assert marks(Checklist.of(PLAN.steps, [asked, failed])) == DONE + NOW
    written = step(WRITE, "Still to do: write its name.", files=("best.txt",))
    assert marks(Checklist.of(PLAN.steps, [asked, written])) == DONE + DONE


def test_what_was_done_before_a_person_changed_the_plan_stays_and_ticks_nothing_new() -> None:
    before = [step(WRITE, files=("best.txt",))]
    said = step(None, remark=True, person=True, replaced=PLAN.steps)
    later = ("Add the sum to best.txt", PLAN.steps[1])
    assert marks(Checklist.of(later, [*before, said])) == NOW + DONE
    assert marks(Checklist.of(later, [*before, said, *before])) == DONE + DONE


def test_another_plan_of_the_model_begins_anew() -> None:
    before = [step(ASK), step(WRITE, files=("best.txt",))]
    anew = step(None, remark=True, replaced=PLAN.steps)
    assert marks(Checklist.of(PLAN.steps, [*before, anew])) == NOW + OPEN


def test_what_is_said_besides_calls_ticks_nothing() -> None:
    back = Step(1, Said(""), Decision("North.", answer="North"), Observation(""), remark=True)
    word = step(None, "I write its name.", remark=True, person=True)
    assert Checklist.of(PLAN.steps, [back, word]) == PLAN
