"""A model behind an OpenAI-compatible endpoint: a server on this machine that streams slowly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.cli import run as run_module
from nomoat.agent.cli.main import cli
from nomoat.agent.errors import EndpointError, UsageError
from nomoat.agent.llm.endpoint import ATTEMPTS, ChatEndpoint, at_address
from nomoat.agent.llm.endpoint_address import Address, leaves
from nomoat.agent.llm.endpoint_errors import endpoint_error
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call
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
                    for choice in json.loads(line[len("data: ") :])["choices"]:
                        piece = choice["delta"]["content"]
                        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))

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
        self.refuses: list[tuple[int, object]] = []
        """Answers that come first: a status, and a body."""
        self.raw: bytes | None = None
        """What is sent in the place of any line."""
        self.promises = 0
        """Bytes that are said to come."""
        self.models: list[str] | None = None
        """The list of models; None: there is no such list."""
        self.headers: list[Message] = []
        self.left = threading.Event()
        """Whoever asked is gone, and the rest was not said."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


SPENT = {
    "prompt_tokens": 30,
    "completion_tokens": 5,
    "prompt_tokens_details": {"cached_tokens": 7},
}


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        models = self.server.models
        if self.path != "/v1/models" or models is None:
            self.tell(404, "there is nothing here")
        else:
            self.tell(200, {"data": [{"id": name} for name in models]})

    def tell(self, status: int, said: object) -> None:
        body = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        self.send_response(status)
        kind = "text/plain" if isinstance(said, str) else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.headers.append(self.headers)
        if self.server.refuses:
            self.tell(*self.server.refuses.pop(0))
            return
        line = self.server.lines.pop(0) if self.server.raw is None else ""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        if self.server.promises:
            self.send_header("Content-Length", str(self.server.promises))
        self.end_headers()
        if self.server.raw is not None:
            self.wfile.write(self.server.raw)
            return
        try:
            for start in range(0, len(line), PIECE):
                delta = {"delta": {"content": line[start : start + PIECE]}}
                self.wfile.write(f"data: {json.dumps({'choices': [delta]})}\n\n".encode())
                self.server.pause()
            told = json.dumps({"choices": [], "usage": SPENT})
            self.wfile.write(f"data: {told}\n\ndata: [DONE]\n\n".encode())
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


@pytest.fixture
def ours(agent: Agent, server: Server) -> Agent:
    """The same, with nomoat's own model for an endpoint."""
    agent.model = ChatEndpoint(model=server.url)
    return agent


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


# -- what goes wrong --------------------------------------------------------------------------


def test_where_nothing_answers_the_run_fails_with_what_to_do(agent: Agent, server: Server) -> None:
    server.shutdown()
    server.server_close()
    run = agent.run(GOAL)
    assert run.status is Status.FAILED
    assert run.error.startswith(f"Nothing answers at http://127.0.0.1:{server.server_port}: ")
    assert "Start the server, or mend the address" in run.error


@pytest.mark.parametrize(
    ("status", "said", "hint"),
    [
        (401, {"error": {"message": "Bad key."}}, "answered 401: Bad key. Set the variable"),
        (404, {"detail": "no such model"}, "answered 404: no such model. Name it as http://"),
        (400, {"error": "context too long"}, "answered 400: context too long. Its window"),
        (500, "it crashed\n", "answered 500: it crashed. Its own log says why"),
        (302, "", "answered 302. Name it as http://"),
    ],
)
def test_what_an_endpoint_refuses_is_told(
    ours: Agent, server: Server, status: int, said: object, hint: str
) -> None:
    server.refuses = [(status, said)]
    run = ours.run(GOAL)
    assert run.status is Status.FAILED
    assert hint in run.error


def test_a_run_goes_on_once_its_endpoint_is_mended(ours: Agent, server: Server) -> None:
    server.refuses = [(500, "it crashed")]
    failed = ours.run(GOAL)
    server.lines = [SUM, LONG]
    *_, last = ours.resume(failed.run_id)
    assert isinstance(last, events.Finished)
    assert last.run.status is Status.REACHED


@pytest.mark.parametrize("raw", [b"data: {broken\n\n", b"<html>hello</html>", b"data: []\n\n", b""])
def test_what_is_no_answer_is_told(ours: Agent, server: Server, raw: bytes) -> None:
    server.raw = raw
    run = ours.run(GOAL)
    assert run.status is Status.FAILED
    assert "does not speak OpenAI's protocol" in run.error
    assert "up to and with the /v1" in run.error


def test_an_error_in_the_middle_is_told(ours: Agent, server: Server) -> None:
    server.raw = b'data: {"error": {"code": 500, "message": "out of memory"}}\n\n'
    assert "answered 500: out of memory. Its own log" in ours.run(GOAL).error


def test_a_connection_that_breaks_is_told(ours: Agent, server: Server) -> None:
    server.lines = [LONG]

    def breaks() -> None:
        raise ConnectionAbortedError

    server.pause, server.promises = breaks, 1_000_000
    run = ours.run(GOAL)
    assert "broke" in run.error


def test_a_silent_endpoint_is_given_up(server: Server) -> None:
    server.lines, on = [LONG], threading.Event()
    server.pause = lambda: on.wait(20)
    model = ChatEndpoint(model=server.url, silence=0.2)
    with pytest.raises(EndpointError, match="said nothing for too long"):
        model.invoke("Hello?")
    on.set()


def test_a_server_that_still_loads_is_asked_again(
    ours: Agent, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nomoat.agent.llm.endpoint.FIRST_WAIT", 0.01)
    server.refuses, server.lines = [(503, {"error": "Loading model"})] * 3, [SUM, LONG]
    assert ours.run(GOAL).status is Status.REACHED
    server.refuses = [(503, {"error": "Loading model"})] * ATTEMPTS
    assert "answered 503: Loading model" in ours.run(GOAL).error


def test_a_fault_of_a_models_own_code_is_raised(tmp_path: Path, nomoat_home: Path) -> None:
    class Faulty(Endpoint):
        def _stream(self, *_args: Any, **_options: Any) -> Iterator[ChatGenerationChunk]:
            yield from ()
            raise TypeError("a fault")

    with pytest.raises(TypeError, match="a fault"):
        Agent(Faulty(url=""), workspace=tmp_path, runs=RunStore(tmp_path.parent / "runs")).run(GOAL)


def test_errors_of_other_libraries_are_told_by_what_is_behind_them() -> None:
    class Wrapped(Exception):
        """As openai's own."""

    error = Wrapped("Connection error.")
    error.__cause__ = httpx.ConnectError(
        "refused", request=httpx.Request("GET", "http://[::1]:9/v1")
    )
    told = endpoint_error(error)
    assert str(told) == "Nothing answers at http://[::1]:9: refused."
    error = Wrapped("Error code: 401")
    error.status_code = 401  # type: ignore[attr-defined]
    assert "answered 401" in str(endpoint_error(error))
    assert endpoint_error(KeyError("x")) is None


# -- nomoat's own model for one ---------------------------------------------------------------


def test_a_goal_is_reached_with_it(ours: Agent, server: Server) -> None:
    server.lines = [SUM, LONG]
    run = ours.run(GOAL)
    assert run.status is Status.REACHED
    assert run.model == server.url
    assert run.usage.generated == 2 * SPENT["completion_tokens"]
    assert run.usage.cached == 2 * 7
    assert run.usage.decode_seconds > 0
    asked = server.asked[0]
    assert asked["temperature"] == 0
    assert asked["model"] == "default"
    assert asked["response_format"]["type"] == "json_schema"


def test_a_server_that_does_not_stream_is_heard(server: Server) -> None:
    whole = {"choices": [{"message": {"content": "Hello."}}], "usage": SPENT}
    server.refuses = [(200, whole)]
    said = ChatEndpoint(model=server.url).invoke("Hello?")
    assert said.text == "Hello."
    assert said.usage_metadata is not None
    assert said.usage_metadata["output_tokens"] == SPENT["completion_tokens"]


def test_the_key_is_sent_and_shown_nowhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.lines = ["Hello."]
    monkeypatch.setenv("NOMOAT_ENDPOINT_KEY", "sk-very-secret")
    model = ChatEndpoint(model=server.url)
    model.invoke("Hello?")
    assert server.headers[-1]["Authorization"] == "Bearer sk-very-secret"
    assert "very-secret" not in repr(model)
    monkeypatch.delenv("NOMOAT_ENDPOINT_KEY")
    server.lines = ["Hello."]
    ChatEndpoint(model=server.url).invoke("Hello?")
    assert "Authorization" not in server.headers[-1]


def test_on_this_machine_no_proxy_hears_of_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.lines = ["Hello."]
    assert ChatEndpoint(model=server.url).invoke("Hello?").text == "Hello."


@pytest.mark.parametrize(
    ("served", "named", "taken"),
    [(["a"], "", "a"), (["a", "b"], "b", "b"), ([], "", ""), (None, "", ""), (["a"], "z", "z")],
)
def test_the_only_model_is_taken(
    server: Server, served: list[str] | None, named: str, taken: str
) -> None:
    server.models = served
    model = at_address(f"{server.url}#{named}" if named else server.url)
    assert model.model == (f"{server.url}#{taken}" if taken else server.url)


def test_of_several_models_one_has_to_be_named(server: Server) -> None:
    server.models = ["a", "b"]
    with pytest.raises(UsageError, match="has several models: a, b"):
        at_address(server.url)


@pytest.mark.parametrize(
    "text", ["http://", "ftp://h/v1", "http://h:x/v1", "http://h/v1?a=1", "http://me:pw@h/v1", "v1"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        Address.parse(text)
    assert "pw" not in str(refused.value)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:8080/v1", ""),
        ("http://localhost/v1", ""),
        ("http://[::1]:1/v1", ""),
        ("http://10.0.0.5/v1", "not this machine, and anybody on the way there can read it"),
        ("https://llm.example/v1", "https://llm.example/v1, which is not this machine."),
        ("http://127.0.0.1.example/v1", "not this machine"),
        ("qwen2.5-coder-1.5b", ""),
    ],
)
def test_what_leaves_the_machine_is_told(url: str, told: str) -> None:
    assert (told in leaves(url)) if told else leaves(url) == ""


# -- the command line -------------------------------------------------------------------------


def nomoat(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="nomoat")


@pytest.fixture
def place(tmp_path: Path, nomoat_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_endpoint_on_the_command_line(server: Server, place: Path) -> None:
    server.models, server.lines = ["tiny"], [SUM, LONG]
    result = nomoat("run", "--endpoint", f"{server.url}/", GOAL)
    assert result.exit_code == 0, result.output
    assert f"{server.url}#tiny · run" in result.stdout
    assert server.asked[0]["model"] == "tiny"
    assert "not this machine" not in result.stderr
    server.lines = [SUM, LONG]
    assert nomoat("--endpoint", server.url, "--model", "other", GOAL).exit_code == 0
    assert server.asked[-1]["model"] == "other"


def test_a_run_goes_on_with_its_own_endpoint(server: Server, place: Path) -> None:
    server.refuses = [(500, "it crashed")]
    failed = nomoat("--endpoint", server.url, GOAL)
    assert failed.exit_code == 1
    assert "answered 500: it crashed" in failed.stdout
    server.lines = [SUM, LONG]
    assert nomoat("resume").exit_code == 0


def test_an_endpoint_in_the_configuration(server: Server, place: Path, nomoat_home: Path) -> None:
    nomoat_home.mkdir(exist_ok=True)
    (nomoat_home / "config.toml").write_text(f'model = "{server.url}"\n')
    server.lines = [SUM, LONG]
    assert nomoat(GOAL).exit_code == 0
    (place / "nomoat.toml").write_text('model = "http://127.0.0.1:9/v1"\n')
    refused = nomoat(GOAL)
    assert refused.exit_code == 2  # a project's file may send nothing anywhere
    assert "nomoat models list" in refused.stderr


def test_an_endpoint_that_is_not_there_is_told_before_a_run_begins(place: Path) -> None:
    result = nomoat("--endpoint", "http://127.0.0.1:9/v1", GOAL)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Nothing answers at http://127.0.0.1:9/v1: ")
    assert RunStore().names() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--endpoint", "127.0.0.1:8080"),
        ("--endpoint", "http://127.0.0.1:9/v1#a", "--model", "b"),
        ("--endpoint", "http://127.0.0.1:9/v1", "--model", "http://127.0.0.1:9/v1"),
    ],
)
def test_what_cannot_be_an_endpoint_is_a_usage_error(
    place: Path, arguments: tuple[str, ...]
) -> None:
    assert nomoat(*arguments, GOAL).exit_code == 2


def test_what_goes_elsewhere_is_told_whatever_is_printed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel([SUM, LONG])
    monkeypatch.setattr(run_module, "chat_model", lambda _name, *, context: model)
    result = nomoat("--quiet", "--endpoint", "https://llm.example/v1", GOAL)
    assert "go to https://llm.example/v1, which is not this machine." in result.stderr
    assert result.stdout == "The sum is 4.\n"
