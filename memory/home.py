"""Where nomoat keeps what it stores: models, the default memory, runs, configuration."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The folder for everything durable: `NOMOAT_HOME`, or the platform's user data folder.

    Nothing is created here; whoever writes makes the folder it needs.
    """
    configured = os.environ.get("NOMOAT_HOME")
    if configured:
        return Path(configured).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("nomoat", appauthor=False)
