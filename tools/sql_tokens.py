"""SQL cut into tokens, which can be looked at and replaced one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*"|`[^`]*`)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)


class Query:
    """SQL cut into tokens; `kinds` and `texts` run in parallel."""

    def __init__(self, sql: str) -> None:
        found = list(_TOKEN.finditer(sql))
        self.kinds = [match.lastgroup or "" for match in found]
        self.texts = [match.group() for match in found]

    def __str__(self) -> str:
        return "".join(self.texts)

    def solid(self) -> list[int]:
        """The places of tokens that are no space and no comment."""
        return [at for at, kind in enumerate(self.kinds) if kind != "space"]

    def put(self, at: int, text: str, kind: str) -> None:
        self.texts[at], self.kinds[at] = text, kind

    def drop(self, first: int, last: int) -> None:
        """Empty the tokens from first to last, both included."""
        for at in range(first, last + 1):
            self.put(at, "", "space")

    def is_word(self, at: int, *words: str) -> bool:
        return self.kinds[at] == "word" and self.texts[at].upper() in words


def unquote(text: str) -> str:
    """What stands between quotes of any kind."""
    mark = text[0]
    return text[1:-1].replace(mark * 2, mark) if mark in "'\"`" else text


def aliases(query: Query, solid: Sequence[int]) -> set[str]:
    """Names given in the query itself: after AS, and WITH name AS."""
    found = set()
    for before, at in pairwise(solid):
        if query.is_word(before, "AS") and query.kinds[at] in {"quoted", "word"}:
            found.add(unquote(query.texts[at]).lower())
        if query.is_word(at, "AS") and query.kinds[before] in {"quoted", "word"}:
            found.add(unquote(query.texts[before]).lower())
        if query.kinds[at] == "quoted" and query.kinds[before] in {"word", "quoted"}:
            is_alias = not query.is_word(before, *_KEYWORDS)
            found |= {unquote(query.texts[at]).lower()} if is_alias else set()
    return found


_KEYWORDS = frozenset(
    "SELECT FROM WHERE AND OR NOT IN LIKE ILIKE BETWEEN BY ON WHEN THEN ELSE HAVING CASE "
    "DISTINCT".split()
)
