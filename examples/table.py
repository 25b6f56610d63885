"""Ask a table: the model writes SQL, and a database counts, adds up and compares.

python examples/table.py
python examples/table.py "a question about planets.csv and moons.csv"
"""

from __future__ import annotations

import sys
from pathlib import Path

from nomoat.agent import Agent

FOLDER = Path(__file__).parent / "table"
QUESTION = "Which planet has the most moons in moons.csv, and how many are these?"

run = Agent(workspace=FOLDER).run(" ".join(sys.argv[1:]) or QUESTION)

for step in run.steps:
    if step.call:
        print(step.call.args.get("sql", step.call.tool))
        print(step.observation.text)
print(run.answer or run.error)
for claim in run.verdict.claims:  # each number, name and file of the answer
    seen = [f"step {n}" if n else "the goal" for n in claim.steps]
    print(f"  {claim.text}: {', '.join(seen) or 'not observed'}")
sys.exit(run.exit_status)
