"""Writing tokens: free, or inside a grammar that makes every output valid by construction.

Of each token that is sampled, llguidance says which others it forces; those are evaluated in one
batch with it instead of being sampled one by one. So are tokens that are likely to be copied from
what was read (`nomoat.agent.llm.lookup`): each is held against the one that the model would write
there, and with the first that differs the rest is taken back. What is written is the same with and
without them.
"""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from llguidance import LLMatcher

from nomoat.agent.errors import Interrupted, UsageError
from nomoat.agent.llm.background import in_background
from nomoat.agent.llm.engine import Engine, Evaluation, Progress
from nomoat.agent.llm.lookup import Lookup

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = Evaluation(0, 0, 0.0)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen."""

    max_tokens: int = 512
    temperature: float = 0.0
    """0 takes the most likely token, always the same."""
    seed: int = 0
    lookup: bool = False
    """Whether tokens are proposed and verified in batches; only where the temperature is 0. Where
    two tokens are all but equally likely, it may write the other one."""


@dataclass(frozen=True, slots=True)
class Generated:
    """What was written, and what it cost."""

    tokens: tuple[int, ...]
    text: str
    finish: str
    """`stop`: the model or the grammar ended it; `length`: max_tokens did."""
    prompt: int
    """Tokens of the prompt; of these `cached` were not evaluated again."""
    cached: int
    forced: int
    """Tokens that the grammar left no choice about, evaluated in batches."""
    proposed: int
    """Tokens that were guessed and evaluated with others; `accepted` were what was written."""
    accepted: int
    passes: int
    """Evaluations while writing, each of one or more tokens."""
    prefill_seconds: float
    decode_seconds: float


class Writer:
    """Generates on an engine; keeps what is costly to build (the vocabulary table, grammars).

    Args:
        engine: what evaluates tokens.
        table: its vocabulary for grammars, where it is being made already.
    """

    def __init__(self, engine: Engine, table: Future[Any] | None = None) -> None:
        self.engine = engine
        self._table = table

    def prepare(self) -> None:
        """Begin to build the vocabulary table, while a prompt is read."""
        if self._table is None:
            self._table = in_background(self.engine.constraint_tokenizer, "vocabulary")

    def warm_up(self) -> None:
        """Build the vocabulary table now, so that the first decision does not wait for it."""
        _ = self._tokenizer

    def close(self) -> None:
        """Free the engine."""
        if self._table is not None:
            self._table.exception()  # it is made of the model: not while that goes on
        self.engine.close()

    @property
    def _tokenizer(self) -> Any:
        self.prepare()
        return self._table.result() if self._table else None

    def matcher(self, grammar: str) -> LLMatcher:
        """A fresh matcher of a grammar in llguidance's own form (see `nomoat.agent.decision`).

        Raises:
            UsageError: the grammar cannot be compiled.
        """
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            raise UsageError(
                f"The output's schema cannot be compiled: {matcher.get_error().strip()}",
                hint="Simplify the argument types of the tool that it names.",
            )
        return matcher

    def write(
        self,
        prompt: Sequence[int],
        *,
        grammar: str = "",
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
        before: Evaluation = NOTHING,
    ) -> Iterator[str | Generated]:
        """Yield pieces of text as they are written, and the `Generated` whole at the end.

        Args:
            prompt: what it follows on.
            grammar: what it has to follow, in llguidance's own form; empty: anything goes.
            sampling: how tokens are chosen.
            stop: set it to stop.
            progress: is told how much of the prompt is read, with what was read `before`.
            before: what was evaluated of this prompt already, and counts as its cost.

        Raises:
            ContextOverflow: prompt and output do not fit the window.
            Interrupted: `stop` was set, heard between tokens.
        """
        sampling = sampling or Sampling()
        if grammar:
            self.prepare()
        told = progress and _after(progress, before.evaluated)
        read = self.engine.read(prompt, stop=stop, progress=told)
        matcher = self.matcher(grammar) if grammar else None
        started = time.perf_counter()
        chooser = _Chooser(self.engine, matcher, sampling, prompt)
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        text: list[str] = []
        for new in chooser:
            piece = decode(b"".join(self.engine.piece(t, special=False) for t in new))
            if piece:
                text.append(piece)
                yield piece
            if stop is not None and stop.is_set():
                raise Interrupted("Stopped while the model was writing.")
        yield Generated(
            tokens=tuple(chooser.written),
            text="".join(text),
            finish=chooser.finish,
            prompt=len(prompt),
            cached=max(read.cached - before.evaluated, 0),
            forced=chooser.forced,
            proposed=chooser.proposed,
            accepted=chooser.accepted,
            passes=chooser.passes,
            prefill_seconds=before.seconds + read.seconds,
            decode_seconds=time.perf_counter() - started,
        )


class _Chooser:
    """One output: iterating gives the tokens that each choice adds, the forced ones included.

    The last tokens may not be evaluated: they are when the next prompt is read, once.
    """

    def __init__(
        self,
        engine: Engine,
        matcher: LLMatcher | None,
        sampling: Sampling,
        prompt: Sequence[int],
    ) -> None:
        self._engine = engine
        self._matcher = matcher
        self._sampling = sampling
        self._random = np.random.default_rng(sampling.seed)
        guesses = sampling.lookup and sampling.temperature <= 0 and engine.can_forget
        self._lookup = Lookup(prompt) if guesses else None
        self.written: list[int] = []
        self.forced = self.proposed = self.accepted = self.passes = 0
        self.finish = "length"

    def __iter__(self) -> Iterator[list[int]]:
        pending = self._forced()  # chosen, not yet evaluated
        guessed: list[int] = []  # evaluated, not yet chosen
        if pending:
            yield self._take(pending)
        while not self._ended() and len(self.written) < self._sampling.max_tokens:
            if pending:
                guessed = self._guess(len(pending))
                self._engine.extend([*pending, *guessed], scored=1 + len(guessed))
                self.passes += 1
            token = self._choose(self._engine.logits(len(guessed)))
            if self._engine.ends(token):
                self.finish = "stop"
                break
            if self._matcher is not None:
                self._matcher.consume_token(token)
            new = [token, *self._forced()]
            held = _alike(guessed, new)
            self.accepted += held
            guessed, pending = guessed[held:], new[held:]
            if pending and guessed:
                self._engine.forget(len(guessed))
                guessed = []
            yield self._take(new)
        self._engine.forget(len(guessed))

    def _guess(self, pending: int) -> list[int]:
        """Tokens that may follow, to be evaluated with the one that is pending.

        With several that are pending the batch is large enough: each more costs as much as alone.
        """
        if self._lookup is None or pending > 1:
            return []
        left = self._sampling.max_tokens - len(self.written)
        guess = self._lookup.propose(min(left, self._engine.room - pending))
        if self._matcher is not None and guess:
            guess = guess[: self._matcher.validate_tokens(guess)]
        self.proposed += len(guess)
        return guess

    def _take(self, tokens: list[int]) -> list[int]:
        self.written += tokens
        if self._lookup is not None:
            self._lookup.add(tokens)
        return tokens

    def _forced(self) -> list[int]:
        if self._matcher is None:
            return []
        tokens = list(self._matcher.compute_ff_tokens())
        if tokens:
            self._matcher.consume_tokens(tokens)
        self.forced += len(tokens)
        return tokens

    def _ended(self) -> bool:
        if self._matcher is None or not self._matcher.is_stopped():
            return False
        self.finish = "stop"
        return True

    def _choose(self, logits: NDArray[np.float32]) -> int:
        if self._sampling.temperature <= 0:
            best = int(logits.argmax())
            if self._matcher is None or self._matcher.validate_tokens([best]):
                return best
            if self._engine.ends(best) and self._matcher.is_accepting():
                return best
        if self._matcher is not None:
            logits = np.where(self._allowed(len(logits)), logits, -np.inf)
        if self._sampling.temperature <= 0:
            return int(logits.argmax())
        scaled = (logits - logits.max()) / self._sampling.temperature
        weights = np.exp(scaled, dtype=np.float64)
        return int(self._random.choice(len(weights), p=weights / weights.sum()))

    def _allowed(self, size: int) -> NDArray[np.bool_]:
        assert_matcher = self._matcher
        if assert_matcher is None:
            return np.ones(size, dtype=np.bool_)
        bits = np.frombuffer(assert_matcher.compute_bitmask(), dtype=np.uint8)
        return np.unpackbits(bits, bitorder="little")[:size].astype(np.bool_)


def _after(progress: Progress, evaluated: int) -> Progress:
    return lambda done, total: progress(done + evaluated, total + evaluated)


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences begin with in common."""
    same = 0
    while same < min(len(one), len(other)) and one[same] == other[same]:
        same += 1
    return same
