"""The effects journal: what is on disk, in which order, and what is known after a crash."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.agent.decision import ToolCall
from nomoat.agent.errors import RunError
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.journal import Journal, held
from nomoat.agent.trust.once import Once
from nomoat.agent.trust.receipt import receipt_of
from nomoat.agent.trust.undo import undo
from nomoat.tools.base import tool
from nomoat.tools.files import file_tools
from nomoat.tools.guard.net import Contact
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.sandbox import Sandbox
from nomoat.tools.python import python_tools
from nomoat.tools.toolbox import Toolbox

sent: list[str] = []


@tool(effects="network")
def send(text: str) -> str:
    """Send a text."""
    sent.append(text)
    return f"sent {text}"


@tool(effects="network")
def crash(text: str) -> str:
    """End the process."""
    sent.append(text)
    raise KeyboardInterrupt


@tool(effects="read")
def look() -> str:
    """Look."""
    return "seen"


@pytest.fixture(autouse=True)
def _nothing_sent() -> None:
    sent.clear()


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    (tmp_path / "work").mkdir()
    return Workspace(tmp_path / "work")


def once(folder: Path, work: Workspace, **facts: Any) -> Once:
    run = folder / "run"
    run.mkdir(exist_ok=True)
    tools = [send, crash, look, *file_tools(work)]
    return Once(Toolbox(tools), work, Journal(run), **facts)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "run/journal.jsonl").read_text().splitlines()]


def write(path: str = "a.txt", content: str = "new\n") -> ToolCall:
    return ToolCall("write_file", {"path": path, "content": content})


def test_intent_begun_before_result_in_that_order_and_only_its_owner_may_read(
    tmp_path: Path, work: Workspace
) -> None:
    (work.root / "a.txt").write_text("old\n")
    once(tmp_path, work).call(1, write())
    assert [line["kind"] for line in lines(tmp_path)] == ["intent", "before", "begun", "result"]
    for file in (tmp_path / "run").rglob("*"):
        assert file.stat().st_mode & 0o077 == 0
    images = list((tmp_path / "run/before").iterdir())
    assert [image.read_text() for image in images] == ["old\n"]


def test_each_line_is_on_disk_before_the_next_thing_is_done(
    tmp_path: Path, work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        happened.append("sync")
        real(fd)

    @tool(effects="network")
    def act() -> str:
        """Act."""
        happened.append("act")
        return "done"

    monkeypatch.setattr(os, "fsync", fsync)
    made = Once(Toolbox([act]), work, Journal(tmp_path))
    made.call(1, ToolCall("act", {}))
    at = happened.index("act")
    assert happened[:at].count("sync") >= 2  # intent, begun
    assert "sync" in happened[at:]  # result


def test_a_call_is_made_once(tmp_path: Path, work: Workspace) -> None:
    call = ToolCall("send", {"text": "x"})
    first = once(tmp_path, work).call(1, call)
    again = once(tmp_path, work).call(1, call)  # another process, after a crash
    assert (first, sent) == (again, ["x"])
    once(tmp_path, work).call(2, call)  # another step means it
    assert sent == ["x", "x"]


def test_what_was_begun_without_a_result_is_unknown(tmp_path: Path, work: Workspace) -> None:
    call = ToolCall("crash", {"text": "x"})
    with pytest.raises(KeyboardInterrupt):
        once(tmp_path, work).call(1, call)
    journal = Journal(tmp_path / "run")
    unknown = journal.unknown(call.key)
    assert unknown is not None
    assert (unknown.n, unknown.state) == (1, "begun")
    assert once(tmp_path, work).done(1, call.key) is None
    assert journal.unknown(ToolCall("crash", {"text": "y"}).key) is None


def test_reading_is_not_written_down(tmp_path: Path, work: Workspace) -> None:
    assert once(tmp_path, work).call(1, ToolCall("look", {})).text == "seen"
    assert not (tmp_path / "run/journal.jsonl").exists()


def test_a_call_whose_arguments_a_person_changed_is_found_by_the_models(
    tmp_path: Path, work: Workspace
) -> None:
    asked, made = ToolCall("send", {"text": "x"}), ToolCall("send", {"text": "y"})
    once(tmp_path, work).call(1, made, asked=asked)
    seen = once(tmp_path, work).done(1, asked.key)
    assert seen is not None
    assert (seen.text, sent) == ("sent y", ["y"])


def test_hosts_are_kept_with_the_call_that_reached_them(tmp_path: Path, work: Workspace) -> None:
    contacts = [Contact("a.example", "", 1, 2)]

    @tool(effects="network")
    def ask() -> str:
        """Ask."""
        contacts.append(Contact("b.example", "192.0.2.1", 3, 4))
        return "done"

    Once(Toolbox([ask]), work, Journal(tmp_path), contacts=lambda: contacts).call(
        1, ToolCall("ask", {})
    )
    deed = Journal(tmp_path).deed(1)
    assert deed is not None
    assert deed.contacts == (Contact("b.example", "192.0.2.1", 3, 4),)


def test_a_change_the_goal_does_not_ask_for_is_not_made(tmp_path: Path, work: Workspace) -> None:
    (work.root / "todo.txt").write_text("mine\n")
    strict = once(tmp_path, work, contract=Contract())
    seen = strict.call(1, write("todo.txt"))
    assert (seen.ok, seen.error_kind) == (False, "approval")
    assert (work.root / "todo.txt").read_text() == "mine\n"
    assert strict.call(2, write("todo.txt"), beyond=True).ok  # a person allowed it
    assert (work.root / "todo.txt").read_text() == "new\n"


def test_files_that_code_changes_are_held_to_the_goal_one_by_one(
    tmp_path: Path, work: Workspace
) -> None:
    if Sandbox().refusal:
        pytest.skip(Sandbox().refusal)
    (work.root / "todo.txt").write_text("mine\n")
    goal = "Run a Python script that writes 4 to out.txt"
    contract = read_goal(goal, work.exists)
    acting = Once(Toolbox(python_tools(work)), work, Journal(tmp_path), contract)
    code = "for name in ('out.txt', 'todo.txt'):\n    open(name, 'w').write('4')"
    seen = acting.call(1, ToolCall("python", {"code": code}))
    assert (work.root / "out.txt").read_text() == "4"
    assert (work.root / "todo.txt").read_text() == "mine\n"
    assert "the goal does not ask to change todo.txt" in seen.text
    assert {one.path: one.outcome for one in undo(acting.journal, work)} == {"out.txt": "removed"}


def test_files_the_run_made_are_known_as_its_own(tmp_path: Path, work: Workspace) -> None:
    (work.root / "old.txt").write_text("old\n")
    acting = once(tmp_path, work)
    acting.call(1, write("new.txt"))
    acting.call(2, write("old.txt"))
    acting.call(3, write("gone.txt"))
    acting.call(4, ToolCall("delete_file", {"path": "gone.txt"}))
    assert Journal(tmp_path / "run").made == {"new.txt"}
    assert Journal(tmp_path / "run").gone == frozenset()
    acting.call(5, ToolCall("delete_file", {"path": "old.txt"}))
    assert Journal(tmp_path / "run").gone == {"old.txt"}


def test_while_one_file_is_removed_no_second_one_is_picked(tmp_path: Path, work: Workspace) -> None:
    for name in ("a.txt", "b.txt"):
        (work.root / name).write_text("mine\n")

    @tool(effects="write", targets=lambda _arguments: ["a.txt"])
    def delete_both(really: bool) -> str:
        """Delete two files, and say so of one."""
        work.remove("a.txt")
        work.remove("b.txt")
        return str(really)

    contract = read_goal("One of these texts is of no use. Delete that one.")
    acting = Once(Toolbox([delete_both]), work, Journal(tmp_path), contract)
    seen = acting.call(1, ToolCall("delete_both", {"really": True}))
    assert "the goal does not ask to change b.txt" in seen.text
    assert sorted(path.name for path in work.root.glob("[ab].txt")) == ["b.txt"]


# -- damage -----------------------------------------------------------------------------------


@settings(max_examples=30)
@given(cut=st.integers(0, 1_000))
def test_a_torn_end_loses_only_what_was_not_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    work, toolbox = Workspace(folder), Toolbox([send])
    for n in (1, 2):
        Once(toolbox, work, Journal(folder)).call(n, ToolCall("send", {"text": str(n)}))
    file = folder / "journal.jsonl"
    whole = file.read_bytes()[:cut]
    file.write_bytes(whole)
    intact = whole.count(b"\n")
    journal = Journal(folder)
    assert sum({"intent": 1, "begun": 2, "done": 3}[d.state] for d in journal.deeds) == intact
    Once(toolbox, work, journal).call(3, ToolCall("send", {"text": "3"}))
    kinds = [json.loads(line)["kind"] for line in file.read_text().splitlines()]
    assert kinds[intact:] == ["intent", "begun", "result"]


def test_damage_in_the_middle_is_told(tmp_path: Path, work: Workspace) -> None:
    once(tmp_path, work).call(1, ToolCall("send", {"text": "x"}))
    file = tmp_path / "run/journal.jsonl"
    file.write_bytes(file.read_bytes().replace(b'"begun"', b'"beg'))
    with pytest.raises(RunError, match="damaged at line 2"):
        Journal(tmp_path / "run")


@pytest.fixture(scope="module")
def same_work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Toolbox]:
    """Made once for all examples of a property: tools with their schemas take a while to make."""
    work = Workspace(tmp_path_factory.mktemp("work"))
    return work, Toolbox([send, *file_tools(work)])


@settings(max_examples=60)
@given(at=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_a_wrong_byte_is_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory,
    same_work: tuple[Workspace, Toolbox],
    at: float,
    byte: int,
) -> None:
    folder = tmp_path_factory.mktemp("wrong")
    work, toolbox = same_work
    (work.root / "a.txt").unlink(missing_ok=True)
    journal = Journal(folder)
    journal.begin(read_goal("Write a.txt").to_dict())
    Once(toolbox, work, journal).call(1, write())
    file = folder / "journal.jsonl"
    data = bytearray(file.read_bytes())
    data[int(at * len(data))] = byte
    file.write_bytes(data)
    with suppress(RunError):  # anything else that is raised fails the test
        read = Journal(folder)
        assert receipt_of(read.deeds).lines()
        assert Contract.from_dict(read.contract or {}).may


def test_a_newer_journal_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('{"kind": "run", "version": 2, "contract": {}}\n')
    with pytest.raises(RunError, match="newer version"):
        Journal(tmp_path)


def test_what_cannot_be_written_down_is_not_done(
    tmp_path: Path, work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting = once(tmp_path, work)

    def full(*_args: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(RunError, match="No space left") as caught:
        acting.call(1, ToolCall("send", {"text": "x"}))
    assert "resume" in caught.value.hint
    assert sent == []


def test_a_file_that_cannot_be_kept_is_not_changed(
    tmp_path: Path, work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work.root / "a.txt").write_text("old\n")
    acting = once(tmp_path, work)
    monkeypatch.setattr(acting.journal, "images", Path("/proc/none"))
    with pytest.raises(RunError, match="cannot be kept as it was"):
        acting.call(1, write())
    assert (work.root / "a.txt").read_text() == "old\n"
    deed = acting.journal.deed(1)
    assert deed is not None
    assert deed.state == "intent"  # known not to have happened


def test_a_run_is_one_process_alone(tmp_path: Path) -> None:
    with held(tmp_path):
        pid = os.fork()
        if pid == 0:
            try:
                with held(tmp_path):
                    os._exit(1)
            except RunError as error:
                os._exit(0 if "another process" in str(error) else 2)
            os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    with held(tmp_path):
        pass
