"""Where an answer says that nothing was found: which tools may find it after all, and how.

Of a few tools that nomoat does not know nobody can tell beforehand which fits, and a small model
fills in every argument that it sees: a folder that is not there, a pattern that no file has. So
the call is made once more with nothing but what it requires, and then the other tools are tried.
"""

from __future__ import annotations

from collections.abc import Mapping

from nomoat.agent.check.evidence import denies
from nomoat.agent.decision import ToolCall
from nomoat.agent.state import State
from nomoat.tools.toolbox import Toolbox

SAYS_NOTHING = 12
"""Words that a result has at most which says only that nothing was found."""

Untried = Mapping[str, Mapping[str, object]]
"""Tool → the arguments that it is called with as before; others it requires are free."""


def untried(toolbox: Toolbox, state: State, answer: str) -> Untried:
    """What can still be tried, if an answer rests on nothing having been found; else nothing."""
    found = [step for step in state.get("steps", []) if step.found]
    if state.get("near") or not found or not denies(answer):
        return {}
    calls = [step.call for step in found if step.call is not None]
    if not calls or not all(_says_nothing(step.observation.text) for step in found):
        return {}
    needed = {name: calls[-1].args[name] for name in _required(toolbox, calls[-1])}
    plainer = ToolCall(calls[-1].tool, needed)
    if needed and plainer.key not in {call.key for call in calls}:
        return {plainer.tool: needed}
    called = {call.tool for call in calls}
    return {name: {} for name in state.get("in_view", ()) if name not in called}


def _required(toolbox: Toolbox, call: ToolCall) -> list[str]:
    return [name for name in toolbox.schema(call.tool).get("required", []) if name in call.args]


def _says_nothing(text: str) -> bool:
    return denies(text) and len(text.split()) <= SAYS_NOTHING
