"""What a run has read, and what a call would carry out of it.

Of three things at most two are safe without a person: reading text that somebody else wrote,
reading private data, and acting outward. Whether a text carries an order cannot be seen, so it is
not looked for: what counts is what the run has read, whatever the model made of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from nomoat.agent.decision import ToolCall
from nomoat.agent.state import Step
from nomoat.agent.trust.contract_acts import acts
from nomoat.tools.base import Effect, ToolSpec

RUN = 8
"""Characters in common from which on an argument counts as holding private text."""
MAX_SHOWN = 12

_WORD = re.compile(r"[^\W_]+")
_FIGURE = re.compile(r"\d[\d.,-]{2,}\d")
_SCHEMES = frozenset({"http", "https", "www"})
MAX_SIGNS = 12
"""Signs beside words that an address or a question needs."""
_PEOPLE = frozenset(
    "to cc bcc recipient recipients user users username participant participants attendee "
    "attendees invitee invitees member members email emails phone iban payee beneficiary".split()
)
_PLACES = frozenset("channel channels chat room group address destination".split())
"""Words in the names of arguments that say whom or what a call is addressed to."""
OUTWARD = frozenset({Effect.NETWORK, Effect.EXECUTE})


@dataclass(frozen=True, slots=True)
class Marks:
    """What a run has read so far."""

    private: bool = False
    """The person's own data."""
    untrusted: bool = False
    """Text that somebody else wrote."""

    @property
    def both(self) -> bool:
        return self.private and self.untrusted


def marks_of(steps: Iterable[Step], *, passages: Sequence[object] = ()) -> Marks:
    """The marks of a run; `passages` of the person's documents were shown before the first step."""
    seen = [step.observation for step in steps]
    private = bool(passages) or any(observed.private for observed in seen)
    return Marks(private, any(observed.untrusted for observed in seen))


def objection(call: ToolCall, spec: ToolSpec, marks: Marks, goal: str) -> str:
    """Why a call has to be asked about whatever was allowed; empty where it has not.

    With both marks everything that acts outward is asked about. With private data alone, what
    would leave the machine may be made of the goal's own words, which the person chose, and of
    nothing else: then there is nothing in it to hide private text in. With text from elsewhere
    alone, what is sent to somebody goes to those whom the goal names.
    """
    outward = spec.effects & OUTWARD
    if outward and marks.both:
        names = " and ".join(sorted(effect.value for effect in outward))
        return (
            "this run has read private data and text from elsewhere, so whatever would "
            f"{names} is asked about"
        )
    if Effect.NETWORK in outward and marks.private:
        foreign = not_of_goal(call.args, goal)
        if foreign:
            return (
                "this run has read private data, and this would send what is not in the goal: "
                f"{', '.join(foreign[:MAX_SHOWN])}"
            )
    if Effect.NETWORK in outward and marks.untrusted and acts(call.tool):
        strangers = not_named(call.args, goal)
        if strangers:
            return (
                "this run has read text from elsewhere, and the goal does not name whom this would "
                f"reach: {', '.join(strangers[:MAX_SHOWN])}"
            )
    return ""


def not_named(args: Mapping[str, Any], goal: str) -> tuple[str, ...]:
    """Whom or what a call is addressed to, where the goal names nobody of them; else empty.

    One argument whose values all stand in the goal is enough: the address that belongs to a person
    the goal names may have been looked up. People count before places.
    """
    for names in (_PEOPLE, _PLACES):
        addressed = [
            [str(one) for one in _values(value) if one is not None and str(one).strip()]
            for name, value in args.items()
            if _about(name) in names
        ]
        addressed = [values for values in addressed if values]
        if addressed:
            told = _plain(goal)
            if any(all(_stands_in(value, told) for value in values) for values in addressed):
                return ()
            return tuple(dict.fromkeys(value for values in addressed for value in values))
    return ()


def _about(argument: str) -> str:
    """What an argument is, by the last word of its name: `user` of `new_user` and `user_id`."""
    words = argument.casefold().split("_")
    if words[-1] in ("id", "ids") and words[:-1] not in ([], ["email"]):
        words.pop()
    return words[-1]


def _stands_in(value: str, told: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_plain(value))}(?!\w)", told) is not None


def not_of_goal(args: Mapping[str, Any], goal: str) -> tuple[str, ...]:
    """What the arguments hold that the goal does not, in order.

    Each word may be used as often as the goal has it, as it stands there or in small letters:
    repetitions, capitals and rows of signs could spell something too.
    """
    exact = _WORD.findall(_unquoted(goal))
    left = Counter(word.casefold() for word in exact)
    foreign: dict[str, None] = {}
    for value in _values(args):
        if value is None or isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
            continue
        text = _unquoted(str(value))
        for word in _WORD.findall(text):
            plain = word.casefold()
            if plain in _SCHEMES:
                continue
            left[plain] -= 1
            if left[plain] < 0 or not (word in exact or word.islower() or word.istitle()):
                foreign[word] = None
        if len(re.sub(r"[\w\s]", "", text)) > MAX_SIGNS and text not in goal:
            foreign[text] = None
    return tuple(foreign)


def carried(args: Mapping[str, Any], private: Iterable[str], goal: str = "") -> tuple[str, ...]:
    """The parts of a call's arguments that stand in private text, longest first.

    What the goal holds too is left out: the person wrote it.
    """
    told = _plain(goal)
    texts = [_plain(text) for text in private]
    found: dict[str, None] = {}
    for value in _values(args):
        text = _plain(_unquoted(str(value)))
        for run in _runs(text, texts):
            if run.strip() and run.strip() not in told:
                found[run.strip()] = None
    ordered = sorted(found, key=len, reverse=True)
    kept = [one for i, one in enumerate(ordered) if not any(one in big for big in ordered[:i])]
    return tuple(kept[:MAX_SHOWN])


def _runs(text: str, sources: Sequence[str]) -> Iterator[str]:
    """The longest pieces of a text that stand in one of the sources."""
    at = 0
    while at <= len(text) - RUN:
        holding = [source for source in sources if text[at : at + RUN] in source]
        if not holding:
            at += 1
            continue
        end = max(_reach(text, at, source) for source in holding)
        if len(text[at:end].strip()) >= RUN:
            yield text[at:end]
        at = end
    for figure in _FIGURE.findall(text):  # an account, a date, a code: short, and enough
        if any(re.search(rf"(?<!\d){re.escape(figure)}(?!\d)", source) for source in sources):
            yield figure


def _reach(text: str, start: int, source: str) -> int:
    """How far from `start` a text goes on standing in a source, by halving steps."""
    end, step = start + RUN, len(text) - start - RUN
    while step > 0:
        if end + step <= len(text) and text[start : end + step] in source:
            end += step
        else:
            step //= 2
    return end


def _values(value: Any) -> Iterator[Any]:
    """All values of nested arguments, and the keys of inner objects: those are chosen as well."""
    if isinstance(value, Mapping):
        for inner in value.values():
            if isinstance(inner, Mapping):
                yield from inner
            yield from _values(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _values(inner)
    else:
        yield value


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="replace")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
