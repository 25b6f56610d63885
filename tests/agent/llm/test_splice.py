"""What stands behind a gap in a conversation is kept, on the real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from nomoat.agent.llm.engine import Engine
from nomoat.agent.llm.generate import Sampling, Writer
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.llm.splice import WORTH, close_gaps, goes_on

STORY = "Private agents run on the machine of the person they work for, and nothing leaves it. "


@given(
    st.lists(st.integers(0, 9), max_size=20),
    st.lists(st.integers(10, 99), min_size=1, max_size=60),
    st.lists(st.integers(100, 999), min_size=WORTH, max_size=80),
    st.lists(st.integers(1_000, 1_009), max_size=20),
)
def test_where_a_prompt_goes_on_is_found(
    first: list[int], gone: list[int], stays: list[int], new: list[int]
) -> None:
    held, prompt = [*first, *gone, *stays], [*first, *stays, *new]
    assert goes_on(held, prompt, len(first)) == len(first) + len(gone)


def test_what_is_nowhere_or_too_short_is_not_found() -> None:
    few = list(range(WORTH - 1))
    assert goes_on([5, *few], few, 0) == 0
    assert goes_on(list(range(200)), list(range(500, 600)), 0) == 0


def test_of_several_places_it_is_the_one_from_which_most_follows() -> None:
    often = [7] * WORTH
    held = [1, *often, 2, *often, 3, 4, 5]
    assert goes_on(held, [*often, 3, 4, 5], 0) == 2 + WORTH


# -- on the real model ------------------------------------------------------------------------

model = pytest.mark.model


@pytest.fixture(scope="module")
def engine(tiny_model_path: Path) -> Engine:
    return Engine(tiny_model_path, context=1024, threads=1)


def parts(engine: Engine) -> tuple[list[int], list[int], list[int]]:
    """A beginning, what is taken out, and what stays behind it."""
    first = engine.tokenize("You are a helpful assistant. " + STORY)
    gone = engine.tokenize("The weather in Oslo was grey for a week. " * 8)
    stays = engine.tokenize("We count upwards: " + ", ".join(map(str, range(1, 40))) + ",")
    return first, gone, stays


@model
def test_a_gap_is_closed_without_reading_on(engine: Engine) -> None:
    first, gone, stays = parts(engine)
    engine.read([*first, *gone, *stays])
    assert engine.drop(len(first), len(first) + len(gone))
    assert engine.tokens == (*first, *stays)
    moved = engine.logits().copy()
    engine.read([3])
    engine.read([*first, *stays])
    again = engine.logits().copy()
    assert int(moved.argmax()) == int(again.argmax())
    assert np.corrcoef(moved, again)[0, 1] > 0.95  # near, not equal: see `Engine.drop`


@model
def test_moved_keys_are_at_their_new_positions(engine: Engine) -> None:
    """Keys left where they were would be told apart from those of a prompt read in one go."""
    first, gone, stays = parts(engine)
    engine.read([*first, *gone, *stays])
    engine.drop(len(first), len(first) + len(gone))
    told = "".join(
        piece
        for piece in Writer(engine).write([*first, *stays], sampling=Sampling(max_tokens=12))
        if isinstance(piece, str)
    )
    assert [part.strip() for part in told.split(",")][:2] == ["40", "41"]


@model
def test_of_a_prompt_with_gaps_only_what_is_new_is_evaluated(engine: Engine) -> None:
    first, gone, stays = parts(engine)
    other = engine.tokenize("Nothing happened on the second day either. " * 6)
    more = engine.tokenize(" The list of fruit: apples, pears, plums, grapes, figs and dates. " * 3)
    new = engine.tokenize(" And that was all of it.")
    engine.read([*first, *gone, *stays, *other, *more])
    prompt = [*first, *stays, *more, *new]
    assert close_gaps(engine, prompt, len(first)) == len(gone) + len(other)
    read = engine.read(prompt)
    assert (read.cached, read.evaluated) == (len(prompt) - len(new), len(new))


@model
def test_of_another_conversation_nothing_is_moved(engine: Engine) -> None:
    first, gone, stays = parts(engine)
    engine.read([*first, *gone, *stays])
    prompt = [*first[:5], *stays]
    assert close_gaps(engine, prompt, len(first)) == 0
    assert engine.tokens == (*first, *gone, *stays)
    assert engine.read(prompt).cached == 5


@model
def test_where_a_state_cannot_be_moved_the_prompt_is_read_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, gone, stays = parts(engine)
    engine.read([*first, *gone, *stays])
    monkeypatch.setattr(engine, "can_forget", False)  # as with a recurrent model
    assert close_gaps(engine, [*first, *stays], len(first)) == 0
    assert engine.tokens == (*first, *gone, *stays)


@model
def test_a_conversation_that_lost_its_middle_goes_on_in_few_tokens(tiny_model_path: Path) -> None:
    chat = ChatLlama(
        model=str(tiny_model_path), context=2048, threads=1, max_tokens=8, keep_prefix=False
    )
    beginning: list[BaseMessage] = [
        SystemMessage("You are brief. " + STORY * 4),
        HumanMessage("Goal: tell me about fruit."),
    ]
    turns = list[BaseMessage]()
    for fruit in ("apples", "pears", "plums", "figs"):
        said = chat.invoke([*beginning, *turns])
        turns += [said, HumanMessage(f"Result of look_up:\nThere are many {fruit} here. " * 4)]
    note = "Notes on steps 1 and 2: there are many apples and pears.\n\n"
    last = HumanMessage(note + str(turns[-1].text), response_metadata={"folded": True})
    said = chat.invoke([*beginning, *turns[4:-1], last])
    assert isinstance(said, AIMessage)
    assert evaluated(said) <= chat.get_num_tokens(str(last.text)) + 16
    fresh = chat.invoke([*beginning, *turns[4:-1], last], max_tokens=1)
    assert evaluated(fresh) == 1  # nothing is left to be moved or read
    chat.close()


def evaluated(said: Any) -> int:
    usage = said.usage_metadata
    return int(usage["input_tokens"] - usage["input_token_details"]["cache_read"])
