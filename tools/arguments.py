"""The arguments of one call: repaired where only one thing can be meant, then validated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from nomoat.memory.errors import UsageError
from nomoat.tools.errors import Retry
from nomoat.tools.schema import Schema, has_injected, raw_schema

_CLOSE = 0.75
_SHOWN_VALUE = 60
_SHOWN_PROBLEMS = 3


def check_schema(tool: BaseTool) -> None:
    """Refuse a dict schema that could not validate anything.

    Raises:
        UsageError: it is not a JSON schema.
    """
    if not isinstance(tool.args_schema, dict):
        return
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        validator_for(tool.args_schema).check_schema(tool.args_schema)
    except SchemaError as error:
        raise UsageError(
            f"The tool {tool.name!r} has an argument schema that is not JSON schema: "
            f"{error.message}",
            hint="Correct the schema, or leave the tool out.",
        ) from None


def checked(tool: BaseTool, schema: Schema, arguments: Any) -> dict[str, Any]:
    """The arguments to call `tool` with; `schema` is its plain one.

    Raises:
        Retry: they do not fit; the message says which and why.
    """
    repaired = repair(arguments, schema)
    unknown = [name for name in repaired if name not in schema["properties"]]
    if unknown:
        known = ", ".join(schema["properties"]) or "none"
        raise Retry(f"Unknown argument {', '.join(map(repr, unknown))}; there are: {known}.")
    model = tool.args_schema
    if isinstance(model, dict) or model is None:
        problems = _schema_problems(raw_schema(tool), repaired)
    else:
        problems = _model_problems(tool, repaired)
    if problems:
        raise Retry("; ".join(problems[:_SHOWN_PROBLEMS]) + ".")
    return repaired


def repair(arguments: Any, schema: Schema) -> dict[str, Any]:
    """Read what small models write: JSON as text, numbers as text, null for "left out".

    Nothing is guessed: a value is only changed where the schema would refuse it as it is and
    exactly one reading is left; a name only where a single free argument comes close.

    Raises:
        Retry: the arguments are not an object.
    """
    if isinstance(arguments, str):
        arguments = _from_json(arguments, {"type": "object"})
    if not isinstance(arguments, Mapping):
        raise Retry("The arguments are not an object of names and values.")
    properties, required = schema["properties"], schema.get("required", ())
    made: dict[str, Any] = {}
    for given, value in arguments.items():
        name = given if given in properties else _meant(given, arguments, properties)
        about = properties.get(name, {})
        if value is None and about and name not in required and not _allows(about, "null"):
            continue
        made[name] = _from_json(value, about) if isinstance(value, str) else value
    return made


def _meant(given: str, arguments: Mapping[str, Any], properties: Iterable[str]) -> str:
    strange = [name for name in arguments if name not in properties]
    free = [name for name in properties if name not in arguments]
    near = [name for name in free if _is_close(given, name)]
    return near[0] if len(near) == 1 and len(strange) == 1 else given


def _is_close(given: str, name: str) -> bool:
    one, other = (text.lower().replace("-", "_") for text in (given, name))
    words, others = set(one.split("_")), set(other.split("_"))
    return words <= others or others <= words or SequenceMatcher(None, one, other).ratio() > _CLOSE


def _from_json(value: str, about: Schema) -> Any:
    """`value`, or what it says as JSON where the schema wants that and no text."""
    if not about or _allows(about, "string") or "enum" in about or "const" in about:
        return value
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return read if _allows(about, _kind(read)) else value


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    kinds: tuple[tuple[type, str], ...] = (
        (int, "integer"),
        (float, "number"),
        (list, "array"),
        (dict, "object"),
        (str, "string"),
    )
    return next((name for type_, name in kinds if isinstance(value, type_)), "null")


def _allows(about: Schema, kind: str) -> bool:
    """Whether a value of this JSON type may stand here; an untyped schema allows all."""
    for key in ("anyOf", "oneOf"):
        if key in about:
            return any(_allows(one, kind) for one in about[key])
    types = about.get("type")
    if types is None:
        return True
    types = types if isinstance(types, list) else [types]
    return kind in types or (kind == "integer" and "number" in types)


def _model_problems(tool: BaseTool, arguments: dict[str, Any]) -> list[str]:
    """What pydantic finds; the full model is used unless a part of it is injected later."""
    shown = tool.tool_call_schema
    model = tool.get_input_schema()
    if has_injected(tool) and isinstance(shown, type):
        model = shown
    try:
        if issubclass(model, BaseModel):
            model.model_validate(dict(arguments))
        else:
            model.parse_obj(dict(arguments))
    except ValidationError as error:
        return [
            _problem(found["loc"], found["msg"], found.get("input"), found["type"] == "missing")
            for found in error.errors(include_url=False, include_context=False)
        ]
    except ValueError as error:  # pydantic.v1 has its own
        return [" ".join(str(error).split())]
    return []


def _schema_problems(schema: Schema, arguments: dict[str, Any]) -> list[str]:
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    # An empty registry: a reference to an address is not fetched.
    validator = validator_for(schema)(schema, registry=Registry())
    try:
        return [
            _problem(tuple(found.absolute_path), found.message, None, True)
            for found in validator.iter_errors(arguments)
        ]
    except Unresolvable as error:
        return [f"the tool's schema refers to {error.ref!r}, which it does not hold"]


def _problem(place: tuple[int | str, ...], message: str, value: Any, message_only: bool) -> str:
    where = ".".join(map(str, place))
    text = message[:1].lower() + message[1:].rstrip(".")
    if not message_only:
        shown = repr(value)
        text += f", not {shown[:_SHOWN_VALUE]}{'…' if len(shown) > _SHOWN_VALUE else ''}"
    return f"{where}: {text}" if where else text
