"""Python files that hold tools: finding them, telling them apart, running them under own names.

What runs is exactly what was read and hashed: sources come from memory, never from a cached
`.pyc`, and `sys.path` is not touched. A plain file stands alone; a folder with `__init__.py` is a
package whose modules import each other with `from .helper import …`.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

from nomoat.memory.errors import UsageError

PREFIX = "_nomoat_plugin_"


class Place(StrEnum):
    """Where a plugin was found; only those of a project have to be trusted first."""

    GIVEN = "given"
    USER = "user"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class PluginFile:
    """A plugin as it was read: one file, or a package."""

    path: Path
    """The file, or the package's folder."""
    place: Place
    sources: Mapping[str, bytes]
    """Python sources by path relative to the folder; one for a plain file."""

    @property
    def sha256(self) -> str:
        """Of all sources and their names."""
        digest = hashlib.sha256()
        for name, source in sorted(self.sources.items()):
            for part in (name.encode(), source):
                digest.update(len(part).to_bytes(8, "big") + part)
        return digest.hexdigest()

    @property
    def module(self) -> str:
        """The name it is imported by; no other file has it."""
        where = hashlib.sha256(str(self.path).encode()).hexdigest()
        return f"{PREFIX}{where[:8]}_{self.sha256[:12]}"

    def run(self) -> ModuleType:
        """Import it. Whatever the plugin raises is passed on; nothing of it is left behind then."""
        _finder().add(self)
        try:
            return importlib.import_module(self.module)
        except BaseException:
            own = f"{self.module}."
            for name in [n for n in sys.modules if n == self.module or n.startswith(own)]:
                del sys.modules[name]
            raise


def find(path: Path, place: Place) -> list[PluginFile]:
    """The plugins at `path`: a file, a package, or a folder of both. Sorted by name.

    Raises:
        UsageError: there is nothing there, or it cannot be read.
    """
    try:
        if path.is_file():
            return [PluginFile(path, place, {path.name: path.read_bytes()})]
        if (path / "__init__.py").is_file():
            return [_package(path, place)]
        inside = sorted(path.iterdir())
        return [plugin for one in inside if _is_plugin(one) for plugin in find(one, place)]
    except OSError as error:
        raise UsageError(
            f"The tools at {str(path)!r} cannot be read: {error.strerror}.",
            hint="Name a Python file, or a folder of Python files.",
        ) from None


def _is_plugin(path: Path) -> bool:
    if path.name.startswith(("_", ".", "test_")):
        return False
    return path.suffix == ".py" if path.is_file() else (path / "__init__.py").is_file()


def _package(folder: Path, place: Place) -> PluginFile:
    files = sorted(file for file in folder.rglob("*.py") if file.is_file())
    sources = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    return PluginFile(folder, place, sources)


class _Finder(MetaPathFinder):
    """Finds the modules of plugins in what was read of them."""

    def __init__(self) -> None:
        self._plugins: dict[str, PluginFile] = {}

    def add(self, plugin: PluginFile) -> None:
        self._plugins[plugin.module] = plugin

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        top, _, rest = fullname.partition(".")
        plugin = self._plugins.get(top)
        if plugin is None:
            return None
        if plugin.path.suffix == ".py" and plugin.path.name in plugin.sources:
            return None if rest else _spec(fullname, plugin, plugin.path.name, plugin.path)
        stem = rest.replace(".", "/")
        for name in (f"{stem}/__init__.py".lstrip("/"), f"{stem}.py"):
            if name in plugin.sources:
                return _spec(fullname, plugin, name, plugin.path / name)
        return None


def _spec(fullname: str, plugin: PluginFile, name: str, file: Path) -> ModuleSpec | None:
    loader = _Loader(plugin.sources[name], file)
    within = [str(file.parent)] if file.name == "__init__.py" else None
    return importlib.util.spec_from_file_location(
        fullname, file, loader=loader, submodule_search_locations=within
    )


class _Loader(InspectLoader):
    def __init__(self, source: bytes, file: Path) -> None:
        self._source, self._file = source, file

    def get_source(self, fullname: str) -> str:
        del fullname
        return importlib.util.decode_source(self._source)

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return self.source_to_code(self._source, str(self._file))

    def is_package(self, fullname: str) -> bool:
        del fullname
        return self._file.name == "__init__.py"


_adding = threading.Lock()


def _finder() -> _Finder:
    """The finder among Python's own; put there when the first plugin is loaded."""
    with _adding:
        for one in sys.meta_path:
            if isinstance(one, _Finder):
                return one
        made = _Finder()
        sys.meta_path.append(made)
        return made
