"""Python starts with this where a block of the pages is `console scripted`: `nomoat` thinks with
the script in the variable SCRIPT instead of with a model.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from nomoat.agent.cli import run


def chat_model(_name: str, *, context: int) -> Any:
    """The script, whatever model is named."""
    from nomoat.agent import scripted

    class Script(scripted.ScriptedModel):
        """Says its lines; an answer that has to quote a result quotes what is most like it."""

        def _stream(self, *args: Any, schema: Any = None, **options: Any) -> Any:
            if schema is not None and self._next < len(self.script):
                lines = list(self.script)
                lines[self._next] = quoting(lines[self._next], schema)
                self.script = lines
            yield from super()._stream(*args, schema=schema, **options)

    names = {"call": scripted.call, "answer": scripted.answer}
    return Script(eval(os.environ["SCRIPT"], names))


def quoting(line: str, schema: dict[str, Any]) -> str:
    """The line, with a quote where an answer has to have one."""
    said = json.loads(line)
    for variant in schema.get("anyOf", [schema]):
        quotes = variant.get("properties", {}).get("quotes")
        if quotes and "answer" in said:
            words = set(re.findall(r"\w+", said["answer"]))
            near = max(quotes["items"]["enum"], key=lambda one: len(words & set(one.split())))
            return json.dumps(
                {"thought": said["thought"], "quotes": [near], "answer": said["answer"]}
            )
    return line


run.chat_model = chat_model
