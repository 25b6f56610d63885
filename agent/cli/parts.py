"""What commands are put together from besides the model: the memory, and MCP servers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.agent.config.config import Config
    from nomoat.memory import ChromaAddress, Episodes, Memory
    from nomoat.tools.mcp import McpTools

Say = Callable[[str], None]
"""Tells the person something in a line, beside what a command prints."""


def memory_at(folder: Path | None, url: str, config: Config, say: Say) -> Memory:
    """The memory in `folder` with its vectors at `url`; without a folder the person's own.

    A folder that is named has its vectors inside it unless `url` says otherwise: the
    configuration's address is for the person's own memory.
    """
    from nomoat.memory import ChromaAddress, Memory

    chroma = ChromaAddress.parse(url) if url else None
    if folder is None:
        folder, chroma = config.memory_dir, chroma or config.memory_url
    if chroma is not None and not chroma.is_here:
        say(_leaves(chroma))
    return Memory(folder, chroma=chroma)


def own_memory(url: str, config: Config, say: Say) -> Memory | None:
    """The person's own memory where it holds documents; where it cannot be used, why is said."""
    from nomoat.memory.errors import NomoatError

    quiet: list[str] = []
    memory = memory_at(None, url, config, quiet.append)
    try:
        if not memory.documents():
            memory.close()
            return None
    except NomoatError as error:
        say(f"This run goes without your memory. {error} {error.hint}".strip())
        return None
    for line in quiet:
        say(line)
    return memory


def memory_for(
    settings: dict[str, Any], config: Config, say: Say, opened: ExitStack
) -> Memory | None:
    """The memory that a run answers from, by its options; what has to be closed is in `opened`."""
    folder, url = settings.get("memory"), settings["chroma"]
    if settings["no_memory"]:
        return None
    if folder is None:
        memory = own_memory(url, config, say)
        return memory and opened.enter_context(memory)
    return opened.enter_context(memory_at(folder, url, config, say))


def own_episodes(config: Config, say: Say) -> Episodes | None:
    """What earlier runs did, where that is wanted; where it cannot be used, why is said."""
    if not config.episodes:
        return None
    from nomoat.memory import Episodes
    from nomoat.memory.errors import NomoatError

    episodes = Episodes()
    try:
        episodes.all()
    except NomoatError as error:
        say(f"This run goes without earlier ones. {error} {error.hint}".strip())
        return None
    return episodes


def mcp_tools(config: Config, taken: Collection[str], say: Say) -> McpTools:
    """The tools of the configured servers, to be closed; servers that do not start are named."""
    from nomoat.tools.mcp import McpTools

    opened = McpTools(config.servers, taken=taken)
    for problem in opened.problems:
        say(problem)
    return opened


def _leaves(chroma: ChromaAddress) -> str:
    read = "" if chroma.ssl else ", and anybody on the way there can read them"
    return f"The vectors of your documents go to {chroma}, which is not this machine{read}."
