"""Text from anywhere, as a terminal may show it."""

from __future__ import annotations

import re

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
