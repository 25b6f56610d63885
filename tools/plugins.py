"""Tools that people write: files, folders and installed packages, loaded so that one that fails
leaves the others working.

A plugin is a Python file with functions marked `@tool`, or with LangChain tools at module level.
"""

from __future__ import annotations

import ast
import importlib.metadata
import inspect
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from langchain_core.tools import BaseTool

from nomoat.memory.errors import NomoatError, UsageError
from nomoat.memory.home import home
from nomoat.tools.plugin_files import Place, PluginFile, find
from nomoat.tools.toolbox import as_tools, origin
from nomoat.tools.trust import Trust

__all__ = ["GROUP", "Loaded", "Place", "PluginFile", "load_plugins", "project_folder"]

GROUP = "nomoat.tools"
"""The entry-point group of installed packages."""

AskTrust = Callable[[PluginFile], bool]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What could be loaded, and what could not."""

    tools: tuple[BaseTool, ...] = ()
    problems: tuple[str, ...] = ()
    """One sentence for each plugin that was left out: where, and why."""


def project_folder(project: Path) -> Path:
    """Where a project keeps its own tools."""
    return project / ".nomoat" / "tools"


def load_plugins(
    paths: Iterable[Path] = (),
    *,
    project: Path | None = None,
    trust: AskTrust | None = None,
    user: Path | None = None,
    installed: bool = True,
    store: Trust | None = None,
) -> Loaded:
    """All tools of plugins, in the order: given paths, the user's folder, the project, packages.

    Args:
        paths: Files or folders that the person named; they are trusted.
        project: The folder whose `.nomoat/tools/` is looked into.
        trust: Asked once for each content of a project's plugin; None: nobody can be asked, and
            what was not trusted before is left out.
        user: The user's own folder of tools; default: `tools` in nomoat's home.
        installed: Whether installed packages are asked for tools.
        store: Where trust is remembered; default: `trust.json` in nomoat's home.

    Raises:
        UsageError: a given path is not there, or two tools have one name.
    """
    tools: list[BaseTool] = []
    problems: list[str] = []
    for plugin in _found(paths, user or home() / "tools", project):
        if plugin.place is Place.PROJECT and not _is_trusted(plugin, trust, store or Trust()):
            problems.append(_not_trusted(plugin, asked=trust is not None))
            continue
        loaded = _load(plugin)
        tools += loaded.tools
        problems += loaded.problems
    for entry_point in _entry_points() if installed else ():
        loaded = _load_installed(entry_point)
        tools += loaded.tools
        problems += loaded.problems
    _refuse_doubles(tools)
    return Loaded(tuple(tools), tuple(problems))


def _found(paths: Iterable[Path], user: Path, project: Path | None) -> Iterator[PluginFile]:
    """Every plugin once, wherever else it is found as well."""
    places = [(Path(path).expanduser().absolute(), Place.GIVEN) for path in paths]
    places += [(user, Place.USER)] if user.is_dir() else []
    if project is not None and project_folder(project).is_dir():
        places.append((project_folder(project), Place.PROJECT))
    seen: set[Path] = set()
    for path, place in places:
        for plugin in find(path, place):
            real = plugin.path.resolve()
            if real not in seen:
                seen.add(real)
                yield plugin


def _is_trusted(plugin: PluginFile, trust: AskTrust | None, store: Trust) -> bool:
    if plugin.sha256 in store:
        return True
    if trust is None or not trust(plugin):
        return False
    store.remember(plugin.sha256, str(plugin.path))
    return True


def _not_trusted(plugin: PluginFile, *, asked: bool) -> str:
    if asked:
        return f"{plugin.path} was left out: it was not trusted."
    return (
        f"{plugin.path} was left out: nobody could be asked whether to trust it. Run once in a "
        f"terminal and say yes, or name it with --tools."
    )


def _load(plugin: PluginFile) -> Loaded:
    try:
        tools = tuple(_tools_of(plugin.run(), plugin))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
        return Loaded(problems=(_reason(plugin, error),))
    if not tools:
        nothing = f"{plugin.path} holds no tools: mark a function with @tool of nomoat.tools."
        return Loaded(problems=(nothing,))
    return Loaded(tools)


def _tools_of(module: ModuleType, plugin: PluginFile) -> Iterator[BaseTool]:
    """The tools the module defines; what it imports from elsewhere is not its own."""
    source = inspect.getsource(module) if module.__loader__ else ""
    imported = _imported_names(source)
    seen: set[int] = set()
    for name, value in vars(module).items():
        if not isinstance(value, BaseTool) or name in imported or id(value) in seen:
            continue
        function = getattr(value, "func", None) or getattr(value, "coroutine", None)
        came_from = getattr(function, "__module__", plugin.module)
        # `from x import *` names nothing, so the function itself is asked as well
        if "*" in imported and came_from.partition(".")[0] != plugin.module:
            continue
        seen.add(id(value))
        yield value


def _imported_names(source: str) -> set[str]:
    """Names that imports from outside of the plugin bind."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level):
            names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return names


def _reason(plugin: PluginFile, error: BaseException) -> str:
    """Where in the plugin it failed, and with what."""
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, NomoatError):
        said = f"{error} {error.hint}".strip()
    place = str(plugin.path)
    if isinstance(error, SyntaxError):
        place, said = f"{error.filename or place}, line {error.lineno}", f"SyntaxError: {error.msg}"
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename.startswith(str(plugin.path))]
        if own:
            place = f"{own[-1].filename}, line {own[-1].lineno}"
    return f"{place} was left out: {said.rstrip('.')}."


# installed packages


def _entry_points() -> Sequence[importlib.metadata.EntryPoint]:
    return sorted(importlib.metadata.entry_points(group=GROUP), key=lambda one: one.name)


def _load_installed(entry_point: importlib.metadata.EntryPoint) -> Loaded:
    try:
        return Loaded(tuple(as_tools(_offered(entry_point.load()))))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a package may raise anything
        package = entry_point.dist.name if entry_point.dist else "an installed package"
        where = f"The entry point {entry_point.name!r} of {package} ({entry_point.value})"
        return Loaded(problems=(f"{where} was left out: {type(error).__name__}: {error}",))


def _offered(value: Any) -> list[object]:
    """A tool, a list of them, a function that is one, or `() -> list[BaseTool]`."""
    if isinstance(value, list | tuple):
        return list(value)
    if callable(value) and not isinstance(value, BaseTool):
        signature = inspect.signature(value)
        if not signature.parameters and "BaseTool" in str(signature.return_annotation):
            return list(value())
    return [value]


def _refuse_doubles(tools: Sequence[BaseTool]) -> None:
    first: dict[str, BaseTool] = {}
    for one in tools:
        other = first.setdefault(one.name, one)
        if other is not one:
            raise UsageError(
                f"Two tools are called {one.name!r}: {origin(other)} and {origin(one)}.",
                hint="Rename one of them, or leave one of the plugins out.",
            )
