"""ChatLlama as LangChain sees it, on the real models."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool as langchain_tool

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.errors import ContextOverflow, UsageError
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.mind import EXAMPLE
from nomoat.agent.runs import RunStore
from nomoat.agent.state import Usage
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.tools.base import tool

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def tiny(tiny_model_path: Path) -> ChatLlama:
    return ChatLlama(model=str(tiny_model_path), context=2048, max_tokens=40)


@pytest.fixture(scope="module")
def real(chat_model_path: Path) -> ChatLlama:
    return ChatLlama(model=str(chat_model_path), context=4096)


def test_it_streams_and_tells_what_it_cost(tiny: ChatLlama) -> None:
    chunks = list(tiny.stream("Say hello."))
    whole = tiny.invoke("Say hello.")
    assert len(chunks) > 2
    assert "".join(str(c.text) for c in chunks) == whole.text
    usage = whole.usage_metadata
    assert usage is not None
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["input_token_details"]["cache_read"] >= usage["input_tokens"] - 1
    assert whole.response_metadata["decode_seconds"] > 0


def test_limits_stop_texts_and_schemas(tiny: ChatLlama) -> None:
    short = tiny.invoke("Count to a hundred.", max_tokens=5)
    assert short.response_metadata["finish_reason"] == "length"
    cut = tiny.invoke("Count: 1, 2, 3,", stop=[" "])
    assert " " not in str(cut.text)
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    said = tiny.invoke("A number?", schema={**schema, "additionalProperties": False})
    assert isinstance(json.loads(str(said.text))["n"], int)


def test_a_conversation_is_evaluated_once(tiny: ChatLlama) -> None:
    messages: list[Any] = [SystemMessage("Be brief."), HumanMessage("Hello.")]
    evaluated = []
    for text in ("How are you?", "And now?", "Goodbye."):
        said = tiny.invoke(messages)
        assert isinstance(said, AIMessage)
        usage = said.usage_metadata
        assert usage is not None
        evaluated.append(usage["input_tokens"] - usage["input_token_details"]["cache_read"])
        messages += [said, HumanMessage(text)]
    added = tiny.get_num_tokens("<|im_start|>user\nHow are you?<|im_end|>") + 40
    assert all(count <= added for count in evaluated[1:])


def test_what_a_cold_start_reads_is_counted(nomoat_home: Path, tiny_model_path: Path) -> None:
    system = SystemMessage("You are brief. " + "Tools are used one after the other. " * 20)

    def cost(question: str, read: list[tuple[int, int]]) -> tuple[int, int, int]:
        model = ChatLlama(model=str(tiny_model_path), context=1024, max_tokens=2, threads=1)
        said = model.invoke(
            [system, HumanMessage(question)], on_read=lambda *told: read.append(told)
        )
        model.close()
        usage = said.usage_metadata
        assert usage is not None
        assert said.response_metadata["prefill_seconds"] > 0
        restored = usage["input_token_details"]["cache_read"]
        return usage["input_tokens"], restored, usage["input_tokens"] - restored

    read: list[tuple[int, int]] = []
    prompt, cached, evaluated = cost("Hello?", read)
    assert (cached, evaluated) == (0, prompt)
    assert {total for _, total in read} == {prompt}
    assert [done for done, _ in read] == sorted({done for done, _ in read})
    assert read[-1] == (prompt, prompt)
    assert list((nomoat_home / "cache" / "prefixes").glob("*.state"))

    read.clear()
    prompt, cached, evaluated = cost("And now?", read)
    assert cached > 100
    assert evaluated < 40
    assert read[-1] == (evaluated, evaluated)


@pytest.mark.usefixtures("nomoat_home")
def test_worked_examples_are_read_once_as_the_system_text_is(tiny_model_path: Path) -> None:
    example = [
        HumanMessage("How many eggs are three dozen? " * 8, name=EXAMPLE),
        AIMessage("Thirty-six. " * 8, name=EXAMPLE),
    ]

    def evaluated(question: str) -> int:
        model = ChatLlama(model=str(tiny_model_path), context=1024, max_tokens=2, threads=1)
        said = model.invoke([SystemMessage("Be brief."), *example, HumanMessage(question)])
        model.close()
        usage = said.usage_metadata
        assert usage is not None
        return usage["input_tokens"] - usage["input_token_details"]["cache_read"]

    assert evaluated("And four?") > 100
    assert evaluated("And of two dozen, how many?") < 40


def test_tool_choice(tiny: ChatLlama) -> None:
    @langchain_tool
    def weather(city: str) -> str:
        """Weather of a city."""
        return "sunny"

    @langchain_tool
    def clock(zone: str) -> str:
        """Time in a zone."""
        return "noon"

    tools = [weather, clock]
    for choice, names in (("any", {"weather", "clock"}), ("clock", {"clock"})):
        said = tiny.bind_tools(tools, tool_choice=choice).invoke("Weather in Oslo?", max_tokens=400)
        assert said.tool_calls[0]["name"] in names
    none = tiny.bind_tools(tools, tool_choice="none").invoke("Weather in Oslo?", max_tokens=400)
    assert none.tool_calls == []
    with pytest.raises(UsageError, match="not bound"):
        tiny.bind_tools(tools, tool_choice="radar").invoke("Weather?")


def test_overflow_is_detected_before_it_happens(tiny: ChatLlama) -> None:
    with pytest.raises(ContextOverflow):
        tiny.invoke("word " * 4000)


def test_it_takes_messages_of_other_models(tiny: ChatLlama) -> None:
    call = {"name": "weather", "args": {"city": "Oslo"}, "id": "1", "type": "tool_call"}
    said = tiny.invoke(
        [
            HumanMessage("Weather?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage("sunny", tool_call_id="1"),
        ]
    )
    assert isinstance(said, AIMessage)


def test_langchains_own_agent_calls_tools_on_the_default_model(real: ChatLlama) -> None:
    """The same file behind an ordinary server prints these calls as prose."""
    called: list[str] = []

    @langchain_tool
    def weather(city: str) -> str:
        """Current weather of a city."""
        called.append(city)
        return f"In {city} it is 17 degrees with light rain."

    @langchain_tool
    def convert(amount: float, source: str, target: str) -> str:
        """Convert money between currencies."""
        called.append(f"{amount:g}")
        return f"{amount * 1.25:g} {target}"

    agent = create_agent(real, [weather, convert])
    for goal, used, said in (
        ("What is the weather in Bergen?", "Bergen", "17"),
        ("How much is 200 EUR in USD?", "200", "250"),
    ):
        called.clear()
        messages = agent.invoke({"messages": [HumanMessage(goal)]})["messages"]
        assert used in called
        assert said in str(messages[-1].text)


def test_in_a_run_no_token_is_evaluated_twice(
    real: ChatLlama, tmp_path: Path, chat_model_path: Path
) -> None:
    @tool(effects="none")
    def population(city: str) -> str:
        """Number of people in a city."""
        return {"bergen": "291,940 people", "oslo": "717,710 people"}.get(city.lower(), "unknown")

    def run(model: ChatLlama) -> list[Usage]:
        agent = Agent(
            model,
            [population],
            builtin=False,
            workspace=tmp_path,
            policy=Policy(Mode.NEVER),
            runs=RunStore(tmp_path / "runs"),
        )
        said = agent.stream("How many people live in Bergen, and how many in Oslo?")
        kinds = (events.Planned, events.Decided, events.Answered)
        used = [event.usage for event in said if isinstance(event, kinds)]
        return [usage for usage in used if usage.prompt]  # the first plan asks no model

    messages = run(real)
    assert len(messages) >= 3
    for before, after in pairwise(messages):
        # All of the last prompt and all that was written after it is kept, but for the tokens of
        # the very last pass, which were not evaluated yet.
        assert after.cached >= before.prompt + before.generated - 16
        assert after.prompt > before.prompt + before.generated

    again = ChatLlama(model=str(chat_model_path), context=4096)
    loaded = run(again)
    fixed = again._ready().prefixes.restored
    assert fixed > 100
    assert loaded[0].cached >= fixed
    again.close()
