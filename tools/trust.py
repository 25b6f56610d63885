"""Which plugins of projects a person has trusted, remembered by what is in them."""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from pathlib import Path

from nomoat.memory.errors import UsageError
from nomoat.memory.home import home

VERSION = 1


class Trust:
    """Content hashes that were trusted, in `trust.json` of nomoat's home folder (mode 0600)."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file or home() / "trust.json"

    def __contains__(self, sha256: str) -> bool:
        return sha256 in self._read()

    def remember(self, sha256: str, path: str) -> None:
        """Trust this content from now on; `path` is kept for the person who reads the file."""
        trusted = {**self._read(), sha256: path}
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._file.with_name(f".{secrets.token_hex(8)}.part")
        try:
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                json.dump({"version": VERSION, "trusted": trusted}, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._file)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise

    def _read(self) -> dict[str, str]:
        """What was trusted; a file that cannot be read trusts nothing."""
        try:
            data = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(data, dict):
            return {}
        if data.get("version") != VERSION:
            raise UsageError(
                f"{self._file} was written by another version of nomoat.",
                hint="Update nomoat, or delete that file and answer the trust question again.",
            )
        trusted = data.get("trusted")
        return {str(k): str(v) for k, v in trusted.items()} if isinstance(trusted, dict) else {}
