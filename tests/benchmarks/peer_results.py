"""Results of several peers side by side: by peer, and by category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from kept import share

OWN = "nomoat"


@dataclass(frozen=True, slots=True)
class Result:
    """What a peer made of a task."""

    peer: str
    task: str
    category: str
    split: str
    passed: bool
    why: str
    """What is wrong; empty where it passed."""
    ended: str
    answer: str
    seconds: float
    steps: int
    tokens_read: int
    """Evaluated; what a cache held is not counted."""
    tokens_written: int

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "seconds": round(self.seconds, 2)}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    peer: str
    n: int
    passed: int
    seconds: float
    """Median, as `steps` and the tokens are."""
    seconds_mean: float
    steps: float
    tokens_read: float
    tokens_written: float


def row(peer: str, results: Sequence[Result]) -> Row:
    """The line of a peer's results, of which there is at least one."""
    return Row(
        peer,
        len(results),
        sum(one.passed for one in results),
        round(median(one.seconds for one in results), 2),
        round(fmean(one.seconds for one in results), 2),
        median(one.steps for one in results),
        median(one.tokens_read for one in results),
        median(one.tokens_written for one in results),
    )


def by_peer(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each, in the order in which they come first."""
    grouped: dict[str, list[Result]] = {}
    for one in results:
        grouped.setdefault(one.peer, []).append(one)
    return grouped


def by_category(results: Iterable[Result]) -> dict[str, dict[str, tuple[int, int]]]:
    """Category → peer → how many passed, and of how many."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for one in results:
        peers = found.setdefault(one.category, {})
        passed, n = peers.get(one.peer, (0, 0))
        peers[one.peer] = (passed + one.passed, n + 1)
    return found


def table(results: Sequence[Result]) -> Iterator[str]:
    """Both tables, line by line, and how nomoat stands to the best peer."""
    rows = [row(peer, theirs) for peer, theirs in by_peer(results).items()]
    read, written = "tokens read", "written"
    yield f"{'':20}{'passed':28}{'s, median':>10}{'mean':>8}{'steps':>7}{read:>13}{written:>9}"
    for one in rows:
        told = f"{share(one.passed, one.n):28}{one.seconds:10.1f}{one.seconds_mean:8.1f}"
        yield f"{one.peer:20}{told}{one.steps:7g}{one.tokens_read:13,.0f}{one.tokens_written:9,.0f}"
    yield ""
    yield f"{'':20}" + "".join(f"{one.peer:>20}" for one in rows)
    for category, peers in by_category(results).items():
        shares = [peers.get(one.peer, (0, 0)) for one in rows]
        yield f"{category:20}" + "".join(f"{f'{p}/{n}':>20}" for p, n in shares)
    own = next((one for one in rows if one.peer == OWN), None)
    others = [one for one in rows if one.peer != OWN]
    if own and others:
        yield ""
        yield compared(own, max(others, key=lambda one: one.passed / one.n))


def compared(own: Row, best: Row) -> str:
    """A sentence: how many times as often, and in which part of the seconds."""
    seconds = own.seconds / best.seconds if best.seconds else 0.0
    share_of_best = best.passed / best.n
    if not share_of_best:
        return f"No peer passed a task; {OWN} passed {own.passed} of {own.n}."
    times = own.passed / own.n / share_of_best
    return (
        f"{OWN} passes {times:.2f} times as often as {best.peer}, the best peer, in {seconds:.2f} "
        "times its seconds (medians)."
    )
