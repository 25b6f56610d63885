"""What is left when a goal was tried: the only thing that checks look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer, and the workspace before and after."""

    answer: str
    before: Mapping[str, bytes]
    """Every file by its path in the workspace, POSIX form."""
    after: Mapping[str, bytes]
    reached: bool = True
    """The run called itself reached: answered, and verified."""
    visited: tuple[str, ...] = ()
    """Paths (with the query) that were asked of the task's site, in order."""

    def changed(self) -> Iterator[str]:
        """Files that are no longer as they were, or gone."""
        return (path for path, data in self.before.items() if self.after.get(path) != data)

    def made(self) -> Iterator[str]:
        """Files that were not there before."""
        return (path for path in self.after if path not in self.before)

    def texts(self, pattern: str) -> dict[str, str]:
        """The text of a file by its path; or of the files that a pattern fits and that were made
        or changed."""
        if pattern in self.after:
            return {pattern: text_of(self.after[pattern])}
        written = {*self.changed(), *self.made()} & self.after.keys()
        fitting = sorted(path for path in written if fnmatchcase(path, pattern))
        return {path: text_of(self.after[path]) for path in fitting}


def text_of(data: bytes) -> str:
    """Text as programs write it: UTF-8, with or without a mark, any line ends."""
    return data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def meddled(ended: Ended, changes: Iterable[str]) -> list[str]:
    """Files that were changed or removed though the task names them nowhere."""
    allowed = list(changes)
    return sorted(
        path
        for path in ended.changed()
        if not any(fnmatchcase(path, pattern) for pattern in allowed)
    )
