"""Goals reached in a process of their own, as from a command line, for `nomoat.agent.bench.speed`.

    python -m nomoat.agent.bench.speed_child MODEL WORKSPACE GOAL ... [--only-first]

It prints `thought` as soon as the first thought begins, and at the end a JSON object.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from pydantic import PrivateAttr

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.bench.speed_memory import memory_now, memory_peak
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.llm.engine import common
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.trust.policy import Mode, Policy

THOUGHT = "thought"
ONLY_FIRST = "--only-first"


@dataclass(slots=True)
class Counted:
    """What runs took; tokens and seconds are sums."""

    steps: int = 0
    seconds: float = 0.0
    tool_seconds: float = 0.0
    model_seconds: float = 0.0
    evaluated: int = 0
    """Of prompts; what came from disk was not."""
    least: int = 0
    """The same if no token were evaluated twice."""
    restored: int = 0
    """Of the first prompt, tokens whose state came from disk."""
    prompt: int = 0
    """The tokens of the first prompt."""
    generated: int = 0
    forced: int = 0
    proposed: int = 0
    accepted: int = 0
    passes: int = 0
    memory_rest: int = 0
    """Bytes held with the model loaded and nothing read."""
    memory_peak: int = 0


class CountedLlama(ChatLlama):
    """Counts what it is asked, and what that took."""

    _counted: Counted = PrivateAttr(default_factory=Counted)
    _held: list[tuple[int, ...]] = PrivateAttr(default_factory=list)
    """What the engine held after each message."""

    @property
    def counted(self) -> Counted:
        return self._counted

    def _prompt(self, loaded: Any, *args: Any, **kwargs: Any) -> Any:
        if not self._held:
            self._counted.memory_rest = memory_now()
        prompt = super()._prompt(loaded, *args, **kwargs)
        tokens, counted = prompt.tokens, self._counted
        if not self._held:
            counted.prompt, counted.restored = len(tokens), loaded.prefixes.restored
            self._held.append(tuple(tokens[: counted.restored]))
        counted.least += max(len(tokens) - max(common(tokens, h) for h in self._held), 1)
        return prompt

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in super()._stream(messages, *args, **kwargs):
            message = chunk.message
            if isinstance(message, AIMessageChunk) and message.usage_metadata is not None:
                self._count(message.usage_metadata, message.response_metadata)
            yield chunk

    def _count(self, usage: Any, told: dict[str, Any]) -> None:
        counted = self._counted
        counted.evaluated += usage["input_tokens"] - usage["input_token_details"]["cache_read"]
        counted.generated += usage["output_tokens"]
        counted.model_seconds += told["prefill_seconds"] + told["decode_seconds"]
        for name in ("forced", "proposed", "accepted", "passes"):
            setattr(counted, name, getattr(counted, name) + told[name])
        self._held.append(self._ready().writer.engine.tokens)


def reach(
    agent: Agent, counted: Counted, goals: Sequence[str], begun: Callable[[], None], first: bool
) -> None:
    """Reach goals, telling of the first thought; with `first` that is all."""
    told = threading.Event()
    for goal in goals:
        halt = Halt()
        for event in agent.stream(goal, halt=halt):
            if isinstance(event, events.Writing) and event.thought and not told.is_set():
                told.set()
                begun()
                if first:
                    halt.set()
            if isinstance(event, events.Finished):
                run = event.run
                counted.steps += len(run.steps) + bool(run.answer)
                counted.seconds += run.seconds
                counted.tool_seconds += sum(step.observation.seconds for step in run.steps)


def main(arguments: Sequence[str]) -> None:
    only_first = ONLY_FIRST in arguments
    model_path, workspace, *goals = [one for one in arguments if one != ONLY_FIRST]
    model = CountedLlama(model=model_path)
    agent = Agent(
        model, workspace=workspace, policy=Policy(Mode.NEVER), budget=Budget(steps=8, seconds=120)
    )
    out = sys.stdout

    def begun() -> None:
        out.write(f"{THOUGHT}\n")
        out.flush()

    reach(agent, model.counted, goals, begun, only_first)
    model.counted.memory_peak = memory_peak()
    out.write(json.dumps(asdict(model.counted)) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
