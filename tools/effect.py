"""What a call does to the world; light, so that the configuration can be read without LangChain."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from nomoat.memory.errors import UsageError


class Effect(StrEnum):
    """What a call does beyond computing its result."""

    READ = "read"
    """Reads files or memory of this machine (private data)."""
    WRITE = "write"
    """Changes files or memory."""
    NETWORK = "network"
    """Talks to another machine; what comes back is untrusted."""
    EXECUTE = "execute"
    """Runs a program or code."""


ALL_EFFECTS = frozenset(Effect)

Effects = str | Effect | Iterable[str | Effect]


def parse_effects(effects: Effects) -> frozenset[Effect]:
    """`"read, write"`, `Effect.READ` or an iterable of either, as a set; `""`, `"none"`: empty."""
    if isinstance(effects, str):
        effects = [part.strip() for part in effects.split(",")]
    names = {str(effect) for effect in effects} - {"", "none"}
    unknown = names - {effect.value for effect in Effect}
    if unknown:
        known = ", ".join(effect.value for effect in Effect)
        raise UsageError(
            f"Unknown effect {', '.join(sorted(unknown))!r}.", hint=f"Use one of: {known}, none."
        )
    return frozenset(Effect(name) for name in names)
