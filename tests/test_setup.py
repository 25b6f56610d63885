"""The set-up says what is missing before it begins, and shows what it does."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """As much of a bare clone as the set-up reads before it begins."""
    folder = tmp_path / "clone"
    (folder / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "setup.py", folder / ".ci")
    for name in ("constraints.txt", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture
def setup(clone: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("nomoat_setup", clone / ".ci" / "setup.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def programs(folder: Path, *names: str) -> str:
    """A PATH on which there are only these programs."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("manager", "command"),
    [("apt-get", "sudo apt-get install -y g++"), ("dnf", "gcc-c++"), ("brew", "xcode-select")],
)
def test_a_missing_compiler_is_named_before_anything_begins(
    clone: Path, tmp_path: Path, manager: str, command: str
) -> None:
    done = subprocess.run(
        [sys.executable, clone / ".ci" / "setup.py", "run"],
        env={"PATH": programs(tmp_path / "bin", manager)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "There is no C++ compiler here" in done.stderr
    assert command in done.stderr
    assert not (clone / ".venv").exists()


def test_too_old_a_python_is_named(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer; .* is 3\.9\.18"):
        setup.check_machine()


def test_a_failed_step_shows_the_end_of_its_log(
    setup: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    code = "print('Collecting x'); print('the reason'); raise SystemExit(3)"
    with pytest.raises(SystemExit, match="Trying: failed; the whole output is in"):
        setup.Task("Trying", [sys.executable, "-c", code]).wait()
    assert "the reason" in capsys.readouterr().out


def test_a_long_step_says_how_far_it_is(
    setup: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "SECONDS_BETWEEN_LINES", 0.1)
    code = "import time; print('  [3/83] g++ x', flush=True); time.sleep(1)"
    setup.Task("Compiling", [sys.executable, "-c", code]).wait()
    assert "compiled 3 of 83" in capsys.readouterr().out


def test_bubblewrap_is_installed_where_it_can_be_and_named_where_not(
    setup: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = Path(programs(tmp_path / "bin", "apt-get"))
    (where / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(where))
    monkeypatch.setattr(setup.sys, "platform", "linux")
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    setup.provide_bubblewrap()
    said = capsys.readouterr().out
    assert "by Landlock only" in said
    assert "Install it with: sudo apt-get install -y bubblewrap" in said

    monkeypatch.setattr(setup.os, "geteuid", lambda: 0)
    (where / "apt-get").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path / "asked"}\n')
    setup.provide_bubblewrap()
    assert "by Landlock only" not in capsys.readouterr().out
    assert (tmp_path / "asked").read_text().splitlines() == [
        "update",
        "install -y --no-install-recommends bubblewrap",
    ]

    (where / "apt-get").write_text("#!/bin/sh\nexit 100\n")  # no list, no network
    setup.provide_bubblewrap()
    assert "by Landlock only" in capsys.readouterr().out

    (where / "bwrap").touch(mode=0o755)
    setup.provide_bubblewrap()
    assert capsys.readouterr().out == ""


def test_a_browser_is_provided_with_its_driver(
    setup: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = Path(programs(tmp_path / "bin", "apt-get", "chromium"))
    (where / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(where))
    monkeypatch.setattr(setup.sys, "platform", "linux")
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    setup.provide_browser()
    assert "sudo apt-get install -y chromium chromium-driver" in capsys.readouterr().out

    monkeypatch.setattr(setup.os, "geteuid", lambda: 0)
    (where / "apt-get").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path / "asked"}\n')
    setup.provide_browser()
    assert "install -y --no-install-recommends chromium chromium-driver" in (
        (tmp_path / "asked").read_text()
    )
    assert "Install it with" not in capsys.readouterr().out

    (where / "chromedriver").touch(mode=0o755)
    setup.provide_browser()
    assert capsys.readouterr().out == ""


def test_a_terminal_is_provided(
    setup: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = Path(programs(tmp_path / "bin", "dnf"))
    monkeypatch.setenv("PATH", str(where))
    setup.provide_terminal()
    said = capsys.readouterr().out
    assert "Without tmux the tests of what a terminal shows fail." in said
    assert "Install it with: sudo dnf install -y tmux" in said
    (where / "tmux").touch(mode=0o755)
    setup.provide_terminal()
    assert capsys.readouterr().out == ""


def test_what_is_installed_beside_the_compiler_leaves_out_what_is_compiled(
    setup: ModuleType,
) -> None:
    wanted = setup.requirements(("dev",))
    assert any(each.startswith("pytest>") for each in wanted)
    assert not any(each.startswith("llama-cpp-python") for each in wanted)
    assert setup.pinned("llama-cpp-python")


def test_a_goal_reaches_the_program_as_it_was_written(clone: Path) -> None:
    """`make run` sets nothing up a second time, and hands quotes and dollar signs on."""
    bin_folder = clone / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (clone / ".venv" / ".ready-run").touch()
    (bin_folder / "nomoat").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (bin_folder / "nomoat").chmod(0o755)
    goal = """What is 5% of "$20", in the files' words?"""
    command = ["make", "-s", "run", f"GOAL={goal}", "WORKSPACE=some where"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["run", "--yes", "--workspace", "some where", goal]
