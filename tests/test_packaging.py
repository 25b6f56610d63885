"""What is shipped is complete, and each part imports only what it may."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("agent", "memory", "tools")
MAY_IMPORT = {"memory": {"memory"}, "tools": {"memory", "tools"}, "agent": set(PARTS)}

# Only these may import the library that each stands for, anywhere in their code.
ALLOWED = {
    "chromadb": r"nomoat\.memory\.vectors",
    "llama_cpp": r"nomoat\.agent\.llm\.(engine|generate|llama)(_\w+)?",
    "rich": r"nomoat\.agent\.(ui|cli)(\..*)?",
}
HEAVY = ("langchain", "langchain_core", "langgraph", "chromadb", "llama_cpp", "numpy", "httpx")


def _sources() -> dict[str, Path]:
    """Every module by its import name."""
    found = {}
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*.py")):
            names = ("nomoat", *path.relative_to(ROOT).with_suffix("").parts)
            found[".".join(names).removesuffix(".__init__")] = path
    return found


SOURCES = _sources()


def _imports(tree: ast.AST, *, at_import: bool) -> Iterator[str]:
    """The names a module imports; with `at_import` only those that load along with it."""
    for node in ast.iter_child_nodes(tree):
        lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if at_import and (lazy or _is_type_checking(node)):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from _imports(node, at_import=at_import)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


@cache
def _imported(name: str, *, at_import: bool = False) -> set[str]:
    return set(_imports(ast.parse(SOURCES[name].read_text("utf-8")), at_import=at_import))


def _project() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_every_package_is_listed() -> None:
    folders = {name for name, path in SOURCES.items() if path.name == "__init__.py"}
    listed = _project()["tool"]["setuptools"]["packages"]  # type: ignore[index]
    assert set(listed) == folders


def test_no_module_lies_outside_a_package() -> None:
    packages = {path.parent for path in SOURCES.values() if path.name == "__init__.py"}
    assert {path.parent for path in SOURCES.values()} == packages


@pytest.mark.parametrize("name", SOURCES)
def test_imports_go_down_only(name: str) -> None:
    part = name.split(".")[1]
    used = {other.split(".")[1] for other in _imported(name) if other.startswith("nomoat.")}
    assert used <= MAY_IMPORT[part]


@pytest.mark.parametrize("library", ALLOWED)
def test_a_library_is_imported_in_its_place_only(library: str) -> None:
    users = [
        name
        for name in SOURCES
        if any(other.split(".")[0] == library for other in _imported(name))
        and not re.fullmatch(ALLOWED[library], name)
    ]
    assert users == []


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    graph = {name: _imported(name, at_import=True) & SOURCES.keys() - {name} for name in SOURCES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_a_bare_import_loads_nothing_heavy() -> None:
    code = "import sys, nomoat.agent, nomoat.tools, nomoat.memory; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in done.stdout.split()} & set(HEAVY) == set()


@pytest.mark.parametrize("part", PARTS)
def test_types_are_shipped(part: str) -> None:
    assert (ROOT / part / "py.typed").is_file()


def test_constraints_are_names_and_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    odd = [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.+!]*", line)]
    assert odd == []
    names = [line.split("==")[0] for line in lines]
    assert names == sorted(set(names))


def test_every_dependency_is_pinned() -> None:
    project = _project()["project"]
    wanted = [*project["dependencies"]]  # type: ignore[misc]
    for extra in project["optional-dependencies"].values():  # type: ignore[attr-defined]
        wanted += extra
    pinned = {line.split("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    names = {re.match(r"[\w.-]+", each)[0].lower().replace("_", "-") for each in wanted}  # type: ignore[index]
    assert names - pinned == set()


def test_the_wheel_holds_every_module_and_data_file(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    source.mkdir()
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / file, source)
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--quiet")
    command = [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(out)]
    subprocess.run([*command, str(source)], check=True)
    with zipfile.ZipFile(next(out.glob("nomoat-*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    kept = (".py", ".typed", ".toml", ".html", ".css")
    expected = {
        f"nomoat/{path.relative_to(source)}"
        for part in PARTS
        for path in (source / part).rglob("*")
        if path.suffix in kept or path.name == "py.typed"
    }
    assert packed == expected
