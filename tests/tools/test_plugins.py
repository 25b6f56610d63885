"""Plugins: where they are found, what counts, what is left out and why, and who is trusted."""

from __future__ import annotations

import json
import py_compile
import stat
import sys
from pathlib import Path

import pytest

from nomoat.memory.errors import UsageError
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.plugins import Loaded, Place, PluginFile, load_plugins, project_folder
from nomoat.tools.toolbox import Toolbox

PLUGIN = '''from nomoat.tools import tool


@tool(effects="none")
def {name}(city: str) -> str:
    """Current weather of a city."""
    return f"{{city}}: {answer}"
'''


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("NOMOAT_HOME", str(folder))
    return folder


def write(path: Path, name: str = "weather", answer: str = "sunny") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PLUGIN.format(name=name, answer=answer))
    return path


def load(*paths: Path, **options: object) -> Loaded:
    return load_plugins(paths, installed=False, **options)  # type: ignore[arg-type]


def names(loaded: Loaded) -> list[str]:
    return [one.name for one in loaded.tools]


def called(loaded: Loaded, name: str = "weather") -> str:
    return Toolbox(loaded.tools).call(name, {"city": "Oslo"}).text


def test_a_file_is_a_plugin(tmp_path: Path) -> None:
    loaded = load(write(tmp_path / "weather.py"))
    assert loaded.problems == ()
    assert called(loaded) == "Oslo: sunny"
    assert spec_of(loaded.tools[0]).effects == frozenset()


def test_a_folder_holds_plugins(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    write(folder / "b.py", "second")
    write(folder / "a.py", "first")
    write(folder / "test_a.py", "in_a_test")
    write(folder / "_helper.py", "hidden")
    (folder / "notes.txt").write_text("no plugin")
    assert names(load(folder)) == ["first", "second"]


def test_a_package_imports_its_own_modules(tmp_path: Path) -> None:
    package = tmp_path / "mine" / "cities"
    write(package / "weather.py")
    (package / "__init__.py").write_text("from .weather import weather\nfrom .deep import rain\n")
    (package / "deep").mkdir()
    (package / "deep" / "__init__.py").write_text("from .rain import rain\n")
    write(package / "deep" / "rain.py", "rain", "wet")
    loaded = load(tmp_path / "mine")
    assert loaded.problems == ()
    assert names(loaded) == ["weather", "rain"]
    assert called(loaded, "rain") == "Oslo: wet"


def test_nothing_is_shadowed(tmp_path: Path) -> None:
    write(tmp_path / "one" / "json.py", "first", "one")
    write(tmp_path / "two" / "json.py", "second", "two")
    path_before, before = list(sys.path), set(sys.modules)
    loaded = load(tmp_path / "one", tmp_path / "two")
    assert [called(loaded, "first"), called(loaded, "second")] == ["Oslo: one", "Oslo: two"]
    assert sys.path == path_before
    assert sys.modules["json"] is json
    assert all(name.startswith("_nomoat_plugin_") for name in set(sys.modules) - before)


def test_no_compiled_code_is_written_or_read(tmp_path: Path) -> None:
    file = write(tmp_path / "weather.py")
    cached = tmp_path / "__pycache__" / f"weather.{sys.implementation.cache_tag}.pyc"
    evil = write(tmp_path / "evil" / "weather.py", answer="stormy")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH  # Python itself would run this one
    py_compile.compile(str(evil), str(cached), invalidation_mode=unchecked)
    assert called(load(file)) == "Oslo: sunny"
    assert list(cached.parent.iterdir()) == [cached]


def test_what_is_imported_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from langchain_core.tools import tool as lc_tool\n"
        "from nomoat.tools import tool\n"
        "from nomoat_test_other import *\n"
        "from nomoat_test_other import other_tool as again\n"
        "@tool(effects='read')\ndef own(a: int) -> int:\n    '''Own.'''\n    return a\n"
        "@lc_tool\ndef theirs(a: int) -> int:\n    '''LangChain tool.'''\n    return a\n"
        "alias = own\n"
    )
    other = type(sys)("nomoat_test_other")
    exec(  # a module that offers a tool of its own
        "from nomoat.tools import tool\n"
        "@tool(effects='read')\ndef other_tool(a: int) -> int:\n    '''Other.'''\n    return a\n",
        other.__dict__,
    )
    sys.modules["nomoat_test_other"] = other
    try:
        loaded = load(tmp_path / "mine.py")
    finally:
        del sys.modules["nomoat_test_other"]
    assert loaded.problems == ()
    assert names(loaded) == ["own", "theirs"]
    assert spec_of(loaded.tools[1]).effects == set(Effect)


def test_an_instance_of_a_langchain_class_counts(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from langchain_core.tools import BaseTool\n"
        "class Shout(BaseTool):\n"
        "    name: str = 'shout'\n"
        "    description: str = 'Shouts.'\n"
        "    def _run(self, text: str) -> str:\n"
        "        return text.upper()\n"
        "shout = Shout()\n"
    )
    loaded = load(tmp_path / "mine.py")
    assert Toolbox(loaded.tools).call("shout", {"text": "a"}).text == "A"


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("import os\nx = 1 / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("import no_such_module_here\n", 1, "ModuleNotFoundError: No module named"),
        ("\n\ndef broken(:\n    pass\n", 3, "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)\n", 1, "SystemExit: 3"),
        (
            "from nomoat.tools import tool\n@tool\ndef bare(a: int) -> int:\n    return a\n",
            2,
            "The tool 'bare' has no docstring. Say in a docstring",
        ),
    ],
)
def test_a_plugin_that_fails_is_reported_and_the_rest_works(
    tmp_path: Path, source: str, line: int, reason: str
) -> None:
    write(tmp_path / "mine" / "good.py")
    broken = tmp_path / "mine" / "broken.py"
    broken.write_text(source)
    before = set(sys.modules)
    loaded = load(tmp_path / "mine")
    assert called(loaded) == "Oslo: sunny"
    (problem,) = loaded.problems
    assert problem.startswith(f"{broken}, line {line} was left out: ")
    assert reason in problem
    assert len([name for name in set(sys.modules) - before if "_nomoat_plugin_" in name]) == 1


def test_a_file_without_tools_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.py").write_text("def weather(city): ...\n")
    (problem,) = load(tmp_path / "empty.py").problems
    assert "holds no tools" in problem


def test_two_tools_of_one_name_name_both_places(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.py"), write(tmp_path / "two.py")
    with pytest.raises(UsageError) as error:
        load(one, two)
    assert f"{one}, line 4" in str(error.value)
    assert f"{two}, line 4" in str(error.value)


def test_the_same_file_named_twice_is_loaded_once(tmp_path: Path) -> None:
    file = write(tmp_path / "weather.py")
    assert names(load(file, tmp_path, file)) == ["weather"]


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "none.py")


def test_the_users_own_folder_is_found(home: Path) -> None:
    write(home / "tools" / "weather.py")
    assert names(load()) == ["weather"]


# trust


def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    write(project_folder(folder) / "weather.py")
    return folder


def test_a_project_is_not_trusted_unasked(tmp_path: Path, home: Path) -> None:
    marker = tmp_path / "ran"
    folder = project(tmp_path)
    file = project_folder(folder) / "evil.py"
    file.write_text(f"open({str(marker)!r}, 'w')\n")
    loaded = load(project=folder)
    assert loaded.tools == ()
    assert [problem.split(" was left out: ")[1][:27] for problem in loaded.problems] == [
        "nobody could be asked wheth"
    ] * 2
    assert not marker.exists()
    assert not (home / "trust.json").exists()


def test_trust_is_asked_once_for_a_content(tmp_path: Path, home: Path) -> None:
    folder, asked = project(tmp_path), []

    def yes(plugin: PluginFile) -> bool:
        asked.append(plugin)
        return True

    assert names(load(project=folder, trust=yes)) == ["weather"]
    assert names(load(project=folder, trust=yes)) == ["weather"]
    assert names(load(project=folder)) == ["weather"]
    assert [(plugin.place, plugin.path.name) for plugin in asked] == [(Place.PROJECT, "weather.py")]
    assert stat.S_IMODE((home / "trust.json").stat().st_mode) == 0o600
    write(project_folder(folder) / "weather.py", answer="changed")
    assert load(project=folder).tools == ()
    assert called(load(project=folder, trust=yes)) == "Oslo: changed"
    assert len(asked) == 2


def test_a_no_is_a_no(tmp_path: Path, home: Path) -> None:
    (problem,) = load(project=project(tmp_path), trust=lambda _: False).problems
    assert problem.endswith("was left out: it was not trusted.")
    assert not (home / "trust.json").exists()


def test_every_module_of_a_package_is_part_of_its_content(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    package = project_folder(folder) / "cities"
    write(package / "weather.py")
    (package / "__init__.py").write_text("from .weather import weather\n")
    assert names(load(project=folder, trust=lambda _: True)) == ["weather"]
    write(package / "weather.py", answer="stormy")
    assert load(project=folder).tools == ()


def test_what_runs_is_what_was_shown(tmp_path: Path) -> None:
    """A file that changes between the question and the answer does not slip in."""
    folder = project(tmp_path)

    def yes_and_swap(plugin: PluginFile) -> bool:
        write(plugin.path, answer="swapped")
        return True

    assert called(load(project=folder, trust=yes_and_swap)) == "Oslo: sunny"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"version": 1, "trusted": []}'])
def test_a_damaged_trust_file_trusts_nothing(tmp_path: Path, home: Path, content: str) -> None:
    home.mkdir()
    (home / "trust.json").write_text(content)
    assert load(project=project(tmp_path)).tools == ()
    assert names(load(project=project(tmp_path), trust=lambda _: True)) == ["weather"]
    assert names(load(project=project(tmp_path))) == ["weather"]


def test_a_newer_trust_file_is_refused_in_words(tmp_path: Path, home: Path) -> None:
    home.mkdir()
    (home / "trust.json").write_text('{"version": 2}')
    with pytest.raises(UsageError, match="another version"):
        load(project=project(tmp_path))


# installed packages


def package(folder: Path, name: str, value: str, source: str) -> None:
    """A package as it stands after its installation."""
    (folder / f"{name}.py").write_text(source)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[nomoat.tools]\n{name} = {name}:{value}\n")


SOURCE = '''
from langchain_core.tools import BaseTool
from nomoat.tools import tool

@tool(effects="none")
def {name}_tool(a: int) -> int:
    """A tool."""
    return a

def {name}_function(a: int) -> int:
    """A function."""
    return a

def offered() -> list[BaseTool]:
    return [{name}_tool]
'''


def test_installed_packages_offer_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name, value in (("pk_a", "pk_a_tool"), ("pk_b", "pk_b_function"), ("pk_c", "offered")):
        package(site, name, value, SOURCE.format(name=name))
    package(site, "pk_d", "missing", SOURCE.format(name="pk_d"))
    monkeypatch.syspath_prepend(str(site))
    loaded = load_plugins()
    assert names(loaded) == ["pk_a_tool", "pk_b_function", "pk_c_tool"]
    (problem,) = loaded.problems
    assert "The entry point 'pk_d' of pk_d (pk_d:missing) was left out: AttributeError" in problem
