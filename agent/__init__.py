"""nomoat.agent: the loop, the model, and the command line.

The names below load their modules at first use: importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.agent.agent import Agent
    from nomoat.agent.budget import Budget
    from nomoat.agent.events import Event
    from nomoat.agent.llm.endpoint import ChatEndpoint
    from nomoat.agent.llm.llama import ChatLlama
    from nomoat.agent.runs import Run
    from nomoat.agent.scripted import ScriptedModel
    from nomoat.agent.trust.policy import Approval, Mode, Policy

__all__ = [
    "Agent",
    "Approval",
    "Budget",
    "ChatEndpoint",
    "ChatLlama",
    "Event",
    "Mode",
    "Policy",
    "Run",
    "ScriptedModel",
]

_HOMES = {
    "Agent": "agent",
    "Approval": "trust.policy",
    "Budget": "budget",
    "ChatEndpoint": "llm.endpoint",
    "ChatLlama": "llm.llama",
    "Event": "events",
    "Mode": "trust.policy",
    "Policy": "trust.policy",
    "Run": "runs",
    "ScriptedModel": "scripted",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"nomoat.agent.{_HOMES[name]}"), name)
