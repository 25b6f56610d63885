"""Which files a person means: folders, globs and single files, less what should not be read."""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.memory.errors import UsageError
from nomoat.memory.load.encoding import looks_binary

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_HEAD = 2048
_DOCUMENTS = (b"%PDF-", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How files begin that are not text and may be documents: PDF, zip (Office, EPUB), old Office."""
_NOT_DOCUMENTS = frozenset(
    {".zip", ".jar", ".whl", ".apk", ".npz", ".pt", ".keras", ".xpi", ".msi"}
)
"""Endings of files that begin like documents and are none."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read."""

    path: Path
    """Absolute, with links resolved: the same file has the same path."""
    name: str
    """As the person gave it: `notes/b.md` for a file below the folder `notes`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The files to read, in an order that stays the same, and what was left out."""

    files: tuple[Found, ...]
    skipped: Mapping[str, int]
    """By reason: hidden, ignored, excluded, binary, empty, link, special, unreadable.

    A folder that is left out counts once.
    """


def files(paths: Iterable[str | Path], *, exclude: Sequence[str] = ()) -> Selection:
    """The files that `paths` mean, each once.

    A folder means every file below it that git would not ignore, less hidden and binary ones
    and links. A pattern (`notes/**/*.md`) means the files it matches, or else the folders. A
    file that is named itself is always taken. `exclude` holds patterns in the way of
    .gitignore, relative to each folder given; it holds for all of them. Raises UsageError for a
    path that does not exist and a pattern that matches nothing.
    """
    walk = _Walk(exclude)
    for given in paths:
        path = Path(given).expanduser()
        if path.is_dir():
            walk.folder(path)
        elif path.exists():
            walk.file(path)
        else:
            walk.pattern(path)
    return Selection(tuple(walk.found), dict(walk.skipped))


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one folder, which apply to what lies below it."""

    prefix: str
    """The folder with a slash at its end."""
    spec: GitIgnoreSpec
    reason: str


class _Walk:
    def __init__(self, exclude: Sequence[str]) -> None:
        self.found: list[Found] = []
        self.skipped: Counter[str] = Counter()
        self._exclude = _spec(exclude)
        self._seen: set[Path] = set()

    def file(self, path: Path) -> None:
        """A file that the person named."""
        if self._exclude.match_file(path.as_posix().lstrip("/")):
            self.skipped["excluded"] += 1
        elif path.is_file():
            self._add(path.resolve(), path)
        else:
            self.skipped["special"] += 1

    def pattern(self, path: Path) -> None:
        """A pattern for the names of files, or of folders when it matches no files."""
        matches: list[Path] = []
        if glob.has_magic(str(path)):
            # Path.glob takes relative patterns only.
            found = glob.glob(str(path), recursive=True)  # noqa: PTH207
            matches = sorted(map(Path, found))
        if not matches:
            raise UsageError(f"There is no file or folder {path}.", hint="Check the path.")
        named = [match for match in matches if match.is_file()]
        for match in named:
            reason = _unfit(match)
            if reason:
                self.skipped[reason] += 1
            else:
                self.file(match)
        for match in matches if not named else ():
            self.folder(match)

    def folder(self, path: Path) -> None:
        """A folder that the person named, or that a pattern matched."""
        top = path.resolve()
        rules = [*_rules_above(top), _Rules(_prefix(top), self._exclude, "excluded")]
        for file in self._below(top, rules):
            self._add(file, path / file.relative_to(top))

    def _add(self, path: Path, name: Path) -> None:
        if path not in self._seen:
            self._seen.add(path)
            self.found.append(Found(path, os.path.normpath(name)))

    def _below(self, folder: Path, rules: list[_Rules]) -> Iterator[Path]:
        """The files below a folder by name, without recursion: trees can be deep."""
        stack = [(folder, rules)]
        while stack:
            here, rules = stack.pop()
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError:
                self.skipped["unreadable"] += 1
                continue
            rules = [*rules, *_rules_in(here)]
            folders = []
            for entry in entries:
                reason = _reason(entry, rules)
                if reason:
                    self.skipped[reason] += 1
                elif entry.is_dir(follow_symlinks=False):
                    folders.append((Path(entry.path), rules))
                else:
                    yield Path(entry.path)
            stack.extend(reversed(folders))


def _reason(entry: os.DirEntry[str], rules: list[_Rules]) -> str:
    """Why an entry of a folder is left out, or nothing."""
    if entry.name.startswith("."):
        return "hidden"
    if entry.is_symlink():
        return "link"  # what it leads to is found in its own place, or lies outside
    folder = entry.is_dir(follow_symlinks=False)
    ignored = _ignored(Path(entry.path), folder, rules)
    if ignored or folder:
        return ignored
    if not entry.is_file(follow_symlinks=False):
        return "special"
    return _unfit(Path(entry.path))


def _unfit(path: Path) -> str:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return "unreadable"
    if not head:
        return "empty"
    if head.startswith(_DOCUMENTS):
        return "binary" if path.suffix.lower() in _NOT_DOCUMENTS else ""
    return "binary" if looks_binary(head) and b"%PDF-" not in head else ""


def _ignored(path: Path, folder: bool, rules: list[_Rules]) -> str:
    """The rules nearest to the file decide, as git has it; `exclude` cannot be undone."""
    verdict, name = "", path.as_posix() + ("/" if folder else "")
    for rule in rules:
        include = rule.spec.check_file(name.removeprefix(rule.prefix)).include
        if include and rule.reason == "excluded":
            return rule.reason
        if include is not None and rule.reason != "excluded":
            verdict = rule.reason if include else ""
    return verdict


def _rules_in(folder: Path) -> list[_Rules]:
    file = folder / ".gitignore"
    try:
        lines = file.read_text("utf-8", "replace").splitlines() if file.is_file() else []
    except OSError:
        return []
    return [_Rules(_prefix(folder), _spec(lines), "ignored")] if lines else []


def _prefix(folder: Path) -> str:
    return folder.as_posix().rstrip("/") + "/"


def _rules_above(folder: Path) -> list[_Rules]:
    """The .gitignore files between the folder and the top of the repository it lies in."""
    above: list[Path] = []
    for at in (folder, *folder.parents):
        if (at / ".git").exists():
            return [rules for parent in reversed(above) for rules in _rules_in(parent)]
        above.append(at.parent)
    return []


def _spec(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
