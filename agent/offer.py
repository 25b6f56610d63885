"""Which tools the model may call next.

At first those that fit the goal and that it asks for; then also those near it that only look; and
when nothing new comes of that, all that the contract leaves. A tool whose calls were sent back is
not offered again before something new was seen: what only words forbid, a small model does again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nomoat.agent.budget import fruitless, goes_round
from nomoat.agent.goal.asked import PLEASE, copies
from nomoat.agent.goal.questions import operands
from nomoat.agent.own_tools import (
    ASKS_TABLES,
    CALCULATES,
    CHANGES_TABLES,
    COPIES,
    DOES_ALONE,
    JSON_READER,
    LOCAL,
    LOOKS_EVERYWHERE,
    LOOKS_FIRST,
    READERS,
    REPLACES,
    SHOWN_BEFORE,
    TABLE_ENDINGS,
    TABLE_TOOLS,
    TEXT_WRITERS,
)
from nomoat.agent.state import Step
from nomoat.agent.trust.contract import Contract
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.find import EVERYWHERE
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
_ADDRESS = re.compile(r"\bhttps?://")
_JSON = re.compile(r"json|\bapi\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the opening shows, as far as it matters for what to do first."""

    has_sources: bool = True
    """There are files or passages to look into."""
    tables_fit: bool = True
    """The goal's words stand in a table as well as in any text."""
    looked: bool = False
    """It holds most of what the goal speaks of."""
    named: bool = False
    """It holds all texts that the goal names, whole, and the goal names no table."""
    recalled: bool = False
    """It holds what answers the goal, and the first thing to do is to answer."""
    asks_tables: bool = False
    """All files that the goal names are tables, which are asked and not read."""
    only_tables: bool = False
    """What the goal asks for first is found in a table alone."""
    names_tables: bool = False
    """A file that the goal names is a table."""


def first_offer(
    goal: str,
    toolbox: Toolbox,
    fits: Fits,
    contract: Contract,
    *,
    shown: Shown = Shown(),
    used_before: Sequence[str] = (),
) -> tuple[str, ...]:
    """The tools offered at the start, best first.

    `used_before`: what goals like this one were reached with.
    """
    if shown.recalled:
        return ()
    wanted = asked_for(toolbox, contract)
    if REPLACES in wanted and not contract.makes_files:
        wanted.remove(REPLACES)  # to change a file there are better ways
    if not shown.tables_fit and not shown.only_tables:
        wanted = [name for name in wanted if name not in TABLE_TOOLS]
    if COPIES in wanted and _is_copied_first(goal):
        return (COPIES,)
    has_address = _ADDRESS.search(goal) is not None  # it says itself where to look first
    if does_alone(fits, wanted) and not has_address:
        return (fits.first,)
    names = _fitting(goal, fits, wanted, shown)
    if has_address:
        names = _openers(goal, toolbox, wanted) or names
    if not shown.has_sources:
        names = [name for name in names if name not in LOCAL]
    names += [name for name in used_before if name in wanted]
    if CHANGES_TABLES in wanted:
        names.append(CHANGES_TABLES)
    if shown.names_tables and ASKS_TABLES in wanted and ASKS_TABLES not in names:
        names.insert(0, ASKS_TABLES)
    return tuple(dict.fromkeys(_beside(shown, names, wanted, sure=fits.sureness >= UNSURE)))


_FIRST_COPIED = re.compile(
    rf"^\W*(?:(?:{PLEASE}|first|could you|can you|would you|i need you to)\W+)*"
    r"(?:copy|duplicate|back|make)\b",
    re.IGNORECASE,
)


def _is_copied_first(goal: str) -> bool:
    """Whether it begins with a copy of a file under a name."""
    return copies(goal) is not None and _FIRST_COPIED.search(goal) is not None


def does_alone(fits: Fits, wanted: Sequence[str]) -> bool:
    """Whether one call of the tool that fits best does all that the goal asks for."""
    sure = fits.first in DOES_ALONE and fits.best[fits.first] >= UNSURE
    return sure and fits.first in wanted


def _fitting(goal: str, fits: Fits, wanted: Sequence[str], shown: Shown) -> list[str]:
    """Those that fit the goal, without what would have to be looked up before."""
    names = list(fits.among(wanted))
    known = (shown.looked or shown.named) and names[:1] == [CALCULATES]
    if shown.has_sources and not (operands(goal) >= OPERANDS or known) and CALCULATES in names:
        names.remove(CALCULATES)
    if fits.first in LOOKS_FIRST and not shown.named:
        names = [name for name in names if name not in TEXT_WRITERS - TABLE_TOOLS]
    return names


def _beside(
    shown: Shown, names: Sequence[str], wanted: Sequence[str], *, sure: bool
) -> Sequence[str]:
    """Without those that would bring what is shown, and with those that look where it is not."""
    if shown.only_tables and ASKS_TABLES in wanted:
        return [ASKS_TABLES, *(name for name in names if name in TABLE_TOOLS)]
    if shown.named:
        return [name for name in names if name not in SHOWN_BEFORE | LOOKS_EVERYWHERE]
    if shown.looked:
        return [name for name in names if name not in SHOWN_BEFORE]
    if not sure and shown.has_sources:
        names = [*names, *(name for name in READERS if name in wanted)]
    if shown.asks_tables and ASKS_TABLES in wanted:
        return [ASKS_TABLES, *(name for name in names if name not in READERS)]
    return names


def _changes_rows(contract: Contract) -> bool:
    """Whether a table that is there, named by the goal, is to be changed."""
    changed = contract.to_change or (() if contract.makes_files else contract.files)
    return contract.changes and any(n.lower().endswith(CHANGED_BY_ROWS) for n in changed)


def _openers(goal: str, toolbox: Toolbox, names: Sequence[str]) -> list[str]:
    """Those that open an address; what reads data only where the goal speaks of it."""
    pages = [n for n in names if "url" in toolbox.schema(n).get("properties", {})]
    return [n for n in pages if n != JSON_READER or _JSON.search(goal)]


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
        or set(last.observation.sources) - {EVERYWHERE}
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
