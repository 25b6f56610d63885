"""A question to the tables is put into SQL aside.

In the arguments of a call a small model asks for too little, or with conditions nobody spoke of.
Shown nothing but the tables and the goal, it mostly writes the SQL that was meant; and where it
does not, other samples of it do. So several are drawn and run, until two give the same rows
(self-consistency over what a program gives: Wang et al. 2022, arXiv:2203.11171; for SQL, Ni et al.
2023, arXiv:2302.08468).
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from nomoat.agent import prompts
from nomoat.agent.aside.aside import Ask
from nomoat.agent.check.links import addresses_in
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.goal.asked import files_to_make, is_question
from nomoat.agent.own_tools import ASKS_TABLES, READERS, SAVES_ROWS, TABLE_ENDINGS
from nomoat.agent.state import State, Usage
from nomoat.memory.query import understand
from nomoat.tools.errors import ToolError
from nomoat.tools.sql_doubts import found_nothing
from nomoat.tools.sql_tokens import Query
from nomoat.tools.table_words import covered
from nomoat.tools.tables import Tables

DRAWS = 5
"""Samples of SQL, at most."""
SECONDS = 20.0
"""After so long the best of the samples so far is taken."""
AGREE = 2
"""Samples whose rows are the same, of which one is taken."""
AGREE_ON_NONE = 3
"""The same, where they bring no row, or one that only says so: a wrong condition does that too."""
ROWS = 100
"""Of a result, that are compared."""
SHOWN_CHARS = 4_000
"""Of what is said of the tables."""
A_QUERY = "a query"
"""What is written aside, where nothing is saved."""
_PLACES = ("path", "folder")
"""Arguments that say where a tool reads."""
_FENCED = re.compile(r"```(?:sql)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
_SELECTS = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Draw:
    """One sample: its SQL and what it gives; None where it does not run."""

    sql: str
    rows: Rows | None
    covers: int = 0
    """Of the goal's words that stand in the tables' values, how many it speaks of."""


@dataclass(frozen=True, slots=True)
class Querying:
    """What of a workspace may be asked in SQL in one run, and how."""

    tables: Tables
    names: Sequence[str] = (ASKS_TABLES, SAVES_ROWS)
    """The tools there are."""
    shown: ClassVar = ("sql", "path")
    tokens: ClassVar = 300
    held: ClassVar = False

    def due(self, state: State, call: ToolCall | None = None) -> str:
        """The file that rows are to be saved in, or that they are only asked for; empty where no
        table is to be asked, or something was found out before."""
        if any(step.found or step.person for step in state.get("steps", [])):
            return ""  # what was seen or said since then is not in the goal
        if addresses_in(state["goal"]) or not state.get("tables"):
            return ""  # the tables of pages are asked in the run
        tool = call.tool if call is not None else self._first(state)
        if call is not None and is_question(state["goal"]) and self._reads_a_table(call):
            tool = ASKS_TABLES
        if tool == SAVES_ROWS:
            what = str(call.args.get("path", "")) if call is not None else self._file(state["goal"])
        else:
            what = A_QUERY if tool == ASKS_TABLES else ""
        return what if what not in state.get("asides", ()) and tool in self.names else ""

    def _first(self, state: State) -> str:
        """The tool that fits the goal best, where nothing was done yet."""
        in_view = state.get("in_view", ())
        return in_view[0] if in_view and not state.get("steps") else ""

    def _reads_a_table(self, call: ToolCall) -> bool:
        """Whether it would read or search a table as if it were a text."""
        places = {call.args.get(name) for name in _PLACES} if call.tool in READERS else set()
        return bool(places) and any({info.file, info.name} & places for info in self.tables.infos())

    def _file(self, goal: str) -> str:
        """The one file that the goal wants rows saved in; empty where it names none."""
        named = [name for name in files_to_make(goal) if name.lower().endswith(TABLE_ENDINGS)]
        return named[0] if len(named) == 1 else ""

    def messages(self, state: State, what: str) -> list[BaseMessage]:
        """What one who only writes SQL is told: the tables, and the goal."""
        known = {info.name: info for info in self.tables.infos()}
        if not known.keys() >= set(state.get("tables", ())):  # it needs what is listed in texts
            known |= {info.name: info for info in self.tables.lists()}
        lines: list[str] = []
        room = SHOWN_CHARS
        for name in state.get("tables", ()):
            line = str(known[name]) if name in known else ""
            room -= len(line)
            if line and (room >= 0 or not lines):
                lines.append(line)
        form = prompts.QUERY if what == A_QUERY else prompts.QUERY_SAVED
        text = form.format(tables="\n".join(lines), goal=state["goal"], path=what)
        return [SystemMessage(prompts.QUERIER), HumanMessage(text)]

    def written(self, state: State, what: str, ask: Ask) -> tuple[Decision, Usage]:
        """The call with the SQL on whose rows two samples agree, else with the first that brings
        any; no call where none runs."""
        messages, usage, began = self.messages(state, what), Usage(), time.monotonic()
        spoken_of = self.tables.spoken_of(understand(state["goal"]).words)
        draws: list[_Draw] = []
        for n in range(DRAWS):
            said = ask(messages, draw=n)
            usage += said.usage
            sql = read_sql(said.text)
            if not sql:
                break
            draws.append(_Draw(sql, self._rows(sql), covered(spoken_of, sql)))
            if agreed(draws) or time.monotonic() - began > SECONDS:
                break
        best = best_of(draws)
        if best is None or (state.get("beyond_one") and not any(draw.rows for draw in draws)):
            return Decision(""), usage  # that tables belong together was only a guess
        saves: dict[str, Any] = {} if what == A_QUERY else {"path": what}
        tool = SAVES_ROWS if saves else ASKS_TABLES
        return Decision(prompts.QUERIED, ToolCall(tool, {"sql": best, **saves})), usage

    def _rows(self, sql: str) -> Rows | None:
        """What a query gives, in an order of its own and without the names of columns, and how many
        rows; nothing where that is none, or one that only says so; None where it does not run."""
        try:
            result = self.tables.query(sql, limit=ROWS)
        except ToolError:
            return None
        if found_nothing(result):
            return ()
        rows = sorted(tuple(map(_plain, row)) for row in result.rows)
        return (*rows, (str(result.total),))


def read_sql(text: str) -> str:
    """The SELECT in a text, on one line and without comments; empty where there is none."""
    found = _FENCED.search(text)
    query = Query((found[1] if found else text).strip().rstrip(";"))
    tokens = groupby(zip(query.kinds, query.texts, strict=True), key=lambda each: each[0])
    sql = "".join(
        " " if kind == "space" else "".join(text for _kind, text in each) for kind, each in tokens
    ).strip()
    return sql if _SELECTS.match(sql) else ""


def agreed(draws: Sequence[_Draw]) -> bool:
    """Whether enough of those that speak of most of what the goal does bring the same rows; those
    that do not run have no say."""
    most = max((draw.covers for draw in draws if draw.rows is not None), default=0)
    votes = Counter(draw.rows for draw in draws if draw.covers == most)
    return any(_is_enough(rows, count) for rows, count in votes.items())


def _is_enough(rows: Rows | None, votes: int) -> bool:
    return rows is not None and votes >= (AGREE if rows else AGREE_ON_NONE)


def best_of(draws: Sequence[_Draw]) -> str | None:
    """Of those that bring any rows, and of these those that speak of most of what the goal does,
    what most of them bring, and of as many the first. None where none runs."""
    votes = Counter(draw.rows for draw in draws)
    ran = [draw for draw in draws if draw.rows is not None]

    def worth(draw: _Draw) -> tuple[bool, int, bool, int]:
        enough = _is_enough(draw.rows, votes[draw.rows])
        return bool(draw.rows) or enough, draw.covers, enough, votes[draw.rows]

    return max(ran, key=worth).sql if ran else None


def _plain(value: object) -> str:
    """A value as it is compared: numbers by six figures."""
    try:
        return f"{float(str(value)):.6g}"
    except ValueError:
        return str(value)
