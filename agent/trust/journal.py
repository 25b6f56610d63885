"""The effects of a run, written down before and after they happen, so that none happens twice.

journal.jsonl   one line for each of: intent (what will be done), begun (from here on it may have
                happened), before (a file as it was), result (what came of it); each is on disk
                before the next thing is done
before/         the files as they were, by the sha256 of what is in them

What was begun and has no result is unknown: it may have happened, and only a person can say.
Reading has no effect and is not written down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from nomoat.agent.errors import RunError
from nomoat.agent.trust.deed import ABSENT, Deed, advance
from nomoat.tools.guard.net import Contact
from nomoat.tools.observation import Observation

VERSION = 1


class Journal:
    """The journal in the folder of one run."""

    def __init__(self, folder: Path) -> None:
        """Read what there is.

        Raises:
            RunError: it is damaged before its end, of a newer version, or cannot be read.
        """
        self.file = folder / "journal.jsonl"
        self.images = folder / "before"
        self.contract: dict[str, Any] | None = None
        """The contract of the run, as plain data; None before it is set."""
        self.deeds: list[Deed] = []
        self.undone: dict[str, str] = {}
        """Path → sha256, as an undo left it."""
        self._size = 0
        for number, record in enumerate(self._records(), 1):
            try:
                self._take(record)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise self._damaged(number) from error

    # -- writing -----------------------------------------------------------------------------

    def begin(self, contract: dict[str, Any]) -> None:
        """Fix what the run may do; before anything else, and once."""
        if self.contract is None:
            self._write({"kind": "run", "version": VERSION, "contract": contract})

    def widen(self, contract: dict[str, Any]) -> None:
        """Fix anew what the run may do: only after the person has said more."""
        self._write({"kind": "run", "version": VERSION, "contract": contract})

    def intent(self, deed: Deed) -> None:
        """What will be done."""
        named = ("n", "tool", "args", "effects", "asked", "key")
        self._write({"kind": "intent", **{name: getattr(deed, name) for name in named}})

    def begun(self, n: int) -> None:
        """From here on it may have happened."""
        self._write({"kind": "begun", "n": n})

    def before(self, n: int, path: str, data: bytes | None) -> None:
        """A file as it is before step `n` changes it for the first time; None: there is none."""
        deed = self.deed(n)
        if deed is not None and path in deed.touched:
            return
        digest = ABSENT if data is None else self._keep(data)
        self._write({"kind": "before", "n": n, "path": path, "sha256": digest})

    def too_big(self, n: int, path: str, digest: str) -> None:
        """A file that is changed and is too big to be kept as it was."""
        deed = self.deed(n)
        if deed is None or path not in deed.touched:
            line = {"kind": "before", "n": n, "path": path, "sha256": digest, "kept": False}
            self._write(line)

    def moved(self, n: int, source: str, target: str) -> None:
        """A folder is moved."""
        self._write({"kind": "moved", "n": n, "source": source, "target": target})

    def result(
        self,
        n: int,
        observation: Observation,
        after: dict[str, tuple[str, int]],
        contacts: Sequence[Contact] = (),
    ) -> None:
        """What came of it, and the changed files as they are now: path → (sha256, size)."""
        seen = asdict(observation)
        hosts = [asdict(contact) for contact in contacts]
        self._write(
            {"kind": "result", "n": n, "observation": seen, "after": after, "contacts": hosts}
        )

    def undid(self, paths: dict[str, str]) -> None:
        """Files as an undo left them: path → sha256."""
        self._write({"kind": "undone", "paths": paths})

    # -- reading -----------------------------------------------------------------------------

    def deed(self, n: int, asked: str | None = None) -> Deed | None:
        """The last deed of step `n`, if it is of the call with this key."""
        for deed in reversed(self.deeds):
            if deed.n == n:
                return deed if asked in (None, deed.asked) else None
        return None

    def unknown(self, key: str) -> Deed | None:
        """The call of this key, if it was begun and nobody knows what came of it."""
        for deed in reversed(self.deeds):
            if key in (deed.key, deed.asked):
                return deed if deed.state == "begun" else None
        return None

    @property
    def made(self) -> frozenset[str]:
        """Files that this run has made, which were not there before."""
        ends = self._ends()
        return frozenset(path for path, (first, last) in ends.items() if first == ABSENT != last)

    @property
    def gone(self) -> frozenset[str]:
        """Files that were there before, and that this run has removed or moved away, or may be
        about to."""
        ends = self._ends().items()
        return frozenset(p for p, (was, now) in ends if was != ABSENT and now in {ABSENT, None})

    def _ends(self) -> dict[str, tuple[str, str | None]]:
        """What was in each file that was touched, at first and at last."""
        ends: dict[str, tuple[str, str | None]] = {}
        for deed in self.deeds:
            for path, touch in deed.touched.items():
                first, _ = ends.get(path, (touch.before, None))
                ends[path] = first, touch.after
        return ends

    def image(self, digest: str) -> bytes | None:
        """What was in a file; None where it is not kept, or not as it was written."""
        import hashlib

        with suppress(OSError):
            data = (self.images / digest).read_bytes()
            if hashlib.sha256(data).hexdigest() == digest:
                return data
        return None

    # -- lines -------------------------------------------------------------------------------

    def _records(self) -> Iterator[dict[str, Any]]:
        try:
            data = self.file.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise RunError(
                f"The journal {self.file} cannot be read: {error.strerror}.",
                hint="What the run did can still be seen with `nomoat show`.",
            ) from error
        *lines, torn = data.split(b"\n")
        self._size = len(data) - len(torn)  # a line without its end was never acknowledged
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
                if record["kind"] == "run" and record["version"] > VERSION:
                    raise RunError(
                        f"The journal {self.file} was written by a newer version of nomoat.",
                        hint="Update nomoat to go on with the run or to undo it.",
                    )
                yield record
            except (ValueError, KeyError, TypeError) as error:
                raise self._damaged(number) from error

    def _damaged(self, line: int) -> RunError:
        return RunError(
            f"The journal {self.file} is damaged at line {line}.",
            hint="Do not resume the run: what it did is not known from there on.",
        )

    def _take(self, record: dict[str, Any]) -> None:
        kind, n = record["kind"], record.get("n", 0)
        if kind == "run":
            self.contract = record["contract"]
        elif kind == "undone":
            self.undone.update(record["paths"])
        elif kind == "intent":
            known = {f.name: record[f.name] for f in fields(Deed) if f.name in record}
            self.deeds.append(Deed(**{**known, "effects": tuple(known["effects"])}))
        elif deed := self.deed(n):
            advance(deed, record)

    def _write(self, record: dict[str, Any]) -> None:
        """Add a line, and come back when it is on disk."""
        line = json.dumps(record, ensure_ascii=True, default=str).encode() + b"\n"
        try:
            new = not self.file.exists()
            fd = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.ftruncate(fd, self._size)
                os.pwrite(fd, line, self._size)
                os.fsync(fd)
            finally:
                os.close(fd)
            if new:
                _sync(self.file.parent)
        except OSError as error:
            raise RunError(
                f"The journal {self.file} cannot be written: {error.strerror}.",
                hint="Nothing is done that cannot be written down first. Make room, and resume.",
            ) from error
        self._size += len(line)
        self._take(json.loads(line))

    def _keep(self, data: bytes) -> str:
        import hashlib

        digest = hashlib.sha256(data).hexdigest()
        image = self.images / digest
        if image.exists():
            return digest
        part = image.with_name(f"{digest}.part")
        try:
            self.images.mkdir(mode=0o700, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(part, flags, 0o600), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(image)
            _sync(self.images)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise RunError(
                f"A file cannot be kept as it was, in {self.images}: {error.strerror}.",
                hint="Nothing is changed that could not be undone. Make room, and resume.",
            ) from error
        return digest


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The run is this process's alone: two that go on with one run would do its effects twice.

    Raises:
        RunError: another process has it.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "lock", timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise RunError(
            f"Run {folder.name} is going on in another process.",
            hint="Wait for it, or stop that process.",
        ) from error
    except OSError as error:
        raise RunError(
            f"Run {folder.name} cannot be written to: {error.strerror}.",
            hint=f"Make room or permission in {folder}. `nomoat show` only reads.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
