"""`http_get_json`: data from an address that answers in JSON, and only the part that is wanted."""

from __future__ import annotations

import json
import re
from typing import Any

from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard.net import Fetched

MAX_SHOWN = 4_000
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?[0-9]{1,9})\]")


def select(data: Any, path: str) -> Any:
    """The part of `data` at a path such as `items[0].name`.

    Raises:
        Retry: there is no such part; the hint says what there is.
    """
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if not step:
            raise Retry(f"The path {path!r} is malformed.", hint="Write it as items[0].name.")
        data = _step(data, step, path)
        at = step.end()
    return data


def _step(data: Any, step: re.Match[str], path: str) -> Any:
    key, index = step[1], step[2]
    if isinstance(data, list) and (index or re.fullmatch(r"-?[0-9]{1,9}", key or "")):
        number = int(index or key)
        if -len(data) <= number < len(data):
            return data[number]
    elif isinstance(data, dict) and key in data:
        return data[key]
    shown = path[: step.start()] or "the top"
    raise Retry(f"There is no {step[0]!r} at {shown}.", hint=_what(data))


def _what(data: Any) -> str:
    if isinstance(data, dict):
        return f"There are: {', '.join(map(str, list(data)[:20]))}."
    if isinstance(data, list):
        return (
            f"It is a list of {len(data)}: use [0] to [{len(data) - 1}]." if data else "It is []."
        )
    return f"It is {json.dumps(data, ensure_ascii=False)[:100]}."


def shown(fetched: Fetched, path: str) -> str:
    """The selected part, compact and cut to size.

    Raises:
        Failed: it is not JSON.
        Retry: the path leads nowhere.
    """
    try:
        data = json.loads(fetched.text)
    except (ValueError, RecursionError):
        raise Failed("The address does not answer in JSON.", hint="Open it with browse.") from None
    part = select(data, path.strip().removeprefix("$"))
    text = json.dumps(part, ensure_ascii=False, separators=(", ", ": "))
    if len(text) <= MAX_SHOWN:
        return text
    return f"{text[:MAX_SHOWN]} … ({len(text)} characters; {_what(part)} Select with path.)"
