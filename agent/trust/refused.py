"""What a run was not let do, from what its model was told of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nomoat.agent import prompts
from nomoat.agent.decision import ToolCall
from nomoat.agent.state import Step

NOT_CHANGED = "Nothing was changed: "
"""Begins what is said of a file that the goal does not ask to change."""
_NOT_LET_BACK = re.compile(rf"Not kept: .* \({NOT_CHANGED}")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was not allowed, or a part of one."""

    n: int
    """Its step."""
    call: ToolCall
    why: str


def refused(steps: Sequence[Step]) -> tuple[Refusal, ...]:
    """Calls that were not made because they were not allowed, and were not made later.

    So are files that code changed and that were not let back into the workspace.
    """
    made = {step.call.key for step in steps if step.call is not None and step.found}
    return tuple(
        Refusal(step.n, step.call, why)
        for step in steps
        if step.call is not None
        for why in _refusals(step)
        if step.found or step.call.key not in made
    )


def _refusals(step: Step) -> list[str]:
    """Why a call was not made, or what of it was not."""
    text = step.observation.text
    if step.observation.error_kind == "approval":
        before, after = prompts.REFUSED.split("{comment}")
        said = text.removeprefix(before).removesuffix(after).strip()
        return [said.removeprefix("(").removesuffix(")")]
    return [line for line in text.splitlines() if _NOT_LET_BACK.match(line)]
