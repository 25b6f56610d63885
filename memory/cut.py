"""Cuts the text of a block into pieces that are small enough, at the best places there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from nomoat.memory.document import BlockKind

# About what a WordPiece vocabulary makes of a text: a word of up to eight letters is one token,
# digits go by two or three, letters of other scripts and signs one by one.
_TOKEN = re.compile(r"[A-Za-z]{1,8}|[0-9]{1,3}|[^\sA-Za-z0-9]")
_WORD = re.compile(r"\S+")
_SENTENCES = re.compile(r"(?<=[.!?][\"'”’)\]])\s+|(?<=[.!?])\s+|(?<=[。！？])\s*|\n+")
_LINES = re.compile(r"\n+")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\n*")
_VALUES = re.compile(r"(?<=;) ")

_PLACES = {
    BlockKind.CODE: (_BLANK_LINES, _LINES),
    BlockKind.TABLE: (_LINES, _VALUES),
    BlockKind.LIST: (_LINES, _SENTENCES),
}
_PROSE = (_BLANK_LINES, _SENTENCES)


class Piece(NamedTuple):
    """A slice of a block's text and its size."""

    start: int
    end: int
    tokens: int


def count_tokens(text: str) -> int:
    """How many tokens an embedding model is likely to make of a text; linear in its length."""
    return sum(1 for _ in _TOKEN.finditer(text))


def cut(text: str, kind: BlockKind, most: int) -> Iterator[Piece]:
    """Slices of at most `most` tokens in order; only white space is left between them.

    A block that fits stays whole. Code is cut at blank lines, tables and lists between lines,
    prose between sentences; where that does not do, between words, and a word that is too long
    in itself anywhere.
    """
    yield from _cut(text, Piece(0, len(text), count_tokens(text)), _PLACES.get(kind, _PROSE), most)


def _cut(
    text: str, piece: Piece, places: tuple[re.Pattern[str], ...], most: int
) -> Iterator[Piece]:
    if piece.tokens <= most:
        if piece.tokens:
            yield piece
        return
    if not places:
        yield from _words(text, piece, most)
        return
    start = piece.start
    for found in places[0].finditer(text, piece.start, piece.end):
        if found.start() > start:
            yield from _cut(text, _piece(text, start, found.start()), places[1:], most)
        start = found.end()
    yield from _cut(text, _piece(text, start, piece.end), places[1:], most)


def _piece(text: str, start: int, end: int) -> Piece:
    return Piece(start, end, sum(1 for _ in _TOKEN.finditer(text, start, end)))


def _words(text: str, piece: Piece, most: int) -> Iterator[Piece]:
    """Runs of words that fill a piece each."""
    start = end = piece.start
    tokens = 0
    for word in _WORD.finditer(text, piece.start, piece.end):
        more = _piece(text, word.start(), word.end()).tokens
        if tokens and tokens + more > most:
            yield Piece(start, end, tokens)
            tokens = 0
        if not tokens:
            start = word.start()
        if more > most:
            yield from _letters(text, word.start(), word.end(), most)
            continue
        end = word.end()
        tokens += more
    if tokens:
        yield Piece(start, end, tokens)


def _letters(text: str, start: int, end: int, most: int) -> Iterator[Piece]:
    """A single word that is too long, in parts of `most` tokens."""
    tokens = 0
    for found in _TOKEN.finditer(text, start, end):
        if tokens == most:
            yield Piece(start, found.start(), tokens)
            start, tokens = found.start(), 0
        tokens += 1
    yield Piece(start, end, tokens)
