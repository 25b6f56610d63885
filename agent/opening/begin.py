"""How a run begins: what is looked up for a goal before the model's first thought.

A small model does not think of looking around, and chooses badly among many tools. So the harness
looks first: at the files, the tables, the person's documents and the runs before, and at which
tools fit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from nomoat.agent import prompts
from nomoat.agent.check.links import addresses_in
from nomoat.agent.goal.asked import (
    asks_for_change,
    copies,
    files_named,
    files_to_make,
    forbids_change,
    is_question,
    speaks_of_files,
    without_addresses,
)
from nomoat.agent.goal.days import days_in
from nomoat.agent.goal.figures import MOMENT
from nomoat.agent.goal.questions import (
    asks_for_average,
    asks_for_percent,
    asks_for_the_most,
    asks_how_many,
    numbers_given,
    operands,
    speaks_of_now,
)
from nomoat.agent.goal.years import of_other_years, years_meant
from nomoat.agent.offer import (
    OPERANDS,
    Shown,
    asked_for,
    does_alone,
    first_offer,
    near_offer,
)
from nomoat.agent.opening.before import Before
from nomoat.agent.opening.briefing import Searchable, brief, recalled
from nomoat.agent.opening.chronology import entry_meant, order_asked
from nomoat.agent.opening.leads import ENOUGH, Leads, find_leads, text_of
from nomoat.agent.opening.log_leads import log_leads
from nomoat.agent.opening.past import past_of
from nomoat.agent.opening.spans import sources_of, spanned
from nomoat.agent.own_tools import ASKS_TABLES, CALCULATES, KNOW_WHERE
from nomoat.agent.state import State, Status
from nomoat.agent.trust.contract import Contract
from nomoat.memory.query import understand
from nomoat.tools.effect import Effect
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_info import TableInfo
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import Fits, View

if TYPE_CHECKING:
    from nomoat.memory.episodes import Episodes


DEEP = 20
"""Passages that are looked through where the last or the first of something is asked."""
LONG_TABLE = 100
"""Rows of a table from which on it is asked and not read, whatever it is wanted for."""


MANY = 3
"""Numbers that a problem in words gives, from which on it is worked out line by line."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What there is to look at."""

    workspace: Workspace
    toolbox: Toolbox
    view: View
    tables: Sequence[TableInfo] = ()
    memory: Searchable | None = None
    episodes: Episodes | None = None
    reads: bool = True
    """There are tools that read the workspace, and what stands in it may be shown."""
    lists: Callable[[], Sequence[TableInfo]] = tuple
    """What is listed in texts, as tables: only looked for where a table is not enough."""


def begin(
    goal: str, contract: Contract, around: Surroundings, before: Before | None = None
) -> State:
    """The state in which a run starts; `before` is what it may refer to."""
    before = before or Before()
    passages = recalled(goal, around.memory)
    today = date.today()
    fits = around.view.of(goal)
    leads = _leads(goal, contract, fits, around, [quote for _, quote in passages or ()])
    past = past_of(goal, around.episodes, around.toolbox.names)
    absent = _absent(goal, contract, around, passages or ())
    dated = tuple(_in_order(goal, leads, around))
    paths = [entry.path for entry in around.workspace.walk()]
    hidden = of_other_years(goal, [*paths, *(table.name for table in around.tables)], today)
    has_sources = bool(passages or paths)
    beyond = () if passages else _beyond_one(goal, contract, fits, around, hidden)
    shown = replace(
        _shown(goal, leads, fits, around.tables),
        has_sources=has_sources,
        recalled=not (asks_for_change(goal) or beyond)
        and _answered(goal, leads, dated, passages or ()),
    )
    in_view = first_offer(goal, around.toolbox, fits, contract, shown=shown, used_before=past.tools)
    if beyond:
        in_view = tuple(dict.fromkeys((ASKS_TABLES, *in_view)))
    computes = _computes(goal, in_view, leads, passages or ())
    tables = [one for one in leads.ranked(around.tables) if one.name not in hidden]
    given = brief(
        goal,
        around.workspace,
        tables=tables,
        passages=passages,
        leads=leads.texts,
        notes=(*dated, *_notes(goal, absent, today)),
        hidden=hidden,
        names_only=bool(leads.texts) or bool(in_view and KNOW_WHERE.issuperset(in_view)),
        reads=around.reads and not computes,
        answers=shown.recalled,
        in_short=bool(leads.texts) and not asks_for_change(goal),
    )
    return {
        "goal": goal,
        "opening": prompts.opening(goal, before.beside(past.beside(given))),
        "computes": computes,
        "passages": [
            *([lead.citation, lead.text] for lead in leads.texts),
            *map(list, passages or ()),
            *map(list, before.passages),
        ],
        "shown_whole": tuple(lead.path for lead in leads.texts if lead.whole),
        "absent": absent,
        "beyond_one": bool(beyond),
        "tables": tuple(dict.fromkeys([*beyond, *(table.name for table in tables)])),
        "near": near_offer(around.toolbox, fits, contract, has_sources=has_sources),
        "in_view": in_view,
        "plans": 0,
        "steps": [],
        "started_at": time.time(),
        "status": Status.RUNNING,
    }


def _beyond_one(
    goal: str, contract: Contract, fits: Fits, around: Surroundings, hidden: Collection[str]
) -> tuple[str, ...]:
    """The tables, and what is listed in texts, that a goal needs together where no file is enough
    for it; none where one is, where it names files itself, or wants something changed."""
    wanted = asked_for(around.toolbox, contract)
    changed = contract.changes or contract.removes or contract.moves or copies(goal) is not None
    if changed or ASKS_TABLES not in wanted or not around.tables or not around.reads:
        return ()
    if Effect.NETWORK in contract.effects or does_alone(fits, wanted):
        return ()
    if set(files_named(goal)) - set(files_to_make(goal)):
        return ()
    tables = [one for one in around.tables if one.name not in hidden]
    lists = [one for one in around.lists() if one.name not in hidden]
    pair = spanned(understand(goal).words, sources_of(around.workspace, tables, lists))
    return tuple(one.name for path in pair for one in (*tables, *lists) if one.file == path)


def _shown(goal: str, leads: Leads, fits: Fits, tables: Sequence[TableInfo]) -> Shown:
    """What the opening shows of the workspace."""
    only_asks = not asks_for_change(goal)
    return Shown(
        tables_fit=leads.tables_fit,
        looked=only_asks and leads.share >= ENOUGH,
        named=leads.named,
        asks_tables=_asks_tables(goal, tables),
        only_tables=_only_tables(goal, leads, fits),
        names_tables=only_asks and any(PurePosixPath(one.file).name in goal for one in tables),
    )


def _leads(
    goal: str, contract: Contract, fits: Fits, around: Surroundings, beside: Sequence[str]
) -> Leads:
    """A run that goes to the network reads no more of the person's files than it has to: what it
    may send afterwards is less. What a tool joins, collects or moves has not to be read either."""
    if not around.reads:
        return Leads()
    goal = " ".join([goal, *years_meant(goal, date.today())])
    if Effect.NETWORK in contract.effects:
        found = find_leads(goal, around.workspace, around.tables, opens_named=False)
        return Leads(
            tables_fit=found.tables_fit, tables_best=found.tables_best, of_tables=found.of_tables
        )
    if does_alone(fits, asked_for(around.toolbox, contract)):
        return Leads()
    opens = not (contract.moves or contract.removes)
    found = find_leads(goal, around.workspace, around.tables, beside=beside, opens_named=opens)
    logs = log_leads(goal, around.workspace, around.tables, date.today())
    if not logs:
        return found
    return replace(found, texts=(*logs, *found.texts), share=max(found.share, ENOUGH))


def _answered(
    goal: str, leads: Leads, dated: Sequence[str], passages: Sequence[tuple[str, str]]
) -> bool:
    """Whether the opening holds what answers the goal, and the first thing to do is to answer: the
    entry or the lines that it asks for, all there is, or passages that fit best."""
    whole = {PurePosixPath(lead.path).name for lead in leads.texts if lead.whole}
    named = {name.rsplit("/", 1)[-1] for name in files_named(goal)}
    if leads.chosen or (leads.named and named <= whole and _asks_what_is_said(goal)):
        return True
    shown = bool(dated) or leads.everything or (bool(passages) and leads.beside_fits)
    return shown and operands(goal) < OPERANDS


_OF_MINE = re.compile(r"\b(?:my|mine|I)\b|\bnot\b.*\byet\b")


def _asks_what_is_said(goal: str) -> bool:
    """Whether it asks for what stands in so many words in the texts that it names: nothing is
    counted or computed."""
    computed = asks_how_many(goal) or asks_for_average(goal) or asks_for_percent(goal)
    others = _OF_MINE.search(goal) is not None  # which may stand elsewhere
    return is_question(goal) and not (computed or others or operands(goal))


def _asks_tables(goal: str, tables: Sequence[TableInfo]) -> bool:
    """Whether all files that the goal names are tables, and it asks something of them, or there are
    more rows than can be read."""
    rows = {table.file.rsplit("/", 1)[-1]: table.rows for table in tables}
    least = 0 if is_question(goal) else LONG_TABLE
    named = [name.rsplit("/", 1)[-1] for name in files_named(goal)]
    return bool(named) and all(rows.get(name, -1) > least for name in named)


def _computes(
    goal: str, in_view: Sequence[str], leads: Leads, passages: Sequence[tuple[str, str]]
) -> bool:
    """Whether it is a problem in words that gives all its numbers, and none of them is a date or a
    time: these have a form of their own in the calculator."""
    if CALCULATES not in in_view or passages or leads.share >= ENOUGH or not is_question(goal):
        return False
    if files_named(goal) or speaks_of_files(goal) or asks_for_change(goal) or addresses_in(goal):
        return False
    dated = MOMENT.search(goal) is not None or any(days_in(goal))
    return numbers_given(goal) >= MANY and not dated


def _only_tables(goal: str, leads: Leads, fits: Fits) -> bool:
    """Whether a table is to be asked for what it asks, whatever texts hold its words as well: the
    most of what only a table holds, or a share or an average, which is worked out over rows."""
    if asks_for_the_most(goal):
        return leads.tables_best
    over_rows = asks_for_percent(goal) or asks_for_average(goal)
    asks = over_rows and not operands(goal) and fits.first == ASKS_TABLES
    return asks and any(leads.of_tables)


def _absent(
    goal: str, contract: Contract, around: Surroundings, passages: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """Files that the goal names to be read, and that lie neither in the workspace nor among the
    documents whose passages fit it."""
    if not around.reads or Effect.WRITE in contract.effects:
        return ()  # one that is not there may be meant to be made
    there = {name for entry in around.workspace.walk() for name in _names_of(entry.path)}
    read = set(files_named(without_addresses(goal))) - set(files_to_make(goal))
    cited = " ".join(citation for citation, _ in passages).casefold()
    gone = (name for name in read if name.casefold() not in there and name.casefold() not in cited)
    return tuple(sorted(gone))


def _names_of(path: str) -> tuple[str, str]:
    return path.casefold(), path.rsplit("/", 1)[-1].casefold()


def _in_order(goal: str, leads: Leads, around: Surroundings) -> Iterator[str]:
    """The dated entry that a goal about the last or the first of something is about."""
    order = order_asked(goal)
    if order is None:
        return
    paths = dict.fromkeys(lead.path for lead in leads.texts)
    texts = [(path, text_of(around.workspace, path)) for path in paths]
    if around.memory is not None:
        for passage in around.memory.search(goal, k=DEEP):
            about = " ".join([passage.citation.path, *passage.titles])
            texts.append((about, passage.text))
    found = entry_meant(goal, order, texts)
    if found is not None:
        yield prompts.IN_ORDER.format(order=order.value, entry=found)


def _notes(goal: str, absent: Sequence[str], today: date) -> Iterator[str]:
    """Which day it is, where that matters, and what the goal itself makes impossible."""
    if speaks_of_now(goal):
        yield prompts.TODAY.format(day=f"{today:%A}, {today.day} {today:%B %Y}")
    if absent:
        yield prompts.NOT_THERE.format(files=", ".join(absent))
    if forbids_change(goal):
        yield prompts.NO_WRITING
