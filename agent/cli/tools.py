"""`nomoat tools`: list, show, new, test."""

from __future__ import annotations

import json
import keyword
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from nomoat.tools.plugin_files import PluginFile

PLUGIN = '''"""The tool `{name}`."""

from __future__ import annotations

from nomoat.tools import tool


@tool(effects="none")
def {name}(text: str, times: int = 1) -> str:
    """Repeat a text. Say here in one sentence what the tool does: the model chooses by it.

    Args:
        text: What this argument is.
        times: How often.
    """
    return " ".join([text] * times)
'''

TEST = '''"""What `{name}` gives, called as the agent calls it."""

from __future__ import annotations

from pathlib import Path

from nomoat.tools.testing import call_tool, load_tool

{name} = load_tool(Path(__file__).with_name("{name}.py"))


def test_{name}() -> None:
    observed = call_tool({name}, text="hello", times=2)
    assert observed.ok
    assert observed.text == "hello hello"


def test_{name}_says_what_is_wrong() -> None:
    observed = call_tool({name}, times=2)
    assert not observed.ok
    assert "text" in observed.text
'''

_paths = click.option(
    "--tools",
    "paths",
    metavar="PATH",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file or folder of your own tools; repeatable.",
)
_workspace = click.option(
    "--workspace",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The folder the tools work in. Default: here.",
)


@click.group()
def tools() -> None:
    """The tools a run can use, nomoat's own and yours."""


@tools.command("list")
@_paths
@_workspace
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array and nothing else.")
def list_tools(paths: tuple[Path, ...], workspace: Path, as_json: bool) -> None:
    """Show every tool, what it may do, and where it comes from."""
    with _opened(paths, workspace) as found:
        facts = [_facts(one) for one in found]
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    width = max(len(one.tool.name) for one in found)
    effects = max(len(_effects(one.tool)) for one in found)
    for one in found:
        first = one.tool.description.strip().split("\n")[0]
        click.echo(f"{one.tool.name:{width}}  {_effects(one.tool):{effects}}  {first}")
        if one.where:
            click.echo(f"{'':{width}}  {'':{effects}}  from {one.where}")


@tools.command()
@click.argument("name")
@_paths
@_workspace
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def show(name: str, paths: tuple[Path, ...], workspace: Path, as_json: bool) -> None:
    """Show the tool NAME: what the model is told, its arguments and effects, where it is from."""
    with _opened(paths, workspace) as found:
        facts = _facts(_named(name, found))
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    click.echo(f"{facts['name']}\n\n{facts['description']}\n")
    click.echo(f"effects: {', '.join(facts['effects']) or 'none'}")
    click.echo(f"from: {facts['from']}")
    click.echo(f"arguments: {json.dumps(facts['schema'], indent=2)}")


@tools.command()
@click.argument("name")
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write it. Default: your own tools folder, which every run looks into.",
)
def new(name: str, folder: Path | None) -> None:
    """Write a working tool NAME, and a test of it, to start from."""
    from nomoat.memory.errors import UsageError
    from nomoat.memory.home import home

    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith(("_", "test_")):
        raise UsageError(
            f"{name!r} cannot be the name of a tool.",
            hint="Use letters, digits and _, as for a Python function: exchange_rate.",
        )
    where = folder or home() / "tools"
    files = {where / f"{name}.py": PLUGIN, where / f"test_{name}.py": TEST}
    for file in files:
        if file.exists():
            raise UsageError(f"{file} is there already.", hint="Choose another name or --folder.")
    where.mkdir(parents=True, exist_ok=True)
    for file, text in files.items():
        file.write_text(text.format(name=name), encoding="utf-8")
        click.echo(f"wrote {file}")
    option = f" --tools {folder}" if folder else ""
    click.echo(f"Try it: nomoat tools test {name}{option} text=hello times=2")


@tools.command()
@click.argument("name")
@click.argument("arguments", metavar="[KEY=VALUE]…", nargs=-1)
@_paths
@_workspace
def test(name: str, arguments: tuple[str, ...], paths: tuple[Path, ...], workspace: Path) -> None:
    """Call the tool NAME as the agent would, with KEY=VALUE, and show what the model would see.

    A VALUE is read as JSON where it is JSON (3, true, ["a"]) and the tool does not take text there,
    else as text. The exit status is 1 when the call did not succeed.
    """
    from nomoat.tools.toolbox import Toolbox

    with call_of(name, arguments, paths, workspace) as (one, given):
        observed = Toolbox([one]).call(name, given)
    click.echo(observed.text)
    for label, values in (("files", observed.files), ("sources", observed.sources)):
        if values:
            click.secho(f"{label}: {', '.join(values)}", dim=True, err=True)
    marks = [mark for mark in ("untrusted", "private") if getattr(observed, mark)]
    status = observed.error_kind or "ok"
    click.secho(", ".join([status, *marks, f"{observed.seconds:.2f} s"]), dim=True, err=True)
    sys.exit(0 if observed.ok else 1)


@contextmanager
def call_of(
    name: str, arguments: tuple[str, ...], paths: tuple[Path, ...], workspace: Path
) -> Iterator[tuple[BaseTool, dict[str, Any]]]:
    """The tool of this name, and the arguments that KEY=VALUE texts stand for.

    Raises:
        UsageError: there is no such tool, or a text is no argument.
    """
    from nomoat.tools.schema import arguments_schema

    with _opened(paths, workspace) as found:
        one = _named(name, found).tool
        properties = arguments_schema(one)["properties"]
        texts = {key for key, of in properties.items() if _is_text(of)}
        yield one, dict(_argument(text, texts) for text in arguments)


# what there is


@dataclass(frozen=True, slots=True)
class _Found:
    tool: BaseTool
    where: str
    """Empty for nomoat's own."""


@contextmanager
def _opened(paths: tuple[Path, ...], workspace: Path) -> Iterator[list[_Found]]:
    """All tools: nomoat's, those of plugins, and those of MCP servers, which end with this."""
    from nomoat.agent.cli.parts import mcp_tools
    from nomoat.agent.config.config import settled_config
    from nomoat.tools.builtin import builtin_tools
    from nomoat.tools.guard.net import Network
    from nomoat.tools.guard.paths import Workspace
    from nomoat.tools.plugins import load_plugins
    from nomoat.tools.search import engine
    from nomoat.tools.toolbox import Toolbox, origin

    config, place = settled_config(workspace), Workspace(workspace)
    ask = _ask_trust if sys.stdin.isatty() else None
    loaded = load_plugins(paths, project=place.root, trust=ask)
    for problem in loaded.problems:
        _warn(problem)
    network = Network()
    own = builtin_tools(place, network=network, search=engine(network, config.searxng))
    here = [_Found(one, "") for one in own]
    here += [_Found(one, origin(one)) for one in loaded.tools]
    taken = Toolbox([one.tool for one in here]).names  # refuses two tools of one name
    if not config.servers:
        yield here
        return
    with mcp_tools(config, taken, _warn) as servers:
        yield here + [_Found(one, _server_of(one)) for one in servers.tools]


def _warn(problem: str) -> None:
    click.secho(problem, fg="yellow", err=True)


def _server_of(one: BaseTool) -> str:
    from nomoat.tools.mcp import SERVER_KEY

    return f"the MCP server {(one.metadata or {})[SERVER_KEY]}"


def _ask_trust(plugin: PluginFile) -> bool:
    question = f"{plugin.path} is code of this project and would run as you. Trust it as it is now?"
    return click.confirm(question, default=False, err=True)


def _named(name: str, found: list[_Found]) -> _Found:
    from difflib import get_close_matches

    from nomoat.memory.errors import UsageError

    by_name = {one.tool.name: one for one in found}
    if name in by_name:
        return by_name[name]
    near = get_close_matches(name, by_name, n=1)
    best = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"There is no tool {name!r}.", hint=f"{best}There are: {', '.join(by_name)}.")


def _effects(one: BaseTool) -> str:
    from nomoat.tools.base import spec_of

    return ",".join(sorted(spec_of(one).effects)) or "none"


def _facts(one: _Found) -> dict[str, Any]:
    from nomoat.tools.base import spec_of
    from nomoat.tools.schema import arguments_schema

    return {
        "name": one.tool.name,
        "description": one.tool.description.strip(),
        "effects": sorted(spec_of(one.tool).effects),
        "from": one.where or "nomoat",
        "schema": arguments_schema(one.tool),
    }


def _is_text(schema: dict[str, Any]) -> bool:
    """A postcode is written in digits and is text all the same."""
    return schema.get("type") == "string"


def _argument(text: str, texts: Collection[str]) -> tuple[str, Any]:
    from nomoat.memory.errors import UsageError

    name, sign, value = text.partition("=")
    if not sign or not name:
        raise UsageError(
            f"{text!r} is not an argument.", hint="Write each as name=value, for example city=Oslo."
        )
    if name in texts:
        return name, value
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
