"""llama.cpp's own server over a model file, on loopback, and the tokens it has worked through."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

HOST = "127.0.0.1"
SCRIPT = Path(__file__).resolve().parent / "peers" / "server.py"
LOADS = 300.0
"""Seconds a model may take to load."""
_COUNTER = re.compile(
    r"^llamacpp:(prompt_tokens_total|tokens_predicted_total) (\S+)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens evaluated (what the cache held is not counted) and written."""

    read: int
    written: int

    def since(self, before: Tokens) -> Tokens:
        """How many came after `before`."""
        return Tokens(self.read - before.read, self.written - before.written)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    address: str
    client: httpx.Client

    def tokens(self) -> Tokens:
        """All tokens so far, by the server's own count."""
        return counted(self.client.get(f"{self.address}/metrics").raise_for_status().text)


def counted(metrics: str) -> Tokens:
    """The counters in the text of `/metrics`."""
    found = {name: int(float(value)) for name, value in _COUNTER.findall(metrics)}
    return Tokens(found["prompt_tokens_total"], found["tokens_predicted_total"])


@dataclass(frozen=True, slots=True)
class Load:
    """What a server holds."""

    model: Path
    context: int
    threads: int


def compiled(binary: Path, load: Load, port: int) -> list[str]:
    """The command of a `llama-server`: the model's own chat template, a conversation at a time."""
    options = {
        "--model": load.model,
        "--host": HOST,
        "--port": port,
        "--ctx-size": load.context,
        "--parallel": 1,
        "--threads": load.threads,
    }
    listed = [str(part) for option in options.items() for part in option]
    return [str(binary), *listed, "--jinja", "--metrics", "--no-webui"]


def prebuilt(python: Path, load: Load, port: int) -> list[str]:
    """The command of the server that a package brings, with the same settings."""
    numbers = [str(number) for number in (port, load.context, load.threads)]
    return [str(python), str(SCRIPT), str(load.model), *numbers]


@contextmanager
def serving(command: Callable[[int], Sequence[str]], log: Path) -> Iterator[Server]:
    """A server for the block; `command` is given its port.

    Raises:
        SystemExit: it does not start.
    """
    port = _free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as file, httpx.Client(trust_env=False, timeout=60) as client:
        process = subprocess.Popen(command(port), stdin=subprocess.PIPE, stdout=file, stderr=file)
        server = Server(f"http://{HOST}:{port}", client)
        try:
            _wait(server, process, log)
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.communicate()


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + LOADS
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.TransportError):
            if server.client.get(f"{server.address}/health").status_code == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"The server does not start; see {log}.")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind((HOST, 0))
        return int(found.getsockname()[1])
