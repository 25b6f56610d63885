"""Tool calls for LangChain: asked for in words, constrained by a grammar, read back.

The model first writes whether it calls a tool, so that a call is never a matter of how a text
happens to begin (small models print calls as prose otherwise). It writes no thought before it: with
one the same of BFCL's questions were right (docs/benchmarks.md).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from nomoat.agent.decision import ANSWER_CHARS, object_schema, text_schema
from nomoat.agent.errors import UsageError
from nomoat.agent.llm.chat_template import Content
from nomoat.agent.llm.unspoken import without_unspoken

INSTRUCTION = """\
You can call tools. Write one JSON object each turn:
{{"call": "NAME", "arguments": {{...}}}} to call a tool, or
{{"reply": "..."}} when no tool fits or the results say it all.

Tools:
{tools}"""

Call = tuple[str, str, dict[str, Any]]
"""Identity, name, arguments."""


class ToolCalling:
    """The tools bound to one request.

    Args:
        tools: in OpenAI's form.
        choice: `auto` or None, `any`/`required`/`True`, `none`, or the name of a tool.

    Raises:
        UsageError: the choice names no tool that is bound.
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]], choice: str | bool | None) -> None:
        functions = [tool["function"] for tool in tools]
        names = [function["name"] for function in functions]
        self._functions = functions
        self.may_reply = choice in (None, "auto", "none", False)
        """Whether it may also write a reply."""
        chosen = functions
        if choice in ("none", False):
            chosen = []
        elif isinstance(choice, str) and choice not in ("auto", "any", "required"):
            chosen = [function for function in functions if function["name"] == choice]
            if not chosen:
                raise UsageError(
                    f"tool_choice names {choice!r}, which is not bound.",
                    hint=f"Bound are: {', '.join(names)}.",
                )
        self._callable = chosen

    @property
    def grammar(self) -> str:
        """Everything the model may write, as llguidance's grammar."""
        return _any_of([*map(_a_call, self._callable), *([_REPLY] if self.may_reply else [])])

    @property
    def reply_grammar(self) -> str:
        """The same, where none of the tools fits."""
        return _any_of([_REPLY])

    def instruct(self, messages: list[tuple[str, Content]]) -> list[tuple[str, Content]]:
        """Put the tools into the system message; there is one afterwards."""
        shown = "\n".join(json.dumps(_brief(function)) for function in self._functions)
        text = INSTRUCTION.format(tools=shown)
        if messages and messages[0][0] == "system" and isinstance(messages[0][1], str):
            return [("system", f"{messages[0][1]}\n\n{text}"), *messages[1:]]
        return [("system", text), *messages]

    def called(self, text: str) -> dict[str, Any] | None:
        """The function that what was written calls; None where it is a reply."""
        _reply, calls = self.read(text)
        names = {name for _identity, name, _args in calls}
        return next((dict(one) for one in self._callable if one["name"] in names), None)

    def read(self, text: str) -> tuple[str, list[Call]]:
        """What was written, as reply and calls; a text cut by a limit is a reply."""
        try:
            said = json.loads(text)
        except json.JSONDecodeError:
            return text, []
        if "call" in said:
            identity = f"call_{uuid.uuid4().hex[:12]}"
            return "", [(identity, said["call"], said["arguments"])]
        return str(said.get("reply", "")), []

    def as_asked(self, text: str, request: str) -> str:
        """What was written, a call without arguments that nobody asked for."""
        function = self.called(text)
        if function is None:
            return text
        call = json.loads(text)
        parameters = function.get("parameters") or {}
        args = without_unspoken(call["arguments"], parameters, request)
        return text if args == call["arguments"] else json.dumps({**call, "arguments": args})

    @staticmethod
    def as_text(calls: Sequence[Any]) -> str:
        """Calls of a message that another model wrote, in the form this one writes them."""
        return "\n".join(
            json.dumps({"call": call["name"], "arguments": call["args"]}) for call in calls
        )


_REPLY = object_schema({"reply": text_schema(ANSWER_CHARS * 2, 1)})


def _a_call(function: Mapping[str, Any]) -> dict[str, Any]:
    arguments = _closed(function.get("parameters") or {})
    return object_schema({"call": {"const": function["name"]}, "arguments": arguments})


def _any_of(variants: Sequence[dict[str, Any]]) -> str:
    from nomoat.agent.llm.llama import json_grammar

    return json_grammar(variants[0] if len(variants) == 1 else {"anyOf": list(variants)})


def _brief(function: Mapping[str, Any]) -> dict[str, Any]:
    return {key: function[key] for key in ("name", "description", "parameters") if key in function}


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An arguments schema that admits nothing it does not name."""
    closed = {"type": "object", "properties": {}, **schema}
    return {**closed, "additionalProperties": False}
