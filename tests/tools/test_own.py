"""nomoat's own data is no workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from nomoat.agent.agent import Agent
from nomoat.agent.scripted import ScriptedModel
from nomoat.memory.errors import UsageError
from nomoat.tools.errors import Failed
from nomoat.tools.guard.own import refuse_own_data
from nomoat.tools.guard.paths import Workspace


@pytest.mark.parametrize(
    ("workspace", "says"),
    [("home", "is nomoat's own"), ("home/runs", "lies in nomoat's own")],
)
def test_it_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: str, says: str
) -> None:
    (tmp_path / "home" / "runs").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "home")
    for spelled in ("home", "link"):
        monkeypatch.setenv("NOMOAT_HOME", str(tmp_path / spelled))
        with pytest.raises(UsageError, match=says) as refused:
            refuse_own_data((tmp_path / workspace).resolve())
        assert "--workspace" in refused.value.hint


def test_an_agent_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMOAT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    with pytest.raises(UsageError, match="is nomoat's own"):
        Agent(ScriptedModel([]), workspace=tmp_path / "home")


def test_in_a_folder_that_holds_it_it_is_protected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOMOAT_HOME", str(tmp_path / "home"))
    refuse_own_data(tmp_path)
    with pytest.raises(Failed, match="protected"):
        Workspace(tmp_path).writable("home/policy.toml")


def test_folders_beside_it_are_workspaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMOAT_HOME", str(tmp_path / "home"))
    for name in ("home2", "work", "hom"):
        refuse_own_data(tmp_path / name)
