"""What was found out about a model on this machine, and where it is remembered.

Nothing heavy is imported here: `nomoat doctor` reads it (see `nomoat.agent.llm.calibrate`).
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from pathlib import Path

from nomoat.agent.llm.engine_settings import Numbers, Settings, cores
from nomoat.agent.weights.catalogue import Model, find
from nomoat.memory.home import home


@dataclass(frozen=True, slots=True)
class Profile:
    """What was found. Counts are of what there was time for."""

    sha256: str
    model: str
    machine: str
    day: str
    """ISO date."""
    read_rate: float
    """Tokens a second that are read."""
    write_rate: float
    """Tokens a second that are written, inside a grammar."""
    asked: int
    right: int
    """Questions that were met with the right tool, or with none where none fits."""
    free: int
    free_valid: int
    """Calls that were valid though no grammar held them."""
    window: int
    """Tokens the window holds."""
    useful: int
    """Tokens of the longest text in which the first fact was found again; 0: of none."""
    seconds: float
    settings: Settings
    """How llama.cpp is set up for this model: as it was quickest."""
    library: str
    """The version of llama.cpp's binding: settings hold for this one."""

    @property
    def said(self) -> str:
        """In a line."""
        useful = f"{self.useful:,} tokens" if self.useful else "not even the shortest text"
        return (
            f"reads {self.read_rate:.0f} and writes {self.write_rate:.0f} tokens a second; "
            f"{self.right} of {self.asked} tool choices right, {self.free_valid} of {self.free} "
            f"calls valid without a grammar; finds a fact again in {useful}; "
            f"runs with {self.settings.said} (probed {self.day})"
        )


@cache
def machine() -> str:
    """What the figures hold for: the processor's kind and the cores this process may use."""
    kind = _processor() or platform.machine()
    return f"{platform.system()} {kind}, {cores()} cores"


def _processor() -> str:
    """What Linux calls the processor; empty where it is not told."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "")


@cache
def library() -> str:
    """The version of llama.cpp's binding."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("llama-cpp-python")
    except PackageNotFoundError:
        return ""


def file_of(sha256: str) -> Path:
    """Where the profile of a model lies."""
    return home() / "profiles" / f"{sha256}.json"


def remember(profile: Profile) -> None:
    """Keep a profile, in the place of an older one."""
    file = file_of(profile.sha256)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_suffix(".half")
    half.write_text(json.dumps(asdict(profile), indent=1), encoding="utf-8")
    half.replace(file)


def remembered(sha256: str) -> Profile | None:
    """The profile of a model on this machine, if it was probed here."""
    try:
        held = json.loads(file_of(sha256).read_text(encoding="utf-8"))
        held["settings"] = Settings.from_dict(held["settings"])
        profile = Profile(**{field.name: held[field.name] for field in fields(Profile)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return profile if profile.machine == machine() else None


def settings_for(name: str, *, threads: int | None = None, kv: Numbers = "f16") -> Settings:
    """How to set llama.cpp up: as a probe on this machine found it quickest, else its defaults.

    Args:
        name: of the model, or the path of its file.
        threads: wins over what was found.
        kv: the numbers in which the window is held.

    Raises:
        ModelError: there is no such model.
    """
    found = remembered(identity(find(name)))
    settings = found.settings if found and found.library == library() else Settings()
    if threads:
        settings = replace(settings, threads=threads, read_threads=threads)
    if kv != settings.kv:  # llama.cpp reads such a window with flash attention only
        settings = replace(settings, kv=kv, flash="auto")
    return settings


def identity(model: Model) -> str:
    """By what a model is remembered: its pinned sha256, or for a file of one's own a digest of
    its place, size and time of change (hashing gigabytes is not for a look)."""
    if model.path is None and model.files and model.files[0].sha256:
        return model.files[0].sha256
    about = model.path.stat() if model.path else None
    place = f"{model.path} {about.st_size} {about.st_mtime_ns}" if about else model.name
    return hashlib.sha256(place.encode()).hexdigest()
