"""What the model is told, word for word, against what was agreed on last.

Where a change is meant, look at it and keep it:

    NOMOAT_UPDATE_GOLDEN=1 pytest tests/agent/test_prompts.py
    git diff tests/agent/golden
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage

from nomoat.agent import prompts
from nomoat.agent.decision import Decision, ToolCall, decision_schema, plan_schema
from nomoat.agent.llm.llama import json_grammar
from nomoat.agent.opening.briefing import brief
from nomoat.agent.state import Said, State, Step
from nomoat.memory.document import Document, Passage
from nomoat.tools.builtin import builtin_tools
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.search import DuckDuckGo
from nomoat.tools.tables import Tables
from nomoat.tools.toolbox import Toolbox

GOLDEN = Path(__file__).parent / "golden"
GOAL = "Which region sold the most in sales.csv? Write it to best.txt"


def matches_golden(name: str, text: str) -> None:
    """Compare with the text that is kept; write that instead where it is to be updated."""
    file, text = GOLDEN / name, text.rstrip("\n") + "\n"
    if os.environ.get("NOMOAT_UPDATE_GOLDEN"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), (
        f"What the model is told differs from {file.name}; "
        "NOMOAT_UPDATE_GOLDEN=1 keeps the new text."
    )


class Shelf:
    """A memory, as far as the tools that look into one need it."""

    def search(self, query: str, k: int = 5) -> list[Passage]:
        return []

    def remember(self, text: str) -> Document:
        raise NotImplementedError


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with two files."""
    folder = tmp_path_factory.mktemp("workspace")
    (folder / "sales.csv").write_text("region,amount\nNorth,3\nSouth,4\n")
    (folder / "notes.md").write_text("# Notes\n")
    return Workspace(folder)


@pytest.fixture(scope="module")
def toolbox(place: Workspace) -> Toolbox:
    """Every tool there is without plugins."""
    network = Network()
    tools = builtin_tools(
        place,
        memory=Shelf(),
        network=network,
        search=DuckDuckGo(network.contacts),
        ask=lambda question: question,
    )
    return Toolbox(tools)


def pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


# -- word for word ----------------------------------------------------------------------------


def test_system(toolbox: Toolbox) -> None:
    matches_golden("system.txt", prompts.system(toolbox.signatures))


def test_opening(place: Workspace) -> None:
    tables = Tables(place)
    given = brief(
        GOAL,
        place,
        tables=tables.infos(),
        passages=[("notes/2025.md:3", "[document 1: 2025] Sales are counted without tax.")],
    )
    tables.close()
    matches_golden("opening.txt", prompts.opening(GOAL, given))


def test_tools(toolbox: Toolbox) -> None:
    tools = [
        {"signature": signature, "schema": toolbox.schema(name)}
        for name, signature in zip(toolbox.names, toolbox.signatures, strict=True)
    ]
    matches_golden("tools.json", pretty(tools))


def test_grammars(toolbox: Toolbox) -> None:
    matches_golden("plan.json", pretty(json.loads(json_grammar(plan_schema()))))
    matches_golden("decision.json", pretty(json.loads(json_grammar(decision_schema(toolbox)))))


def test_transcript() -> None:
    """Of a run in which everything happens that is told to the model."""
    lines = [f"[{message.type}]\n{message.text}" for message in told(state())]
    matches_golden("transcript.txt", "\n\n".join(lines))


# -- what has to hold whatever the words are --------------------------------------------------


def state() -> State:
    call, said = ToolCall("read_file", {"path": "a.txt"}), Said('{"thought": "…"}', (1, 2, 3))
    found = Observation("North,3")
    refused = Observation(prompts.REFUSED.format(comment=" (not today)"), ok=False)
    remark = Observation(prompts.REPEATED.format(n=1, text="North,3"), ok=False)
    replanned = Said('{"steps": ["read_file: the rows"]}', (7, 8))
    last = prompts.LAST.format(reason="4 steps are used")
    return {
        "goal": GOAL,
        "opening": prompts.opening(GOAL, "The workspace has no files yet."),
        "steps": [
            Step(1, said, Decision("…", call), found),
            Step(2, said, Decision("…", call), refused),
            Step(3, said, Decision("…", call), remark, remark=True, note=prompts.AGAIN),
            Step(4, replanned, Decision(""), Observation(prompts.BEGIN), remark=True),
            Step(5, said, Decision("…", call), found, note=last),
        ],
    }


def told(value: State) -> list[BaseMessage]:
    """The transcript of a state, made at once."""
    return prompts.Transcript("SYSTEM").of(value)


def test_what_was_told_is_never_told_otherwise_later() -> None:
    whole = state()
    grown = [told({**whole, "steps": whole["steps"][:n]}) for n in range(6)]
    for before, after in pairwise(grown):
        assert [(m.type, m.text) for m in after[: len(before)]] == [
            (m.type, m.text) for m in before
        ]


def test_what_the_model_wrote_comes_back_as_its_own_tokens() -> None:
    spoken = [m.response_metadata["tokens"] for m in told(state()) if m.type == "ai"]
    assert spoken == [*[[1, 2, 3]] * 3, [7, 8], [1, 2, 3]]


def test_the_fixed_prefix_holds_nothing_that_changes(toolbox: Toolbox, place: Workspace) -> None:
    text = prompts.system(toolbox.signatures)
    assert text == prompts.system(toolbox.signatures)
    now = datetime.now().astimezone()
    assert f"{now:%Y-%m-%d}" not in text
    assert str(now.year) not in re.sub(r"\d{4}-\d{2}-\d{2}", "", text)
    assert str(place.root) not in text


def test_every_tool_is_told_and_can_be_called(toolbox: Toolbox) -> None:
    text, schema = prompts.system(toolbox.signatures), decision_schema(toolbox)
    for name in toolbox.names:
        assert f"- {name}(" in text
    called = {v["properties"]["tool"]["const"] for v in schema["anyOf"] if "tool" in v["required"]}
    assert called == set(toolbox.names)


def test_what_only_says_again_that_there_is_no_room_is_no_answer() -> None:
    assert prompts.is_last(prompts.LAST.format(reason="8 steps are used"))
    assert not prompts.is_last("There are 8 steps.")
    moved = Observation("Moved a.txt to b/a.txt.\nIt is there.", files=("b/a.txt",))
    looked = Observation("3 lines in 3 files")
    steps = [Step(n, Said(""), Decision(""), seen) for n, seen in enumerate((looked, moved), 1)]
    assert prompts.so_far("8 steps are used", steps) == (
        "Not finished (8 steps are used). Done so far: Moved a.txt to b/a.txt."
    )
    assert prompts.so_far("8 steps are used", steps[:1]) == "Not finished (8 steps are used)."
