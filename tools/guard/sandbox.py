"""Running a program that is not trusted: confined by the operating system, or not at all.

The program reads the Python installation and system libraries, writes in one folder and a private
temporary one, reaches no network and no other process, and ends within its limits; so does
everything it starts. Files are held by Landlock, or by bubblewrap where the kernel has none; the
rest by a seccomp filter. Where one of the two is missing, nothing is run.
"""

from __future__ import annotations

import base64
import mimetypes
import os
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nomoat.tools.errors import Failed
from nomoat.tools.guard import cage, seccomp
from nomoat.tools.guard.keeper import Finished, Keeper, Limits, python
from nomoat.tools.guard.support import Support, probe

__all__ = ["Finished", "Limits", "Sandbox", "Support", "probe"]

MB = 1024 * 1024
_SYSTEM = (
    *("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64"),
    *("/usr/share/zoneinfo", "/usr/share/fonts", "/etc/ld.so.cache", "/etc/localtime"),
    *map(str, mimetypes.knownfiles),  # opened where they exist, by libraries that then fail
    *(
        "/proc/cpuinfo",
        "/proc/meminfo",
        "/proc/self/cgroup",
        "/sys/fs/cgroup",
    ),  # how much there is to use
    *("/dev/random", "/dev/urandom", "/dev/zero", "/dev/null"),
)


class Sandbox:
    """Runs programs confined. `support` is what to confine with; by default what there is."""

    def __init__(self, support: Support | None = None) -> None:
        self.support = support or probe()

    @property
    def refusal(self) -> str:
        """Why it would refuse to run anything; empty where it would not."""
        return self.support.refusal()

    def run(
        self,
        argv: Sequence[str],
        *,
        workspace: str | os.PathLike[str],
        limits: Limits | None = None,
        readable: Sequence[str | os.PathLike[str]] = (),
    ) -> Finished:
        """Run `argv` (an absolute path first) in `workspace`, where it may write anything.

        `readable` names files and folders it may read besides the system's. Whatever it started
        is gone when this returns.

        Raises:
            Failed: this machine cannot confine it; it was not run.
        """
        if self.refusal:
            raise Failed(
                f"{self.refusal}, so code is not run.",
                hint="Do it with the other tools; a newer kernel or bubblewrap would help.",
            )
        limits = limits or Limits()
        with tempfile.TemporaryDirectory(prefix="nomoat-", ignore_cleanup_errors=True) as private:
            config = self._config(argv, Path(workspace).resolve(), Path(private), limits, readable)
            return Keeper(config, limits).run()

    def _config(
        self,
        argv: Sequence[str],
        folder: Path,
        private: Path,
        limits: Limits,
        readable: Sequence[str | os.PathLike[str]],
    ) -> dict[str, Any]:
        support = self.support
        read: list[str] = [
            *_SYSTEM,
            *python_paths(),
            str(Path(argv[0]).resolve()),
            *(os.fspath(path) for path in readable),
        ]
        write = [str(folder), str(private)]
        filter_ = seccomp.program(support.machine, support.landlock, processes=limits.processes > 1)
        return {
            "argv": list(argv),
            "env": environment(private),
            "folder": str(folder),
            "machine": support.machine,
            "landlock": support.landlock,
            "read": read,
            "write": [*write, "/dev/null"],
            "wrapped": [] if support.landlock else _wrap(support.bubblewrap, read, write),
            "seccomp": base64.b64encode(filter_).decode(),
            "rlimits": {
                "RLIMIT_AS": limits.memory_mb * MB,
                "RLIMIT_CORE": 0,
                "RLIMIT_CPU": int(limits.seconds) + 1,
                "RLIMIT_FSIZE": limits.file_mb * MB,
                "RLIMIT_NOFILE": limits.open_files,
            },
            "seconds": limits.seconds,
            "processes": limits.processes,
            "disk": limits.disk_mb * MB,
            "watch": write,
        }


def python_paths() -> list[str]:
    """What this Python needs to be read to run: its libraries and packages, not its folder."""
    paths = sysconfig.get_paths()
    found = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    bases = (sys.base_prefix, sys.base_exec_prefix)
    found += [f"{base}/{name}" for base in bases for name in ("lib", "lib64") if base != "/"]
    found += [f"{sys.prefix}/pyvenv.cfg", sys.executable, str(Path(sys.executable).resolve())]
    return list(dict.fromkeys(found))


def environment(private: Path) -> dict[str, str]:
    """All that a confined program sees of the environment: nothing of the person's."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(private),
        "TMPDIR": str(private),
        "LANG": "C.UTF-8",
        "USER": "nomoat",
        "TZ": os.environ.get("TZ", ""),
        "MPLBACKEND": "Agg",
        # each thread of these reserves memory, and there are as many as processors
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


def _wrap(bubblewrap: str, read: Sequence[str], write: Sequence[str]) -> list[str]:
    """bubblewrap with the same files in view; the cage inside it puts on all the rest."""
    script = str(Path(cage.__file__).resolve())
    argv = [bubblewrap, "--unshare-all", "--die-with-parent", "--clearenv", "--dev", "/dev"]
    for path in dict.fromkeys([*read, script]):
        if not path.startswith(("/dev/", "/proc/")):
            argv += ["--ro-bind-try", path, path]
    for path in write:
        argv += ["--bind", path, path]
    return [*argv, "--chdir", write[0], "--", *python(script)]
