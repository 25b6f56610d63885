"""Parsing in a child process, so that a bad file costs a message and not the program."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from nomoat.memory.document import Document
from nomoat.memory.errors import DocumentError, NomoatError
from nomoat.memory.load.source import MB, Limits
from nomoat.memory.load.wire import from_wire

_START_SECONDS = 60
_KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "TZ")


class Parser:
    """A child process that parses one file after the other; use it as a context manager.

    It is started when the first file comes and again when a file has ended it. Files come by
    path, documents go back as JSON. Not for use by several threads at once.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._worker: _Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def parse(self, path: Path, *, name: str) -> Document:
        """Read the file at `path`; `name` is the path that citations show.

        Raises DocumentError, with the reason, for whatever cannot be read within the limits,
        and NomoatError when no parser can be started at all.
        """
        request = {"path": str(path.absolute()), "name": name, "limits": asdict(self.limits)}
        fresh = self._worker is None
        try:
            return self._asked(request)
        except _Ended:
            if fresh:
                raise
        return self._asked(request)  # an earlier file may have left the process weak

    def close(self) -> None:
        """End the child process. The next `parse` starts another."""
        if self._worker:
            self._worker.end()
            self._worker = None

    def _asked(self, request: dict[str, Any]) -> Document:
        if self._worker is None:
            self._worker = _Worker(self.limits)
        try:
            answer = self._worker.ask(request)
        except BaseException:
            self.close()  # an answer that comes late must not be taken for the next one
            raise
        if "memory" in answer:
            self.close()
            raise _Ended(f"It needs more than {self.limits.memory_mb} MB of memory.")
        if "error" in answer:
            raise DocumentError(str(answer["error"]), hint=str(answer["hint"]))
        try:
            return from_wire(answer["document"])
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise DocumentError("The parser gave back what is not a document.") from error


def parse_safely(path: Path, *, name: str, limits: Limits | None = None) -> Document:
    """One file, in a child process of its own; for several, `Parser` starts only one."""
    with Parser(limits) as parser:
        return parser.parse(path, name=name)


class _Ended(DocumentError):
    """The child process ended on this file."""


class _Worker:
    """The running child: lines out, lines in, and a watch on the time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._most = (2 * limits.output_mb + 16) * MB
        environment = {k: os.environ[k] for k in _KEPT_ENVIRONMENT if k in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "nomoat.memory.load.worker", str(limits.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment | {"PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            self._line(time.monotonic() + _START_SECONDS)
        except DocumentError as error:
            self.end()
            raise NomoatError(
                "The process that parses documents did not start.",
                hint="`python -P -m nomoat.memory.load.worker 1024 </dev/null` shows why.",
            ) from error

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request; DocumentError when it does not come in time or at all."""
        try:
            _pipe(self._process.stdin).write(json.dumps(request).encode() + b"\n")
            _pipe(self._process.stdin).flush()
        except BrokenPipeError:
            raise self._death() from None
        line = self._line(time.monotonic() + self._limits.seconds)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def end(self) -> None:
        """Stop the child at once; it has nothing to lose."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                _pipe(pipe).close()
        self._process.wait()

    def _line(self, deadline: float) -> bytes:
        out = _pipe(self._process.stdout).fileno()
        line = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise self._too_slow()
                part = os.read(out, MB)
                if not part:
                    raise self._death()
                line += part
                if len(line) > self._most:
                    raise DocumentError("It is too big: too much comes out of it.")
        return bytes(line)

    def _too_slow(self) -> DocumentError:
        return DocumentError(f"It was given up after {self._limits.seconds:g} seconds.")

    def _death(self) -> DocumentError:
        code = self._process.wait()
        if code == -signal.SIGXCPU:
            return self._too_slow()
        return _Ended(
            f"It made the parser fail: it is damaged, or needs more than "
            f"{self._limits.memory_mb} MB of memory."
        )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without pipes")
    return pipe
