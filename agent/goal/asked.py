"""What a goal says of files and changes, read from its words; `questions` has what it asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

PLEASE = r"(?:please|pls|plz)"
KINDS = (
    "files?|e-?mails?|mails?|letters?|notes?|documents?|messages?|texts?|pages?|invoices?|receipts?|"
    "recipes?|reports?|photos?|pictures?|minutes|statements?|bills?"
)
"""What files are called by what is in them."""
FILE = re.compile(
    r"(?<![\w/@:])(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.(?:[A-Za-z][A-Za-z0-9]{1,4}|[chR])\b(?!\.\w)"
)
"""The name of a file, with its folders and its ending."""
_ASKING = re.compile(
    rf"\?|^\W*(?:{PLEASE}\s+)?(?:who|what|when|where|which|whose|why|how|is|are|was|were|do|does|did|can|could|"
    r"has|have|find|look|tell|list|show|count|check|compare|calculate|compute|search|give|"
    r"summari[sz]e|explain|describe|read|(?:work|find|figure) out|determine|estimate|add up)\b",
    re.IGNORECASE,
)


def is_question(goal: str) -> bool:
    """Whether it asks for a fact."""
    return _ASKING.search(goal) is not None


ADD = r"add(?!\s+up\b|\s+(?:the|all|it|these|those|them|its|their)\s+(?:\S+\s+){0,2}up\b)"
"""Not `add them up`, which changes nothing."""
_ADDRESS = re.compile(r"\bhttps?://\S+")


def without_addresses(goal: str) -> str:
    """It, without the addresses of pages: their numbers and names are none of its own."""
    return _ADDRESS.sub(" ", goal)


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


_A_FILE = rf"(?:(?:the|my|a)\s+)?(?:new\s+)?(?:file\s+)?({FILE.pattern})"
_COPIES = re.compile(
    rf"\b(?:copy|duplicate|back\s?up)\s+{_A_FILE}\s+(?:to|as|into)\s+{_A_FILE}|"
    rf"\b(?:copy|duplicate|backup)\s+of\s+{_A_FILE}\b(?:(?!\band\b)[^.;!?])*?"
    rf"\b(?:as|named|called|to|in)\s+{_A_FILE}",
    re.IGNORECASE,
)


def copies(goal: str) -> tuple[str, str] | None:
    """The file that a goal wants copied, and what the copy is called; None where it wants none."""
    found = _COPIES.search(goal)
    if found is None:
        return None
    source, target = (name for name in found.groups() if name)
    return source, target


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
_OUT_OF = (
    rf"(?:(?:remove|delete|strike|cross|drop|erase|cut)\b{_TEXT}\b(?:from|off|out of)|"
    rf"take\b{_TEXT}\boff|take\s+(?:it|them|that|this|these|those)\s+out\s+of)"
)
"""Not `take the name from a.txt`, with which something else is done."""
_IN_FILE = r"\s+(?:(?:the|my|our)\s+)?(?:(?:file|list|table)\s+)?$"
_CHANGED = re.compile(
    rf"\b(?:(?:append|enter|insert|put|change|correct|edit|fix|replace|update|rewrite)\b{_TEXT}"
    rf"\b(?:in|to|into)|add\b{_TEXT}\b(?:to|into)|"
    rf"{_OUT_OF}|(?:correct|edit|fix|update)){_IN_FILE}",
    re.IGNORECASE,
)


_BEGINS_IN = re.compile(
    r"(?:^|[.,;:]\s*|\b(?:and|also)\s+)\s*in\s+(?:the\s+|my\s+)?$", re.IGNORECASE
)
_IS_CHANGED = re.compile(
    rf"\s*,?\s*(?:{PLEASE}\s+)?(?:set|change|replace|add|put|correct|fix|update|remove|delete|strike|"
    r"raise|lower|insert|enter|append|switch)\b",
    re.IGNORECASE,
)


def _is_changed_in(part: str, name: str) -> bool:
    """Whether a sentence begins with the file and goes on with the change: `In a.ini set …`."""
    at = part.find(name)
    after = _IS_CHANGED.match(part[at + len(name) :])
    return after is not None and _BEGINS_IN.search(part[:at]) is not None


def files_to_change(goal: str) -> tuple[str, ...]:
    """File names that it asks to be changed, there or not: `put milk in shopping.txt`."""
    return tuple(
        dict.fromkeys(
            name
            for part in _PART.split(without_addresses(goal))
            for name in files_named(part)
            if _CHANGED.search(part[: part.find(name)]) or _is_changed_in(part, name)
        )
    )


_TAKEN_OUT = re.compile(rf"\b{_OUT_OF}{_IN_FILE}", re.IGNORECASE)
_ADDED = re.compile(r"\b(?:add|enter|append|insert|change|replace|instead)\b", re.IGNORECASE)


def is_taken_from(goal: str, name: str) -> bool:
    """Whether something is to be taken out of this file: `take milk off shopping.txt`."""
    if _ADDED.search(goal):
        return False  # both are done at once
    parts = (part for part in _PART.split(without_addresses(goal)) if name in part)
    return any(_TAKEN_OUT.search(part[: part.find(name)]) is not None for part in parts)


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


def wanted_and_forbidden(goal: str) -> tuple[str, ...]:
    """The files that a goal asks to be made, where it forbids all writing as well."""
    return files_to_make(goal) if forbids_change(goal) else ()


_CHANGING = re.compile(
    rf"(?:^|[.,;:!?]\s+|\b(?:and|first|then|{PLEASE}|to|you|so|just|also)\s+)(?:{PLEASE}\s+)?(?:"
    rf"{ADD}|append|change|copy|correct|convert|create|delete|"
    r"edit|enter|fix|get rid of|insert|make a (?:new )?(?:copy|file|folder)|"
    r"move|put|remove|rename|replace|save|store|throw (?:out|away)|turn|update|write|"
    r"take (?=[^.;!?]*\boff\b|(?:it|them|that|this|these|those)\s+out\b))\b",
    re.IGNORECASE,
)
_ALTERING = re.compile(
    rf"(?:^|[.,;:!]\s+|\b(?:and|first|then|{PLEASE})\s+)(?:{PLEASE}\s+)?(?:raise|lower|reduce|increase|"
    r"set|mark|tick|cross|strike|adjust|modify|rewrite|register)\s+(?!of\b)",
    re.IGNORECASE,
)
_SWAPPED = re.compile(r"^[^?]*\binstead of\b[^?]*$", re.IGNORECASE)
"""Says what a file is to hold, without a verb: `list.txt please: 6 eggs instead of 5`."""


def swaps(goal: str) -> bool:
    """Whether it says what a file that it names holds instead of what it holds."""
    said = bool(files_named(goal)) and not is_question(goal)
    return said and _SWAPPED.search(goal) is not None


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


_OF_NAME = re.compile(r"[^\W\d_]{4,}")


def spoken_of(goal: str, paths: Sequence[str]) -> list[str]:
    """Of these files, those that it names, or else those that are called by a word of it:
    `prices-1.csv` and `prices-2.csv` of `both lists with prices`."""
    named = {name.rsplit("/", 1)[-1].casefold() for name in files_named(goal)}
    if found := [path for path in paths if path.rsplit("/", 1)[-1].casefold() in named]:
        return found
    said = {_singular(word) for word in _OF_NAME.findall(goal.casefold())}
    stems = {path: path.rsplit("/", 1)[-1].rpartition(".")[0].casefold() for path in paths}
    return [p for p, stem in stems.items() if said & set(map(_singular, _OF_NAME.findall(stem)))]


def _singular(word: str) -> str:
    return word.removesuffix("s")


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
    if _CHANGING.search(goal.strip()) is not None or swaps(goal):
        return True
    return not is_question(goal) and _ALTERING.search(goal.strip()) is not None
