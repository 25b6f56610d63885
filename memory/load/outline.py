"""The headings above a place in a document, and the date they give it."""

from __future__ import annotations

from nomoat.memory.load.dates import iso_date

_LONGEST = 200


class Outline:
    """Keeps the path of headings while a document is read from its beginning to its end."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str, str]] = []

    @property
    def titles(self) -> tuple[str, ...]:
        """The headings above the next block, outermost first."""
        return tuple(title for _, title, _ in self._open)

    @property
    def date(self) -> str:
        """Of the innermost heading that is one ("## 2024-03-05"), or empty."""
        return next((date for *_, date in reversed(self._open) if date), "")

    def enter(self, level: int, title: str) -> tuple[str, ...]:
        """Go below a heading of `level` (1 is outermost); the headings above it are returned."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        above = self.titles
        shown = " ".join(title.split())[:_LONGEST]
        self._open.append((level, shown, iso_date(shown)))
        return above
