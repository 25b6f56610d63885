"""The loop, as a graph: plan → think → act → observe → (think | plan | …) → answer.

    START → plan → think ─┬→ act → observe ─┬→ think
                          │                 └→ plan      nothing new came of the last steps
                          └→ answer ─┬→ END
                                     └→ think            the answer does not hold: once

What each node does stands in `nomoat.agent.nodes`. After every node the state is on disk.
"""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from nomoat.agent.nodes import Nodes
from nomoat.agent.state import State, Status

Graph = CompiledStateGraph[State, None, State, State]


def build(nodes: Nodes, saver: BaseCheckpointSaver[Any]) -> Graph:
    """The graph of one run, checkpointed by `saver`."""
    graph: StateGraph[State, None, State, State] = StateGraph(State)
    graph.add_node("plan", nodes.plan)
    graph.add_node("think", nodes.think)
    graph.add_node("act", nodes.act)
    graph.add_node("observe", nodes.observe)
    graph.add_node("answer", nodes.answer)

    graph.add_edge(START, "plan")
    graph.add_edge("plan", "think")
    graph.add_conditional_edges("think", after_thinking, ["act", "observe", "answer"])
    graph.add_edge("act", "observe")
    graph.add_conditional_edges("observe", nodes.after_observing, ["think", "plan"])
    graph.add_conditional_edges("answer", after_answering, ["think", END])
    return graph.compile(checkpointer=saver)


def after_thinking(state: State) -> str:
    """A call is made, an answer checked; an output that was cut is told so."""
    decision = state["decision"]
    if decision.answer is not None:
        return "answer"
    return "act" if decision.call is not None else "observe"


def after_answering(state: State) -> str:
    """An answer that was sent back is thought over; any other ends the run."""
    return "think" if state["status"] is Status.RUNNING else END
