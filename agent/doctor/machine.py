"""What of the machine a run needs: Python, packages, llama.cpp, and what confines code."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nomoat.agent.doctor.doctor import Check, missing, note, ok

OLDEST = (3, 11)
LLAMA = "llama-cpp-python"
COMPILERS = ("c++", "g++", "clang++")
INSTALL = {
    "apt-get": "sudo apt-get install -y",
    "dnf": "sudo dnf install -y",
    "pacman": "sudo pacman -S --needed",
    "zypper": "sudo zypper install -y",
    "apk": "sudo apk add",
    "brew": "brew install",
}
COMPILER = {"dnf": "gcc-c++", "zypper": "gcc-c++", "pacman": "gcc"}


def install(package: str) -> str:
    """The command of this machine's package manager that installs a package."""
    manager = next(filter(shutil.which, INSTALL), "")
    return f"{INSTALL[manager]} {package}" if manager else f"install {package} with your system"


def pip(*packages: str) -> str:
    """The command that installs Python packages beside this one."""
    return f"{shlex.quote(sys.executable)} -m pip install {' '.join(packages)}"


def python() -> Iterator[Check]:
    """The interpreter."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST:
        yield missing("python", f"{found}; 3.11 or newer is needed", install("python3"))
    else:
        yield ok("python", f"{found}, {sys.executable}")


def packages() -> Iterator[Check]:
    """The packages that nomoat is installed with."""
    try:
        wanted = importlib.metadata.requires("nomoat") or []
    except importlib.metadata.PackageNotFoundError:
        yield note("packages", "nomoat runs without being installed", pip("-e", "."))
        return
    names = [re.split(r"[^\w.-]", one)[0] for one in wanted if "extra ==" not in one]
    gone = [name for name in names if not _version(name) and name != LLAMA]
    if gone:
        yield missing("packages", f"not installed: {', '.join(gone)}", pip(*gone))
    else:
        yield ok("packages", f"all {len(names)} are installed")


def llama() -> Iterator[Check]:
    """The library that computes the model; without it, what compiles it."""
    spec, version = importlib.util.find_spec("llama_cpp"), _version(LLAMA)
    if spec is None or not version:
        if not any(map(shutil.which, COMPILERS)):
            manager = next(filter(shutil.which, INSTALL), "")
            compiler = install(COMPILER.get(manager, "g++"))
            yield missing(
                "compiler", "llama.cpp has to be compiled, and no C++ compiler is here", compiler
            )
        yield missing("llama.cpp", "it is not installed", pip(LLAMA))
        return
    folders = [Path(folder) / "lib" for folder in spec.submodule_search_locations or ()]
    libraries = [file for folder in folders for file in folder.glob("libllama.*")]
    try:
        for library in libraries[:1]:
            ctypes.CDLL(str(library))
    except OSError as error:
        yield missing(
            "llama.cpp", f"{version} cannot be loaded: {error}", pip("--force-reinstall", LLAMA)
        )
        return
    if libraries:
        yield ok("llama.cpp", f"{version}, compiled")
    else:
        yield missing("llama.cpp", f"{version} lacks its library", pip("--force-reinstall", LLAMA))


def sandbox() -> Iterator[Check]:
    """What confines the code of the tool `python`: tried, not only looked for."""
    from nomoat.tools.guard.sandbox import Limits, Sandbox

    box = Sandbox()
    there = {
        f"Landlock {box.support.landlock}": box.support.landlock,
        "seccomp": box.support.seccomp,
        "bubblewrap": box.support.bubblewrap,
    }
    kinds = ", ".join(name for name, here in there.items() if here)
    bubblewrap = install("bubblewrap")
    if box.refusal:
        yield note("sandbox", f"{box.refusal}: the tool python refuses", bubblewrap)
        return
    with tempfile.TemporaryDirectory(prefix="nomoat-") as folder:
        code = [sys.executable, "-I", "-S", "-c", "print(1)"]
        done = box.run(code, workspace=folder, limits=Limits(seconds=10))
    if done.code == 0 and done.stdout == "1\n":
        yield ok("sandbox", f"{kinds}: code was run confined")
    else:
        said = (done.stderr.strip().splitlines() or [f"exit status {done.code}"])[-1][:200]
        yield note("sandbox", f"{kinds}: confined code does not run ({said})", bubblewrap)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
