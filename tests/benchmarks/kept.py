"""Results that outlive an interruption, shares with their intervals, and what they follow from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nomoat.agent
import nomoat.memory
import nomoat.tools
from nomoat.memory.home import home


class Kept:
    """Results in a file of JSON lines; a measurement goes on where it was stopped.

    A result is only used again where everything that it follows from is as it was: `of` is a
    digest of that, and each line holds its own.
    """

    def __init__(self, file: Path, of: str) -> None:
        self._file, self._of = file, of
        self._results: dict[str, dict[str, Any]] = {}
        for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
            self._read(line)

    def _read(self, line: str) -> None:
        try:
            row = json.loads(line)
        except ValueError:  # cut off when the program was ended
            return
        if row["of"] == self._of:
            self._results[row["key"]] = row["result"]

    def get(self, key: str) -> dict[str, Any] | None:
        """The result of this key, if there is one."""
        return self._results.get(key)

    def add(self, key: str, result: Mapping[str, Any]) -> None:
        """Remember a result, on disk before anything else happens."""
        self._results[key] = dict(result)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        row = {"of": self._of, "key": key, "result": self._results[key]}
        with self._file.open("a", encoding="utf-8") as file:
            # the line break comes first, so that a line that was cut off spoils no other
            file.write("\n" + json.dumps(row, ensure_ascii=False))


def results_file(name: str) -> Path:
    """Where the results of a benchmark lie unless it is told otherwise."""
    return home() / "cache" / "benchmarks" / f"{name}.jsonl"


def digest(*parts: object) -> str:
    """A short name for values, the same for the same ones."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16]


def own_code() -> str:
    """A digest of nomoat itself: its programs and what they read."""
    found = hashlib.sha256()
    for package in (nomoat.agent, nomoat.memory, nomoat.tools):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".toml"):
                found.update(path.relative_to(folder.parent).as_posix().encode())
                found.update(path.read_bytes())
    return found.hexdigest()[:16]


def same_file(path: Path) -> str:
    """What tells one model file from another without reading it all."""
    about = path.stat()
    return f"{path.name} {about.st_size} {about.st_mtime_ns}"


def interval(passed: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson), both ends between 0 and 1."""
    if not n:
        return 0.0, 1.0
    z = 1.96
    share = passed / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def share(passed: int, n: int) -> str:
    """`43/50  86.0 % (74-93)`."""
    low, high = interval(passed, n)
    of = 100 * passed / n if n else 0.0
    return f"{passed}/{n}  {of:.1f} % ({100 * low:.0f}-{100 * high:.0f})"
