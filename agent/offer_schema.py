"""What a call of the tools that are offered may say: the files and addresses that make sense.

What cannot be written has not to be sent back: a file that the goal names, an address that was
seen, a file of the kind that is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from nomoat.agent.check.untried import Untried
from nomoat.agent.decision import ToolCall
from nomoat.agent.goal.asked import copies, marks, spoken_of
from nomoat.agent.own_tools import (
    COMPARES,
    COPIES,
    DOES_ALONE,
    READS,
    SAVES_ROWS,
    TABLE_ENDINGS,
    TEXT_WRITERS,
)
from nomoat.agent.trust.contract import Contract
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.schema import Schema
from nomoat.tools.toolbox import Toolbox

JSON_ENDINGS = (".json", ".jsonl")
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}"


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools a decision may call, with the arguments that make sense (`ToolSchemas`)."""

    names: Sequence[str]
    toolbox: Toolbox
    contract: Contract | None = None
    addresses: Sequence[str] = ()
    goal: str = ""
    to_read: Sequence[str] = ()
    """Files that have to be read now."""
    to_write: Sequence[str] = ()
    """Files that are to be made now, and no others written."""
    untried: Untried = field(default_factory=dict)
    """Tools that are called with nothing but what they require (`nomoat.agent.check.untried`)."""

    def schema(self, name: str) -> Schema:
        """The arguments' schema. A file to be written is one that the goal names, if it does, a
        file to be changed one that the goal lets be changed, an address one that is known."""
        schema = self.toolbox.schema(name)
        if name in self.untried:
            return _required(schema, self.untried[name])
        if self.addresses and "url" in schema.get("properties", {}):
            return _among(schema, "url", self.addresses)
        if self.to_read and name == READS:
            return _required(_among(schema, "path", self.to_read), {})
        if name in {COMPARES, COPIES}:
            return self._compared(schema) if name == COMPARES else self._copied(schema)
        marked = _marked(name, self.toolbox, marks(self.goal))
        if marked:
            return _among(schema, _source(schema), marked)
        return self._written(name, schema)

    def _compared(self, schema: Schema) -> Schema:
        """The schema, with the files that the goal speaks of where these are several."""
        there = schema.get("properties", {}).get("first", {}).get("enum") or ()
        meant = spoken_of(self.goal, there)
        return _among(_among(schema, "first", meant), "second", meant) if len(meant) > 1 else schema

    def _copied(self, schema: Schema) -> Schema:
        """The schema, with the file and the copy's name where the goal gives both."""
        said = copies(self.goal)
        if said is None:
            return schema
        return _among(_among(schema, "source", said[:1]), "target", said[1:])

    def _written(self, name: str, schema: Schema) -> Schema:
        """The schema, with the files that may be made or changed where it says which."""
        properties = schema.get("properties", {})
        offered = properties.get("path", {}).get("enum")
        files = self.contract.named_files if self.contract else ()
        if name in DOES_ALONE and "target" in properties:
            return _among(schema, "target", files) if files else self._of_kind(schema, "target")
        if name in TEXT_WRITERS and not offered and self.to_write:
            return _among(schema, "path", self.to_write)
        if name in TEXT_WRITERS and not offered:
            wanted = [path for path in files if _writes(name, path, self.names)]
            return _among(schema, "path", wanted) if wanted else self._of_kind(schema)
        changeable = [path for path in offered or () if self._may_change(name, path)]
        return _among(schema, "path", changeable) if changeable else schema

    def _of_kind(self, schema: Schema, argument: str = "path") -> Schema:
        """The schema, with a path that ends as the file does that is to be made."""
        kind = self.contract.kind if self.contract else ""
        if not kind or argument not in schema.get("properties", {}):
            return schema
        path = {"type": "string", "pattern": _NAME + re.escape(kind)}
        return {**schema, "properties": {**schema["properties"], argument: path}}

    def _may_change(self, name: str, path: str) -> bool:
        spec = spec_of(self.toolbox.get(name))
        if self.contract is None or Effect.WRITE not in spec.effects:
            return False
        return self.contract.allows(ToolCall(name, {"path": path}), spec).verdict == "allow"


def offer(
    toolbox: Toolbox,
    names: Sequence[str],
    contract: Contract | None = None,
    *,
    addresses: Sequence[str] = (),
    goal: str = "",
    to_read: Sequence[str] = (),
    to_write: Sequence[str] = (),
    untried: Untried | None = None,
) -> Offer:
    """These tools, without those that could write none of the files that the goal names, or have
    changed all of those that the numbers in it tell (`nomoat.agent.goal.asked.marks`).

    `addresses`: what a tool that opens an address can open. `to_read`: files that have to be read
    now, `to_write`: files that have to be made now. `untried`: tools that are called with nothing
    but what they require.
    """
    files = contract.named_files if contract else ()
    useful = [
        name
        for name in names
        if _marked(name, toolbox, marks(goal)) != []
        and (
            name not in TEXT_WRITERS
            or not files
            or any(_writes(name, path, names) for path in files)
        )
    ]
    return Offer(useful, toolbox, contract, addresses, goal, to_read, to_write, untried or {})


def _source(schema: Schema) -> str:
    """The argument that says which file is changed; empty where none does."""
    return next((one for one in ("source", "path") if one in schema.get("properties", {})), "")


def _marked(name: str, toolbox: Toolbox, numbers: Sequence[str]) -> list[str] | None:
    """The files that are to be changed and lie in no folder of their number yet; None where numbers
    tell nothing of this tool's files."""
    schema = toolbox.schema(name)
    argument = schema.get("properties", {}).get(_source(schema), {})
    there = [PurePosixPath(path) for path in argument.get("enum") or ()]
    found = [path for path in there if any(number in path.name for number in numbers)]
    if not found or Effect.WRITE not in spec_of(toolbox.get(name)).effects:
        return None
    return [str(path) for path in found if path.parent.name not in numbers]


def _writes(name: str, path: str, names: Sequence[str]) -> bool:
    """Where there are tables, files of tables are written out of them, and no others.

    JSON holds a table as well as anything else.
    """
    if SAVES_ROWS not in names or name == "append_file" or path.lower().endswith(JSON_ENDINGS):
        return True
    return path.lower().endswith(TABLE_ENDINGS) == (name == SAVES_ROWS)


def _among(schema: Schema, argument: str, values: Sequence[str]) -> Schema:
    """The schema, with an argument that can be one of these values only."""
    choice = {"type": "string", "enum": list(values)}
    return {**schema, "properties": {**schema["properties"], argument: choice}}


def _required(schema: Schema, values: Mapping[str, object]) -> Schema:
    """The schema, with the arguments only that have to be given, and these values of them."""
    every = {name: schema["properties"][name] for name in schema.get("required", [])}
    fixed = {name: {**every[name], "enum": [value]} for name, value in values.items()}
    return {**schema, "properties": {**every, **fixed}}
