"""Are the facts in a call's arguments known, before it is made?

A small model computes with numbers it has never seen, and writes names into files that stand in no
source. What nobody gave and nothing showed is sent back before it is computed with or written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from nomoat.agent.decision import ToolCall
from nomoat.agent.evidence import check, files_named, number_of, numbers_in
from nomoat.agent.state import Step

KNOWN = frozenset(map(Decimal, range(32))) | frozenset(
    map(Decimal, "0.5 52 60 100 360 365 366 1000 1024 3600 10000 86400 1000000".split())
)
"""Numbers that need no source: small ones, and those of the calendar, the clock and of units."""
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[,']\d{3})*(?:\.\d+)?")
_ENUMERATION = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)


def groundless(
    args: Mapping[str, Any], names: Iterable[str], given: str, seen: Sequence[str]
) -> tuple[str, ...]:
    """Numbers and names in these arguments that stand nowhere, in order.

    Args:
        args: the arguments of a call.
        names: the arguments that have to rest on something.
        given: the goal, and what the harness found for it.
        seen: the texts of the observations so far.
    """
    found: list[str] = []
    for name in names:
        text = args.get(name)
        if isinstance(text, str):
            observations = list(enumerate(seen, 1))
            verdict = check(_ENUMERATION.sub("", text), given=given, observations=observations)
            found += [claim.text for claim in verdict.unverified if claim.kind != "file"]
    return tuple(dict.fromkeys(text for text in found if not _is_known(text)))


def unknown_numbers(expression: str, given: str, seen: Sequence[str]) -> tuple[str, ...]:
    """Numbers of a calculation that stand nowhere, in order.

    A number also counts as known when it is a hundredth of one (0.17 for 17 %), or one more or
    less than that (1.17, 0.83).
    """
    known = numbers_in("\n".join([given, *seen]))
    shares = {n / 100 for n in known}
    known = known | shares | {1 + n for n in shares} | {1 - n for n in shares} | KNOWN
    found = (match.group() for match in _NUMBER.finditer(expression))
    return tuple(dict.fromkeys(text for text in found if number_of(text) not in known))


def unread(
    call: ToolCall,
    goal: str,
    steps: Sequence[Step],
    exists: Callable[[str], bool],
    shown: Sequence[str] = (),
) -> tuple[str, ...]:
    """Files the goal names that are there and were not looked at, before a text is written.

    `shown` are citations of what the model was given at the start.
    """
    if call.tool not in {"write_file", "append_file"}:
        return ()
    done = "\n".join(
        [call.key, *shown, *(f"{s.call.key} {s.observation.sources}" for s in steps if s.call)]
    )
    return tuple(name for name in files_named(goal) if exists(name) and not _touched(name, done))


def is_blank(call: ToolCall, goal: str) -> bool:
    """Whether nothing would be written, and the goal does not ask for an empty file."""
    return not str(call.args.get("content", "")).strip() and not _EMPTY.search(goal)


_EMPTY = re.compile(r"\b(?:empty|blank|clear)\b", re.IGNORECASE)


def _touched(name: str, done: str) -> bool:
    """A table is named in SQL without its ending."""
    return re.search(rf"\b{re.escape(PurePosixPath(name).stem)}\b", done) is not None


def _is_known(text: str) -> bool:
    return number_of(text) in KNOWN


def replaces_unread(
    call: ToolCall,
    steps: Sequence[Step],
    exists: Callable[[str], bool],
    shown: Sequence[str] = (),
) -> str:
    """The file a `write_file` would replace that this run has neither read nor made; else empty."""
    path = str(call.args.get("path", ""))
    if call.tool != "write_file" or not path or not exists(path):
        return ""
    sources = [*shown, *(source for step in steps for source in step.observation.sources)]
    known = {source.rsplit(":", 1)[0] for source in sources}
    known |= {file for step in steps for file in step.observation.files}
    return "" if path in known else path
