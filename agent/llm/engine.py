"""Tokens in, logits out: one llama.cpp context and what it has evaluated.

Only this module and the two beside it, `engine_load` and `engine_text`, touch llama.cpp. A prompt
is a list of tokens; of each prompt only what the context has not seen yet is evaluated, and the
state of what it holds can be kept and taken by another process. Nothing here knows of messages,
grammars or tools.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llama_cpp.llama_cpp as lib
import numpy as np

from nomoat.agent.errors import ContextOverflow, Interrupted
from nomoat.agent.llm.engine_load import load_model, new_context
from nomoat.agent.llm.engine_settings import Settings
from nomoat.agent.llm.engine_text import Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ABORTED = 2
"""What `llama_decode` gives when it was stopped; it has taken back what it had begun."""

Progress = Callable[[int, int], None]
"""Told `(tokens done, tokens to do)` while a prompt is read."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What reading one prompt cost."""

    cached: int
    """Tokens that were evaluated before and kept."""
    evaluated: int
    """Tokens evaluated now; `cached + evaluated` is the prompt."""
    seconds: float


class Engine(Vocabulary):
    """One model and one context, evaluating one sequence.

    Args:
        path: a GGUF file.
        context: tokens the window holds.
        threads: CPU threads; default: what the settings say.
        batch: tokens evaluated at once, at most; default: what the settings say.
        settings: how llama.cpp is set up.
        meanwhile: is given the vocabulary as soon as it can be read, while the window is made.

    Raises:
        ModelBroken: llama.cpp cannot load the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        context: int = 8192,
        threads: int | None = None,
        batch: int | None = None,
        settings: Settings = Settings(),  # noqa: B008 - a frozen value
        meanwhile: Callable[[Vocabulary], object] | None = None,
    ) -> None:
        self.context = context
        if threads:
            settings = replace(settings, threads=threads, read_threads=threads)
        self.settings = replace(settings, batch=batch or settings.batch).whole
        self._at_once = self.settings.batch
        self._tokens: list[int] = []
        super().__init__(load_model(path), path)
        if meanwhile is not None:
            meanwhile(self)
        self._begin()
        self.trained_context = int(lib.llama_model_n_ctx_train(self._model))
        self.can_forget = not (
            lib.llama_model_is_recurrent(self._model) or lib.llama_model_is_hybrid(self._model)
        )
        """Whether the last tokens can be taken back without evaluating the others again."""

    def _begin(self) -> None:
        self._context = new_context(self._model, self.path, self.context, self.settings)
        self._memory = lib.llama_get_memory(self._context)
        self._batch = lib.llama_batch_init(self._at_once, 0, 1)

    def set_up(self, settings: Settings) -> None:
        """Go on with other settings; nothing is held afterwards.

        Raises:
            ModelBroken: llama.cpp refuses them, or there is too little memory.
        """
        self._free()
        self.settings = settings.whole
        self._at_once = self.settings.batch
        self._begin()

    @property
    def threads(self) -> int:
        """Threads that write."""
        return self.settings.threads

    @property
    def form(self) -> tuple[int | str, ...]:
        """What a state depends on besides the model: engines that differ in it share none."""
        return self.settings.batch, self.settings.flash, self.settings.kv

    def close(self) -> None:
        """Free the weights and the context; the engine cannot be used afterwards."""
        self._free()
        if self._model:
            lib.llama_model_free(self._model)
            self._model = None

    def _free(self) -> None:
        if self._context:
            lib.llama_batch_free(self._batch)
            lib.llama_free(self._context)
        self._context, self._tokens = None, []

    # -- evaluation --------------------------------------------------------------------------

    @property
    def tokens(self) -> tuple[int, ...]:
        """What the context holds, evaluated, in order."""
        return tuple(self._tokens)

    def held(self, prompt: Sequence[int]) -> int:
        """How many tokens of a prompt are held and need not be evaluated for it."""
        shared = common(self._tokens, prompt)
        return shared if self.can_forget or shared == len(self._tokens) else 0

    @property
    def room(self) -> int:
        """How many more tokens the window holds."""
        return self.context - len(self._tokens)

    def read(
        self,
        prompt: Sequence[int],
        *,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Evaluation:
        """Make the context hold exactly `prompt`, evaluating only what differs.

        Afterwards `logits()` are those that follow the prompt's last token.

        Raises:
            ContextOverflow: the prompt is longer than the window; nothing was evaluated.
            Interrupted: `stop` was set; what was evaluated is kept.
        """
        if len(prompt) >= self.context:
            raise ContextOverflow(
                f"The prompt has {len(prompt):,} tokens and the window holds {self.context:,}.",
                hint="Use a larger --context, or give less at once.",
            )
        started = time.perf_counter()
        cached = self.held(prompt)
        if cached == len(prompt):  # the last token again: its logits are gone
            cached = cached - 1 if self.can_forget else 0
        self._cut(cached)
        with self._heard(stop):
            for begin in range(cached, len(prompt), self._at_once):
                if stop is not None and stop.is_set():
                    raise Interrupted("Stopped while the prompt was read.")
                self._decode(prompt[begin : begin + self._at_once])
                if progress is not None:
                    progress(len(self._tokens) - cached, len(prompt) - cached)
        return Evaluation(cached, len(prompt) - cached, time.perf_counter() - started)

    def extend(self, tokens: Sequence[int], *, scored: int = 1) -> None:
        """Evaluate more tokens after what is held; of the last `scored` the logits are kept.

        Raises:
            ContextOverflow: they do not fit the window.
        """
        if len(tokens) > self.room:
            raise ContextOverflow(
                f"The window of {self.context:,} tokens is full.",
                hint="Use a larger --context, or a goal with fewer steps.",
            )
        # the logits of an evaluation are those of one batch: what is scored comes in one
        begins = len(tokens) - scored if len(tokens) > self._at_once else 0
        for begin in range(0, begins, self._at_once):
            self._decode(tokens[begin : min(begin + self._at_once, begins)])
        if tokens:
            self._decode(tokens[begins:], scored)

    def forget(self, count: int) -> None:
        """Take back the last `count` tokens, as if they had not been evaluated."""
        self._cut(len(self._tokens) - count)

    def drop(self, begin: int, end: int) -> bool:
        """Take the tokens from `begin` up to `end` out of what is held; those behind move up.

        Their keys are rotated to their new positions, as StreamingLLM does (Xiao et al. 2023,
        arXiv:2309.17453), which also finds that the first tokens have to stay. That is an
        approximation: what was evaluated of the later tokens still bears what they saw of the ones
        that are gone. Reading the rest again gives other logits, close to these.

        Returns:
            Whether that was possible; if not, nothing has changed. At least one token has to
            remain behind the gap.
        """
        if end >= len(self._tokens) or not (
            self.can_forget and lib.llama_memory_can_shift(self._memory)
        ):
            return False
        if not lib.llama_memory_seq_rm(self._memory, 0, begin, end):
            return False
        lib.llama_memory_seq_add(self._memory, 0, end, -1, begin - end)
        del self._tokens[begin:end]
        # llama.cpp only rotates when it next evaluates, and a stop would break that off halfway:
        # so one token is evaluated here, where no stop is heard.
        last = self._tokens[-1]
        self.forget(1)
        self.extend([last])
        return True

    def logits(self, back: int = 0) -> NDArray[np.float32]:
        """Scores of every token to come next, shape (vocabulary,): a view until the next call.

        `back`: how many scored tokens before the last one; 0 is what follows the last.
        """
        pointer = lib.llama_get_logits_ith(self._context, -1 - back)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,))

    def _cut(self, length: int) -> None:
        if length < len(self._tokens):
            # Models with a recurrent state cannot forget a part: they begin again.
            if not lib.llama_memory_seq_rm(self._memory, 0, length, -1):
                lib.llama_memory_clear(self._memory, True)
                kept, self._tokens = self._tokens[:length], []
                self.extend(kept)
            del self._tokens[length:]

    @contextmanager
    def _heard(self, stop: threading.Event | None) -> Iterator[None]:
        """While this lasts, llama.cpp asks between two operations whether to go on.

        Not in the main thread: a signal's handler would run inside the question, and what it raises
        would be lost there. A run's model is asked in a thread of its own.
        """
        main = threading.current_thread() is threading.main_thread()
        if stop is None or main or not self.can_forget:
            yield
            return
        ask = lib.ggml_abort_callback(lambda _data: stop.is_set())
        lib.llama_set_abort_callback(self._context, ask, None)
        try:
            yield
        finally:
            lib.llama_set_abort_callback(self._context, lib.ggml_abort_callback(), None)

    def _decode(self, tokens: Sequence[int], scored: int = 1) -> None:
        batch, position = self._batch, len(self._tokens)
        batch.n_tokens = len(tokens)
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = position + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = 0
            batch.logits[i] = i >= len(tokens) - scored
        status = lib.llama_decode(self._context, batch)
        if status == _ABORTED:
            raise Interrupted("Stopped while the prompt was read.")
        if status != 0:
            raise ContextOverflow(
                f"llama.cpp could not evaluate {len(tokens)} tokens (status {status}).",
                hint="The window is full or memory is short: use a smaller goal or --context.",
            )
        self._tokens.extend(tokens)

    # -- the state of what is held, to be kept elsewhere ------------------------------------

    def state(self) -> NDArray[np.uint8]:
        """The evaluated state of all tokens held, as bytes that `take` understands."""
        data = np.empty(lib.llama_state_seq_get_size(self._context, 0), dtype=np.uint8)
        written = lib.llama_state_seq_get_data(self._context, _bytes(data), data.size, 0)
        return data[:written]

    def take(self, tokens: Sequence[int], state: NDArray[np.uint8]) -> bool:
        """Hold `tokens` with their `state`, in the place of all that was held.

        Returns:
            Whether that worked; if not, nothing is held.
        """
        lib.llama_memory_clear(self._memory, True)
        self._tokens = []
        if len(tokens) < self.context:
            read = lib.llama_state_seq_set_data(self._context, _bytes(state), state.size, 0)
            if read == state.size:
                self._tokens = list(tokens)
                return True
        lib.llama_memory_clear(self._memory, True)
        return False


def _bytes(data: NDArray[np.uint8]) -> Any:
    return data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))


def common(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
