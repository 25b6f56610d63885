"""Addresses: which of them a run knows, and which it should open before it answers.

A small model invents addresses, stops at the first page, and answers where the answer could be
found. So it can only open what the goal or a result holds, and an answer that points to a page, or
says that a page does not tell, is sent back while there is a page that may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nomoat.agent.check.evidence import denies
from nomoat.agent.check.lacking import lacks_date, lacks_number
from nomoat.agent.goal.asked import without_addresses
from nomoat.agent.goal.questions import asks_for_cost, asks_when
from nomoat.agent.state import Step
from nomoat.memory.query import understand
from nomoat.tools.guard.net import NO_PAGE

KNOWN = 100
"""Addresses the model can choose among; of more, those seen last."""

_ADDRESS = re.compile(r"https?://[^\s<>()\[\]\"'`|]+")
_LINK = re.compile(r"\[([^\]\n]*)\]\((https?://[^\s()]+)\)")
_BREAK = re.compile(r"\n|(?<=[.!?])\s")


def addresses_in(text: str) -> tuple[str, ...]:
    """The addresses in a text, in order, without what ends a sentence."""
    return tuple(dict.fromkeys(m.group().rstrip(".,;:!?") for m in _ADDRESS.finditer(text)))


def known(goal: str, steps: Iterable[Step]) -> tuple[str, ...]:
    """The addresses that can be opened: of the goal, and of what was seen."""
    seen = (address for step in steps for address in addresses_in(step.observation.text))
    return tuple(dict.fromkeys([*addresses_in(goal), *seen]))[-KNOWN:]


def unopened(
    goal: str, answer: str, steps: Sequence[Step], *, made_up: bool = False
) -> tuple[str, ...]:
    """The addresses to open before this answer: none where it can stand.

    Those that the goal names; one that the answer itself sends the person to; and, where the answer
    leaves open what the goal asks, or makes it up, the link that speaks of most of that.
    """
    calls = [step.call for step in steps if step.call is not None and not step.remark]
    tried = {_bare(str(call.args.get("url", ""))) for call in calls}
    named = addresses_in(goal)
    if not calls or not any("url" in call.args for call in calls):
        return ()
    left = [address for address in named if _bare(address) not in tried]
    left += [address for address in addresses_in(answer) if _bare(address) not in tried]
    if not left and (
        made_up or denies(answer) or lacks_number(goal, answer) or lacks_date(goal, answer)
    ):
        left = [address for address in _promising(goal, steps) if _bare(address) not in tried][:1]
    return tuple(dict.fromkeys(left))


def none_opens(goal: str, steps: Sequence[Step]) -> bool:
    """Whether all addresses that the goal names were tried, no page is at any of them, or none
    opened and one was tried once more, and no other is known."""
    named = {_bare(address) for address in addresses_in(goal)}
    tried = [step for step in steps if step.call is not None and "url" in step.call.args]
    if not named or named != {_bare(address) for address in known(goal, steps)}:
        return False
    if any(step.observation.ok for step in tried):
        return False
    there = {_bare(str(step.call.args["url"])) for step in tried if step.call and not step.remark}
    again = any(step.remark for step in tried)
    return named <= there and (again or all(NO_PAGE in s.observation.text for s in tried))


def _promising(goal: str, steps: Iterable[Step]) -> list[str]:
    """The links that were seen beside words of the goal, most of them first."""
    wanted = {word[:_STEM] for word in understand(without_addresses(goal)).words}
    wanted |= _TIMES if asks_when(goal) else frozenset()
    wanted |= _COSTS if asks_for_cost(goal) else frozenset()
    shared: dict[str, int] = {}
    for step in steps:
        for sentence in _BREAK.split(step.observation.text):
            words = {word[:_STEM] for word in understand(without_addresses(sentence)).words}
            for link in _LINK.finditer(sentence):
                shared[link[2]] = max(shared.get(link[2], 0), len(words & wanted))
    return sorted((one for one in shared if shared[one]), key=lambda one: -shared[one])


_STEM = 5
"""Letters by which words meet: ferry and ferries."""
_TIMES = frozenset("timet times hours openi sched calen dates depar".split())
_COSTS = frozenset("price fares fare fees rates ticke tarif charg costs cost".split())
"""How the links are called that lead to what is asked, whatever words ask for it."""


def _bare(address: str) -> str:
    return re.sub(r"^https?://", "", address).split("#")[0].rstrip("/").casefold()
