"""`ask_user`: for interactive runs, where somebody is there to answer."""

from __future__ import annotations

from collections.abc import Callable

from langchain_core.tools import BaseTool

from nomoat.tools.base import tool
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.uses import USES

MAX_QUESTION = 500


def ask_tool(ask: Callable[[str], str]) -> BaseTool:
    """`ask_user` over `ask`, which shows a question and gives the answer, empty for none.

    Offer it only where a person can answer: nothing here looks for a terminal.
    """

    @tool(effects="none", uses=USES["ask_user"])
    def ask_user(question: str) -> str:
        """Ask the person one short question that only they can answer.

        Args:
            question: The question.
        """
        question = " ".join(question.split())
        if not question or len(question) > MAX_QUESTION:
            raise Retry("The question is empty or too long.", hint="Ask one short question.")
        try:
            answer = ask(question).strip()
        except EOFError:
            answer = ""
        if not answer:
            raise Failed("The person gave no answer.", hint="Go on without it.")
        return answer

    return ask_user
