"""What the shell completes: in a real bash, and what zsh and fish are told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from nomoat.agent.cli.main import COMMANDS, cli
from nomoat.agent.runs import RunStore

OFFER = """\
eval "$(nomoat completion bash)"
complete -p nomoat >&2
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_nomoat_completion nomoat "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def run_id(nomoat_home: Path) -> str:
    """A run with a goal that would break a line."""
    folder = RunStore().create()
    folder.write({"goal": "count\nthe \x1b[31mfiles", "status": "reached"})
    return folder.run_id


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def bash(*words: str) -> list[str]:
    """What bash offers for the last of the words."""
    program = shutil.which("bash")
    assert program, "bash has to be here: apt-get install bash"
    done = subprocess.run(
        [program, "--norc", "-c", OFFER, "bash", *words],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.strip().endswith("-F _nomoat_completion nomoat")
    return done.stdout.split()


def offered(shell: str, *words: str) -> list[str]:
    """The lines that a shell's function is told."""
    told = {
        "_NOMOAT_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1),
    }
    done = CliRunner().invoke(cli, env=told, prog_name="nomoat")
    assert (done.exit_code, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line]


def test_bash_completes_commands_runs_models_and_options(run_id: str) -> None:
    assert bash("nomoat", "do") == ["doctor"]
    assert bash("nomoat", "show", run_id[:4]) == [run_id]
    assert bash("nomoat", "models", "pull", "qwen2.5-coder-0") == ["qwen2.5-coder-0.5b"]
    assert bash("nomoat", "run", "--max") == ["--max-steps"]


def test_every_command_is_offered_without_loading_any(nomoat_home: Path) -> None:
    code = (
        "import sys; from nomoat.agent.cli.main import cli\n"
        "try: cli(prog_name='nomoat')\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    told = {"_NOMOAT_COMPLETE": "bash_complete", "COMP_WORDS": "nomoat ", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment(), **told}, capture_output=True, text=True
    )
    assert [line.removeprefix("plain,") for line in done.stdout.split()] == list(COMMANDS)
    loaded = {name for name in done.stderr.split() if name.startswith("nomoat.")}
    assert loaded <= {"nomoat.agent", "nomoat.agent.cli", "nomoat.agent.cli.main"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("show", ""), ["last", "RUN"]),
        (("undo", "la"), ["last"]),
        (("resume", "2"), ["RUN"]),
        (("runs", "rm", "last", "2"), ["RUN"]),
        (("runs", "exp"), ["export"]),
        (("a goal", "--model", "smol"), ["smollm2-135m"]),
        (("run", "--model", "minilm"), []),  # an embedding model does not think
        (("models", "info", "minilm"), ["minilm-l6-v2"]),
        (("modls", ""), []),  # misspelt, and no place for an error
        (("show", "\x1b"), []),
    ],
)
def test_what_is_offered(run_id: str, words: tuple[str, ...], expected: list[str]) -> None:
    lines = offered("bash", "nomoat", *(f"'{word}'" if " " in word else word for word in words))
    assert [line.removeprefix("plain,").replace(run_id, "RUN") for line in lines] == expected


def test_the_newest_of_many_runs_are_offered_and_older_ones_by_their_beginning(
    nomoat_home: Path,
) -> None:
    names = [f"{day:08}-000000" for day in range(60)]
    for name in names:
        (nomoat_home / "runs" / name).mkdir(parents=True)
    lines = [line.removeprefix("plain,") for line in offered("bash", "nomoat", "show", "")]
    assert lines == ["last", *reversed(names[-50:])]
    assert offered("bash", "nomoat", "show", "00000003") == [f"plain,{names[3]}"]


def test_a_path_is_left_to_the_shell(nomoat_home: Path) -> None:
    assert offered("bash", "nomoat", "run", "--model", "./mo") == ["file,./mo"]


def test_zsh_and_fish_are_told_what_a_run_was_for(run_id: str) -> None:
    assert offered("zsh", "nomoat", "show", run_id) == ["plain", run_id, "count the �[31mfiles"]
    (told,) = offered("fish", "nomoat", "show", run_id)
    assert told.split("\t")[0].endswith(run_id)
    assert "count the �[31mfiles" in told


def test_what_is_damaged_offers_nothing(nomoat_home: Path) -> None:
    assert offered("bash", "nomoat", "show", "") == []
    (nomoat_home / "runs" / "2026\nplain,evil").mkdir(parents=True)
    (nomoat_home / "runs" / "20260101").mkdir(parents=True)
    (nomoat_home / "runs" / "20260101" / "run.json").write_text("[]")
    assert offered("bash", "nomoat", "show", "2") == ["plain,20260101"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(shell: str) -> None:
    done = CliRunner().invoke(cli, ["completion", shell], prog_name="nomoat")
    assert done.exit_code == 0
    assert f"_NOMOAT_COMPLETE={shell}_complete" in done.stdout
    program = shutil.which(shell)
    if program:  # those that are here read it
        subprocess.run([program, "-n"], input=done.stdout, text=True, check=True)


def test_another_shell_is_refused() -> None:
    done = CliRunner().invoke(cli, ["completion", "tcsh"], prog_name="nomoat")
    assert done.exit_code == 2
    assert "'tcsh' is not one of" in done.stderr
