"""The command itself: which words are a command, which a goal, and what `--debug` shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from nomoat.agent.cli.main import cli
from nomoat.agent.cli.run import _plugins
from nomoat.agent.errors import RunError
from nomoat.agent.ui.terminal import Screen

PLUGIN = """\
from nomoat.tools import tool


@tool(effects="none")
def mine(text: str) -> str:
    '''Mine.'''
    return text
"""


def test_debug_shows_where_an_error_came_from(nomoat_home: Path) -> None:
    plain = CliRunner().invoke(cli, ["show", "nonesuch"])
    assert plain.exit_code == 1
    assert plain.output == "Error: There is no run 'nonesuch'.\n`nomoat runs` lists them.\n"
    debug = CliRunner().invoke(cli, ["--debug", "show", "nonesuch"])
    assert isinstance(debug.exception, RunError)


@pytest.mark.parametrize("flags", [[], ["--debug"]])
def test_what_is_no_command_is_a_goal(flags: list[str], nomoat_home: Path) -> None:
    # the model is looked for before anything else, and this home has none
    result = CliRunner().invoke(cli, [*flags, "count the files", "--quiet"])
    assert "qwen2.5-coder-1.5b" in f"{result.output}{result.exception}"


def test_a_misspelt_command_is_no_goal() -> None:
    result = CliRunner().invoke(cli, ["modls", "list"])
    assert result.exit_code == 2
    assert "Did you mean 'models'?" in result.output


def test_a_run_has_the_tools_of_the_persons_own_folder(nomoat_home: Path) -> None:
    (nomoat_home / "tools").mkdir(parents=True)
    (nomoat_home / "tools" / "mine.py").write_text(PLUGIN)
    loaded = _plugins((), Screen(quiet=True, interactive=False))
    assert [one.name for one in loaded] == ["mine"]
