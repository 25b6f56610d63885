"""A prompt that lost a part of its middle: what stands behind the gap is not evaluated again."""

from __future__ import annotations

from collections.abc import Sequence

from nomoat.agent.llm.engine import Engine, common

WORTH = 32
"""Tokens behind a gap from which on they are moved; fewer are evaluated as soon."""


def close_gaps(engine: Engine, prompt: Sequence[int], beginning: int) -> int:
    """Take out of what the engine holds what `prompt` has lost, so that more of it is held.

    Where the model's state cannot be moved, nothing changes and the prompt is read as any other.

    Args:
        engine: what it holds afterwards is not the state that reading it would give, but near to
            it (see `Engine.drop`).
        prompt: what is going to be read.
        beginning: so many tokens have to be held as they are; else it is another conversation,
            and nothing is moved.

    Returns:
        Tokens that were taken out.
    """
    dropped = 0
    while True:
        held = engine.tokens
        same = common(held, prompt)
        if same < min(beginning, len(prompt)):
            return dropped
        end = goes_on(held, prompt, same)
        if not end or not engine.drop(same, end):
            return dropped
        dropped += end - same


def goes_on(held: Sequence[int], prompt: Sequence[int], at: int) -> int:
    """Where in `held`, behind a gap, the prompt goes on from `at`; 0: nowhere for long enough.

    Of several places it is the one from which most follows.
    """
    start, best, end = prompt[at : at + WORTH], 0, 0
    if len(start) < WORTH:
        return 0
    for place in range(at + 1, len(held) - WORTH + 1):
        if held[place] == start[0] and list(held[place : place + WORTH]) == list(start):
            follows = common(held[place:], prompt[at:])
            if follows > best:
                best, end = follows, place
    return end
