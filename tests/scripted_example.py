"""Runs an example with a script in place of the default model.

    python tests/scripted_example.py EXAMPLE [ARGUMENT…]     the script is in the variable SCRIPT

`http://here` in a line stands for the address on this machine that the goal names. A line that is
left over, or that a model could not have said there, fails.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import sys
from typing import Any

from nomoat.agent import agent
from nomoat.agent.scripted import ScriptedModel, answer, call

HERE = re.compile(r"http://127\.0\.0\.1:\d+")


class Script(ScriptedModel):
    """Says its lines, with the address that the conversation names."""

    def _stream(self, messages: Any, *args: Any, **options: Any) -> Any:
        address = HERE.search(str(messages[-1].text) + str(messages[1].text))
        if address:
            self.script = [line.replace("http://here", address[0]) for line in self.script]
        yield from super()._stream(messages, *args, **options)


def main(example: str, *arguments: str) -> None:
    lines = eval(os.environ["SCRIPT"], {"call": call, "answer": answer, "json": json})
    sys.argv = [example, *arguments]
    with Script(lines) as model:
        agent.ChatLlama = lambda **_named: model  # type: ignore[assignment, misc]
        try:
            runpy.run_path(example, run_name="__main__")
        except SystemExit as ended:
            if ended.code:
                raise


if __name__ == "__main__":
    main(*sys.argv[1:])
