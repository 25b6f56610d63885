"""What files are held to when a task is over.

A `path` is a file of the workspace, or a pattern (`*.csv`) where the goal leaves the name open:
then one file that was made or changed and fits the pattern has to pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from nomoat.agent.bench.checks import EXACT, Words, lacking_words, listed
from nomoat.agent.bench.ended import Ended, text_of
from nomoat.agent.bench.reading import holds_word, lacking_numbers, plain

_BULLET = re.compile(r"^(?:[-*•]|\d{1,3}[.)])\s+")


def one_passes(ended: Ended, path: str, fault_of: Callable[[str], str]) -> str:
    """Nothing, where one of the files that a path can mean is right; else the fault of the last."""
    fault = f"{path} was not written"
    for name, text in ended.texts(path).items():
        found = fault_of(text)
        if not found:
            return ""
        fault = f"{name} {found}"
    return fault


@dataclass(frozen=True, slots=True)
class FileAbsent:
    """There is no such file."""

    path: str
    kind: Literal["file_absent"] = "file_absent"

    def fault(self, ended: Ended) -> str:
        there = [name for name in ended.after if fnmatchcase(name, self.path)]
        return f"{there[0]} is there" if there else ""


@dataclass(frozen=True, slots=True)
class FileText:
    """A file holds this text and nothing else; white space at the end of lines is ignored."""

    path: str
    text: str
    kind: Literal["file_text"] = "file_text"

    def fault(self, ended: Ended) -> str:
        return one_passes(ended, self.path, lambda found: differs(found, self.text))


@dataclass(frozen=True, slots=True)
class FileEdited:
    """A file is what `of` was before (default: itself), with these changes and no others."""

    path: str
    of: str = ""
    replace: tuple[tuple[str, str], ...] = ()
    """`(old, new)`, everywhere, in this order."""
    append: str = ""
    """A line, or lines, at the end."""
    kind: Literal["file_edited"] = "file_edited"

    def fault(self, ended: Ended) -> str:
        source = self.of or self.path
        if source not in ended.before:
            return f"the task's folder has no {source}"
        wanted = edited(text_of(ended.before[source]), self.replace, self.append)
        return one_passes(ended, self.path, lambda found: differs(found, wanted))


@dataclass(frozen=True, slots=True)
class FileWords:
    """A file holds all of these words, and none of those it must lack."""

    path: str
    words: Words = ()
    lacks: tuple[str, ...] = ()
    kind: Literal["file_words"] = "file_words"

    def fault(self, ended: Ended) -> str:
        return one_passes(ended, self.path, self._fault)

    def _fault(self, text: str) -> str:
        missing = lacking_words(text, self.words)
        held = [word for word in self.lacks if holds_word(text, word)]
        if missing:
            return f"lacks {listed(missing)}"
        return f"holds {listed(held)}" if held else ""


@dataclass(frozen=True, slots=True)
class FileNumbers:
    """A file holds all of these numbers."""

    path: str
    numbers: tuple[float, ...]
    tolerance: float = EXACT
    kind: Literal["file_numbers"] = "file_numbers"

    def fault(self, ended: Ended) -> str:
        return one_passes(ended, self.path, self._fault)

    def _fault(self, text: str) -> str:
        missing = lacking_numbers(text, self.numbers, self.tolerance)
        return f"lacks {listed(missing)}" if missing else ""


@dataclass(frozen=True, slots=True)
class FileLines:
    """A file holds these lines and no others; bullets, numbering and blank lines are ignored."""

    path: str
    lines: tuple[str, ...]
    ordered: bool = False
    kind: Literal["file_lines"] = "file_lines"

    def fault(self, ended: Ended) -> str:
        return one_passes(ended, self.path, self._fault)

    def _fault(self, text: str) -> str:
        found, wanted = _lines(text), _lines("\n".join(self.lines))
        missing = [line for line in wanted if line not in found]
        more = [line for line in found if line not in wanted]
        if missing or more:
            return f"lacks the line {missing[0]!r}" if missing else f"has the line {more[0]!r} too"
        if len(found) != len(wanted):
            return "has a line twice"
        return "has its lines in another order" if self.ordered and found != wanted else ""


def edited(text: str, replace: Sequence[tuple[str, str]] = (), append: str = "") -> str:
    """A text with passages replaced and lines added to its end."""
    for old, new in replace:
        text = text.replace(old, new)
    if not append:
        return text
    return (text if not text or text.endswith("\n") else f"{text}\n") + append + "\n"


def differs(found: str, wanted: str) -> str:
    """Where two texts differ first, in words; empty where they do not."""
    left = [line.rstrip() for line in found.strip("\n").rstrip().split("\n")]
    right = [line.rstrip() for line in wanted.strip("\n").rstrip().split("\n")]
    for n, (has, should) in enumerate(zip(left, right, strict=False), 1):
        if has != should:
            return f"has {has!r} in line {n}, not {should!r}"
    if len(left) == len(right):
        return ""
    return f"has {len(left)} lines, not {len(right)}"


def _lines(text: str) -> list[str]:
    stripped = (_BULLET.sub("", line.strip()) for line in text.split("\n"))
    return [plain(line) for line in stripped if line]
