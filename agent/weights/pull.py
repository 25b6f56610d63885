"""Pull a model: fetch its files from the first source that has them, verify, put them in place.

A file is in place only when its sha256 is right. What arrived of an unfinished pull stays as
`FILE.part`, and the next pull goes on from there.
"""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from nomoat.agent.errors import ModelBroken, ModelMissing, PullFailed
from nomoat.agent.weights.catalogue import Model, ModelFile, find
from nomoat.agent.weights.hub import Hub
from nomoat.agent.weights.models import check, folder_of, locate, pull_lock, verify
from nomoat.agent.weights.sources import Source, SourceFailed, size
from nomoat.agent.weights.wheels import Index

Phase = Literal["waiting", "download", "verify", "done"]
_SPARE = 100_000_000
"""Bytes that a pull leaves free on the disk, and that wheels on their way take."""


@dataclass(frozen=True)
class Progress:
    """How far a pull is."""

    name: str
    """The model."""
    file: str
    phase: Phase
    """`waiting` is for another pull of the same model to end."""
    done: int = 0
    """Bytes."""
    total: int = 0
    """Bytes; 0 where the source did not tell."""
    rate: float = 0.0
    """Bytes per second since this pull began."""
    source: str = ""

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.rate if self.rate and self.total else None


Watch = Callable[[Progress], None]


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@dataclass(frozen=True)
class Puller:
    """What a pull works with; the defaults are right outside of tests."""

    sources: tuple[Source, ...] = field(default_factory=lambda: (Hub(), Index()))
    free_bytes: Callable[[Path], int] = _free
    """The room on the disk that holds a folder, in bytes."""


def pull(name: str, *, progress: Watch = lambda _: None, using: Puller | None = None) -> Path:
    """Get a model, unless it is here already, and return what `locate` returns.

    Args:
        name: a catalogue name, or `owner/repository[@revision]:file.gguf` on the Hub.
        progress: called often while files come in.

    Raises:
        ModelUnknown: there is no such model.
        ModelBroken: every source that answered sent other bytes than were pinned.
        PullFailed: no source could be reached, or there is no room on the disk.
    """
    model = find(name)
    if model.path:
        return model.path
    with _alone(model, progress):
        for file in model.files:
            _ensure(model, file, using or Puller(), progress)
    progress(Progress(model.name, "", "done"))
    return locate(name)


@contextmanager
def _alone(model: Model, progress: Watch) -> Iterator[None]:
    """Hold the model's lock; whoever comes second waits, and then finds the model in place."""
    from filelock import Timeout

    lock = pull_lock(model)
    while True:
        try:
            lock.acquire(timeout=0.5)
            break
        except Timeout:
            progress(Progress(model.name, "", "waiting"))
    try:
        yield
    finally:
        lock.release()


def _ensure(model: Model, file: ModelFile, using: Puller, progress: Watch) -> None:
    folder = folder_of(model)
    path = folder / file.name

    def hashed(done: int) -> None:
        progress(Progress(model.name, file.name, "verify", done, size(path)))

    try:
        verify(model, file, path, progress=hashed)
    except (ModelMissing, ModelBroken):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _fetch(model, file, using, progress)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise _no_room(model, folder, 0) from error


def _fetch(model: Model, file: ModelFile, using: Puller, progress: Watch) -> None:
    """Try each source until one completes the file with the right hash."""
    folder = folder_of(model)
    part = folder / (file.name + ".part")
    _require_room(model, file.bytes - size(part), folder, using)
    refusals: list[str] = []
    broken: ModelBroken | None = None
    for source in using.sources:
        if not source.offers(file):
            continue
        try:
            named = source.fetch(file, part, _meter(model, file, source, part, progress))
            if size(part) < file.bytes:
                raise SourceFailed(f"only {size(part):,} of {file.bytes:,} bytes came")
            _place(model, file, part, file.sha256 or named, progress)
        except SourceFailed as failure:
            refusals.append(f"{source.label} ({failure})")
        except ModelBroken as error:
            part.unlink()
            broken = error
        else:
            return
    if broken:
        raise ModelBroken(
            f"What was pulled was thrown away. {broken}",
            hint="Pull it again; if this repeats, the source has another file than was meant.",
        )
    raise PullFailed(
        f"{model.name} could not be pulled from " + " or ".join(refusals) + ".",
        hint="Check the connection and run the same command again: it goes on from what is there.",
    )


def _place(model: Model, file: ModelFile, part: Path, expected: str, progress: Watch) -> None:
    """Verify the part and move it to its final name in one step."""
    total = size(part)

    def hashed(done: int) -> None:
        progress(Progress(model.name, file.name, "verify", done, total))

    check(model, file, part, expected, progress=hashed)
    part.replace(part.with_suffix(""))


def _meter(
    model: Model, file: ModelFile, source: Source, part: Path, progress: Watch
) -> Callable[[int, int], None]:
    """Turn bytes into progress with a rate."""
    began, before = time.monotonic(), size(part)

    def report(done: int, total: int) -> None:
        seconds = time.monotonic() - began
        rate = max(done - before, 0) / seconds if seconds > 0 else 0.0
        progress(Progress(model.name, file.name, "download", done, total, rate, source.label))

    return report


def _require_room(model: Model, missing: int, folder: Path, using: Puller) -> None:
    needed = max(missing, 0) + _SPARE
    if using.free_bytes(folder) < needed:
        raise _no_room(model, folder, needed)


def _no_room(model: Model, folder: Path, needed: int) -> PullFailed:
    wanted = f": {needed / 1e9:.1f} GB are needed" if needed else ""
    return PullFailed(
        f"There is no room for {model.name} on the disk of {folder}{wanted}.",
        hint="Free some, or set NOMOAT_HOME to a folder on another disk.",
    )
