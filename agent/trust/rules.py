"""What a person has decided once and for all: rules in a TOML file that is theirs to read and edit.

    version = 1

    [[allow]]                     # files below a folder: absolute, from ~, or in any workspace
    folder = "~/reports"

    [[allow]]                     # a host and what is below it
    domain = "wikipedia.org"

    [[ask]]
    tool = "python"

    [[deny]]                      # deny beats ask, ask beats allow
    command = "rm *"

Each rule names at least one of `tool`, `folder`, `domain`, `command`, `effect`; all that it names
must fit. `why` is shown when the rule decides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from nomoat.agent.decision import ToolCall
from nomoat.tools.base import Effect, ToolSpec

Decides = Literal["allow", "ask", "deny"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided about a call, and why."""

    verdict: Decides
    reason: str
    by: str = ""
    """What decides: `mode`, `run`, `flow`, `contract`, or a rule in words."""


_COMMAND_ARGUMENTS = ("command", "cmd", "code", "script")
_SHELL = re.compile(r"&&|\|\||[;|&\n`]|\$\(|[<>]\(")
"""What begins another command inside one line."""
_REDIRECTS = re.compile(r"[<>$]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; an empty field fits everything."""

    decides: Decides
    tool: str = ""
    """A tool's name, `*` stands for anything: `git_*`."""
    folder: str = ""
    """Files in it and below: absolute, beginning with `~`, or relative to any workspace."""
    domain: str = ""
    """A host, and all hosts below it."""
    command: str = ""
    """A command line, `*` stands for anything: `git status*`."""
    effect: str = ""
    """`read`, `write`, `network` or `execute`: calls that may do it."""
    why: str = ""

    def __str__(self) -> str:
        named = [
            f'{field.name} = "{getattr(self, field.name)}"'
            for field in fields(self)
            if field.name not in ("decides", "why") and getattr(self, field.name)
        ]
        return f"{self.decides} {', '.join(named)}"

    def covers(self, touched: Touched) -> frozenset[Effect]:
        """The effects of a call that an allowing rule lets pass; none where it does not fit.

        A rule for files lets pass reading and writing them, one for a domain talking to it, one
        for a command running it; only a rule that names the tool lets pass all the tool does.
        """
        if self._fits(touched, every=True) is not True:
            return frozenset()
        effects = touched.effects
        if not self.tool or self.tool == "*":
            kinds = [
                (self.folder, {Effect.READ, Effect.WRITE}),
                (self.domain, {Effect.NETWORK}),
                (self.command, {Effect.EXECUTE}),
            ]
            named = [kind for value, kind in kinds if value]
            effects = frozenset(set().union(*named)) if named else effects
        return effects & {Effect(self.effect)} if self.effect else effects

    def hits(self, touched: Touched) -> bool | None:
        """Whether the rule fits any part of a call; None where the call does not say enough."""
        return self._fits(touched, every=False)

    def _fits(self, touched: Touched, *, every: bool) -> bool | None:
        if self.tool and not fnmatchcase(touched.tool, self.tool):
            return False
        if self.effect and Effect(self.effect) not in touched.effects:
            return False
        parts = (
            self._fits_paths(touched, every),
            self._fits_hosts(touched, every),
            self._fits_command(touched, every),
        )
        if False in parts:
            return False
        return None if None in parts else True

    def _fits_paths(self, touched: Touched, every: bool) -> bool | None:
        if not self.folder:
            return True
        if not touched.effects - {Effect.NETWORK}:
            return False
        return _fits(touched.paths, lambda path: _is_below(path, self._folder(touched)), every)

    def _folder(self, touched: Touched) -> PurePosixPath:
        return PurePosixPath(touched.root, os.path.expanduser(self.folder))  # noqa: PTH111 - pure

    def _fits_hosts(self, touched: Touched, every: bool) -> bool | None:
        if not self.domain:
            return True
        if Effect.NETWORK not in touched.effects:
            return False
        return _fits(touched.hosts, lambda host: _is_host(host, self.domain), every)

    def _fits_command(self, touched: Touched, every: bool) -> bool | None:
        if not self.command:
            return True
        if Effect.EXECUTE not in touched.effects:
            return False
        if touched.command is None:
            return None
        if every:
            return _allows_command(self.command, touched.command)
        parts = [touched.command, *_SHELL.split(touched.command)]
        return any(fnmatchcase(part.strip(), self.command) for part in parts)


@dataclass(frozen=True, slots=True)
class Touched:
    """What a call touches, as far as its tool says; None where it does not."""

    tool: str
    effects: frozenset[Effect]
    paths: Sequence[str] | None = None
    """Absolute."""
    hosts: Sequence[str] | None = None
    command: str | None = None
    root: str = "/"
    """The workspace."""


def touched_by(call: ToolCall, spec: ToolSpec, root: Path | None = None) -> Touched:
    """What a call touches: targets are hosts where the tool has the network effect, else paths."""
    base = str(root or Path.cwd())
    found = _targets(call.args, spec)
    network = Effect.NETWORK in spec.effects
    return Touched(
        call.tool,
        spec.effects,
        paths=None if network or found is None else [_absolute(base, path) for path in found],
        hosts=[host.casefold().rstrip(".") for host in found] if network and found else None,
        command=_command(call.args) if Effect.EXECUTE in spec.effects else None,
        root=base,
    )


def generalised(touched: Touched) -> Rule:
    """The rule that allows a call of this kind from now on: this folder, this domain, this tool."""
    if touched.paths:
        folders = [os.path.dirname(path) for path in touched.paths]  # noqa: PTH120 - pure
        return Rule("allow", touched.tool, folder=os.path.commonpath(folders))
    if touched.hosts and len(set(touched.hosts)) == 1:
        return Rule("allow", touched.tool, domain=touched.hosts[0])
    return Rule("allow", touched.tool)


def _targets(args: Mapping[str, Any], spec: ToolSpec) -> Sequence[str] | None:
    if spec.targets is None:
        return None
    try:
        found = [*spec.targets(args), *(spec.reads(args) if spec.reads else ())]
        return [str(target) for target in found] or None
    except Exception:  # noqa: BLE001 - a plugin's code; what it cannot say is not known
        return None


def _command(args: Mapping[str, Any]) -> str | None:
    for name in _COMMAND_ARGUMENTS:
        value = args.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list | tuple):
            return " ".join(map(str, value))
    return None


def _absolute(root: str, path: str) -> str:
    return os.path.normpath(PurePosixPath(root, path))


def _fits(found: Sequence[str] | None, one: Any, every: bool) -> bool | None:
    if found is None:
        return None
    return all(map(one, found)) if every else any(map(one, found))


def _is_below(path: str, folder: PurePosixPath) -> bool:
    return PurePosixPath(path).is_relative_to(os.path.normpath(folder))


def _is_host(host: str, domain: str) -> bool:
    domain = domain.casefold().strip(".").removeprefix("*.")
    return host == domain or host.endswith(f".{domain}")


def _allows_command(pattern: str, command: str) -> bool:
    """A `*` lets pass no second command, redirection or variable beside what is allowed."""
    if command == pattern:
        return True
    if _SHELL.search(command) or _REDIRECTS.search(command):
        return False
    return fnmatchcase(command, pattern)
