"""What a person has set for all runs, and what holds for a run in a folder.

`config.toml` in nomoat's home is the person's and may set everything. A project's `nomoat.toml`
wins over it, in the few things that are a project's to set; variables of the environment win over
both, and options on the command line over all.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nomoat.agent.config import project as config_project
from nomoat.agent.config.keys import DEFAULT_MODEL, KEYS
from nomoat.agent.config.read import Reader, from_environment, variable
from nomoat.memory.errors import UsageError
from nomoat.memory.home import home
from nomoat.memory.vectors import ChromaAddress
from nomoat.tools.mcp_server import McpServer


@dataclass(frozen=True, slots=True)
class Config:
    """The settings that hold where the command line says nothing."""

    model: str = DEFAULT_MODEL
    """Name of a model, path of a GGUF file, or address of an endpoint."""
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
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The keys that are set, as a file writes them (`memory.dir`), each with what sets it: the
    name of a file or of a variable."""

    def with_values(self, values: Mapping[str, Any], origin: Mapping[str, str]) -> Config:
        """The same, with values for some keys, and with what sets each of these."""
        fields = {KEYS[key].field: value for key, value in values.items()}
        return replace(self, **fields, given={**self.given, **origin})


def config_file() -> Path:
    """Where the person's configuration lies, whether it is there or not."""
    return home() / "config.toml"


def settled_config(project: Path | None = None) -> Config:
    """What holds for a command: the person's file, the project's, and the environment.

    Args:
        project: The folder whose project's file counts; None: no project's does.

    Raises:
        UsageError: a file or a variable has what cannot be, or a project's file what it may not.
    """
    held = load_config()
    file = config_project.project_file(project) if project is not None else None
    if file is not None:
        values = config_project.project_values(file)
        held = held.with_values(values, dict.fromkeys(values, file.name))
    values = from_environment(os.environ)
    return held.with_values(values, {key: variable(key) for key in values})


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
    reader = Reader(file.parent)
    values = dict(reader.values(data))
    if reader.problems:
        raise UsageError(
            f"The configuration {file} has what cannot be. {' '.join(reader.problems)}",
            hint="docs/configuration.md lists what is allowed; `nomoat config path` is that file.",
        )
    return Config().with_values(values, dict.fromkeys(values, file.name))
