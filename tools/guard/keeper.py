"""Starting the keeper process (`cage`), listening to it, and letting go of its leash in time."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nomoat.tools.errors import Failed
from nomoat.tools.guard import cage

_GRACE = 10.0
"""Seconds after which a keeper that does not end is killed itself."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a confined program may use."""

    seconds: float = 30.0
    """On the clock, and again of processor time."""
    memory_mb: int = 2048
    """Of address space, for each process."""
    processes: int = 1
    """With 1 it cannot start any; threads do not count."""
    file_mb: int = 256
    """For one file."""
    disk_mb: int = 1024
    """For all that it writes."""
    open_files: int = 128
    output_bytes: int = 100_000
    """Kept of each of stdout and stderr: the beginning and the end."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a confined program."""

    stdout: str
    stderr: str
    code: int
    """The exit status; the negative number of a signal that ended it."""
    stopped: str = ""
    """Why it was stopped from outside: `time`, `processes`, `disk`, `output`; mostly empty."""

    @property
    def timed_out(self) -> bool:
        return self.stopped == "time"


def python(script: str) -> list[str]:
    """This Python, for a script that needs the standard library only."""
    return [sys.executable, "-I", "-S", "-B", script]


class _Tail:
    """The beginning and the end of a stream."""

    def __init__(self, size: int) -> None:
        self.size, self.seen = size, 0
        self.head, self.tail = bytearray(), bytearray()

    def add(self, piece: bytes) -> None:
        self.seen += len(piece)
        room = self.size // 2 - len(self.head)
        self.head += piece[:room]
        self.tail += piece[max(room, 0) :]
        del self.tail[: -self.size // 2]

    def text(self) -> str:
        left_out = self.seen - len(self.head) - len(self.tail)
        gap = f"\n… {left_out} bytes left out …\n".encode() if left_out else b""
        return (self.head + gap + self.tail).decode(errors="replace")


class Keeper:
    """Starts a keeper process, listens to it, and lets go of its leash when it is time."""

    FLOOD = 100
    """Output beyond this many times what is kept stops the program."""

    def __init__(self, config: dict[str, Any], limits: Limits) -> None:
        self.config, self.limits = config, limits
        self.streams = {name: _Tail(limits.output_bytes) for name in ("stdout", "stderr")}
        self.report = bytearray()
        self.flooded = False

    def run(self) -> Finished:
        heard, told = os.pipe()
        try:
            keeper = subprocess.Popen(
                python(str(Path(cage.__file__).resolve())),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                pass_fds=(told,),
                start_new_session=True,
            )
        except OSError as error:
            os.close(heard)
            raise Failed(f"Code cannot be started here: {error.strerror}.") from None
        finally:
            os.close(told)
        try:
            with keeper:
                self._listen(keeper, heard, json.dumps({**self.config, "report": told}))
        finally:
            os.close(heard)
        return self._finished()

    def _listen(self, keeper: subprocess.Popen[bytes], heard: int, config: str) -> None:
        leash, stdout, stderr = keeper.stdin, keeper.stdout, keeper.stderr
        if leash is None or stdout is None or stderr is None:
            raise Failed("Code cannot be started here.")
        end = time.monotonic() + self.limits.seconds + _GRACE
        try:
            leash.write(config.encode() + b"\n")
            leash.flush()
            with selectors.DefaultSelector() as selector:
                selector.register(stdout, selectors.EVENT_READ, self.streams["stdout"].add)
                selector.register(stderr, selectors.EVENT_READ, self.streams["stderr"].add)
                selector.register(heard, selectors.EVENT_READ, self.report.extend)
                while selector.get_map() and time.monotonic() < end:
                    for key, _ in selector.select(0.5):
                        piece = os.read(key.fd, 65536)
                        key.data(piece)
                        if not piece:
                            selector.unregister(key.fileobj)
                    self._stop_flood(leash)
        finally:
            leash.close()
            try:
                keeper.wait(_GRACE)
            except subprocess.TimeoutExpired:
                keeper.kill()

    def _stop_flood(self, leash: Any) -> None:
        most = self.FLOOD * self.limits.output_bytes
        if not self.flooded and sum(stream.seen for stream in self.streams.values()) > most:
            self.flooded = True
            leash.close()

    def _finished(self) -> Finished:
        try:
            report = json.loads(self.report)
        except ValueError:
            raise Failed("The program could not be confined, so it was not run.") from None
        stdout, stderr = self.streams["stdout"].text(), self.streams["stderr"].text()
        if report["fault"] or not report["confined"]:
            said = report["fault"] or stderr.strip()[-200:] or "nothing"
            done = "started" if report["confined"] else "confined, so it was not run"
            raise Failed(f"The program could not be {done}.", hint=f"The system said: {said}.")
        stopped = "output" if self.flooded else report["stopped"]
        return Finished(stdout, stderr, report["code"], stopped)
