"""A call with effects, as the journal of a run knows it: values, and how lines advance them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nomoat.tools.guard.net import Contact
from nomoat.tools.observation import Observation

ABSENT = ""
"""The hash of a file that is not there."""

State = Literal["", "intent", "begun", "done"]


@dataclass(frozen=True, slots=True)
class Touch:
    """A file that a step changed."""

    path: str
    before: str
    """sha256 of what was in it; ABSENT."""
    after: str | None = None
    """The same afterwards; None: not known, the step never ended."""
    kept: bool = True
    """What was in it before is kept."""
    size: int = 0
    """Bytes afterwards."""


@dataclass(slots=True)
class Deed:
    """One call with effects: what was meant, and how far it is known to have come."""

    n: int
    tool: str
    args: dict[str, Any]
    effects: tuple[str, ...]
    asked: str
    """The key of the call as the model made it; a person may have changed the arguments."""
    key: str
    """The key of the call as it was made."""
    state: State = "intent"
    touched: dict[str, Touch] = field(default_factory=dict)
    moved: list[tuple[str, str]] = field(default_factory=list)
    """Folders that were moved: from, to."""
    observation: Observation | None = None
    contacts: tuple[Contact, ...] = ()


def advance(deed: Deed, record: dict[str, Any]) -> None:
    """Take up a later line about a deed."""
    match record["kind"]:
        case "begun":
            deed.state = "begun"
        case "before":
            touch = Touch(record["path"], record["sha256"], kept=record.get("kept", True))
            deed.touched.setdefault(touch.path, touch)
        case "moved":
            deed.moved.append((record["source"], record["target"]))
        case "result":
            deed.state = "done"
            seen = record["observation"]
            lists = {name: tuple(seen[name]) for name in ("files", "sources")}
            deed.observation = Observation(**{**seen, **lists})
            deed.contacts = tuple(Contact(**contact) for contact in record["contacts"])
            for path, (digest, size) in record["after"].items():
                was = deed.touched.get(path) or Touch(path, ABSENT, kept=False)
                deed.touched[path] = Touch(path, was.before, digest, was.kept, size)
