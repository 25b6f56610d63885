"""One way to ask a language model, whichever it is, for output that follows a schema.

The seam is LangChain's `BaseChatModel`. `ChatLlama` and `ScriptedModel` take a `schema` and honour
it by construction, and stop between two tokens; any other model (an OpenAI-compatible endpoint)
gets the schema as `response_format`, and what comes back is checked by whoever reads it. Such a
model knows of no `halt`: what it says is taken in a thread of its own, and waited for no longer
than until somebody wants to stop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from typing import Any, cast

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from nomoat.agent.errors import Interrupted, NomoatError
from nomoat.agent.patience import GivenUp, within
from nomoat.agent.state import Said, Usage

EXAMPLE = "example"
"""The name of messages that are worked examples: a model that keeps the state of what prompts
begin with keeps theirs as well."""


def ask(
    model: BaseChatModel,
    messages: Sequence[BaseMessage],
    schema: dict[str, Any] | None,
    *,
    max_tokens: int,
    halt: threading.Event | None = None,
    on_read: Callable[[int, int], None] | None = None,
    temperature: float | None = None,
    seed: int = 0,
) -> Iterator[str | Said]:
    """Yield pieces of text as they are written, and what was said as a whole at the end.

    Args:
        model: whichever.
        messages: the conversation.
        schema: of the whole output; None where it is free.
        max_tokens: of the output, at most.
        halt: set it from another thread to stop, also while the model says nothing.
        on_read: called with (tokens done, tokens to do) by a model that tells so much.
        temperature: None leaves it to the model.
        seed: which sample is drawn; 0 leaves it to the model, as does a model elsewhere always.

    Raises:
        Interrupted: `halt` was set.
        EndpointError: a model elsewhere cannot be reached, or refuses.
    """
    options: dict[str, Any]
    constrains = getattr(model, "constrains_output", False)
    if constrains:
        options = {"schema": schema, "halt": halt, "on_read": on_read}
        options |= {"seed": seed} if seed else {}
    elif schema is None:
        options = {}
    else:
        form = {"name": "decision", "schema": schema, "strict": True}
        options = {"response_format": {"type": "json_schema", "json_schema": form}}
    if temperature is not None:
        options["temperature"] = temperature
    whole = AIMessageChunk(content="")
    # LangChain types what comes as chunks; a model that cannot stream gives one whole message
    streamed = model.stream(list(messages), max_tokens=max_tokens, **options)
    chunks: Iterator[BaseMessage] = streamed
    if halt is not None and not constrains:
        chunks = _until(halt, cast(Generator[BaseMessage], streamed))
    for chunk in chunks if constrains else _reached(chunks):
        part = chunk if isinstance(chunk, AIMessageChunk) else _as_chunk(chunk)
        whole = whole + part
        if part.text:
            yield str(part.text)
    yield Said(str(whole.text), tuple(whole.response_metadata.get("tokens", ())), usage_of(whole))


def _reached(chunks: Iterator[BaseMessage]) -> Iterator[BaseMessage]:
    """The chunks; what goes wrong between here and a model elsewhere is told as nomoat's errors.

    Other errors pass: they are faults of the model's own code.
    """
    try:
        yield from chunks
    except NomoatError:
        raise
    except Exception as error:
        from nomoat.agent.llm.endpoint_errors import endpoint_error

        told = endpoint_error(error)
        if told is None:
            raise
        raise told from error


def _until(halt: threading.Event, chunks: Generator[BaseMessage]) -> Iterator[BaseMessage]:
    """The chunks, as long as nobody wants to stop.

    Nothing can reach into a library that waits for a silent endpoint: where somebody wants to stop
    meanwhile, its connection is closed when the next chunk has come.
    """

    def following() -> BaseMessage | None:
        chunk = next(chunks, None)
        if halt.is_set():  # nobody may be waiting for it any more
            chunks.close()
        return chunk

    try:
        while not halt.is_set():  # chunks that come fast leave nothing to wait for
            chunk = within(following, lambda: "stopped" if halt.is_set() else "", "endpoint")
            if chunk is None:
                return
            yield chunk
    except GivenUp:
        pass
    finally:
        with suppress(ValueError):  # it is running, in the thread that was given up on
            chunks.close()
    raise Interrupted("Stopped while the model was writing.")


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
