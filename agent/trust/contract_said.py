"""What a person has said that a run may not do, as words: `network`, `write:notes/`."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from nomoat.tools.base import ALL_EFFECTS, Effect

_EFFECTS = {"write": Effect.WRITE, "network": Effect.NETWORK, "code": Effect.EXECUTE}
_VERBS = {"write": "write", "network": "use the network", "code": "run code"}


def may_not(words: Iterable[str], effects: frozenset[Effect]) -> str:
    """Why what does all this may not be called; empty where it may."""
    for word in words:
        # what confined code changes is looked at file by file, so it may run
        looked_at = word == "write" and Effect.EXECUTE in effects and effects != ALL_EFFECTS
        if _EFFECTS.get(word) in effects and not looked_at:
            return f"you said that this run may not {_VERBS[word]}"
    return ""


def may_not_change(words: Iterable[str], path: str, kind: str) -> str:
    """Why a file may not be changed; empty where it may. `kind` is `write`, `move` or `delete`."""
    for word in words:
        if word == kind:
            return f"you said that this run may not {kind}"
        if word.startswith("write:") and _is_in(path, word.removeprefix("write:")):
            return f"you said that {path} may not be changed"
    return ""


def _is_in(path: str, place: str) -> bool:
    """Whether a file is the one of this name, below the folder of this name, or fits it."""
    place, pure = place.rstrip("/"), PurePosixPath(path)
    return place == "." or any(fnmatchcase(str(one), place) for one in (pure, *pure.parents))
