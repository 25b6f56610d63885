"""What a model is good for on this machine: a probe of less than a minute, remembered by its hash.

How fast it reads and writes, whether it calls the right tool (and none where none fits), whether it
could write a call without a grammar, and up to which length it finds a fact at the beginning of a
text. Questions are asked in turn until the time is over, so a slow machine answers fewer.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from nomoat.agent.llm.engine_settings import Settings
from nomoat.agent.llm.model_profile import Profile, library, machine

SECONDS = 55.0
"""What a probe may take; no question is begun after it."""
CALL_SHARE = 0.6
"""The part of it in which tools are called; the rest is for long texts."""
SIZES = (500, 1_000, 2_000, 4_000, 8_000)
"""Tokens of the texts in which a fact is looked for, about."""
LEFT = 300
"""Tokens of the window that a question and its answer need."""
CALL_TOKENS, FACT_TOKENS = 160, 24

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Question:
    """A request, and the tool that fits; empty where none does."""

    text: str
    tool: str


def _tool(tool: str, said: str, /, **arguments: str) -> dict[str, Any]:
    properties = {key: {"type": kind} for key, kind in arguments.items()}
    parameters = {"type": "object", "properties": properties, "required": list(arguments)}
    return {
        "type": "function",
        "function": {"name": tool, "description": said, "parameters": parameters},
    }


TOOLS = (
    _tool("convert_units", "Convert an amount to another unit.", amount="number", to="string"),
    _tool("set_timer", "Ring after some minutes.", minutes="integer"),
    _tool("add_contact", "Keep a phone number.", name="string", number="string"),
    _tool("find_recipe", "Look for a recipe.", dish="string"),
    _tool("train_times", "When trains leave.", start="string", end="string"),
)
QUESTIONS = (
    Question("Wake me in 25 minutes.", "set_timer"),
    Question("How many miles are 40 kilometres?", "convert_units"),
    Question("When is there a train from Basel to Bern?", "train_times"),
    Question("Thank you, that was all for today.", ""),
    Question("Keep the number of Ines: 555 0192.", "add_contact"),
    Question("How is onion soup made?", "find_recipe"),
    Question("Good morning!", ""),
)
FREE_FORM = (
    'Write only one JSON object, {"call": NAME, "arguments": {…}}, that calls the tool that '
    "fits. Tools:\n"
)
FACT = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}


class Probe:
    """One probe of a model. It keeps what each answer cost.

    Args:
        model: with `bind_tools`, and the costs that `ChatLlama` tells in its messages.
        seconds: what it may take.
        clock: tells the time, in seconds.
    """

    def __init__(
        self, model: BaseChatModel, *, seconds: float = SECONDS, clock: Clock = time.monotonic
    ) -> None:
        self._model, self._clock = model, clock
        self._began, self._seconds = clock(), seconds
        self._read, self._reading = 0, 0.0
        self._written, self._writing = 0, 0.0

    def run(self, *, sha256: str, name: str, window: int, settings: Settings) -> Profile:
        """Ask, and say what was found with these settings (see `nomoat.agent.llm.tune`)."""
        chosen = list(self._choices())
        free = list(self._free())
        useful = self._useful(window)
        return Profile(
            sha256=sha256,
            model=name,
            machine=machine(),
            day=date.today().isoformat(),
            read_rate=round(self._read / self._reading, 1) if self._reading else 0.0,
            write_rate=round(self._written / self._writing, 1) if self._writing else 0.0,
            asked=len(chosen),
            right=sum(chosen),
            free=len(free),
            free_valid=sum(free),
            window=window,
            useful=useful,
            seconds=round(self._clock() - self._began, 1),
            settings=settings,
            library=library(),
        )

    def _time_is(self, share: float) -> bool:
        return self._clock() - self._began < share * self._seconds

    def _choices(self) -> Iterator[bool]:
        bound = self._model.bind_tools(list(TOOLS))
        for question in QUESTIONS:
            if not self._time_is(CALL_SHARE * 0.75):
                return
            message = bound.invoke([HumanMessage(question.text)], max_tokens=CALL_TOKENS)
            self._count(message)
            called = [call["name"] for call in message.tool_calls]
            yield called == ([question.tool] if question.tool else [])

    def _free(self) -> Iterator[bool]:
        shown = "\n".join(json.dumps(tool["function"]) for tool in TOOLS)
        for question in [one for one in QUESTIONS if one.tool][:3]:
            if not self._time_is(CALL_SHARE):
                return
            messages = [SystemMessage(FREE_FORM + shown), HumanMessage(question.text)]
            message = self._model.invoke(messages, max_tokens=CALL_TOKENS)
            self._count(message)
            yield is_call(str(message.text))

    def _useful(self, window: int) -> int:
        useful = 0
        for size in SIZES:
            # a text twice as long takes twice as long to read, less what was read before
            more = (size - useful) * self._reading / self._read if self._read else 0.0
            spare = self._seconds - (self._clock() - self._began)
            if size + LEFT > window or more > spare or not self._finds(size):
                break
            useful = size
        return useful

    def _finds(self, size: int) -> bool:
        text, name, number = shelf(size, self._model.get_num_tokens)
        asked = f"{text}\n\nHow many pieces of {name} are there?"
        message = self._model.invoke([HumanMessage(asked)], schema=FACT, max_tokens=FACT_TOKENS)
        self._count(message)
        try:
            return bool(json.loads(str(message.text))["answer"] == number)
        except ValueError:
            return False

    def _count(self, message: AIMessage) -> None:
        cost, usage = message.response_metadata, message.usage_metadata
        if usage is None or "prefill_seconds" not in cost:
            return
        cached = usage.get("input_token_details", {}).get("cache_read", 0)
        self._read += usage["input_tokens"] - cached
        self._reading += cost["prefill_seconds"]
        self._written += usage["output_tokens"]
        self._writing += cost["decode_seconds"]


def is_call(text: str) -> bool:
    """Whether a text is a call of one of the tools with all of its arguments and no others."""
    held = re.sub(r"^```(?:json)?\s*|\s*```$", "", text.strip())
    try:
        said = json.loads(held)
    except ValueError:
        return False
    if not isinstance(said, dict) or not isinstance(said.get("arguments"), dict):
        return False
    named = {tool["function"]["name"]: tool["function"]["parameters"] for tool in TOOLS}
    wanted = named.get(str(said.get("call")))
    return wanted is not None and set(said["arguments"]) == set(wanted["required"])


def shelf(size: int, count: Callable[[str], int]) -> tuple[str, str, int]:
    """A list of things of about `size` tokens, one near its beginning, and how many there are.

    The longer text begins with the shorter one, so that it is not read twice.
    """
    things = "screws hinges lamps ropes bolts crates tiles brushes nails valves".split()
    colours = "red blue green grey white black brown yellow".split()
    lines: list[str] = []
    tokens = 0
    while tokens < size:
        number = len(lines)
        name = f"{colours[number % 8]} {things[number // 8 % 10]} of shelf {number // 80 + 1}"
        lines.append(f"- {name}: {(number * 37 + 11) % 190 + 3} pieces")
        tokens += count(lines[-1] + "\n")
    asked = 4
    name, _, held = lines[asked].removeprefix("- ").partition(": ")
    return "\n".join(lines), name, int(held.split()[0])
