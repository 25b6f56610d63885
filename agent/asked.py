"""What a goal asks for, read from its words: a fact, a number, all of something, a change."""

from __future__ import annotations

import re

KINDS = (
    "files?|e-?mails?|mails?|letters?|notes?|documents?|messages?|texts?|pages?|invoices?|receipts?|"
    "recipes?|reports?|photos?|pictures?|minutes|statements?|bills?"
)
"""What files are called by what is in them."""
FILE = re.compile(
    r"(?<![\w/@:])(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.(?:[A-Za-z][A-Za-z0-9]{1,4}|[chR])\b(?!\.\w)"
)
"""The name of a file, with its folders and its ending."""
_ADDRESS = re.compile(r"\bhttps?://\S+")
_ASKING = re.compile(
    r"\?|^\W*(?:please\s+)?(?:who|what|when|where|which|whose|why|how|is|are|was|were|do|does|did|can|could|"
    r"has|have|find|look|tell|list|show|count|check|compare|calculate|compute|search|give|"
    r"summari[sz]e|explain|describe|read|(?:work|find|figure) out|determine|estimate|add up)\b",
    re.IGNORECASE,
)


def is_question(goal: str) -> bool:
    """Whether it asks for a fact."""
    return _ASKING.search(goal) is not None


def without_addresses(goal: str) -> str:
    """It, without the addresses of pages: their numbers and names are none of its own."""
    return _ADDRESS.sub(" ", goal)


_NUMBER_ASKED = re.compile(
    r"\bhow (?:many|much|often|old|long|far|big|high|tall|heavy)\b|"
    r"\b(?:number|phone|price|cost|date|percent|average|sum|total)\b|%",
    re.IGNORECASE,
)


def asks_for_number(goal: str) -> bool:
    """Whether it asks for a number of any kind."""
    return is_question(goal) and _NUMBER_ASKED.search(goal) is not None


_PHONE = re.compile(
    r"\b(?:phone|telephone|mobile)\s+number\b|"
    r"\b(?:which|what)\s+number\b[^.?!]*\b(?:call|ring|dial|phone)\b",
    re.IGNORECASE,
)


def asks_for_phone(goal: str) -> bool:
    """Whether it asks for the number of a telephone."""
    return is_question(goal) and _PHONE.search(goal) is not None


_WHO = re.compile(
    r"(?:^|[.?!,:;]\s+|\band\s+)who(?:se)?\s+(?!to\b)\w+|\bwhich (?:firm|company|person)\b",
    re.IGNORECASE,
)


def asks_who(goal: str) -> bool:
    """Whether it asks for the name of somebody."""
    return _WHO.search(goal) is not None


_RELATIVE = re.compile(
    r"\b(?:today|tonight|yesterday|tomorrow|now|nowadays|currently|ago|so far|until|till|since)\b|"
    r"\b(?:this|last|next|past|current|coming|previous)\s+(?:year|month|week|quarter|season|summer|"
    r"winter|spring|autumn|fall|weekend|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|"
    r"\bhow old\b",
    re.IGNORECASE,
)


def speaks_of_now(goal: str) -> bool:
    """Whether it can only be understood by who knows which day it is."""
    return _RELATIVE.search(goal) is not None


_PERCENT = re.compile(
    r"\bin per ?cent\b|\bpercentage\b|\b(?:what|which|how many) (?:share|per ?cent)\b",
    re.IGNORECASE,
)


def asks_for_percent(goal: str) -> bool:
    """Whether it asks for a share, in percent."""
    return _PERCENT.search(goal) is not None


_AVERAGE = re.compile(r"\b(?:on average|the (?:\w+ ){0,2}?(?:average|mean))\b", re.IGNORECASE)


def asks_for_average(goal: str) -> bool:
    """Whether it asks for an average, which seldom stands anywhere."""
    return is_question(goal) and _AVERAGE.search(goal) is not None


_HOW_MANY = re.compile(r"\bhow (?:many|often|much)\b", re.IGNORECASE)


def asks_how_many(goal: str) -> bool:
    """Whether it asks for a number that may be said in words."""
    return _HOW_MANY.search(goal) is not None


_VERB = r"(?:did|do|does|is|are|was|were|will|would|can|could|must|has|have|should|may|shall)"
_WHEN = re.compile(
    rf"\b(?:until|till|since|by|from)\s+when\b|(?:^|[.?!,;:]\s+|\band\s+)when\s+{_VERB}\b|"
    r"\b(?:what|which)\s+(?:date|day)\b",
    re.IGNORECASE,
)


def asks_when(goal: str) -> bool:
    """Whether it asks for a date or a time, and not only how long."""
    return _WHEN.search(goal) is not None


_PARTS = re.compile(
    r"(?:^|[.,;:!?]\s+|\b(?:and|or|also)\s+)(?:(?:and|or|also|in|on|at|by|for|to|from|with|until|since)"
    r"\s+){0,2}(?:who|whom|whose|what|when|where|which|why|how|whether)\b",
    re.IGNORECASE,
)
MOST_PARTS = 3


def question_parts(goal: str) -> int:
    """How many things it asks, at least one: two of `When is it, and who comes?`."""
    found = len(_PARTS.findall(without_addresses(goal)))
    return min(max(found, 1), MOST_PARTS)


_EACH = re.compile(
    rf"\b(?:each|every|all)\b(?:\s+one)?(?:\s+of)?(?:\s+(?:the|these|those|my|our))?(?:\s+\w+)?\s+"
    rf"(?:{KINDS})\b",
    re.IGNORECASE,
)


def asks_for_each(goal: str) -> bool:
    """Whether it wants something said of every file of several."""
    return _EACH.search(goal) is not None


_MOST = re.compile(
    r"(?<!\bat )\b(?:most|least|fewest|cheapest|dearest|largest|biggest|smallest|highest|lowest|"
    r"longest|shortest|oldest|youngest|heaviest|lightest|fastest|slowest)\b",
    re.IGNORECASE,
)


def asks_for_the_most(goal: str) -> bool:
    """Whether it asks for what is the largest, the cheapest and so on of several."""
    return _MOST.search(goal) is not None


def files_named(goal: str) -> tuple[str, ...]:
    """File names that stand in a goal, in order."""
    return tuple(dict.fromkeys(match.group() for match in FILE.finditer(goal)))


_MAKING = re.compile(
    r"\b(?:writ|creat|mak|sav|stor|export|generat|produc|put|record|collect|cop[iy]|convert|turn|"
    r"merg|combin)\w*\b",
    re.IGNORECASE,
)


_SOURCE = re.compile(r"\b(?:of|from|about|using)\s+(?:the\s+)?(?:file\s+)?$", re.IGNORECASE)
_TURNED = re.compile(
    r"\b(?:turn|convert|copy|transform)\s+(?:the\s+|my\s+)?(?:file\s+)?$", re.IGNORECASE
)


def is_turned(goal: str, name: str) -> bool:
    """Whether something else is made of a file: `Turn contacts.txt into …`."""
    return _TURNED.search(goal[: goal.find(name)]) is not None


def files_to_make(goal: str) -> tuple[str, ...]:
    """File names a goal asks to be written: after a word of making, but not `the sum of a.csv`."""
    making = _MAKING.search(goal)
    rest = goal[making.end() :] if making else ""
    return tuple(
        name
        for name in files_named(rest)
        if not (_SOURCE.search(rest[: rest.find(name)]) or is_turned(goal, name))
    )


_KIND = re.compile(
    r"\b(?:as|into|to|in|an?|new)\s+(?:(?:an?|one|new|single|plain)\s+){0,2}"
    r"(csv|tsv|json|html|markdown|text)[\s-]+(?:file|document)\b|"
    r"\b(?:sav|stor|export|convert|turn)\w*\b[^.?!]*?\b(?:as|into|to)\s+(?:an?\s+)?"
    r"(csv|tsv|json|html|markdown)\b",
    re.IGNORECASE,
)
_ENDINGS = {"markdown": ".md", "text": ".txt"}


def kind_to_make(goal: str) -> str:
    """The ending of a file that it asks to be made and does not name: `.csv` of `into a csv file`;
    else empty."""
    making = _MAKING.search(goal)
    found = _KIND.search(goal, making.start()) if making else None
    if found is None or files_to_make(goal):
        return ""
    kind = (found[1] or found[2]).casefold()
    return _ENDINGS.get(kind, f".{kind}")


_PART = re.compile(r"(?<=[.;!?])\s+|\b(?:and then|then|after that)\b", re.IGNORECASE)
_TEXT = r"(?:[^.;!?]|\.\w)*?"
"""Of one sentence; the dot in a file's name does not end it."""
_CHANGED = re.compile(
    rf"\b(?:(?:append|enter|insert|put|change|correct|edit|fix|replace|update|rewrite)\b{_TEXT}"
    rf"\b(?:in|to|into)|add\b{_TEXT}\b(?:to|into)|(?:remove|delete|strike|take)\b{_TEXT}\bfrom|"
    r"(?:correct|edit|fix|update))\s+(?:the\s+|my\s+)?(?:(?:file|list|table)\s+)?$",
    re.IGNORECASE,
)


def files_to_change(goal: str) -> tuple[str, ...]:
    """File names that it asks to be changed, there or not: `put milk in shopping.txt`."""
    return tuple(
        dict.fromkeys(
            name
            for part in _PART.split(without_addresses(goal))
            for name in files_named(part)
            if _CHANGED.search(part[: part.find(name)])
        )
    )


_FORBIDDING = re.compile(
    r"\b(?:do\s+not|don['’]t|never|without|must\s+not|mustn['’]t|may\s+not)\s+(?:you\s+)?"
    r"(?:\w+\s+(?:or|and|nor)\s+)?(?:creat|writ|chang|mak|modif|edit|touch|sav|alter)\w*\s+"
    r"(?:(?:or|and|nor)\s+\w+\s+)?(?:anything|any\s+(?:new\s+)?files?|a\s+(?:single\s+)?file|"
    r"files)\b(?!\s+(?:else|other|but|except))",
    re.IGNORECASE,
)


def forbids_change(goal: str) -> bool:
    """Whether it says that no file at all may be written or changed."""
    return _FORBIDDING.search(goal) is not None


_HOW_TO = re.compile(
    r"\bhow (?:do|can|could|should|would)\b|\bwhat (?:should|can|must|could)\b|"
    r"\bwhat do (?:I|we|you) (?:do|have to|need to)\b|"
    r"\b(?:advice|instructions?|steps|suggest\w*|recommend\w*|recipe)\b",
    re.IGNORECASE,
)


def asks_how_to(goal: str) -> bool:
    """Whether what to do next is itself what it asks for."""
    return _HOW_TO.search(goal) is not None


_CHANGING = re.compile(
    r"(?:^|[.,;:!?]\s+|\b(?:and|first|then|please|to|you)\s+)(?:please\s+)?(?:add|append|change|copy|correct|"
    r"convert|create|delete|edit|enter|fix|get rid of|insert|make a (?:new )?(?:copy|file|folder)|"
    r"move|put|remove|rename|replace|save|store|throw (?:out|away)|turn|update|write)\b",
    re.IGNORECASE,
)


_COUNTING = re.compile(
    r"\bhow (?:many|often)\b|\bcount\b|\bnumber of\b|\bin total\b|\bevery\b"
    r"|\ball (?:the|of|my|our)\b",
    re.IGNORECASE,
)


def asks_for_all(goal: str) -> bool:
    """Whether a part of a text is not enough: something is to be counted, or all of it found."""
    return _COUNTING.search(goal) is not None


_CHANGEABLE = re.compile(
    r"\b(?:file|list|note|folder|document|line|entry|page|report|csv|diary|todo|text|letter|mail|"
    r"e-mail|message|minute|invoice|receipt|recipe|chapter|table|sheet|photo|picture|heading|title)"
    r"s?\b",
    re.IGNORECASE,
)


_SEVERAL = re.compile(
    r"\b(?:each|every|all|any|one|these|those|which|what)\b(?:\s+of)?(?:\s+(?:the|these|those|my|our|in))?"
    rf"(?:\s+\w+)?\s+(?:folder|{KINDS})\b",
    re.IGNORECASE,
)


def speaks_of_files(goal: str) -> bool:
    """Whether it is about several files of a kind, and names none: `each of the mails`."""
    return _SEVERAL.search(goal) is not None and not files_named(goal)


_MARKED = re.compile(rf"\b(\d{{3,}})\s+(?:\w+\s+)?(?:{KINDS})\b", re.IGNORECASE)


def marks(goal: str) -> tuple[str, ...]:
    """The numbers that tell which files it is about: `2024` of `all the 2024 invoices`."""
    return tuple(dict.fromkeys(_MARKED.findall(goal)))


def asks_for_change(goal: str) -> bool:
    """Whether a goal, as a command, asks for a file or the like to be written or changed."""
    if not (_CHANGEABLE.search(goal) or files_named(goal)):
        return False  # "Add 5 % to 200" changes nothing
    if forbids_change(goal):
        return False
    return _CHANGING.search(goal.strip()) is not None
