"""A scripted model that is stopped in the middle of a run, for the tests of what comes after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent.errors import Interrupted
from nomoat.agent.scripted import ScriptedModel


class Stopping(ScriptedModel):
    """A script that is stopped where it would say a line; the line is said after a resume."""

    at: int
    """The prompt at which it is stopped; once."""

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        if len(self.prompts) == self.at:
            self.prompts.append(list(messages))
            options["halt"].set()
            raise Interrupted("Stopped.")
        yield from super()._stream(messages, *args, **options)
