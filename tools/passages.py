"""Long texts in parts, and the passages of a text that fit some words best. Pure functions."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

PART = 4_000
"""Characters of a part, about a thousand tokens."""

_WORD = re.compile(r"\w+")
_K1, _B = 1.2, 0.75
"""The usual constants of BM25 (Robertson and Zaragoza, 2009)."""


def parts(text: str, size: int = PART) -> list[str]:
    """The text in parts of at most `size` characters, cut between paragraphs where possible."""
    done: list[str] = []
    part = ""
    for piece in _pieces(text, size):
        if part and len(part) + len(piece) > size:
            done.append(part.strip("\n"))
            part = ""
        part += piece
    return [each for each in [*done, part.strip("\n")] if each] or [""]


def _pieces(text: str, size: int) -> list[str]:
    """Paragraphs with what separates them; a long one by lines, a long line by words."""
    pieces = [text]
    for end in (r"(?<=\n\n)", r"(?<=\n)", r"(?<=[.!?] )", r"(?<= )"):
        pieces = [
            short
            for piece in pieces
            for short in (re.split(end, piece) if len(piece) > size else [piece])
        ]
    return [piece[at : at + size] for piece in pieces for at in range(0, max(1, len(piece)), size)]


def find(text: str, words: str, size: int = PART) -> str:
    """The paragraphs that fit `words` best, in reading order, each under its heading.

    At most `size` characters; empty where no word occurs.
    """
    paragraphs = _paragraphs(text, size // 4)
    scores = _scores([_terms(f"{heading} {body}") for heading, body in paragraphs], _terms(words))
    best = sorted(range(len(paragraphs)), key=lambda at: (-scores[at], at))
    chosen: list[int] = []
    room = size
    for at in best:
        heading, body = paragraphs[at]
        needed = len(heading) + len(body) + 4
        if scores[at] <= 0 or (chosen and scores[at] < scores[best[0]] / 4):
            break
        if needed <= room:
            chosen.append(at)
            room -= needed
    return _joined(paragraphs, sorted(chosen))


def _paragraphs(text: str, size: int) -> list[tuple[str, str]]:
    """Each paragraph with the heading it stands under."""
    found: list[tuple[str, str]] = []
    heading = ""
    for block in re.split(r"\n\s*\n", text):
        if block.startswith("#") and "\n" not in block:
            heading = block[:200]
        elif block.strip():
            found += [(heading, part) for part in parts(block, size)]
    return found


def _terms(text: str) -> list[str]:
    """Words in small letters, without a plural's s."""
    words = _WORD.findall(text.casefold())
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words]


def _scores(documents: Sequence[Sequence[str]], query: Sequence[str]) -> list[float]:
    """BM25 of each document."""
    counts = [Counter(document) for document in documents]
    mean = sum(map(len, documents)) / max(1, len(documents)) or 1.0
    weights = {}
    for term in set(query):
        having = sum(1 for count in counts if term in count)
        weights[term] = math.log(1 + (len(documents) - having + 0.5) / (having + 0.5))
    return [
        sum(
            weight
            * count[term]
            * (_K1 + 1)
            / (count[term] + _K1 * (1 - _B + _B * len(document) / mean))
            for term, weight in weights.items()
            if count[term]
        )
        for count, document in zip(counts, documents, strict=True)
    ]


def _joined(paragraphs: Sequence[tuple[str, str]], chosen: Sequence[int]) -> str:
    shown: list[str] = []
    last, above = -1, ""
    for at in chosen:
        heading, body = paragraphs[at]
        if shown and at != last + 1:
            shown.append("…")
        if heading and heading != above:
            shown.append(heading)
        shown.append(body)
        last, above = at, heading
    return "\n\n".join(shown)
