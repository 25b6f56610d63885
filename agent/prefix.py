"""The evaluated state of fixed prefixes, on disk: a new process does not read them again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path

from nomoat.agent.engine import PREFILL_CHUNK, Engine, Progress
from nomoat.memory.home import home

KEPT = 12
"""States kept on disk; the longest unused go first. One is about 28 KB a token for 1.5B models."""
WORTH = 64
"""A shorter prefix is evaluated sooner than its state is read."""


class PrefixStore:
    """Saves and restores states of one engine, keyed by model file, context size and tokens."""

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
    ) -> None:
        """Have the engine hold the first `length` tokens of a prompt, from disk if possible.

        Does nothing when the engine holds any of the prompt beyond the first token already. A
        prefix not seen before is evaluated and saved; a disk that refuses is not an error.

        Raises:
            Interrupted: `stop` was set while the prefix was evaluated.
        """
        held = self._engine.tokens
        if length < WORTH or (len(held) > 1 and list(held[:length]) == list(prompt[:length])):
            return
        prefix = list(prompt[:length])
        file = self._folder / f"{self._key(prefix)}.state"
        if file.is_file() and self._engine.load(file, prefix):
            self.restored += length
            return
        self._engine.read(prefix, stop=stop, progress=progress)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._engine.save(file)
            self._prune()
        except OSError:
            return

    def _key(self, prefix: Sequence[int]) -> str:
        from importlib.metadata import version

        stat = self._engine.path.stat()
        what = (
            self._engine.path.name,
            stat.st_size,
            stat.st_mtime_ns,
            self._engine.context,
            PREFILL_CHUNK,
            version("llama-cpp-python"),
            tuple(prefix),
        )
        return hashlib.sha256(repr(what).encode()).hexdigest()[:32]

    def _prune(self) -> None:
        files = sorted(self._folder.glob("*.state"), key=lambda f: f.stat().st_mtime, reverse=True)
        for file in files[KEPT:]:
            file.unlink(missing_ok=True)
