"""Records as tables: the lists of objects in a JSON value, flattened to rows of text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any


def record_tables(data: Any) -> Iterator[tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]]:
    """The lists of records in a JSON value, each with its key, its columns and its rows."""
    for name, records in _record_lists(data):
        flat = [_flat(record) for record in records]
        names = tuple(dict.fromkeys(key for record in flat for key in record))
        yield name, names, tuple(tuple(record.get(key, "") for key in names) for record in flat)


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
        return json.dumps(value, ensure_ascii=False)
    return str(value)
