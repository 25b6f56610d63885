"""Long runs: what the model is shown stays inside its window, however many steps there are.

When the transcript nears the window, the oldest steps leave it, and a note of what they brought
stands in their place (`nomoat.agent.fold_note`). What was given at the start and the last steps
stay as they are. Nothing is lost by that: the steps stay in the state and on disk, evidence is
looked for in all of them, and a call that was made before shows its result again.

A fold is decided from the goal, the steps and their sizes alone, and is recorded in the state: a
run that is resumed shows the model the same. It takes out so much that the next one is far, and it
puts the note behind what stays, so that a model in this process only has to evaluate the note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nomoat.agent import prompts
from nomoat.agent.fold_note import note
from nomoat.agent.state import Fold, State, Step, fold_of
from nomoat.agent.window import Window

KEPT = 2
"""The last steps, which stay where they fit; the last one always does."""
NOTE_SHARE = 6
"""The note takes at most this part of what the beginning leaves."""
FRAME = 10
"""Tokens around a message, at most: chat templates put role and end marks there."""
SLACK = 32
"""Tokens a prompt may have beyond what is counted here."""
LEAST = 200
"""Characters of an observation that are shown whatever its length."""


class Folding:
    """Folds the steps of one run; counts each of them once.

    Args:
        window: of the model; None: nothing is ever folded.
        system: the fixed prefix.
        reserve: tokens that are kept free for what the model writes.
    """

    def __init__(self, window: Window | None, system: str, reserve: int) -> None:
        self._window = window
        self._system = system
        self._reserve = reserve
        self._fixed = 0
        self._sizes: list[int] = []

    def of(self, state: State) -> Fold | None:
        """The fold to be made before the model is asked; None where what is shown fits."""
        steps = state.get("steps", [])
        if self._window is None or not steps:
            return None
        count, last = self._window.count, fold_of(state)
        limit = self._window.tokens - min(self._reserve, self._window.tokens // 4) - SLACK
        self._fixed = self._fixed or count(self._system) + count(state["opening"]) + 3 * FRAME
        self._sizes += [size(step, count) for step in steps[len(self._sizes) :]]
        room = limit - self._fixed
        return fold(steps, self._sizes, room, goal=state["goal"], count=count, last=last)


def size(step: Step, count: Callable[[str], int], last: Fold | None = None) -> int:
    """Tokens that a step takes in the transcript, with the note that stands in it."""
    said = len(step.said.tokens) or count(step.said.text)
    mine = last if last is not None and last.at == step.n else None
    return said + count(prompts.shown(step, mine)) + 2 * FRAME


def fold(
    steps: Sequence[Step],
    sizes: Sequence[int],
    room: int,
    *,
    goal: str,
    count: Callable[[str], int],
    last: Fold | None = None,
) -> Fold | None:
    """Which steps are not shown any more, and the note on them; None where all that is shown fits.

    Args:
        steps: all of the run's, from the first on.
        sizes: tokens of each of them, without any note.
        room: tokens that the steps and the note may take.
        goal: results that speak of it are noted first.
        count: tokens of a text.
        last: the fold that holds.

    Returns:
        A fold that shows less than `last` does; where the last step alone is too long for the
        room, with less of its observation.
    """
    if used(steps, sizes, count, last) <= room:
        return None
    newest, least = len(steps) - 1, _least(last)
    upto = max(_upto(sizes, room - room // NOTE_SHARE), min(least, newest))
    text = _noted(goal, steps[:upto], room // NOTE_SHARE, count) if upto else ""
    made = Fold(steps[-1].n, upto, text)
    over = used(steps, sizes, count, made) - room
    if over > 0:
        made = Fold(made.at, upto, text, _clip(steps[-1], over, count, made))
    return made if made != last else None


def used(
    steps: Sequence[Step],
    sizes: Sequence[int],
    count: Callable[[str], int],
    fold: Fold | None,
) -> int:
    """Tokens that the steps take in the transcript, with a fold."""
    if fold is None:
        return sum(sizes)
    noted = size(steps[fold.at - 1], count, fold) - sizes[fold.at - 1]
    return sum(sizes[fold.upto :]) + (noted if fold.at > fold.upto else 0)


def _least(last: Fold | None) -> int:
    """What is out of sight stays so; what was shown in part is not shown whole again."""
    if last is None:
        return 0
    return last.at if last.clip else last.upto


def _upto(sizes: Sequence[int], room: int) -> int:
    """How many steps leave, so that the others take half of the room: the next fold is far then."""
    kept = taken = 0
    for one in reversed(sizes):
        if kept and taken + one > (room if kept < KEPT else room // 2):
            break
        taken, kept = taken + one, kept + 1
    return len(sizes) - kept


def _noted(goal: str, steps: Sequence[Step], room: int, count: Callable[[str], int]) -> str:
    """The longest note that takes no more than so many tokens, or nearly."""
    chars = 4 * room
    while True:
        text = note(goal, steps, chars)
        took = count(text)
        if took <= room or chars <= LEAST:
            return text
        chars = max(min(chars, len(text)) * room * 19 // (took * 20), LEAST)


def _clip(step: Step, over: int, count: Callable[[str], int], made: Fold) -> int:
    """Characters of an observation to be shown, so that it takes `over` tokens less."""
    whole, chars = size(step, count, made), len(step.observation.text)
    while chars > LEAST:
        chars = max(chars * 9 // 10, LEAST)
        shown = Fold(made.at, made.upto, made.note, chars)
        if size(step, count, shown) <= whole - over:
            break
    return chars
