"""Tools made of functions, and what nomoat knows of them."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import BaseTool, StructuredTool

from nomoat.memory.errors import UsageError
from nomoat.tools.base import ALL_EFFECTS, Effect, Output, ToolSpec, parse_effects, spec_of, tool


def greet(name: str, times: int = 1) -> str:
    """Greet somebody.

    Politely.

    Args:
        name: Who is greeted.
        times: How often.

    Returns:
        The greeting.
    """
    return " ".join([f"Hello {name}."] * times)


def test_a_function_becomes_a_tool() -> None:
    made = tool(greet)
    assert isinstance(made, BaseTool)
    assert made.name == "greet"
    assert made.description == "Greet somebody.\n\nPolitely."
    assert made.args["name"]["description"] == "Who is greeted."
    assert made.invoke({"name": "Ada", "times": 2}) == "Hello Ada. Hello Ada."


def test_a_tool_that_does_not_say_counts_as_doing_everything() -> None:
    assert spec_of(tool(greet)).effects == ALL_EFFECTS
    assert spec_of(StructuredTool.from_function(greet)).effects == ALL_EFFECTS


def test_effects_and_hooks_are_kept() -> None:
    made = tool(
        effects="read, write",
        name="hello",
        preview=lambda args: f"to {args['name']}",
        targets=lambda args: [args["name"]],
        choices={"name": lambda: ["Ada"]},
        uses=["say hello to somebody"],
        grounded=["name"],
    )(greet)
    spec = spec_of(made)
    assert made.name == "hello"
    assert spec.effects == {Effect.READ, Effect.WRITE}
    assert spec.preview is not None
    assert spec.preview({"name": "Ada"}) == "to Ada"
    assert spec.targets is not None
    assert spec.targets({"name": "Ada"}) == ["Ada"]
    assert spec.choices["name"]() == ["Ada"]
    assert (spec.uses, spec.grounded) == (("say hello to somebody",), ("name",))


def test_a_read_only_hint_of_a_server_is_believed_only_so_far() -> None:
    foreign = StructuredTool.from_function(greet, metadata={"readOnlyHint": True})
    assert spec_of(foreign).effects == {Effect.READ, Effect.NETWORK}


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", set()),
        ("none", set()),
        ("network", {Effect.NETWORK}),
        (" read ,execute", {Effect.READ, Effect.EXECUTE}),
        (Effect.WRITE, {Effect.WRITE}),
        (["read", Effect.WRITE], {Effect.READ, Effect.WRITE}),
    ],
)
def test_effects_are_parsed(given: Any, meant: set[Effect]) -> None:
    assert parse_effects(given) == meant


def test_an_unknown_effect_is_refused() -> None:
    with pytest.raises(UsageError, match="'writes'") as error:
        parse_effects("writes")
    assert "read, write, network, execute" in error.value.hint


def test_an_async_function_is_run_as_one() -> None:
    @tool(effects="none")
    async def slow(x: int) -> int:
        """Double a number."""
        return 2 * x

    assert isinstance(slow, StructuredTool)
    assert slow.func is None
    assert slow.coroutine is not None


def test_what_a_function_must_say() -> None:
    def silent(x: int) -> int:
        return x

    def untyped(x, y: int = 1):  # type: ignore[no-untyped-def]
        """Do something."""

    def many(*numbers: int) -> int:
        """Add numbers."""
        return sum(numbers)

    def strange(x: Unheard) -> int:  # type: ignore[name-defined]  # noqa: F821
        """Do something."""

    for function, problem in (
        (silent, "no docstring"),
        (untyped, "no type for its argument 'x'"),
        (many, "any number of arguments"),
        (strange, "Unheard"),
    ):
        with pytest.raises(UsageError, match=problem) as error:
            tool(function)
        assert error.value.hint


def test_output_is_its_text_to_other_frameworks() -> None:
    assert str(Output("text", files=("a",))) == "text"
    assert Output("x").untrusted is None
    assert ToolSpec().choices == {}
