"""What was found out about a model on this machine, and where it is remembered.

Nothing heavy is imported here: `nomoat doctor` reads it (see `nomoat.agent.calibrate`).
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nomoat.agent.catalogue import Model
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

    @property
    def said(self) -> str:
        """In a line."""
        useful = f"{self.useful:,} tokens" if self.useful else "not even the shortest text"
        return (
            f"reads {self.read_rate:.0f} and writes {self.write_rate:.0f} tokens a second; "
            f"{self.right} of {self.asked} tool choices right, {self.free_valid} of {self.free} "
            f"calls valid without a grammar; finds a fact again in {useful} (probed {self.day})"
        )


def machine() -> str:
    """What the figures hold for: the processor's kind and the cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return f"{platform.system()} {platform.machine()}, {cores} cores"


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
        profile = Profile(**{field.name: held[field.name] for field in fields(Profile)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return profile if profile.machine == machine() else None


def identity(model: Model) -> str:
    """By what a model is remembered: its pinned sha256, or for a file of one's own a digest of
    its place, size and time of change (hashing gigabytes is not for a look)."""
    if model.path is None and model.files and model.files[0].sha256:
        return model.files[0].sha256
    about = model.path.stat() if model.path else None
    place = f"{model.path} {about.st_size} {about.st_mtime_ns}" if about else model.name
    return hashlib.sha256(place.encode()).hexdigest()
