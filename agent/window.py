"""How much a model's window holds, and how many tokens a text is in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from langchain_core.language_models.chat_models import BaseChatModel


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a model."""

    tokens: int
    """What it holds, of prompt and output together."""
    count: Callable[[str], int]
    """Tokens of a text."""


def window_of(model: BaseChatModel) -> Window | None:
    """The window of a model; None where nothing says how much it holds.

    A model that brings a vocabulary counts in it. For any other the tokens are estimated:
    LangChain's own count would load, and perhaps download, the vocabulary of another model.
    """
    tokens = (model.profile or {}).get("max_input_tokens")
    if not tokens:
        return None
    counts = type(model).get_num_tokens is not BaseChatModel.get_num_tokens
    return Window(tokens, model.get_num_tokens if counts else estimate)


_PART = re.compile(r"[a-zA-Z]{1,4}|\n|[^\sa-zA-Z]")


def estimate(text: str) -> int:
    """Tokens of a text in most vocabularies, rather too many than too few.

    One for four Latin letters of a word, and one for each digit, each sign and each letter of
    another script.
    """
    return sum(1 for _ in _PART.finditer(text))
