"""The arguments of a tool as JSON schema: what a grammar is made of, and what a prompt shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool, Tool
from langchain_core.utils.pydantic import get_fields
from pydantic import BaseModel

from nomoat.memory.errors import UsageError

Schema = dict[str, Any]

_IN_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
_IN_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_ALONE = frozenset(
    {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"}
)
_NOISE = frozenset({"title", "$schema", "$id", "$comment", "$defs", "definitions"})
_SHOWN_DESCRIPTION = 300
_SHOWN_VALUES = 6


def raw_schema(tool: BaseTool) -> Schema:
    """The tool's own schema of what a model has to fill; injected arguments are not in it."""
    if isinstance(tool, Tool) and tool.args_schema is None:
        return {"type": "object", "properties": dict(tool.args), "required": list(tool.args)}
    schema = tool.tool_call_schema
    if isinstance(schema, dict):
        hidden = tool._injected_args_keys  # langchain shows it nowhere else
        shown = {k: v for k, v in schema.get("properties", {}).items() if k not in hidden}
        return {**schema, "properties": shown}
    if issubclass(schema, BaseModel):
        return schema.model_json_schema()
    return schema.schema()


def has_injected(tool: BaseTool) -> bool:
    """Whether the tool has arguments that the model does not fill."""
    shown = tool.tool_call_schema
    if isinstance(shown, dict) or (isinstance(tool, Tool) and tool.args_schema is None):
        return False
    return set(get_fields(tool.get_input_schema())) != set(get_fields(shown))


def arguments_schema(tool: BaseTool) -> Schema:
    """`raw_schema`, plain enough for a grammar and a small model.

    References are resolved in place (only recursive ones stay), titles are gone, an argument that
    may be left out need not also be allowed to be null, and no unknown arguments are allowed.

    Raises:
        UsageError: the schema refers to something that it does not hold.
    """
    try:
        return plain(raw_schema(tool))
    except UsageError as error:
        raise UsageError(f"The tool {tool.name!r}: {error}", hint=error.hint) from None


def plain(schema: Schema) -> Schema:
    """An object schema without references, titles, `$schema` and descriptions of the whole."""
    kept: dict[str, Schema] = {}
    made: Schema = _plain(schema, schema, (), kept)
    made.pop("description", None)
    made |= {"type": "object", "additionalProperties": False}
    made.setdefault("properties", {})
    for pointer, definition in kept.items():
        _, container, name = pointer.split("/")
        made.setdefault(container, {})[name] = definition
    return made


def with_choices(schema: Schema, choices: Mapping[str, Callable[[], Sequence[str]]]) -> Schema:
    """`schema` with the values that make sense now as the only ones, for text arguments.

    A function that offers nothing, or fails, leaves its argument free.
    """
    properties = dict(schema["properties"])
    for name, offer in choices.items():
        argument = properties.get(name)
        if argument is None:
            continue
        try:
            values = list(offer())
        except Exception:  # noqa: BLE001, S112 - a plugin's code; a call will say what is wrong
            continue
        if values and argument.get("type") == "string":
            properties[name] = {**argument, "enum": values}
        elif values and argument.get("type") == "array":
            items = {**argument.get("items", {}), "type": "string", "enum": values}
            properties[name] = {**argument, "items": items}
    return {**schema, "properties": properties}


def signature(name: str, description: str, schema: Schema) -> str:
    """One line: `read_file(path: str, start_line: int = 1) — Read a text file. path: …`."""
    required = schema.get("required", ())
    arguments, notes = [], []
    for argument, about in schema["properties"].items():
        shown = f"{argument}: {type_name(about)}"
        if argument not in required:
            shown += f" = {about.get('default')!r}"
        arguments.append(shown)
        if note := _first_paragraph(about.get("description", "")):
            notes.append(f"{argument}: {note.rstrip('.')}.")
    line = f"{name}({', '.join(arguments)}) — {_first_paragraph(description)}"
    return " ".join([line, *notes])


def type_name(schema: Schema) -> str:
    """A JSON schema type as Python writes it."""
    if "enum" in schema or "const" in schema:
        values = schema.get("enum") or [schema["const"]]
        if len(values) <= _SHOWN_VALUES:
            return " | ".join(repr(value) for value in values)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(type_name(one) for one in schema[key]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(type_name({**schema, "type": one}) for one in kind)
    if kind == "array":
        inner = schema.get("items")
        return f"list[{type_name(inner)}]" if isinstance(inner, dict) and inner else "list"
    return _TYPES.get(str(kind), "any")


_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "dict",
    "null": "None",
}


def _first_paragraph(text: str) -> str:
    joined = " ".join(text.strip().split("\n\n")[0].split())
    if len(joined) <= _SHOWN_DESCRIPTION:
        return joined
    return joined[:_SHOWN_DESCRIPTION].rsplit(" ", 1)[0] + " …"


def _plain(node: Any, root: Schema, inside: tuple[str, ...], kept: dict[str, Schema]) -> Any:
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolved(node, root, inside, kept)
    made: Schema = {}
    for key, value in node.items():
        if key in _IN_MAPS:
            made[key] = {k: _plain(v, root, inside, kept) for k, v in value.items()}
        elif key in _IN_LISTS:
            made[key] = [_plain(one, root, inside, kept) for one in value]
        elif key in _ALONE:
            made[key] = _plain(value, root, inside, kept)
        elif key not in _NOISE and not (key == "default" and value is None):
            made[key] = value
    if "properties" in made:
        made.setdefault("additionalProperties", False)
        required = made.get("required", ())
        for name, argument in made["properties"].items():
            if name not in required:
                made["properties"][name] = _without_null(argument)
    return made


def _resolved(node: Schema, root: Schema, inside: tuple[str, ...], kept: dict[str, Schema]) -> Any:
    pointer = node["$ref"]
    parts = pointer.split("/")
    target = root.get(parts[1], {}).get(parts[2]) if len(parts) == 3 and parts[0] == "#" else None
    if target is None:
        raise UsageError(
            f"its schema refers to {pointer!r}, which it does not hold.",
            hint="Only references to the schema's own $defs are followed.",
        )
    if pointer in inside:
        if pointer not in kept:
            kept[pointer] = {}
            kept[pointer] = _plain(target, root, (pointer,), kept)
        return {"$ref": pointer}
    beside = {key: value for key, value in node.items() if key != "$ref"}
    resolved = _plain(target, root, (*inside, pointer), kept)
    if not beside or not isinstance(resolved, dict):
        return resolved
    return {**resolved, **_plain(beside, root, inside, kept)}


def _without_null(argument: Any) -> Any:
    """What can be left out need not be null as well, unless null differs from leaving it out."""
    if not isinstance(argument, dict) or "default" in argument or "anyOf" not in argument:
        return argument
    rest = [one for one in argument["anyOf"] if one != {"type": "null"}]
    if len(rest) == len(argument["anyOf"]):
        return argument
    beside = {key: value for key, value in argument.items() if key != "anyOf"}
    return {**rest[0], **beside} if len(rest) == 1 else {**beside, "anyOf": rest}
