"""Goals with and without episodes: does it help to be told of a goal like this one?

    python tests/benchmarks/episodes.py [--model NAME] [--pairs N] [--json]

Fourteen pairs of goals of one kind (`goal_pairs.py`). All first goals are tried and remembered, in
one store, as a person's runs would be. Then every second goal is tried twice, in fresh folders:
with that store and without any; which comes first alternates. The model is loaded once. The second
goals are not remembered themselves, so that each sees the first ones only.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from goal_pairs import PAIRS, Pair
from trials import HEAD, Sum, Tried, line, listed, progress, tried

from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.config.keys import DEFAULT_MODEL
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.opening.past import general
from nomoat.memory.episodes import Episode, Episodes

BUDGET = Budget(steps=10, seconds=240)


class Told(Episodes):
    """Tells of what was reached, and remembers nothing more."""

    def add(self, episode: Episode) -> None:
        """Nothing."""


def measure(pairs: tuple[Pair, ...], make: Callable[..., Agent], folder: Path) -> dict[str, Any]:
    """All outcomes: of the first goals, and of the second ones with and without episodes."""
    file, of = folder / "episodes.db", 3 * len(pairs)
    first: list[Tried] = []
    for pair in pairs:
        first.append(tried(pair.first, partial(make, episodes=Episodes(file)), BUDGET))
        progress(len(first), of, "first", first[-1])
    sides: dict[str, list[Tried]] = {"with": [], "without": []}
    told: list[list[str]] = []
    for number, pair in enumerate(pairs):
        held = Told(file)
        alike = held.similar(general(pair.then.goal))
        told.append([one.goal for one in alike if one.tools])
        for side in sorted(sides, reverse=bool(number % 2)):
            episodes = held if side == "with" else None
            outcome = tried(pair.then, partial(make, episodes=episodes), BUDGET)
            sides[side].append(outcome)
            at = len(first) + sum(map(len, sides.values()))
            progress(at, of, side, outcome)
    return {"first": first, **sides, "told": told}


def table(found: dict[str, Any]) -> list[str]:
    """The figures, a line for each side, and for the goals that were told of another."""
    helped = [at for at, goals in enumerate(found["told"]) if goals]
    rows = [HEAD, line("first goals, remembered", Sum.of(found["first"]))]
    for side in ("with", "without"):
        rows.append(line(f"second goals, {side} episodes", Sum.of(found[side])))
    for side in ("with", "without"):
        some = [found[side][at] for at in helped]
        rows.append(line(f"those told of another, {side}", Sum.of(some)))
    return rows


def main() -> None:
    """Print the table, or all outcomes as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default=DEFAULT_MODEL, help="catalogue name or GGUF file")
    parser.add_argument("--pairs", type=int, default=len(PAIRS), help="only the first N pairs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    model = ChatLlama(model=options.model)
    with tempfile.TemporaryDirectory(prefix="nomoat-episodes-") as name:
        found = measure(PAIRS[: options.pairs], partial(Agent, model), Path(name))
    if options.json:
        sums = {side: asdict(Sum.of(found[side])) for side in ("first", "with", "without")}
        outcomes = {side: listed(found[side]) for side in ("first", "with", "without")}
        data = {"model": options.model, "sums": sums, "outcomes": outcomes, "told": found["told"]}
        print(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        print("\n".join(table(found)))


if __name__ == "__main__":
    main()
