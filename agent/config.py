"""What a person has set for all runs: `config.toml` in nomoat's home, and nothing else.

A project has no such file on purpose. A folder that came from somebody else must not be able to
start servers, allow calls, choose a model, or say where private vectors go.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from nomoat.agent.config_keys import DEFAULT_MODEL, KEYS, SERVER_KEYS, Key
from nomoat.memory.errors import NomoatError, UsageError
from nomoat.memory.home import home
from nomoat.memory.vectors import ChromaAddress
from nomoat.tools.mcp_server import McpServer


@dataclass(frozen=True, slots=True)
class Config:
    """The settings that hold where the command line says nothing."""

    model: str = DEFAULT_MODEL
    """Name of a model, or path of a GGUF file."""
    approve: str = "ask"
    """What passes without a question: `ask`, `edits`, `never` or `plan`."""
    episodes: bool = False
    """Whether runs are remembered, and told of where a goal is like theirs."""
    steps: int = 20
    """Steps a run may take."""
    seconds: float = 600.0
    """Seconds a run may take."""
    memory_dir: Path | None = None
    """Folder of the person's memory; None: `memory/default` in nomoat's home."""
    memory_url: ChromaAddress | None = None
    """A Chroma server that holds its vectors; None: the folder does."""
    searxng: str = ""
    """Address of a SearXNG that is asked instead of public search engines."""
    servers: tuple[McpServer, ...] = ()
    """MCP servers, started for each run."""
    given: frozenset[str] = field(default=frozenset(), repr=False)
    """The keys that the file sets, as it writes them (`memory.dir`)."""


def config_file() -> Path:
    """Where the configuration lies, whether it is there or not."""
    return home() / "config.toml"


def load_config(file: Path | None = None) -> Config:
    """The configuration of `file` (default: `config_file()`); without a file, the defaults.

    Raises:
        UsageError: it cannot be read, or has keys or values that cannot be: all are named.
    """
    file = file or config_file()
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, ValueError) as error:  # what is no TOML or no UTF-8 is a ValueError
        said = getattr(error, "strerror", None) or error
        raise UsageError(
            f"The configuration {file} cannot be read: {said}.", hint="Mend it, or move it away."
        ) from None
    reader = _Reader(file.parent)
    values = dict(reader.values(data))
    if reader.problems:
        raise UsageError(
            f"The configuration {file} has what cannot be. {' '.join(reader.problems)}",
            hint="docs/configuration.md lists what is allowed; `nomoat config path` is that file.",
        )
    fields = {KEYS[key].field: value for key, value in values.items()}
    return Config(**fields, given=frozenset(values))


class _Reader:
    """Reads the tables of a file, and collects what is wrong in them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[str] = []

    def values(self, data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
        """The keys that are set, with their values."""
        for name, value in data.items():
            key = f"{before}{name}"
            if key == "mcp.servers" and isinstance(value, dict):
                yield key, tuple(self._servers(value))
            elif key in KEYS:
                yield from self._value(key, KEYS[key], value)
            elif any(known.startswith(f"{key}.") for known in KEYS):
                if isinstance(value, dict):
                    yield from self.values(value, f"{key}.")
                else:
                    self.problems.append(f"`{key}` has to be a table: [{key}].")
            else:
                self._unknown(key, list(KEYS))

    def _value(self, key: str, known: Key, value: Any) -> Iterator[tuple[str, Any]]:
        try:
            yield key, known.read(value, self._folder)
        except (ValueError, NomoatError):
            # a table may hold secrets
            said = "a table" if isinstance(value, dict) else repr(value)
            self.problems.append(f"`{key}` is {said}; it has to be {known.allowed}.")

    def _unknown(self, key: str, known: list[str]) -> None:
        near = get_close_matches(key, known, n=1)
        best = f"Did you mean `{near[0]}`? " if near else ""
        self.problems.append(f"`{key}` is unknown. {best}There are: {', '.join(known)}.")

    def _servers(self, tables: Mapping[str, Any]) -> Iterator[McpServer]:
        for name, table in tables.items():
            where = f"mcp.servers.{name}"
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
