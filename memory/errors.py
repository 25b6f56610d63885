"""The root of nomoat's errors, and those of memory.

The whole tree, each named by what to do about it:

    NomoatError
    ├── UsageError          the caller asked for something that cannot be: fix the call
    ├── StoreError          a memory on disk cannot be used as it is
    │   ├── StoreLocked     another process has it open: wait, or close that one
    │   ├── StoreMismatch   made by another embedder or a newer version: rebuild or update
    │   └── StoreCorrupt    damaged on disk: rebuild from what is intact
    ├── DocumentError       one file cannot be read: it is reported and skipped
    ├── ToolError           (nomoat.tools.errors) what a tool tells the model
    └── AgentError          (nomoat.agent.errors) what ends or refuses a run

The root stands in memory because memory is the lowest layer: tools may import it, agent both.
"""

from __future__ import annotations


class NomoatError(Exception):
    """One sentence of what happened (`str(error)`) and one of what to do (`hint`, may be empty)."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(NomoatError):
    """What was asked for cannot be; the call has to change."""


class StoreError(NomoatError):
    """A memory on disk cannot be used as it is."""


class StoreLocked(StoreError):
    """Another process has the memory open."""


class StoreMismatch(StoreError):
    """The memory was made by another embedder, or by a newer version of nomoat."""


class StoreCorrupt(StoreError):
    """The memory is damaged on disk."""


class DocumentError(NomoatError):
    """One document cannot be read; ingest reports it and goes on."""
