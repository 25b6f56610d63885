"""Plain goals with 6, 20 and 60 tools installed, with the tools in view and without.

    python tests/benchmarks/tools_in_view.py [--model NAME] [--goals N] [--installed N,N] [--json]

The same dozen goals (`plain_goals.py`) each time. Six of nomoat's own tools are what they need; the
others are plugins (`plugins/`) with typed signatures, loaded as a person's are, that have nothing
to tell. With the view, the tools that fit a goal are offered first; without it, all that the goal's
contract leaves are: those that reach the network only where a goal speaks of it. The model is
loaded once; each number of tools has a prompt of its own, whose reading falls into its first goal,
so medians say more than means. Which side comes first alternates.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.tools import BaseTool
from plain_goals import GOALS, NEEDED
from trials import HEAD, Sum, Trial, Tried, line, listed, progress, tried

from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.config.keys import DEFAULT_MODEL
from nomoat.agent.llm.llama import ChatLlama
from nomoat.memory.embed import MiniLM
from nomoat.tools.plugins import load_plugins
from nomoat.tools.view import View

BUDGET = Budget(steps=10, seconds=240)
INSTALLED = (6, 20, 60)
SIDES = ("view", "all")
PLUGINS = Path(__file__).resolve().parent / "plugins"


class Installed(Agent):
    """An agent with the tools that the goals need, and plugins; what fits is in view, or all."""

    def __init__(self, *args: Any, in_view: bool, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._in_view = in_view

    def _builtin_tools(self) -> list[BaseTool]:
        return [one for one in super()._builtin_tools() if one.name in NEEDED]

    @cached_property
    def _view(self) -> View:
        return View(self.toolbox, MiniLM() if self._in_view else None)


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcomes with so many tools installed, in view or all."""

    installed: int
    side: str
    outcomes: list[Tried] = field(default_factory=list)

    @property
    def name(self) -> str:
        said = "in view: what fits" if self.side == "view" else "all offered"
        return f"{self.installed:2} tools, {said}"


def plugins() -> list[BaseTool]:
    """The plugins, mixed by subject.

    Raises:
        SystemExit: one of them cannot be loaded.
    """
    loaded = load_plugins([PLUGINS], user=Path(os.devnull), installed=False)
    if loaded.problems:
        raise SystemExit("\n".join(loaded.problems))
    tools = loaded.tools
    return [one for start in range(4) for one in tools[start::4]]


def measure(
    model: BaseChatModel, goals: Sequence[Trial], installed: Sequence[int]
) -> Iterator[Measured]:
    """All outcomes, for each number of tools first those with the view."""
    others, done = plugins(), 0
    for many in installed:
        sides = {side: Measured(many, side) for side in SIDES}
        extra = others[: many - len(NEEDED)]
        for number, goal in enumerate(goals):
            for side in SIDES if number % 2 else reversed(SIDES):
                make = partial(Installed, model, extra, in_view=side == "view")
                outcome = tried(goal, make, BUDGET)
                sides[side].outcomes.append(outcome)
                done += 1
                progress(done, 2 * len(goals) * len(installed), sides[side].name, outcome)
        yield from sides.values()


def main() -> None:
    """Print the table, or all outcomes as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", default=DEFAULT_MODEL, help="catalogue name or GGUF file")
    parser.add_argument("--goals", type=int, default=len(GOALS), help="only the first N goals")
    parser.add_argument("--installed", default=",".join(map(str, INSTALLED)))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    installed = [int(many) for many in options.installed.split(",")]
    if not all(len(NEEDED) <= many <= len(NEEDED) + len(plugins()) for many in installed):
        parser.error(f"--installed has to be from {len(NEEDED)} to {len(NEEDED) + len(plugins())}")
    found = list(measure(ChatLlama(model=options.model), GOALS[: options.goals], installed))
    if options.json:
        rows = [
            {"installed": one.installed, "side": one.side, **asdict(Sum.of(one.outcomes))}
            for one in found
        ]
        outcomes = {one.name: listed(one.outcomes) for one in found}
        data = {"model": options.model, "rows": rows, "outcomes": outcomes}
        print(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        print("\n".join([HEAD, *(line(one.name, Sum.of(one.outcomes)) for one in found)]))


if __name__ == "__main__":
    main()
