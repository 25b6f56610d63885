"""Recordings of nomoat in a real terminal, as text."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.screens.paced import READ, THERE
from tests.screens.pane import PROMPT, Pane
from tests.screens.scenes import SCENES, Scene

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (80, 120)
PLAYED = Path(tempfile.gettempdir()).resolve()
"""Where the folders of scenes are made. It is shown in full: lines wrap where docs/screens has them
if it is no longer than 11 characters."""
SETTLES, LOOKS = 0.4, 20
"""Seconds in which the screen is drawn several times, and how often it is looked at meanwhile."""
SPINNING = re.compile("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]")
ALIKE = (
    (re.compile(r"\d{8}-\d{6}-[0-9a-f]{5}"), "20261122-071530-0423f"),
    (SPINNING, "⠋"),
    (re.compile(r"\d+ of 600 s"), "9 of 600 s"),
    (re.compile(r"about \d+ s left"), "about 8 s left"),
    (re.compile(r"\bin \d+\.\d s"), "in 9.4 s"),
    (re.compile(re.escape(f"{PLAYED}/nm-") + r"\w{8}"), "~/documents/2026"),
)
"""What differs from one run to the next, and what stands in its place."""


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen that was kept."""

    name: str
    """Such as `run-end`."""
    width: int
    text: str
    """Alike for every run of the same scene."""
    looks: tuple[str, ...] = ()
    """What was on the screen before, one look after the other."""

    @property
    def file(self) -> str:
        return f"{self.name}-{self.width}.txt"


def record(
    width: int, scenes: Iterable[Scene] = SCENES, *, model: str = "", seconds: float = 120
) -> Iterator[Screen]:
    """Play scenes in a terminal of this width.

    Args:
        width: columns.
        scenes: which.
        model: a real model to run with; empty: the scripted one.
        seconds: that a moment is waited for.

    Raises:
        RuntimeError: there is no tmux here.
        TimeoutError: a moment did not come.
    """
    for scene in scenes:
        with tempfile.TemporaryDirectory(prefix="nm-", dir=PLAYED) as name:
            folder = Path(name)
            work = folder / "sales"
            shutil.copytree(ROOT / "examples" / "hello", work)
            given = _program(folder, scene, model)
            with Pane(width, work, given) as pane:
                yield from _played(pane, scene, folder, seconds)


def _program(folder: Path, scene: Scene, model: str) -> dict[str, str]:
    """Put the program `nomoat` of a scene in place; the variables it needs."""
    if model:
        real = Path(sys.executable).parent
        return {"PATH": f"{real}:/usr/bin:/bin", "NOMOAT_MODEL": model}
    gates = [moment.gate for moment in scene.moments]
    script = {"lines": scene.lines, "holds_reading": READ in gates}
    (folder / "script.json").write_text(json.dumps(script), "utf-8")
    program = folder / "bin" / "nomoat"
    program.parent.mkdir()
    starts = [sys.executable, "-m", "tests.screens.paced", str(folder / "script.json")]
    program.write_text(f'#!/bin/sh\nexec {shlex.join(starts)} "$@"\n', "utf-8")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}


def _played(pane: Pane, scene: Scene, folder: Path, seconds: float) -> Iterator[Screen]:
    pane.enter(scene.command)
    before = len(pane.screen())
    for moment in scene.moments:
        looks = pane.until(partial(_has_come, moment.waits, before), seconds)
        if moment.gate:
            looks += _settled(pane, folder / f"{moment.gate}{THERE}")
        if moment.name:
            text = _alike(looks[-1].removesuffix(f"\n{PROMPT.strip()}"))
            yield Screen(f"{scene.name}-{moment.name}", pane.width, text, tuple(looks))
        if moment.gate:
            (folder / moment.gate).touch()
        if moment.types is not None:
            before = len(looks[-1])
            pane.enter(moment.types)
        if moment.presses:
            pane.press(moment.presses)


def _has_come(waits: str, before: int, text: str) -> bool:
    """Whether it has appeared behind what stood there before; empty: the prompt is back."""
    return waits in text[before:] if waits else text.endswith(f"\n{PROMPT.strip()}")


def _settled(pane: Pane, there: Path) -> list[str]:
    """What is on the screen until the model waits, and all that it wrote is shown; a real model
    does not wait, and is not waited for."""
    looks = [pane.screen()]
    for _ in range(LOOKS):
        time.sleep(SETTLES)
        looks.append(pane.screen())
        if there.exists() and _alike(looks[-1]) == _alike(looks[-2]):
            break
    return looks


def _alike(text: str) -> str:
    for pattern, same in ALIKE:
        text = pattern.sub(same, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def chosen(names: Iterable[str]) -> list[Scene]:
    """The scenes of these names; all, where none is named."""
    wanted = set(names)
    return [scene for scene in SCENES if not wanted or scene.name in wanted]


def kept(screens: Iterable[Screen], folder: Path) -> Iterator[Path]:
    """Write screens into a folder, each as it comes."""
    folder.mkdir(parents=True, exist_ok=True)
    for screen in screens:
        file = folder / screen.file
        file.write_text(screen.text, "utf-8")
        yield file
