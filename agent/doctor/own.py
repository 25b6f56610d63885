"""What of a person's own things a run needs: settings, folders, models, plugins, servers."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.agent.doctor.doctor import Check, missing, note, ok
from nomoat.agent.weights.catalogue import Model, catalogue, find
from nomoat.agent.weights.fit import available_memory, fits
from nomoat.agent.weights.models import (
    check,
    folder_of,
    installed,
    is_installed,
    is_verified,
    locate,
    models_folder,
)
from nomoat.memory.home import home

if TYPE_CHECKING:
    from nomoat.agent.config.config import Config
    from nomoat.tools.mcp_server import McpServer

SPARE = 200_000_000
"""Bytes of disk for runs, memory and caches, below which it gets tight."""
PLUGINS = "nomoat.tools"
"""The entry points of `nomoat.tools.plugins`, which loads half of LangChain."""


def config(held: Config) -> Iterator[Check]:
    """The settings that are read."""
    from nomoat.agent.config.config import config_file

    file = config_file()
    own = sorted(key for key, by in held.given.items() if by == file.name)
    if file.exists():
        yield ok("config", f"{file}: {', '.join(own) or 'nothing'} set")
    else:
        yield ok("config", f"there is none, so the defaults hold; `nomoat init` writes {file}")
    for key, by in held.given.items():
        if key not in own:
            yield ok("config", f"{key} is set by {by}")


def rules() -> Iterator[Check]:
    """The person's rules, if there are any; reading them loads half of LangChain."""
    folder = os.environ.get("NOMOAT_HOME")
    if folder is None:
        import platformdirs

        folder = str(platformdirs.user_config_path("nomoat", appauthor=False))
    if Path(folder).expanduser().joinpath("policy.toml").exists():
        from nomoat.agent.trust.rule_file import load_rules, rule_file

        yield ok("rules", f"{rule_file()}: {len(load_rules())}")


def folders() -> Iterator[Check]:
    """Where runs, memory and models are kept."""
    closed = [path for path in (home(), *_kept()) if not _writable(path)]
    for path in closed:
        mend = f"chmod u+rwx {shlex.quote(str(_nearest(path)))}"
        yield missing("folders", f"{path} cannot be written; NOMOAT_HOME can name another", mend)
    if not closed:
        yield ok("folders", f"{home()}")


def _kept() -> list[Path]:
    return [home() / name for name in ("runs", "memory", "models", "cache")]


def _writable(path: Path) -> bool:
    """Whether a file can be made in a folder, which is tried, or in what it would be made in."""
    try:
        if path.is_dir():
            with tempfile.TemporaryFile(dir=path):
                return True
        return not path.exists() and os.access(_nearest(path), os.W_OK | os.X_OK)
    except OSError:
        return False


def _nearest(path: Path) -> Path:
    """The folder itself, or the one above it that is there."""
    return next(one for one in (path, *path.parents) if one.exists())


def model(name: str, *, verify: bool = False) -> Iterator[Check]:
    """The model that runs think with, and the others that are here."""
    yield _state("model", find(name), verify=verify)
    for other in installed():
        if other.kind == "chat" and other.name != find(name).name:
            yield _state("also here", other, verify=verify)
    for part in sorted(models_folder().glob("*/*.part")):
        folder = part.parent.name
        named = next((m.name for m in catalogue().models if folder_of(m).name == folder), folder)
        yield note("model", f"the pull of {named} is not finished", f"nomoat models pull {named}")


def endpoint(name: str) -> Iterator[Check]:
    """The server whose model runs think with; one elsewhere is not tried."""
    from nomoat.agent.llm.endpoint import at_address
    from nomoat.agent.llm.endpoint_address import Address

    address = Address.parse(name)
    if not address.is_here:
        yield ok("model", f"{address}; not tried, since nothing is sent from here")
        yield note("model", address.leaves)
        return
    yield ok("model", f"{at_address(name).model}, which answers")


def _state(name: str, of: Model, *, verify: bool) -> Check:
    """How it stands with the files of a model.

    Raises:
        ModelError: they are not here, or broken.
    """
    if verify and not of.path:
        for file in of.files if is_installed(of) else ():
            check(of, file, folder_of(of) / file.name, file.sha256)
    if of.path or is_verified(of):
        return ok(name, f"{of.name}, {_size(of.bytes)}" + ("" if of.path else ", verified"))
    if is_installed(of):
        return note(
            name, f"{of.name} is here, and hashed at its next use", "nomoat doctor --verify"
        )
    locate(of.name)  # says what is wrong
    return ok(name, of.name)


def memory(name: str) -> Iterator[Check]:
    """Whether the model fits, and which of the catalogue would."""
    free, wanted = available_memory(), fits(find(name))
    chat = [one for one in catalogue().models if one.kind == "chat"]
    fitting = ", ".join(one.name for one in chat if fits(one, available=free).fits) or "none"
    said = f"{_size(wanted.needed)} needed, {_size(free)} free; of the catalogue fit: {fitting}"
    if wanted.fits:
        yield ok("memory", said if free else "this system does not tell how much is free")
        return
    smaller = next((one.name for one in chat if fits(one, available=free).fits), "")
    mend = f"nomoat models pull {smaller}" if smaller else "Close other programs."
    yield note("memory", said, mend)


def profile(name: str) -> Iterator[Check]:
    """What a probe of the model found on this machine, if there was one."""
    from nomoat.agent.llm.model_profile import identity, remembered

    found = remembered(identity(find(name)))
    if found is None:
        said = "the model was not probed on this machine; that takes a minute"
        yield note("profile", said, "nomoat doctor --probe")
    else:
        yield ok("profile", found.said)


def disk(name: str) -> Iterator[Check]:
    """Room for what has to be pulled, and for runs."""
    free, wanted = shutil.disk_usage(_nearest(home())).free, find(name)
    needed = 0 if wanted.path or is_installed(wanted) else wanted.bytes
    said = f"{_size(free)} free where {home()} is"
    if free < needed + SPARE:
        mend = "nomoat runs prune --keep 20"
        more = f", {_size(needed + SPARE)} needed"
        yield (missing if needed else note)("disk", said + more, mend)
    else:
        yield ok("disk", said)


def embedder(held: Config, *, verify: bool = False) -> Iterator[Check]:
    """What makes vectors of documents: needed as soon as there is a memory."""
    from nomoat.memory.memory import default_folder

    of = catalogue().default("embedding")
    if is_installed(of) or (held.memory_dir or default_folder()).is_dir():
        yield _state("embedder", of, verify=verify)
    else:
        said = f"{of.name} is not here: there is no memory of documents"
        yield note("embedder", said, f"nomoat models pull {of.name}")


def plugins() -> Iterator[Check]:
    """Whether the person's own tools, this project's and those of packages load."""
    project, own = Path.cwd(), home() / "tools"
    places = [own, project / ".nomoat" / "tools"]
    some = any(path.is_dir() and any(path.iterdir()) for path in places)
    if not some and not importlib.metadata.entry_points(group=PLUGINS):
        yield ok("plugins", f"there are none; {own} is where they go")
        return
    from nomoat.tools.plugins import load_plugins

    loaded = load_plugins(project=project)
    for problem in loaded.problems:
        yield note("plugins", problem, "Mend it, or move it away.")
    if not loaded.problems:
        yield ok("plugins", ", ".join(one.name for one in loaded.tools))


def servers(configured: Sequence[McpServer]) -> Iterator[Check]:
    """Whether what MCP servers are started with is here; none is started."""
    if not configured:
        return
    if importlib.util.find_spec("langchain_mcp_adapters") is None:
        from nomoat.agent.doctor.machine import pip

        yield note("servers", "MCP servers need the extra mcp", pip("'nomoat[mcp]'"))
    for one in configured:
        if one.command and shutil.which(one.command[0]) is None:
            said = f"{one.name}: there is no program {one.command[0]}"
            yield note("servers", said, "Install it, or correct config.toml: nomoat config path")
        else:
            yield ok("servers", f"{one.name}: {one.url or one.command[0]}, not started")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"
