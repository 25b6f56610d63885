"""Many goals in a row: one agent, and the model stays warm between them.

python examples/many_goals.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from nomoat.agent import Agent, Budget

FOLDER = Path(__file__).parent / "hello"
GOALS = (
    "What is 17% of 2,340?",
    "How many rows does sales.csv have?",
)

agent = Agent(workspace=FOLDER, budget=Budget(steps=8, seconds=120))
runs = []
for goal in GOALS:
    run = agent.run(goal)
    runs.append(run)
    print(f"{goal}\n  {run.answer or run.error}")
    print(f"  {run.status} in {run.seconds:.1f} s, run {run.run_id}")
sys.exit(max(run.exit_status for run in runs))
