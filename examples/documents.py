"""Ask your own documents: what fits the question is found, quoted with its place, and used.

python examples/documents.py
python examples/documents.py FOLDER "a question"
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from nomoat.agent import Agent
from nomoat.memory import Memory

FOLDER = Path(__file__).parent / "documents"
QUESTION = "Which number do I call when the heating stays cold?"

folder, question = sys.argv[1:] or (FOLDER, QUESTION)

# Memory() without a folder is the one that lasts, in the folder for your data.
with (
    tempfile.TemporaryDirectory() as kept,
    tempfile.TemporaryDirectory() as workspace,
    Memory(Path(kept)) as memory,
):
    report = memory.add([folder])
    print(f"{report.added} documents added, {report.chunks} passages")

    run = Agent(memory=memory, workspace=workspace).run(question)
    print(run.answer or run.error)
    for source in run.sources:
        print(f"  from {source}")

    print("What the memory holds about it:")
    for passage in memory.search(question, k=2):
        print(f"  [{passage.citation}] {' '.join(passage.text.split())[:90]}…")
sys.exit(run.exit_status)
