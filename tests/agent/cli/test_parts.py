"""What a run is put together from: the configuration, the person's own memory, MCP servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nomoat.agent import Agent
from nomoat.agent.config.config import config_file
from nomoat.agent.scripted import ScriptedModel, answer, call
from nomoat.agent.trust.policy import Approval
from nomoat.memory import Memory
from tests.agent.cli.test_cli import Breaking, Stopping
from tests.agent.conftest import SUM, Nomoat
from tests.memory.hashed import Hashed
from tests.tools.test_search import HIT, Searx

TOKYO = [
    call("convert_time", source_timezone="UTC", time="12:00", target_timezone="Asia/Tokyo"),
    answer("Noon UTC is 21:00 in Tokyo."),
]
SERVERS = f"""
[mcp.servers.absent]
command = "/no/such/program"
[mcp.servers.time]
command = "{sys.executable}"
args = ["-m", "mcp_server_time", "--local-timezone", "UTC"]
effects = "none"
"""


@pytest.fixture(autouse=True)
def home(place: Path, nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("nomoat.memory.memory.MiniLM", Hashed)
    nomoat_home.mkdir()
    return nomoat_home


# -- the configuration ------------------------------------------------------------------------


def test_the_configuration_holds_and_options_win(nomoat: Nomoat) -> None:
    config_file().write_text("[budget]\nsteps = 1\n")
    short = [*SUM[:1], answer("It is 4, so far.")]
    result = nomoat("What is 2+2?", "--json", script=ScriptedModel(short))
    assert json.loads(result.stdout)["status"] == "out_of_budget"
    result = nomoat("What is 2+2?", "--json", "--max-steps", "5")
    assert json.loads(result.stdout)["status"] == "reached"


@pytest.mark.parametrize(
    ("configured", "options", "written"),
    [
        ("ask", [], False),
        ("edits", [], True),
        ("edits", ["--approve", "ask"], False),
        ("plan", ["--yes"], True),
        ("never", ["--approve", "plan"], False),
    ],
)
def test_what_passes_unasked(
    nomoat: Nomoat, place: Path, configured: str, options: list[str], written: bool
) -> None:
    config_file().write_text(f'approve = "{configured}"\n')
    script = [call("write_file", path="out.txt", content="hello\n")]
    said = answer("I wrote out.txt." if written else "It could not be written.")
    # what is not written is objected to, and said once more
    model = ScriptedModel([*script, said, said, said, said])
    nomoat("Write hello to out.txt", "--quiet", *options, script=model)
    assert (place / "out.txt").exists() is written


def test_options_that_exclude_each_other(nomoat: Nomoat, place: Path) -> None:
    for options in (["--no-memory", "--memory", "."], ["--yes", "--approve", "ask"]):
        result = nomoat("x y", *options)
        assert result.exit_code == 2
        assert "exclude each other" in result.stderr


# -- the person's own memory ------------------------------------------------------------------


def shown(model: ScriptedModel) -> str:
    """What the model was shown before its first word."""
    return "\n".join(message.text for message in model.prompts[0])


def test_a_run_answers_from_the_persons_own_memory(nomoat: Nomoat) -> None:
    with Memory() as memory:
        memory.remember("The boiler was repaired by Novak and Sons.")
    goal, model = "What is 2+2, and was the boiler repaired?", ScriptedModel(SUM)
    assert nomoat(goal, script=model).stderr == ""
    assert "Novak and Sons" in shown(model)
    with Memory() as memory:  # the run has let go of it
        assert len(memory.documents()) == 1

    without = ScriptedModel(SUM)
    nomoat(goal, "--no-memory", script=without)
    assert "Novak" not in shown(without)
    assert "recall" not in shown(without)


def test_the_memory_of_the_configuration_is_the_persons_own(nomoat: Nomoat, place: Path) -> None:
    with Memory(place / "elsewhere") as memory:
        memory.remember("The boiler was repaired by Novak and Sons.")
    config_file().write_text(f'[memory]\ndir = "{place / "elsewhere"}"\n')
    model = ScriptedModel(SUM)
    nomoat("What is 2+2, and was the boiler repaired?", script=model)
    assert "Novak and Sons" in shown(model)


def test_a_memory_in_use_is_left_out_in_words(nomoat: Nomoat) -> None:
    with Memory() as memory:
        memory.remember("The boiler was repaired by Novak and Sons.")
        model = ScriptedModel(SUM)
        result = nomoat("What is 2+2?", "--quiet", script=model)
    assert (result.exit_code, result.stdout) == (0, "The sum is 4.\n")
    said = "This run goes without your memory. Another process has the memory in"
    assert result.stderr.startswith(said)
    assert "recall" not in shown(model)


def test_no_memory_costs_nothing(nomoat_home: Path) -> None:
    code = (
        "import sys\n"
        "from nomoat.agent.cli.parts import own_memory\n"
        "from nomoat.agent.config.config import Config\n"
        "assert own_memory('', Config(), print) is None\n"
        "assert {'chromadb', 'numpy', 'sqlite3', 'filelock'} & set(sys.modules) == set()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(nomoat_home.iterdir()) == []


def test_an_empty_memory_is_as_good_as_none(nomoat: Nomoat) -> None:
    with Memory() as memory:
        memory.remember("One.")
        memory.forget("remembered")
    model = ScriptedModel(SUM)
    assert nomoat("What is 2+2?", script=model).exit_code == 0
    assert "recall" not in shown(model)


# -- MCP servers ------------------------------------------------------------------------------


def servers_running() -> list[int]:
    """Processes of the server that this process has started and that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
        except (OSError, IndexError):
            continue
        if b"mcp_server_time" in command and int(parent) == os.getpid():
            found.append(int(folder.name))
    return found


def test_a_published_server_is_used_in_a_run_and_ended_with_it(nomoat: Nomoat) -> None:
    config_file().write_text(SERVERS)
    running: list[int] = []

    class Watching(ScriptedModel):
        def _stream(self, *args: object, **options: object):  # type: ignore[no-untyped-def]
            running.extend(servers_running())
            yield from super()._stream(*args, **options)  # type: ignore[arg-type]

    with Watching(TOKYO) as model:
        result = nomoat("What is 12:00 UTC in Tokyo?", "--json", script=model)
    run = json.loads(result.stdout)
    (step,) = run["steps"]
    assert (step["tool"], step["observation"]["ok"]) == ("convert_time", True)
    assert "T21:00:00+09:00" in step["observation"]["text"]
    assert (result.exit_code, run["answer"]) == (0, "Noon UTC is 21:00 in Tokyo.")
    assert [line for line in result.stderr.splitlines() if "'absent'" in line] == [
        "The MCP server 'absent' (program) cannot be used: FileNotFoundError: [Errno 2] "
        "No such file or directory: '/no/such/program'."
    ]
    assert len(set(running)) == 1
    assert servers_running() == []
    assert not [thread for thread in threading.enumerate() if thread.name == "mcp"]


@pytest.mark.parametrize(
    ("code", "model"), [(1, Breaking([])), (130, Stopping(TOKYO, at=0))], ids=["error", "Ctrl-C"]
)
def test_servers_end_with_a_run_that_does_not_end_well(
    nomoat: Nomoat, code: int, model: ScriptedModel
) -> None:
    config_file().write_text(SERVERS)
    assert nomoat("What is 12:00 UTC in Tokyo?", "--quiet", script=model).exit_code == code
    assert servers_running() == []


def test_without_effects_a_tool_of_a_server_asks(nomoat: Nomoat) -> None:
    config_file().write_text(SERVERS.replace('effects = "none"\n', ""))
    script = [*TOKYO[:1], answer("I was not allowed to ask for the time.")]
    result = nomoat("What is 12:00 UTC in Tokyo?", script=ScriptedModel(script))
    (refused,) = [line for line in result.stderr.splitlines() if line.startswith("Refused: ")]
    assert "convert_time would execute and network" in refused


def test_tools_list_show_and_test_know_servers(nomoat: Nomoat) -> None:
    config_file().write_text(SERVERS)
    listed = nomoat("tools", "list")
    lines = listed.stdout.splitlines()
    (at,) = [n for n, line in enumerate(lines) if line.startswith("convert_time ")]
    assert lines[at].split()[1] == "none"
    assert lines[at + 1].strip() == "from the MCP server time"
    assert "'absent' (program) cannot be used" in listed.stderr
    facts = json.loads(nomoat("tools", "show", "get_current_time", "--json").stdout)
    assert (facts["effects"], facts["from"]) == ([], "the MCP server time")
    called = nomoat("tools", "test", "get_current_time", "timezone=Asia/Tokyo")
    assert '"timezone": "Asia/Tokyo"' in called.stdout
    assert "sources: mcp:time" in called.stderr
    assert servers_running() == []


# -- a search engine of the person's own ------------------------------------------------------


def test_the_configured_search_engine_is_asked(nomoat: Nomoat) -> None:
    searx = Searx()
    try:
        config_file().write_text(f'[search]\nsearxng = "{searx.url}"\n')
        result = nomoat("tools", "test", "search_web", "query=lighthouses")
    finally:
        searx.server.shutdown()
        searx.thread.join()
        searx.server.server_close()
    assert result.exit_code == 0, result.output
    assert HIT["url"] in result.stdout
    assert [asked["q"] for asked in searx.asked] == [["lighthouses"]]


# -- LangChain's own tools --------------------------------------------------------------------


def test_a_published_langchain_tool_is_used_in_a_run(place: Path) -> None:
    from langchain.agents.middleware import FilesystemFileSearchMiddleware

    (place / "house.md").write_text("# House\n\nThe boiler was repaired by Novak and Sons.\n")
    (place / "soup.md").write_text("Pumpkin soup needs ginger.\n")
    tools = FilesystemFileSearchMiddleware(root_path=str(place), use_ripgrep=False).tools
    script = [
        call("grep_search", pattern="boiler was", output_mode="content"),
        answer("Novak and Sons repaired the boiler."),
    ]
    with ScriptedModel(script) as model:
        agent = Agent(model, tools, workspace=place, approve=lambda _asked: Approval(True))
        run = agent.run("Search the files: who repaired the boiler?")
    (step,) = run.steps
    assert step.observation.ok
    assert step.observation.text == "/house.md:3:The boiler was repaired by Novak and Sons."
    assert run.answer == "Novak and Sons repaired the boiler."
