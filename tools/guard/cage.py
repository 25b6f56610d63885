"""The process around confined code. It runs as a script of its own, with the standard library only.

Two parts. The *keeper* starts the code, watches time, processes and disk, kills everything that
is left, and reports. The *cage* is what the started process puts on itself before it becomes the
code: limits, no network, no rights, Landlock, seccomp. Whatever fails in there ends the process;
nothing ever runs unconfined.

The keeper reads one line of JSON from its standard input, which then stays open as a leash: when
the program that started it goes, by whatever way, the leash breaks and everything is killed.
"""

# ruff: noqa: BLE001, PTH118, PTH123, PTH208, S606
# It starts without pathlib to be quick, and every failure in it has to end in an exit.

from __future__ import annotations

import base64
import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import stat
import struct
import sys
import time
from collections.abc import Iterable
from typing import Any, NoReturn

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x08000000, 0x10000000, 0x40000000
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SUBREAPER = 1, 22, 38, 36
_SECCOMP_FILTER = 2

# linux/landlock.h; the version (ABI) that brought each right in front
_READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, read a folder
_WRITE = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 8  # write, remove, make folders and files
_REFER, _TRUNCATE, _DEVICES = 1 << 13, 1 << 14, 1 << 15
_FOR_FILES = 1 << 0 | 1 << 1 | 1 << 2 | _TRUNCATE | _DEVICES
_HANDLED = [(1, (1 << 13) - 1), (2, _REFER), (3, _TRUNCATE), (5, _DEVICES)]


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def put_on(config: dict[str, Any]) -> None:
    """Confine this process for good.

    Raises:
        OSError: a part could not be put on; the process must not go on.
    """
    libc = _libc()
    for name, value in config["rlimits"].items():
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        limit = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (limit, limit))
    # A second wall where the system allows it; the filter below stands in any case.
    libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC)
    _drop_rights(libc, config["machine"])
    _check(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if config["landlock"]:
        _landlock(libc, config["landlock"], config["read"], config["write"])
    _filter(libc, base64.b64decode(config["seccomp"]))


def _drop_rights(libc: ctypes.CDLL, machine: str) -> None:
    """No capabilities, also for root; no_new_privs keeps them from coming back."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
    nothing = ctypes.create_string_buffer(24)
    _check(libc.syscall(_CAPSET[machine], header, nothing), "capset")


def _landlock(libc: ctypes.CDLL, version: int, read: Iterable[str], write: Iterable[str]) -> None:
    handled = 0
    for since, rights in _HANDLED:
        handled |= rights if version >= since else 0
    attributes = struct.pack("=Q", handled)
    attributes += struct.pack("=Q", 3) if version >= 4 else b""  # no TCP either
    attributes += struct.pack("=Q", 3) if version >= 6 else b""  # no signals, abstract sockets
    ruleset = _check(libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0), "landlock")
    writing = (_READ & ~1 | _WRITE | _REFER | _TRUNCATE) & handled
    for paths, rights in ((read, _READ), (write, writing)):
        for path in paths:
            _allow(libc, ruleset, path, rights)
    _check(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _FOR_FILES
        rule = struct.pack("=Qi", rights, fd)
        _check(libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0), f"landlock rule for {path}")
    finally:
        os.close(fd)


def _filter(libc: ctypes.CDLL, program: bytes) -> None:
    code = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _check(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, fprog, 0, 0), "seccomp")


def _become(config: dict[str, Any], fault: int) -> None:
    """In the started process: become the code, or the program that wraps it."""
    _libc().prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(config["folder"])
    if not config["wrapped"]:
        _go(config, fault)
    # bubblewrap shows the files and no others, and runs `inside` in there
    os.set_inheritable(fault, True)
    argv = [*config["wrapped"], "inside", json.dumps({**config, "fault": fault})]
    os.execve(argv[0], argv, config["env"])


def _go(config: dict[str, Any], fault: int) -> NoReturn:
    put_on(config)
    os.write(fault, b"+")
    os.execve(config["argv"][0], config["argv"], config["env"])


def inside(config: dict[str, Any]) -> None:
    """What is started inside bubblewrap."""
    fault = config["fault"]
    os.set_inheritable(fault, False)
    try:
        _go(config, fault)
    except BaseException as error:
        os.write(fault, str(error).encode())
        os._exit(126)


def _start(config: dict[str, Any]) -> tuple[int, int]:
    """The started process, and a pipe: `+` once it is confined, then what went wrong, if any."""
    heard, fault = os.pipe()
    pid = os.fork()
    if pid:
        os.close(fault)
        return pid, heard
    try:
        os.close(heard)
        _become(config, fault)
    except BaseException as error:
        os.write(fault, str(error).encode())
    finally:
        os._exit(126)


class _Watch:
    """Looks at the started process from outside until there is a reason to stop."""

    def __init__(self, config: dict[str, Any], pid: int, heard: int) -> None:
        self.config, self.pid, self.heard = config, pid, heard
        self.end = time.monotonic() + config["seconds"]
        self.disk_end = _size(config["watch"]) + config["disk"]
        self.pace = 0.05 if config["processes"] > 1 else 0.5
        self.next_size = 0.0
        self.said = b""

    def until_stopped(self) -> str:
        """Why it has to be stopped; empty when it ended by itself."""
        ended = os.pidfd_open(self.pid)
        poll = select.poll()
        for fd in (ended, 0, self.heard):
            poll.register(fd, select.POLLIN)
        try:
            while True:
                left = self.end - time.monotonic()
                if left <= 0:
                    return "time"
                ready = dict(
                    poll.poll(min(left, 0.05 if self.config["processes"] > 1 else 0.5) * 1000)
                )
                if 0 in ready:
                    return "leash"
                if self.heard in ready:
                    self.said += (piece := os.read(self.heard, 4096))
                    if not piece:
                        poll.unregister(self.heard)
                if ended in ready:
                    return ""
                if reason := self._too_much():
                    return reason
        finally:
            os.close(ended)

    def _too_much(self) -> str:
        many = self.config["processes"]
        own = 3 if self.config["wrapped"] else 0  # bubblewrap's own
        if many > 1 and len(_descendants()) > many + own:
            return "processes"
        now = time.monotonic()
        if now >= self.next_size:
            if _size(self.config["watch"]) > self.disk_end:
                return "disk"
            self.next_size = time.monotonic() + max(0.5, 20 * (time.monotonic() - now))
        return ""


def _size(folders: Iterable[str]) -> int:
    """Bytes that the files below occupy."""
    total = 0
    for folder in folders:
        for root, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(root, name)).st_blocks * 512
    return total


def _descendants() -> list[int]:
    """Every process below this one. Orphans come to this one too: it is their subreaper."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    found: list[int] = []
    level = [os.getpid()]
    while level:
        level = [pid for pid, parent in parents.items() if parent in level]
        found += level
    return found


def _sweep(pid: int) -> int:
    """Kill all that is left, and give the started process's wait status."""
    status: int | None = None
    while True:
        if status is None:  # once it was waited for, its number may be somebody else's
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        for each in _descendants():
            with contextlib.suppress(OSError):
                os.kill(each, signal.SIGKILL)
        try:
            while (reaped := os.waitpid(-1, os.WNOHANG))[0]:
                if reaped[0] == pid:
                    status = reaped[1]
        except ChildProcessError:
            return status or 0
        time.sleep(0.002)


def _line() -> bytes:
    """The first line of standard input, and not a byte of what follows."""
    line = b""
    while not line.endswith(b"\n"):
        line += os.read(0, 1) or sys.exit(1)
    return line


def keep() -> None:
    """Run what the configuration says and report on the descriptor that it names."""
    config = json.loads(_line())
    os.set_inheritable(config["report"], False)
    _check(_libc().prctl(_PR_SET_SUBREAPER, 1, 0, 0, 0), "subreaper")
    pid, heard = _start(config)
    watch = _Watch(config, pid, heard)
    stopped = watch.until_stopped()
    status = _sweep(pid)
    while piece := os.read(heard, 4096):
        watch.said += piece
    report = {
        "code": os.waitstatus_to_exitcode(status),
        "stopped": stopped,
        "confined": watch.said.startswith(b"+"),
        "fault": watch.said.removeprefix(b"+").decode(errors="replace"),
    }
    os.write(config["report"], json.dumps(report).encode())


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(json.loads(sys.argv[2]))
    else:
        keep()
