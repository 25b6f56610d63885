"""`nomoat tools` and docs/plugins.md, whose every command and code block is executed here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nomoat.agent.cli.main import cli

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "plugins.md"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and a home of its own."""
    monkeypatch.setenv("NOMOAT_HOME", str(tmp_path / "home"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def nomoat(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["tools", *arguments])


def test_list_shows_what_there_is() -> None:
    result = nomoat("list", "--tools", str(ROOT / "examples" / "plugins"))
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line[0] != " "}
    assert "read,write" in lines["save_query"]
    assert "The region of a German postcode." in lines["region"]
    assert "from region in " in result.stdout
    assert "postcode.py, line 8" in result.stdout


def test_list_as_json() -> None:
    facts = {one["name"]: one for one in json.loads(nomoat("list", "--json").stdout)}
    assert facts["query_table"]["effects"] == ["read"]
    assert facts["query_table"]["from"] == "nomoat"
    assert facts["query_table"]["schema"]["required"] == ["sql"]


def test_show_tells_what_the_model_is_told() -> None:
    shown = nomoat("show", "query_table").stdout
    assert shown.startswith("query_table\n\nAnswer a question about tables")
    assert "effects: read\nfrom: nomoat\n" in shown
    assert json.loads(nomoat("show", "query_table", "--json").stdout)["name"] == "query_table"


def test_an_unknown_tool_is_a_usage_error() -> None:
    result = nomoat("show", "query_tabel")
    assert result.exit_code == 2
    assert "Did you mean query_table?" in result.stderr


@pytest.mark.parametrize("name", ["1st", "two words", "class", "_hidden", "test_it", "a-b"])
def test_new_refuses_names_that_cannot_be(name: str, place: Path) -> None:
    assert nomoat("new", name, "--folder", "here").exit_code == 2
    assert not (place / "here").exists()


def test_new_writes_to_the_persons_own_folder(tmp_path: Path) -> None:
    assert nomoat("new", "greet").exit_code == 0
    assert (tmp_path / "home" / "tools" / "greet.py").is_file()
    assert nomoat("test", "greet", "text=hi").stdout == "hi\n"


def test_new_overwrites_nothing(place: Path) -> None:
    assert nomoat("new", "greet", "--folder", ".").exit_code == 0
    (place / "greet.py").write_text("mine")
    result = nomoat("new", "greet", "--folder", ".")
    assert result.exit_code == 2
    assert (place / "greet.py").read_text() == "mine"


def test_what_new_writes_passes_its_own_test(place: Path) -> None:
    nomoat("new", "greet", "--folder", ".")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout


def test_test_calls_as_the_agent_would(place: Path) -> None:
    (place / "sales.csv").write_text("region,sum\nNorth,1\nSouth,2\n")
    result = nomoat("test", "query_table", "sql=SELECT sum(sum) AS total FROM sales")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["total", "    3"]
    assert "sources: sales.csv" in result.stderr
    assert "private" in result.stderr


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("3", "int 3"),
        ("true", "bool True"),
        ('["a"]', "list ['a']"),
        ("Oslo", "str Oslo"),
        ("", "str "),
    ],
)
def test_values_are_json_where_they_can_be(place: Path, value: str, shown: str) -> None:
    (place / "kind.py").write_text(
        "from typing import Any\nfrom nomoat.tools import tool\n"
        "@tool(effects='none')\ndef kind(value: Any) -> str:\n"
        "    '''Its type.'''\n    return f'{type(value).__name__} {value}'\n"
    )
    assert nomoat("test", "kind", "--tools", "kind.py", f"value={value}").stdout == f"{shown}\n"


def test_a_call_that_fails_has_an_exit_status() -> None:
    result = nomoat("test", "query_table", "sql=DROP TABLE x")
    assert result.exit_code == 1
    assert nomoat("test", "query_table", "nonsense").exit_code == 2


def test_a_projects_tools_are_not_loaded_unasked(place: Path) -> None:
    folder = place / ".nomoat" / "tools"
    folder.mkdir(parents=True)
    (folder / "evil.py").write_text("raise SystemExit('it ran')\n")
    result = nomoat("list")
    assert result.exit_code == 0
    assert "nobody could be asked whether to trust it" in result.stderr
    assert "it ran" not in result.output


def test_two_tools_of_one_name_are_refused(place: Path) -> None:
    (place / "mine.py").write_text(
        "from nomoat.tools import tool\n"
        "@tool(effects='none')\ndef calculate(a: int) -> int:\n    '''Mine.'''\n    return a\n"
    )
    result = nomoat("list", "--tools", "mine.py")
    assert result.exit_code == 2
    assert "Two tools are called 'calculate'" in result.stderr
    assert "mine.py, line 2" in result.stderr


# the page


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of the page."""

    kind: str
    text: str


def blocks() -> list[Block]:
    found = re.findall(r"^```(.+?)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [Block(kind, text) for kind, text in found]


def commands(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, with what it should print."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def matches(expected: str, printed: str) -> bool:
    """Whether text is as the page shows it, where `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def shell(command: str) -> str:
    """Standard output and error, as a terminal shows them."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": path},
        timeout=250,
        check=False,
    )
    return re.sub(r"^(ok|retry|invalid)[^\n]* s\n", "", done.stdout, flags=re.MULTILINE)


def write(block: Block, place: Path) -> None:
    name = block.text.splitlines()[0].removeprefix("# ")
    (place / name).write_text(block.text)


def test_the_page_is_as_it_says(place: Path) -> None:
    ran = 0
    for block in blocks():
        if block.kind == "python":
            write(block, place)
        elif block.kind == "console":
            for command, expected in commands(block.text):
                printed = shell(command)
                assert matches(expected, printed), f"$ {command}\n{printed}"
                ran += 1
    assert ran == 9
    assert {block.kind for block in blocks()} == {"python", "console", "console model"}


@pytest.mark.goals
@pytest.mark.model
@pytest.mark.slow
def test_the_page_runs_with_the_model(place: Path, tmp_path: Path, chat_model_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "models").symlink_to(chat_model_path.parent.parent)
    (place / "tools").mkdir()
    write(next(b for b in blocks() if b.text.startswith("# tools/stock.py")), place)
    (block,) = [block for block in blocks() if block.kind == "console model"]
    for command, expected in commands(block.text):
        printed = shell(command)
        assert matches(expected, printed)
        assert "17" in printed, printed
