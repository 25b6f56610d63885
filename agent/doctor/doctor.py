"""What is here of all that a run needs, and what mends what is not. Nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """How it stands with something."""

    OK = "ok"
    NOTE = "note"
    """A run begins without it, and can do less."""
    MISSING = "missing"
    """A run needs it."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something that was looked at."""

    name: str
    state: State
    said: str
    mend: str = ""
    """What to do: a command, where there is one."""


def ok(name: str, said: str) -> Check:
    """It is as it should be."""
    return Check(name, State.OK, said)


def note(name: str, said: str, mend: str = "") -> Check:
    """A run begins without it."""
    return Check(name, State.NOTE, said, mend)


def missing(name: str, said: str, mend: str) -> Check:
    """A run needs it."""
    return Check(name, State.MISSING, said, mend)


def examine(*, verify: bool = False) -> Iterator[Check]:
    """Look at everything, in the order in which it is needed.

    Args:
        verify: Hash the models anew, which takes seconds for each gigabyte; without it the record
            of their last verification counts.
    """
    from nomoat.agent.config.config import Config, settled_config
    from nomoat.agent.doctor import machine as doctor_machine
    from nomoat.agent.doctor import own as doctor_own
    from nomoat.agent.llm.endpoint_address import is_address
    from nomoat.memory.errors import NomoatError

    yield from _told("python", doctor_machine.python)
    yield from _told("packages", doctor_machine.packages)
    yield from _told("llama.cpp", doctor_machine.llama)
    try:
        config = settled_config(Path())
    except NomoatError as error:
        yield missing("config", str(error), error.hint)
        config = Config()
    else:
        yield from _told("config", lambda: doctor_own.config(config))
    yield from _told("rules", doctor_own.rules)
    yield from _told("folders", doctor_own.folders)
    if is_address(config.model):
        yield from _told("model", lambda: doctor_own.endpoint(config.model))
    else:
        yield from _told("model", lambda: doctor_own.model(config.model, verify=verify))
        yield from _told("memory", lambda: doctor_own.memory(config.model))
        yield from _told("profile", lambda: doctor_own.profile(config.model))
        yield from _told("disk", lambda: doctor_own.disk(config.model))
    yield from _told("embedder", lambda: doctor_own.embedder(config, verify=verify))
    yield from _told("sandbox", doctor_machine.sandbox)
    yield from _told("plugins", doctor_own.plugins)
    yield from _told("servers", lambda: doctor_own.servers(config.servers))
    engines = f"the SearXNG at {config.searxng}" if config.searxng else "public search engines"
    yield ok("web search", f"{engines}; not tried, since nothing is sent from here")


def _told(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """What a look finds; one that fails is itself a finding."""
    from nomoat.memory.errors import NomoatError

    try:
        yield from look()
    except NomoatError as error:
        yield missing(name, str(error), error.hint)
