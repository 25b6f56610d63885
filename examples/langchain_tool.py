"""A LangChain tool works as it is: here the file search that comes with LangChain's middleware.

python examples/langchain_tool.py
"""

from __future__ import annotations

import sys
from pathlib import Path

from langchain.agents.middleware import FilesystemFileSearchMiddleware

from nomoat.agent import Agent, Approval
from nomoat.agent.events import ApprovalAsked

FOLDER = Path(__file__).parent / "documents"


def approve(asked: ApprovalAsked) -> Approval:
    """A tool of others does not say what it does, so each of its calls asks."""
    print(f"allowed: {asked.call.tool} {dict(asked.call.args)} ({', '.join(asked.effects)})")
    return Approval(True)


tools = FilesystemFileSearchMiddleware(root_path=str(FOLDER), use_ripgrep=False).tools
agent = Agent(tools=tools, builtin=False, workspace=FOLDER, approve=approve)
run = agent.run("Search the files: which of them mentions a blocked drain?")
print(run.answer or run.error)
sys.exit(run.exit_status)
