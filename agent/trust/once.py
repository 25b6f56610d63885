"""Calls are made here, once each: written down before and after, with the files as they were."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nomoat.agent.decision import ToolCall
from nomoat.agent.patience import GivenUp, within
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.deed import ABSENT, Deed
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.refused import NOT_CHANGED
from nomoat.tools.base import Effect, ToolSpec, spec_of
from nomoat.tools.errors import NeedsApproval, ToolError
from nomoat.tools.guard.net import Contact
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox

MAX_KEPT = 256 * 1024 * 1024
"""Bytes of a file that is kept as it was; what is bigger cannot be restored, and undo says so."""


@dataclass
class Once:
    """Makes the calls of one run."""

    toolbox: Toolbox
    workspace: Workspace
    journal: Journal
    contract: Contract | None = None
    contacts: Callable[[], Sequence[Contact]] = tuple
    """What the network has been asked so far."""
    over: Callable[[], str] = str
    """Why a call is not waited for any longer; empty while it is (`nomoat.agent.patience`)."""
    _now: int = field(default=0, init=False)
    _beyond: bool = field(default=False, init=False)

    def call(
        self, n: int, call: ToolCall, *, asked: ToolCall | None = None, beyond: bool = False
    ) -> Observation:
        """Make a call in step `n`, unless it was made already: then what came of it.

        Args:
            n: The step.
            call: The call.
            asked: The call as the model made it, where a person changed it.
            beyond: A person has allowed it, whatever the contract says.

        Raises:
            RunError: the journal cannot be written; nothing was called.
        """
        spec = spec_of(self.toolbox.get(call.tool))
        if not spec.effects - {Effect.READ}:
            try:
                return self._made(call)
            except GivenUp as gone:
                return _given_up(call, spec, gone)
        key = (asked or call).key
        done = self.done(n, key)
        if done is not None:
            return done
        effects = tuple(sorted(effect.value for effect in spec.effects))
        self.journal.intent(Deed(n, call.tool, dict(call.args), effects, key, call.key))
        self._now, self._beyond = n, beyond
        self._keep_targets(call, spec)
        self.journal.begun(n)
        before = len(self.contacts())
        try:
            observation = self._watched(call)
        except GivenUp as gone:  # no result is written: what it did is not known
            return _given_up(call, spec, gone)
        self.journal.result(n, observation, self._after(n), self.contacts()[before:])
        return observation

    def done(self, n: int, key: str) -> Observation | None:
        """What came of the call of this key in step `n`, where that is written down."""
        deed = self.journal.deed(n, key)
        return deed.observation if deed is not None and deed.state == "done" else None

    def changing(self, path: str, kind: str) -> None:
        """Keep a file as it is before a tool changes it (`nomoat.tools.guard.paths.Watch`).

        Raises:
            NeedsApproval: the goal does not ask for it, and no person has allowed the call.
        """
        there = self.workspace.exists(path)
        if self.contract is not None and not self._beyond and kind != "arrive":
            made, gone = path in self.journal.made, self.journal.gone
            reason = self.contract.change(path, kind, exists=there, made=made, gone=gone)
            if reason:
                raise NeedsApproval(
                    f"{NOT_CHANGED}{reason}.",
                    hint="Do what the goal asks for, in the files it names.",
                )
        self._keep(path, there)

    def moving_folder(self, source: str, target: str) -> None:
        """Write down that a folder is moved."""
        self.journal.moved(self._now, source, target)

    def _watched(self, call: ToolCall) -> Observation:
        self.workspace.watch = self
        try:
            return self._made(call)
        finally:
            self.workspace.watch = None

    def _made(self, call: ToolCall) -> Observation:
        """In a thread of its own, which may change nothing more once it is given up on."""
        try:
            return within(lambda: self.toolbox.call(call.tool, call.args), self.over, call.tool)
        except GivenUp as gone:
            self.workspace.shut_out(gone.thread)
            raise

    def _keep_targets(self, call: ToolCall, spec: ToolSpec) -> None:
        """A foreign tool may write without the workspace: what it names is kept beforehand."""
        if Effect.WRITE not in spec.effects or Effect.NETWORK in spec.effects or not spec.targets:
            return
        try:
            paths = [self.workspace.normalize(path) for path in spec.targets(call.args)]
        except Exception:  # noqa: BLE001 - the call itself will say what is wrong with them
            return
        for path in paths:
            if path and not self.workspace.is_folder(path):
                self._keep(path, self.workspace.exists(path))

    def _keep(self, path: str, there: bool) -> None:
        if not there:
            self.journal.before(self._now, path, None)
        elif self.workspace.stat(path).size > MAX_KEPT:
            self.journal.too_big(self._now, path, digest_of(self.workspace, path)[0])
        else:
            self.journal.before(self._now, path, self.workspace.read_bytes(path))

    def _after(self, n: int) -> dict[str, tuple[str, int]]:
        deed = self.journal.deed(n)
        return {path: digest_of(self.workspace, path) for path in (deed.touched if deed else ())}


def _given_up(call: ToolCall, spec: ToolSpec, gone: GivenUp) -> Observation:
    acts = spec.effects - {Effect.READ}
    unknown = " Whether it did anything is not known." if acts else ""
    return Observation(
        f"{call.tool} did not end, and {gone}: it was given up on.{unknown}",
        ok=False,
        error_kind="failed",
        untrusted=Effect.NETWORK in spec.effects,
        private=Effect.READ in spec.effects,
    )


def digest_of(workspace: Workspace, path: str) -> tuple[str, int]:
    """sha256 and size of a file of the workspace; `ABSENT` and 0 where there is none."""
    try:
        with workspace.open_read(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return digest, file.tell()
    except ToolError:
        return ABSENT, 0


def empty_files(workspace: Workspace) -> tuple[str, ...]:
    """The files that hold nothing."""
    entries = workspace.walk()
    return tuple(entry.path for entry in entries if not entry.is_folder and not entry.size)


def there(workspace: Workspace, path: str) -> bool:
    """Whether there is a file or folder of this name; a name that cannot be is not there."""
    try:
        return workspace.exists(path)
    except ToolError:
        return False
