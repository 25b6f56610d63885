"""`nomoat` with a model that says what a script says, as slowly as a real one, and that waits where
the screen is to be looked at.

    python -m tests.screens.paced SCRIPT ARGUMENTS…      as `nomoat ARGUMENTS…`

SCRIPT is a JSON file: {"lines": [[text, gate], …], "holds_reading": false}. A line with a gate
stops in its middle until the file of that name lies beside the script, and tells by another file
that it has come there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent.errors import Interrupted
from nomoat.agent.scripted import ScriptedModel

PIECE = 5
"""Characters of a piece, as of a token."""
PAUSE = 0.01
SPEED = 36.0
"""Tokens per second that the model says it has written."""
SYSTEM, TURN = 1180, 160
"""Tokens of the fixed prefix, and of what each turn adds, that it says it has read."""
READ = "reading"
"""The gate that holds the reading of the first prompt."""

THERE = ".there"
"""What the name of a gate ends in as a file that tells that the model waits at it."""


class Paced(ScriptedModel):
    """Says a script's lines piece by piece."""

    model: str = "qwen2.5-coder-1.5b"
    folder: Path
    gates: list[str]
    holds_reading: bool = False
    """Whether the first prompt is held while it is read, at the gate `READ`."""

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        *,
        halt: Any = None,
        on_read: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        turn = len(self.prompts)
        if on_read is not None:
            self._read(on_read, SYSTEM if turn == 0 else TURN)
        gate = self.gates[turn] if turn < len(self.gates) else ""
        first, *_ = super()._stream(messages, stop, run_manager, **options)
        text = str(first.message.text)
        for start in range(0, len(text), PIECE):
            if gate and start >= len(text) // 3:
                self._wait(gate, halt)
                gate = ""
            if halt is not None and halt.is_set():
                raise Interrupted("Stopped.")
            time.sleep(PAUSE)
            piece = text[start : start + PIECE]
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield ChatGenerationChunk(message=_end(turn, -(-len(text) // PIECE)))

    def _read(self, on_read: Callable[[int, int], None], tokens: int) -> None:
        on_read(0, tokens)
        if self.holds_reading and not (self.folder / READ).exists():
            time.sleep(1.1)
            on_read(tokens * 4 // 10, tokens)
            self._wait(READ, None)
        on_read(tokens, tokens)

    def _wait(self, gate: str, halt: Any) -> None:
        (self.folder / f"{gate}{THERE}").touch()
        while not (self.folder / gate).exists() and not (halt is not None and halt.is_set()):
            time.sleep(0.02)


def _end(turn: int, written: int) -> AIMessageChunk:
    read = SYSTEM + TURN * turn
    return AIMessageChunk(
        content="",
        usage_metadata=UsageMetadata(
            input_tokens=read,
            output_tokens=written,
            total_tokens=read + written,
            input_token_details=InputTokenDetails(cache_read=read - (TURN if turn else SYSTEM)),
        ),
        response_metadata={"decode_seconds": written / SPEED},
        chunk_position="last",
    )


def main(script: Path, arguments: list[str]) -> None:
    """Run the command; a model that is named by its file is the real one."""
    from nomoat.agent.cli import main as nomoat
    from nomoat.agent.cli import run

    played = json.loads(script.read_text("utf-8"))
    texts, gates = zip(*played["lines"], strict=True) if played["lines"] else ((), ())
    real = run.chat_model

    def chat_model(name: str, *, context: int) -> BaseChatModel:
        if name != "qwen2.5-coder-1.5b":
            return real(name, context=context)
        holds = played["holds_reading"]
        return Paced(texts, folder=script.parent, gates=list(gates), holds_reading=holds)

    run.chat_model = chat_model
    sys.argv = ["nomoat", *arguments]
    nomoat()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
