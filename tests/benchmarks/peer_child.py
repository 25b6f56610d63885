"""The near side of a peer's process: gives it goals, and calls the tools it asks for."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

SCRIPT = Path(__file__).resolve().parent / "peers" / "child.py"
STARTS = 300.0
"""Seconds a peer may take to import its framework."""
QUIET = {
    "LANGSMITH_TRACING": "false",
    "LANGCHAIN_TRACING_V2": "false",
    "HF_HUB_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "NO_PROXY": "127.0.0.1,localhost",
    "PYTHONUNBUFFERED": "1",
}
"""A peer calls nobody but the server on this machine."""

CallTool = Callable[[str, dict[str, Any]], str]


@dataclass(frozen=True, slots=True)
class Said:
    """How a peer ended."""

    answer: str
    ended: str
    """`answered`, `out of steps`, `out of time` or `failed`."""
    steps: int
    seconds: float
    error: str = ""


class Child:
    """A process that runs goals one after the other; a new one is started where one was ended.

    Args:
        command: starts it.
        log: what it prints besides its answers.
    """

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self._command, self._log = list(command), log
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def run(self, order: dict[str, Any], call: CallTool, seconds: float) -> Said:
        """Give it a goal; it is ended when it takes longer than this."""
        process = self._ready()
        began, calls = time.monotonic(), 0
        self._send(process, {"run": order})
        while True:
            message = self._next(seconds - (time.monotonic() - began))
            if message is None:
                gone = process.poll() is not None
                self.end()
                ended, error = ("failed", "the process ended") if gone else ("out of time", "")
                return Said("", ended, calls, time.monotonic() - began, error)
            if "done" in message:
                done = message["done"]
                took = time.monotonic() - began
                error = done.get("error", "")
                return Said(done["answer"], done["ended"], done["steps"] or calls, took, error)
            calls += 1
            wanted = message["call"]
            self._send(process, {"result": call(wanted["tool"], wanted["arguments"])})

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    def _ready(self) -> subprocess.Popen[str]:
        if self._process is not None:
            return self._process
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as log:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env={**kept, **QUIET},
            )
        self._process, self._lines = process, queue.Queue()
        threading.Thread(target=_read, args=(process, self._lines), daemon=True).start()
        message = self._next(STARTS)
        if message is None or "ready" not in message:
            self.end()
            raise SystemExit(f"{' '.join(self._command)} does not start; see {self._log}.")
        return process

    def _next(self, seconds: float) -> dict[str, Any] | None:
        """The next message; None where the time is over or the process has gone."""
        try:
            line = self._lines.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return None
        return json.loads(line) if line else None

    @staticmethod
    def _send(process: subprocess.Popen[str], message: dict[str, Any]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except BrokenPipeError:  # it has gone: the next message will not come
            process.wait()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    process.wait()
    lines.put("")
