"""The line that says what goes on."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from nomoat.agent import events
from nomoat.agent.decision import ToolCall
from nomoat.agent.state import Usage
from nomoat.agent.ui.status import Limits, Progress

SPENT = Usage(prompt=1500, cached=500, generated=60, decode_seconds=2.0)


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def progress(clock: Clock, **limits: int) -> Progress:
    return Progress(Limits(**limits), clock)


def test_a_run_in_words() -> None:
    clock = Clock()
    told = progress(clock, steps=20, seconds=600, context=8192)
    assert told.line(80) == "looking at the files · 0 of 600 s"
    told.follow(events.RunStarted("r", "goal", "m"))
    assert told.line(80).startswith("loading the model")
    told.follow(events.Writing(1, "x", "I add"))
    clock.now += 14
    assert told.line(80) == "thinking · step 1 of 20 · 14 of 600 s"
    told.follow(events.Decided(1, "I add", ToolCall("calculate", {}), SPENT))
    line = "running calculate · step 1 of 20 · 14 of 600 s · 30 tok/s · context 19 %"
    assert told.line(80) == line
    told.follow(events.Writing(2, "{", ""))
    assert told.line(80).startswith("planning · step 2")


def test_without_limits_nothing_is_made_up() -> None:
    told = progress(Clock())
    told.follow(events.Writing(1, "x", "I add"))
    told.follow(events.Decided(1, "", ToolCall("calculate", {}), SPENT))
    assert told.line(80) == "running calculate · step 1 · 0 s · 30 tok/s"


def test_how_long_reading_takes_is_told_once_it_is_known() -> None:
    clock = Clock()
    told = progress(clock)
    told.follow(events.Reading(0, 1000))
    assert told.doing == "reading 0 %"
    clock.now += 0.5
    told.follow(events.Reading(100, 1000))
    assert told.doing == "reading 10 %"  # half a second says too little
    clock.now += 1.5
    told.follow(events.Reading(400, 1000))
    assert told.doing == "reading 40 %, about 3 s left"
    told.follow(events.Writing(1, "x", ""))
    clock.now += 60
    told.follow(events.Reading(10, 200))  # the next prompt: its own time counts
    assert told.doing == "reading 5 %"


@pytest.mark.parametrize("width", range(90))
def test_it_fits_any_width(width: int) -> None:
    told = progress(Clock(), steps=20, seconds=600, context=8192)
    told.follow(events.Decided(1, "", ToolCall("a_tool_with_a_long_name", {}), SPENT))
    assert cell_len(told.line(width)) <= max(width, 1)
    if width > 30:
        assert told.line(width).startswith("running a_tool_with_a_long_name")
