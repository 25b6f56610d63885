"""A person narrows and widens what a goal lets a run do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.decision import ToolCall
from nomoat.agent.steer import widen
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_may import WORDS, checked, narrowed, widened
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.journal import Journal
from nomoat.memory.errors import UsageError
from nomoat.tools.base import ALL_EFFECTS, Effect, ToolSpec

THERE = frozenset({"notes/a.md", "todo.txt", "secret.txt"})
CODE = frozenset({Effect.READ, Effect.WRITE, Effect.EXECUTE})


def contract(goal: str, may: tuple[str, ...] = (), may_not: tuple[str, ...] = ()) -> Contract:
    read = read_goal(goal, THERE.__contains__)
    return narrowed(widened(read, checked(may)), checked(may_not))


def may_change(asked: Contract, path: str, kind: str = "write", *, made: bool = False) -> bool:
    return not asked.change(path, kind, exists=path in THERE, made=made)


def passes(asked: Contract, effects: frozenset[Effect], tool: str = "x") -> bool:
    return asked.allows(ToolCall(tool, {}), ToolSpec(effects)).verdict == "allow"


def test_what_the_goal_does_not_ask_for_can_be_given() -> None:
    goal = "What does todo.txt say?"
    for path in THERE:
        assert not may_change(contract(goal), path)
        assert may_change(contract(goal, ("write",)), path)
    notes = contract(goal, ("write:notes/",))
    assert [path for path in sorted(THERE) if may_change(notes, path)] == ["notes/a.md"]
    assert may_change(notes, "notes/new.md")
    assert not may_change(notes, "new.md")
    one = contract(goal, ("write:todo.txt",))
    assert [path for path in sorted(THERE) if may_change(one, path)] == ["todo.txt"]
    assert not may_change(one, "todo.txt", "delete")
    assert may_change(contract(goal, ("write:*.txt", "delete")), "secret.txt", "delete")
    assert not may_change(contract(goal, ("write:todo.txt",)), "todo.txt", "move")
    assert may_change(contract(goal, ("write:todo.txt", "move")), "todo.txt", "move")
    assert passes(contract(goal, ("network",)), frozenset({Effect.NETWORK}))
    assert passes(contract(goal, ("code",)), CODE)


def test_what_the_goal_asks_for_can_be_taken_away() -> None:
    goal = "Search the web, run python code, and correct all my notes in notes/"
    assert may_change(contract(goal), "notes/a.md")
    assert not may_change(contract(goal, may_not=("write",)), "notes/a.md")
    assert not may_change(contract(goal, may_not=("write",)), "new.md")
    assert not may_change(contract(goal, may_not=("write:notes/",)), "notes/a.md")
    assert may_change(contract(goal, may_not=("write:notes/",)), "summary.md")
    for word, effects in (("network", frozenset({Effect.NETWORK})), ("code", CODE)):
        assert passes(contract(goal), effects)
        assert not passes(contract(goal, may_not=(word,)), effects)


@pytest.mark.parametrize("kind", ["write", "delete", "move"])
def test_what_is_taken_away_is_away_also_for_files_the_run_made(kind: str) -> None:
    asked = contract("Delete, move and change all files", may_not=(kind,))
    assert not may_change(asked, "new.txt", kind, made=True)


@pytest.mark.parametrize("word", ["write", "network", "code"])
def test_a_tool_that_declares_nothing_may_then_not_be_called(word: str) -> None:
    goal = "Ask the weather tool"
    assert passes(contract(goal), ALL_EFFECTS, "weather")
    assert not passes(contract(goal, may_not=(word,)), ALL_EFFECTS, "weather")


def test_what_is_taken_away_beats_what_is_given() -> None:
    asked = contract("Write todo.txt", ("write", "network"), ("write:secret.txt", "network"))
    assert may_change(asked, "todo.txt")
    assert not may_change(asked, "secret.txt")
    assert Effect.NETWORK not in asked.effects


def test_it_stays_away_when_the_person_says_more(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.begin(contract("Hi", may_not=("network", "write:secret.txt")).to_dict())
    widen(journal, read_goal("Search the web, and change secret.txt and todo.txt"))
    asked = Contract.from_dict(journal.contract or {})
    assert not passes(asked, frozenset({Effect.NETWORK}))
    assert not may_change(asked, "secret.txt")
    assert may_change(asked, "todo.txt")


def test_it_is_told_in_words() -> None:
    assert contract("Write a poem to out.txt").may == ("read files", "write out.txt and new files")
    asked = contract("Who is Anna?", ("write:notes/", "network"), ("write:notes/a.md", "code"))
    assert asked.may == (
        "read files",
        "write everything in notes",
        "use the network",
        "not write notes/a.md",
        "not code",
    )
    assert contract("Who is Anna?", ("write",)).may[1] == "write everything in the workspace"


@pytest.mark.parametrize(
    "word",
    ["", "read", "writes", "network:x.org", "write:", "write:/etc", "write:../x", "write:~/x"],
)
def test_a_word_that_says_nothing_is_refused(word: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked([word])
    assert refused.value.hint


words = st.lists(
    st.one_of(
        st.sampled_from([word for word in WORDS if ":" not in word]),
        st.from_regex(r"write:[a-z*]{1,5}(\.txt|/)?", fullmatch=True),
    ),
    max_size=5,
)


@given(words, words, st.sampled_from(["Hi", "Move *.txt to docs/ and run a.py on the web"]))
def test_what_was_refused_stays_refused_and_comes_back_from_json(
    may: list[str], may_not: list[str], goal: str
) -> None:
    asked = contract(goal, tuple(may), tuple(may_not))
    assert Contract.from_dict(json.loads(json.dumps(asked.to_dict()))) == asked
    for word in checked(may_not):
        assert f"not {word.replace(':', ' ')}" in asked.may
        kind, _, path = word.partition(":")
        if path:
            assert not may_change(asked, path.replace("*", "z").rstrip("/"), made=True)
        elif kind in ("write", "delete", "move"):
            assert not may_change(asked, "todo.txt", kind)
        else:
            effect = {"network": Effect.NETWORK, "code": Effect.EXECUTE}[kind]
            assert not passes(asked, frozenset({effect}))
