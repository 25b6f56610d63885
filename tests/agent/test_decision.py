"""What the model may say: schemas that admit what is meant and nothing else."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLMatcher

from nomoat.agent.decision import (
    TEXT_CHARS,
    Decision,
    ToolCall,
    bounded,
    decision_schema,
    plan_schema,
    read_decision,
    read_plan,
    read_program,
    thought_so_far,
)
from nomoat.agent.llm.llama import json_grammar
from nomoat.agent.prompts import STILL_TO_DO, all_is_done, it_says
from nomoat.tools.base import tool
from nomoat.tools.toolbox import Toolbox


@tool(effects="none")
def add(a: float, b: float) -> str:
    """Add two numbers."""
    return str(a + b)


@tool(effects="read")
def look(path: str) -> str:
    """Look at a file."""
    return path


BOX = Toolbox([add, look])


def valid(said: Any, schema: dict[str, Any]) -> bool:
    try:
        jsonschema.validate(said, schema)
    except jsonschema.ValidationError:
        return False
    return True


CALL = {"thought": "t", "tool": "add", "args": {"a": 1, "b": 2}}
ANSWER = {"thought": "t", "answer": "3"}


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        (CALL, True),
        (ANSWER, True),
        ({**CALL, "tool": "subtract"}, False),
        ({**CALL, "args": {"a": 1}}, False),
        ({**CALL, "args": {"a": 1, "b": 2, "c": 3}}, False),
        ({**CALL, "args": {"a": "one", "b": 2}}, False),
        ({**CALL, **ANSWER}, False),
        ({**ANSWER, "thought": "x" * 1000}, False),
        ({"answer": "3"}, False),
        ({**ANSWER, "answer": ""}, False),
    ],
)
def test_a_decision_is_a_call_that_fits_its_tool_or_an_answer(said: Any, allowed: bool) -> None:
    assert valid(said, decision_schema(BOX)) is allowed


def test_what_may_not_be_done_now_cannot_be_said() -> None:
    assert not valid(CALL, decision_schema(Toolbox([look])))
    assert not valid(ANSWER, decision_schema(BOX, may_answer=False))
    assert not valid(CALL, decision_schema(BOX, may_call=False))


def test_a_run_can_always_end() -> None:
    assert valid(ANSWER, decision_schema(Toolbox([]), may_answer=False))
    assert valid(ANSWER, decision_schema(BOX, may_call=False, may_answer=False))


def test_a_thought_can_be_held_to_a_form() -> None:
    form = r"^It says .{1,20}\.$"
    for said, held in ((CALL, {"before_call": form}), (ANSWER, {"before_answer": form})):
        schema = decision_schema(BOX, **held)
        assert valid({**said, "thought": "It says that 3 is there."}, schema)
        for thought in ("", "I think it is 3.", f"It says {'x' * 21}."):
            assert not valid({**said, "thought": thought}, schema)


def test_an_answer_can_begin_with_what_is_certain() -> None:
    schema = decision_schema(BOX, may_call=False, answer_begins="There is no a.txt here")
    for said in ("There is no a.txt here.", "There is no a.txt here, so nothing can be read."):
        assert valid({**ANSWER, "answer": said}, schema)
    for said in ("a.txt says 3.", "There is no a.txt", "There is no a.txt here but b.txt."):
        assert not valid({**ANSWER, "answer": said}, schema)


@pytest.mark.parametrize(
    ("thought", "calls", "answers"),
    [
        ("The result says 3. That is all.", False, True),
        ("The result says that 3 is there. Still to do: write it down.", True, False),
        ("I look at the result.", False, False),
        ("", False, False),
        (f"The result says {'x' * 1000}. That is all.", False, False),
    ],
)
def test_after_a_result_what_is_done_follows_from_what_the_thought_says(
    thought: str, calls: bool, answers: bool
) -> None:
    schema = decision_schema(BOX, before_call=STILL_TO_DO, before_answer=all_is_done())
    assert valid({**CALL, "thought": thought}, schema) is calls
    assert valid({**ANSWER, "thought": thought}, schema) is answers
    assert LLMatcher.validate_grammar(json_grammar(schema)) == ""


@pytest.mark.parametrize(
    ("thought", "fits"),
    [
        ("It says 3. It also says 4.", (False, True, False)),
        ("It says 3.", (True, False, False)),
        ("The result says 3. It also says 4. That is all.", (False, False, True)),
    ],
)
def test_each_part_of_a_goal_has_its_sentence(thought: str, fits: tuple[bool, ...]) -> None:
    forms = (it_says(), it_says(2), all_is_done(2))
    schemas = [decision_schema(BOX, before_answer=form) for form in forms]
    assert tuple(valid({**ANSWER, "thought": thought}, schema) for schema in schemas) == fits


def test_every_text_and_list_gets_a_limit_unless_it_has_one() -> None:
    schema = {
        "type": "object",
        "properties": {
            "free": {"type": "string"},
            "short": {"type": "string", "maxLength": 5},
            "one_of": {"type": "string", "enum": ["a"]},
            "many": {"type": "array", "items": {"type": "string"}},
        },
    }
    properties = bounded(schema)["properties"]
    assert properties["free"]["maxLength"] == TEXT_CHARS
    assert properties["short"]["maxLength"] == 5
    assert "maxLength" not in properties["one_of"]
    assert properties["many"]["items"]["maxLength"] == TEXT_CHARS
    assert properties["many"]["maxItems"] > 0
    assert "maxLength" not in schema["properties"]["free"]


def test_reading_what_was_said() -> None:
    assert read_decision(json.dumps(CALL)) == Decision("t", ToolCall("add", {"a": 1, "b": 2}))
    assert read_decision(json.dumps(ANSWER)) == Decision("t", answer="3")
    assert read_decision('{"thought": "I was cu') == Decision("I was cu")
    assert read_plan('{"steps": ["a ", "a", "b"]}') == ("a", "b")
    assert read_plan('{"steps": ["a') == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("```python\na = 3\nprint(a)\n```", "a = 3\nprint(a)"),
        ("Here it is:\n```\nprint(3)\n```\nThat prints 3.", "print(3)"),
        ("```py\nprint(3)", "print(3)"),  # cut by the limit
        ("print(3)\n", "print(3)"),
    ],
)
def test_a_program_is_read_as_a_call(text: str, code: str) -> None:
    assert read_program(text, "calculate").call == ToolCall("calculate", {"expression": code})


def test_what_is_said_in_the_place_of_a_program_counts_as_it_is() -> None:
    assert read_program(json.dumps(CALL), "calculate") == read_decision(json.dumps(CALL))
    assert read_program(json.dumps(ANSWER), "calculate").answer == "3"
    assert read_program("```python\n```", "calculate") == Decision("")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("The result says that north sold the most. That is all.", "North sold the most."),
        ("it is in notes.txt.", "It is in notes.txt."),
        ("élan, and no more", "Élan, and no more"),
        ("cellar.md contains the list.", "cellar.md contains the list."),
        ("The result says notes/tea.txt is the one. That is all.", "notes/tea.txt is the one."),
        ("www.example.org has it.", "www.example.org has it."),
        ("anna@example.org wrote it.", "anna@example.org wrote it."),
        ("http://127.0.0.1/a says so.", "http://127.0.0.1/a says so."),
        ("src/ and docs/ are there.", "src/ and docs/ are there."),
        ("unit_price is the column.", "unit_price is the column."),
        ("x86 is what it runs on.", "x86 is what it runs on."),
        ("eBay has it.", "eBay has it."),
        ("north.", "North."),
        ("That is all.", "That is all."),
    ],
)
def test_an_answer_begins_as_a_sentence_and_names_stay_as_they_are(said: str, answer: str) -> None:
    assert read_decision(json.dumps({"thought": "t", "answer": said})).answer == answer


@pytest.mark.parametrize(
    ("steps", "allowed"),
    [
        (["add the 2 numbers"], True),
        (["look: into notes.txt", "add what it says (all of it)"], True),
        ([], False),
        ([""], False),
        (["x" * 1000], False),
        (["another"] * 20, False),
    ],
)
def test_a_plan_is_a_few_short_steps_in_words(steps: list[str], allowed: bool) -> None:
    assert valid({"steps": steps}, plan_schema()) is allowed


def test_calls_that_say_the_same_have_one_key() -> None:
    one = ToolCall("look", {"path": "a  b", "n": 1})
    other = ToolCall("look", {"n": 1, "path": " a b "})
    assert one.key == other.key
    assert one.key != ToolCall("look", {"path": "c", "n": 1}).key
    assert one.key != ToolCall("read", {"path": "a b", "n": 1}).key


@given(st.text(max_size=80), st.data())
def test_the_thought_can_be_followed_while_it_is_written(thought: str, data: st.DataObject) -> None:
    whole = json.dumps({"thought": thought, "answer": "x"})
    cut = data.draw(st.integers(0, len(whole)))
    seen = thought_so_far(whole[:cut])
    # A character beyond the basic plane is two escapes: half of one may show for a moment.
    assert thought.startswith((seen, seen[:-1]))
    assert thought_so_far(whole) == thought
