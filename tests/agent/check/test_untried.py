"""What can still be tried before an answer that says that nothing was found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nomoat.agent.check.untried import untried
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.offer_schema import offer
from nomoat.agent.state import Said, State, Step
from nomoat.tools.base import tool
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox


@tool(effects="read")
def by_name(pattern: str, folder: str = "") -> str:
    """Find files by their names."""
    return f"No files found: {pattern}{folder}"


@tool(effects="read")
def by_text(pattern: str, include: str = "*") -> str:
    """Find files by their text."""
    return f"No matches: {pattern}{include}"


BOX = Toolbox([by_name, by_text])
DENIAL = "No file mentions a boiler."


def state(*calls: ToolCall, text: str = "No files found", near: Sequence[str] = ()) -> State:
    steps = [
        Step(n, Said(""), Decision("", call), Observation(text)) for n, call in enumerate(calls, 1)
    ]
    return {"goal": "?", "steps": steps, "near": near, "in_view": BOX.names}


FULL = ToolCall("by_name", {"pattern": "boiler", "folder": "cellar"})
BARE = ToolCall("by_name", {"pattern": "boiler"})


def test_first_without_what_was_not_required() -> None:
    assert untried(BOX, state(FULL), DENIAL) == {"by_name": {"pattern": "boiler"}}


def test_then_the_other_tools() -> None:
    assert untried(BOX, state(BARE), DENIAL) == {"by_text": {}}
    assert untried(BOX, state(FULL, BARE), DENIAL) == {"by_text": {}}


def test_when_all_was_tried_nothing_is_left() -> None:
    assert untried(BOX, state(BARE, ToolCall("by_text", {"pattern": "boiler"})), DENIAL) == {}


@pytest.mark.parametrize(
    ("seen", "answer"),
    [
        (state(FULL), "The cellar has one."),
        (state(FULL, text="/cellar.md"), DENIAL),
        (state(FULL, text="No reading was taken in March. " * 3), DENIAL),
        (state(FULL, near=["by_name"]), DENIAL),
        (state(), DENIAL),
    ],
    ids=["no denial", "found", "a long text", "known to fit", "nothing looked up"],
)
def test_other_answers_stand(seen: State, answer: str) -> None:
    assert untried(BOX, seen, answer) == {}


def test_what_is_tried_is_called_with_what_it_requires() -> None:
    again = offer(BOX, BOX.names, untried=untried(BOX, state(FULL), DENIAL))
    assert list(again.schema("by_name")["properties"]) == ["pattern"]
    assert again.schema("by_name")["properties"]["pattern"]["enum"] == ["boiler"]
    assert list(again.schema("by_text")["properties"]) == ["pattern", "include"]
    other = offer(BOX, BOX.names, untried=untried(BOX, state(BARE), DENIAL))
    assert list(other.schema("by_text")["properties"]) == ["pattern"]
    assert "enum" not in other.schema("by_text")["properties"]["pattern"]
