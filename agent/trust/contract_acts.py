"""What the names of tools say that they do to the world, and the words that ask for it.

Tools of other people's services say little of themselves beyond their effects and their name: a
goal that asks for a message to be sent does not ask for a user to be removed, though both talk to
the same service. A name without such a word (`browse`, `get_weather`) looks something up.
"""

from __future__ import annotations

from collections.abc import Collection

_SENDING = """send email mail message write tell reply answer forward share post notify inform ask
    say greet invite remind contact respond text dm ping"""
_PAYING = "pay send transfer transaction refund money bill rent invoice deposit wire donate buy"
_CHANGING = """update change adjust edit modify set correct move reschedule postpone increase
    decrease rename switch new replace"""
_ADDING = "add invite include append put join create include"
_MAKING = "create make add schedule plan set write book arrange organize invite put new appointment"
_REMOVING = "delete remove erase cancel drop clear clean kick tidy unsubscribe removal cancellation"
_BOOKING = "reserve reservation book stay buy order rent hire"

ACTS = {
    "send": f"{_SENDING} {_PAYING}",
    "reply": _SENDING,
    "forward": _SENDING,
    "post": f"{_SENDING} publish upload put create",
    "publish": f"{_SENDING} publish upload",
    "upload": f"{_SENDING} upload put store save backup",
    "share": "share send give invite access forward",
    "invite": "invite add include",
    "pay": _PAYING,
    "transfer": f"{_PAYING} move",
    "schedule": f"{_PAYING} {_MAKING} {_CHANGING}",
    "buy": "buy order purchase get",
    "order": "buy order purchase get",
    "reserve": _BOOKING,
    "book": _BOOKING,
    "create": _MAKING,
    "make": _MAKING,
    "add": _ADDING,
    "update": _CHANGING,
    "edit": _CHANGING,
    "set": _CHANGING,
    "reschedule": _CHANGING,
    "delete": _REMOVING,
    "remove": _REMOVING,
    "cancel": _REMOVING,
    "drop": _REMOVING,
}
"""Word of a tool's name → words of a goal that ask for it."""


_REMOVED = frozenset(word for word, asking in ACTS.items() if asking is _REMOVING)

_KINDS = {
    "email": "email mail message inbox newsletter spam",
    "file": "file document folder photo picture image report",
    "event": "event appointment meeting calendar",
    "user": "user member account",
    "contact": "contact",
    "task": "task todo reminder",
}
"""Kinds of things that services hold, and what goals call them."""
_ENDINGS = frozenset(
    {"", "e", "es", "s", "y", "ies", "ied", "ed", "d", "ing", "ying", "ment", "er", "ation", "ion"}
)
"""Of words that speak of doing something; `rental` and `booklet` name a thing."""


def unasked(tool: str, means: Collection[str]) -> str:
    """The act in a tool's name that no word of a goal asks for; empty where there is none.

    What removes has to be about a kind of thing that the goal speaks of, where it speaks of any:
    to delete a file does not ask for a mail to be deleted.

    Args:
        tool: The tool's name.
        means: The goal's words in lower case; `sending` and `sent` ask for what `send` does.
    """
    words = _words(tool)
    for word in words:
        asking = ACTS.get(word)
        if asking is None:
            continue
        if not _any_of(f"{word} {asking}".split(), means):
            return word
        about, said = _kinds(words), _kinds(means)
        return f"{word} any {about[0]}" if word in _REMOVED and _apart(about, said) else ""
    return ""


def acts(tool: str) -> bool:
    """Whether a tool's name says that it does something, beyond looking it up."""
    return not ACTS.keys().isdisjoint(_words(tool))


def _words(tool: str) -> list[str]:
    return tool.casefold().replace("-", "_").split("_")


def _apart(about: Collection[str], said: Collection[str]) -> bool:
    return bool(about) and bool(said) and not set(about) & set(said)


def _kinds(words: Collection[str]) -> list[str]:
    return [kind for kind, names in _KINDS.items() if _any_of(names.split(), words)]


def _any_of(asking: Collection[str], means: Collection[str]) -> bool:
    roots = {word.rstrip("ey") if len(word) > 4 else word for word in asking}
    irregular = {"sent": "send", "paid": "pay", "told": "tell", "said": "say", "put": "put"}
    return any(_speaks(mean, roots) or irregular.get(mean) in asking for mean in means)


def _speaks(mean: str, roots: Collection[str]) -> bool:
    """Whether a word is one of these, in a form that speaks of doing it: `replied`, `putting`."""
    return any(
        mean.startswith(root)
        and (mean[len(root) :] in _ENDINGS or mean[len(root) + 1 :] in ("ing", "ed", "er"))
        for root in roots
    )
