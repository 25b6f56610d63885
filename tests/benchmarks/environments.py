"""Packages that only a benchmark needs, kept out of nomoat's own environment.

They lie below nomoat's home, a folder for each set of pins, and are made at first use. What pip
prints goes to standard error.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nomoat.memory.home import home

READY = "ready"
"""The file that is written last: a folder without it was left half made."""


def folder_for(name: str, *pins: str) -> Path:
    """Where an environment lies: another one for other pins, or another Python."""
    whole = "\n".join([*pins, f"python {sys.version_info.major}.{sys.version_info.minor}"])
    return home() / "cache" / f"{name}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def packages(name: str, *pins: str) -> Path:
    """A folder for `sys.path` that holds some packages, without what they depend on.

    Raises:
        SystemExit: pip failed.
    """
    folder = folder_for(name, *pins)

    def fill() -> None:
        _pip(sys.executable, "--target", str(folder), *pins)

    return _made(folder, fill)


def environment(name: str, *files: Path, variables: Mapping[str, str] | None = None) -> Path:
    """The Python of a virtual environment that holds the packages of some requirements files.

    They have to name every package with its version: nothing is resolved.

    Args:
        name: of the folder below the home.
        files: the requirements.
        variables: environment variables for what is compiled.

    Raises:
        SystemExit: pip failed.
    """
    folder = folder_for(name, *(file.read_text() for file in files))
    python = folder / "bin" / "python"

    def fill() -> None:
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "--upgrade", "pip"])
        listed = [part for file in files for part in ("--requirement", str(file))]
        _pip(str(python), *listed, variables=variables)

    _made(folder, fill)
    return python


def _made(folder: Path, fill: Callable[[], None]) -> Path:
    if not (folder / READY).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        print(f"Making {folder} …", file=sys.stderr, flush=True)
        fill()
        (folder / READY).touch()
    return folder


def _pip(python: str, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
    _run([python, "-m", "pip", "install", "--no-deps", *arguments], variables)


def _run(command: Sequence[str], variables: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command, stdout=sys.stderr, env={**os.environ, **(variables or {})}, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed.")
