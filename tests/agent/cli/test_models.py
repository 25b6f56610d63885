"""`nomoat models`, as a person or a script sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nomoat.agent.cli import models as cli
from nomoat.agent.cli.models import models
from nomoat.agent.errors import PullFailed
from nomoat.agent.weights import pull as pull_module
from nomoat.agent.weights.pull import Progress


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(models, arguments, input=answer, catch_exceptions=False)


@pytest.fixture
def tokenizer_only(nomoat_home: Path) -> Path:
    """A home in which a model was pulled half."""
    folder = nomoat_home / "models" / "minilm-l6-v2"
    folder.mkdir(parents=True)
    (folder / "tokenizer.json.part").write_bytes(b"123")
    return folder


def test_list_shows_every_model(nomoat_home: Path) -> None:
    result = run("list")
    assert result.exit_code == 0
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()}
    assert rows["qwen2.5-coder-1.5b"][1:7] == ["chat", "1.1", "GB", "32,768", "Apache-2.0", "no"]
    assert rows["minilm-l6-v2"][1] == "embedding"


def test_list_as_json_is_json_and_nothing_else(nomoat_home: Path) -> None:
    rows = json.loads(run("list", "--json").stdout)
    assert {row["name"] for row in rows} >= {"qwen2.5-coder-1.5b", "smollm2-135m", "minilm-l6-v2"}
    assert all(row["memory_needed"] > row["bytes"] for row in rows)
    assert {row["installed"] for row in rows} == {False}


def test_list_says_what_does_not_fit(nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nomoat.agent.weights.fit.available_memory", lambda: 10**9)
    rows = {row["name"]: row["fits"] for row in json.loads(run("list", "--json").stdout)}
    assert rows["smollm2-135m"]
    assert not rows["qwen2.5-coder-1.5b"]
    assert "no: needs 2.1 GB, 1.0 GB are free" in " ".join(run("list").stdout.split())


def test_info_names_hash_and_sources(nomoat_home: Path) -> None:
    text = run("info", "qwen2.5-coder-1.5b").stdout
    assert "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046" in text
    assert "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF at 38f6bab" in text
    facts = json.loads(run("info", "minilm-l6-v2", "--json").stdout)
    assert len(facts["files"]) == 2
    assert facts["path"] == str(nomoat_home / "models" / "minilm-l6-v2")


@pytest.mark.parametrize("command", ["info", "pull", "rm"])
def test_an_unknown_name_is_one_sentence_and_one_hint(nomoat_home: Path, command: str) -> None:
    result = run(command, "smolm2-135m")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Error: No model is called 'smolm2-135m'.\nDid you mean smollm2-135m?\n"
    )
    assert not nomoat_home.exists()


def stub(steps: list[Progress], end: BaseException | None = None) -> Callable[..., Path]:
    """A pull that reports `steps`; what a pull does is tested with `pull` itself."""

    def pull(name: str, *, progress: Callable[[Progress], None]) -> Path:
        for step in steps:
            progress(step)
        if end:
            raise end
        return Path("/models") / name

    return pull


STEPS = [
    Progress("m", "", "waiting"),
    Progress("m", "m.gguf", "download", 0, 10**9, 0.0, "the Hub"),
    Progress("m", "m.gguf", "download", 10**8, 10**9, 5e7, "the Hub"),
    Progress("m", "m.gguf", "verify", 10**9, 10**9),
    Progress("m", "", "done"),
]


def test_pull_without_a_terminal_prints_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "pull", stub(STEPS))
    monkeypatch.setattr(cli, "SECONDS_BETWEEN_LINES", 0)
    result = run("pull", "m", "n")
    assert result.stdout == "m is ready: /models/m\nn is ready: /models/n\n"
    assert result.stderr.splitlines()[:4] == [
        "  m: another process is pulling it; waiting for that",
        "  m.gguf from the Hub",
        "  m.gguf from the Hub  100 MB of 1.0 GB  50.0 MB/s  18 s left",
        "  m.gguf: verifying  1.0 GB of 1.0 GB",
    ]
    assert "\r" not in result.stderr
    assert "\x1b" not in result.stderr


def test_lines_come_at_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "pull", stub([STEPS[1]] * 500))
    assert run("pull", "m").stderr.count("\n") == 1


def test_pull_on_a_terminal_draws_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "pull", stub(STEPS))
    monkeypatch.setattr(cli, "_on_terminal", lambda: True)
    result = run("pull", "m")
    assert result.exit_code == 0
    assert result.stdout == "m is ready: /models/m\n"


def test_quiet_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "pull", stub(STEPS))
    assert run("pull", "--quiet", "m").output == ""


def test_a_failed_pull_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    error = PullFailed("No source answered.", hint="Check the connection.")
    monkeypatch.setattr(pull_module, "pull", stub(STEPS, error))
    result = run("pull", "m")
    assert result.exit_code == 1
    assert result.stderr.endswith("Error: No source answered.\nCheck the connection.\n")


def test_an_interrupted_pull_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "pull", stub(STEPS, KeyboardInterrupt()))
    result = run("pull", "m")
    assert result.exit_code == 130
    assert "goes on" in result.stderr


def test_rm_asks_first(tokenizer_only: Path) -> None:
    assert run("rm", "minilm-l6-v2", answer="n\n").exit_code == 1
    assert tokenizer_only.exists()
    assert run("rm", "minilm-l6-v2", answer="y\n").exit_code == 0
    assert not tokenizer_only.exists()


def test_rm_with_yes_does_not_ask(tokenizer_only: Path) -> None:
    result = run("rm", "--yes", "minilm-l6-v2")
    assert (result.exit_code, tokenizer_only.exists()) == (0, False)
    assert run("rm", "--yes", "minilm-l6-v2").exit_code == 1


def test_help_is_quick_to_load() -> None:
    code = "import sys, nomoat.agent.cli.models; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded & {"rich", "httpx", "filelock", "platformdirs", "tomllib"} == set()
