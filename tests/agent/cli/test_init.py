"""`nomoat init`: what it asks, what it writes, and that it takes nothing away."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nomoat.agent.cli.main import cli
from nomoat.agent.config.config import Config, load_config
from nomoat.agent.config.keys import KEYS
from nomoat.agent.config.text import config_text
from nomoat.agent.weights.catalogue import catalogue
from nomoat.agent.weights.fit import Fit
from nomoat.agent.weights.pull import Progress
from tests.agent.conftest import Nomoat

DEFAULT = catalogue().default("chat").name


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of models that were pulled; none is."""
    names: list[str] = []

    def pull(name: str, *, progress: object = Progress) -> Path:
        names.append(name)
        return Path(name)

    monkeypatch.setattr("nomoat.agent.weights.pull.pull", pull)
    return names


@pytest.fixture
def asked(place: Path, monkeypatch: pytest.MonkeyPatch, pulled: list[str]) -> type[CliRunner]:
    """The command with somebody to answer: `CliRunner` whose input counts as a terminal."""
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _self: True)
    return CliRunner


def answered(*lines: str) -> Result:
    return CliRunner().invoke(cli, ["init"], input="".join(f"{line}\n" for line in lines))


def test_what_is_written_holds_the_defaults_and_every_key(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(config_text("a model"))
    assert load_config(file) == Config(model="a model", given={"model": "config.toml"})
    # with every example switched on it is still a configuration, and nothing is left out
    keys = re.compile(r"^# (?=\w+ = |\[)", re.MULTILINE)
    file.write_text(keys.sub("", config_text("a model")))
    assert set(load_config(file).given) == set(KEYS)


def test_defaults_are_taken_where_nobody_is_asked(
    nomoat: Nomoat, nomoat_home: Path, pulled: list[str]
) -> None:
    done = nomoat("init")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"wrote {nomoat_home / 'config.toml'}",
        f"Still to be pulled: {DEFAULT} (1.1 GB) and minilm-l6-v2 (23 MB).",
        f"Get it with: nomoat models pull {DEFAULT} minilm-l6-v2",
        '`nomoat doctor` looks whether all is here. Then: nomoat "your goal"',
    ]
    assert load_config().model == DEFAULT
    assert pulled == []


def test_what_is_missing_is_pulled_where_that_is_said(nomoat: Nomoat, pulled: list[str]) -> None:
    done = nomoat("init", "--yes", "--pull", "--model", "smollm2-135m")
    assert done.exit_code == 0, done.output
    assert pulled == ["smollm2-135m", "minilm-l6-v2"]
    assert load_config().model == "smollm2-135m"


def test_a_configuration_that_is_there_stays(nomoat: Nomoat, nomoat_home: Path) -> None:
    nomoat_home.mkdir()
    (nomoat_home / "config.toml").write_text('model = "smollm2-135m"\n')
    done = nomoat("init", "--yes", "--model", DEFAULT)
    assert done.exit_code == 0
    assert "config.toml is there already and stays as it is." in done.stdout
    assert (nomoat_home / "config.toml").read_text() == 'model = "smollm2-135m"\n'
    assert "smollm2-135m (98 MB)" in done.stdout


def test_an_unknown_model_writes_nothing(nomoat: Nomoat, nomoat_home: Path) -> None:
    done = nomoat("init", "--model", "qwen")
    assert done.exit_code == 1
    assert "No model is called 'qwen'." in done.stderr
    assert not nomoat_home.exists()


def test_another_folder_is_told_to_the_shell(
    nomoat: Nomoat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = tmp_path / "else where"
    monkeypatch.setenv("NOMOAT_HOME", os.environ["NOMOAT_HOME"])  # is put back after the test
    done = nomoat("init", "--home", str(wanted))
    assert f"  export NOMOAT_HOME='{wanted}'\n" in done.stdout
    assert (wanted / "config.toml").exists()


def test_a_folder_that_cannot_be_is_told(nomoat: Nomoat, nomoat_home: Path) -> None:
    nomoat_home.write_text("a file")
    done = nomoat("init")
    assert done.exit_code == 2
    assert "config.toml cannot be written" in done.stderr


def test_the_best_that_fits_is_proposed(nomoat: Nomoat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "nomoat.agent.weights.fit.fits", lambda model: Fit(model.bytes, 500_000_000, context=1)
    )
    nomoat("init")
    assert load_config().model == "qwen2.5-coder-0.5b"


# -- with somebody to answer ------------------------------------------------------------------


def test_it_asks_for_the_folder_the_model_and_the_pull(
    asked: object, nomoat_home: Path, pulled: list[str]
) -> None:
    done = answered("", "no-such-model", "smollm2-135m", "n")
    assert done.exit_code == 0, done.output
    assert "Which model? [qwen2.5-coder-1.5b]: no-such-model\nError: No model is" in done.stdout
    assert "Pull smollm2-135m (98 MB) and minilm-l6-v2 (23 MB) now? [Y/n]: n" in done.stdout
    assert (load_config().model, pulled) == ("smollm2-135m", [])
    assert answered("", "", "y").exit_code == 0  # the first is kept
    assert load_config().model == "smollm2-135m"


def test_an_old_configuration_is_kept_beside_a_new_one(
    asked: object, nomoat_home: Path, pulled: list[str]
) -> None:
    nomoat_home.mkdir()
    (nomoat_home / "config.toml").write_text("# mine\n")
    done = answered("", "y", "", "y")
    assert done.exit_code == 0, done.output
    assert (nomoat_home / "config.toml.old").read_text() == "# mine\n"
    assert (load_config().model, pulled) == (DEFAULT, [DEFAULT, "minilm-l6-v2"])


def test_it_asks_on_a_terminal(place: Path, nomoat_home: Path) -> None:
    mine, its = pty.openpty()
    code = "import sys; from nomoat.agent.cli import main; sys.argv[:] = ['nomoat', 'init']; main()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, close_fds=True) as process:
        os.close(its)
        os.write(mine, b"\nsmollm2-135m\nn\n")
        seen = b""
        while chunk := _read(mine):
            seen += chunk
        os.close(mine)
    assert process.returncode == 0, seen
    assert b"Where shall models, runs and memory be kept?" in seen
    assert load_config().model == "smollm2-135m"


def _read(terminal: int) -> bytes:
    """What comes next; nothing at the end, which Linux reports as an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_a_configured_endpoint_needs_no_model_here(nomoat: Nomoat, nomoat_home: Path) -> None:
    nomoat_home.mkdir(exist_ok=True)
    (nomoat_home / "config.toml").write_text('model = "http://127.0.0.1:8080/v1"\n')
    done = nomoat("init", "--yes")
    assert done.exit_code == 0, done.output
    assert "stays as it is" in done.stdout
    assert f"models pull {catalogue().default('embedding').name}\n" in done.stdout
