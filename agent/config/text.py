"""What `nomoat init` writes: a configuration in which every key stands, with what it is for."""

from __future__ import annotations

import json

TEXT = """\
# What holds for all runs of nomoat. A project's nomoat.toml, variables such as NOMOAT_MODEL and
# options on the command line win over it.
# `nomoat config` shows every setting, its value and where it comes from. A line that begins with #
# is not read: what it shows is the default, or an example.

# Name of a model (`nomoat models list` shows them), or path of a GGUF file.
model = {model}

# What passes without a question: "ask" (reading), "edits" (writing too), "never" (everything),
# "plan" (only reading; the rest is refused).
# approve = "ask"

# Whether runs are remembered, and told of where a goal is like theirs.
# episodes = false

# What a run may use before it has to answer.
[budget]
# steps = 20
# seconds = 600

# Your own documents: the folder of their memory, and a Chroma server that holds its vectors
# instead of the folder.
[memory]
# dir = "~/documents-memory"
# url = "http://127.0.0.1:8000"

# A SearXNG that is asked instead of public search engines.
[search]
# searxng = "http://127.0.0.1:8888"

# Servers of the Model Context Protocol, started for each run; they need the extra nomoat[mcp].
# [mcp.servers.time]
# command = "python"
# args = ["-m", "mcp_server_time"]
# effects = "none"
"""


def config_text(model: str) -> str:
    """The text of a configuration that sets the model and nothing else."""
    return TEXT.format(model=json.dumps(model, ensure_ascii=False))
