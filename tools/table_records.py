"""Records as tables: the lists of objects in a JSON value, flattened to rows of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

LEAST_ENTRIES = 2
"""Of a mapping that is read as a table."""


def record_tables(data: Any) -> Iterator[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The lists of records in a JSON value, each with its key, its columns and its rows."""
    for name, records in _record_lists(data):
        flat = [_flat(record) for record in records]
        names = tuple(dict.fromkeys(key for record in flat for key in record))
        yield name, names, tuple(tuple(record.get(key, "") for key in names) for record in flat)


def mapping_tables(data: Any) -> Iterator[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The mappings in a JSON value that name things of one kind, as `record_tables` gives lists: of
    `{"5a": {"room": 104}, "5b": {"room": 107}}` each key is a `name`."""
    for key, value in _mappings(data):
        if all(isinstance(each, dict) for each in value.values()):
            records = [{"name": as_text(name), **each} for name, each in value.items()]
            yield from ((key, names, rows) for _, names, rows in record_tables(records))
        else:
            pairs = [(as_text(name), each) for name, said in value.items() for each in _all(said)]
            yield key, ("name", "value"), tuple((name, as_text(each)) for name, each in pairs)


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mappings(data: Any, key: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """The mappings of at least two entries which are all plain, or all mappings with a key in
    common; of others those under their keys."""
    if not isinstance(data, dict):
        return
    values = list(data.values())
    plain = all(not isinstance(each, dict) and not _are_records(each) for each in values)
    alike = all(isinstance(each, dict) for each in values) and (
        set.intersection(*map(set, values)) if values else set()
    )
    if len(values) >= LEAST_ENTRIES and (plain or alike):
        yield key, data
        return
    for name, value in data.items():
        yield from _mappings(value, str(name))


def _record_lists(data: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """The lists of records in a JSON value: itself, or those under its keys. Often none."""
    if _are_records(data):
        return [("", data)]
    if not isinstance(data, dict):
        return []
    found = [(key, value) for key, value in data.items() if _are_records(value)]
    return [("", found[0][1])] if len(found) == 1 else found


def _are_records(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(row, dict) for row in data)


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in record.items():
        if isinstance(value, dict) and value:
            flat |= _flat(value, f"{prefix}{key}_")
        else:
            flat[f"{prefix}{key}"] = as_text(value)
    return flat


def as_text(value: Any) -> str:
    """A value of a record or a sheet as the loader reads it: days and times as ISO has them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        is_day = value.hour == value.minute == value.second == value.microsecond == 0
        return value.date().isoformat() if is_day else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict):
        plain = isinstance(value, list) and not any(isinstance(e, list | dict) for e in value)
        text = json.dumps(value, ensure_ascii=False, default=str)
        return ", ".join(map(as_text, value)) if plain else text
    return str(value)
