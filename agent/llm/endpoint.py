"""ChatEndpoint: a model behind a server that speaks OpenAI's protocol, as a LangChain chat model.

    Agent(ChatEndpoint(model="http://127.0.0.1:8080/v1"))

What the model reads goes to that server. It needs no library but httpx, follows no redirect, and on
this machine goes through no proxy.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import (
    AIMessageChunk,
    BaseMessage,
    convert_to_openai_messages,
)
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr, SecretStr

from nomoat.agent.errors import EndpointError, UsageError
from nomoat.agent.llm.endpoint_address import KEY, Address
from nomoat.agent.llm.endpoint_errors import RETRIED, endpoint_error, not_spoken, refusal

if TYPE_CHECKING:
    import httpx

CONNECT_SECONDS = 10.0
ATTEMPTS = 5
FIRST_WAIT = 1.0
"""Seconds before a busy server is asked again; each time twice as many."""


def _key() -> SecretStr:
    return SecretStr(os.environ.get(KEY, ""))


class ChatEndpoint(BaseChatModel):
    """A model behind a server."""

    model: str
    """Its address, with the server's name for it behind a `#` where the server has several."""
    key: SecretStr = Field(default_factory=_key)
    """Sent as a bearer token; default: what `NOMOAT_ENDPOINT_KEY` holds."""
    temperature: float = Field(default=0.0, ge=0)
    silence: float = Field(default=600.0, gt=0)
    """Seconds without a word after which it is given up."""

    _address: Address = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Read the address.

        Raises:
            UsageError: it is none.
        """
        super().model_post_init(context)
        self._address = Address.parse(self.model)

    @property
    def _llm_type(self) -> str:
        return "nomoat-endpoint"

    def served(self) -> tuple[str, ...]:
        """The names of the models that the server has; empty where it does not say.

        Raises:
            EndpointError: it cannot be reached, or refuses.
        """
        with self._errors(), self._client() as client:
            told = client.get(f"{self._address.url}/models")
            if told.status_code in (404, 405, 501):
                return ()
            if not told.is_success:
                raise refusal(told.status_code, told.text, self._address.url)
            listed: Any = told.json()
        models = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(models, list):
            raise not_spoken(self._address.url, "its list of models is none")
        return tuple(str(one["id"]) for one in models if isinstance(one, dict) and "id" in one)

    # -- what LangChain calls ----------------------------------------------------------------

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        body = {
            "model": self._address.model or "default",
            "messages": convert_to_openai_messages(messages),
            "temperature": self.temperature,
            "stream": True,
            "stream_options": {"include_usage": True},
            **({"stop": stop} if stop else {}),
            **options,
        }
        began, first, spent = time.monotonic(), 0.0, None
        for event in self._events(body):
            spent = event.get("usage") or spent
            piece = _piece(event)
            if piece:
                first = first or time.monotonic()
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                if run_manager is not None:
                    run_manager.on_llm_new_token(piece, chunk=chunk)
                yield chunk
        now = time.monotonic()
        yield ChatGenerationChunk(
            message=_last(spent, (first or now) - began, now - (first or now))
        )

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **options))

    # -- the connection ----------------------------------------------------------------------

    def _events(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What the server sends for a request, piece by piece; a busy one is asked again."""
        url = f"{self._address.url}/chat/completions"
        with self._errors(), self._client() as client:
            for attempt in range(1, ATTEMPTS + 1):
                with client.stream("POST", url, json=body) as told:
                    if told.is_success:
                        yield from self._read(told)
                        return
                    told.read()
                    if told.status_code not in RETRIED or attempt == ATTEMPTS:
                        raise refusal(told.status_code, told.text, self._address.url)
                time.sleep(FIRST_WAIT * 2 ** (attempt - 1))

    def _read(self, told: httpx.Response) -> Iterator[dict[str, Any]]:
        if "json" in told.headers.get("content-type", ""):  # a server that does not stream
            told.read()
            yield self._event(told.text)
            return
        heard = False
        for line in told.iter_lines():
            field, _, data = line.partition(":")
            if field != "data" or not data.strip():
                continue
            heard = True
            if data.strip() == "[DONE]":
                return
            yield self._event(data)
        if not heard:
            raise not_spoken(self._address.url, "its answer holds no events")

    def _event(self, data: str) -> dict[str, Any]:
        event: Any = json.loads(data)
        if not isinstance(event, dict):
            raise not_spoken(self._address.url, "an event of its answer is no object")
        if event.get("error"):
            code = event["error"].get("code") if isinstance(event["error"], dict) else None
            raise refusal(code if isinstance(code, int) else 500, data, self._address.url)
        return event

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors of the connection as nomoat's own."""
        try:
            yield
        except EndpointError:
            raise
        except Exception as error:
            told = endpoint_error(error, self._address.url)
            if told is None:
                raise
            raise told from error

    def _client(self) -> httpx.Client:
        import httpx

        secret = self.key.get_secret_value()
        return httpx.Client(
            headers={"Authorization": f"Bearer {secret}"} if secret else {},
            timeout=httpx.Timeout(self.silence, connect=CONNECT_SECONDS),
            trust_env=not self._address.is_here,
        )


def at_address(name: str) -> ChatEndpoint:
    """The model at an address, after a look whether it is there.

    Raises:
        UsageError: it is no address, or the server has several models and none is named.
        EndpointError: nothing answers there, or it refuses.
    """
    address = Address.parse(name)
    names = ChatEndpoint(model=str(address)).served()
    if not address.model and len(names) > 1:
        raise UsageError(
            f"{address.url} has several models: {', '.join(names)}.",
            hint="Name one with --model NAME.",
        )
    model = address.model or next(iter(names), "")
    return ChatEndpoint(model=str(Address(address.url, model)))


def _piece(event: dict[str, Any]) -> str:
    """The text in an event, or in a whole answer."""
    for choice in event.get("choices") or ():
        told = choice.get("delta") or choice.get("message") or {}
        return str(told.get("content") or "")
    return ""


def _last(spent: dict[str, Any] | None, prefill: float, decode: float) -> AIMessageChunk:
    """The end of a message: what it cost, as far as the server says, and how long it took here."""
    if not spent:
        return AIMessageChunk(content="", chunk_position="last")
    read, written = int(spent.get("prompt_tokens") or 0), int(spent.get("completion_tokens") or 0)
    details = spent.get("prompt_tokens_details") or {}
    return AIMessageChunk(
        content="",
        usage_metadata=UsageMetadata(
            input_tokens=read,
            output_tokens=written,
            total_tokens=read + written,
            input_token_details=InputTokenDetails(
                cache_read=int(details.get("cached_tokens") or 0)
            ),
        ),
        response_metadata={"prefill_seconds": prefill, "decode_seconds": decode},
        chunk_position="last",
    )
