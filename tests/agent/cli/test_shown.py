"""`nomoat show`: a run from its goal to its answer, and the picture of it."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from rich.console import Console

from nomoat.agent.cli.shown import picture, timeline
from tests.agent.conftest import Nomoat

RECORD: dict[str, Any] = {
    "goal": "Add 2 and 2.",
    "status": "unverified",
    "model": "m",
    "workspace": "~/somebody/sums",
    "may": ["read files"],
    "run": {
        "plan": ["Add 2 and 2."],
        "steps": [
            {
                "n": 1,
                "thought": "I calculate it.",
                "tool": "calculate",
                "args": {"expression": "2+2"},
                "observation": {"text": "first\nsecond\x1b[2J", "ok": True},
                "seconds": 4.0,
                "parts": {"prefill": 1.0, "decode": 2.0, "tool": 0.5},
                "tokens": {"prompt": 1300, "cached": 1000, "generated": 40},
            }
        ],
        "answer": "It is 5.",
        "doubts": ["not observed: 5"],
        "refused": [{"n": 1, "tool": "browse", "args": {}, "why": "the goal does not ask for it"}],
        "sources": ["sums.md:1"],
        "evidence": [{"claim": "2", "steps": [0, 1]}, {"claim": "5", "steps": []}],
        "files_changed": ["out.txt"],
        "seconds": 5.0,
        "tokens": {"prompt": 1300, "cached": 1000, "generated": 60},
    },
}
SAID = """\
Add 2 and 2.
r1 · unverified · m · ~/somebody/sums
may: read files

Plan
  1. Add 2 and 2.

Step 1 I calculate it. (4.0 s: prefill 1.0 s, decode 2.0 s, tool 0.5 s, rest 0.5 s; \
40 tokens written, 300 read, 1,000 cached)
  calculate(expression=2+2)
  │ first
  │ second�[2J

It is 5.
not observed: 5
refused: browse in step 1: the goal does not ask for it
sources: sums.md:1
evidence: step 1
files changed: out.txt

all in 5.0 s; 60 tokens written, 300 read, 1,000 cached
"""


def shown(record: dict[str, Any], **how: Any) -> str:
    console = Console(file=io.StringIO(), highlight=False, **how)
    console.soft_wrap = not console.is_terminal
    timeline(console, "r1", record)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_all_of_a_run_is_told() -> None:
    assert shown(RECORD) == SAID


def test_on_a_terminal_nothing_is_wider_than_it() -> None:
    told = shown(RECORD, width=40, force_terminal=True, color_system=None)
    assert max(map(len, told.splitlines())) <= 40
    assert "".join(told.split()) == "".join(SAID.split())


def test_a_run_that_has_not_ended_says_how_to_go_on() -> None:
    begun = {name: RECORD[name] for name in ("goal", "model", "workspace")} | {"status": "running"}
    assert shown(begun).endswith("It has not ended. Go on with: nomoat resume r1\n")


def test_before_the_first_run_it_says_how_to_begin_one(nomoat: Nomoat) -> None:
    told = nomoat("show")
    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == 'Error: There is no run yet.\nBegin one: nomoat "your goal"\n'


def test_a_picture_has_what_is_shown_and_loads_nothing() -> None:
    drawn = picture("r1", RECORD)
    root = ElementTree.fromstring(drawn)
    words = "".join(root.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    for part in ("Add 2 and 2.", "calculate", "(expression=2+2)", "It is 5.", "sources: sums.md:1"):
        assert part in words, part
    assert "\x1b" not in drawn
    assert "somebody" not in drawn
    outside = re.findall(r"(?:url\(|href=)[\"']?(?!#)[^)\"']*|@import|@font-face", drawn)
    assert outside == []
    assert set(re.findall(r"\w+://[^\"\s]+", drawn)) == {"http://www.w3.org/2000/svg"}


def test_a_picture_is_written_beside_a_page(nomoat: Nomoat, tmp_path: Path) -> None:
    nomoat("What is 2+2?")
    page, drawn = tmp_path / "run.html", tmp_path / "run.svg"
    done = nomoat("show", "--html", str(page), "--svg", str(drawn))
    assert (done.exit_code, done.stdout) == (0, f"wrote {page}\nwrote {drawn}\n")
    assert "The sum is 4." in drawn.read_text("utf-8").replace("&#160;", " ")
    assert drawn.stat().st_mode & 0o777 == 0o600
