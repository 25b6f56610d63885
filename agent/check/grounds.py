"""Are the facts in a call's arguments known, before it is made?

A small model computes with numbers it has never seen, and writes names into files that stand in no
source. What nobody gave and nothing showed is sent back before it is computed with or written.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import SequenceMatcher
from pathlib import PurePosixPath
from typing import Any

from nomoat.agent.check.evidence import check
from nomoat.agent.decision import ToolCall
from nomoat.agent.goal.asked import files_named
from nomoat.agent.goal.figures import number_of, numbers_in
from nomoat.agent.own_tools import CHANGES_TABLES, REPLACES, WRITERS
from nomoat.agent.state import Step
from nomoat.tools.calc_program import is_program, numbers_only

KNOWN = frozenset(map(Decimal, range(32))) | frozenset(
    map(Decimal, "0.5 52 60 100 360 365 366 1000 1024 3600 10000 86400 1000000".split())
)
"""Numbers that need no source: small ones, and those of the calendar, the clock and of units."""
SOUGHT = frozenset({"text", "find", "query", "content", "old", "new"})
"""Arguments that say what, and not where."""
CORRECTED = 0.5
"""How alike two texts are of which one corrects the other."""
SENTENCE = 20
"""Characters from which on a text is no single word that may stand anywhere."""
_ENUMERATION = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)


def groundless(
    args: Mapping[str, Any], names: Iterable[str], given: str, seen: Sequence[str]
) -> tuple[str, ...]:
    """Numbers and names in these arguments that stand nowhere, in order.

    A number also counts as known when it is a hundredth of one (0.17 for 17 %), or one more or
    less than that (1.17, 0.83).

    Args:
        args: the arguments of a call.
        names: the arguments that have to rest on something.
        given: the goal, and what the harness found for it.
        seen: the texts of the observations so far.
    """
    texts = [_bare(str(args[name])) for name in names if isinstance(args.get(name), str)]
    if not texts:
        return ()
    found: list[str] = []
    for text in texts:
        observations = list(enumerate(seen, 1))
        verdict = check(_ENUMERATION.sub("", text), given=given, observations=observations)
        found += [claim.text for claim in verdict.unverified if claim.kind != "file"]
    known = KNOWN | _derived(numbers_in("\n".join([given, *seen])))
    return tuple(dict.fromkeys(text for text in found if number_of(text) not in known))


def _bare(text: str) -> str:
    """What of an argument has to rest on something: of a program the numbers alone."""
    return numbers_only(text) if is_program(text) else text


def made_up(call: ToolCall, given: str, seen: Sequence[str]) -> tuple[str, ...]:
    """Numbers that an UPDATE would set a column to and that stand nowhere, in order. Of those that
    need no source elsewhere only the smallest need none here: what it writes stays. Numbers that
    are only computed with (`price * 0.5`) are left to the model."""
    known = numbers_in("\n".join([given, *seen]))
    known |= _derived(known) | frozenset(map(Decimal, range(3)))
    numbers = (number for part in _assignments(call) if (number := _plain_number(part)))
    return tuple(dict.fromkeys(n for n in numbers if number_of(n) not in known))


_SETS = re.compile(r"(\bSET\s+)(.+?)(\s+WHERE\b)", re.IGNORECASE | re.DOTALL)
_ASSIGNED = re.compile(r'[\w".]+\s*=\s*(?P<number>-?\d+(?:\.\d+)?)')


def _assignments(call: ToolCall) -> list[str]:
    """`a = 1` and `b = 'x'` of an UPDATE; none where a comma stands inside of a value."""
    sets = _SETS.search(str(call.args.get("sql", ""))) if call.tool == CHANGES_TABLES else None
    parts = [part.strip() for part in sets[2].split(",")] if sets else []
    return parts if all("=" in part for part in parts) else []


def _plain_number(assignment: str) -> str:
    found = _ASSIGNED.fullmatch(assignment)
    return found["number"] if found else ""


def sure_part(call: ToolCall, claims: Collection[str]) -> ToolCall:
    """An UPDATE without the columns that it would set to what was made up, where it sets others
    as well; every other call as it is. `claims` are the numbers that stand nowhere."""
    sql, parts = str(call.args.get("sql", "")), _assignments(call)
    sure = [part for part in parts if _plain_number(part) not in claims]
    sets = _SETS.search(sql)
    if not claims or not sets or not sure or len(sure) == len(parts):
        return call
    shorter = f"{sql[: sets.start(2)]}{', '.join(sure)}{sql[sets.end(2) :]}"
    return ToolCall(call.tool, {**call.args, "sql": shorter})


def _derived(known: Collection[Decimal]) -> frozenset[Decimal]:
    """What everybody makes of numbers: 0.17 of 17 %, and one more or less than that."""
    shares = {n / 100 for n in known}
    return frozenset(shares | {1 + n for n in shares} | {1 - n for n in shares})


def unread(
    call: ToolCall,
    goal: str,
    steps: Sequence[Step],
    exists: Callable[[str], bool],
    shown: Sequence[str] = (),
) -> tuple[str, ...]:
    """Files the goal names that are there and were not looked at, before a text is written.

    `shown` are citations of what the model was given at the start.
    """
    if call.tool not in WRITERS:
        return ()
    made = (_places(step.call) for step in steps if step.call)
    sources = (source for step in steps for source in step.observation.sources)
    done = "\n".join([call.key, *shown, *made, *sources])
    return tuple(name for name in files_named(goal) if exists(name) and not _touched(name, done))


def _places(call: ToolCall) -> str:
    """Its arguments that say where, and its SQL: what is only looked for is no file that was
    looked at."""
    return " ".join(str(value) for name, value in call.args.items() if name not in SOUGHT)


def is_blank(call: ToolCall, goal: str) -> bool:
    """Whether a file would be left empty, and the goal does not ask for an empty one."""
    if call.tool != REPLACES:
        return False
    return not str(call.args.get("content", "")).strip() and not _EMPTY.search(goal)


_EMPTY = re.compile(r"\b(?:empty|blank|clear)\b", re.IGNORECASE)


def uneven_row(call: ToolCall) -> dict[str, object]:
    """The first line of a table to be written that has more or fewer values than its first line
    names: `line`, `values`, `columns`, `names`, `mark`; empty where there is none."""
    path, text = str(call.args.get("path", "")), str(call.args.get("content", ""))
    delimiter = _DELIMITERS.get(PurePosixPath(path).suffix.lower())
    if call.tool != REPLACES or delimiter is None:
        return {}
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    columns = len(rows[0]) if rows else 0
    for line, row in enumerate(rows, 1):
        if columns > 1 and len(row) != columns:
            names = ", ".join(rows[0])
            mark = "commas" if delimiter == "," else "tabs"
            return {
                "line": line,
                "values": len(row),
                "columns": columns,
                "names": names,
                "mark": mark,
            }
    return {}


_DELIMITERS = {".csv": ",", ".tsv": "\t"}


def is_an_error(call: ToolCall, steps: Sequence[Step]) -> bool:
    """Whether the text to be written is what a tool said when it could not do something."""
    if call.tool not in WRITERS:
        return False
    text = _flat(str(call.args.get("content") or call.args.get("text") or ""))
    failures = (_flat(step.observation.text) for step in steps if not step.observation.ok)
    return len(text) >= SENTENCE and any(text in said or said in text for said in failures if said)


def _flat(text: str) -> str:
    """Its words, without marks: `The file 'a.csv' has` → `the file a csv has`."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def _touched(name: str, done: str) -> bool:
    """A table is named in SQL without its ending."""
    return re.search(rf"\b{re.escape(PurePosixPath(name).stem)}\b", done) is not None


def replaces_unread(
    call: ToolCall,
    steps: Sequence[Step],
    exists: Callable[[str], bool],
    shown: Sequence[str] = (),
) -> str:
    """The file a `write_file` would replace that this run has neither read nor made; else empty."""
    path = str(call.args.get("path", ""))
    if call.tool != REPLACES or not path or not exists(path):
        return ""
    sources = [*shown, *(source for step in steps for source in step.observation.sources)]
    known = {source.rsplit(":", 1)[0] for source in sources}
    known |= {file for step in steps for file in step.observation.files}
    return "" if path in known else path


def writes_over(call: ToolCall, steps: Sequence[Step]) -> int:
    """The step right before, where it wrote the same file and this call would take away what it
    wrote there; else 0."""
    last = steps[-1] if steps else None
    if last is None or last.call is None or not last.found or call.tool != REPLACES:
        return 0
    path, content = call.args.get("path"), str(call.args.get("content", ""))
    if last.call.tool != REPLACES or last.call.args.get("path") != path:
        return 0
    before = _flat(str(last.call.args.get("content", "")))
    alike = SequenceMatcher(None, before, _flat(content)).ratio()
    return 0 if before in _flat(content) or alike >= CORRECTED else last.n
