"""A workspace with the tools for files, for the tests of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nomoat.tools.base import spec_of
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox


class Files:
    """A workspace and its tools."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.toolbox = Toolbox(file_tools(Workspace(root)))

    def call(self, name: str, /, **arguments: Any) -> Observation:
        return self.toolbox.call(name, arguments)

    def ok(self, name: str, /, **arguments: Any) -> str:
        observed = self.call(name, **arguments)
        assert observed.ok, observed.text
        return observed.text

    def refused(self, name: str, /, **arguments: Any) -> str:
        observed = self.call(name, **arguments)
        assert not observed.ok
        return observed.text

    def preview(self, name: str, /, **arguments: Any) -> str:
        preview = spec_of(self.toolbox.get(name)).preview
        assert preview is not None
        return preview(arguments)

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
