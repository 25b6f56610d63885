"""The plan as a checklist: ticked by what was seen, never ahead of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.decision import ToolCall
from nomoat.agent.ui_plan import DONE, NOW, OPEN, Checklist

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
