"""The parts of the reference that are made from the code when the site is built.

A line `<!-- made from the code: NAME -->` in a page stands for one of `PARTS`. In the repository
such a page says where the same can be read in the terminal.
"""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

ASKED = re.compile(r"^<!-- made from the code: (\w+) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """A page with its generated parts in place.

    Raises:
        KeyError: there is no part of that name.
    """
    return ASKED.sub(lambda match: "\n".join(PARTS[match[1]]()), text)


def cell(text: str) -> str:
    """Text that fits between the bars of a table."""
    return " ".join(text.replace("|", "\\|").split())


# commands


def commands() -> Iterator[str]:
    """Every command, with its arguments and options."""
    from nomoat.agent.cli.main import cli

    yield from _command(cli, click.Context(cli, info_name="nomoat"))


def _command(command: click.Command, ctx: click.Context) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(ctx))
    yield from (f"## {ctx.command_path}", "", "```text", f"{ctx.command_path} {usage}", "```", "")
    yield from (_prose(command.help or ""), "")
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    if options:
        yield from ("| option | |", "| --- | --- |")
        yield from (_option(one, ctx) for one in options)
        yield ""
    if isinstance(command, click.Group):
        for name in command.list_commands(ctx):
            below = command.get_command(ctx, name)
            if below is not None and not below.hidden:
                yield from _command(below, click.Context(below, info_name=name, parent=ctx))


def _option(option: click.Option, ctx: click.Context) -> str:
    shown, said = option.get_help_record(ctx) or ("", "")
    return f"| `{cell(shown)}` | {cell(_marked(said))} |"


def _prose(help_text: str) -> str:
    """Help as Markdown: an indented line in it is a command."""
    lines = inspect.cleandoc(help_text).replace("\b\n", "").splitlines()
    return "\n".join(line if line.startswith("    ") else _marked(line) for line in lines)


def _marked(text: str) -> str:
    """Keep what is no Markup from being read as such: dashes of options, and brackets."""
    return re.sub(r"(?<![\w`-])(--?[a-z][\w-]*)", r"`\1`", text).replace("<", "&lt;")


# configuration


def configuration() -> Iterator[str]:
    """Every key of the configuration."""
    from nomoat.agent.config.config import Config
    from nomoat.agent.config.keys import KEYS, PROJECT_KEYS, SERVER_KEYS
    from nomoat.agent.config.read import variable

    about, held = attribute_docs(Config), Config()
    for key, known in KEYS.items():
        project = PROJECT_KEYS.get(key)
        servers = key == "mcp.servers"
        yield from (f"## {key}", "", about[known.field], "")
        yield f"- May be: {known.allowed}."
        yield f"- Default: {_default(getattr(held, known.field))}."
        yield f"- Variable: {'none' if servers else f'`{variable(key)}`'}."
        yield f"- A project may set it to: {project.allowed if project else 'nothing'}."
        yield ""
    yield from ("### mcp.servers.NAME", "", "| key | may be |", "| --- | --- |")
    yield from (f"| `{key}` | {cell(known.allowed)} |" for key, known in SERVER_KEYS.items())


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`" if value not in (None, "", ()) else "none"


# events


def events() -> Iterator[str]:
    """Every event of a run, with its fields."""
    from nomoat.agent import events as module

    for kind in module.Event.__args__:
        yield from (f"## {kind.__name__}", "", inspect.getdoc(kind) or "", "")
        if not fields(kind):
            continue
        about = attribute_docs(kind)
        yield from ("| field | type | |", "| --- | --- | --- |")
        for field in fields(kind):
            optional = field.default is not MISSING or field.default_factory is not MISSING
            said = about.get(field.name, "") + (" May be left out." if optional else "")
            yield f"| `{field.name}` | `{cell(str(field.type))}` | {cell(said)} |"
        yield ""


def attribute_docs(kind: type) -> dict[str, str]:
    """The texts that stand under the fields of a class."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    found = {}
    for one, following in pairwise(body):
        if (
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            found[one.target.id] = inspect.cleandoc(str(following.value.value))
    return found


# tools


def tools() -> Iterator[str]:
    """Every tool that comes with nomoat, with its arguments."""
    for one in built_in():
        effects = ", ".join(sorted(_effects(one))) or "none"
        yield from (f"## {one.name}", "", one.description.strip(), "", f"Effects: {effects}.", "")
        arguments = one.tool_call_schema.model_json_schema()
        wanted = arguments.get("required", [])
        rows = [_argument(name, kind, wanted) for name, kind in arguments["properties"].items()]
        if rows:
            yield from ("| argument | type | default | |", "| --- | --- | --- | --- |", *rows, "")


def built_in() -> list[Any]:
    """The tools a run can have without plugins."""
    import tempfile

    from nomoat.memory import Memory
    from nomoat.tools.builtin import builtin_tools
    from nomoat.tools.guard.net import Network
    from nomoat.tools.guard.paths import Workspace
    from nomoat.tools.search import engine

    network = Network()
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "memory") as memory:
        return builtin_tools(
            Workspace(Path(folder)),
            memory=memory,
            network=network,
            search=engine(network, ""),
            ask=str,
        )


def _effects(one: Any) -> set[str]:
    from nomoat.tools.base import spec_of

    return {str(effect) for effect in spec_of(one).effects}


def _argument(name: str, schema: dict[str, Any], wanted: list[str]) -> str:
    kinds = [schema, *schema.get("anyOf", [])]
    kind = " or ".join(each["type"] for each in kinds if "type" in each)
    default = "" if name in wanted else f"`{schema.get('default')!r}`"
    return f"| `{name}` | {kind} | {default} | {cell(schema.get('description', ''))} |"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "commands": commands,
    "configuration": configuration,
    "events": events,
    "tools": tools,
}
