"""A terminal that can be looked at: a shell inside tmux, and its screen as text."""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

HEIGHT = 32
PROMPT = "$ "
KEPT = ("PATH", "HOME", "NOMOAT_HOME", "LANG")
"""Variables that the shell gets; nothing else of this process is seen in it."""


class Pane:
    """A shell in a terminal of `width` columns; `folder` is where it stands.

    Raises:
        RuntimeError: there is no tmux here.
    """

    def __init__(self, width: int, folder: Path, environment: Mapping[str, str]) -> None:
        program = shutil.which("tmux")
        if program is None:
            raise RuntimeError("There is no tmux here.")
        self.width = width
        self._tmux = (program, "-u", "-f", os.devnull, "-L", f"nomoat-{secrets.token_hex(4)}")
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        variables = {"LANG": "C.UTF-8", **kept, "PS1": PROMPT, "PS2": "", **environment}
        told = [f"{name}={value}" for name, value in variables.items()]
        size = ("-x", str(width), "-y", str(HEIGHT))
        # nothing below the shell may see the tmux that this process itself may run in
        inside = shlex.join(["env", "-i", "TERM=screen-256color", *told, "sh", "-i"])
        self._do("new-session", "-d", *size, "-c", str(folder), inside)
        self.until(lambda text: text.endswith(PROMPT.strip()))

    def __enter__(self) -> Pane:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._do("kill-server")

    def enter(self, text: str) -> None:
        """Type a line."""
        if text:
            self._do("send-keys", "-l", text)
        self._do("send-keys", "Enter")

    def press(self, key: str) -> None:
        """Press a key by tmux's name for it, such as `C-c`."""
        self._do("send-keys", key)

    def screen(self) -> str:
        """All that the shell has shown since it was cleared, as it stands on the screen now."""
        return self._do("capture-pane", "-p", "-S", "-").rstrip()

    def seen(self) -> str:
        """What is on the screen, without what was scrolled out of it."""
        return self._do("capture-pane", "-p").rstrip()

    def clear(self) -> None:
        """Begin with an empty screen."""
        self.enter("clear")
        self.until(lambda text: text == PROMPT.strip())
        self._do("clear-history")

    def until(
        self, holds: Callable[[str], bool], seconds: float = 120, look: float = 0.05
    ) -> list[str]:
        """Look at the screen until something holds of it; every screen on the way, the last so.

        Raises:
            TimeoutError: it did not come to hold; the message is the screen.
        """
        looks: list[str] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            looks.append(self.screen())
            if holds(looks[-1]):
                return looks
            time.sleep(look)
        raise TimeoutError(looks[-1])

    def _do(self, *command: str) -> str:
        done = subprocess.run(
            [*self._tmux, *command], capture_output=True, text=True, check=True, encoding="utf-8"
        )
        return done.stdout
