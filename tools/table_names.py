"""Plain SQL names for files and columns: `sales 2026.csv` is the table sales_2026."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_LENGTH = 60


class Namer:
    """Gives names that need no quotes, each once, whatever its case."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self._reserved = frozenset(word.lower() for word in reserved)
        self._taken: set[str] = set()

    def name(self, wanted: str, *, otherwise: str = "t") -> str:
        """A free name close to `wanted`; `otherwise` starts the name where a letter is missing."""
        plain = identifier(wanted, otherwise)
        if plain.lower() in self._reserved:
            plain += "_"
        name, number = plain, 2
        while name.lower() in self._taken:
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name.lower())
        return name

    def release(self, name: str) -> None:
        """Make a name free again."""
        self._taken.discard(name.lower())

    def fresh(self) -> Namer:
        """A namer with the same reserved words and nothing taken."""
        return Namer(self._reserved)


def identifier(text: str, otherwise: str = "t") -> str:
    """Letters, digits and `_` only, not beginning with a digit, never empty."""
    for sign, word in (("%", " percent "), ("#", " number "), ("ß", "ss")):
        text = text.replace(sign, word)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"\W+", "_", plain).strip("_")[:MAX_LENGTH].strip("_")
    if not plain:
        return otherwise
    return f"{otherwise}_{plain}" if plain[0].isdigit() else plain
