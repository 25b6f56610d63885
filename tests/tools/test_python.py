from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from nomoat.tools.base import Effect, Output, spec_of
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard import stage
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.sandbox import Finished, Limits, Sandbox, Support, probe
from nomoat.tools.guard.stage import Stage
from nomoat.tools.python import python_tools

needs_sandbox = pytest.mark.skipif(bool(probe().refusal()), reason=probe().refusal() or "-")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "sub").mkdir(parents=True)
    (folder / "prices.csv").write_text("item,price\ntea,3\ncup,9\n")
    (folder / "sub" / "notes.txt").write_text("old")
    (folder / ".env").write_text("TOKEN=canary-1")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("canary-2")
    return folder


def run(folder: Path, code: str, **limits: object) -> Output:
    (python,) = python_tools(Workspace(folder), limits=Limits(**limits))  # type: ignore[arg-type]
    output = python.invoke({"code": code})
    assert isinstance(output, Output)
    return output


@needs_sandbox
def test_a_script_reads_the_workspace_and_prints(folder: Path) -> None:
    code = """
import csv
print(sum(int(row["price"]) for row in csv.DictReader(open("prices.csv"))))
"""
    output = run(folder, code)
    assert output.text == "12"
    assert output.files == ()
    assert output.private


@needs_sandbox
def test_files_that_it_made_or_changed_come_back_and_are_named(folder: Path) -> None:
    code = """
import os
open("sub/notes.txt", "a").write(" and new")
os.makedirs("out/deep")
open("out/deep/a.txt", "w").write("a")
open("prices.csv").read()
"""
    output = run(folder, code)
    assert output.files == ("out/deep/a.txt", "sub/notes.txt")
    assert output.text == "Files made or changed: out/deep/a.txt, sub/notes.txt"
    assert (folder / "sub/notes.txt").read_text() == "old and new"
    assert (folder / "out/deep/a.txt").read_text() == "a"


@needs_sandbox
def test_a_change_of_the_same_size_and_a_forged_time_comes_back(folder: Path) -> None:
    code = """
import os
before = os.stat("sub/notes.txt")
open("sub/notes.txt", "w").write("OLD")
os.utime("sub/notes.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
"""
    assert run(folder, code).files == ("sub/notes.txt",)


@needs_sandbox
@pytest.mark.parametrize(
    "name",
    [
        *(".git/hooks/pre-commit", ".git/config", "nomoat.toml", ".nomoat/tools/evil.py"),
        *(".bashrc", "sub/.git/hooks/post-checkout", ".vscode/tasks.json", ".envrc"),
        *("NOMOAT.TOML", ".config/autostart/x.desktop", ".ssh/authorized_keys"),
    ],
)
def test_protected_names_do_not_come_back(folder: Path, name: str) -> None:
    """Also where they were absent before: a guard of what exists was bypassed by making it."""
    before = sorted(folder.rglob("*"))
    code = f"""
import os
os.makedirs(os.path.dirname({name!r}) or ".", exist_ok=True)
open({name!r}, "w").write("evil")
"""
    output = run(folder, code)
    assert output.files == ()
    assert "Not kept" in output.text
    assert sorted(folder.rglob("*")) == before
    assert (folder / ".git/config").read_text() == "canary-2"


@needs_sandbox
def test_hidden_files_and_the_real_workspace_are_not_in_view(folder: Path) -> None:
    code = f"""
import os
print(sorted(os.listdir(".")))
for path in (".env", ".git/config", {str(folder / ".env")!r}, {str(folder / "prices.csv")!r}):
    try: print(open(path).read())
    except OSError: print("refused")
"""
    assert run(folder, code).text == "['prices.csv', 'sub']\n" + "refused\n" * 3 + "refused"


@needs_sandbox
def test_nothing_is_deleted(folder: Path) -> None:
    output = run(folder, "import os; os.remove('prices.csv')")
    assert "Not deleted: prices.csv" in output.text
    assert (folder / "prices.csv").exists()


@needs_sandbox
def test_a_script_that_fails_changes_nothing(folder: Path) -> None:
    code = "open('new.txt', 'w').write('x')\nprint('so far')\nvalue = 1 / 0\n"
    with pytest.raises(Retry) as raised:
        run(folder, code)
    said = str(raised.value)
    assert said.startswith("The script failed, nothing was changed: ZeroDivisionError: division")
    assert "(line 3: value = 1 / 0)" in said
    assert "so far" in said
    assert not (folder / "new.txt").exists()


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def f(:\n  pass", r"SyntaxError.*line 1: def f\(:"),
        ("import sys; sys.exit(3)", "exit status 3"),
        ("import os; os.abort()", "signal 6"),
        ("import socket; socket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("import no_such_module", "No module named 'no_such_module'"),
    ],
)
def test_failures_are_told_by_their_last_line(folder: Path, code: str, says: str) -> None:
    with pytest.raises(Retry) as raised:
        run(folder, code)
    assert re.search(says, str(raised.value)), str(raised.value)
    assert "/nomoat-" not in str(raised.value)


@needs_sandbox
def test_an_endless_script_is_told_to_do_less(folder: Path) -> None:
    with pytest.raises(Retry, match="did not finish in time") as raised:
        run(folder, "while True: pass", seconds=0.5)
    assert "endless loop" in raised.value.hint


@needs_sandbox
def test_a_script_that_takes_too_much_memory_is_told_so(folder: Path) -> None:
    code = "open('new.txt', 'w').write('x')\nx = bytearray(900_000_000)"
    with pytest.raises(Retry, match="MemoryError"):
        run(folder, code, memory_mb=400)
    assert not (folder / "new.txt").exists()
    assert Limits().memory_mb <= 2048  # and it holds where nobody says otherwise


@needs_sandbox
def test_a_script_that_says_nothing_is_told_to_print(folder: Path) -> None:
    assert "Use print()" in run(folder, "1 + 1").text


@needs_sandbox
def test_a_markdown_fence_around_the_script_is_taken_off(folder: Path) -> None:
    assert run(folder, "```python\nprint(6 * 7)\n```").text == "42"


@needs_sandbox
def test_long_output_is_cut_in_the_middle(folder: Path) -> None:
    text = run(folder, "print('a' * 5000 + 'b' * 5000)").text
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "characters left out" in text
    assert len(text) < 4_100


@needs_sandbox
def test_large_files_can_be_read_and_not_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "MAX_COPY", 10)
    assert run(folder, "print(len(open('prices.csv').read()))").text == "23"
    with pytest.raises(Retry, match="PermissionError"):
        run(folder, "open('prices.csv', 'w')")
    replaced = "import os\nos.remove('prices.csv')\nopen('prices.csv', 'w').write('x')"
    assert "Not kept: prices.csv" in run(folder, replaced).text
    assert len((folder / "prices.csv").read_text()) == 23


def test_a_workspace_with_too_many_files_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "MAX_ENTRIES", 2)
    (tmp_path / "stage").mkdir()
    with pytest.raises(Failed, match="too many"):
        Stage(Workspace(folder), tmp_path / "stage").fill()


def test_what_somebody_else_changed_meanwhile_is_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "stage").mkdir()
    stage = Stage(Workspace(folder), tmp_path / "stage")
    stage.fill()
    (tmp_path / "stage/prices.csv").write_text("by the script")
    (folder / "prices.csv").write_text("by the person")
    taken = stage.take_back()
    assert taken.files == ()
    assert "somebody else" in taken.problems[0]
    assert (folder / "prices.csv").read_text() == "by the person"


def test_links_pipes_and_the_like_do_not_come_back(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    (tmp_path / "stage").mkdir()
    stage = Stage(Workspace(folder), tmp_path / "stage")
    stage.fill()
    (tmp_path / "stage/link").symlink_to(tmp_path / "secret")
    (tmp_path / "stage/folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "stage/pipe")
    assert stage.take_back().files == ()
    assert sorted(path.name for path in folder.iterdir()) == [".env", ".git", "prices.csv", "sub"]


def test_links_in_the_workspace_are_not_followed_into_the_stage(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("canary")
    (folder / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "stage").mkdir()
    Stage(Workspace(folder), tmp_path / "stage").fill()
    assert not (tmp_path / "stage/link").exists()


def test_where_nothing_can_be_confined_nothing_is_run(folder: Path) -> None:
    (python,) = python_tools(Workspace(folder), sandbox=Sandbox(Support()))
    with pytest.raises(Failed, match="so code is not run"):
        python.invoke({"code": "open('made', 'w')"})
    assert not (folder / "made").exists()


@pytest.mark.parametrize("code", ["", " \n", "x" * 50_001])
def test_scripts_that_make_no_sense_are_not_run(folder: Path, code: str) -> None:
    class Never(Sandbox):
        def run(self, *args: object, **options: object) -> Finished:
            raise AssertionError

    (python,) = python_tools(Workspace(folder), sandbox=Never())
    with pytest.raises(Retry, match="empty or too long"):
        python.invoke({"code": code})


def test_the_tool_says_what_it_does(folder: Path) -> None:
    (python,) = python_tools(Workspace(folder))
    spec = spec_of(python)
    assert spec.effects == {Effect.READ, Effect.WRITE, Effect.EXECUTE}
    assert spec.preview is not None
    assert spec.preview({"code": "```\nprint(1)\n```"}) == "print(1)"
