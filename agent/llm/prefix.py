"""The evaluated state of fixed prefixes, on disk: a new process does not read them again.

Of what is kept, the state that has most in common with a prompt is taken and cut to that: with one
more tool, only the line about it is read.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from nomoat.agent.llm import prefix_file
from nomoat.agent.llm.engine import Engine, Evaluation, Progress, common
from nomoat.agent.llm.model_profile import library
from nomoat.agent.llm.prefix_file import Kept
from nomoat.memory.home import home

KEPT = 12
"""States kept on disk; the longest unused go first. One is about 28 KB a token for 1.5B models."""
KEPT_BYTES = 600_000_000
"""What they may take together; the one that was used last stays in any case."""
WORTH = 64
"""So many tokens are evaluated sooner than a state is read."""
WORTH_SAVING = 12
"""A state is saved if so many tokens of it were new: about the line of one tool."""


class PrefixStore:
    """Saves and restores states of one engine, found by model file, settings and tokens."""

    def __init__(self, engine: Engine, folder: Path | None = None) -> None:
        self._engine = engine
        self._folder = folder or home() / "cache" / "prefixes"
        self.restored = 0
        """Tokens that came from disk in this process."""

    def restore(
        self,
        prompt: Sequence[int],
        length: int,
        *,
        stop: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> Evaluation:
        """Have the engine hold the first `length` tokens of a prompt, from disk where possible.

        What is not on disk is evaluated, and saved if it is worth that. A disk that refuses, and
        files that are broken or of something else, are no errors.

        Args:
            prompt: all of it, longer than `length`.
            length: tokens that other prompts begin with as well.
            stop: set it to stop.
            progress: is told of the whole prompt, of which the prefix is the first part.

        Returns:
            What it cost; tokens from disk count as cached.

        Raises:
            Interrupted: `stop` was set while the prefix was evaluated.
        """
        held, began = self._engine.held(prompt), time.perf_counter()
        if length < WORTH or held >= length:
            return Evaluation(min(held, length), 0, 0.0)
        prefix = list(prompt[:length])
        held = self._from_disk(prefix, held)
        evaluated = 0
        if held < length:
            rest = len(prompt) - length
            told = progress and (lambda done, total: progress(done, total + rest))
            evaluated = self._engine.read(prefix, stop=stop, progress=told).evaluated
            if evaluated >= WORTH_SAVING:
                self._save(prefix)
        return Evaluation(length - evaluated, evaluated, time.perf_counter() - began)

    def _from_disk(self, prefix: list[int], held: int) -> int:
        """Take the best state there is, if it has more than what is held; how much that is."""
        for kept in self._better(prefix, held):
            state = prefix_file.state(kept)
            if state is not None and self._engine.take(kept.tokens, state):
                held = common(kept.tokens, prefix)
                self.restored += held
                with suppress(OSError):
                    kept.file.touch()  # it was used
                return held
            with suppress(OSError):
                kept.file.unlink()  # broken: it will not be better the next time
        return self._engine.held(prefix)

    def _better(self, prefix: list[int], held: int) -> Iterator[Kept]:
        """The states that spare reading much of a prefix, best first."""
        found, owner = [], self._owner
        for file in self._files():
            kept = prefix_file.head(file, owner)
            if kept is None or len(kept.tokens) >= self._engine.context:
                continue
            shared = common(kept.tokens, prefix)
            whole = shared == len(kept.tokens)  # a recurrent state cannot be cut
            if shared >= held + WORTH and (whole or self._engine.can_forget):
                found.append((shared, -len(kept.tokens), kept))
        found.sort(key=lambda one: one[:2], reverse=True)
        return iter([kept for _, _, kept in found])

    @property
    def _owner(self) -> bytes:
        """Whose states the engine can take: of this model file, in this form, made in this way."""
        engine, stat = self._engine, self._engine.path.stat()
        made = (engine.path.name, stat.st_size, stat.st_mtime_ns, library())
        return hashlib.sha256(repr((*made, engine.form)).encode()).digest()

    def _save(self, prefix: list[int]) -> None:
        owner = self._owner
        name = hashlib.sha256(owner + repr(prefix).encode()).hexdigest()[:32]
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            state = self._engine.state()
            prefix_file.write(self._folder / f"{name}.state", owner, prefix, state)
            self._prune()

    def _prune(self) -> None:
        total = 0
        for place, file in enumerate(self._files()):
            total += file.stat().st_size
            if place and (place >= KEPT or total > KEPT_BYTES):
                file.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        """The files of states, the last used first."""
        dated = []
        for file in self._folder.glob("*.state"):
            with suppress(OSError):  # another process may have removed it
                dated.append((file.stat().st_mtime, file))
        return [file for _, file in sorted(dated, reverse=True)]
