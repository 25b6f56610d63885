"""What a file that was written anew lost, changed or got, and that the goal does not speak of.

Lines are held against lines: one that is much like another is that line, changed; any other was
lost, or added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import partial

SAME_LINE = 0.5
"""How alike two lines are of which one is the other, changed."""
_WORDS = re.compile(r"[^\W\d_]{3,}|\d+")
STEM = 4
_ORDERS = re.compile(
    r"\b(?:sort|order|mov|swap|switch|revers|alphabet|top|first|last|before|after|above|below)\w*",
    re.IGNORECASE,
)
"""Speaks of where lines stand."""
_TAKES_AWAY = re.compile(
    r"\b(?:remov|delet|tak|took|strik|struck|drop|cross|cut|throw|get rid|erase|clear|cancel|off|"
    r"out|without|no longer|not any more|done|bought|got|left|leaves|gone|replac|instead|rewrit|"
    r"short|swap|merg|chang|correct)\w*",
    re.IGNORECASE,
)


def without(text: str, lines: str) -> str:
    """A text without these lines of it; as it was where one of them is none, or all would go."""
    gone = {line.strip() for line in lines.splitlines() if line.strip()}
    if any(count > 1 and line in gone for line, count in Counter(_lines(text)).items()):
        return text  # which of them is meant, only the whole file tells
    left = [line for line in text.splitlines(keepends=True) if line.strip() not in gone]
    return "".join(left) if gone <= {*_lines(text)} and any(map(str.strip, left)) else text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def strays(before: str, after: str, goal: str, beside: str = "") -> tuple[str, ...]:
    """Lines that were lost, changed or added, and of which the goal does not speak. What is added
    may also be spoken of in the texts `beside` it, which say what is to be written."""
    old, new = before.splitlines(), after.splitlines()
    wanted, known = _stems(goal), _stems(f"{goal}\n{beside}")
    pairs, gone, added = _compared(old, new)
    changed = [line for line, now in pairs if not wanted & _stems(f"{line} {now}")]
    come = [line for line in added if not known & _stems(line)]
    left = _not_meant(gone, sum(map(bool, map(str.strip, old))), goal)
    return (*changed, *come, *_misplaced(old, new, goal), *left)


def _compared(
    old: Sequence[str], new: Sequence[str]
) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """The lines that changed, each with what it is now; those that went, and those that came."""
    pairs, gone, added = [], [], []
    for _tag, a, b, c, d in _changes(old, new):
        left = [line for line in new[c:d] if line.strip() and line not in old]
        for line in (line for line in old[a:b] if line.strip() and line not in new):
            now = max(left, key=partial(_alike, line), default="")
            if now and _alike(line, now) >= SAME_LINE:
                left.remove(now)
                pairs.append((line, now))
            else:
                gone.append(line)
        added += left
    return pairs, gone, added


def _misplaced(old: Sequence[str], new: Sequence[str], goal: str) -> list[str]:
    """Lines that stand in another order than before, or more or less often, and of which the goal
    does not speak."""
    was, now = Counter(filter(str.strip, old)), Counter(filter(str.strip, new))
    wanted = _stems(goal)
    count = [n for n in was if now[n] and now[n] != was[n] and not wanted & _stems(n)]
    once = [line for line in old if was[line] == 1 == now[line]]
    held = {*once}
    after = [line for line in new if line in held]
    moved = [] if _ORDERS.search(goal) else [a for a, b in zip(once, after, strict=True) if a != b]
    return [*count, *moved]


def _not_meant(gone: Sequence[str], of: int, goal: str) -> list[str]:
    """Of the lines that went, of so many that there were, those the goal does not mean: it takes
    nothing away, it leaves most, it does not speak of them, or more of another one that holds all
    the same words."""
    wanted = _stems(goal)
    said = {line: wanted & _stems(line) for line in gone}
    if _TAKES_AWAY.search(goal) is None or 2 * len(gone) > of:
        return list(gone)
    return [line for line in gone if not said[line] or any(said[line] < o for o in said.values())]


def _changes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
    matched = SequenceMatcher(None, old, new, autojunk=False)
    return (code for code in matched.get_opcodes() if code[0] != "equal")


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _stems(text: str) -> frozenset[str]:
    """Its words as far as they tell it, however they are inflected, and its numbers."""
    return frozenset(
        word[:STEM].casefold() for word in _WORDS.findall(text) if word.casefold() not in _COMMON
    )


_COMMON = frozenset(
    "the and for from with that this into have has was were are you your our please pls add".split()
)
