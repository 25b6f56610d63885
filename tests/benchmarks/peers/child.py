"""One peer in an environment of its own. Orders come in and answers go out as lines of JSON.

    {"run": {"goal", "system", "tools", "address", "steps", "tokens"}}      in: a goal
    {"call": {"tool", "arguments"}}                                         out: call a tool
    {"result": "…"}                                                         in: what it gave
    {"done": {"answer", "ended", "steps"}}                                  out

The tools themselves stay with whoever gives the orders: here are only wrappers in the form that the
framework wants. Nothing of nomoat is imported. Standard output is for these lines alone; what a
framework prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

Call = Callable[[str, dict[str, Any]], str]
"""Name and arguments of a tool → what it gave."""
Done = dict[str, Any]
NO_KEY = "none"
"""The server asks for no key; the clients do."""


class Wire:
    """The other side, a line at a time."""

    def __init__(self, into: TextIO, out: TextIO) -> None:
        self._into, self._out = into, out
        self._lock = threading.Lock()  # frameworks call several tools at once

    def send(self, message: dict[str, Any]) -> None:
        """Write a line."""
        self._out.write(json.dumps(message) + "\n")
        self._out.flush()

    def receive(self) -> dict[str, Any] | None:
        """The next line; None at the end."""
        line = self._into.readline()
        return json.loads(line) if line else None

    def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """Have a tool called.

        Raises:
            EOFError: the other side has gone.
        """
        with self._lock:
            self.send({"call": {"tool": tool, "arguments": arguments}})
            answer = self.receive()
        if answer is None:
            raise EOFError("nobody is there to call tools")
        return str(answer["result"])


# -- LangChain --------------------------------------------------------------------------------


def create_agent(order: dict[str, Any], call: Call) -> Done:
    """LangChain's `create_agent` over langchain-openai."""
    from langchain.agents import create_agent as make
    from langchain_core.tools import StructuredTool
    from langchain_openai import ChatOpenAI
    from langgraph.errors import GraphRecursionError

    model = ChatOpenAI(
        model="local",
        base_url=order["address"] + "/v1",
        api_key=NO_KEY,
        temperature=0,
        max_tokens=order["tokens"],
        max_retries=0,
    )
    tools = [
        StructuredTool(
            name=tool["name"],
            description=tool["description"],
            args_schema=tool["schema"],
            func=_function(call, tool["name"]),
        )
        for tool in order["tools"]
    ]
    agent = make(model, tools, system_prompt=order["system"])
    # a turn of the model and one of the tools for each step, and a turn to answer
    limit = {"recursion_limit": 2 * order["steps"] + 1}
    messages: list[Any] = []
    ended = "answered"
    try:
        for state in agent.stream(
            {"messages": [("user", order["goal"])]}, limit, stream_mode="values"
        ):
            messages = state["messages"]
    except GraphRecursionError:
        ended = "out of steps"
    said = [message for message in messages if message.type == "ai"]
    steps = sum(bool(message.tool_calls) for message in said)
    return {"answer": str(said[-1].text) if said else "", "ended": ended, "steps": steps}


def _function(call: Call, name: str) -> Callable[..., str]:
    def function(**arguments: Any) -> str:
        return call(name, arguments)

    return function


# -- smolagents -------------------------------------------------------------------------------


def tool_calling_agent(order: dict[str, Any], call: Call) -> Done:
    """smolagents' `ToolCallingAgent`."""
    from smolagents import ToolCallingAgent

    return _smolagent(ToolCallingAgent, order, call)


def code_agent(order: dict[str, Any], call: Call) -> Done:
    """smolagents' `CodeAgent`, with its own restricted interpreter."""
    from smolagents import CodeAgent

    return _smolagent(CodeAgent, order, call)


def _smolagent(kind: Any, order: dict[str, Any], call: Call) -> Done:
    from smolagents import ActionStep, LogLevel, OpenAIModel

    model = OpenAIModel(
        model_id="local",
        api_base=order["address"] + "/v1",
        api_key=NO_KEY,
        client_kwargs={"max_retries": 0},
        temperature=0,
        max_tokens=order["tokens"],
    )
    agent = kind(
        tools=[_smol_tool(tool, call) for tool in order["tools"]],
        model=model,
        max_steps=order["steps"],
        instructions=order["system"],
        verbosity_level=LogLevel.OFF,
    )
    result = agent.run(order["goal"], return_full_result=True)
    taken = sum(isinstance(step, ActionStep) for step in agent.memory.steps)
    ended = "answered" if result.state == "success" else "out of steps"
    return {"answer": str(result.output), "ended": ended, "steps": taken}


def _smol_tool(tool: dict[str, Any], call: Call) -> Any:
    from smolagents import Tool

    class Remote(Tool):  # type: ignore[misc]
        skip_forward_signature_validation = True

        def __init__(self) -> None:
            self.name, self.description = tool["name"], tool["description"]
            self.inputs, self.output_type = inputs_of(tool["schema"]), "string"
            super().__init__()

        def forward(self, *values: Any, **named: Any) -> str:
            """Have the tool called; what was left out is left out there, too."""
            return call(self.name, given(list(self.inputs), values, named))

    return Remote()


def inputs_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The arguments of a JSON schema as smolagents writes them."""
    required = schema.get("required", [])
    made: dict[str, dict[str, Any]] = {}
    for name, about in schema.get("properties", {}).items():
        said = about.get("description", "")
        if "default" in about:
            said = f"{said} Default: {about['default']!r}.".strip()
        made[name] = {"type": about.get("type", "any"), "description": said}
        if name not in required:
            made[name]["nullable"] = True
    return made


def given(names: list[str], values: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, without those that are None."""
    whole = {**dict(zip(names, values, strict=False)), **named}
    return {name: value for name, value in whole.items() if value is not None}


# -- orders -----------------------------------------------------------------------------------

PEERS: dict[str, tuple[Callable[[dict[str, Any], Call], Done], str]] = {
    "create_agent": (create_agent, "langchain_openai"),
    "tool_calling_agent": (tool_calling_agent, "smolagents"),
    "code_agent": (code_agent, "smolagents"),
}
"""Name → what runs a goal, and the module that takes long to import."""


def serve(wire: Wire, run: Callable[[dict[str, Any], Call], Done]) -> None:
    """Follow orders until there are no more."""
    while (message := wire.receive()) is not None:
        try:
            done = run(message["run"], wire.call)
        except Exception as error:  # noqa: BLE001 - the framework's failure is its outcome
            said = f"{type(error).__name__}: {error}"
            done = {"answer": "", "ended": "failed", "steps": 0, "error": said[:2000]}
        wire.send({"done": done})


def main() -> None:
    """Run the peer that is named."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    run, module = PEERS[sys.argv[1]]
    __import__("langchain.agents" if module == "langchain_openai" else module)
    __import__(module)
    wire = Wire(sys.stdin, own)
    wire.send({"ready": sys.argv[1]})
    serve(wire, run)


if __name__ == "__main__":
    main()
