"""`nomoat memory`, as a person or a script sees it."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from nomoat.agent.cli.main import cli
from nomoat.memory import Memory
from tests.memory.chroma_server import chroma_server
from tests.memory.hashed import Hashed


@pytest.fixture(autouse=True)
def hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model file is needed for what is tested here."""
    monkeypatch.setattr("nomoat.memory.memory.MiniLM", Hashed)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "boiler.md").write_text("# House\n\nThe boiler was repaired by Novak and Sons.\n")
    (folder / "[b]soup.txt").write_text("Pumpkin soup needs ginger and coconut milk.\n")
    return folder


def run(tmp_path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["memory", *arguments, "--memory", str(tmp_path / "memory")])


def test_add_says_what_it_did(tmp_path: Path, docs: Path) -> None:
    (docs / ".hidden").write_text("x")
    result = run(tmp_path, "add", str(docs))
    assert result.exit_code == 0
    assert result.stdout.startswith("2 added; 2 chunks; skipped: 1 hidden; ")
    assert run(tmp_path, "add", str(docs)).stdout.startswith("2 unchanged; 0 chunks; ")
    assert run(tmp_path, "add", str(docs), "--quiet").output == ""


def test_add_reports_bad_files_and_fails_only_when_nothing_was_read(
    tmp_path: Path, docs: Path
) -> None:
    bad = docs / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7\n" + b"\x00" * 99)
    result = run(tmp_path, "add", str(docs))
    assert result.exit_code == 0
    assert "1 not read" in result.stdout
    assert f"Not read: {bad}: " in result.stderr
    assert run(tmp_path, "add", str(bad)).exit_code == 1


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    result = run(tmp_path, "add", str(tmp_path / "nowhere"))
    assert result.exit_code == 2
    assert "There is no file or folder" in result.stderr


def test_list(tmp_path: Path, docs: Path) -> None:
    assert "memory is empty" in run(tmp_path, "list").stdout
    assert json.loads(run(tmp_path, "list", "--json").stdout) == []
    run(tmp_path, "add", str(docs))
    assert "[b]soup.txt" in run(tmp_path, "list").stdout.replace("\n", "")
    entries = json.loads(run(tmp_path, "list", "--json").stdout)
    assert [(Path(e["path"]).name, e["format"], e["chunks"]) for e in entries] == [
        ("[b]soup.txt", "text", 1),
        ("boiler.md", "markdown", 1),
    ]


def test_search_shows_where_it_stands(tmp_path: Path, docs: Path) -> None:
    run(tmp_path, "add", str(docs))
    result = run(tmp_path, "search", "Who repaired the boiler?", "-k", "1")
    first, *rest = result.stdout.splitlines()
    assert first.startswith(f"{docs / 'boiler.md'}:1-3")
    assert "Novak and Sons" in "".join(rest)
    [found] = json.loads(run(tmp_path, "search", "boiler", "-k", "1", "--json").stdout)
    assert found["citation"] == f"{docs / 'boiler.md'}:1-3"
    assert found["span"] == {"unit": "line", "first": 1, "last": 3, "within": ""}
    assert json.loads(run(tmp_path, "search", "soup", "--format", "pdf", "--json").stdout) == []


def test_search_in_nothing_says_so(tmp_path: Path) -> None:
    result = run(tmp_path, "search", "anything")
    assert (result.exit_code, result.stdout) == (0, "Nothing in the memory fits.\n")


def test_show_forget_stats_rebuild(tmp_path: Path, docs: Path) -> None:
    run(tmp_path, "add", str(docs))
    shown = run(tmp_path, "show", str(docs / "boiler.md")).stdout
    assert "The boiler was repaired by Novak and Sons." in shown
    stats = json.loads(run(tmp_path, "stats", "--json").stdout)
    assert (stats["documents"], stats["chunks"]) == (2, 2)
    assert stats["formats"] == {"markdown": 1, "text": 1}
    assert "chunks: 2" in run(tmp_path, "stats").stdout
    assert run(tmp_path, "rebuild").stdout == "The memory is rebuilt.\n"
    assert run(tmp_path, "forget", str(docs)).stdout == f"Forgot {docs} (2 documents).\n"
    result = run(tmp_path, "show", str(docs / "boiler.md"))
    assert result.exit_code == 2
    assert "nomoat memory list" in result.stderr


def test_a_locked_memory_is_told(tmp_path: Path, docs: Path) -> None:
    with Memory(tmp_path / "memory", embedder=Hashed()) as memory:
        memory.add([docs])
        # the lock holds between processes and, in this one, between instances
        result = run(tmp_path, "search", "boiler")
    assert result.exit_code == 1
    assert "Another process has the memory" in result.stderr


@pytest.mark.slow
def test_the_vectors_are_kept_on_a_server(tmp_path: Path, docs: Path, nomoat_home: Path) -> None:
    def nomoat(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["memory", *arguments])

    with chroma_server(tmp_path / "server") as address:
        added = run(tmp_path, "add", str(docs), "--chroma", str(address))
        assert (added.exit_code, added.stderr) == (0, "")  # it is this machine: nothing to warn of
        assert not (tmp_path / "memory" / "chroma").exists()
        there = f"{address}/api/v2/tenants/default_tenant/databases/default_database/collections"
        [collection] = httpx.get(there).json()
        wanted = {"include": ["documents", "metadatas", "embeddings"]}
        kept = httpx.post(f"{there}/{collection['id']}/get", json=wanted).json()
        assert len(kept["embeddings"]) == 2
        assert kept["documents"] == kept["metadatas"] == [None, None]  # the text stays here

        found = run(tmp_path, "search", "Who repaired the boiler?", "--chroma", str(address))
        assert "Novak and Sons" in found.stdout
        elsewhere = run(tmp_path, "search", "boiler")
        assert elsewhere.exit_code == 1
        assert f"kept at {address}, not in its own folder" in elsewhere.stderr

        # of the configuration, for the person's own memory
        nomoat_home.mkdir()
        (nomoat_home / "config.toml").write_text(f'[memory]\ndir = "mine"\nurl = "{address}"\n')
        assert nomoat("add", str(docs)).exit_code == 0
        assert (nomoat_home / "mine" / "memory.db").exists()
        assert "Novak and Sons" in nomoat("search", "Who repaired the boiler?").stdout
        assert len(httpx.get(there).json()) == 2

        moved = run(tmp_path, "rebuild")
        assert moved.exit_code == 0
        assert "Novak and Sons" in run(tmp_path, "search", "boiler").stdout


def test_a_server_elsewhere_is_warned_of(tmp_path: Path) -> None:
    for url, read in (
        ("http://192.0.2.1:8000", ", and anybody on the way there can read them"),
        ("https://chroma.example.org", ""),
    ):
        result = run(tmp_path, "list", "--chroma", url)
        port = "" if url.endswith("8000") else ":443"
        assert result.stderr == (
            f"The vectors of your documents go to {url}{port}, which is not this machine{read}.\n"
        )
    assert run(tmp_path, "list", "--chroma", "192.0.2.1").exit_code == 2


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(400):
        (folder / f"{number}.txt").write_text(f"Note {number} says unique{number}word.\n")
    program = (
        "from nomoat.memory import ingest, memory\n"
        "from nomoat.agent.cli.main import cli\n"
        "from tests.memory.hashed import Hashed\n"
        "ingest._POOL = 4\n"
        "memory.MiniLM = Hashed\n"
        "cli()"
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", program, "memory", "add", str(folder), "--memory", "memory"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3]), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    os.close(theirs)
    shown = b""
    while not re.search(rb"[1-9]\d*/400 files", shown):
        shown += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(OSError):  # how a terminal whose program has ended reads
        while os.read(ours, 65536):
            pass
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    with Memory(tmp_path / "memory", embedder=Hashed()) as memory:
        kept = len(memory.documents())
    assert 0 < kept < 400
    assert out.startswith(f"{kept} added")
