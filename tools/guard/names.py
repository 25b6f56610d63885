"""Which names a tool may use at all: pure rules over text, before any file is touched."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from nomoat.tools.errors import Failed, Retry

MAX_PATH_BYTES = 4096
MAX_NAME_BYTES = 255
MAX_DEPTH = 64

PROTECTED_NAMES = frozenset(
    {
        # what git runs or obeys
        *(".git", ".gitconfig", ".gitmodules"),
        # nomoat's own configuration and plugins
        *(".nomoat", "nomoat.toml"),
        # what shells read when they start, or when a folder is entered
        *(".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile"),
        *(".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".cshrc", ".tcshrc"),
        *(".login", ".logout", ".inputrc", ".xinitrc", ".xprofile", ".xsession", ".envrc"),
        # what editors run when a folder is opened, and who may log in
        *(".vscode", ".idea", ".ssh"),
    }
)
"""No tool writes these, nor anything in a folder of such a name, at any depth, whether or not
they exist. (A guard that only watched files that existed was bypassed by making them.)"""

PROTECTED_PATHS = (
    ".config/autostart",
    ".config/environment.d",
    ".config/fish",
    ".config/nomoat",
    ".config/systemd",
    ".local/share/nomoat",
)
"""The same for these, from the workspace's root: they matter where that is a home folder."""

JUNK_FOLDERS = frozenset(
    {
        *(".git", ".hg", ".svn", ".nomoat", ".cache", ".tox", ".venv", "venv", "node_modules"),
        *("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", "site-packages"),
    }
)
"""Repositories' own data, caches and installed packages: nobody means these by "the files"."""
JUNK_ENDINGS = (".egg-info", ".dist-info")
"""The same: what was written about a package when it was installed."""


def parse(name: str, roots: Iterable[PurePosixPath] = ()) -> str:
    """`name` as a path relative to the workspace, in POSIX form; `""` is the workspace itself.

    An absolute path is accepted below one of `roots`, compared folder by folder, and nothing is
    looked up on disk. Everything that could mean something else to another reader is refused:
    `..`, `~`, backslashes, control characters, marks that reverse text, over-long names.

    Raises:
        Retry: the name is refused; the hint says what to use instead.
    """
    if not isinstance(name, str):
        raise Retry(f"A path is text, not {type(name).__name__}.")
    _refuse_characters(name)
    path = PurePosixPath(name)
    if path.is_absolute():
        path = _below(path, roots)
    if path.parts and path.parts[0].startswith("~"):
        raise _refused(name, "starts with '~'")
    if ".." in path.parts:
        raise _refused(name, "contains '..'")
    if len(path.parts) > MAX_DEPTH:
        raise _refused(name, f"is more than {MAX_DEPTH} folders deep")
    if any(len(part.encode()) > MAX_NAME_BYTES for part in path.parts):
        raise _refused(name, f"has a name of more than {MAX_NAME_BYTES} bytes in it")
    return "" if not path.parts else str(path)


def is_usable(name: str) -> bool:
    """Whether a name found on disk could be passed to a tool."""
    try:
        parse(name)
    except Retry:
        return False
    return True


def is_hidden(name: str) -> bool:
    """Whether a listing leaves this file or folder out: dot files and junk folders."""
    return name.startswith(".") or is_junk(name)


def is_junk(name: str) -> bool:
    """Whether a folder of this name is left out even where dot files are shown."""
    return name in JUNK_FOLDERS or name.endswith(JUNK_ENDINGS)


def refuse_protected(path: str, also: Iterable[str] = (), *, whole: bool = False) -> None:
    """Refuse to write at `path` (relative, from `parse`).

    `also` names more protected paths. `whole` refuses folders that *contain* a protected path
    too: for what moves or replaces a folder with everything in it.

    Raises:
        Failed: it is protected.
    """
    parts = tuple(_fold(part) for part in PurePosixPath(path).parts)
    protected = PROTECTED_NAMES.intersection(parts)
    for other in (*PROTECTED_PATHS, *also):
        folded = tuple(_fold(part) for part in PurePosixPath(other).parts)
        inside = parts[: len(folded)] == folded
        if inside or (whole and folded[: len(parts)] == parts):
            protected |= {other}
    if protected:
        raise Failed(
            f"{path!r} is protected: tools do not change {min(protected)!r}.",
            hint="Use another place; if it has to change, ask the person to do it.",
        )


def _fold(part: str) -> str:
    """One spelling for all names that some file system takes for the same."""
    plain = unicodedata.normalize("NFKC", part).casefold()
    return "".join(c for c in plain if unicodedata.category(c) != "Cf").rstrip(". ")


def _refuse_characters(name: str) -> None:
    if len(name.encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        raise Retry(f"The path {name[:40]!r}… is too long.", hint="Use a shorter one.")
    if "\\" in name:
        raise Retry(f"The path {name!r} contains a backslash.", hint="Separate folders by '/'.")
    for character in name:
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(character) in _TURNS:
            raise Retry(
                f"The path {name!r} contains a character that file names here may not have.",
                hint="Use printable characters only.",
            )


_TURNS = frozenset({"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional controls: a person who is asked would read another name than is meant."""


def _below(path: PurePosixPath, roots: Iterable[PurePosixPath]) -> PurePosixPath:
    for root in roots:
        if path.is_relative_to(root):
            return path.relative_to(root)
    raise _refused(str(path), "is outside the workspace")


def _refused(name: str, why: str) -> Retry:
    return Retry(
        f"The path {name!r} {why}, which is not allowed.",
        hint="Give a path relative to the workspace, such as 'notes/today.md'.",
    )
