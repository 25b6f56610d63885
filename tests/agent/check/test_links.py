"""Addresses a run knows, and those it has to open before it answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.check.links import KNOWN, addresses_in, known, none_opens, unopened
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.tools.observation import Observation

SITE = "http://127.0.0.1:8000"
INDEX = f"""# Ferries
The boat from Lunde to the island is [the Heron]({SITE}/heron.html). She is the older one.
The boat from Vik to the mill is [the Tern]({SITE}/tern.html). She takes cars too.
"""
GOAL = f"What does a ticket on the ferry from Vik to the mill cost? See {SITE}/ferries.html."


def opened(page: str, text: str) -> Step:
    call = ToolCall("browse", {"url": f"{SITE}/{page}"})
    return Step(1, Said(""), Decision("", call), Observation(text))


def failed(page: str, text: str, *, remark: bool = False) -> Step:
    return replace(opened(page, ""), observation=Observation(text, ok=False), remark=remark)


NO_ANSWER, NO_PAGE = "127.0.0.1 does not answer.", "There is no page at this address (404)."


@pytest.mark.parametrize(
    ("steps", "so"),
    [
        ([], False),
        ([failed("ferries.html", NO_PAGE)], True),
        ([failed("other.html", NO_PAGE)], False),
        ([failed("ferries.html", NO_ANSWER)], False),
        ([failed("ferries.html", NO_ANSWER), failed("ferries.html", "made", remark=True)], True),
        ([opened("ferries.html", "The mill.")], False),
        ([failed("ferries.html", f"{NO_PAGE} See {SITE}/moved.html")], False),
    ],
)
def test_whether_no_page_of_a_goal_opens(steps: list[Step], so: bool) -> None:
    assert none_opens(GOAL, steps) is so
    assert not none_opens("What does a ticket cost?", steps)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See https://example.org/a, and more.", ["https://example.org/a"]),
        ("Look at (https://example.org/a?b=c#d).", ["https://example.org/a?b=c#d"]),
        ("[here](https://example.org/a) and <https://example.org/b>.", ["a", "b"]),
        ("https://example.org/a https://example.org/a", ["https://example.org/a"]),
        ("example.org and mail@example.org", []),
    ],
)
def test_addresses_in_a_text(text: str, found: list[str]) -> None:
    whole = [one if "/" in one else f"https://example.org/{one}" for one in found]
    assert list(addresses_in(text)) == whole


@given(st.text(max_size=200))
def test_any_text_may_hold_addresses(text: str) -> None:
    assert all(one in text for one in addresses_in(text))


def test_what_can_be_opened_is_what_the_goal_or_a_result_holds() -> None:
    assert known(GOAL, []) == (f"{SITE}/ferries.html",)
    after = known(GOAL, [opened("ferries.html", INDEX)])
    assert after == tuple(f"{SITE}/{page}.html" for page in ("ferries", "heron", "tern"))
    many = "\n".join(f"{SITE}/{n}" for n in range(3 * KNOWN))
    assert len(known(GOAL, [opened("ferries.html", many)])) == KNOWN


@pytest.mark.parametrize(
    ("goal", "answer", "steps", "left"),
    [
        # the page that the link beside most of the goal's words leads to
        (GOAL, "The page does not say it.", [opened("ferries.html", INDEX)], ["tern"]),
        (GOAL, "Not said.", [opened("ferries.html", INDEX), opened("tern.html", "x")], []),
        (GOAL, "It costs 81 kroner.", [opened("ferries.html", INDEX)], []),
        # where the answer itself says it stands
        (GOAL, f"It stands on {SITE}/heron.html.", [opened("ferries.html", INDEX)], ["heron"]),
        (GOAL, f"On {SITE}/ferries.html/ it is 81.", [opened("ferries.html", "81")], []),
        # every page that the goal names
        (
            f"Compare {SITE}/heron.html and {SITE}/tern.html",
            "Both cost 18.",
            [opened("heron.html", "18")],
            ["tern"],
        ),
        # a goal that was reached without the web
        (f"Write {SITE}/heron.html to a.txt", "Done.", [], []),
    ],
)
def test_pages_to_open_before_an_answer(
    goal: str, answer: str, steps: list[Step], left: list[str]
) -> None:
    assert list(unopened(goal, answer, steps)) == [f"{SITE}/{page}.html" for page in left]


@pytest.mark.parametrize(
    ("goal", "page"),
    [
        ("At what time does the last boat go back?", "sailings/timetable.html"),
        ("What will two grown-ups pay there?", "fares.html"),
    ],
)
def test_a_link_is_called_by_what_is_asked_in_other_words(goal: str, page: str) -> None:
    text = f"[Timetable]({SITE}/sailings/timetable.html)\n[Fares]({SITE}/fares.html)\n"
    steps = [opened("ferries.html", text)]
    left = unopened(f"{goal} See {SITE}/ferries.html.", "It is said on the page.", steps)
    assert left == (f"{SITE}/{page}",)
