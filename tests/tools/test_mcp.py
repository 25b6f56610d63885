"""Real MCP servers over stdio and streamable HTTP, started by the tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nomoat.memory.errors import UsageError
from nomoat.tools.base import Effect, spec_of
from nomoat.tools.mcp import McpServer, McpTools
from nomoat.tools.toolbox import Toolbox

SERVER = '''
import os, sys, time
from mcp.server.fastmcp import FastMCP
from mcp.types import ToolAnnotations

port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
server = FastMCP("library", host="127.0.0.1", port=port or 8000)

@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def lookup(title: str, copies: int = 1) -> str:
    """Where a book stands."""
    return f"{title}: shelf {len(title)}, {copies} copies"

@server.tool()
def lend(title: str) -> str:
    """Lend a book."""
    raise ValueError(f"{title} is lent already")

@server.tool()
def sleep(seconds: float) -> str:
    """Wait."""
    time.sleep(seconds)
    return "woke"

@server.tool()
def environment(name: str) -> str:
    """A variable of the server."""
    return os.environ.get(name, "unset")

@server.tool()
def leave() -> str:
    """End the server."""
    os._exit(3)

print("the library opens", file=sys.stderr)
server.run("streamable-http" if port else "stdio")
'''


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("mcp") / "library.py"
    file.write_text(textwrap.dedent(SERVER))
    return file


def library(script: Path, name: str = "library", seconds: float = 30) -> McpServer:
    return McpServer(name, command=(sys.executable, str(script)), seconds=seconds)


@pytest.fixture(scope="module")
def opened(script: Path) -> Iterator[McpTools]:
    with McpTools([library(script)]) as servers:
        assert servers.problems == ()
        yield servers


def test_tools_of_a_program_are_called_like_any_other(opened: McpTools) -> None:
    box = Toolbox(opened.tools)
    assert set(box.names) == {"lookup", "lend", "sleep", "environment", "leave"}
    observed = box.call("lookup", {"title": "Emma", "copies": "2"})
    assert observed.text == "Emma: shelf 4, 2 copies"
    assert observed.untrusted
    assert observed.sources == ("mcp:library",)


def test_arguments_are_validated_before_the_server_sees_them(opened: McpTools) -> None:
    observed = Toolbox(opened.tools).call("lookup", {"titel": "Emma", "copies": "many"})
    assert observed.error_kind == "invalid"


def test_an_error_of_the_tool_is_an_observation(opened: McpTools) -> None:
    observed = Toolbox(opened.tools).call("lend", {"title": "Emma"})
    assert observed.error_kind == "retry"
    assert "Emma is lent already" in observed.text


def test_read_only_hints_are_kept(opened: McpTools) -> None:
    effects = {one.name: spec_of(one).effects for one in opened.tools}
    assert effects["lookup"] == {Effect.READ, Effect.NETWORK}
    assert effects["lend"] == set(Effect)


def test_calls_come_from_any_thread(opened: McpTools) -> None:
    box, seen = Toolbox(opened.tools), []
    threads = [
        threading.Thread(
            target=lambda n=n: seen.append(box.call("lookup", {"title": "x" * n}).text)  # type: ignore[misc]
        )
        for n in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(f"{'x' * n}: shelf {n}, 1 copies" for n in range(1, 9))


def test_variables_of_this_process_stay_here(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOMOAT_SECRET", "canary")
    server = McpServer("library", command=(sys.executable, str(script)), env={"LIBRARY": "open"})
    with McpTools([server]) as servers:
        box = Toolbox(servers.tools)
        assert box.call("environment", {"name": "NOMOAT_SECRET"}).text == "unset"
        assert box.call("environment", {"name": "LIBRARY"}).text == "open"


def test_a_slow_call_ends_at_its_limit(script: Path) -> None:
    with McpTools([library(script, seconds=0.5)]) as servers:
        began = time.monotonic()
        observed = Toolbox(servers.tools).call("sleep", {"seconds": 20})
        assert observed.error_kind == "failed"
        assert "did not answer within 0.5 s" in observed.text
        assert time.monotonic() - began < 10


def test_a_server_that_dies_is_an_observation(script: Path) -> None:
    with McpTools([library(script, seconds=5)]) as servers:
        box = Toolbox(servers.tools)
        assert box.call("leave", {}).error_kind == "failed"
        assert box.call("lookup", {"title": "Emma"}).error_kind == "failed"


def test_a_name_that_is_taken_gets_the_name_of_its_server(script: Path) -> None:
    with McpTools([library(script, "one"), library(script, "two")], taken={"lend"}) as servers:
        names = [one.name for one in servers.tools]
    assert {"lookup", "two_lookup", "one_lend", "two_lend"} <= set(names)
    assert len(names) == len(set(names)) == 10


def test_a_server_that_cannot_be_started_leaves_the_others_working(
    script: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit('no library here')")
    servers = [
        McpServer("absent", command=("/no/such/program",)),
        McpServer("broken", command=(sys.executable, str(broken))),
        McpServer("closed", url=f"http://127.0.0.1:{_free_port()}/mcp"),
        library(script),
    ]
    with McpTools(servers) as opened:
        assert opened.tools[0].name == "lookup"
        assert len(opened.problems) == 3
        absent, failed, closed = opened.problems
        assert "'absent' (program) cannot be used: FileNotFoundError" in absent
        assert "it printed: no library here" in failed
        assert "'closed' (http://127.0.0.1:" in closed


def test_a_server_that_says_nothing_is_left_out_in_time() -> None:
    silent = McpServer("silent", command=(sys.executable, "-c", "import time; time.sleep(60)"))
    began = time.monotonic()
    with McpTools([silent], start_seconds=1) as opened:
        assert opened.problems == (
            f"The MCP server 'silent' ({Path(sys.executable).name}) did not start within 1 s.",
        )
    assert time.monotonic() - began < 20


def test_ctrl_c_while_they_start_leaves_none_running(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(f'{{os.getpid()}}.'); time.sleep(60)"
    silent = McpServer("silent", command=(sys.executable, "-c", code))

    def interrupt() -> None:
        while not (note.exists() and note.read_text().endswith(".")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        McpTools([silent])
    assert time.monotonic() - began < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()[:-1]), 0)


def test_effects_of_the_configuration_hold_instead_of_hints(script: Path) -> None:
    server = replace(library(script), effects=frozenset({Effect.READ}))
    with McpTools([server]) as servers:
        assert {spec_of(one).effects for one in servers.tools} == {frozenset({Effect.READ})}


def test_after_close_a_call_says_so(script: Path) -> None:
    before = threading.active_count()
    servers = McpTools([library(script)])
    box = Toolbox(servers.tools)
    servers.close()
    servers.close()
    assert "is closed" in box.call("lookup", {"title": "Emma"}).text
    assert threading.active_count() == before


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_at_an_address(script: Path) -> None:
    port = _free_port()
    program = subprocess.Popen(
        [sys.executable, str(script), str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        with McpTools([McpServer("library", url=f"http://127.0.0.1:{port}/mcp")]) as servers:
            assert servers.problems == ()
            observed = Toolbox(servers.tools).call("lookup", {"title": "Emma"})
            assert observed.text == "Emma: shelf 4, 1 copies"
    finally:
        program.terminate()
        program.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server did not start")


def test_a_published_reference_server() -> None:
    server = McpServer("time", command=(sys.executable, "-m", "mcp_server_time"))
    with McpTools([server]) as servers:
        assert servers.problems == ()
        observed = Toolbox(servers.tools).call(
            "convert_time",
            {"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"},
        )
    assert observed.ok
    assert "21:00:00+09:00" in observed.text


@pytest.mark.parametrize("given", [{}, {"command": ("x",), "url": "http://127.0.0.1/"}])
def test_a_server_has_a_command_or_an_address(given: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="a command or a url"):
        McpServer("x", **given)  # type: ignore[arg-type]


def test_without_the_packages_it_says_how_to_get_them(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "langchain_mcp_adapters", None)
    with pytest.raises(UsageError) as error:
        McpTools([library(script)])
    assert error.value.hint == "Install them: pip install 'nomoat[mcp]'"


def test_without_servers_nothing_is_started_or_imported() -> None:
    with McpTools([]) as servers:
        assert servers.tools == ()
    code = "import sys, nomoat.tools.mcp; assert 'mcp' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
