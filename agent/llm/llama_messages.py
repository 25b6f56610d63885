"""LangChain's messages as a local model reads them, and what it writes as chunks of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent.llm.chat_template import Content
from nomoat.agent.llm.generate import Generated
from nomoat.agent.llm.tool_calls import ToolCalling

ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "user", "function": "user"}


def pair(message: BaseMessage) -> tuple[str, Content]:
    """A message as role and content; what this model wrote comes back as its own tokens."""
    tokens = message.response_metadata.get("tokens")
    if isinstance(message, AIMessage) and tokens:
        return "assistant", tokens
    text = str(message.text)
    if isinstance(message, ToolMessage):
        text = f"<tool_response>\n{text}\n</tool_response>"
    if isinstance(message, AIMessage) and message.tool_calls:
        text += ToolCalling.as_text(message.tool_calls)
    role = "system" if isinstance(message, SystemMessage) else ROLES.get(message.type, "user")
    return role, text


def chunks(
    pieces: Iterable[str | Generated],
    model: str,
    calling: ToolCalling | None = None,
    stops: Sequence[str] = (),
    run_manager: CallbackManagerForLLMRun | None = None,
) -> Iterator[ChatGenerationChunk]:
    """What is written, piece by piece, as LangChain streams it.

    Args:
        pieces: the text as it comes, and in the end what it cost.
        model: its name.
        calling: the tools that may be called; then nothing is told before the end.
        stops: texts before which the message ends.
        run_manager: is told each piece.
    """
    text = ""
    for piece in pieces:
        if isinstance(piece, Generated):
            yield ChatGenerationChunk(message=_last_chunk(piece, calling, model))
            continue
        if calling is not None:
            continue  # a call is one whole: it is told at the end
        text, visible, ended = _until(text, piece, stops)
        if visible:
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=visible))
            if run_manager is not None:
                run_manager.on_llm_new_token(visible, chunk=chunk)
            yield chunk
        if ended:
            return


def _last_chunk(done: Generated, calling: ToolCalling | None, model: str) -> AIMessageChunk:
    """The end of a message: its calls, what it cost, and the tokens it was written in."""
    content, calls = calling.read(done.text) if calling else ("", [])
    return AIMessageChunk(
        content=content,
        tool_call_chunks=[
            tool_call_chunk(name=name, args=json.dumps(args), id=identity, index=i)
            for i, (identity, name, args) in enumerate(calls)
        ],
        usage_metadata=UsageMetadata(
            input_tokens=done.prompt,
            output_tokens=len(done.tokens),
            total_tokens=done.prompt + len(done.tokens),
            input_token_details=InputTokenDetails(cache_read=done.cached),
        ),
        response_metadata={
            "model_name": model,
            "finish_reason": done.finish,
            "tokens": list(done.tokens),
            "forced": done.forced,
            "proposed": done.proposed,
            "accepted": done.accepted,
            "passes": done.passes,
            "prefill_seconds": done.prefill_seconds,
            "decode_seconds": done.decode_seconds,
        },
        chunk_position="last",
    )


def _until(text: str, piece: str, stops: Sequence[str]) -> tuple[str, str, bool]:
    """Add a piece; what of it is visible before a stop text, and whether one was reached."""
    before, text = len(text), text + piece
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    if not ends:
        return text, piece, False
    return text, text[before : max(min(ends), before)], True
