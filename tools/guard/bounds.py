"""What a fetch may take: seconds until its end, and bytes."""

from __future__ import annotations

import time
from collections.abc import Callable

from nomoat.tools.errors import Failed


class TooSlow(Failed):
    """The time for a fetch is over."""


class TooBig(Failed):
    """The size for a fetch is used up."""


class Deadline:
    """Seconds left of a whole fetch, whatever it is waiting for."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock, self._end = seconds, clock, clock() + seconds

    def left(self, at_most: float | None = None) -> float:
        """Seconds left.

        Raises:
            TooSlow: none are.
        """
        left = self._end - self._clock()
        if left <= 0:
            raise TooSlow(
                f"The site did not finish within {self._seconds:g} seconds.",
                hint="Try another page or another source.",
            )
        return left if at_most is None else min(left, at_most)


def too_big(limit: int) -> TooBig:
    """The error for a fetch that is larger than `limit` bytes."""
    return TooBig(
        f"The page is larger than {limit / 1e6:g} MB.", hint="Try another page or another source."
    )
