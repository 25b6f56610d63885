"""`chroma run` on loopback, for the tests that need a server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nomoat.memory import ChromaAddress


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def chroma_server(folder: Path) -> Iterator[ChromaAddress]:
    """A server that keeps its data in `folder`."""
    address = ChromaAddress("127.0.0.1", free_port())
    folder.mkdir(parents=True, exist_ok=True)
    place = ["--path", folder / "data", "--host", address.host, "--port", str(address.port)]
    process = subprocess.Popen(
        [Path(sys.executable).with_name("chroma"), "run", *place],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex((address.host, address.port)) == 0:
                    break
            time.sleep(0.1)
        yield address
    finally:
        process.kill()
        process.wait()
