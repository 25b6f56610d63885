"""LangChain's own agent on a model file: `ChatLlama` is a LangChain chat model like any other.

python examples/langchain_agent.py
"""

from __future__ import annotations

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from nomoat.agent import ChatLlama


@tool
def weather(city: str) -> str:
    """Current weather of a city."""
    return f"In {city} it is 17 degrees with light rain."


agent = create_agent(ChatLlama(), [weather])
state = agent.invoke({"messages": [HumanMessage("What is the weather in Bergen?")]})
for message in state["messages"]:
    calls = [f"{call['name']}({call['args']})" for call in getattr(message, "tool_calls", [])]
    print(f"{message.type:>5}: {message.text or ', '.join(calls)}")
