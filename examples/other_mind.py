"""A bigger model, or a server, as the mind: tools, questions and checks stay as they are.

python examples/other_mind.py qwen2.5-coder-0.5b          a name of `nomoat models list`
python examples/other_mind.py ~/models/some-model.gguf    any GGUF file
python examples/other_mind.py http://127.0.0.1:8080/v1    a server that speaks OpenAI's protocol
"""

from __future__ import annotations

import sys
from pathlib import Path

from nomoat.agent import Agent, ChatEndpoint

FOLDER = Path(__file__).parent / "hello"

name = sys.argv[1] if len(sys.argv) > 1 else "qwen2.5-coder-1.5b"
# What the model reads goes to the server, so name one that you trust with it.
model = ChatEndpoint(model=name) if "://" in name else name

run = Agent(model, workspace=FOLDER).run("Which region sold the most in sales.csv?")
print(run.answer or run.error)
print(f"{run.status} with {run.model}: {len(run.steps)} steps in {run.seconds:.1f} s")
sys.exit(run.exit_status)
