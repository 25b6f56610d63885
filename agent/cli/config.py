"""`nomoat config`: show, path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from nomoat.agent.config.config import Config
    from nomoat.tools.mcp_server import McpServer


@click.group(invoke_without_command=True)
@click.pass_context
def config(ctx: click.Context) -> None:
    """What is set for runs here, and where. Without a sub-command: show."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@config.command()
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The folder of the runs, whose project counts. Default: here.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
def show(workspace: Path, as_json: bool) -> None:
    """Show every setting, its value, and where the value comes from."""
    from nomoat.agent.config.config import config_file, settled_config
    from nomoat.agent.config.project import NAME, project_file
    from nomoat.agent.printable import clean

    rows = _rows(settled_config(workspace))
    unread = workspace / ".nomoat" / "config.toml"
    if unread.exists():
        click.echo(f"{unread} is not read: a project's settings stand in {NAME}.", err=True)
    if as_json:
        facts = {key: {"value": value, "from": origin} for key, value, origin in rows}
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    file = config_file()
    click.echo(f"{file}{'' if file.exists() else ' (not there: the defaults hold)'}")
    if project := project_file(workspace):
        click.echo(clean(str(project)))
    texts = [(key, _text(value), at) for key, value, at in rows]
    widths = [max(len(row[column]) for row in texts) for column in (0, 1)]
    for key, text, origin in texts:
        click.echo(f"{key:{widths[0]}}  {clean(text):{widths[1]}}  {origin}")


@config.command()
def path() -> None:
    """Print where your configuration lies, whether it is there or not."""
    from nomoat.agent.config.config import config_file

    click.echo(config_file())


def _rows(held: Config) -> list[tuple[str, Any, str]]:
    """Key, value and origin of every setting, in the order of the keys."""
    from nomoat.agent.config.keys import KEYS
    from nomoat.memory.memory import default_folder

    rows: list[tuple[str, Any, str]] = []
    for key, known in KEYS.items():
        origin = held.given.get(key, "default")
        if key == "mcp.servers":
            rows += [(f"{key}.{one.name}", _server(one), origin) for one in held.servers]
            continue
        value = getattr(held, known.field)
        if key == "memory.dir":
            value = value or default_folder()
        rows.append((key, value if isinstance(value, int | float) else str(value or ""), origin))
    return rows


def _text(value: Any) -> str:
    """A value as the file writes it, without quotes."""
    if isinstance(value, bool):
        return json.dumps(value)
    return "none" if value in (None, "") else str(value)


def _server(one: McpServer) -> str:
    """A server in one line; of variables and headers only the names, since they hold secrets."""
    parts = [one.url or " ".join(one.command)]
    parts += [
        f"{what} {', '.join(of)}" for what, of in (("env", one.env), ("headers", one.headers)) if of
    ]
    if one.effects is not None:
        parts.append(f"effects {', '.join(sorted(one.effects)) or 'none'}")
    return "; ".join(parts)
