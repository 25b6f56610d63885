"""`nomoat runs`, `undo`, `policy` and receipts, as a person uses them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import answer, call
from nomoat.agent.trust.journal import held
from tests.agent.conftest import Nomoat

GOAL = "Write hello to out.txt, and then add a line to out.txt"
WRITE = [
    call("write_file", path="out.txt", content="hello\n"),
    call("append_file", path="out.txt", content="a line"),
    answer("I wrote hello to out.txt and added a line."),
]


@pytest.fixture
def done(nomoat: Nomoat, place: Path) -> str:
    """The id of a run that wrote `out.txt` in two steps."""
    assert nomoat(GOAL, "--yes", script=WRITE).exit_code == 0
    assert (place / "out.txt").read_text() == "hello\na line\n"
    return RunStore().names()[-1]


# -- what happened ----------------------------------------------------------------------------


def test_runs_lists_by_itself_and_by_name(nomoat: Nomoat, done: str) -> None:
    assert nomoat("runs").stdout == nomoat("runs", "list").stdout
    assert json.loads(nomoat("runs", "list", "--json").stdout)[0]["run_id"] == done
    assert nomoat("runs", "show").stdout == nomoat("show", "last").stdout


def test_a_receipt_says_what_was_written(nomoat: Nomoat, done: str) -> None:
    assert nomoat("show", done, "--receipt").stdout == "made out.txt (13 bytes)\n"
    told = json.loads(nomoat("show", done, "--receipt", "--json").stdout)
    assert told["files"] == [{"path": "out.txt", "change": "made", "size": 13}]
    assert (told["hosts"], told["bytes_sent"], told["commands"]) == ([], 0, [])


def test_a_run_that_did_nothing_says_so(nomoat: Nomoat) -> None:
    script = [call("calculate", expression="2+2"), answer("It is 4.")]
    nomoat("What is 2+2?", script=script)
    assert nomoat("show", "--receipt").stdout == "Nothing was contacted, written or run.\n"
    assert nomoat("undo").stdout == "The run changed nothing.\n"


@pytest.mark.parametrize("damage", ["no JSON at all\n", '{"kind": "run", "version": 99}\n'])
def test_a_damaged_journal_is_told_and_the_rest_stays_readable(
    nomoat: Nomoat, done: str, damage: str
) -> None:
    (RunStore().find(done).path / "journal.jsonl").write_text(damage)
    refused = nomoat("show", done, "--receipt")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: The journal ")
    assert nomoat("undo", done).exit_code == 1
    assert "added a line" in nomoat("show", done).stdout
    told = json.loads(nomoat("runs", "export", done).stdout)
    assert "error" in told["receipt"]
    assert told["run"]["answer"]


# -- keeping and deleting ---------------------------------------------------------------------


def test_export_is_all_of_a_run(nomoat: Nomoat, done: str) -> None:
    data = json.loads(nomoat("runs", "export", done).stdout)
    assert data["run_id"] == done
    assert data["schema_version"] == 1
    assert [step["tool"] for step in data["run"]["steps"]] == ["write_file", "append_file"]
    assert data["receipt"]["files"]
    text = nomoat("runs", "export", done, "--format", "md").stdout
    for part in (f"# {GOAL}", "## Plan", "## Step 2", "## Receipt", "- made out.txt", "```"):
        assert part in text


def test_a_text_cannot_leave_its_block_in_an_export(nomoat: Nomoat) -> None:
    evil = "```\n# Not a heading\n````\n"
    script = [
        call("write_file", path="out.txt", content=evil),
        answer("I wrote out.txt."),
    ]
    nomoat("Write it to out.txt", "--yes", script=script)
    text = nomoat("runs", "export", "--format", "md").stdout
    assert f"`````\n{evil}\n`````" in text


def test_rm_asks_first(nomoat: Nomoat, done: str) -> None:
    assert nomoat("runs", "rm", done).exit_code != 0  # nobody answers
    assert RunStore().names() == [done]
    assert nomoat("runs", "rm", done, "--yes").stdout == f"deleted {done}\n"
    assert RunStore().names() == []


def test_a_run_that_goes_on_is_not_deleted(nomoat: Nomoat, done: str) -> None:
    with held(RunStore().find(done).path):
        refused = nomoat("runs", "rm", done, "--yes")
    assert (refused.exit_code, RunStore().names()) == (1, [done])
    assert "going on in another process" in refused.stderr


def test_prune_keeps_the_newest_and_the_youngest(nomoat: Nomoat, nomoat_home: Path) -> None:
    names = [f"2020010{n}-101010-000{n:02}" for n in range(1, 6)]
    for name in names:
        (nomoat_home / "runs" / name).mkdir(parents=True)
    assert nomoat("runs", "prune").exit_code == 2
    nomoat("runs", "prune", "--keep", "2", "--yes")
    assert RunStore().names() == names[3:]
    nomoat("runs", "prune", "--days", "1", "--keep", "1", "--yes")
    assert RunStore().names() == names[4:]
    nomoat("runs", "prune", "--days", "1", "--yes")
    assert RunStore().names() == []


# -- fork -------------------------------------------------------------------------------------


def test_a_fork_goes_on_from_a_step_and_leaves_the_old_run(
    nomoat: Nomoat, done: str, place: Path
) -> None:
    said = nomoat("runs", "fork", done, "--step", "1")
    new = RunStore().names()[-1]
    assert new != done
    assert new in said.stdout
    script = [
        call("append_file", path="out.txt", content="another"),
        answer("I added another line to out.txt."),
    ]
    resumed = nomoat("resume", new, "--yes", "--json", script=script)
    steps = json.loads(resumed.stdout)["steps"]
    assert [step["args"]["content"] for step in steps] == ["hello\n", "another"]
    assert (place / "out.txt").read_text() == "hello\na line\nanother\n"
    old = json.loads(nomoat("show", done, "--json").stdout)
    assert [step["args"]["content"] for step in old["steps"]] == ["hello\n", "a line"]
    assert nomoat("undo", new).exit_code == 0
    assert (place / "out.txt").read_text() == "hello\na line\n"


def test_a_fork_of_no_step_is_refused(nomoat: Nomoat, done: str) -> None:
    refused = nomoat("runs", "fork", done, "--step", "9")
    assert refused.exit_code == 2
    assert "steps 0 to 2" in refused.stderr


# -- undo -------------------------------------------------------------------------------------


def test_undo_puts_files_back(nomoat: Nomoat, done: str, place: Path) -> None:
    assert nomoat("undo", done, "--step", "2").stdout == "restored: out.txt\n"
    assert (place / "out.txt").read_text() == "hello\n"
    told = json.loads(nomoat("undo", done, "--json").stdout)
    assert told == {
        "files": [{"path": "out.txt", "outcome": "removed", "why": ""}],
        "not_undone": [],
    }
    assert list(place.iterdir()) == []


def test_undo_says_what_it_leaves(nomoat: Nomoat, done: str, place: Path) -> None:
    (place / "out.txt").write_text("mine")
    result = nomoat("undo", done)
    assert (result.exit_code, result.stdout) == (1, "changed since: out.txt\n")
    assert (place / "out.txt").read_text() == "mine"


# -- policy -----------------------------------------------------------------------------------


def test_policy_shows_the_rules_and_what_to_write(nomoat: Nomoat, nomoat_home: Path) -> None:
    assert "none yet" in nomoat("policy", "show").stdout
    nomoat_home.mkdir()
    rules = '[[allow]]\ntool = "write_file"\n\n[[deny]]\ndomain = "evil.example"\nwhy = "no"\n'
    (nomoat_home / "policy.toml").write_text(rules)
    lines = nomoat("policy", "show").stdout.splitlines()
    assert lines[1:] == ['  deny domain = "evil.example"  # no', '  allow tool = "write_file"']
    assert json.loads(nomoat("policy", "show", "--json").stdout)["rules"][1]["why"] == "no"


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["read_file", "path=a.txt"], 0, "allow: mode ask"),
        (["write_file", "path=a.txt", "content="], 1, "ask: write_file would write"),
        (["write_file", "path=a.txt", "content=", "--approve", "plan"], 3, "only reads"),
        (
            ["write_file", "path=r/a.txt", "content="],
            0,
            'your rule allows this: allow folder = "r"',
        ),
        (["browse", "url=https://evil.example/x"], 3, "denies this"),
        (["browse", "url=https://a.example/x", "--approve", "never"], 0, "mode never"),
        (
            ["browse", "url=https://a.example/x", "--approve", "never", "--goal", "Sum a.csv"],
            1,
            "the goal does not ask to network",
        ),
        (
            ["browse", "url=https://a.example/", "--after", "private", "--after", "untrusted"],
            1,
            "private data and text from elsewhere",
        ),
    ],
)
def test_policy_explains_a_call(
    nomoat: Nomoat, nomoat_home: Path, arguments: list[str], status: int, says: str
) -> None:
    nomoat_home.mkdir()
    rules = '[[allow]]\nfolder = "r"\n\n[[deny]]\ndomain = "evil.example"\n'
    (nomoat_home / "policy.toml").write_text(rules)
    result = nomoat("policy", "explain", *arguments)
    assert (result.exit_code, says in result.stdout.splitlines()[0]) == (status, True)
    told = json.loads(nomoat("policy", "explain", *arguments, "--json").stdout)
    assert told["considered"]


def test_a_rule_of_the_file_decides_in_a_run(
    nomoat: Nomoat, nomoat_home: Path, place: Path
) -> None:
    nomoat_home.mkdir()
    (nomoat_home / "policy.toml").write_text('[[allow]]\ntool = "*_file"\nfolder = "."\n')
    assert nomoat(GOAL, script=WRITE).exit_code == 0
    assert (place / "out.txt").exists()


def test_nothing_runs_on_rules_that_cannot_be_read(nomoat: Nomoat, nomoat_home: Path) -> None:
    nomoat_home.mkdir()
    (nomoat_home / "policy.toml").write_text("[[alow]]\n")
    refused = nomoat(GOAL)
    assert refused.exit_code == 2
    assert "policy.toml" in refused.stderr


# -- disks ------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_read_only_run_is_shown_and_not_gone_on_with(nomoat: Nomoat, done: str) -> None:
    path = RunStore().find(done).path
    path.chmod(0o500)
    try:
        assert "added a line" in nomoat("show", done).stdout
        refused = nomoat("undo", done)
        assert refused.exit_code == 1
        assert "cannot be written" in refused.stderr
    finally:
        path.chmod(0o700)


def test_a_newer_run_is_refused_in_words_and_others_stay(nomoat: Nomoat, done: str) -> None:
    newer = RunStore().create()
    newer.write({"goal": "g", "status": "reached", "model": "m", "workspace": "."})
    file = newer.path / "run.json"
    file.write_text(file.read_text().replace('"schema_version": 1', '"schema_version": 9'))
    for command in (["show"], ["runs", "export"], ["undo"], ["resume"]):
        refused = nomoat(*command, newer.run_id)
        assert refused.exit_code == 1
        assert "newer version" in refused.stderr
    assert "damaged" in nomoat("runs").stdout.splitlines()[0]
    assert nomoat("show", done).exit_code == 0
