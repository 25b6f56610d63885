"""Whoever wants to know what tools are about to change: to keep it as it was, or to refuse."""

from __future__ import annotations

from typing import Protocol


class Watch(Protocol):
    """Is told of every change before it is made, and can refuse it by raising."""

    def changing(self, path: str, kind: str) -> None:
        """A file is about to change: `write`, `delete`, `move` (away) or `arrive` (from there)."""
        ...

    def moving_folder(self, source: str, target: str) -> None:
        """A folder is about to be moved, with all in it."""
        ...
