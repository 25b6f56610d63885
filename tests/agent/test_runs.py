"""Runs on disk, beyond what a whole run shows (`test_graph`)."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent import prompts
from nomoat.agent.budget import Budget
from nomoat.agent.check.evidence import Claim, Verdict
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.errors import RunError
from nomoat.agent.runs import Run, RunStore, restored, serializer
from nomoat.agent.state import EXIT_STATUS, Said, Status, Step, Usage
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import Once
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.sandbox import probe
from nomoat.tools.observation import Observation
from nomoat.tools.python import python_tools
from nomoat.tools.toolbox import Toolbox

needs_sandbox = pytest.mark.skipif(
    bool(probe().refusal()), reason="this machine cannot confine programs"
)

texts = st.text(max_size=50)
observations = st.builds(
    Observation, texts, ok=st.booleans(), files=st.lists(texts, max_size=3).map(tuple)
)
usages = st.builds(Usage, st.integers(0, 9_999), st.integers(0, 9_999), st.integers(0, 99))
calls = st.builds(ToolCall, texts, st.dictionaries(texts, texts | st.integers(-9, 9), max_size=3))
saids = st.builds(Said, texts, st.lists(st.integers(0, 150_000)).map(tuple), usages)
decisions = st.builds(Decision, texts, st.none() | calls, st.none() | texts)
steps = st.builds(Step, st.integers(1, 99), saids, decisions, observations)


@given(st.lists(steps, max_size=3).map(tuple))
def test_steps_come_back_as_they_were(value: tuple[Step, ...]) -> None:
    keep = serializer()
    assert restored(keep.loads_typed(keep.dumps_typed(value))) == value


@pytest.mark.filterwarnings("ignore")
def test_only_the_values_of_a_run_are_made_of_what_is_read() -> None:
    """A checkpoint is data: one that names another class gives no object of it."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    foreign = JsonPlusSerializer().dumps_typed(Budget(steps=3))
    assert not isinstance(serializer().loads_typed(foreign), Budget)


def run_of(*done: Step, **facts: Any) -> Run:
    defaults: dict[str, Any] = {
        "run_id": "r",
        "goal": "g",
        "status": Status.REACHED,
        "answer": "a",
        "plan": ("p",),
        "steps": done,
        "verdict": Verdict((Claim("4", "number", (1,)), Claim("Oslo", "name"))),
        "model": "m",
        "seconds": 1.23456,
        "usage": Usage(prompt=10, cached=4, generated=6, forced=2),
    }
    return Run(**{**defaults, **facts})


def test_a_run_as_plain_data() -> None:
    call = ToolCall("write_file", {"path": "b.txt"})
    seen = [Observation("ok", files=("b.txt", "a.txt")), Observation("ok", files=("a.txt",))]
    run = run_of(*(Step(n, Said(""), Decision("t", call), o) for n, o in enumerate(seen, 1)))
    plain = run.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["files_changed"] == ["b.txt", "a.txt"]  # each once, in order of the first change
    assert plain["tokens"] == {"prompt": 10, "cached": 4, "generated": 6, "forced": 2}
    assert plain["evidence"][1] == {"claim": "Oslo", "kind": "name", "steps": []}
    assert plain["seconds"] == 1.235
    assert "error" not in plain
    assert run_of(error="no").to_dict()["error"] == "no"


def test_what_was_refused_and_not_allowed_later_is_listed(tmp_path: Path) -> None:
    def step(n: int, path: str, seen: Observation) -> Step:
        return Step(n, Said(""), Decision("t", ToolCall("write_file", {"path": path})), seen)

    said = prompts.REFUSED.format(comment=" (the goal (so far) does not ask; the person said no)")
    no = Observation(said, ok=False, error_kind="approval")
    run = run_of(
        step(1, "a", no), step(2, "b", no), step(3, "b", Observation("written")), step(4, "c", no)
    )
    why = "the goal (so far) does not ask; the person said no"
    assert [(one.n, one.why) for one in run.refused] == [(1, why), (4, why)]
    assert run.to_dict()["refused"][0] == {
        "n": 1,
        "tool": "write_file",
        "args": {"path": "a"},
        "why": why,
    }


@needs_sandbox
def test_what_code_was_not_let_change_is_listed(tmp_path: Path) -> None:
    for name in ("work", "run"):
        (tmp_path / name).mkdir()
    (tmp_path / "work" / "a.txt").write_text("old")
    work = Workspace(tmp_path / "work")
    code = "print(4)\nopen('a.txt', 'w').write('new')\nopen('b.txt', 'w').write('new')"
    call = ToolCall("python", {"code": code})
    contract = read_goal("Write b.txt with python code", work.exists)
    seen = Once(Toolbox(python_tools(work)), work, Journal(tmp_path / "run"), contract).call(
        1, call
    )
    (one,) = run_of(Step(1, Said(""), Decision("t", call), seen)).refused
    assert one.why.startswith("Not kept: a.txt (Nothing was changed: the goal does not ask")
    assert seen.files == ("b.txt",)
    assert (tmp_path / "work" / "a.txt").read_text() == "old"


@pytest.mark.parametrize("status", Status)
def test_every_status_has_an_exit_status(status: Status) -> None:
    assert run_of(status=status).exit_status == EXIT_STATUS[status]
    assert (EXIT_STATUS[status] == 0) == (status is Status.REACHED)


@given(usages, usages)
def test_usage_adds_up(one: Usage, other: Usage) -> None:
    both = one + other
    assert both.prompt == one.prompt + other.prompt
    assert both.evaluated == one.evaluated + other.evaluated
    assert both.seconds == one.seconds + other.seconds


def test_a_run_is_found_by_its_beginning(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs")
    assert store.names() == []
    for name in ("20260101-101010-aaaa", "20260101-101010-bbbb", "20260202-101010-cccc"):
        (store.folder / name).mkdir(parents=True)
    assert store.find("last").run_id == store.find("202602").run_id == "20260202-101010-cccc"
    assert store.find("20260101-101010-a").run_id == "20260101-101010-aaaa"
    with pytest.raises(RunError, match="several"):
        store.find("20260101")
    with pytest.raises(RunError, match="no run"):
        store.find("../../etc")


def test_a_record_is_whole_at_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunStore(tmp_path / "runs").create()
    folder.write({"goal": "first"})

    def full(_descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space"):
        folder.write({"goal": "second"})
    assert folder.read()["goal"] == "first"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file is in the way")
    with pytest.raises(RunError, match=r"No run can be stored in .*runs"):
        RunStore(tmp_path / "runs").create()


def test_damaged_checkpoints_are_told(tmp_path: Path) -> None:
    folder = RunStore(tmp_path / "runs").create()
    (folder.path / "checkpoints.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(RunError, match="cannot be used"), folder.checkpoints():
        pytest.fail("a damaged database was opened")


def test_a_run_that_another_process_writes_is_told(tmp_path: Path) -> None:
    folder = RunStore(tmp_path / "runs").create()
    with folder.checkpoints():
        pass
    other = sqlite3.connect(folder.path / "checkpoints.sqlite", isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RunError, match="locked"), folder.checkpoints() as saver:
            saver.conn.execute("CREATE TABLE mine (x)")
    finally:
        other.close()
