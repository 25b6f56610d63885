"""A goal read as a contract: by its words alone, the same every time.

Generous in doubt about reading and about new files; strict about files that are there already and
that the goal neither names nor means, about the network and about code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from nomoat.agent.goal.asked import (
    ADD,
    KINDS,
    PLEASE,
    asks_for_change,
    files_named,
    files_to_change,
    files_to_make,
    forbids_change,
    is_question,
    is_turned,
    kind_to_make,
    swaps,
)
from nomoat.agent.trust.contract import Contract, Exists, stems
from nomoat.agent.trust.contract_may import narrowed
from nomoat.tools.base import Effect


def _word(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words.split())})\b", re.IGNORECASE)


_MAKING = _word(
    r"writ(?:e|ing) create make save store export generate produce put record draft compose "
    r"prepare build turn convert extract download keep\s+(?:it|this|that|them)\s+(?:in|as)"
)
_CHANGING = re.compile(
    rf"\b(?:{ADD}|append|change|copy|correct|edit|fix|insert|replace|update|sort|reorder|increase|"
    r"decrease|translate|complete|fill|merge|split|reformat|format|rewrite|shorten|overwrite|"
    r"modify|adjust|reschedule|prepend|clear|empty|take\s+(?:\S+\s+){1,4}?off|"
    r"take\s+(?:it|them|that|this|these|those)\s+out\s+of|strike)\b|"
    rf"(?:^|[.,;:!?]\s+|\b(?:and|then|{PLEASE}|to|you|or|just|also)\s+)(?:mark|set|tick|cross)\b",
    re.IGNORECASE,
)
"""The last are as often a pupil's mark and a set of things: there they stand where verbs do."""
_ENTERING = re.compile(
    rf"(?:^|[.;:,!]\s+|\b(?:and|then|{PLEASE})\s+)"
    r"(?:enter|register|note|raise|lower|reduce|double|halve|log(?!\s+(?:in(?:to)?|out)\b))\s",
    re.IGNORECASE,
)
"""Asks for a change where it is said of a file: `double 21` alone does not."""
_CLAUSE = rf"(?:^|[.;:,!?]\s+|\b(?:and|then|{PLEASE})\s+)"
_OBJECT = r"\s+(?!(?:in|into|to|of|on|from|about)\b|\d)(?:[^.;!?]|\.\w)*?"
_INTO = r"\s+(?:in|into|to)\s+(?:(?:the|an?|my|new)\s+){0,3}(?:file\s+)?$"
_NOTED = re.compile(
    rf"{_CLAUSE}(?:enter|register|note|jot|log(?!\s+(?:in(?:to)?|out)\b)){_OBJECT}{_INTO}",
    re.IGNORECASE,
)
"""Before a file: something is noted there, also where the goal begins as a question does."""
_PAGE = "\0"
_TAKEN = re.compile(
    rf"(?:{_PAGE}|{_CLAUSE}(?:list|summari[sz]e){_OBJECT}){_INTO}",
    re.IGNORECASE,
)
"""Before a file that is not there: what a page says is put there."""
_REMOVING = re.compile(
    r"\b(?:delete|remove|erase|drop|clear|clean|tidy|trash|discard|get rid of|throw (?:\w+ ){0,2}?"
    r"(?:out|away)|dispose of)\b",
    re.IGNORECASE,
)
_ONE = re.compile(rf"\bone of (?:these|those|the|my|our)\s+(?:\w+\s+)?(?:{KINDS})\b", re.IGNORECASE)
_MOVING = _word(r"move rename organi[sz]e sort tidy archive group clean")
_PUTTING = _word(r"put")
_REMEMBERING = _word(r"remember memori[sz]e note keep learn")
_NETWORK = re.compile(
    r"\b(?:web|internet|online|websites?|sites?|web ?pages?|urls?|links?|browse|google|wikipedia|"
    r"(?<!\bbad )(?<!\bgood )news|weather|forecast|download|duckduckgo|search engines?|blogs?|"
    r"look(?:ing)? up(?![^.?!]*\b(?:my|our|we|us)\b)|"
    r"e-?mails?\s+(?:to|him|her|them)|send|publish|upload|"
    rf"(?:(?:^|[.;:,!?]\s+|\b(?:and|then|{PLEASE}|to)\s+)(?:post|share|invite|message|reply))|"
    r"exchange rates?|share prices?|stock prices?)\b|https?://|www\.",
    re.IGNORECASE,
)
_URL = re.compile(r"https?://\S*[\w/]", re.IGNORECASE)
_HOST = re.compile(
    r"\b(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|io|dev|info|eu|uk|de|fr|nl|ch|at|it|es)\b",
    re.IGNORECASE,
)
_EXECUTE = re.compile(
    r"\b(?:run|execute|scripts?|code|python|programs?|simulat\w*|plots?|charts?|graphs?|diagrams?|"
    r"histograms?|calculat\w*|comput\w*|primes?|algorithm|regression|correlation|"
    r"standard deviation|median|percentiles?|statistics|factori\w+|decod\w+|encod\w+|parse|"
    r"regex|hash|sha256|md5|encrypt|decrypt|permutations?|combinations?)\b",
    re.IGNORECASE,
)
_ALL_FILES = re.compile(
    r"\b(?:all|every|each|any|both)\s+(?:of\s+)?(?:the\s+|my\s+|these\s+|those\s+)?"
    r"(?:\w+\s+){0,2}?(?:files?|documents?|notes?|photos?|pictures?|images?|pdfs?|folders?|"
    r"reports?|invoices?|csvs?|texts?|scripts?)\b",
    re.IGNORECASE,
)
_THE_FOLDER = re.compile(
    r"\b(?:the|my|these|this|whole)\s+(?:\w+\s+)?(?:files|folder|directory|downloads|desktop)\b",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"(?<![\w/:.])((?:[\w.-]+/)+)(?=[\s\"'”’.,;:!?)]|$)")
_FOLDER_WORD = re.compile(
    r"\b(?:folder|directory)\s+(?:(?:called|named)\s+)[\"'“]?([\w-]+)|"
    r"\b(?:folder|directory)\s+[\"'“]?([\w-]+)(?=[\"'”.,;:!?]|$)|"
    r"[\"'“]?\b(?!(?:the|an?|my|our|this|that|new|whole)\b)([\w-]+)[\"'”]?\s+"
    r"(?:folder|directory)\b(?!\s+(?:called|named))",
    re.IGNORECASE,
)
_GLOB = re.compile(r"(?<![\w*])[\w/-]*\*[\w*.-]*\.\w+|\*\.\w+")
_TARGET = re.compile(r"(?:^|[.;!?]\s+)(?:to|into|in)\s+(?:the\s+)?(?:file\s+)?$", re.IGNORECASE)
_ARTICLES = frozenset(
    {"the", "a", "this", "that", "my", "new", "same", "each", "every", "of", "in"}
)


_EMPTY = re.compile(
    r"\bempty\s+(?:text\s+)?files?\b|\bfiles?\s+(?:that\s+(?:is|are)|which\s+(?:is|are))\s+empty\b|"
    r"\bfiles?\s+(?:with|that\s+(?:has|have))\s+nothing\s+in\b",
    re.IGNORECASE,
)


def read_goal(
    goal: str,
    exists: Exists = lambda _path: True,
    empty: Callable[[], Iterable[str]] = tuple,
) -> Contract:
    """The contract of a goal.

    `exists` tells which of the files the goal names are there before the run: one that is not is
    to be made. `empty` gives the files that hold nothing, where the goal means these.
    """
    local = _URL.sub(" ", goal)
    named = tuple(n for n in files_named(local) if not _HOST.fullmatch(n) or exists(n))
    missing = tuple(name for name in named if not exists(name))
    making, changing = bool(_MAKING.search(goal)), bool(_CHANGING.search(goal))
    if named and not is_question(goal):
        changing = changing or _ENTERING.search(goal) is not None or swaps(goal)
    removes, folders = bool(_REMOVING.search(goal)), _folders(local)
    moves = bool(_MOVING.search(goal) or (folders and _PUTTING.search(goal)))
    noted = _noted(goal, named, missing)
    changing = changing or not set(noted) <= set(missing)
    to_make = bool(noted) or (bool(missing) and not is_question(goal))
    writes = making or changing or removes or moves or to_make or asks_for_change(goal)
    effects = {Effect.READ}
    if writes:
        effects.add(Effect.WRITE)
    words = _without_files(goal, named)
    if _NETWORK.search(words) or _HOST.search(words):
        effects.add(Effect.NETWORK)
    if _EXECUTE.search(_HOST.sub(" ", words)) or any(
        name.endswith((".py", ".sh")) for name in named
    ):
        effects.add(Effect.EXECUTE)
    put = tuple(name for name in files_to_change(goal) if name in named and name not in missing)
    by_verb, kind = changing or removes or moves, kind_to_make(goal) if writes else ""
    changes = by_verb or (writes and bool(put))
    contract = Contract(
        frozenset(effects),
        files=(
            *(_changeable(goal, named, missing, put, changes=by_verb) if writes else ()),
            *(sorted(empty()) if changes and _EMPTY.search(goal) else ()),
        ),
        folders=folders if changes else (),
        means=stems(words),
        changes=changes,
        new_files=writes,
        removes=removes,
        picks=removes and not named and _ONE.search(goal) is not None,
        moves=moves,
        remembers=bool(_REMEMBERING.search(goal)),
        makes_files=bool(missing or kind) or not named,
        to_change=put if changes else (),
        kind=kind,
    )
    return narrowed(contract, ["write"]) if forbids_change(goal) else contract


def _noted(goal: str, named: tuple[str, ...], missing: tuple[str, ...]) -> tuple[str, ...]:
    """The files that a goal begins elsewhere to come to: `Look it up and note it in hours.txt`."""
    text = _URL.sub(_PAGE, goal)
    before = {name: text[: text.find(name)] for name in named}
    return tuple(
        name
        for name in named
        if _NOTED.search(before[name])
        or (name in missing and _PAGE in text and _TAKEN.search(before[name]))
    )


def _changeable(
    goal: str,
    named: tuple[str, ...],
    missing: tuple[str, ...],
    put: tuple[str, ...],
    *,
    changes: bool,
) -> tuple[str, ...]:
    """The files a goal names to be written or changed, not those it only names to be read; `put`
    are those that something is put in."""
    if changes:
        wanted = named
    else:
        after = dict.fromkeys([*missing, *put, *files_to_make(goal)])
        wanted = tuple(name for name in named if name in after or _is_target(goal, name))
    kept = (name for name in wanted if not is_turned(goal, name))
    return (*kept, *_GLOB.findall(goal))


def _is_target(goal: str, name: str) -> bool:
    """`In diary.txt, write …`: a sentence begins with the file it is about."""
    return _TARGET.search(goal[: goal.find(name)]) is not None


def _folders(goal: str) -> tuple[str, ...]:
    named = [match.rstrip("/") for match in _FOLDER.findall(goal)]
    words = [next(filter(None, found)) for found in _FOLDER_WORD.findall(goal)]
    named += [word for word in words if word.casefold() not in _ARTICLES]
    if _ALL_FILES.search(goal) or (not named and _THE_FOLDER.search(goal)):
        named.append(".")
    return tuple(dict.fromkeys(named))


def _without_files(goal: str, named: tuple[str, ...]) -> str:
    """File names out of the way: `site.csv` asks for no network."""
    for name in named:
        goal = goal.replace(name, " ")
    return goal
