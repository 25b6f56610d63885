"""The smallest agent: a folder, a goal, and what came of it.

python examples/hello.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from nomoat.agent import Agent

FOLDER = Path(__file__).parent / "hello"

run = Agent(workspace=FOLDER).run("Which region sold the most in sales.csv?")

for step in run.steps:
    if step.call:
        print(f"{step.n}. {step.call.tool}({dict(step.call.args)})")
print(run.answer or run.error)
print(f"{run.status}; seen in step {', '.join(map(str, run.verdict.evidence)) or 'none'}")
sys.exit(run.exit_status)
