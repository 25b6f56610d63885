"""Conversations in plain text: `Ada: text`, `[08.05.2023, 13:56] Ada: text` and their like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from nomoat.memory.document import Block, BlockKind
from nomoat.memory.load.dates import is_date, iso_date, numbers_order
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import lines_span

_TURN = re.compile(
    r"(?P<when>\[?\d[\d./:\-T, ]{4,24}(?: ?[ap]\.?m\.?)?\]?(?: -)? )?"
    r"(?P<who>[^\W\d_][\w.'’ -]{0,30}): (?P<text>\S.*)",
    re.IGNORECASE,
)
_SAMPLE_LINES = 400
_FEWEST_TURNS = 6
_FEWEST_WORDS = 3


def is_dialogue(lines: Sequence[str]) -> bool:
    """Whether plain text is a conversation, with care: lists of `Key: value` look much the same.

    At least six turns by two or more people who speak again and take turns; most lines are
    turns, and they hold some words each.
    """
    written = [line.strip() for line in lines[:_SAMPLE_LINES] if line.strip()]
    turns = [found for found in map(_TURN.fullmatch, written) if found]
    speakers = Counter(found["who"] for found in turns)
    if len(turns) < _FEWEST_TURNS or len(turns) * 2 < len(written) or len(speakers) < 2:
        return False
    again = sum(1 for count in speakers.values() if count > 1)
    changes = sum(1 for one, two in pairwise(turns) if one["who"] != two["who"])
    if again < 2 or len(speakers) * 3 > len(turns) or changes * 3 < len(turns):
        return False
    words = sum(len(found["text"].split()) for found in turns)
    return words >= _FEWEST_WORDS * len(turns)


def read_dialogue(source: Source) -> Parsed:
    """Turns with the lines they stand on; a line that is a date dates the turns below it."""
    reader = _Reader(numbers_order(source.lines))
    for number, line in enumerate(source.lines, 1):
        reader.line(number, line.strip())
    reader.end()
    return Parsed(reader.blocks)


class _Reader:
    def __init__(self, day_first: bool | None) -> None:
        self.blocks: list[Block] = []
        self._day_first = day_first
        self._date = ""
        self._said: list[str] = []
        self._kind = BlockKind.PARAGRAPH
        self._when = ""
        self._first = self._last = 0

    def line(self, number: int, line: str) -> None:
        if not line:
            return
        turn = _TURN.fullmatch(line)
        if turn:
            self.end()
            self._kind = BlockKind.TURN
            when = self._time(turn["when"] or "")
            said = f"{turn['who']}: {turn['text']}"
            # A time that is not understood stays in the text.
            self._begin(number, said if when or not turn["when"] else line, when or self._date)
        elif is_date(line):
            self.end()
            self._date = iso_date(line, day_first=self._day_first)
            self._kind = BlockKind.PARAGRAPH
            self._begin(number, line, self._date)
            self.end()
        elif self._said:
            self._said.append(line)
            self._last = number
        else:
            self._begin(number, line, self._date)

    def end(self) -> None:
        if self._said:
            span = lines_span(self._first, self._last)
            self.blocks.append(Block("\n".join(self._said), self._kind, span, (), self._when))
        self._said = []
        self._kind = BlockKind.PARAGRAPH

    def _begin(self, number: int, text: str, when: str) -> None:
        self._said = [text]
        self._first = self._last = number
        self._when = when

    def _time(self, when: str) -> str:
        """When a turn was said: its own date and time, or its time on the day of the header."""
        if not when:
            return self._date
        own = iso_date(when, day_first=self._day_first)
        return own or (iso_date(f"{self._date[:10]} {when}") if self._date else "")
