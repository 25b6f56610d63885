"""Text from anywhere, as a terminal may show it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LINE_CHARS = 400
"""Characters of one line of a result, and of an argument."""

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters: escape sequences begin with one
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # change the order in which text is shown
    "\u2028\u2029\ud800-\udfff\U000e0000-\U000e007f]"  # line ends, halves, invisible letters
)


def clean(text: str) -> str:
    """Text that cannot touch the terminal, nor look like other text than it is.

    Line ends and tabs stay; what else is not to be shown becomes a replacement character.
    """
    return _UNSAFE.sub("�", text.replace("\r\n", "\n"))


def short(text: str, limit: int | None = LINE_CHARS) -> str:
    """At most `limit` characters of a text, and how many more there are."""
    if limit is None or len(text) <= limit:
        return text
    return f"{text[:limit]}… and {len(text) - limit:,} more characters"


def named(args: Mapping[str, Any], limit: int | None = LINE_CHARS) -> str:
    """Arguments by name, shortened, on one line; without a limit each on a line of its own."""
    shown = []
    for name, value in args.items():
        text = value if isinstance(value, str) else repr(value)
        shown.append(f"{name}={short(text, limit)}")
    return (", " if limit else "\n").join(shown)
