"""One way to ask a language model, whichever it is, for output that follows a schema.

The seam is LangChain's `BaseChatModel`. `ChatLlama` and `ScriptedModel` take a `schema` and honour
it by construction; any other model (an OpenAI-compatible endpoint) gets it as `response_format`,
and what comes back is checked by whoever reads it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from nomoat.agent.state import Said, Usage


def ask(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any],
    *,
    max_tokens: int,
    halt: threading.Event | None = None,
    on_read: Callable[[int, int], None] | None = None,
    temperature: float | None = None,
) -> Iterator[str | Said]:
    """Yield pieces of text as they are written, and what was said as a whole at the end.

    `temperature`: None leaves it to the model.
    """
    options: dict[str, Any]
    if getattr(model, "constrains_output", False):
        options = {"schema": schema, "halt": halt, "on_read": on_read}
    else:
        form = {"name": "decision", "schema": schema, "strict": True}
        options = {"response_format": {"type": "json_schema", "json_schema": form}}
    if temperature is not None:
        options["temperature"] = temperature
    whole = AIMessageChunk(content="")
    # LangChain types what comes as chunks; a model that cannot stream gives one whole message
    chunks: Iterator[BaseMessage] = model.stream(list(messages), max_tokens=max_tokens, **options)
    for chunk in chunks:
        part = chunk if isinstance(chunk, AIMessageChunk) else _as_chunk(chunk)
        whole = whole + part
        if part.text:
            yield str(part.text)
    yield Said(str(whole.text), tuple(whole.response_metadata.get("tokens", ())), usage_of(whole))


def _as_chunk(message: BaseMessage) -> AIMessageChunk:
    """What a model says that cannot stream: the whole message at once."""
    return AIMessageChunk(
        content=message.content,
        usage_metadata=message.usage_metadata if isinstance(message, AIMessage) else None,
        response_metadata=message.response_metadata,
    )


def usage_of(message: AIMessageChunk) -> Usage:
    """What a message cost, as far as the model that wrote it says so."""
    counted, told = message.usage_metadata, message.response_metadata
    if counted is None:
        return Usage()
    return Usage(
        prompt=counted["input_tokens"],
        cached=counted.get("input_token_details", {}).get("cache_read", 0),
        generated=counted["output_tokens"],
        forced=told.get("forced", 0),
        prefill_seconds=told.get("prefill_seconds", 0.0),
        decode_seconds=told.get("decode_seconds", 0.0),
    )
