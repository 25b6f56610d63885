"""What is guessed is what stands somewhere already, and guessing pays or stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.llm import lookup as lookup_module
from nomoat.agent.llm.lookup import GUESSES, Lookup

TOKENS = st.lists(st.integers(0, 5), max_size=60)
"""A small vocabulary, in which much is repeated."""


def followers(tokens: list[int], most: int) -> list[int]:
    """What a lookup has to find, looked for plainly."""
    for size, count in reversed(GUESSES):
        for end in range(len(tokens) - 1, size - 1, -1):
            if tokens[end - size : end] == tokens[-size:]:
                return tokens[end : end + min(count, most)]
    return []


@given(TOKENS, TOKENS, st.integers(0, 9))
def test_what_followed_the_last_tokens_before_is_proposed(
    read: list[int], written: list[int], most: int
) -> None:
    lookup = Lookup(read)
    for token in written:
        lookup.add([token])
    assert lookup.propose(most) == followers([*read, *written], most)


@given(st.lists(st.integers(0, 2**31 - 1), max_size=40), st.integers(1, 9))
def test_tokens_of_any_vocabulary_are_kept_apart(tokens: list[int], most: int) -> None:
    assert Lookup(tokens).propose(most) == followers(tokens, most)


def test_bytes_that_lie_across_two_tokens_are_no_match() -> None:
    # the bytes of 1, 1, 1 stand in those of 256, 256, 256, 0 too, one byte further on
    assert Lookup([9, 256, 256, 256, 0, 7, 7, 1, 1, 1]).propose(3) == []


def test_the_longer_the_match_the_more_is_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup_module, "GUESSES", ((3, 1), (8, 3), (32, 7)))
    line = list(range(100, 160))
    lookup = Lookup([1, 2, *line, 3])
    lookup.add(line[:2])
    assert lookup.propose(9) == []
    lookup.add(line[2:3])
    assert lookup.propose(9) == line[3:4]
    lookup.add(line[3:8])
    assert lookup.propose(9) == line[8:11]
    assert lookup.propose(2) == line[8:10]
    assert lookup.propose(0) == []
    lookup.add(line[8:32])
    assert lookup.propose(9) == line[32:39]


def test_the_latest_place_counts() -> None:
    assert Lookup([4, 5, 6, 7, 4, 5, 6, 8, 4, 5, 6]).propose(1) == [8]
