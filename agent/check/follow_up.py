"""What a goal asks for beyond what a step did, seen from the results: a share, a fact, a column.

Where a small model stops short, what is missing can often be said exactly: the SQL that gives a
share, the values that a text should name, the columns that a copied table lost.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nomoat.agent.check.evidence import names_in
from nomoat.agent.check.lacking import STEM
from nomoat.agent.decision import ToolCall
from nomoat.agent.goal.asked import without_addresses
from nomoat.agent.goal.figures import numbers_in, stands_in
from nomoat.agent.goal.questions import asks_for_percent, asks_for_the_most
from nomoat.agent.own_tools import ASKS_TABLES, WRITERS
from nomoat.agent.state import Step
from nomoat.memory.query import understand
from nomoat.tools.changes import ELSEWHERE
from nomoat.tools.table_info import NOT_WRITTEN, TABLES_TOLD

_ONE_PART = re.compile(
    r"\s*SELECT\s+(?P<what>(?:SUM|COUNT)\s*\([^()]*\))(?:\s+AS\s+\w+)?\s+FROM\s+(?P<table>\w+)"
    r"\s+WHERE\s+(?P<which>(?:(?!\b(?:GROUP|ORDER|LIMIT|HAVING|UNION)\b).)+)",
    re.IGNORECASE | re.DOTALL,
)

_DIVIDES = re.compile(r"/\s*(?:\(|\w)")


def share_query(goal: str, steps: Sequence[Step]) -> str:
    """The SELECT that gives the share a goal asks for, once its part was asked for; else empty."""
    if not asks_for_percent(goal):
        return ""
    asked = [step.call.args.get("sql", "") for step in steps if _asked_a_table(step) and step.call]
    if any(_DIVIDES.search(sql) for sql in asked):
        return ""
    found = next((match for sql in reversed(asked) if (match := _ONE_PART.fullmatch(sql))), None)
    if found is None:
        return ""
    what, which = found["what"], found["which"].strip().rstrip(";")
    share = f"100.0 * {what} FILTER (WHERE {which}) / {what} AS percent"
    return " ".join(["SELECT", share, "FROM", found["table"]])


def _asked_a_table(step: Step) -> bool:
    return step.found and step.call is not None and step.call.tool == ASKS_TABLES


def facts_left_out(call: ToolCall, goal: str, steps: Sequence[Step]) -> tuple[str, ...]:
    """Values of the one row that was found, which the goal wants in a text by the names of their
    columns, and which the text to be written leaves out: `amount 2475.8`."""
    last = next((step for step in reversed(steps) if step.found), None)
    if call.tool not in WRITERS or last is None or not _asked_a_table(last):
        return ()
    lines = last.observation.text.splitlines()
    if len(lines) < 3 or "(1 row)" not in lines[2]:
        return ()
    text = str(call.args.get("content") or call.args.get("text") or "")
    names, values = ([cell.strip() for cell in line.split("|")] for line in lines[:2])
    wanted = {word[:STEM].casefold() for word in understand(goal).words}
    pairs = [(n, v) for n, v in zip(names, values, strict=False) if _is_wanted(n, wanted)]
    left = tuple(f"{name} {value}" for name, value in pairs if not _says(text, value))
    return left if len(pairs) >= 2 and len(left) < len(pairs) else ()


def with_facts(call: ToolCall, facts: Sequence[str]) -> ToolCall:
    """The call, with these facts as the first line of what it writes."""
    name = "content" if call.args.get("content") else "text"
    head = ", ".join(facts)
    text = f"{head[:1].upper()}{head[1:]}\n\n{call.args.get(name, '')}"
    return ToolCall(call.tool, {**call.args, name: text})


def _is_wanted(column: str, wanted: set[str]) -> bool:
    return any(part[:STEM].casefold() in wanted for part in re.split(r"[_\W]+", column) if part)


def _says(text: str, value: str) -> bool:
    """Whether a text holds a value, however it is written: a day as 1 July as well."""
    if value.casefold() in text.casefold():
        return True
    numbers, found = re.findall(r"\d+(?:\.\d+)?", value), numbers_in(text)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return stands_in(str(int(numbers[-1])), found)
    return bool(numbers) and value == numbers[0] and stands_in(value, found)


_COMPUTED = re.compile(
    r"\bhow (?:many|often)\b|\btogether\b|\bin (?:all|total)\b|\bon average\b|\bthe average\b|"
    r"\b(?:at (?:least|most)|more than|less than|fewer than)\b",
    re.IGNORECASE,
)
_SORTED = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)

_SUMMED = re.compile(r"\b(?:total|sum|average|mean|altogether|in all|on average)\b", re.IGNORECASE)
_AGGREGATE = re.compile(r"\b(?:sum|avg|count|min|max|total|mean|median)\s*\(", re.IGNORECASE)


def tables_to_ask(goal: str, steps: Sequence[Step]) -> bool:
    """Whether what a goal asks for is to be counted, summed or compared in SQL next, and not in the
    head: the last step brought the tables of a page, or rows of one of which the sum is asked, or
    the most, in no order."""
    last = steps[-1] if steps else None
    if last is None or not last.found:
        return False
    asked = [str(s.call.args.get("sql", "")) for s in steps if s.call and _asked_a_table(s)]
    if not _asked_a_table(last):
        computed = _COMPUTED.search(goal) is not None or asks_for_the_most(goal)
        return TABLES_TOLD in last.observation.text and computed
    several = not last.observation.text.rstrip().endswith(("(1 row)", "(no rows)"))
    if not several or _AGGREGATE.search(asked[-1]):
        return False
    unsorted = asks_for_the_most(goal) and len(asked) == 1 and not _SORTED.search(asked[-1])
    return unsorted or _SUMMED.search(goal) is not None


_HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.IGNORECASE)
_ROW_COUNT = re.compile(r"^\(.*\)$|^Note: .*$", re.MULTILINE)


def numbers_found(goal: str, steps: Sequence[Step]) -> tuple[int, int]:
    """How many numbers tables were asked for that brought less than the goal asks for, and how many
    it asks for; (0, 0) where they brought enough, or others than tables were looked at."""
    wanted = len(_HOW_MANY.findall(without_addresses(goal)))
    looked = [step for step in steps if step.found]
    if wanted < 2 or not looked or not all(map(_asked_a_table, looked)):
        return 0, 0
    texts = (_ROW_COUNT.sub("", step.observation.text).split("\n", 1)[-1] for step in looked)
    found = sum(len(re.findall(r"(?<![\w-])\d[\d.,]*(?![\w-])", text)) for text in texts)
    return (found, wanted) if 0 < found < wanted else (0, 0)


_OVER_ALL = re.compile(
    r"\s*SELECT\s+(?P<what>(?:SUM|AVG|COUNT)\s*\([^()]*\))(?:\s+AS\s+\w+)?\s+FROM\s+(?P<table>\w+)"
    r"(?P<which>\s+WHERE\s+(?:(?!\b(?:GROUP|ORDER|LIMIT|HAVING|UNION)\b).)+)?",
    re.IGNORECASE | re.DOTALL,
)
_TABLE_LINE = r"^- {table} \([^)\n]*\): (?P<columns>.*)$"
_LEAST = re.compile(
    r"\b(?:least|fewest|cheapest|smallest|lowest|shortest|youngest|lightest|slowest)\b",
    re.IGNORECASE,
)
_WHICH = re.compile(r"\b(?:which|who|what)\b", re.IGNORECASE)


def most_query(goal: str, steps: Sequence[Step], tables: str) -> str:
    """The SELECT that tells which has the most, where one number over all rows was asked for
    instead; else empty. `tables`: a line for each, as the opening tells them."""
    last = steps[-1] if steps else None
    if last is None or last.call is None or not _asked_a_table(last):
        return ""
    if not (asks_for_the_most(goal) and _WHICH.search(goal)):
        return ""
    found = _OVER_ALL.fullmatch(str(last.call.args.get("sql", "")).strip().rstrip(";"))
    line = found and re.search(_TABLE_LINE.format(table=found["table"]), tables, re.MULTILINE)
    if not found or not line:
        return ""
    spoken = {word[:STEM].casefold() for word in re.findall(r"\w{3,}", goal)}
    told = line["columns"]  # in short without their types
    columns = re.findall(r"(?:^|, )(\w+) [A-Z]+", told) or told.split(", ")
    by = next((name for name in columns if name[:STEM].casefold().rstrip("s") in spoken), "")
    by = by or next((n for n in columns if n.casefold() in {w.rstrip("s") for w in spoken}), "")
    if not by or by.casefold() in found["what"].casefold():
        return ""
    order = "" if _LEAST.search(goal) else " DESC"
    which = found["which"] or ""
    what, rows = f"SELECT {by}, {found['what']} AS total", f"FROM {found['table']}{which}"
    return " ".join([what, rows, f"GROUP BY {by} ORDER BY total{order}"])


_ONLY = re.compile(r"\b(?:only|just|nothing but)\b", re.IGNORECASE)
_WHOLE = re.compile(
    r"\ball (?:its |the |their |of its |of the )?(?:columns|fields|details)\b|\bsort(?:ed)?\b|"
    r"\balphabetical(?:ly)?\b|\bcopy\b|\bconvert(?:ed)?\b",
    re.IGNORECASE,
)


def columns_left_out(goal: str, steps: Sequence[Step]) -> str:
    """What the tool said of the columns that a table lost when it was written anew last, where the
    goal wants it whole; else empty."""
    if not _WHOLE.search(goal) or _ONLY.search(goal):
        return ""
    written = next(
        (step for step in reversed(steps) if step.found and step.observation.files), None
    )
    lines = written.observation.text.splitlines() if written else []
    return next((line for line in lines if line.endswith(NOT_WRITTEN)), "")


def left_standing(goal: str, steps: Sequence[Step]) -> tuple[str, ...]:
    """Names that the goal gives and that an edited file still holds, though they are a part of what
    was replaced in it, and how they are called now: `Ms Lund (now Ms Berg)`."""
    last = next((step for step in reversed(steps) if step.found), None)
    if last is None or last.call is None or ELSEWHERE not in last.observation.text:
        return ()
    old, new = (str(last.call.args.get(name, "")) for name in ("old", "new"))
    lines = last.observation.text.partition(ELSEWHERE)[2].replace(new or "\0", " ")
    named = dict.fromkeys(name for name in names_in(without_addresses(goal)) if name in lines)
    left = (name for name in named if set(name.split()) & set(old.split()) and name not in old)
    return tuple(f"{name} (now {_renamed(name, old, new)})" for name in left)


def _renamed(name: str, old: str, new: str) -> str:
    """A name with the words that are others now, where that can be told word by word."""
    words = dict(zip(old.split(), new.split(), strict=False))
    return " ".join(words.get(word, word) for word in name.split())


_LACKING = re.compile(
    r"\b(?:does|do|did)(?:n['’]t| not) (?:provide|contain|mention|hold|specify|include|say|list|"
    r"give|state)\b|\bno (?:information|mention|details)\b|"
    r"\bnot (?:mentioned|provided|specified|included|listed|stated|given)\b",
    re.IGNORECASE,
)
HELD_WORDS = 3
HELD_SHARE = 0.5


def held_after_all(goal: str, answer: str, steps: Sequence[Step]) -> tuple[str, ...]:
    """Words of the goal that the last result holds, most of them, though an answer says that
    nothing is said of it; else none."""
    last = next((step for step in reversed(steps) if step.found), None)
    if last is None or not _LACKING.search(answer):
        return ()
    words = [word for word in understand(without_addresses(goal)).words if len(word) > 3]
    text = last.observation.text.casefold()
    held = tuple(word for word in words if word.casefold()[:STEM] in text)
    return held if len(held) >= max(HELD_WORDS, HELD_SHARE * len(words)) else ()


_TO_DO = re.compile(r"Still to do: (?:to |I need to |we need to )?(?P<verb>\w+)", re.IGNORECASE)
_VERIFYING = re.compile(
    r"Still to do: (?:to )?(?:verify|check|confirm|ensure|make sure|double|review|validate|test)",
    re.IGNORECASE,
)


def invents_work(goal: str, thought: str) -> bool:
    """Whether what a thought still wants to do is to look again at what was made, or nothing that
    the goal speaks of: `send` it."""
    if _VERIFYING.search(thought):
        return True
    match = _TO_DO.search(thought)
    verb = match["verb"].casefold() if match else ""
    return bool(verb) and verb[:4] not in {word[:4] for word in re.findall(r"\w+", goal.casefold())}
