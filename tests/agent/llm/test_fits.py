"""Whether a function fits a request, in words and asked of the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from nomoat.agent.llm import fits
from nomoat.agent.llm.llama import ChatLlama

ABOUT: dict[str, Any] = {
    "name": "tip_for",
    "description": "Compute the tip\n for a bill.",
    "parameters": {"properties": {"bill": {"type": "number"}, "percent": {"type": "number"}}},
}
REQUESTS = (
    ("author_of", "Who wrote a book.", "Who wrote Middlemarch?", "When was Middlemarch filmed?"),
    ("set_alarm", "Set the alarm.", "Wake me at ten past six.", "How old is the Big Ben?"),
    ("find_recipe", "Ingredients and steps of a dish.", "How do I make risotto?", "Who is Verdi?"),
    ("moon_phase", "The phase of the moon.", "Is there a full moon?", "When does the sun rise?"),
    ("hex_of", "Hexadecimal code of a colour.", "What is teal in hex?", "Is teal a bird?"),
    ("book_table", "Reserve a table.", "A table for five at Da Enzo, please.", "Who is Da Enzo?"),
)
"""A function, a request that it meets, and one that it does not."""


def function(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "description": description,
        "parameters": {"type": "object", "properties": {}},
    }


def test_a_function_is_shown_in_one_line_after_the_examples() -> None:
    pairs = fits.question("What do I tip?", ABOUT)
    assert pairs[0] == ("system", fits.SYSTEM)
    assert [says for role, says in pairs if role == "assistant"] == [
        says for _request, _about, says in fits.EXAMPLES
    ]
    shown = "Request: What do I tip?\nFunction: tip_for(bill, percent): Compute the tip for a bill."
    assert pairs[-1] == ("user", shown)
    bare = fits.question("What do I tip?", {"name": "tip"})[-1][1]
    assert str(bare).endswith("Function: tip()")


@pytest.fixture(scope="module")
def real(chat_model_path: Path) -> ChatLlama:
    return ChatLlama(model=str(chat_model_path), context=4096)


@pytest.mark.model
def test_the_model_tells_what_fits_from_what_does_not(real: ChatLlama) -> None:
    offered = [function(name, about) for name, about, _yes, _no in REQUESTS]
    right = 0
    for one, (_name, _about, yes, no) in zip(offered, REQUESTS, strict=True):
        for request, fit in ((yes, True), (no, False)):
            said = real.bind_tools([{"type": "function", "function": one}]).invoke(request)
            right += bool(said.tool_calls) is fit
            assert said.tool_calls or said.text
    assert right >= 2 * len(REQUESTS) - 2


@pytest.mark.model
def test_what_must_be_called_is_and_results_are_no_requests(real: ChatLlama) -> None:
    tool = {"type": "function", "function": function("moon_phase", "The phase of the moon.")}
    must = real.bind_tools([tool], tool_choice="any").invoke("Who wrote Faust?")
    assert [call["name"] for call in must.tool_calls] == ["moon_phase"]
    call = {"name": "moon_phase", "args": {}, "id": "1", "type": "tool_call"}
    after = [
        HumanMessage("Which phase is the moon in?"),
        AIMessage("", tool_calls=[call]),
        ToolMessage("full moon", tool_call_id="1"),
    ]
    assert "full" in str(real.bind_tools([tool]).invoke(after).text).lower()


@pytest.mark.model
def test_what_was_said_before_may_be_meant(real: ChatLlama) -> None:
    tool = {"type": "function", "function": function("moon_phase", "The phase of the moon.")}
    talk = [HumanMessage("Hello!"), AIMessage("Shall I look at the moon?"), HumanMessage("Yes.")]
    alone = real.bind_tools([tool]).invoke("Yes.")
    assert alone.tool_calls == []
    assert [one["name"] for one in real.bind_tools([tool]).invoke(talk).tool_calls] == [
        "moon_phase"
    ]
