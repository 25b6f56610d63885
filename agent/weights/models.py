"""The models on this machine: where they lie, whether they are whole, which there are.

Each has a folder `models/NAME/` in nomoat's home, with its files and a record of what was verified:
a file of 1 GB is hashed once, and again only when its size or time of change differs.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nomoat.agent.errors import ModelBroken, ModelMissing, UsageError
from nomoat.agent.weights.catalogue import Model, ModelFile, at_path, catalogue, find
from nomoat.agent.weights.gguf import MAGIC
from nomoat.memory.home import home

RECORD = "record.json"
_SCHEMA = 1
_BLOCK = 1 << 22


@dataclass(frozen=True)
class Verified:
    """What was known about a file when its hash was last computed."""

    sha256: str
    bytes: int
    mtime_ns: int


def models_folder() -> Path:
    """The folder that holds one folder for each model."""
    return home() / "models"


def folder_of(model: Model) -> Path:
    """The folder of a model that is pulled, whether it is there or not."""
    return models_folder() / re.sub(r"[/:]", "--", model.name)


def locate(name_or_path: str) -> Path:
    """The file of a model, or its folder where it has several; whole and verified.

    Raises:
        ModelUnknown: there is no such model.
        ModelMissing: it has to be pulled first.
        ModelBroken: a file is not what it should be.
    """
    model = find(name_or_path)
    if model.path:
        return model.path
    folder = folder_of(model)
    for file in model.files:
        verify(model, file, folder / file.name)
    return folder / model.files[0].name if len(model.files) == 1 else folder


def verify(model: Model, file: ModelFile, path: Path, *, progress: Hashed | None = None) -> None:
    """Return if the installed file at `path` is whole; hash it if that was not done before.

    Raises:
        ModelMissing: it is not there.
        ModelBroken: size or sha256 differ from what was pinned, or recorded by the first pull.
    """
    if not path.is_file():
        raise ModelMissing(
            f"The model {model.name} is not on this machine yet.", hint=pull_it(model)
        )
    known = _recorded(path.parent).get(file.name)
    expected = file.sha256 or (known.sha256 if known else "")
    if not _as_recorded(file, path):
        check(model, file, path, expected, progress=progress)


def is_verified(model: Model) -> bool:
    """Whether all files are as they were when their hashes were right; nothing is hashed."""
    folder = folder_of(model)
    return is_installed(model) and all(
        _as_recorded(file, folder / file.name) for file in model.files
    )


def _as_recorded(file: ModelFile, path: Path) -> bool:
    known, now = _recorded(path.parent).get(file.name), path.stat()
    if known is None or (now.st_size, now.st_mtime_ns) != (known.bytes, known.mtime_ns):
        return False
    return file.sha256 in ("", known.sha256)


def check(
    model: Model, file: ModelFile, path: Path, expected: str, *, progress: Hashed | None = None
) -> None:
    """Hash the file at `path`, hold it to `expected` (any, if empty), and record the outcome.

    Raises:
        ModelBroken: it is another file than expected, or not a GGUF file by its first bytes.
    """
    size = path.stat().st_size
    if file.bytes and size != file.bytes:
        raise ModelBroken(
            f"{file.name} of {model.name} has {size:,} bytes instead of {file.bytes:,}.",
            hint=pull_it(model),
        )
    with path.open("rb") as opened:
        magic = opened.read(len(MAGIC))
    if file.name.lower().endswith(".gguf") and magic != MAGIC:
        raise ModelBroken(
            f"{file.name} of {model.name} is not a GGUF file.", hint="Remove it and pull it again."
        )
    actual = sha256_of(path, progress)
    if expected and actual != expected:
        raise ModelBroken(
            f"{file.name} of {model.name} is damaged: its sha256 is {actual[:12]}… "
            f"instead of {expected[:12]}….",
            hint=pull_it(model),
        )
    record(model, file, path, actual)


Hashed = Callable[[int], None]
"""Called with the number of bytes that were hashed so far."""


def sha256_of(path: Path, progress: Hashed | None = None) -> str:
    """The hash of a file of any size, in hexadecimal."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            done += len(block)
            if progress:
                progress(done)
    return digest.hexdigest()


def record(model: Model, file: ModelFile, path: Path, sha256: str) -> None:
    """Remember that `path` was verified, so that the next start need not hash it again.

    A folder that cannot be written is no error: then the next start hashes again.
    """
    state = path.stat()
    known = _recorded(path.parent)
    known[file.name] = Verified(sha256, state.st_size, state.st_mtime_ns)
    entries = {name: asdict(verified) for name, verified in known.items()}
    text = json.dumps({"schema": _SCHEMA, "model": model.name, "files": entries}, indent=2)
    temporary = path.parent / (RECORD + ".new")
    with suppress(OSError):
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(path.parent / RECORD)


def installed() -> tuple[Model, ...]:
    """The models that were pulled: those of the catalogue first, then others by name."""
    known = [model for model in catalogue().models if is_installed(model)]
    names = {folder_of(model).name for model in catalogue().models}
    others = [
        at_path(file, name=name)
        for folder in sorted(models_folder().glob("*/"))
        if folder.name not in names and (name := _record(folder).get("model", ""))
        for file in folder.glob("*.gguf")
    ]
    return (*known, *others)


def is_installed(model: Model) -> bool:
    """Whether all files are there, in full size; their hashes are not looked at."""
    return all(
        path.is_file() and file.bytes in (0, path.stat().st_size)
        for file in model.files
        for path in [folder_of(model) / file.name]
    )


def remove(name: str) -> int:
    """Delete a model that was pulled, and what is left of an unfinished pull.

    Returns:
        The number of bytes that were freed.

    Raises:
        ModelUnknown: there is no such model.
        ModelMissing: it is not on this machine.
        UsageError: a path was given, or the model is being pulled at this moment.
    """
    from filelock import Timeout

    model = find(name)
    if model.path:
        raise UsageError(
            f"{name} was not pulled by nomoat.", hint="Delete the file yourself if you want to."
        )
    folder = folder_of(model)
    if not folder.is_dir():
        raise ModelMissing(f"The model {model.name} is not on this machine.")
    try:
        with pull_lock(model).acquire(timeout=0):
            freed = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            shutil.rmtree(folder)
    except Timeout:
        raise UsageError(
            f"{model.name} is being pulled by another process.", hint="Stop that one first."
        ) from None
    return freed


def pull_lock(model: Model) -> Any:
    """The `filelock.FileLock` that whoever changes the model's folder holds."""
    from filelock import FileLock

    models_folder().mkdir(parents=True, exist_ok=True)
    return FileLock(models_folder() / f".{folder_of(model).name}.lock")


def pull_it(model: Model) -> str:
    """The hint that tells how to get a model."""
    return f"Get it with: nomoat models pull {model.name}"


def _record(folder: Path) -> dict[str, Any]:
    try:
        data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and data.get("schema") == _SCHEMA else {}


def _recorded(folder: Path) -> dict[str, Verified]:
    with suppress(TypeError, AttributeError):
        files = _record(folder).get("files", {})
        return {name: Verified(**entry) for name, entry in files.items()}
    return {}
