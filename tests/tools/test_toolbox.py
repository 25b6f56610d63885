"""What the model is shown of the tools, and what becomes of a call."""

from __future__ import annotations

import asyncio
import json
from enum import Enum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as some
from langchain.tools import ToolRuntime
from langchain_core.tools import (
    BaseTool,
    InjectedToolArg,
    InjectedToolCallId,
    StructuredTool,
    Tool,
    ToolException,
)
from pydantic import BaseModel, Field, field_validator

from nomoat.memory.errors import UsageError
from nomoat.tools.base import Output, tool
from nomoat.tools.errors import Failed, NeedsApproval, Retry
from nomoat.tools.observation import text_of
from nomoat.tools.schema import plain
from nomoat.tools.toolbox import Toolbox, as_tools


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """A place."""

    x: int
    y: int = 0
    title: str | None = None


@tool(effects="none")
def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    More about adding.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


@tool(effects="none")
def draw(
    points: list[Point],
    colour: Colour = Colour.RED,
    style: Literal["thin", "thick"] = "thin",
    label: str | None = None,
    scale: int | None = 2,
) -> str:
    """Draw points."""
    return f"{len(points)} {colour} {style} {label} {scale}"


def box(*tools: BaseTool, **options: Any) -> Toolbox:
    return Toolbox(tools, **options)


# what the model is shown


def test_signatures_are_one_line_each() -> None:
    assert box(add, draw).signatures == (
        "add(a: int, b: int = 1) — Add two numbers. a: The first. b: The second.",
        "draw(points: list[dict], colour: 'red' | 'blue' = 'red', "
        "style: 'thin' | 'thick' = 'thin', label: str = None, scale: int | None = 2)"
        " — Draw points.",
    )


def test_a_schema_is_plain() -> None:
    assert box(draw).schema("draw") == {
        "type": "object",
        "additionalProperties": False,
        "required": ["points"],
        "properties": {
            "points": {
                "type": "array",
                "items": {
                    "type": "object",
                    "description": "A place.",
                    "additionalProperties": False,
                    "required": ["x"],
                    "properties": {
                        "x": {"type": "integer"},
                        "y": {"type": "integer", "default": 0},
                        "title": {"type": "string"},
                    },
                },
            },
            "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
            "style": {"type": "string", "enum": ["thin", "thick"], "default": "thin"},
            "label": {"type": "string"},
            "scale": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 2},
        },
    }


def test_recursive_schemas_keep_their_reference() -> None:
    schema = {
        "type": "object",
        "properties": {"tree": {"$ref": "#/$defs/Node"}},
        "$defs": {
            "Node": {
                "title": "Node",
                "type": "object",
                "properties": {"below": {"type": "array", "items": {"$ref": "#/$defs/Node"}}},
            }
        },
    }
    made = plain(schema)
    jsonschema.validate({"tree": {"below": [{"below": []}]}}, made)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"tree": {"below": [{"below": [{"x": 1}]}]}}, made)
    assert "title" not in json.dumps(made)


@pytest.mark.parametrize("pointer", ["#/$defs/Absent", "http://127.0.0.1:9/x.json", "#"])
def test_a_reference_out_of_the_schema_is_refused(pointer: str) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": pointer}}}
    foreign = StructuredTool(name="f", description="F.", args_schema=schema, func=lambda a: a)
    with pytest.raises(UsageError, match=r"'f'.*refers to"):
        box(foreign)


def test_choices_become_the_only_values() -> None:
    names: list[str] = []

    def fails() -> list[str]:
        raise OSError("gone")

    @tool(
        effects="none",
        choices={"path": lambda: names, "paths": lambda: names, "n": lambda: names, "q": fails},
    )
    def look(path: str, paths: list[str], q: str, n: int = 1) -> str:
        """Look."""
        return path

    toolbox = box(look)
    free = toolbox.schema("look")
    assert "enum" not in json.dumps(free)
    names.extend(["a.txt", "b.txt"])
    schema = toolbox.schema("look")["properties"]
    assert schema["path"]["enum"] == ["a.txt", "b.txt"]
    assert schema["paths"]["items"]["enum"] == ["a.txt", "b.txt"]
    assert "enum" not in schema["n"]
    assert "enum" not in schema["q"]
    assert "a.txt" not in "".join(toolbox.signatures)  # the prompt's beginning never changes


def test_injected_arguments_are_hidden() -> None:
    @tool(effects="none")
    def whose(
        x: int,
        user: Annotated[str, InjectedToolArg] = "nobody",
        call: Annotated[str, InjectedToolCallId] = "",
    ) -> str:
        """Tell whose call it is."""
        return f"{x} {user} {bool(call)}"

    def needs_runtime(x: int, runtime: ToolRuntime) -> str:
        """Need what only a graph has."""
        return f"{x} {runtime}"

    toolbox = box(whose, StructuredTool.from_function(needs_runtime))
    assert list(toolbox.schema("whose")["properties"]) == ["x"]
    assert list(toolbox.schema("needs_runtime")["properties"]) == ["x"]
    assert toolbox.call("whose", {"x": 1}).text == "1 nobody True"
    assert toolbox.call("whose", {"x": 1, "user": "root"}).error_kind == "invalid"
    assert toolbox.call("needs_runtime", {"x": 1}).error_kind == "failed"


def test_two_tools_of_one_name_name_both_places() -> None:
    def other(a: int) -> int:
        """Do something else."""
        return a

    with pytest.raises(UsageError, match="Two tools are called 'add'") as error:
        box(add, tool(name="add")(other))
    assert str(error.value).count("test_toolbox.py, line ") == 2


def test_unknown_names() -> None:
    toolbox = box(add, draw)
    assert toolbox.names == ("add", "draw")
    assert toolbox.get("add") is add
    with pytest.raises(UsageError, match="no tool 'subtract'"):
        toolbox.get("subtract")
    observed = toolbox.call("subtract", {})
    assert (observed.ok, observed.error_kind) == (False, "invalid")
    assert observed.text == "There is no tool 'subtract'. There are: add, draw."


# arguments


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"a": 1}, "2"),
        ({"a": "3", "b": 4}, "7"),
        ({"a": 1, "b": None}, "2"),
        ('{"a": 5}', "6"),
        ({"A": 5}, "6"),
        ({"first_a": 5}, "6"),
    ],
)
def test_small_mistakes_are_repaired(arguments: Any, text: str) -> None:
    observed = box(add).call("add", arguments)
    assert (observed.ok, observed.text) == (True, text)
    assert set(box(add).validate("add", arguments)) <= {"a", "b"}


def test_json_text_is_read_where_no_text_is_wanted() -> None:
    observed = box(draw).call("draw", {"points": '[{"x": 1}, {"x": 2}]', "label": "[1]"})
    assert observed.text == "2 Colour.RED thin [1] 2"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "a: field required"),
        ({"a": "three"}, "a: input should be a valid integer"),
        ({"a": 1, "c": 2, "d": 3}, "Unknown argument 'c', 'd'; there are: a, b."),
        ([1, 2], "not an object"),
        ("1", "not an object"),
        (None, "not an object"),
        ({"a": {"deep": 1}}, "a: "),
    ],
)
def test_wrong_arguments_are_explained_and_nothing_is_called(arguments: Any, problem: str) -> None:
    observed = box(add).call("add", arguments)
    assert (observed.ok, observed.error_kind) == (False, "invalid")
    assert problem in observed.text
    assert observed.text.startswith("add was not called. ")
    assert observed.text.endswith("Call it as add(a: int, b: int = 1)")


def test_an_ambiguous_name_is_not_guessed() -> None:
    @tool(effects="none")
    def copy(source_path: str = "", target_path: str = "") -> str:
        """Copy."""
        return f"{source_path}>{target_path}"

    assert box(copy).call("copy", {"path": "a"}).error_kind == "invalid"
    assert box(copy).call("copy", {"source": "a", "target_path": "b"}).text == "a>b"


def test_a_dict_schema_is_validated_too() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}, "tags": {"type": "array"}},
        "required": ["n"],
    }
    made = StructuredTool(name="f", description="F.", args_schema=schema, func=lambda **kw: kw)
    toolbox = box(made)
    assert json.loads(toolbox.call("f", {"n": "2", "tags": "[1]"}).text) == {"n": 2, "tags": [1]}
    assert "less than the minimum" in toolbox.call("f", {"n": 0}).text
    assert "n: 'x' is not of type 'integer'" in toolbox.call("f", {"n": "x"}).text
    assert "'n' is a required property" in toolbox.call("f", {}).text


def test_a_dict_schema_that_is_none_is_refused() -> None:
    made = StructuredTool(
        name="f", description="F.", args_schema={"type": "odd"}, func=lambda **kw: kw
    )
    with pytest.raises(UsageError, match="not JSON schema"):
        box(made)


def test_validators_of_the_whole_model_are_used() -> None:
    class Even(BaseModel):
        n: int = Field(description="An even number.")

        @field_validator("n")
        @classmethod
        def check(cls, value: int) -> int:
            if value % 2:
                raise ValueError("must be even")
            return value

    def half(n: int) -> int:
        return n // 2

    made = StructuredTool(name="half", description="Halve.", args_schema=Even, func=half)
    assert box(made).call("half", {"n": 4}).text == "2"
    assert "must be even" in box(made).call("half", {"n": 3}).text


def test_other_kinds_of_langchain_tools() -> None:
    class Shout(BaseTool):
        name: str = "shout"
        description: str = "Say it loud."

        def _run(self, text: str, times: int = 1) -> str:
            return text.upper() * times

    simple = Tool(name="simple", description="Repeat.", func=lambda text: text)
    toolbox = box(Shout(), simple)
    assert toolbox.signatures[0] == "shout(text: str, times: int = 1) — Say it loud."
    assert toolbox.call("shout", {"text": "a", "times": 2}).text == "AA"
    assert toolbox.call("simple", {"tool_input": "b"}).text == "b"
    assert toolbox.call("simple", {}).error_kind == "invalid"


# outcomes


def raising(error: Exception, effects: str = "none") -> Toolbox:
    @tool(effects=effects)
    def go() -> str:
        """Go."""
        raise error

    return box(go)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (Retry("No such file.", hint="Use list_files."), "retry", "No such file. Use list_files."),
        (Failed("Disk full"), "failed", "Disk full."),
        (NeedsApproval("This sends."), "approval", "This sends."),
        (UsageError("Bad.", hint="Fix."), "failed", "Bad. Fix."),
        (ValueError("a\n  b"), "failed", "go failed with ValueError: a b"),
        (KeyError(), "failed", "go failed with KeyError: no message"),
        (ToolException("no luck"), "failed", "go failed with ToolException: no luck"),
        (RecursionError("deep"), "failed", "go failed with RecursionError: deep"),
    ],
)
def test_every_exception_becomes_an_observation(error: Exception, kind: str, text: str) -> None:
    observed = raising(error).call("go", {})
    assert (observed.ok, observed.error_kind, observed.text) == (False, kind, text)
    assert "Traceback" not in observed.text


def test_what_the_caller_wants_to_see_is_let_through() -> None:
    class Pause(Exception):
        pass

    @tool(effects="none")
    def wait() -> str:
        """Wait."""
        raise Pause

    with pytest.raises(Pause):
        box(wait, let_through=(Pause,)).call("wait", {})
    assert box(wait).call("wait", {}).error_kind == "failed"


def test_an_error_that_the_tool_handles_itself_is_still_one() -> None:
    def fail() -> str:
        raise ToolException("handled")

    made = StructuredTool.from_function(
        fail, name="fail", description="Fail.", handle_tool_error=True
    )
    observed = box(made).call("fail", {})
    assert (observed.ok, observed.error_kind, observed.text) == (False, "failed", "handled")


def test_content_and_artifact_tools_show_their_content() -> None:
    def both() -> tuple[list[dict[str, Any]], object]:
        return [{"type": "text", "text": "seen"}, {"type": "image", "base64": "x"}], object()

    made = StructuredTool.from_function(
        both, name="both", description="Both.", response_format="content_and_artifact"
    )
    assert box(made).call("both", {}).text == "seen\n[image]"


def test_async_tools_run_with_and_without_a_loop() -> None:
    @tool(effects="none")
    async def double(x: int) -> int:
        """Double."""
        await asyncio.sleep(0)
        return 2 * x

    toolbox = box(double)
    assert toolbox.call("double", {"x": 2}).text == "4"

    async def within() -> str:
        return toolbox.call("double", {"x": 3}).text

    assert asyncio.run(within()) == "6"


@pytest.mark.parametrize(
    ("effects", "untrusted", "private"),
    [("none", False, False), ("read", False, True), ("network", True, False), ("write", 0, 0)],
)
def test_flow_marks_follow_the_effects(effects: str, untrusted: bool, private: bool) -> None:
    @tool(effects=effects)
    def give() -> str:
        """Give."""
        return "x"

    @tool(effects=effects)
    def turn() -> Output:
        """Turn the marks round."""
        return Output("x", untrusted=not untrusted, private=not private)

    for toolbox, name in ((box(give), "give"), (raising(Failed("x"), effects), "go")):
        observed = toolbox.call(name, {})
        assert (observed.untrusted, observed.private) == (untrusted, private)
    observed = box(turn).call("turn", {})
    assert (observed.untrusted, observed.private) == (not untrusted, not private)


def test_outputs_are_taken_over() -> None:
    @tool(effects="write")
    def make() -> Output:
        """Make."""
        return Output("made", files=("a.txt",), sources=("b.txt:1-2",))

    observed = box(make).call("make", {})
    assert (observed.text, observed.files, observed.sources) == ("made", ("a.txt",), ("b.txt:1-2",))
    assert observed.ok
    assert 0 <= observed.seconds < 5
    assert not observed.truncated


def test_long_texts_are_cut_with_the_way_to_see_more() -> None:
    @tool(effects="none")
    def long(hint: bool) -> Output:
        """Give much."""
        return Output("line\n" * 100, more="long(from=50) gives more." if hint else "")

    toolbox = box(long, max_chars=52)
    observed = toolbox.call("long", {"hint": True})
    assert observed.truncated
    shown = "\n".join(["line"] * 10)
    assert observed.text == (
        f"{shown}\n… cut: 49 of 500 characters shown; long(from=50) gives more."
    )
    assert "smaller part" in toolbox.call("long", {"hint": False}).text


@given(some.text(max_size=200), some.integers(1, 100))
def test_cutting_keeps_the_beginning(text: str, max_chars: int) -> None:
    @tool(effects="none")
    def echo() -> str:
        """Echo."""
        return text

    observed = box(echo, max_chars=max_chars).call("echo", {})
    assert observed.truncated == (len(text) > max_chars)
    kept = observed.text.split("\n… cut: ")[0] if observed.truncated else observed.text
    assert text.startswith(kept)
    assert len(kept) <= max_chars


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "Done; the tool returned nothing."),
        ({"é": [1, None]}, '{"é": [1, null]}'),
        ((1, 2), "[1, 2]"),
        (True, "true"),
        (b"abc", "[3 bytes]"),
        (Point(x=1), '{"x":1,"y":0,"title":null}'),
        (Output("x"), None),
        (Colour.RED, "Colour.RED"),
        ([], "[]"),
    ],
)
def test_results_as_text(value: Any, text: str | None) -> None:
    assert text is None or text_of(value) == text


def test_lone_surrogates_do_not_reach_the_model() -> None:
    @tool(effects="none")
    def odd() -> str:
        """Odd."""
        return "a\udc80b"

    assert box(odd).call("odd", {}).text == "a?b"


def test_as_tools() -> None:
    def twice(x: int) -> int:
        """Double a number."""
        return 2 * x

    made = as_tools([add, twice])
    assert made[0] is add
    assert Toolbox(made).call("twice", {"x": 4}).text == "8"
    assert Toolbox(made).call("twice", {"x": 4}).untrusted
    for wrong in ("text", 3, Point, object(), lambda x: x):
        with pytest.raises(UsageError) as error:
            as_tools([wrong])
        assert error.value.hint


@given(
    some.dictionaries(
        some.text(max_size=8),
        some.recursive(
            some.none() | some.booleans() | some.integers() | some.text(max_size=8),
            lambda inner: some.lists(inner, max_size=3),
        ),
        max_size=4,
    )
)
def test_no_arguments_end_a_run(arguments: dict[str, Any]) -> None:
    observed = box(add).call("add", arguments)
    assert observed.ok or observed.error_kind == "invalid"
