"""Tidy a folder, and take it back: what a run did to files can be undone.

python examples/tidy.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from nomoat.agent import Agent, Approval
from nomoat.agent.events import ApprovalAsked

FOLDER = Path(__file__).parent / "tidy"
GOAL = "Move invoice-march.txt and invoice-april.txt into the folder invoices."


def approve(asked: ApprovalAsked) -> Approval:
    """What a person would be asked; a program has to answer it."""
    print(f"  allowed: {asked.call.tool} {dict(asked.call.args)}")
    return Approval(True)


def files(folder: Path) -> str:
    return ", ".join(sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()))


with tempfile.TemporaryDirectory() as name:
    folder = Path(shutil.copytree(FOLDER, name, dirs_exist_ok=True))
    agent = Agent(workspace=folder, approve=approve)
    print(f"before: {files(folder)}")
    run = agent.run(GOAL)
    print(f"after:  {files(folder)}\n{run.answer or run.error}")
    agent.undo(run.run_id)  # in the terminal: nomoat undo
    print(f"undone: {files(folder)}")
sys.exit(run.exit_status)
