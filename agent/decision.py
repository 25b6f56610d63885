"""What the model may say next, as a JSON schema; and what it said, as a value.

A decision is one JSON object: a short free thought first, then either a call, constrained to the
tools and their arguments, or an answer. The engine turns the schema into a grammar, so what comes
back needs no repair; an endpoint that cannot do that is checked against the same schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Schema = dict[str, Any]

THOUGHT_CHARS = 240
ANSWER_CHARS = 1_500
GOES_ON = 300
"""Characters of an answer behind what it has to begin with."""
TEXT_CHARS = 4_000
"""The longest text in an argument whose schema sets no limit."""
LIST_ITEMS = 50
PLAN_STEPS = 5
STEP_CHARS = 80

# One way to write the same object: no choices about white space are left to the model.
COMPACT = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


class ToolSchemas(Protocol):
    """The tools a decision may call: `nomoat.tools.toolbox.Toolbox` is one."""

    @property
    def names(self) -> Sequence[str]: ...

    def schema(self, name: str) -> Schema: ...


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool and its arguments, as the model chose them."""

    tool: str
    args: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Equal for calls that say the same, whatever the order or the white space."""
        tidy = {
            name: " ".join(value.split()) if isinstance(value, str) else value
            for name, value in self.args.items()
        }
        return f"{self.tool} {json.dumps(tidy, sort_keys=True, ensure_ascii=False)}"


@dataclass(frozen=True, slots=True)
class Decision:
    """A thought, and either a call or an answer; neither if the output was cut."""

    thought: str
    call: ToolCall | None = None
    answer: str | None = None


def text_schema(limit: int, at_least: int = 0) -> Schema:
    """A string of bounded length: a model that loops inside it is cut by the grammar."""
    return {"type": "string", "minLength": at_least, "maxLength": limit}


def object_schema(properties: Schema) -> Schema:
    """An object with exactly these properties, in this order."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def plan_schema(at_most: int = PLAN_STEPS) -> Schema:
    """A plan: one to `at_most` short steps, in words."""
    step = text_schema(STEP_CHARS, at_least=3)
    steps = {"type": "array", "items": step, "minItems": 1, "maxItems": at_most}
    return object_schema({"steps": steps})


def decision_schema(
    tools: ToolSchemas,
    *,
    may_answer: bool = True,
    may_call: bool = True,
    before_call: str = "",
    before_answer: str = "",
    answer_begins: str = "",
) -> Schema:
    """Every call of every tool, and an answer.

    When nothing would be left, an answer is: a run can always end. `before_call` and
    `before_answer` are patterns for the thought, `answer_begins` is what an answer begins with.
    """
    names = tools.names if may_call else ()
    variants = [
        object_schema(
            {
                "thought": _thoughts(before_call),
                "tool": {"const": name},
                "args": bounded(tools.schema(name)),
            }
        )
        for name in names
    ]
    if may_answer or not variants:
        answer = _begins(answer_begins) if answer_begins else text_schema(ANSWER_CHARS, at_least=1)
        variants.append(object_schema({"thought": _thoughts(before_answer), "answer": answer}))
    return variants[0] if len(variants) == 1 else {"anyOf": variants}


def _thoughts(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern} if pattern else text_schema(THOUGHT_CHARS)


def _begins(words: str) -> Schema:
    return {"type": "string", "pattern": rf"^{re.escape(words)}[.,][^\n]{{0,{GOES_ON}}}$"}


def bounded(schema: Any) -> Any:
    """The schema with a limit on every text and list that has none: no output is endless."""
    if isinstance(schema, list):
        return [bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value if key in _VALUES else bounded(value) for key, value in schema.items()}
    if kept.get("type") == "string" and not _LIMITS & kept.keys():
        kept["maxLength"] = TEXT_CHARS
    if kept.get("type") == "array" and "maxItems" not in kept:
        kept["maxItems"] = LIST_ITEMS
    return kept


_VALUES = frozenset({"enum", "const", "default", "examples", "required", "description"})
_LIMITS = frozenset({"enum", "const", "maxLength", "pattern", "format"})


_FORM = re.compile(r"^(?:The result|It) says (?:that )?|\s*That is all\.$")
_NAME = re.compile(r"\S*?(?:[\d_/\\@A-Z]|\w\.\w)")
"""A word that is spelt as it is: a file, an address, a name with a digit, `iPad`."""


def _answer(text: str) -> str:
    """Without the form that thoughts have, where the model goes on in it; as a sentence begins."""
    plain = _FORM.sub("", text.strip())
    if _NAME.match(plain):
        return plain
    return plain[:1].upper() + plain[1:] if plain else text


def read_decision(text: str) -> Decision:
    """The decision in a text that the grammar allowed; a text cut by a limit has no call."""
    try:
        said = json.loads(text)
    except json.JSONDecodeError:
        return Decision(thought=thought_so_far(text))
    if not isinstance(said, dict):
        return Decision(thought="")
    thought = str(said.get("thought", "")).strip()
    if isinstance(said.get("tool"), str) and isinstance(said.get("args"), dict):
        return Decision(thought, call=ToolCall(said["tool"], said["args"]))
    if isinstance(said.get("answer"), str):
        return Decision(thought, answer=_answer(said["answer"]))
    return Decision(thought)


def in_short(decision: Decision, names: Sequence[str]) -> str:
    """A decision that calls, as the model would have written it, with these arguments alone."""
    call = decision.call
    args = {name: call.args[name] for name in names if name in call.args} if call else {}
    said = {"thought": decision.thought, "tool": call.tool if call else "", "args": args}
    return json.dumps(said, ensure_ascii=False)


WORKED_OUT = "Worked out line by line."
"""In the place of a thought, for the person: a program has none."""
_FENCED = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


def read_program(text: str, tool: str) -> Decision:
    """The call of `tool` with the program in a text; a decision where the text is one, and no call
    where it holds no code."""
    if text.lstrip().startswith("{"):
        return read_decision(text)
    found = _FENCED.search(text)
    code = (found[1] if found else text).strip()
    return Decision(WORKED_OUT, ToolCall(tool, {"expression": code})) if code else Decision("")


def read_plan(text: str) -> tuple[str, ...]:
    """The steps of a plan; empty when the text was cut before it held any."""
    try:
        steps = json.loads(text)["steps"]
    except (json.JSONDecodeError, KeyError, TypeError):
        return ()
    return tuple(dict.fromkeys(step.strip() for step in steps if step.strip()))


_OPENING = '{"thought": "'


def thought_so_far(text: str) -> str:
    """The thought in the beginning of a decision, while it is still being written."""
    if not text.startswith(_OPENING):
        return ""
    body, escaped, end = text[len(_OPENING) :], False, None
    for position, character in enumerate(body):
        if character == '"' and not escaped:
            end = position
            break
        escaped = character == "\\" and not escaped
    raw = body[:end] if end is not None else body
    for cut in range(len(raw), max(len(raw) - 7, -1), -1):  # an escape may be half written
        try:
            return str(json.loads(f'"{raw[:cut]}"'))
        except json.JSONDecodeError:
            continue
    return ""
