"""Messages of LangChain for a local model, and what it writes as chunks: no model is needed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from nomoat.agent.llm.chat_template import Content
from nomoat.agent.llm.generate import Generated
from nomoat.agent.llm.llama_messages import chunks, pair
from nomoat.agent.llm.tool_calls import ToolCalling

ADD = {"type": "function", "function": {"name": "add", "description": "Add.", "parameters": {}}}
CALLED = [{"name": "add", "args": {"a": 2}, "id": "call_1", "type": "tool_call"}]


def done(text: str) -> Generated:
    """The end of what was written in three tokens, of a prompt of ten."""
    return Generated(
        tokens=(5, 6, 7),
        text=text,
        finish="stop",
        prompt=10,
        cached=4,
        forced=1,
        proposed=2,
        accepted=1,
        passes=2,
        prefill_seconds=0.5,
        decode_seconds=0.25,
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (SystemMessage("Be brief."), ("system", "Be brief.")),
        (HumanMessage("2+3?"), ("user", "2+3?")),
        (AIMessage("5"), ("assistant", "5")),
        (AIMessage("5", response_metadata={"tokens": [5, 6]}), ("assistant", [5, 6])),
        (HumanMessage("5", response_metadata={"tokens": [5, 6]}), ("user", "5")),
        (
            ToolMessage("5", tool_call_id="call_1"),
            ("user", "<tool_response>\n5\n</tool_response>"),
        ),
        (
            AIMessage("", tool_calls=CALLED),
            ("assistant", '{"call": "add", "arguments": {"a": 2}}'),
        ),
    ],
)
def test_a_message_is_a_role_and_its_content(
    message: BaseMessage, shown: tuple[str, Content]
) -> None:
    assert pair(message) == shown


@given(st.lists(st.text("ab", min_size=1, max_size=3), max_size=8))
def test_what_is_written_is_told_up_to_a_stop_text(pieces: list[str]) -> None:
    told = [str(chunk.message.content) for chunk in chunks([*pieces, done("")], "m", stops=["aab"])]
    whole = "".join(pieces)
    until = whole.find("aab")
    if until < 0:
        assert told == [*pieces, ""]
    else:
        # what of the stop text was told before it was seen whole cannot be taken back
        assert whole[:until] == "".join(told)[:until]
        assert whole.startswith("".join(told))
        assert "aab" not in "".join(told)


def test_the_end_tells_what_it_cost() -> None:
    *_, last = chunks(["It is", " 5.", done("It is 5.")], "m")
    message = last.message
    assert isinstance(message, AIMessageChunk)
    assert message.usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 3,
        "total_tokens": 13,
        "input_token_details": {"cache_read": 4},
    }
    assert message.response_metadata["model_name"] == "m"
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.response_metadata["tokens"] == [5, 6, 7]
    assert message.chunk_position == "last"


def test_a_call_is_told_at_the_end_as_one_whole() -> None:
    text = json.dumps({"call": "add", "arguments": {"a": 2}})
    pieces: list[str | Generated] = [text[:9], text[9:], done(text)]
    (chunk,) = chunks(pieces, "m", ToolCalling([ADD], "any"))
    message = chunk.message
    assert isinstance(message, AIMessageChunk)
    assert message.content == ""
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("add", {"a": 2})]


def test_who_listens_is_told_each_piece_before_the_stop_text() -> None:
    heard: list[str] = []

    class Listening(CallbackManagerForLLMRun):
        def on_llm_new_token(self, token: str, **_: Any) -> None:  # type: ignore[override]
            heard.append(token)

    listening = Listening.get_noop_manager()
    list(chunks(["It ", "is 5. STOP", "more", done("")], "m", None, ["STOP"], listening))
    assert heard == ["It ", "is 5. "]
