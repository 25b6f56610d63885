"""Where a task is tried: a fresh workspace, a memory of its documents, a site on this machine."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from nomoat.agent.bench.ended import Ended
from nomoat.agent.bench.suite import Task


@dataclass(frozen=True, slots=True)
class Site:
    """A folder that is served over loopback."""

    host: str
    """With the port."""
    visited: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://{self.host}"


@dataclass(frozen=True, slots=True)
class Place:
    """A task made ready."""

    goal: str
    """With the site's address in it."""
    workspace: Path
    documents: Path | None
    site: Site | None
    before: Mapping[str, bytes]

    @property
    def allow_hosts(self) -> tuple[str, ...]:
        return (self.site.host,) if self.site else ()

    def ended(self, answer: str, *, reached: bool = True) -> Ended:
        """What an answer and the workspace as it is now come to."""
        visited = tuple(self.site.visited) if self.site else ()
        return Ended(answer, self.before, snapshot(self.workspace), reached, visited)


@contextmanager
def prepared(task: Task) -> Iterator[Place]:
    """A task's workspace, documents and site, gone when the block is left.

    Nothing of the suite itself can be reached from them: all are copies.
    """
    with tempfile.TemporaryDirectory(prefix="nomoat-task-", ignore_cleanup_errors=True) as name:
        root = Path(name).resolve()
        workspace = root / "work"
        if task.entry.folder:
            shutil.copytree(task.root / task.entry.folder, workspace)
        else:
            workspace.mkdir()
        documents = None
        if task.entry.documents:
            documents = root / "documents"
            shutil.copytree(task.root / task.entry.documents, documents)
        with _served(task) as site:
            goal = task.entry.goal.replace("{site}", site.address) if site else task.entry.goal
            yield Place(goal, workspace, documents, site, snapshot(workspace))


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every regular file below a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


class _Handler(SimpleHTTPRequestHandler):
    """Files of a folder; keeps what was asked for, and prints nothing."""

    def __init__(self, *args: Any, visited: list[str], **kwargs: Any) -> None:
        self._visited = visited
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        """Serve a file."""
        self._visited.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's signature
        """Say nothing."""


@contextmanager
def _served(task: Task) -> Iterator[Site | None]:
    if not task.entry.site:
        yield None
        return
    visited: list[str] = []
    folder = str(task.root / task.entry.site)
    handler = partial(_Handler, directory=folder, visited=visited)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield Site(f"127.0.0.1:{server.server_port}", visited)
        finally:
            server.shutdown()
            thread.join()
