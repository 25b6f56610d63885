"""ChatLlama: a LangChain chat model over llama.cpp, in this process.

Beyond what LangChain asks of a chat model, `stream` and `invoke` take

    schema       a JSON schema the whole output has to follow, constrained token by token
    max_tokens, temperature, seed
    halt         a `threading.Event`-like object: set it, and writing stops between two tokens
    on_read      called with (tokens done, tokens to do) while a prompt is read

A message whose `response_metadata` has `folded` says that messages before it were taken out of the
conversation: what was evaluated of those behind them is kept (`nomoat.agent.llm.splice`).

With tools bound, the model first decides whether to call one, and a call cannot be malformed; one
that answers a conversation's first message is made only where the function fits
(`nomoat.agent.llm.fits`). So LangChain's own `create_agent` works on a GGUF file.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, PrivateAttr

from nomoat.agent.errors import ModelError
from nomoat.agent.llm import fits
from nomoat.agent.llm.chat_template import ChatTemplate, Content
from nomoat.agent.llm.engine import Engine, Evaluation, common
from nomoat.agent.llm.engine_settings import Numbers
from nomoat.agent.llm.generate import NOTHING, Generated, Sampling, Writer
from nomoat.agent.llm.llama_messages import chunks, pair
from nomoat.agent.llm.loading import Loading
from nomoat.agent.llm.prefix import PrefixStore
from nomoat.agent.llm.splice import close_gaps
from nomoat.agent.llm.tool_calls import ToolCalling
from nomoat.agent.mind import EXAMPLE


@dataclass(slots=True)
class _Loaded:
    """What exists once the model is in memory."""

    writer: Writer
    template: ChatTemplate
    prefixes: PrefixStore


@dataclass(frozen=True, slots=True)
class _Prompt:
    tokens: list[int]
    read: Evaluation
    """What it cost to have its beginning evaluated."""


class ChatLlama(BaseChatModel):
    """A local GGUF model as a LangChain chat model.

    The file is loaded at first use, or by `load`; its context is kept between calls, and of each
    conversation only what is new is evaluated. One thread at a time.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model: str = "qwen2.5-coder-1.5b"
    """A name of the catalogue, or the path of a GGUF file."""
    context: int = Field(default=8192, ge=256)
    """Tokens the window holds."""
    temperature: float = Field(default=0.0, ge=0)
    max_tokens: int = Field(default=512, ge=1)
    seed: int = 0
    threads: int | None = None
    """CPU threads; default: as `nomoat doctor --probe` found them, else all cores there are."""
    kv: Numbers = "f16"
    """The numbers in which the window is held; `q8_0` takes half the memory and is less exact."""
    keep_prefix: bool = True
    """Save the evaluated state of the system message to disk and load it next time."""

    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)
    _loaded: _Loaded | None = PrivateAttr(default=None)
    _ahead: Loading | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "nomoat-llama"

    def _resolve_model_profile(self) -> ModelProfile:
        return ModelProfile(max_input_tokens=self.context)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model, "context": self.context}

    @property
    def constrains_output(self) -> bool:
        """This model honours `schema` (see `nomoat.agent.mind`)."""
        return True

    # -- loading -----------------------------------------------------------------------------

    def load(self) -> None:
        """Load the file now.

        Raises:
            ModelError: there is no such model, it is not on this machine, or it is broken.
        """
        with self._lock:
            self._ready()

    def load_ahead(self, begun: Loading | None = None) -> None:
        """Begin to load the file in a thread of its own; the next use waits for it.

        Args:
            begun: the same model, begun to be loaded before this one was made.

        A file that cannot be loaded is told at the next use.
        """
        if not self._lock.acquire(blocking=False):
            return  # it is in use
        try:
            if self._loaded is None and self._ahead is None:
                with suppress(ModelError):
                    self._ahead = begun or self._loading()
        finally:
            self._lock.release()

    def _loading(self) -> Loading:
        return Loading(self.model, context=self.context, threads=self.threads, kv=self.kv)

    def _ready(self) -> _Loaded:
        if self._loaded is None:
            ahead, self._ahead = self._ahead or self._loading(), None
            engine = ahead.engine()
            template = ChatTemplate(
                engine.chat_template,
                bos=engine.special_token("bos"),
                eos=engine.special_token("eos"),
            )
            writer = Writer(engine, ahead.table())
            self._loaded = _Loaded(writer, template, PrefixStore(engine))
        return self._loaded

    @property
    def engine(self) -> Engine:
        """What evaluates tokens; loads the file."""
        return self._ready().writer.engine

    @property
    def path(self) -> Path:
        """The file in use; loads it."""
        return self.engine.path

    def close(self) -> None:
        """Free the model; the next use loads it again."""
        with self._lock:
            ahead, self._ahead = self._ahead, None
            if ahead is not None:
                with suppress(ModelError):
                    Writer(ahead.engine(), ahead.table()).close()
            if self._loaded is not None:
                self._loaded.writer.close()
                self._loaded = None

    # -- what LangChain calls ----------------------------------------------------------------

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        schema: dict[str, Any] | None = None,
        tools: Sequence[dict[str, Any]] = (),
        tool_choice: str | None = None,
        halt: threading.Event | None = None,
        on_read: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        with self._lock:
            loaded = self._ready()
            calling = ToolCalling(tools, tool_choice) if tools and schema is None else None
            grammar = calling.grammar if calling else json_grammar(schema) if schema else ""
            if grammar:
                loaded.writer.prepare()  # while the prompt is read
            prompt = self._prompt(loaded, messages, calling, halt, on_read)
            write = partial(
                loaded.writer.write,
                prompt.tokens,
                sampling=self._sampling(options),
                stop=halt,
                progress=on_read,
            )
            pieces: Iterable[str | Generated] = write(grammar=grammar, before=prompt.read)
            if calling is not None and (request := _request(messages)):
                done = _whole(pieces)
                function = calling.called(done.text) if calling.may_reply else None
                if function and not _fits(loaded, request, function, halt):
                    spent = Evaluation(0, 0, done.prefill_seconds + done.decode_seconds)
                    done = _whole(write(grammar=calling.reply_grammar, before=spent))
                pieces = [_said_as(calling.as_asked(done.text, request), done, loaded)]
            yield from chunks(pieces, self.model, calling, stop or [], run_manager)

    def _sampling(self, options: dict[str, Any]) -> Sampling:
        return Sampling(
            max_tokens=options.get("max_tokens") or self.max_tokens,
            temperature=options.get("temperature", self.temperature),
            seed=options.get("seed", self.seed),
        )

    def _prompt(
        self,
        loaded: _Loaded,
        messages: Sequence[BaseMessage],
        calling: ToolCalling | None,
        halt: threading.Event | None,
        on_read: Callable[[int, int], None] | None,
    ) -> _Prompt:
        engine = loaded.writer.engine
        pairs = [pair(message) for message in messages]
        if calling is not None:
            pairs = calling.instruct(pairs)
        prompt = loaded.template.render(pairs, engine.tokenize)
        if any(message.response_metadata.get("folded") for message in messages):
            close_gaps(engine, prompt, _beginning(loaded, pairs, prompt))
        if self.keep_prefix and pairs and pairs[0][0] == "system" and isinstance(pairs[0][1], str):
            given = takewhile(lambda message: message.name == EXAMPLE, messages[1:])
            shared = _shared(loaded, pairs[: 1 + len(list(given))])
            read = loaded.prefixes.restore(prompt, shared, stop=halt, progress=on_read)
            return _Prompt(prompt, read)
        return _Prompt(prompt, NOTHING)

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools; `tool_choice`: `auto` (default), `any`, `none`, or the name of a tool."""
        shown = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=shown, tool_choice=tool_choice, **kwargs)

    def get_num_tokens(self, text: str) -> int:
        """Tokens of a text in this model's own vocabulary."""
        if self._loaded is None:
            self.load()
        return len(self._ready().writer.engine.tokenize(text))


def json_grammar(schema: dict[str, Any]) -> str:
    """A JSON schema as llguidance's grammar, with exactly one way to write each value."""
    from llguidance import LLMatcher

    from nomoat.agent.decision import COMPACT

    grammar: str = LLMatcher.grammar_from_json_schema(json.dumps({"x-guidance": COMPACT, **schema}))
    return grammar


def _shared(loaded: _Loaded, pairs: Sequence[tuple[str, Content]]) -> int:
    """How many tokens every conversation with these messages begins with."""
    engine = loaded.writer.engine
    one, other = (
        loaded.template.render([*pairs, ("user", text)], engine.tokenize) for text in ("a", "1")
    )
    return common(one, other)


def _request(messages: Sequence[BaseMessage]) -> str:
    """What a person asks, where it stands alone: a later message may mean what was said before."""
    said = [message for message in messages if message.type != "system"]
    return str(said[0].text) if len(said) == 1 and said[0].type == "human" else ""


def _whole(pieces: Iterable[str | Generated]) -> Generated:
    """What was written, once it is."""
    return next(piece for piece in pieces if isinstance(piece, Generated))


def _said_as(text: str, done: Generated, loaded: _Loaded) -> Generated:
    """What was written, told in another way."""
    if text == done.text:
        return done
    return replace(done, text=text, tokens=tuple(loaded.writer.engine.tokenize(text)))


def _fits(
    loaded: _Loaded, request: str, function: dict[str, Any], stop: threading.Event | None
) -> bool:
    """Whether a function gives what a request asks for."""
    engine, pairs = loaded.writer.engine, fits.question(request, function)
    prompt = loaded.template.render(pairs, engine.tokenize)
    loaded.prefixes.restore(prompt, _shared(loaded, pairs[:-1]), stop=stop)
    engine.read(prompt, stop=stop)
    return fits.says_yes(engine)


def _beginning(loaded: _Loaded, pairs: Sequence[tuple[str, Content]], prompt: list[int]) -> int:
    """Tokens of a prompt before the first message of the model."""
    until = next((i for i, (role, _) in enumerate(pairs) if role == "assistant"), len(pairs))
    return common(loaded.template.render(pairs[:until], loaded.writer.engine.tokenize), prompt)
