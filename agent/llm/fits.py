"""Does a function give what a request asks for? Asked by worked examples, told by two scores.

A small model that is offered functions calls one, whether it fits or not, and says in a thought
before the call that it does. Shown one function, and worked examples of ones that fit and ones that
nearly do, the same model tells them apart (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nomoat.agent.llm.chat_template import Content
from nomoat.agent.llm.engine import Engine

SYSTEM = (
    "You are told a request and a function. Say Yes where a call of the function gives what the "
    "request asks for, or a part of it that is needed, and No where it gives something else. "
    "Say only Yes or No."
)
YES, NO = "Yes", "No"
_WEATHER = "get_forecast(city, day): Tell the weather that is expected in a city."
_FLIGHT = "book_flight(city, day): Book a flight to a city."
_LENGTH = "convert_length(value, unit): Convert a length from one unit to another."
_SPHERE = "sphere_volume(radius): The volume of a sphere."
_BOOK = "find_book(title): Look up a book's author, year and publisher."
_TRAINS = "search_trains(start, end): List the trains between two cities, with their prices."
EXAMPLES = (
    ("What is the weather in Oslo tomorrow?", _WEATHER, YES),
    ("What is the weather in Oslo tomorrow?", _FLIGHT, NO),
    ("How far is it from Rome to Turin?", _LENGTH, NO),
    ("Convert 3 miles to km", _LENGTH, YES),
    ("What is the volume of a cube of 3 cm?", _SPHERE, NO),
    ("Who wrote Faust?", _BOOK, YES),
    ("Find the cheapest train to Bonn and mail it to Ida.", _TRAINS, YES),
)
"""Request, function, whether it fits."""


def question(request: str, function: Mapping[str, Any]) -> list[tuple[str, Content]]:
    """The conversation after which a model says whether a function fits.

    Args:
        request: as the person wrote it.
        function: its `name`, and its `description` and `parameters` where there are any.
    """
    pairs: list[tuple[str, Content]] = [("system", SYSTEM)]
    for asked, about, says in EXAMPLES:
        pairs += [("user", _asked(asked, about)), ("assistant", says)]
    return [*pairs, ("user", _asked(request, _in_a_line(function)))]


def says_yes(engine: Engine) -> bool:
    """Whether Yes is more likely than No to be written next."""
    scores = engine.logits()
    yes, no = (scores[engine.tokenize(word)[0]] for word in (YES, NO))
    return bool(yes > no)


def _asked(request: str, about: str) -> str:
    return f"Request: {request}\nFunction: {about}"


def _in_a_line(function: Mapping[str, Any]) -> str:
    names = ", ".join((function.get("parameters") or {}).get("properties", {}))
    about = " ".join(str(function.get("description", "")).split())
    return f"{function['name']}({names}): {about}".removesuffix(": ")
