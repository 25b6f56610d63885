"""A plugin: `@tool`, types and a docstring make a tool of a function, in three lines at least.

python examples/plugin.py
nomoat --tools examples/plugin.py "How many lamps are in stock?"
"""

from __future__ import annotations

import sys
import tempfile

from nomoat.tools import Retry, tool

STOCK = {"lamp": 17, "chair": 4, "desk": 0}


@tool(effects="none")
def stock(article: str) -> int:
    """How many pieces of an article are in stock.

    Args:
        article: Its name in the singular, such as lamp.
    """
    if article not in STOCK:
        # what a tool raises is told to the model, and the run goes on
        raise Retry(f"There is no {article!r}.", hint=f"There are: {', '.join(STOCK)}.")
    return STOCK[article]


if __name__ == "__main__":
    from nomoat.agent import Agent

    # builtin=False leaves nomoat's own tools out: a shorter prompt to read
    with tempfile.TemporaryDirectory() as workspace:
        agent = Agent(tools=[stock], builtin=False, workspace=workspace)
        run = agent.run("How many lamps are in stock?")
    print(run.answer or run.error)
    sys.exit(run.exit_status)
