"""Arguments nobody spoke of are left out of a call where they may be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nomoat.agent.llm.tool_calls import ToolCalling
from nomoat.agent.llm.unspoken import without_unspoken

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "required": ["city"],
    "properties": {
        "city": {"type": "string"},
        "country": {"type": "string"},
        "unit": {"type": "string", "enum": ["C", "F"]},
        "days": {"type": "integer"},
        "hourly": {"type": "boolean"},
        "about": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.mark.parametrize(
    ("args", "said", "kept"),
    [
        ({"city": "Oslo", "country": "Norway"}, "weather in Oslo", {"city"}),
        ({"city": "Oslo", "country": "Norway"}, "weather in Oslo, norway", {"city", "country"}),
        ({"city": "Paris"}, "weather in the capital of France", {"city"}),
        ({"unit": "C", "days": 7, "hourly": True}, "weather in Oslo", {"unit", "days", "hourly"}),
        ({"about": ["winds", "rain"]}, "tell me of the wind", {"about"}),
        ({"about": ["rain"]}, "tell me of the wind", set()),
        ({"about": []}, "tell me of the wind", {"about"}),
        ({"country": "NO"}, "weather in Oslo", set()),
        ({"country": "+47"}, "weather at 47", {"country"}),
        ({"other": "x"}, "weather in Oslo", set()),
    ],
)
def test_what_is_left_out(args: dict[str, Any], said: str, kept: set[str]) -> None:
    left = without_unspoken(args, PARAMETERS, said)
    assert left == {name: args[name] for name in kept}


def test_a_call_is_told_without_them() -> None:
    function = {"name": "forecast", "description": "", "parameters": PARAMETERS}
    calling = ToolCalling([{"type": "function", "function": function}], None)
    args = {"city": "Oslo", "country": "Norway"}
    said = json.dumps({"call": "forecast", "arguments": args})
    told = json.loads(calling.as_asked(said, "weather in Oslo"))
    assert told == {"call": "forecast", "arguments": {"city": "Oslo"}}
    assert calling.as_asked(said, "weather in Oslo, Norway") == said
    for reply in ('{"reply": "Norway"}', '{"reply": "cut of'):
        assert calling.as_asked(reply, "weather in Oslo") == reply
