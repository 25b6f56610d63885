"""ScriptedModel: a chat model that says what its script says, so that a test is always the same.

    with ScriptedModel([call("calculate", expression="2+2"), answer("4")]) as model:
        Agent(model=model, ...).run("What is 2+2?")

It checks what a real model would be held to: each line has to fit the schema that was asked for,
and leaving the `with` block fails if a line was not used. Only its thoughts are free: a script
need not think in the form that is asked of a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from nomoat.agent.errors import ScriptError


def plan(*steps: str) -> str:
    """A line that plans."""
    return json.dumps({"steps": list(steps)})


def call(tool: str, thought: str = "", **args: Any) -> str:
    """A line that calls a tool."""
    return json.dumps({"thought": thought, "tool": tool, "args": args})


def answer(text: str, thought: str = "") -> str:
    """A line that answers."""
    return json.dumps({"thought": thought, "answer": text})


class ScriptedModel(BaseChatModel):
    """A chat model that says one line of its script each time it is asked."""

    script: Sequence[str]
    prompts: list[list[BaseMessage]] = Field(default_factory=list)
    """Every conversation it was given, in order."""

    _next: int = PrivateAttr(default=0)

    def __init__(self, script: Sequence[str], **kwargs: Any) -> None:
        kwargs["script"] = list(script)
        super().__init__(**kwargs)

    @property
    def _llm_type(self) -> str:
        return "nomoat-scripted"

    @property
    def constrains_output(self) -> bool:
        """Lines are checked against the schema that is asked for."""
        return True

    def assert_used_up(self) -> None:
        """Raises ScriptError when lines are left."""
        left = list(self.script)[self._next :]
        if left:
            raise ScriptError(
                f"{len(left)} lines of the script were not used; the next is {left[0]}.",
                hint="The run ended earlier than the script expects.",
            )

    def __enter__(self) -> ScriptedModel:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.assert_used_up()

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's signature
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        *,
        schema: dict[str, Any] | None = None,
        temperature: float | None = None,
        **_options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        if schema is None and self._decides_next():
            yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last"))
            return
        if temperature is not None and self.prompts and self.prompts[-1] == messages:
            self._next -= 1  # asked for something else to say, it has nothing else
        else:
            self.prompts.append(list(messages))
        if self._next >= len(self.script):
            raise ScriptError(
                f"The script has {len(self.script)} lines and one more was asked for.",
                hint=f"The conversation ends with: {str(messages[-1].text)[-300:]!r}",
            )
        line = self.script[self._next]
        self._next += 1
        if schema is not None:
            _fits(line, _thinking_freely(schema))
        usage = UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)
        yield ChatGenerationChunk(message=AIMessageChunk(content=line))
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", usage_metadata=usage, chunk_position="last")
        )

    def _decides_next(self) -> bool:
        """Whether the next line is a decision: to who wants free text it has nothing to say."""
        return self._next < len(self.script) and self.script[self._next].startswith("{")

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


def _thinking_freely(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a decision without what it says of the thought; any other as it is."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_thinking_freely(one) for one in schema["anyOf"]]}
    properties = schema.get("properties", {})
    if "thought" not in properties:
        return schema
    return {**schema, "properties": {**properties, "thought": {"type": "string"}}}


def _fits(line: str, schema: dict[str, Any]) -> None:
    """Raise unless a line is an instance; the schema is the harness's own and not checked."""
    import jsonschema
    from jsonschema.exceptions import best_match

    try:
        validator = jsonschema.validators.validator_for(schema)(schema)
        error = best_match(validator.iter_errors(json.loads(line)))
        problem = error.message if error is not None else ""
    except json.JSONDecodeError as broken:
        problem = str(broken)
    if problem:
        raise ScriptError(
            f"The script's line {line} is not what a model could say here: {problem}.",
            hint="The tools, their arguments or what is allowed now differ from the script.",
        )
