from __future__ import annotations

import pytest

from nomoat.tools.ask import ask_tool
from nomoat.tools.base import spec_of
from nomoat.tools.errors import Failed, Retry


def test_the_question_is_put_and_the_answer_given() -> None:
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return " the blue one \n"

    tool = ask_tool(ask)
    assert tool.invoke({"question": "Which\n one?"}) == "the blue one"
    assert asked == ["Which one?"]
    assert spec_of(tool).effects == frozenset()


def _gone(question: str) -> str:
    raise EOFError


@pytest.mark.parametrize("ask", [lambda question: "  ", _gone])
def test_no_answer_is_told(ask: object) -> None:
    with pytest.raises(Failed, match="no answer"):
        ask_tool(ask).invoke({"question": "Which?"})  # type: ignore[arg-type]


@pytest.mark.parametrize("question", [" ", "x" * 501])
def test_questions_are_short(question: str) -> None:
    with pytest.raises(Retry):
        ask_tool(lambda question: "yes").invoke({"question": question})
