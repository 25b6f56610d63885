"""nomoat.agent: the loop, the model, and the command line.

The names below load their modules at first use: importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Budget
    from nomoat.agent.events import Event
    from nomoat.agent.llama import ChatLlama
    from nomoat.agent.policy import Approval, Mode, Policy
    from nomoat.agent.runs import Run
    from nomoat.agent.scripted import ScriptedModel

__all__ = [
    "Agent",
    "Approval",
    "Budget",
    "ChatLlama",
    "Event",
    "Mode",
    "Policy",
    "Run",
    "ScriptedModel",
]

_HOMES = {
    "Agent": "agent",
    "Approval": "policy",
    "Budget": "budget",
    "ChatLlama": "llama",
    "Event": "events",
    "Mode": "policy",
    "Policy": "policy",
    "Run": "runs",
    "ScriptedModel": "scripted",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"nomoat.agent.{_HOMES[name]}"), name)
