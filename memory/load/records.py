"""JSON and JSON lines: conversations become turns, anything else lines of `path: value`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from nomoat.memory.document import Block, BlockKind, Span, Unit
from nomoat.memory.load.dates import iso_value
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.text import lines_span, read_text
from nomoat.memory.load.turns import is_conversation, session_date, turn_blocks

_JSON_SPACE = " \t\n\r"
_DATES = ("date", "datetime", "date_time", "created_at", "timestamp", "published", "updated_at")
_TITLES = ("title", "name", "subject")


class _Value(NamedTuple):
    """A member of the outermost list or object, with the lines of the file it stands on."""

    key: str
    value: Any
    span: Span


def read_json(source: Source) -> Parsed:
    """One block for each member of the outermost value; conversations anywhere become turns."""
    text = source.text
    try:
        value = json.loads(text)
    except ValueError:
        return _as_text(source)
    if is_conversation(value):
        return Parsed(list(turn_blocks(value)))
    blocks = [block for member in _members(text, value) for block in _blocks(member, value)]
    fields = value if isinstance(value, dict) else {}
    return Parsed(blocks, _title(fields), _date(fields))


def read_jsonl(source: Source) -> Parsed:
    """One value a line; a file of turns is one conversation."""
    members = []
    for number, line in enumerate(source.lines, 1):
        if line.strip():
            try:
                value = json.loads(line)
            except ValueError:
                return _as_text(source)
            members.append(_Value("", value, lines_span(number, number)))
    values = [member.value for member in members]
    if is_conversation(values):
        spans = [member.span for member in members]
        turns = turn_blocks(values)
        return Parsed([_at(block, span) for block, span in zip(turns, spans, strict=True)])
    return Parsed([block for member in members for block in _blocks(member, {})])


def _as_text(source: Source) -> Parsed:
    parsed = read_text(source)
    return Parsed(parsed.blocks, parsed.title, parsed.date, format="text")


def _at(block: Block, span: Span) -> Block:
    return Block(block.text, block.kind, span, block.titles, block.date)


def _blocks(member: _Value, siblings: Any) -> Iterator[Block]:
    lines: list[str] = []
    turns: list[Block] = []
    for path, value in _leaves(member.key, member.value, siblings):
        if isinstance(value, _Conversation):
            turns.extend(turn_blocks(value.turns, within=path, date=value.date))
        elif value not in ("", None):
            lines.append(f"{path}: {_shown(value)}" if path else _shown(value))
    if lines:
        fields = member.value if isinstance(member.value, dict) else {}
        yield Block("\n".join(lines), BlockKind.TABLE, member.span, (), _date(fields))
    yield from turns


class _Conversation(NamedTuple):
    turns: list[dict[str, Any]]
    date: str


def _leaves(path: str, value: Any, siblings: Any) -> Iterator[tuple[str, Any]]:
    """The values below a value with their paths, in order; conversations are kept whole."""
    stack = [(path, value, siblings)]
    while stack:
        path, value, siblings = stack.pop()
        if is_conversation(value):
            yield path, _Conversation(value, session_date(path.rpartition(".")[2], siblings))
        elif isinstance(value, dict):
            inner = ((f"{path}.{key}" if path else key, each) for key, each in value.items())
            stack.extend((*item, value) for item in reversed(list(inner)))
        elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
            inner = ((f"{path}[{at}]", each) for at, each in enumerate(value, 1))
            stack.extend((*item, value) for item in reversed(list(inner)))
        elif isinstance(value, list):
            yield path, ", ".join(map(_shown, value))
        else:
            yield path, value


def _members(text: str, value: Any) -> Iterator[_Value]:
    """The members of the outermost value with their lines; the text is known to be valid."""
    if not isinstance(value, dict | list):
        yield _Value("", value, lines_span(1, 1 + text.strip().count("\n")))
        return
    scan = _Scan(text)
    scan.after("{[")
    for number in range(1, len(value) + 1):
        first = scan.line()
        key = ""
        if isinstance(value, dict):
            key = str(scan.value())
            scan.after(":")
        found = scan.value()
        last = scan.line()
        scan.after(",}]")
        span = (
            Span(Unit.ROW, number, number) if "\n" not in text.strip() else lines_span(first, last)
        )
        yield _Value(key, found, span)


class _Scan:
    """Walks over JSON text value by value and counts the lines on the way."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = 0
        self._line = 1
        self._decode = json.JSONDecoder().raw_decode
        self._space()

    def after(self, signs: str) -> None:
        if self._text[self._at] in signs:
            self._at += 1
        self._space()

    def value(self) -> Any:
        found, self._at = self._decode(self._text, self._at)
        return found

    def line(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _space(self) -> None:
        while self._at < len(self._text) and self._text[self._at] in _JSON_SPACE:
            self._at += 1


def _shown(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    return json.dumps(value)


def _title(fields: Mapping[str, Any]) -> str:
    named = (fields.get(name) for name in _TITLES)
    return next((value for value in named if isinstance(value, str)), "")


def _date(fields: Mapping[str, Any]) -> str:
    return next((date for name in _DATES if (date := iso_value(fields.get(name)))), "")
