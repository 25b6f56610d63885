"""What a run did to the world, from its journal: what a person can hold it to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from nomoat.agent.trust.deed import ABSENT, Deed
from nomoat.tools.base import Effect

MAX_COMMAND = 2_000


@dataclass(frozen=True, slots=True)
class HostContacted:
    """A host, and what went to and fro."""

    host: str
    connections: int
    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, slots=True)
class FileWritten:
    """A file, and what became of it over the whole run."""

    path: str
    change: str
    """`made`, `changed`, `deleted`, or `unknown`: the step that changed it never ended."""
    size: int
    """Bytes at the end."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Hosts contacted, bytes sent, files written, commands run."""

    hosts: tuple[HostContacted, ...] = ()
    files: tuple[FileWritten, ...] = ()
    commands: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Calls of tools that act by themselves: what they sent or changed is not counted here."""
    unknown: tuple[str, ...] = ()
    """Calls that were begun and of which nobody knows whether they happened."""

    @property
    def bytes_sent(self) -> int:
        return sum(host.bytes_sent for host in self.hosts)

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**asdict(self), "bytes_sent": self.bytes_sent}

    def lines(self) -> list[str]:
        """In words."""
        told = [
            f"contacted {one.host}: {one.bytes_sent:,} bytes sent, {one.bytes_received:,} received"
            for one in self.hosts
        ]
        told += [f"{one.change} {one.path} ({one.size:,} bytes)" for one in self.files]
        told += [f"ran {command}" for command in self.commands]
        told += [f"called {call}: what it sent or changed is not counted" for call in self.others]
        told += [f"unknown whether it happened: {call}" for call in self.unknown]
        return told or ["Nothing was contacted, written or run."]


def receipt_of(deeds: Iterable[Deed]) -> Receipt:
    """The receipt of a run's deeds."""
    done = [deed for deed in deeds if deed.state in ("begun", "done")]
    return Receipt(
        _hosts(done),
        _files(done),
        tuple(_code(deed) for deed in done if Effect.EXECUTE in deed.effects),
        tuple(_told(deed) for deed in done if _acts_by_itself(deed)),
        tuple(_told(deed) for deed in done if deed.state == "begun"),
    )


def _hosts(deeds: list[Deed]) -> tuple[HostContacted, ...]:
    sums: dict[str, list[int]] = {}
    for contact in (contact for deed in deeds for contact in deed.contacts):
        counted = sums.setdefault(contact.host, [0, 0, 0])
        counted[0] += 1
        counted[1] += contact.bytes_sent
        counted[2] += contact.bytes_received
    return tuple(HostContacted(host, *counted) for host, counted in sums.items())


def _files(deeds: list[Deed]) -> tuple[FileWritten, ...]:
    first: dict[str, str] = {}
    last: dict[str, tuple[str | None, int]] = {}
    for deed in deeds:
        for path, touch in deed.touched.items():
            first.setdefault(path, touch.before)
            last[path] = (touch.after, touch.size)
        for source, target in deed.moved:
            first[target], last[target] = ABSENT, (source, 0)
    written = []
    for path, before in first.items():
        after, size = last[path]
        if after is None:
            written.append(FileWritten(path, "unknown", size))
        elif after != before:
            change = "made" if before == ABSENT else "changed" if after != ABSENT else "deleted"
            written.append(FileWritten(path, change, size))
    return tuple(written)


def _acts_by_itself(deed: Deed) -> bool:
    """Neither the network guard nor the workspace saw what it did."""
    seen = bool(deed.contacts or deed.touched or deed.moved)
    refused = deed.observation is not None and deed.observation.error_kind in ("invalid", "retry")
    return not seen and not refused and Effect.EXECUTE not in deed.effects


def _told(deed: Deed) -> str:
    args = ", ".join(f"{name}={value!r}" for name, value in deed.args.items())
    return f"{deed.tool}({args[:300]})"


def _code(deed: Deed) -> str:
    for name in ("command", "cmd", "code", "script"):
        if isinstance(deed.args.get(name), str):
            return str(deed.args[name])[:MAX_COMMAND]
    return _told(deed)
