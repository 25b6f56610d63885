"""How llama.cpp is set up for a model on this machine.

Nothing heavy is imported here: a profile of a model remembers settings
(`nomoat.agent.llm.model_profile`).
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

PREFILL_CHUNK = 128
"""Tokens evaluated at once while a prompt is read: small enough that progress shows and that the
buffers stay small, large enough to cost no speed on most machines. A stop is heard in the middle
of them."""
LLAMA_BATCH = 512
"""What llama.cpp's own programs evaluate at once."""

Flash = Literal["auto", "on", "off"]
Numbers = Literal["f16", "q8_0"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set without another model file; the defaults are llama.cpp's own, but for the
    batch, which is smaller."""

    threads: int = 0
    """Threads that write; 0: as many as there are cores for this process."""
    read_threads: int = 0
    """Threads that read a prompt; 0: as many as write."""
    batch: int = PREFILL_CHUNK
    flash: Flash = "auto"
    """Flash attention; `auto` leaves it to llama.cpp."""
    kv: Numbers = "f16"
    """The numbers in which the window is held. `q8_0` takes half the memory and is less exact, so
    no probe chooses it."""

    def __post_init__(self) -> None:
        if self.threads < 0 or self.read_threads < 0 or self.batch < 1:
            raise ValueError("threads and batches are counted from 1 on")
        if self.flash not in ("auto", "on", "off") or self.kv not in ("f16", "q8_0"):
            raise ValueError(f"no such setting: flash {self.flash!r}, kv {self.kv!r}")

    @property
    def whole(self) -> Self:
        """The same with numbers of threads in the place of the zeros."""
        threads = self.threads or cores()
        return replace(self, threads=threads, read_threads=self.read_threads or threads)

    @property
    def said(self) -> str:
        """In a few words."""
        threads = f"{self.whole.threads} threads"
        if self.whole.read_threads != self.whole.threads:
            threads += f" ({self.whole.read_threads} to read)"
        flash = "" if self.flash == "auto" else f", flash attention {self.flash}"
        return f"{threads}, batches of {self.batch}{flash}"

    @classmethod
    def from_dict(cls, held: dict[str, Any]) -> Self:
        """As `asdict` wrote them.

        Raises:
            TypeError, ValueError: they are not settings of this version.
        """
        made = cls(**held)
        if any(type(value) is not type(asdict(cls())[key]) for key, value in asdict(made).items()):
            raise TypeError("a setting is of another kind")
        return made


def cores() -> int:
    """The cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
