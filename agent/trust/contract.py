"""What a goal may do, fixed from the goal alone, before any file, page or passage is read.

A text that is read later can ask for more, and does not get it: a call outside the contract is
asked about in every mode, and refused where nobody can be asked. How a goal is read stands in
`nomoat.agent.trust.contract_read`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from nomoat.agent.decision import ToolCall
from nomoat.agent.errors import RunError
from nomoat.agent.trust.contract_acts import unasked
from nomoat.agent.trust.contract_said import may_not, may_not_change
from nomoat.agent.trust.rules import Ruling
from nomoat.tools.base import ALL_EFFECTS, Effect, ToolSpec

DESCRIBES = 5
"""Letters of a word that is enough to say which file is meant, where none is named."""
Exists = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Contract:
    """What a run may do without a question beyond what its mode asks."""

    effects: frozenset[Effect] = frozenset({Effect.READ})
    files: tuple[str, ...] = ()
    """Files that may be written and changed: names, or patterns such as `*.txt`."""
    folders: tuple[str, ...] = ()
    """Folders in which any file may be changed; `.` is the whole workspace."""
    means: frozenset[str] = frozenset()
    """Words of the goal: where something is to be changed, a file whose name is made of them is
    meant (`todo.txt`: my todo list)."""
    changes: bool = False
    """Something that is there is to be changed, not only something new to be made."""
    new_files: bool = False
    """Files that are not there yet may be made."""
    removes: bool = False
    picks: bool = False
    """Of several files one is to be removed, and which is left to be found out: `that one`."""
    moves: bool = False
    remembers: bool = False
    makes_files: bool = True
    """The goal speaks of a file that is not there, or names none."""
    to_change: tuple[str, ...] = ()
    """Files that are there and that the goal asks to be changed: `put milk in shopping.txt`."""
    kind: str = ""
    """The ending of a file that is to be made and has no name yet: `.csv`."""
    refused: tuple[str, ...] = ()
    """What the person said it may not, as they said it: `network`, `write:notes/`
    (`nomoat.agent.trust.contract_may`)."""

    def allows(
        self,
        call: ToolCall,
        spec: ToolSpec,
        *,
        exists: Exists = lambda _path: True,
        made: Collection[str] = (),
        gone: Collection[str] = (),
        about: str = "",
    ) -> Ruling:
        """Whether a call is inside the contract: `allow`, or `ask` with what it is beyond.

        Args:
            call: The call.
            spec: What its tool declares.
            exists: Whether there is a file of this name now.
            made: Files this run has made itself.
            gone: Files this run has removed.
            about: The tool's description; a tool that does not declare its effects is judged by it.
        """
        said = may_not(self.refused, spec.effects)
        if said:
            return _outside(said)
        if spec.effects == ALL_EFFECTS and spec.targets is None:
            return self._of_stranger(call, about)
        unspoken = self._unspoken(call, spec)
        if unspoken:
            return _outside(f"the goal does not ask to {unspoken}")
        if Effect.WRITE not in spec.effects or Effect.EXECUTE in spec.effects:
            return _INSIDE  # what code changes is looked at file by file, as it is changed
        return self._of_write(call, _paths(call, spec), exists, made, gone)

    def _unspoken(self, call: ToolCall, spec: ToolSpec) -> str:
        """What a call does beside reading and writing that the goal does not speak of."""
        beyond = spec.effects - self.effects - {Effect.READ, Effect.WRITE}
        if beyond:
            return " or ".join(sorted(effect.value for effect in beyond))
        unseen = Effect.WRITE in spec.effects and spec.targets is None
        return unasked(call.tool, self.means) if Effect.NETWORK in spec.effects or unseen else ""

    def speaks_of(self, name: str, spec: ToolSpec) -> bool:
        """Whether the goal asks for what a tool of this name does: only then is it offered at once.

        A tool that declares nothing is offered, and asked about when it is called.
        """
        if spec.effects == ALL_EFFECTS and spec.targets is None:
            return True
        if spec.effects - self.effects - {Effect.READ, Effect.WRITE}:
            return False
        if Effect.WRITE not in spec.effects or Effect.EXECUTE in spec.effects:
            return True
        if spec.targets is None:
            return self.remembers or (Effect.WRITE in self.effects and name != "remember")
        asked = {"delete": self.removes, "move": self.moves}
        return Effect.WRITE in self.effects and asked.get(_kind(name), True)

    def _of_write(
        self,
        call: ToolCall,
        paths: list[str] | None,
        exists: Exists,
        made: Collection[str],
        gone: Collection[str],
    ) -> Ruling:
        if paths is None:
            return self._of_unnamed(call)
        kind, reasons = _kind(call.tool), []
        for number, path in enumerate(paths, 1):
            arrives = kind == "move" and number == len(paths)
            there = exists(path)
            if arrives and self.moves and not there:
                continue  # wherever the goal's file is put
            how = "write" if arrives else kind
            before = (*gone, *paths[: number - 1])
            reasons.append(self.change(path, how, exists=there, made=path in made, gone=before))
        said = next((reason for reason in reasons if reason), "")
        return _outside(said) if said else _INSIDE

    def change(
        self, path: str, kind: str, *, exists: bool, made: bool, gone: Collection[str] = ()
    ) -> str:
        """Why a file may not be changed without a question; empty where it may.

        Args:
            path: Relative to the workspace.
            kind: `write`, `move` or `delete`.
            exists: It is there now.
            made: This run has made it.
            gone: Files that the run has removed before.
        """
        said = may_not_change(self.refused, path, kind)
        if said or made or (kind == "delete" and self.picks and not {*gone} - {path}):
            return said
        if Effect.WRITE not in self.effects:
            return f"the goal does not ask to change files, such as {path}"
        asked = {"delete": self.removes, "move": self.moves}
        if not asked.get(kind, True):
            return f"the goal does not ask to {kind} {path}"
        if self.means_file(path) or (not exists and self.new_files):
            return ""
        what = "change" if exists else "make"
        return f"the goal does not ask to {what} {path}"

    @property
    def named_files(self) -> tuple[str, ...]:
        """The files it names one by one, where it names all there are; else empty."""
        if self.folders or any("*" in name for name in self.files):
            return ()
        return self.files

    def means_file(self, path: str) -> bool:
        """Whether a file is one that the goal names or means to be changed."""
        pure = PurePosixPath(path)
        for name in self.files:
            if name in {path, pure.name} or fnmatchcase(path, name) or fnmatchcase(pure.name, name):
                return True
        if any(folder == "." or pure.is_relative_to(folder) for folder in self.folders):
            return True
        if self.files and not self.changes:
            return False  # what is to be written is named
        words = stems(pure.stem)
        if words and words <= self.means:
            return True
        # "the March minutes": a goal that names no file means those its words lead to
        described = stems(path) & self.means
        return not self.files and any(len(word) >= DESCRIBES for word in described)

    @property
    def may(self) -> tuple[str, ...]:
        """What it may do and may not, a phrase for each, for the person."""
        can = ["read files"]
        where = [*self.files, *map(_all_of, self.folders)]
        if self.new_files and "." not in self.folders:
            where.append("new files")
        if Effect.WRITE in self.effects:
            can.append(f"write {' and '.join(where)}" if where else "write files it names")
        can += [
            words
            for words, included in (
                ("delete", self.removes),
                ("move", self.moves),
                ("remember facts", self.remembers),
                ("use the network", Effect.NETWORK in self.effects),
                ("run code", Effect.EXECUTE in self.effects),
            )
            if included
        ]
        return (*can, *(f"not {word.replace(':', ' ')}" for word in self.refused))

    def __str__(self) -> str:
        return ", ".join(self.may)

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for the journal."""
        return {
            field.name: sorted(value) if isinstance(value, frozenset) else value
            for field in fields(self)
            for value in [getattr(self, field.name)]
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Contract:
        """What `to_dict` gave, perhaps by way of JSON.

        Raises:
            RunError: it is something else.
        """
        try:
            return cls(
                **{
                    **data,
                    "effects": frozenset(Effect(name) for name in data["effects"]),
                    "files": tuple(data["files"]),
                    "folders": tuple(data["folders"]),
                    "to_change": tuple(data.get("to_change", ())),
                    "means": frozenset(data["means"]),
                    "refused": tuple(data.get("refused", ())),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(
                "What this run may do cannot be read: its journal is damaged.",
                hint="Begin it again. What it did can still be seen with `nomoat show`.",
            ) from error

    def _of_stranger(self, call: ToolCall, about: str) -> Ruling:
        """A tool that declares nothing: inside where the goal speaks of what it is for."""
        words = stems(f"{call.tool} {about}") & self.means
        if any(len(word) >= 4 for word in words) or stems(call.tool) <= self.means:
            return _INSIDE
        return _outside(
            f"the goal does not speak of what {call.tool} does, which could be anything"
        )

    def _of_unnamed(self, call: ToolCall) -> Ruling:
        """A write that does not say where: to a memory, or in a tool of somebody's own."""
        if Effect.WRITE in self.effects or self.remembers:
            return _INSIDE
        return _outside(f"the goal does not ask for a change, and {call.tool} makes one")


_INSIDE = Ruling("allow", "inside what the goal asks for")


def _outside(reason: str) -> Ruling:
    return Ruling("ask", reason)


def _all_of(folder: str) -> str:
    return "everything in the workspace" if folder == "." else f"everything in {folder}"


def _paths(call: ToolCall, spec: ToolSpec) -> list[str] | None:
    if spec.targets is None:
        return None
    try:
        return [str(path) for path in spec.targets(call.args)] or None
    except Exception:  # noqa: BLE001 - a plugin's code; what it cannot say is not known
        return None


def _kind(tool: str) -> str:
    words = set(tool.casefold().split("_"))
    if words & {"delete", "remove", "erase", "trash", "drop"}:
        return "delete"
    return "move" if words & {"move", "rename"} else "write"


def stems(text: str) -> frozenset[str]:
    """Its words in lower case without endings of the plural; figures where there is no word."""
    parts = re.findall(r"[^\W_\d]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))
    words = [part.casefold() for part in parts if not part.isdigit()] or parts
    return frozenset(re.sub(r"(?<=[a-z]{2})(?:ies|es|s|y)$", "", word) for word in words)
