"""A model behind an OpenAI-compatible endpoint: a server on this machine that streams slowly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import answer, call
from nomoat.agent.state import Status

GOAL = "What is 2+2?"
SUM = call("calculate", "I have to add the two numbers, so I calculate it.", expression="2+2")
LONG = answer("The sum is 4.", thought="It is all there. " * 40)
PIECE = 8
"""Characters that come at once."""


class Endpoint(BaseChatModel):
    """Asks a server for a chat completion, and passes on what it streams."""

    url: str

    @property
    def _llm_type(self) -> str:
        return "endpoint"

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        body = {"messages": convert_to_openai_messages(messages), "stream": True, **options}
        with httpx.stream("POST", self.url, json=body, timeout=60) as told:
            for line in told.iter_lines():
                if line.startswith("data: {"):
                    delta = json.loads(line[len("data: ") :])["choices"][0]["delta"]
                    yield ChatGenerationChunk(message=AIMessageChunk(content=delta["content"]))

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        raise NotImplementedError


class Server(ThreadingHTTPServer):
    """Says a line for each request, a piece at a time."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lines: list[str] = []
        self.asked: list[dict[str, Any]] = []
        self.pause: Callable[[], object] = tuple
        """Between two pieces."""
        self.left = threading.Event()
        """Whoever asked is gone, and the rest was not said."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        line = self.server.lines.pop(0)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for start in range(0, len(line), PIECE):
                delta = {"delta": {"content": line[start : start + PIECE]}}
                self.wfile.write(f"data: {json.dumps({'choices': [delta]})}\n\n".encode())
                self.server.pause()
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.server.left.set()

    def log_message(self, *_args: Any) -> None:
        """Nothing: what a test prints is read by people."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        yield opened
        opened.shutdown()


@pytest.fixture
def agent(server: Server, tmp_path: Path, nomoat_home: Path) -> Agent:
    (tmp_path / "work").mkdir()
    return Agent(
        Endpoint(url=f"http://127.0.0.1:{server.server_port}/v1/chat/completions"),
        workspace=tmp_path / "work",
        runs=RunStore(tmp_path / "runs"),
        budget=Budget(seconds=60),
    )


def test_a_goal_is_reached_by_a_model_elsewhere(agent: Agent, server: Server) -> None:
    server.lines = [SUM, LONG]
    run = agent.run(GOAL)
    assert run.status is Status.REACHED
    assert run.answer == "The sum is 4."
    form = server.asked[0]["response_format"]
    assert form["type"] == "json_schema"
    assert "calculate" in json.dumps(form["json_schema"]["schema"])


def stopped(agent: Agent) -> tuple[Run, float]:
    """A run that is stopped while the model is writing, and the seconds from then to its end."""
    halt, asked_at = Halt(), list[float]()

    def stop() -> None:
        asked_at.append(time.monotonic())
        halt.set()

    timer = threading.Timer(0.3, stop)
    for event in agent.stream(GOAL, halt=halt):
        if isinstance(event, events.Writing) and timer.ident is None:
            timer.start()
        elif isinstance(event, events.Finished):
            return event.run, time.monotonic() - asked_at[0]
    raise AssertionError("a run always ends with Finished")


@pytest.mark.parametrize("seconds", [0.02, 0.5, 20], ids=["quick", "slow", "silent"])
def test_a_run_is_stopped_while_an_endpoint_streams(
    agent: Agent, server: Server, seconds: float
) -> None:
    server.lines, on = [LONG], threading.Event()
    server.pause = lambda: on.wait(seconds) and time.sleep(0.02)
    run, took = stopped(agent)
    assert run.status is Status.INTERRUPTED
    assert took < 1
    on.set()
    assert server.left.wait(10)  # the connection is closed, at the latest with the next piece

    server.lines, server.pause = [SUM, LONG], tuple
    *_, last = agent.resume(run.run_id)
    assert isinstance(last, events.Finished)
    assert last.run.status is Status.REACHED


def test_the_time_of_a_run_holds_while_an_endpoint_is_silent(agent: Agent, server: Server) -> None:
    server.lines, on = [LONG], threading.Event()
    server.pause = lambda: on.wait(20)
    began = time.monotonic()
    *_, last = agent.stream(GOAL, halt=Halt(0.5))
    assert time.monotonic() - began < 5
    on.set()
    assert isinstance(last, events.Finished)
    assert last.run.status is Status.OUT_OF_BUDGET


def test_what_an_endpoint_refuses_is_raised(agent: Agent, server: Server) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(httpx.ConnectError):
        agent.run(GOAL)
