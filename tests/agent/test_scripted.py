"""ScriptedModel fails where a real model could not have said what the script says."""

from __future__ import annotations

import pytest

from nomoat.agent.decision import object_schema, text_schema
from nomoat.agent.errors import ScriptError
from nomoat.agent.scripted import ScriptedModel, answer, call, plan

SCHEMA = object_schema({"steps": {"type": "array", "items": text_schema(20)}})


def test_it_says_its_lines_in_order_and_keeps_what_it_was_asked() -> None:
    with ScriptedModel(["one", "two"]) as model:
        assert model.invoke("a").text == "one"
        assert "".join(str(chunk.text) for chunk in model.stream("b")) == "two"
    assert [str(prompt[-1].text) for prompt in model.prompts] == ["a", "b"]


def test_a_line_that_was_not_used_fails() -> None:
    with (
        pytest.raises(ScriptError, match=r"1 lines of the script were not used.*two"),
        ScriptedModel(["one", "two"]) as model,
    ):
        model.invoke("a")


def test_an_error_inside_is_not_hidden_by_lines_that_are_left() -> None:
    with pytest.raises(KeyError), ScriptedModel(["one"]):
        raise KeyError("mine")


def test_one_line_too_few_fails_and_says_where() -> None:
    with pytest.raises(ScriptError, match="one more was asked for") as raised:
        ScriptedModel([]).invoke("the last question")
    assert "the last question" in raised.value.hint


@pytest.mark.parametrize("line", ["no JSON", '{"steps": 3}', plan("x" * 21), answer("x")])
def test_a_line_has_to_fit_what_was_asked_for(line: str) -> None:
    with pytest.raises(ScriptError, match="not what a model could say here"):
        ScriptedModel([line]).invoke("a", schema=SCHEMA)
    assert ScriptedModel([plan("x")]).invoke("a", schema=SCHEMA).text == plan("x")


def test_a_script_may_think_what_it_likes() -> None:
    thought = {"type": "string", "pattern": "^It says"}
    answers = object_schema({"thought": thought, "answer": text_schema(5)})
    calls = object_schema(
        {"thought": thought, "tool": {"const": "t"}, "args": {"maxProperties": 0}}
    )
    for schema in (answers, {"anyOf": [calls, answers]}):
        assert ScriptedModel([answer("4")]).invoke("a", schema=schema).text == answer("4")
        with pytest.raises(ScriptError):
            ScriptedModel([answer("too long")]).invoke("a", schema=schema)
    assert answers["properties"]["thought"] is thought


def test_lines_are_written_as_a_model_writes_them() -> None:
    assert plan("a", "b") == '{"steps": ["a", "b"]}'
    assert call("t", "why", x=1).startswith('{"thought": "why", ')
    assert answer("4", "sure").startswith('{"thought": "sure", ')
