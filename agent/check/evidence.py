"""Does the answer follow from what was observed?

Every number and every name in an answer has to stand in an observation, in the goal, or in what the
harness itself gave the model. What stands nowhere is marked; the check is done by code, never by
the model that wrote the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from nomoat.agent.goal.asked import FILE, files_named, is_question, without_addresses
from nomoat.agent.goal.days import days_in, weekdays_in
from nomoat.agent.goal.figures import (
    MOMENT,
    NUMBER,
    made_of,
    number_of,
    numbers_in,
    stands_in,
    values_of,
)

FIGURES = 3
"""Figures of a number from which on it is not met by chance."""
GIVEN = 0
"""The source of a claim that stands in the goal or in what the harness gave, not in a step."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, name or file in an answer, and where it was observed."""

    text: str
    kind: str
    """`number`, `name` or `file`; `change` for what an answer tells of files and is not so."""
    steps: tuple[int, ...] = ()
    """The steps whose observations hold it; `GIVEN` for the goal itself; empty: nowhere."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of an answer found."""

    claims: tuple[Claim, ...] = ()
    missing_files: tuple[str, ...] = ()
    """Files the goal asks for that were not there before and are not there now."""
    unchanged: bool = False
    """The goal asks for a change, nothing was changed, and nobody refused it."""
    unfounded: bool = False
    """The goal asks for a fact, and the answer rests on nothing that was observed."""
    open: bool = False
    """The goal asks for a number and the answer has none, or rests on a part where all is asked."""

    @property
    def unverified(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if not claim.steps)

    @property
    def holds(self) -> bool:
        return not self.doubts

    @property
    def doubts(self) -> tuple[str, ...]:
        """What speaks against the answer, for the person."""
        facts = (
            (self.unchanged, "nothing was changed"),
            (self.unfounded, "it rests on nothing that was observed"),
            (self.open, "it does not answer all that was asked"),
        )
        return (
            *(f"not observed: {claim.text}" for claim in self.unverified),
            *(f"not written: {name}" for name in self.missing_files),
            *(words for so, words in facts if so),
        )

    @property
    def evidence(self) -> tuple[int, ...]:
        """The steps the answer stands on, in order."""
        return tuple(sorted({step for claim in self.claims for step in claim.steps} - {GIVEN}))


_NAME = re.compile(r"\b[A-ZÄÖÜÉ][\w'’-]+(?:[ ]+[A-ZÄÖÜÉ][\w'’-]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;\n•*-]\s*|[\"“(])\s*$")
_DATE = re.compile(
    r"(?:\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?)?\b(?:January|February|March|April|May|June|July|"
    r"August|September|October|November|December)\b(?:\s+\d{1,2}(?:st|nd|rd|th)?\b)?"
    r"(?:,?\s+\d{4}\b)?"
)
COMMON = frozenset(
    """I We You They He She The A An It In On At By For From There This That These Those No Not
    None Yes And Or But If When Where Which Who What How All Each Both Total Sum Average Mean
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June
    July August September October November December JSON CSV PDF SQL URL USD EUR OK""".split()
)

_CONTRAST = re.compile(r",\s*(?:and\s+)?not\s+$")
"""Before a number that an answer only sets against the one it gives: `17, not 10`."""


def check(
    answer: str,
    *,
    given: str,
    observations: Sequence[tuple[int, str]],
    missing_files: Iterable[str] = (),
    unchanged: bool = False,
    counted: bool = False,
) -> Verdict:
    """Trace what an answer claims to what was seen.

    Args:
        answer: the model's final text.
        given: the goal and whatever the harness showed the model at the start.
        observations: `(step number, text)` of every step, in order.
        missing_files: files the goal asks for that do not exist.
        unchanged: the goal asks for a change that was not made.
        counted: the goal asks how many: a part of a time or of a place in a file is no such number.
    """
    sources = [(GIVEN, given), *observations]
    numbers = [(n, numbers_in(text)) for n, text in sources]
    counts = [(n, numbers_in(MOMENT.sub(" ", text))) for n, text in sources if counted]
    moments = [m.span() for form in (MOMENT, _DATE) for m in form.finditer(answer)]
    texts = [(n, _plain(text)) for n, text in sources]
    claims: dict[str, Claim] = {}
    rest = answer
    for match in FILE.finditer(answer):
        claims[match.group()] = Claim(match.group(), "file", _holding(match.group(), texts))
        rest = rest.replace(match.group(), " " * len(match.group()))
    for match in NUMBER.finditer(rest):
        is_count = counted and not any(a <= match.start() < b for a, b in moments)
        among = counts if is_count else numbers
        steps = tuple(n for n, found in among if stands_in(match.group(), found))
        steps = steps or _following(match.group(), observations)
        if not steps and _CONTRAST.search(rest[: match.start()]):
            continue
        claims[match.group()] = Claim(match.group(), "number", steps)
    for day in days_in(rest):
        held = tuple(n for n, text in sources if day.stands_in(text))
        claims.setdefault(day.text, Claim(day.text, "number", held))
    for said in weekdays_in(answer):
        if not said.is_right:  # unless somebody else has written it so
            held = tuple(n for n, text in sources if said.stands_in(text))
            claims[str(said)] = Claim(str(said), "number", held)
    for name in names_in(rest):
        claims.setdefault(name, Claim(name, "name", _holding(name, texts)))
    for name, held in _first_names(rest, observations):
        claims.setdefault(name, Claim(name, "name", held))
    for blank in _PLACEHOLDER.findall(answer):
        claims.setdefault(blank, Claim(blank, "name", _holding(blank, texts)))
    return Verdict(tuple(claims.values()), tuple(missing_files), unchanged)


def _first_names(
    answer: str, observations: Sequence[tuple[int, str]]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Words that begin a sentence and are names: they were observed with a capital letter, and
    never without. `North` of `North sold the most.`"""
    for name in _FIRST.findall(answer):
        word = re.compile(rf"\b{re.escape(name)}\b")
        small = re.compile(rf"\b{re.escape(name[0].lower() + name[1:])}\b")
        held = tuple(n for n, text in observations if word.search(text))
        if held and name not in COMMON and not any(small.search(text) for _n, text in observations):
            yield name, held


_FIRST = re.compile(r"(?:^|[.!?]\s+)([A-ZÄÖÜÉ][\w-]{2,})")
_DENIAL = re.compile(
    r"\b(?:no|not|none|nothing|nobody|nowhere|never|neither|cannot|unable|without|missing|"
    r"unavailable|impossible)\b|n't\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{4,}")


def denies(answer: str) -> bool:
    """Whether an answer says that something is not there or cannot be done, or leaves it open."""
    return _DENIAL.search(answer) is not None or _PLACEHOLDER.search(answer) is not None


def rests_on_nothing(
    goal: str, answer: str, verdict: Verdict, observations: Sequence[tuple[int, str]], given: str
) -> bool:
    """Whether a goal asks for a fact, and its answer has none that was observed or given.

    A fact is a claim that was traced, or a word that an observation holds and the goal does not.
    That something is not there is a fact too, once it has been looked for.
    """
    if not is_question(goal):
        return False
    if denies(answer) and observations:
        return False
    in_goal, goal_numbers = _plain(goal), numbers_in(goal)
    for claim in verdict.claims:
        known = (
            number_of(claim.text) in goal_numbers
            if claim.kind == "number"
            else _plain(claim.text) in in_goal
        )
        if claim.steps and not known:
            return False
    texts = [given.replace(goal, " "), *(text for _, text in observations)]
    words = {word for word in _WORD.findall(_plain(answer)) if word not in in_goal}
    return words.isdisjoint(_WORD.findall(_plain("\n".join(texts))))


def supporting(
    answer: str, verdict: Verdict, passages: Sequence[tuple[str, str]]
) -> tuple[str, ...]:
    """The citations of those passages that an answer stands on.

    A passage supports an answer when it holds one of its claims, or, for an answer without
    numbers and names, most of its words.

    Args:
        answer: the answer.
        verdict: its check.
        passages: `(citation, text)` pairs that the model was shown.
    """
    words = {word for word in _plain(answer).split() if len(word) > 4}
    kept = []
    for citation, text in passages:
        plain, numbers = _plain(text), numbers_in(text)
        held = any(
            stands_in(claim.text, numbers)
            if claim.kind == "number"
            else _plain(claim.text) in plain
            for claim in verdict.claims
        )
        if held or (words and sum(word in plain for word in words) * 2 > len(words)):
            kept.append(citation)
    return tuple(dict.fromkeys(kept))


_DID = (
    "added|appended|changed|converted|copied|corrected|created|deleted|edited|fixed|inserted|moved|"
    "removed|renamed|replaced|saved|stored|updated|written|wrote|exported"
)
_CLAIMED = re.compile(
    rf"\bI(?:'ve| have)? (?:{_DID})\b|^(?:{_DID})\b|\bsuccessfully (?:{_DID})\b"
    rf"|\b(?:has|have|was|were) (?:been )?(?:successfully )?(?:{_DID})\b",
    re.IGNORECASE,
)


def claims_change(answer: str) -> bool:
    """Whether an answer says that something was written or changed."""
    return _CLAIMED.search(answer) is not None


_PROMISE = re.compile(
    r"^\w+_\w+\(|^(?:I(?: will|'ll| am going to|'m going to| need to| have to| should)|Let me|"
    r"Let's|Next,|Now,? I|The next step|Still to do)\b"
    r"|\bI(?: will|'ll| am going to|'m going to) (?:now|next|then|first)\b"
    r"|^(?:Read|Open|Use|Call|Search|Find|Look|Check|Replace|Write|Edit|Calculate|Query|Filter|"
    r"Collect|Save|Count|Sort|Merge|Move|Copy|Delete|Create)\s+(?:the|a|an|all|each|every|for|in|"
    r"[\w/-]+\.\w+)\s"
    r"|^\w+ing\b[^.!?\n]*(?:\.{3}|…)$",
    re.IGNORECASE,
)


_REPORT = re.compile(
    r"I(?:'ve| have)? (?:now |just |successfully )?(?:read|extracted|looked|found|summari[sz]ed|"
    r"searched|checked|compared|listed|analy[sz]ed|identified|counted|gathered|collected)\b[^.:]*\.?",
    re.IGNORECASE,
)


def promises(answer: str) -> bool:
    """Whether an answer only says what is done next, or that something was done: `I have read it.`

    That something was written or changed is an answer.
    """
    plain = answer.replace("’", "'").strip()
    only_told = _REPORT.fullmatch(plain) is not None and not numbers_in(plain)
    return _PROMISE.search(plain) is not None or (only_told and not FILE.search(plain))


def untouched(goal: str, seen: str) -> tuple[str, ...]:
    """Names and files of a goal that occur nowhere in what was done and said for it."""
    without_files = FILE.sub(" ", goal)
    wanted = dict.fromkeys([*files_named(goal), *names_in(without_files)])
    text = _plain(seen)
    return tuple(name for name in wanted if not all(w in text for w in _plain(name).split()))


def unsaid(goal: str, answer: str) -> tuple[str, ...]:
    """Names a question asks about that an answer leaves out, though it speaks of others of them."""
    if not is_question(goal):
        return ()
    wanted = dict.fromkeys(names_in(without_addresses(FILE.sub(" ", goal))))
    text = _plain(answer)
    left = tuple(name for name in wanted if not any(w in text for w in _plain(name).split()))
    return left if len(left) < len(wanted) else ()


def _following(number: str, observations: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    """The steps from whose results alone a number was computed rightly.

    A small model does sums in its head, and now and then they are right. A number of one or two
    figures is no proof of that.
    """
    if len(re.sub(r"\D", "", number)) < FIGURES:
        return ()
    return tuple(n for n, text in observations if stands_in(number, made_of(values_of(text))))


_PLACEHOLDER = re.compile(r"\[[a-z][a-z _]*\d*\]|<[a-z][a-z _]*\d*>|\bX{3,}\b|\?{3,}")
"""What a model leaves for somebody else to fill in."""


def names_in(text: str) -> list[str]:
    """Capitalised words that are not just the beginning of a sentence."""
    found = []
    for match in _NAME.finditer(text):
        words = match.group().split()
        if _SENTENCE_START.search(text[: match.start()]):
            words = words[1:]  # any word is capitalised there
        while words and words[0] in COMMON:
            words = words[1:]
        name = re.sub(r"['’](?:s|ve|m|d|ll|re)?$", "", " ".join(words))
        if len(name) > 1 and name not in COMMON:
            found.append(name)
    return found


def _holding(name: str, texts: Sequence[tuple[int, str]]) -> tuple[int, ...]:
    wanted = _plain(name)
    whole = tuple(n for n, text in texts if wanted in text)
    if whole or " " not in wanted:
        return whole
    words = wanted.split()
    return tuple(n for n, text in texts if all(word in text for word in words))


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())
