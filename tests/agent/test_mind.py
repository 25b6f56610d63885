"""One way to ask any chat model: those that constrain their output, and those that do not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from nomoat.agent.mind import ask, usage_of
from nomoat.agent.state import Said, Usage

SCHEMA = {"type": "object"}
ASKED = [HumanMessage("Hello?")]


class Remote(BaseChatModel):
    """A model behind some endpoint: it streams, and tells little of what it cost."""

    seen: dict[str, Any] = Field(default_factory=dict)
    pieces: tuple[str, ...] = ('{"a"', ": 1}")

    @property
    def _llm_type(self) -> str:
        return "remote"

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.seen.update(options)
        for piece in self.pieces:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        raise NotImplementedError


class Local(Remote):
    """A model that honours a schema and counts what it does."""

    @property
    def constrains_output(self) -> bool:
        return True

    def _stream(self, *args: Any, **options: Any) -> Iterator[ChatGenerationChunk]:
        yield from super()._stream(*args, **options)
        usage = UsageMetadata(
            input_tokens=30,
            output_tokens=7,
            total_tokens=37,
            input_token_details=InputTokenDetails(cache_read=20),
        )
        told = {"tokens": [5, 6], "forced": 3, "prefill_seconds": 0.5, "decode_seconds": 0.25}
        last = AIMessageChunk(content="", usage_metadata=usage, response_metadata=told)
        yield ChatGenerationChunk(message=last)


class Whole(BaseChatModel):
    """A model that cannot stream."""

    @property
    def _llm_type(self) -> str:
        return "whole"

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("all at once"))])


def test_a_model_that_constrains_gets_the_schema_and_the_way_to_stop_it() -> None:
    model, halt = Local(), threading.Event()
    pieces = list(ask(model, ASKED, SCHEMA, max_tokens=9, halt=halt, on_read=print))
    assert model.seen == {"schema": SCHEMA, "halt": halt, "on_read": print, "max_tokens": 9}
    assert pieces[:2] == ['{"a"', ": 1}"]
    assert pieces[2] == Said('{"a": 1}', (5, 6), Usage(30, 20, 7, 3, 0.5, 0.25))
    assert pieces[2:] == pieces[-1:]


def test_any_other_model_gets_a_response_format() -> None:
    model = Remote()
    pieces = list(ask(model, ASKED, SCHEMA, max_tokens=9, halt=threading.Event()))
    assert model.seen.keys() == {"response_format", "max_tokens"}
    assert model.seen["response_format"]["json_schema"]["schema"] == SCHEMA
    assert pieces[-1] == Said('{"a": 1}')


def test_a_model_that_cannot_stream_says_it_in_one_piece() -> None:
    assert list(ask(Whole(), ASKED, SCHEMA, max_tokens=9)) == ["all at once", Said("all at once")]


def test_what_is_not_counted_is_zero() -> None:
    assert usage_of(AIMessageChunk(content="x")) == Usage()
    bare = UsageMetadata(input_tokens=3, output_tokens=2, total_tokens=5)
    assert usage_of(AIMessageChunk(content="", usage_metadata=bare)) == Usage(3, 0, 2)
