"""What was written is told where the answer only says that it was."""

from __future__ import annotations

import pytest

from nomoat.agent.check.wrote import MOST_CHARS, MOST_LINES, with_written
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.tools.observation import Observation

GOAL = "Find out who rents plot 4 and write the name to who.txt"
SAID = "The name has been written to who.txt."


def wrote(content: str, tool: str = "write_file", path: str = "who.txt", ok: bool = True) -> Step:
    call = ToolCall(tool, {"path": path, "content": content})
    seen = Observation("Wrote it.", ok=ok, files=(path,) if ok else ())
    return Step(1, Said(""), Decision("", call), seen)


def test_what_was_written_is_told() -> None:
    assert with_written(SAID, GOAL, [wrote("Ada Okafor\n")]) == f"{SAID}\nIn who.txt: Ada Okafor"
    both = [wrote("Ada\nBen", path="a.txt"), wrote("7581.9", path="b.txt")]
    assert with_written(SAID, GOAL, both) == f"{SAID}\nIn a.txt: Ada; Ben\nIn b.txt: 7581.9"
    ada = wrote("Ada")
    assert with_written(SAID, GOAL, [ada, wrote("Ben")]) == f"{SAID}\nIn who.txt: Ben"
    added = wrote("Ben", tool="append_file")
    assert with_written(SAID, GOAL, [ada, added]) == f"{SAID}\nIn who.txt: Ada; Ben"
    assert with_written(SAID, GOAL, [ada, wrote("", tool="edit_file")]) == SAID


@pytest.mark.parametrize(
    ("answer", "step"),
    [
        ("Ada Okafor rents it.", wrote("Ada Okafor")),
        (SAID, wrote("plot 4")),
        (SAID, wrote("   ")),
        (SAID, wrote("Ada", ok=False)),
        (SAID, wrote("Ada", tool="read_file")),
        (SAID, wrote("Ada " * MOST_CHARS)),
        (SAID, wrote("Ada\n" * (MOST_LINES + 1))),
    ],
)
def test_what_needs_no_telling(answer: str, step: Step) -> None:
    assert with_written(answer, GOAL, [step]) == answer
