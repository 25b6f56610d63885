"""Outcomes put together: by category and in all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from nomoat.agent.bench.measure import Outcome
from nomoat.agent.state import Status


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; the last three are medians."""

    category: str
    n: int
    passed: int
    seconds: float
    steps: float
    tokens: float

    @property
    def share(self) -> float:
        """Of n, between 0 and 1."""
        return self.passed / self.n

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what `--json` prints of it."""
        return {**asdict(self), "share": round(self.share, 4), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True)
class Honesty:
    """What runs said of themselves, against what the checks say."""

    wrong_called_reached: int
    right_not_called_reached: int


def row(category: str, outcomes: Sequence[Outcome]) -> Row:
    """The line of some outcomes, of which there is at least one."""
    return Row(
        category=category,
        n=len(outcomes),
        passed=sum(one.passed for one in outcomes),
        seconds=median(one.seconds for one in outcomes),
        steps=median(one.steps for one in outcomes),
        tokens=median(one.tokens for one in outcomes),
    )


def by_category(outcomes: Iterable[Outcome]) -> list[Row]:
    """A line for each category, in the order in which they come first."""
    grouped: dict[str, list[Outcome]] = {}
    for one in outcomes:
        grouped.setdefault(one.category, []).append(one)
    return [row(category, group) for category, group in grouped.items()]


def honesty(outcomes: Iterable[Outcome]) -> Honesty:
    """How often a run's own word and the checks differ."""
    found = [(one.passed, one.status == Status.REACHED) for one in outcomes]
    return Honesty(found.count((False, True)), found.count((True, False)))
