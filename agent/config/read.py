"""Reads the values of a configuration, and collects what is wrong in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nomoat.agent.config.keys import KEYS, SERVER_KEYS, Key
from nomoat.agent.printable import clean, short
from nomoat.memory.errors import NomoatError, UsageError
from nomoat.tools.mcp_server import McpServer

SHOWN_CHARS = 200
"""Characters of a key or value that are repeated to the person."""


class Reader:
    """Reads the tables of a file.

    Args:
        folder: Relative paths count from here.
        keys: The keys that may be set.
    """

    def __init__(self, folder: Path, keys: Mapping[str, Key] = KEYS) -> None:
        self._folder = folder
        self._keys = keys
        self.problems: list[str] = []
        """A sentence for each thing that cannot be."""
        self.refused: list[str] = []
        """Keys that there are, and that may not be set here."""

    def values(self, data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
        """The keys that are set, with their values."""
        for name, value in data.items():
            key = f"{before}{name}"
            if key in KEYS and key not in self._keys:
                self.refused.append(key)
            elif key == "mcp.servers" and isinstance(value, dict):
                yield key, tuple(self._servers(value))
            elif key in KEYS:
                yield from self._value(key, self._keys[key], value)
            elif any(known.startswith(f"{key}.") for known in KEYS):
                if isinstance(value, dict):
                    yield from self.values(value, f"{key}.")
                else:
                    self.problems.append(f"`{key}` has to be a table: [{key}].")
            else:
                self._unknown(key, list(self._keys))

    def _value(self, key: str, known: Key, value: Any) -> Iterator[tuple[str, Any]]:
        try:
            yield key, known.read(value, self._folder)
        except (ValueError, NomoatError):
            # a table may hold secrets
            said = "a table" if isinstance(value, dict) else short(repr(value), SHOWN_CHARS)
            self.problems.append(f"`{key}` is {said}; it has to be {known.allowed}.")

    def _unknown(self, key: str, known: list[str]) -> None:
        near = get_close_matches(key, known, n=1)
        best = f"Did you mean `{near[0]}`? " if near else ""
        shown = clean(short(key, SHOWN_CHARS))
        self.problems.append(f"`{shown}` is unknown. {best}There are: {', '.join(known)}.")

    def _servers(self, tables: Mapping[str, Any]) -> Iterator[McpServer]:
        for name, table in tables.items():
            where = f"mcp.servers.{clean(short(name, SHOWN_CHARS))}"
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or not isinstance(table, dict):
                self.problems.append(
                    f"`{where}` has to be a table, its name of letters, digits, - and _."
                )
                continue
            before, values = len(self.problems), dict[str, Any]()
            for key, value in table.items():
                if key in SERVER_KEYS:
                    values.update(self._value(f"{where}.{key}", SERVER_KEYS[key], value))
                else:
                    self._unknown(f"{where}.{key}", [f"{where}.{one}" for one in SERVER_KEYS])
            if len(self.problems) == before:
                yield from self._server(name, {k.rpartition(".")[2]: v for k, v in values.items()})

    def _server(self, name: str, values: dict[str, Any]) -> Iterator[McpServer]:
        where = f"mcp.servers.{name}"
        for key, goes_with in (("args", "command"), ("env", "command"), ("headers", "url")):
            if key in values and goes_with not in values:
                self.problems.append(f"`{where}.{key}` goes with `{where}.{goes_with}` only.")
                return
        if program := values.pop("command", ""):
            values["command"] = (program, *values.pop("args", ()))
        try:
            yield McpServer(name, **values)
        except UsageError as error:
            self.problems.append(f"{error} {error.hint}")


def variable(key: str) -> str:
    """The environment variable of a key: `budget.steps` is `NOMOAT_BUDGET_STEPS`."""
    return f"NOMOAT_{key.replace('.', '_').upper()}"


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """The keys that variables set, with their values; an empty variable sets nothing.

    Raises:
        UsageError: a variable has a value that cannot be.
    """
    set_here = {key: environ.get(variable(key), "") for key in KEYS if key != "mcp.servers"}
    return {key: _of_text(key, text) for key, text in set_here.items() if text.strip()}


def _of_text(key: str, text: str) -> Any:
    """A text is taken as it is where that can be, else as JSON writes numbers, true and false."""
    known = KEYS[key]
    for value in (lambda: text, lambda: json.loads(text)):
        try:
            return known.read(value(), Path())
        except (ValueError, NomoatError):
            continue
    raise UsageError(
        f"The variable {variable(key)} is {short(repr(text), SHOWN_CHARS)}; "
        f"it has to be {known.allowed}.",
        hint="Set it to that, or unset it.",
    )
