"""Arguments of a call that need not be given and that a request does not speak of.

A small model fills in every argument a function has, with what is likely (a country for a city, a
format for a report). Left out, the function takes its own default, which its author chose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

STEM = 4
"""Letters by which a word counts as spoken of: `images` as `image`."""


def without_unspoken(
    args: Mapping[str, Any], parameters: Mapping[str, Any], said: str
) -> dict[str, Any]:
    """The arguments without texts, and lists of texts, that may be left out and are nowhere said.

    Numbers, choices from a list and yes or no stay: those are worked out from what is said more
    often than they are made up (docs/benchmarks.md).

    Args:
        args: of the call.
        parameters: the function's, as JSON schema.
        said: the request.
    """
    known, needed = parameters.get("properties", {}), parameters.get("required", ())
    lowered = said.casefold()
    return {
        name: value
        for name, value in args.items()
        if name in needed or "enum" in known.get(name, {}) or _is_spoken_of(value, lowered)
    }


def _is_spoken_of(value: Any, said: str) -> bool:
    if isinstance(value, list):
        return not value or any(_is_spoken_of(one, said) for one in value)
    if not isinstance(value, str):
        return True
    words = re.findall(r"[^\W\d_]{3,}|\d+", value.casefold())
    return any(word[:STEM] in said for word in words) if words else value.casefold() in said
