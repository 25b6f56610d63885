"""What earlier runs tell of a goal: the tools that reached goals like it.

Only what cannot vouch for an answer is shown: of the goal no numbers, names and files, of the run
the names of its tools. Results are not even kept, and of arguments only what the goal itself says.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nomoat.agent import prompts
from nomoat.agent.check.evidence import check
from nomoat.agent.goal.figures import numbers_in
from nomoat.agent.state import Status, Step
from nomoat.memory.errors import NomoatError
from nomoat.tools.view import without_names

if TYPE_CHECKING:
    from nomoat.agent.runs import Run
    from nomoat.memory.episodes import Episode, Episodes

SHOWN = 2
GOAL_CHARS = 120
TOOLS = 5
"""Of one episode, that are named."""
VALUE_CHARS = 60

_TOKEN = re.compile(r"\w(?:[\w.,'’:/-]*\w)?")


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier runs tell of a goal."""

    told: str = ""
    """A line for the model; empty where no goal was like it."""
    tools: tuple[str, ...] = ()
    """The tools those runs used, those of the nearest goal first."""

    def beside(self, given: str) -> str:
        """It, behind what else is given for the goal."""
        return "\n\n".join(part for part in (given, self.told) if part)


def past_of(goal: str, episodes: Episodes | None, there: Collection[str]) -> Past:
    """What the episodes tell of a goal; nothing where they cannot be read.

    An episode that used tools which are not `there` now is left out.
    """
    if episodes is None:
        return Past()
    try:
        alike = episodes.similar(general(goal), k=2 * SHOWN)
    except NomoatError:  # a run is no worse off than without them
        return Past()
    found = [one for one in alike if one.tools and set(one.tools) <= set(there)][:SHOWN]
    if not found:
        return Past()
    told = "; ".join(f'"{_cut(one.general)}" with {", ".join(one.tools[:TOOLS])}' for one in found)
    tools = dict.fromkeys(tool for one in found for tool in one.tools)
    return Past(f"{prompts.PAST}{told}.", tuple(tools))


def keep(run: Run, episodes: Episodes | None) -> None:
    """Remember a run that is over; one that was interrupted may still go on."""
    if episodes is not None and run.status is not Status.INTERRUPTED:
        with suppress(NomoatError):  # what was done stays done
            episodes.add(episode_of(run))


def episode_of(run: Run) -> Episode:
    """What is remembered of a run: never a result, nor text that was written."""
    from nomoat.memory.episodes import Episode, Used

    return Episode(
        run_id=run.run_id,
        goal=run.goal,
        general=general(run.goal),
        used=tuple(
            Used(step.call.tool, _arguments(step.call.args, run.goal))
            for step in run.steps
            if step.call is not None and _did_its_work(step)
        ),
        reached=run.status is Status.REACHED,
        date=datetime.now().astimezone().isoformat(timespec="seconds"),
    )


def general(goal: str) -> str:
    """A goal without what is particular to it: files, quotes, addresses, names, numbers.

    So goals of the same kind are near each other whatever they are about; and nothing of it can
    pass for something observed, since no number, name or file that an answer could hold is left.
    """
    text = without_names(" ".join(goal.split()))
    for claim in check(text, given="", observations=()).claims:
        if claim.kind != "number":
            text = re.sub(rf"\b{re.escape(claim.text)}\b", "X", text)
    return _TOKEN.sub(lambda token: "N" if numbers_in(token[0]) else token[0], text)


def _did_its_work(step: Step) -> bool:
    return step.observation.ok and not step.remark and not step.groundless


def _arguments(args: Mapping[str, Any], goal: str) -> str:
    return ", ".join(f"{name}={_said(value, goal)}" for name, value in args.items())


def _said(value: Any, goal: str) -> str:
    """A value that the goal says; of any other only that there was one."""
    text = str(value)
    return _cut(text, VALUE_CHARS) if text in goal else "…"


def _cut(text: str, limit: int = GOAL_CHARS) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
