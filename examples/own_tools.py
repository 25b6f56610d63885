"""A tool of your own: a function with types and a docstring, handed to the agent.

python examples/own_tools.py
"""

from __future__ import annotations

import sys
import tempfile

from nomoat.agent import Agent
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


# builtin=False leaves nomoat's own tools out: fewer to choose from, and a shorter prompt to read
with tempfile.TemporaryDirectory() as workspace:
    agent = Agent(tools=[stock], builtin=False, workspace=workspace)
    run = agent.run("How many lamps are in stock?")
print(run.answer)
sys.exit(run.exit_status)
