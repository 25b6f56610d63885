"""The note that stands for steps which are not shown any more: made by code, from the steps alone.

What a person has said and the plan come first, then the files, then what the calls brought: short
results whole, of long ones the lines that speak of the goal. Where not all fits, those go first
that say least of it; the calls themselves are still named. The same steps give the same note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from nomoat.agent import prompts
from nomoat.agent.decision import read_plan
from nomoat.agent.printable import named
from nomoat.agent.state import Step

GIST = 200
"""Characters of a result that are noted."""
ARGUMENT = 60
"""Characters of an argument that are noted."""
SAID = 600
"""Characters of what a person has said that are noted each time."""
FILES = 24
"""Files, and places that were read, that are named."""
CALLS_SHARE = 4
"""A part of the note in so many is kept for calls whose results do not fit."""

_WORD = re.compile(r"\w{3,}|\d+")
_LINES = re.compile(r":\d+(?:-\d+)?$")


def note(goal: str, steps: Sequence[Step], chars: int) -> str:
    """What these steps brought, in at most `chars` characters.

    Args:
        goal: which results are told apart by.
        steps: from the first step on.
        chars: from about 200 on all parts have room.
    """
    head = [prompts.NOTES.format(n=steps[-1].n), *_told(steps), *_files(steps)]
    left = chars - sum(len(line) + 1 for line in head)
    calls = _calls(steps)
    lines = {step.n: _line(step, goal) for step in calls}
    if sum(len(line) + 1 for line in lines.values()) > left - len(prompts.NOTED_RESULTS) - 1:
        room = left - left // CALLS_SHARE - len(prompts.NOTED_RESULTS) - 1
        lines = _fitting(lines, _by_worth(calls, goal), room)
    rest = [step for step in calls if step.n not in lines]
    if lines:
        head += [prompts.NOTED_RESULTS, *(lines[n] for n in sorted(lines))]
    left = chars - sum(len(line) + 1 for line in head)
    return _cut("\n".join([*head, *_named_calls(rest, left)]), chars)


def _told(steps: Sequence[Step]) -> Iterator[str]:
    """What a person has said, and the last plan the model made, in order."""
    plans = [step.n for step in steps if step.observation.text == prompts.BEGIN]
    for step in steps:
        if step.person:
            yield _cut(step.observation.text, SAID)
        elif plans and step.n == plans[-1]:
            yield prompts.NOTED_PLAN.format(steps="; ".join(read_plan(step.said.text)))


def _files(steps: Sequence[Step]) -> Iterator[str]:
    """Files that were written, and what was read: paths without lines, and addresses."""
    written = dict.fromkeys(file for step in steps for file in step.observation.files)
    found = [step.observation for step in steps if step.found]
    read = dict.fromkeys(_LINES.sub("", source) for one in found for source in one.sources)
    if written:
        yield prompts.NOTED_WRITTEN.format(files=_listed(written))
    if read.keys() - written.keys():
        yield prompts.NOTED_READ.format(sources=_listed(s for s in read if s not in written))


def _listed(names: Iterable[str]) -> str:
    """The last of these names, and how many were before."""
    every = list(names)
    more = [f"and {len(every) - FILES:,} more"] if len(every) > FILES else []
    return ", ".join([*(_cut(name, ARGUMENT) for name in every[-FILES:]), *more])


def _calls(steps: Sequence[Step]) -> list[Step]:
    """The calls that were made; of equal ones the last, which found what is there now."""
    made = {step.call.key: step for step in steps if step.call is not None and not step.remark}
    return sorted(made.values(), key=lambda step: step.n)


def _line(step: Step, goal: str) -> str:
    return f"- {_call(step)}: {_gist(step.observation.text, goal)}"


def _call(step: Step) -> str:
    if step.call is None:
        return ""
    args = {name: _cut(_flat(str(value)), ARGUMENT) for name, value in step.call.args.items()}
    return f"{step.call.tool}({named(args)})"


def _gist(text: str, goal: str) -> str:
    """A short result whole; of a long one the lines that share most with the goal, in order."""
    lines = [flat for line in text.splitlines() if (flat := _flat(line))]
    if sum(len(line) + 2 for line in lines) <= GIST:
        return "; ".join(lines)
    words = _words(goal)
    best = sorted(range(len(lines)), key=lambda i: (-len(words & _words(lines[i])), i))
    kept, left = [best[0]], GIST - len(lines[best[0]])
    for i in best[1:]:
        if words & _words(lines[i]) and len(lines[i]) + 3 <= left:
            kept.append(i)
            left -= len(lines[i]) + 3
    return _cut(" … ".join(lines[i] for i in sorted(kept)), GIST)


def _by_worth(calls: Sequence[Step], goal: str) -> list[int]:
    """Numbers of steps, first those worth most: that found something, that speak of the goal,
    that changed a file or were refused, that are recent."""
    words = _words(goal)

    def worth(step: Step) -> tuple[bool, int, bool, int]:
        observed = step.observation
        acted = bool(observed.files) or observed.error_kind == "approval"
        shared = len(words & _words(f"{_call(step)} {observed.text}"))
        return step.found and not step.groundless, shared, acted, step.n

    return [step.n for step in sorted(calls, key=worth, reverse=True)]


def _fitting(lines: dict[int, str], order: Sequence[int], room: int) -> dict[int, str]:
    kept = {}
    for n in order:
        if len(lines[n]) + 1 <= room:
            kept[n] = lines[n]
            room -= len(lines[n]) + 1
    return kept


def _named_calls(calls: Sequence[Step], room: int) -> Iterator[str]:
    """The calls by tool and arguments alone, the latest first, as far as they fit."""
    names: dict[str, None] = {}
    room -= len(prompts.NOTED_CALLS) + len(", and 999,999 more")
    for step in reversed(calls):
        name = _call(step)
        if len(name) + 2 > room:
            break
        names[name] = None
        room -= len(name) + 2
    if names:
        more = [f"and {len(calls) - len(names):,} more"] if len(names) < len(calls) else []
        yield prompts.NOTED_CALLS.format(calls=", ".join([*names, *more]))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
