"""The command as a person uses it, with a model that follows a script."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nomoat.agent.cli import run as run_module
from nomoat.agent.cli.main import cli
from nomoat.agent.scripted import ScriptedModel, answer, call

SUM = [call("calculate", expression="2+2"), answer("The sum is 4.")]
"""What a model says where a test does not care."""
Nomoat = Callable[..., Result]


@pytest.fixture
def place(tmp_path: Path, nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace, current folder of the test, and a home of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def nomoat(place: Path, monkeypatch: pytest.MonkeyPatch) -> Nomoat:
    """Run the command; a script that is given has to be followed to its end."""

    def invoke(*arguments: str, script: list[str] | ScriptedModel | None = None) -> Result:
        lines = SUM if script is None else script
        model = lines if isinstance(lines, ScriptedModel) else ScriptedModel(lines)
        monkeypatch.setattr(run_module, "chat_model", lambda _name, *, context: model)
        result = CliRunner().invoke(cli, arguments, prog_name="nomoat")
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        if isinstance(script, list):
            model.assert_used_up()
        return result

    return invoke
