"""Tokens in, logits out: one llama.cpp context and what it has evaluated.

Only this module and `nomoat.agent.engine_text` touch llama.cpp. A prompt is a list of tokens; of
each prompt only what the context has not seen yet is evaluated, and the state of a prefix can be
saved to disk and loaded by another process. Nothing here knows of messages, grammars or tools.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as lib
import numpy as np
from numpy.typing import NDArray

from nomoat.agent.engine_text import Vocabulary
from nomoat.agent.errors import ContextOverflow, Interrupted, ModelBroken

PREFILL_CHUNK = 128
"""Tokens evaluated at once while a prompt is read: small enough that progress shows, large enough
to cost no speed. A stop is heard in the middle of them."""
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
        threads: CPU threads; default: the cores this process may use.
        batch: tokens evaluated at once, at most.

    Raises:
        ModelBroken: llama.cpp cannot load the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        context: int = 8192,
        threads: int | None = None,
        batch: int = PREFILL_CHUNK,
    ) -> None:
        _start_backend()
        self.path = path
        self.context = context
        self._at_once = batch
        self.threads = threads or len(os.sched_getaffinity(0))
        self._tokens: list[int] = []
        model = lib.llama_model_load_from_file(os.fsencode(path), lib.llama_model_default_params())
        if not model:
            raise ModelBroken(
                f"{path} cannot be loaded as a model.",
                hint="It has to be a GGUF file that is whole; `nomoat models pull` verifies it.",
            )
        super().__init__(model)
        self._context = self._new_context()
        self._memory = lib.llama_get_memory(self._context)
        self._batch = lib.llama_batch_init(batch, 0, 1)
        self.trained_context = int(lib.llama_model_n_ctx_train(self._model))
        self.can_forget = not (
            lib.llama_model_is_recurrent(self._model) or lib.llama_model_is_hybrid(self._model)
        )
        """Whether the last tokens can be taken back without evaluating the others again."""

    def _new_context(self) -> Any:
        params = lib.llama_context_default_params()
        params.n_ctx = self.context
        params.n_batch = params.n_ubatch = self._at_once
        params.n_threads = params.n_threads_batch = self.threads
        params.no_perf = True
        made = lib.llama_init_from_model(self._model, params)
        if not made:
            raise ModelBroken(
                f"No context of {self.context} tokens can be made for {self.path.name}.",
                hint="There is too little memory for it: use a smaller --context or model.",
            )
        return made

    def close(self) -> None:
        """Free the weights and the context; the engine cannot be used afterwards."""
        if self._context:
            lib.llama_batch_free(self._batch)
            lib.llama_free(self._context)
            lib.llama_model_free(self._model)
            self._context = self._model = None

    # -- evaluation --------------------------------------------------------------------------

    @property
    def tokens(self) -> tuple[int, ...]:
        """What the context holds, evaluated, in order."""
        return tuple(self._tokens)

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
        cached = self._common(prompt)
        if cached == len(prompt):
            cached -= 1  # the last token again: its logits are gone
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

    def logits(self, back: int = 0) -> NDArray[np.float32]:
        """Scores of every token to come next, shape (vocabulary,): a view until the next call.

        `back`: how many scored tokens before the last one; 0 is what follows the last.
        """
        pointer = lib.llama_get_logits_ith(self._context, -1 - back)
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,))

    def _common(self, prompt: Sequence[int]) -> int:
        shared = 0
        for held, wanted in zip(self._tokens, prompt, strict=False):
            if held != wanted:
                break
            shared += 1
        return shared

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

    # -- the state of a prefix, on disk ------------------------------------------------------

    def save(self, file: Path) -> None:
        """Write the evaluated state of all tokens held; the file appears whole or not at all."""
        count = len(self._tokens)
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        tokens = (lib.llama_token * count)(*self._tokens)
        try:
            size = lib.llama_state_seq_save_file(self._context, os.fsencode(part), 0, tokens, count)
            if size:
                part.replace(file)
        finally:
            part.unlink(missing_ok=True)

    def load(self, file: Path, prefix: Sequence[int]) -> bool:
        """Take the state of `prefix` from a file that `save` wrote.

        Returns:
            Whether that worked; if not, the context is empty and the prefix has to be read.
        """
        lib.llama_memory_clear(self._memory, True)
        self._tokens = []
        found, count = (lib.llama_token * self.context)(), ctypes.c_size_t(0)
        size = lib.llama_state_seq_load_file(
            self._context, os.fsencode(file), 0, found, self.context, ctypes.byref(count)
        )
        if size and list(found[: count.value]) == list(prefix):
            self._tokens = list(prefix)
            return True
        lib.llama_memory_clear(self._memory, True)
        return False


_started = threading.Lock()
_log: Any = None


def _start_backend() -> None:
    """Start llama.cpp once a process, silent: its log goes nowhere."""
    global _log  # noqa: PLW0603 - the callback has to outlive every call from C
    with _started:
        if _log is None:
            _log = lib.llama_log_callback(lambda _level, _text, _data: None)
            lib.llama_log_set(_log, ctypes.c_void_p(0))
            lib.llama_backend_init()
