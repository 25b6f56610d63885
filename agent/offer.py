"""Which tools the model may call next.

At first those that fit the goal and that it asks for; then also those that only look; and when
nothing new comes of that, all that the contract leaves. A tool whose calls were sent back is not
offered again before something new was seen: what only words forbid, a small model does again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nomoat.agent.budget import fruitless, goes_round
from nomoat.agent.contract import Contract
from nomoat.agent.evidence import numbers_in
from nomoat.agent.state import Step
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.schema import Schema
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import View

OPENS_AFTER = 2
"""Steps in a row that bring nothing before every tool is offered."""
OPERANDS = 2
"""Numbers a goal gives where it can be computed without looking anything up."""
UNSURE = 0.6
"""Below this cosine no tool is certain to be the one, and those that look are offered too."""
_ADDRESS = re.compile(r"\bhttps?://")


def first_offer(
    goal: str,
    toolbox: Toolbox,
    view: View,
    contract: Contract,
    *,
    has_sources: bool = True,
    tables_fit: bool = True,
) -> tuple[str, ...]:
    """The tools offered at the start, best first.

    `has_sources`: there are files or passages to look into. `tables_fit`: the goal's words stand in
    a table as well as in any text.
    """
    asked_for = _asked_for(toolbox, contract)
    if has_sources and "calculate" in asked_for and _operands(goal) < OPERANDS:
        asked_for.remove("calculate")  # what it would compute with has to be looked up first
    if "write_file" in asked_for and not contract.makes_files:
        asked_for.remove("write_file")  # to change a file there are better ways
    if not tables_fit:
        asked_for = [name for name in asked_for if name not in TABLE_TOOLS]
    names = list(view.fitting(goal, asked_for))
    if _ADDRESS.search(goal):
        names += [n for n in asked_for if "url" in toolbox.schema(n).get("properties", {})]
    if view.sureness(goal) < UNSURE:
        names += [name for name in ("read_file", "find_in_files") if name in asked_for]
    return tuple(dict.fromkeys(names))


def _operands(goal: str) -> int:
    """How many numbers a goal gives; the same one twice (`2 + 2`) counts twice."""
    return max(len(numbers_in(goal)), len(re.findall(r"\d+(?:[.,]\d+)*", goal)))


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools a decision may call, with the arguments that make sense (`ToolSchemas`)."""

    names: Sequence[str]
    toolbox: Toolbox
    contract: Contract | None

    def schema(self, name: str) -> Schema:
        """The arguments' schema; a file to be written is one that the goal names, if it does."""
        schema = self.toolbox.schema(name)
        path = schema.get("properties", {}).get("path", {})
        files = self.contract.named_files if self.contract else ()
        if name not in TEXT_WRITERS or not files or "enum" in path:
            return schema
        named = {**schema["properties"], "path": {"type": "string", "enum": list(files)}}
        return {**schema, "properties": named}


TABLE_TOOLS = frozenset({"query_table", "save_query"})
TEXT_WRITERS = frozenset({"write_file", "append_file", "save_query"})


def offered(
    toolbox: Toolbox, first: Sequence[str], steps: Sequence[Step], contract: Contract | None = None
) -> tuple[str, ...]:
    """The tools offered after these steps; never one that does what the goal does not ask for."""
    every = _asked_for(toolbox, contract)
    names: Sequence[str] = first or every
    if steps:
        names = [*names, *(name for name in every if _only_looks(toolbox, name))]
    if fruitless(steps) >= OPENS_AFTER:
        names = every
    return tuple(name for name in dict.fromkeys(names) if name not in _sent_back(steps))


def _asked_for(toolbox: Toolbox, contract: Contract | None) -> list[str]:
    return [
        name
        for name in toolbox.names
        if contract is None or contract.speaks_of(name, spec_of(toolbox.get(name)))
    ]


def _only_looks(toolbox: Toolbox, name: str) -> bool:
    return not spec_of(toolbox.get(name)).effects - {Effect.READ}


def _sent_back(steps: Sequence[Step]) -> frozenset[str]:
    """Tools that were sent back since anything new was seen: for what they had found, or twice."""
    last = steps[len(steps) - fruitless(steps) :]
    tools = [step.call.tool for step in last if step.remark and step.call]
    round_again = {tools[-1]} if tools and goes_round(steps) else set()
    return frozenset(tool for tool in tools if tools.count(tool) > 1 or tool in round_again)
