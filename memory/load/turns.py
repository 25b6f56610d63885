"""Conversations in records: lists of who said what, as many programs export them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from nomoat.memory.document import Block, BlockKind, Span, Unit
from nomoat.memory.load.dates import iso_value

_SPEAKERS = ("speaker", "role", "author", "from", "sender", "username", "user")
_TEXTS = ("text", "content", "message", "body", "utterance")
_DATES = (
    "date",
    "when",
    "datetime",
    "date_time",
    "timestamp",
    "time",
    "created_at",
    "sent_at",
    "ts",
)


def is_conversation(value: object) -> TypeGuard[list[dict[str, Any]]]:
    """Whether it is a list of at least two turns, each with a speaker and a text."""
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(turn, dict) and _speaker(turn) and _has_text(turn) for turn in value)
    )


def turn_blocks(
    turns: Sequence[Mapping[str, Any]], *, within: str = "", date: str = ""
) -> Iterator[Block]:
    """Each turn as `Speaker: text`, a message of its own; `date` is that of the conversation."""
    for number, turn in enumerate(turns, 1):
        said = [_text(turn), *_captions(turn)]
        text = f"{_speaker(turn)}: {' '.join(part for part in said if part)}"
        span = Span(Unit.MESSAGE, number, number, within)
        own = next((found for name in _DATES if (found := iso_value(turn.get(name)))), "")
        yield Block(text, BlockKind.TURN, span, (), own or date)


def session_date(key: str, siblings: object) -> str:
    """The date that stands beside a conversation: `session_1_date_time` beside `session_1`."""
    if not isinstance(siblings, dict):
        return ""
    names = (f"{key}_date_time", f"{key}_date", *_DATES)
    return next((date for name in names if (date := iso_value(siblings.get(name)))), "")


def _speaker(turn: Mapping[str, Any]) -> str:
    for name in _SPEAKERS:
        value = turn.get(name)
        if isinstance(value, dict):
            value = value.get("name") or value.get("username")
        if isinstance(value, str) and 0 < len(value) <= 80:
            return value
    return ""


def _has_text(turn: Mapping[str, Any]) -> bool:
    return any(isinstance(turn.get(name), str | list) for name in _TEXTS)


def _text(turn: Mapping[str, Any]) -> str:
    for name in _TEXTS:
        value = turn.get(name)
        if isinstance(value, str):
            return value.strip()
        if isinstance(value, list):
            return " ".join(filter(None, map(_part, value)))
    return ""


def _part(part: object) -> str:
    """One of several parts of a message: a text, or a record that holds one."""
    if isinstance(part, dict):
        part = part.get("text")
    return part.strip() if isinstance(part, str) else ""


def _captions(turn: Mapping[str, Any]) -> Iterator[str]:
    """What is said about a picture that was sent along."""
    for name, value in turn.items():
        if "caption" in name and isinstance(value, str) and value:
            yield f"[{value}]"
