"""What an answer leaves out of what was written: the facts themselves.

Asked to look something up and write it to a file, a small model answers that it was written. Who
asked wants to know what.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nomoat.agent.own_tools import REPLACES, WRITERS
from nomoat.agent.state import Step

MOST_CHARS = 240
MOST_LINES = 6
"""Longer texts are better looked at in the file."""


def with_written(answer: str, goal: str, steps: Sequence[Step]) -> str:
    """An answer with the short texts that were written and of which it tells nothing.

    Args:
        answer: as the model wrote it.
        goal: what it holds itself is nothing new.
        steps: of the run.
    """
    written = _written(steps)
    known, said = _words(goal), _words(answer)
    left = [
        f"In {path}: {'; '.join(lines)}"
        for path, text in written.items()
        if (lines := text.splitlines()) and len(text) <= MOST_CHARS and len(lines) <= MOST_LINES
        if (new := _words(text) - known) and not new & said
    ]
    return "\n".join([answer, *left])


def _written(steps: Sequence[Step]) -> dict[str, str]:
    """Path → what the run wrote into it, for files that nothing but texts were written into."""
    written: dict[str, str] = {}
    others = set()
    for step in steps:
        call = step.call
        for path in step.observation.files:
            if call is None or call.tool not in WRITERS:
                others.add(path)
                continue
            before = "" if call.tool == REPLACES else written.get(path, "")
            written[path] = f"{before}\n{call.args.get('content', '')}".strip()
    return {path: text for path, text in written.items() if path not in others}


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\d[\d.,]*\d|\d|[^\W\d_]{3,}", text.casefold()))
