"""The keys of the configuration, each with what it may be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nomoat.memory.vectors import ChromaAddress
from nomoat.tools.effect import Effect, parse_effects

DEFAULT_MODEL = "qwen2.5-coder-1.5b"
APPROVE = ("ask", "edits", "never", "plan")
"""The modes of `nomoat.agent.trust.policy.Mode`, by name: that module loads half of LangChain."""

PROJECT_STEPS = 100
"""The most steps that a project's file may give to a run."""
PROJECT_SECONDS = 3600
"""The most seconds that it may give."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the file."""

    field: str
    """Of `Config`."""
    allowed: str
    """What its value may be, in words."""
    read: Callable[[Any, Path], Any]
    """The value, given the one in the file and the file's folder; ValueError: it cannot be."""


def _need(condition: bool) -> None:
    if not condition:
        raise ValueError


def _text(value: Any, _folder: Path) -> str:
    _need(isinstance(value, str) and bool(value.strip()))
    return str(value)


def _mode(value: Any, _folder: Path) -> str:
    _need(value in APPROVE)
    return str(value)


def _yes(value: Any, _folder: Path) -> bool:
    _need(isinstance(value, bool))
    return bool(value)


def _whole(value: Any, _folder: Path) -> int:
    _need(type(value) is int and value >= 1)
    return int(value)


def _number(value: Any, _folder: Path) -> float:
    _need(type(value) in (int, float) and 1 <= value < float("inf"))
    return float(value)


def _listed(value: Any, folder: Path) -> str:
    from nomoat.agent.weights.catalogue import catalogue

    name = _text(value, folder)
    _need(any(one.name == name and one.kind == "chat" for one in catalogue().models))
    return name


def _few(value: Any, folder: Path) -> int:
    _need(_whole(value, folder) <= PROJECT_STEPS)
    return int(value)


def _soon(value: Any, folder: Path) -> float:
    _need(_number(value, folder) <= PROJECT_SECONDS)
    return float(value)


def _path(value: Any, folder: Path) -> Path:
    return folder / Path(_text(value, folder)).expanduser()


def _chroma(value: Any, folder: Path) -> ChromaAddress:
    return ChromaAddress.parse(_text(value, folder))


def _url(value: Any, folder: Path) -> str:
    parts = urlsplit(_text(value, folder))
    _need(parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0)
    return str(value)


def _texts(value: Any, _folder: Path) -> dict[str, str]:
    _need(isinstance(value, dict) and all(isinstance(each, str) for each in value.values()))
    return dict(value)


def _list(value: Any, _folder: Path) -> list[str]:
    _need(isinstance(value, list) and all(isinstance(each, str) for each in value))
    return list(value)


def _effects(value: Any, _folder: Path) -> frozenset[Effect]:
    _need(isinstance(value, str))
    return parse_effects(value)


KEYS = {
    "model": Key("model", "the name of a model, the path of a GGUF file, or an endpoint", _text),
    "approve": Key("approve", "one of " + ", ".join(APPROVE), _mode),
    "episodes": Key("episodes", "true or false", _yes),
    "budget.steps": Key("steps", "a whole number from 1 on", _whole),
    "budget.seconds": Key("seconds", "a number from 1 on", _number),
    "memory.dir": Key("memory_dir", "the path of a folder", _path),
    "memory.url": Key("memory_url", "an address such as http://127.0.0.1:8000", _chroma),
    "search.searxng": Key("searxng", "an address such as http://127.0.0.1:8888", _url),
    "mcp.servers": Key("servers", "tables [mcp.servers.NAME]", _text),
}
"""Every key there is, in the order in which they are shown."""

PROJECT_KEYS = {
    "model": Key("model", "the name of a chat model that `nomoat models list` shows", _listed),
    "budget.steps": Key("steps", f"a whole number from 1 to {PROJECT_STEPS}", _few),
    "budget.seconds": Key("seconds", f"a number from 1 to {PROJECT_SECONDS}", _soon),
}
"""The keys that a project's file may set, and to what: its text may come from anybody."""

SERVER_KEYS = {
    "command": Key("command", "the name or path of a program", _text),
    "args": Key("args", "a list of texts", _list),
    "env": Key("env", "a table of texts", _texts),
    "url": Key("url", "an address such as http://127.0.0.1:9000/mcp", _url),
    "headers": Key("headers", "a table of texts", _texts),
    "effects": Key(
        "effects", 'of read, write, network, execute, such as "read, network"; or "none"', _effects
    ),
    "seconds": Key("seconds", "a number from 1 on", _number),
}
"""The keys of [mcp.servers.NAME]."""
