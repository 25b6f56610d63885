"""What can speak against an answer, each seen from the goal, the answer and the steps alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nomoat.agent import prompts
from nomoat.agent.check.evidence import denies, promises
from nomoat.agent.check.follow_up import (
    columns_left_out,
    held_after_all,
    left_standing,
    most_query,
    numbers_found,
    share_query,
)
from nomoat.agent.check.lacking import (
    beside_the_point,
    lacks_date,
    lacks_name,
    lacks_number,
    only_repeats,
    only_tells_what_was_written,
)
from nomoat.agent.check.percent import left_over
from nomoat.agent.goal.asked import wanted_and_forbidden, without_addresses
from nomoat.agent.goal.figures import numbers_in
from nomoat.agent.goal.questions import asks_for_all, asks_for_average, asks_how_to, operands
from nomoat.agent.own_tools import CALCULATES, COMPUTING
from nomoat.agent.state import State, Step
from nomoat.tools.observation import Observation

Doubt = tuple[str, str]
"""Its kind, and what the model is told."""


def unseen(goal: str, answer: str, steps: Sequence[Step]) -> Observation | None:
    """What was read in part only, where a part is not enough for this answer."""
    found = [step.observation for step in steps if step.found]
    if not found or not found[-1].more or not (denies(answer) or asks_for_all(goal)):
        return None
    return found[-1]


def _absent(state: State, answer: str) -> tuple[str, ...]:
    """Files that the goal is about, that are not there, and an answer that does not say so."""
    return () if denies(answer) else state.get("absent", ())


def _forbidden(goal: str, answer: str) -> tuple[str, ...]:
    """Files that the goal both wants and forbids, and an answer that does not say so."""
    return () if denies(answer) else wanted_and_forbidden(goal)


def _only_promises(goal: str, answer: str) -> bool:
    return promises(answer) and not asks_how_to(goal)


def evades(state: State, answer: str) -> Iterator[Doubt]:
    """It passes over what cannot be done, or says only what could be."""
    goal = state["goal"]
    absent, forbidden = _absent(state, answer), _forbidden(goal, answer)
    if absent:
        yield "absent", prompts.ABSENT.format(files=" and ".join(absent), goal=goal)
    if forbidden:
        yield "forbidden", prompts.FORBIDDEN.format(files=" and ".join(forbidden), goal=goal)
    if _only_promises(goal, answer):
        called = any(step.call for step in state.get("steps", []))
        only_answers = bool(state.get("passages")) and not state.get("in_view") and not called
        said = prompts.READ_ALREADY if only_answers else prompts.PROMISED
        yield "read already" if only_answers else "promised", said.format(goal=goal)


def stops_short(goal: str, answer: str, steps: Sequence[Step], tables: str = "") -> Iterator[Doubt]:
    """The results lead further than it went. `tables`: a line for each that was told of."""
    if sql := most_query(goal, steps, tables):
        yield "most", prompts.MOST.format(sql=sql, goal=goal)
    found, wanted = numbers_found(goal, steps)
    if wanted:
        yield "fewer", prompts.FEWER.format(found=found, wanted=wanted, goal=goal)
    if share := share_query(goal, steps):
        yield "share", prompts.SHARE.format(sql=share, goal=goal)
    if left := left_over(goal, answer, steps):
        yield "left", prompts.LEFT_OVER.format(expression=left, goal=goal)
    if standing_still := left_standing(goal, steps):
        yield "left standing", prompts.STILL.format(names=" and ".join(standing_still), goal=goal)
    if narrowed := columns_left_out(goal, steps):
        yield "narrowed", prompts.NARROWED.format(said=narrowed, goal=goal)
    if held := held_after_all(goal, answer, steps):
        yield "held", prompts.HELD.format(words=", ".join(held), goal=goal)


def misses(goal: str, answer: str) -> Iterator[Doubt]:
    """It gives something else than what is asked, or more."""
    empty = only_tells_what_was_written(goal, answer) or only_repeats(goal, answer)
    if empty or lacks_number(goal, answer) or lacks_name(goal, answer):
        yield "open", prompts.OPEN.format(goal=goal)
    if lacks_date(goal, answer):
        yield "undated", prompts.UNDATED.format(goal=goal)
    if asked := beside_the_point(goal, answer):
        yield "beside the point", prompts.BESIDE.format(asked=asked, goal=goal)


def leaves_open(state: State, answer: str) -> bool:
    """Whether an answer does not answer what the goal asks."""
    goal = state["goal"]
    return (
        lacks_number(goal, answer)
        or lacks_name(goal, answer)
        or lacks_date(goal, answer)
        or only_repeats(goal, answer)
        or any(evades(state, answer))
        or unseen(goal, answer, state.get("steps", [])) is not None
    )


def given(state: State) -> str:
    """What the harness found for the goal, without its own words about it."""
    return prompts.facts(state["goal"], state["opening"])


_IN_YEAR = re.compile(
    r"\b(?:in|since|until|till|during|year|before|after|for|of|by)\s+(?:the year\s+)?"
    r"(?:1\d\d\d|20\d\d)\b(?!\s*(?:[%$€]|\w+s\b))",
    re.IGNORECASE,
)
"""A year, which is no number to compute with; but not `of 1500 euros`."""


def was_read_off(state: State, answer: str) -> bool:
    """The goal gives a number to compute with, or asks for an average, and the answer was not
    computed."""
    goal, best = without_addresses(state["goal"]), next(iter(state.get("near", ())), "")
    used = {step.call.tool for step in state.get("steps", []) if step.call and step.found}
    if used & COMPUTING or not numbers_in(answer):
        return False
    return asks_for_average(goal) or (best == CALCULATES and operands(_IN_YEAR.sub(" ", goal)) > 0)


def standing(claims: Sequence[str]) -> str:
    """`47.25, Bo stand`"""
    return f"{', '.join(claims)} {'stands' if len(claims) == 1 else 'stand'}"


def done(steps: Sequence[Step], answer: str) -> str:
    """Everything that was called, seen and said, as one text."""
    parts = [answer]
    for step in steps:
        if step.call is not None:
            parts += [step.call.key, step.observation.text, *step.observation.sources]
    return "\n".join(parts)
