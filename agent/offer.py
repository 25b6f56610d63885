"""Which tools the model may call next.

At first those that fit the goal and that it asks for; then also those near it that only look; and
when nothing new comes of that, all that the contract leaves. A tool whose calls were sent back is
not offered again before something new was seen: what only words forbid, a small model does again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from nomoat.agent.budget import fruitless, goes_round
from nomoat.agent.contract import Contract
from nomoat.agent.decision import ToolCall
from nomoat.agent.figures import numbers_in
from nomoat.agent.own_tools import (
    ASKS_TABLES,
    CHANGES_TABLES,
    DOES_ALONE,
    JSON_READER,
    LOCAL,
    LOOKS_FIRST,
    READERS,
    REPLACES,
    SHOWN_BEFORE,
    TABLE_ENDINGS,
    TABLE_TOOLS,
    TEXT_WRITERS,
)
from nomoat.agent.state import Step
from nomoat.agent.untried import Untried
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.schema import Schema
from nomoat.tools.table_info import TABLES_TOLD
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import Fits

OPENS_AFTER = 2
"""Steps in a row that bring nothing before every tool is offered."""
OPERANDS = 2
"""Numbers a goal gives where it can be computed without looking anything up."""
UNSURE = 0.5
"""Below this cosine no tool is certain to be the one, and those that look are offered too."""
NEAR = 0.25
"""How much less than the best tool one may fit and still come in useful later."""
CHANGED_BY_ROWS = (".csv", ".tsv")
"""Of tables whose rows can be changed where they stand."""
JSON_ENDINGS = (".json", ".jsonl")
_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,40}"
_ADDRESS = re.compile(r"\bhttps?://")
_JSON = re.compile(r"json|\bapi\b", re.IGNORECASE)


def first_offer(
    goal: str,
    toolbox: Toolbox,
    fits: Fits,
    contract: Contract,
    *,
    has_sources: bool = True,
    tables_fit: bool = True,
    used_before: Sequence[str] = (),
    looked: bool = False,
    recalled: bool = False,
    asks_tables: bool = False,
) -> tuple[str, ...]:
    """The tools offered at the start, best first.

    `has_sources`: there are files or passages to look into. `tables_fit`: the goal's words stand in
    a table as well as in any text. `used_before`: what goals like this one were reached with.
    `looked`: the opening holds most of what the goal speaks of. `recalled`: it holds passages of
    the person's documents that fit best, the last or first entry that is asked for, or all
    there is, and the first thing to do is to answer. `asks_tables`: all
    files that the goal names are tables, which are asked and not read.
    """
    if recalled and _operands(goal) < OPERANDS:
        return ()
    wanted = asked_for(toolbox, contract)
    if REPLACES in wanted and not contract.makes_files:
        wanted.remove(REPLACES)  # to change a file there are better ways
    if not tables_fit:
        wanted = [name for name in wanted if name not in TABLE_TOOLS]
    has_address = _ADDRESS.search(goal) is not None  # it says itself where to look first
    if fits.first in DOES_ALONE and fits.first in wanted and not has_address:
        return (fits.first,)
    names = list(fits.among(wanted))
    has_operands = _operands(goal) >= OPERANDS or (looked and names[:1] == ["calculate"])
    if has_sources and not has_operands and "calculate" in names:
        names.remove("calculate")  # what it would compute with has to be looked up first
    if fits.first in LOOKS_FIRST:
        names = [name for name in names if name not in TEXT_WRITERS - TABLE_TOOLS]
    if has_address:
        names = _openers(goal, toolbox, wanted) or names
    if not has_sources:
        names = [name for name in names if name not in LOCAL]
    names += [name for name in used_before if name in wanted]
    if CHANGES_TABLES in wanted:
        names.append(CHANGES_TABLES)
    if looked:
        return tuple(name for name in dict.fromkeys(names) if name not in SHOWN_BEFORE)
    if fits.sureness < UNSURE and has_sources:
        names += [name for name in READERS if name in wanted]
    if asks_tables and ASKS_TABLES in wanted:
        names = [ASKS_TABLES, *(name for name in names if name not in READERS)]
    return tuple(dict.fromkeys(names))


def _changes_rows(contract: Contract) -> bool:
    """Whether a table that is there, named by the goal, is to be changed."""
    is_table = any(name.lower().endswith(CHANGED_BY_ROWS) for name in contract.files)
    return is_table and contract.changes and not contract.makes_files


def _openers(goal: str, toolbox: Toolbox, names: Sequence[str]) -> list[str]:
    """Those that open an address; what reads data only where the goal speaks of it."""
    pages = [n for n in names if "url" in toolbox.schema(n).get("properties", {})]
    return [n for n in pages if n != JSON_READER or _JSON.search(goal)]


def _operands(goal: str) -> int:
    """How many numbers a goal gives; the same one twice (`2 + 2`) counts twice."""
    return max(len(numbers_in(goal)), len(re.findall(r"\d+(?:[.,]\d+)*", goal)))


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools a decision may call, with the arguments that make sense (`ToolSchemas`)."""

    names: Sequence[str]
    toolbox: Toolbox
    contract: Contract | None = None
    addresses: Sequence[str] = ()
    marks: Sequence[str] = ()
    """Numbers in the names of the files that the goal is about."""
    untried: Untried = field(default_factory=dict)
    """Tools that are called with nothing but what they require (`nomoat.agent.untried`)."""

    def schema(self, name: str) -> Schema:
        """The arguments' schema. A file to be written is one that the goal names, if it does, a
        file to be changed one that the goal lets be changed, an address one that is known."""
        schema = self.toolbox.schema(name)
        if name in self.untried:
            return _required(schema, self.untried[name])
        if self.addresses and "url" in schema.get("properties", {}):
            return _among(schema, "url", self.addresses)
        marked = _marked(name, self.toolbox, self.marks)
        if marked:
            return _among(schema, _source(schema), marked)
        offered = schema.get("properties", {}).get("path", {}).get("enum")
        files = self.contract.named_files if self.contract else ()
        if name in TEXT_WRITERS and not offered:
            wanted = [path for path in files if _writes(name, path, self.names)]
            return _among(schema, "path", wanted) if wanted else self._of_kind(schema)
        changeable = [path for path in offered or () if self._may_change(name, path)]
        return _among(schema, "path", changeable) if changeable else schema

    def _of_kind(self, schema: Schema) -> Schema:
        """The schema, with a path that ends as the file does that is to be made."""
        kind = self.contract.kind if self.contract else ""
        if not kind or "path" not in schema.get("properties", {}):
            return schema
        path = {"type": "string", "pattern": _NAME + re.escape(kind)}
        return {**schema, "properties": {**schema["properties"], "path": path}}

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
    marks: Sequence[str] = (),
    untried: Untried | None = None,
) -> Offer:
    """These tools, without those that could write none of the files that the goal names, or have
    changed all of those that its `marks` tell (`nomoat.agent.asked.marks`).

    `addresses`: what a tool that opens an address can open. `untried`: tools that are called with
    nothing but what they require.
    """
    files = contract.named_files if contract else ()
    useful = [
        name
        for name in names
        if _marked(name, toolbox, marks) != []
        and (
            name not in TEXT_WRITERS
            or not files
            or any(_writes(name, path, names) for path in files)
        )
    ]
    return Offer(useful, toolbox, contract, addresses, marks, untried or {})


def _source(schema: Schema) -> str:
    """The argument that says which file is changed; empty where none does."""
    return next((one for one in ("source", "path") if one in schema.get("properties", {})), "")


def _marked(name: str, toolbox: Toolbox, marks: Sequence[str]) -> list[str] | None:
    """The files that are to be changed and lie in no folder of their mark yet; None where the marks
    tell nothing of this tool's files."""
    schema = toolbox.schema(name)
    argument = schema.get("properties", {}).get(_source(schema), {})
    there = [PurePosixPath(path) for path in argument.get("enum") or ()]
    found = [path for path in there if any(mark in path.name for mark in marks)]
    if not found or Effect.WRITE not in spec_of(toolbox.get(name)).effects:
        return None
    return [str(path) for path in found if path.parent.name not in marks]


def _writes(name: str, path: str, names: Sequence[str]) -> bool:
    """Where there are tables, files of tables are written out of them, and no others.

    JSON holds a table as well as anything else.
    """
    if "save_query" not in names or name == "append_file" or path.lower().endswith(JSON_ENDINGS):
        return True
    return path.lower().endswith(TABLE_ENDINGS) == (name == "save_query")


def _among(schema: Schema, argument: str, values: Sequence[str]) -> Schema:
    """The schema, with an argument that can be one of these values only."""
    choice = {"type": "string", "enum": list(values)}
    return {**schema, "properties": {**schema["properties"], argument: choice}}


def _required(schema: Schema, values: Mapping[str, object]) -> Schema:
    """The schema, with the arguments only that have to be given, and these values of them."""
    every = {name: schema["properties"][name] for name in schema.get("required", [])}
    fixed = {name: {**every[name], "enum": [value]} for name, value in values.items()}
    return {**schema, "properties": {**every, **fixed}}


def near_offer(
    toolbox: Toolbox, fits: Fits, contract: Contract, *, has_sources: bool = True
) -> tuple[str, ...]:
    """The tools that may come in useful once something was seen, best first.

    None where it cannot be told which do. `has_sources`: there are files or passages to look into.
    """
    if not fits.sureness:
        return ()
    wanted = [name for name in asked_for(toolbox, contract) if name not in DOES_ALONE]
    names = fits.among(wanted, NEAR)
    if not has_sources:
        return tuple(name for name in names if name not in LOCAL)
    return tuple(dict.fromkeys([*names, *(name for name in READERS if name in toolbox.names)]))


def offered(
    toolbox: Toolbox,
    first: Sequence[str],
    steps: Sequence[Step],
    contract: Contract | None = None,
    near: Sequence[str] = (),
) -> tuple[str, ...]:
    """The tools offered after these steps; never one that does what the goal does not ask for."""
    every = asked_for(toolbox, contract)
    names: Sequence[str] = first
    wrong = _to_correct(steps) or _to_ask(steps)
    if wrong in every:
        return (wrong,)
    if steps:
        later = (n for n in near or every if n in TEXT_WRITERS or _only_looks(toolbox, n))
        names = [*names, *(name for name in later if name in every)]
        if any(TABLES_TOLD in step.observation.text for step in steps):
            names = [*names, *(name for name in every if name == ASKS_TABLES)]
        names = [*names, *_to_write(toolbox, names, every, contract)]
    if fruitless(steps) >= OPENS_AFTER:
        names = every
    return tuple(name for name in dict.fromkeys(names) if name not in _sent_back(steps))


def _to_write(
    toolbox: Toolbox, names: Sequence[str], every: Sequence[str], contract: Contract | None
) -> list[str]:
    """What writes the file that a goal names to be made, where nothing among `names` writes: a goal
    that is mostly about what to look up is near no tool that does."""
    if contract is None or not (contract.makes_files and contract.named_files):
        return []
    if contract.moves or contract.removes:
        return []
    if any(Effect.WRITE in spec_of(toolbox.get(name)).effects for name in names):
        return []
    return [name for name in every if name == REPLACES]


def _to_correct(steps: Sequence[Step]) -> str:
    """The tool whose SQL did not run, for the first time in a row: it was told what to change."""
    tools = [step.call.tool if step.call else "" for step in steps[-2:]]
    if not tools or tools[-1] not in TABLE_TOOLS or tools[:-1] == tools[-1:]:
        return ""
    return tools[-1] if steps[-1].observation.error_kind == "retry" else ""


def _to_ask(steps: Sequence[Step]) -> str:
    """The tool that asks tables, where words were looked for in one and are not there: what a table
    is asked for seldom stands there in so many words."""
    last = steps[-1] if steps else None
    if (
        last is None
        or last.call is None
        or last.call.tool not in READERS
        or last.observation.sources
    ):
        return ""
    where = [str(value).lower() for value in last.call.args.values()]
    return ASKS_TABLES if any(place.endswith(TABLE_ENDINGS) for place in where) else ""


def asked_for(toolbox: Toolbox, contract: Contract | None) -> list[str]:
    """The tools that do what the goal asks for, in the toolbox's order."""
    return [
        name
        for name in toolbox.names
        if contract is None
        or (
            contract.speaks_of(name, spec_of(toolbox.get(name)))
            and (name != CHANGES_TABLES or _changes_rows(contract))
        )
    ]


def _only_looks(toolbox: Toolbox, name: str) -> bool:
    return not spec_of(toolbox.get(name)).effects - {Effect.READ}


def _sent_back(steps: Sequence[Step]) -> frozenset[str]:
    """Tools that were sent back since anything new was seen: for what they had found, or twice."""
    last = steps[len(steps) - fruitless(steps) :]
    tools = [step.call.tool for step in last if step.remark and step.call]
    round_again = {tools[-1]} if tools and goes_round(steps) else set()
    return frozenset(tool for tool in tools if tools.count(tool) > 1 or tool in round_again)
