"""Prompt lookup: what is about to be copied is guessed by looking where it stands already.

The last tokens that were written are searched in all that was read and written before; what
followed them there is proposed. A proposal costs next to nothing to make and is only ever a guess:
whoever asked for it verifies every token (see `nomoat.agent.llm.generate`).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

GUESSES = ((3, 1),)
"""So many of the last tokens that stand elsewhere, and how many of those that followed there are
proposed; the longest match counts. One after three is right four times in five in the agent's
decisions. More would be right after longer matches, but where the processor is the limit a batch of
four costs as much as three or four tokens do alone (see docs/benchmarks.md)."""
_TOKEN = array("i").itemsize


class Lookup:
    """The tokens of one conversation, to be searched.

    Args:
        tokens: what was read, in order.
    """

    def __init__(self, tokens: Sequence[int]) -> None:
        self._held = bytearray(array("i", tokens).tobytes())

    def add(self, tokens: Sequence[int]) -> None:
        """Go on with more tokens."""
        self._held += array("i", tokens).tobytes()

    def propose(self, most: int) -> list[int]:
        """At most so many tokens that may come next; empty where nothing like it stands."""
        begins = ends = 0
        for size, count in GUESSES:
            at = self._after_latest(size * _TOKEN)
            if not at:
                break  # nor does more than that stand anywhere
            begins, ends = at, at + min(count, max(most, 0)) * _TOKEN
        return array("i", self._held[begins:ends]).tolist()

    def _after_latest(self, width: int) -> int:
        """Where that begins, in bytes, which followed the last `width` bytes before; 0 if none."""
        wanted, end = self._held[-width:], len(self._held) - _TOKEN
        if len(wanted) < width:
            return 0
        while (at := self._held.rfind(wanted, 0, end)) >= 0:
            if at % _TOKEN == 0:
                return at + width
            end = at + width - 1  # between two tokens: no match
        return 0
