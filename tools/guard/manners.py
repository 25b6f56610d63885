"""Politeness towards hosts: what robots.txt allows, and a pause between requests."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from protego import Protego

from nomoat.tools.errors import Failed
from nomoat.tools.guard.address import Target

ROBOT = "nomoat"
"""The name robots.txt files can address."""

MAX_WAIT = 10.0
"""Seconds that are waited because a host asks for it (Crawl-delay, Retry-After); not longer."""

_CLOSED = "User-agent: *\nDisallow: /"


@dataclass(slots=True)
class Manners:
    """What is known of each host in this run."""

    delay: float = 0.5
    """Seconds between two requests to one host, unless its robots.txt asks for more."""
    clock: Callable[[], float] = time.monotonic
    _rules: dict[str, Protego] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def knows(self, target: Target) -> bool:
        """Whether the host's robots.txt has been read."""
        return target.origin in self._rules

    def learn(self, target: Target, status: int, text: str) -> None:
        """Keep a host's robots.txt. None (4xx) allows all, a broken one (5xx) nothing: RFC 9309."""
        rules = text if status < 400 else _CLOSED if status >= 500 else ""
        self._rules[target.origin] = Protego.parse(rules)

    def check(self, target: Target) -> None:
        """Refuse what the host asks robots not to read.

        Raises:
            Failed: it does.
        """
        rules = self._rules.get(target.origin)
        if rules is not None and not rules.can_fetch(target.url, ROBOT):
            raise Failed(
                f"{target.host} asks programs not to read this page (robots.txt).",
                hint="Use another source.",
            )

    def pause(self, target: Target) -> float:
        """Take the host's next turn: the seconds to wait for it."""
        rules = self._rules.get(target.origin)
        asked = float(rules.crawl_delay(ROBOT) or 0) if rules else 0.0
        with self._lock:
            now = self.clock()
            turn = max(now, self._next.get(target.origin, now))
            self._next[target.origin] = turn + max(self.delay, min(asked, MAX_WAIT))
        return turn - now


def retry_after(value: str) -> float:
    """Seconds that a `Retry-After` header asks for; 0 where it does not."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
