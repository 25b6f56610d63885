"""A run's record as a page shows it: plain values, whatever the record lacks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from nomoat.agent.printable import named, short
from nomoat.agent.runs import PARTS

MAX_TEXT = 100_000
"""Characters of one text; a page has to stay one that a phone can open."""
FIRST_CHARS = 120


@dataclass(frozen=True, slots=True)
class Bar:
    """How long something took, in parts."""

    name: str
    """Its class in the style sheet."""
    seconds: float
    parts: tuple[tuple[str, float], ...]
    """`prefill`, `decode`, `tool` and `rest`, in seconds; empty where the record has none."""
    share: float = 1.0
    """Of the longest bar beside it."""

    def words(self) -> str:
        """`12.3 s: prefill 4.0 s, decode 8.0 s, tool 0.3 s`."""
        told = ", ".join(f"{name} {took:.1f} s" for name, took in self.parts if took >= 0.05)
        return f"{self.seconds:.1f} s" + (f": {told}" if told else "")

    def rules(self) -> str:
        """What the style sheet says of it."""
        return f".{self.name}{{width:{100 * self.share:.2f}%}}{self._parts()}"

    def rules_in_a_row(self) -> str:
        """What the style sheet says of it where it is as wide as it took, among others."""
        return f".{self.name}{{flex-grow:{self.seconds:.3f}}}{self._parts()}"

    def _parts(self) -> str:
        return "".join(
            f".{self.name}>.{name}{{flex-grow:{took:.3f}}}" for name, took in self.parts if took
        )


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text comes from."""

    text: str
    url: str = ""
    """For a page of the web; empty for files."""
    seen: str = ""
    """The id of what was read of it, where the page has that."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What a run was told of the person's documents before its first step."""

    anchor: str
    citation: str
    text: str


def passages_of(told: Sequence[Sequence[str]]) -> tuple[Passage, ...]:
    """Passages as they were checkpointed: `[citation, text]`."""
    return tuple(
        Passage(f"told-{number}", citation, short(text, MAX_TEXT))
        for number, (citation, text) in enumerate(told, 1)
    )


@dataclass(frozen=True, slots=True)
class ClaimView:
    """What an answer claims, and the steps that showed it: 0 is the goal, none is nowhere."""

    text: str
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepView:
    """A step."""

    n: int
    thought: str
    tool: str
    args: tuple[tuple[str, str], ...]
    first: str
    """How the observation begins."""
    text: str
    lines: int
    table: bool
    """The observation is laid out in columns: its lines are not to be broken."""
    folded: bool
    """The observation is longer than how it begins."""
    ok: bool
    files: tuple[str, ...]
    sources: tuple[Source, ...]
    bar: Bar
    tokens: str


def steps_of(run: Mapping[str, Any]) -> tuple[StepView, ...]:
    """The steps of a run's record."""
    steps = _tables(run)
    longest = max((number(step.get("seconds")) for step in steps), default=0.0)
    return tuple(_step(step, longest) for step in steps)


def course(run: Mapping[str, Any]) -> tuple[Bar, ...]:
    """The steps of a run in a row, each as wide as it took, and what was beside them."""
    bars = [bar(f"t{int(number(step.get('n')))}", step) for step in _tables(run)]
    beside = bar("whole", run).seconds - sum(one.seconds for one in bars)
    bars = [one for one in bars if one.seconds]
    if bars and beside > 0.001:
        bars.append(Bar("beside", beside, ()))
    return tuple(bars)


def _tables(run: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [table(step) for step in rows(run.get("steps"))]


def _step(step: Mapping[str, Any], longest: float) -> StepView:
    observed = table(step.get("observation"))
    text = str(observed.get("text", ""))
    n = int(number(step.get("n")))
    first = next((line.strip() for line in text.splitlines() if line.strip()), "(empty)")
    return StepView(
        n=n,
        thought=str(step.get("thought", "")),
        tool=str(step.get("tool") or ""),
        args=tuple((str(name), _told(value)) for name, value in table(step.get("args")).items()),
        first=first if len(first) <= FIRST_CHARS else f"{first[:FIRST_CHARS]}…",
        text=short(text, MAX_TEXT),
        lines=len(text.splitlines()),
        table=is_table(text),
        folded="\n" in text.strip() or len(first) > FIRST_CHARS,
        ok=bool(observed.get("ok", True)),
        files=texts(observed.get("files")),
        sources=sources(observed.get("sources")),
        bar=bar(f"b{n}", step, longest),
        tokens=tokens(step),
    )


def bar(name: str, timed: Mapping[str, Any], longest: float = 0.0) -> Bar:
    """The bar of a step or of a whole run.

    The rest is what none of the parts took; a run that was resumed counts its last session only,
    so its parts can be longer than the whole.
    """
    told = table(timed.get("parts"))
    parts = [(part, number(told.get(part))) for part in PARTS] if told else []
    known = sum(took for _, took in parts)
    seconds = max(number(timed.get("seconds")), known)
    if parts and seconds - known > 0.001:
        parts.append(("rest", seconds - known))
    return Bar(name, seconds, tuple(parts), min(seconds / longest, 1.0) if longest else 1.0)


def tokens(counted: Mapping[str, Any]) -> str:
    """`45 tokens written, 300 read, 1,200 cached`; empty where a model tells of none."""
    told = table(counted.get("tokens"))
    if not any(map(number, told.values())):
        return ""
    cached = int(number(told.get("cached")))
    read = max(int(number(told.get("prompt"))) - cached, 0)
    return (
        f"{int(number(told.get('generated'))):,} tokens written, {read:,} read, {cached:,} cached"
    )


def claims(values: Any) -> tuple[ClaimView, ...]:
    """The claims of an answer."""
    return tuple(
        ClaimView(
            str(claim.get("claim", "")), tuple(int(number(n)) for n in rows(claim.get("steps")))
        )
        for claim in map(table, rows(values))
    )


def doubts(run: Mapping[str, Any]) -> tuple[str, ...]:
    """What speaks against an answer beside claims and files, which are listed by themselves."""
    known = [f"not observed: {one.text}" for one in claims(run.get("evidence")) if not one.steps]
    known += [f"not written: {name}" for name in texts(run.get("missing_files"))]
    return tuple(one for one in texts(run.get("doubts")) if one not in known)


def refused(values: Any) -> tuple[tuple[int, str, str], ...]:
    """Calls that were not allowed: step, call, why."""
    calls = map(table, rows(values))
    return tuple(
        (
            int(number(one.get("n"))),
            f"{one.get('tool', '')}({named(table(one.get('args')))})",
            str(one.get("why", "")),
        )
        for one in calls
    )


def sources(values: Any, seen: Mapping[str, str] | None = None) -> tuple[Source, ...]:
    """Sources; those on the web can be followed, of any it is shown what was `seen` of it."""
    seen = seen or {}
    return tuple(
        Source(text, text if is_web(text) else "", seen.get(text, "")) for text in texts(values)
    )


def seen_in(run: Mapping[str, Any], passages: Sequence[Passage]) -> dict[str, str]:
    """Of each source the id of what was read of it: a passage, else what came back in a step."""
    seen = {one.citation: one.anchor for one in passages}
    for step in _tables(run):
        for text in texts(table(step.get("observation")).get("sources")):
            seen.setdefault(text, f"seen-{int(number(step.get('n')))}")
    return seen


def is_table(text: str) -> bool:
    """Whether a text is laid out in columns."""
    return sum(" | " in line for line in text.splitlines()[:20]) > 1


def is_web(text: str) -> bool:
    """Whether a text is an http(s) address and nothing else."""
    if not text.isprintable() or any(letter in text for letter in " \"'<>`\\"):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def texts(values: Any) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(map(str, rows(values)))


def rows(value: Any) -> Sequence[Any]:
    """A list; an empty one for whatever is none."""
    return value if isinstance(value, list | tuple) else ()


def table(value: Any) -> Mapping[str, Any]:
    """A table; an empty one for whatever is none."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float:
    """A number from 0 on; 0 for whatever is none."""
    try:
        known = isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:
        return 0.0
    return max(float(value), 0.0) if known else 0.0


def _told(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return short(text, MAX_TEXT)
