"""What the processes of test_kill_run do: a run of ten steps that is killed at a boundary.

    python -m tests.agent.killed_run FOLDER

tries every boundary, each in a process of its own, and prints one line of JSON. What these
processes would all do at their start (imports, tools with their schemas) is done before they are
forked, and there are several at a time where there are several processors.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk
from langgraph.checkpoint.sqlite import SqliteSaver

from nomoat.agent import events
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.errors import RunError
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call, plan
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.policy import DENIED, Approval, Mode, Policy
from nomoat.tools.base import Output, tool
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace

GOAL = "Send letters 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10, and append a line for each to log.txt"
LANES = 4
"""Of boundaries, that are tried at a time."""
KINDS = ("send", "append_file", "send", "look", "send") * 2


def main(folder: Path) -> None:
    """Kill at the first boundary, the second, … until a run comes to its end alive."""
    lanes = min(LANES, os.cpu_count() or 1)
    with multiprocessing.get_context("fork").Pool(lanes) as pool:
        tried, asked, problems = zip(
            *pool.map(partial(_lane, folder, lanes), range(lanes), chunksize=1), strict=True
        )
    told = {"boundaries": sum(tried), "asked": sum(asked), "problems": list(chain(*problems))}
    print(json.dumps(told))


def _lane(folder: Path, lanes: int, lane: int) -> tuple[int, int, list[str]]:
    """Try the boundaries of one lane, one after the other; how many, and what came of them."""
    place = Place(folder / str(lane))
    problems: list[str] = []
    asked, tried = 0, 0
    for boundary in count(lane + 1, lanes):
        place.clear()
        ended = _child(partial(place.begin, boundary))
        if ended != -signal.SIGKILL:
            if ended != 0:
                problems.append(f"boundary {boundary}: the run ended with {ended}")
            break
        tried += 1
        before = place.effects()
        if _child(place.resume) != 0:
            problems.append(f"boundary {boundary}: the run did not resume")
            continue
        asked += len(place.read("asked"))
        problems += [f"boundary {boundary}: {what}" for what in place.check(before)]
    return tried, asked, problems


def _child(act: Callable[[], None]) -> int:
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        act()
    except BaseException as error:  # noqa: BLE001 - a process ends here, whatever it was
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


class Place:
    """The folder of one case: workspace, runs, and what is counted outside the run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.work = folder, folder / "work"
        self.reached: Callable[[], None] = int
        self.clear()
        self._agent = self._made()

    def clear(self) -> None:
        """As it was before any run; the workspace itself stays, for the agent holds it open."""
        self.work.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "runs", ignore_errors=True)
        for file in (*self.folder.glob("*"), *self.work.glob("*")):
            if file.is_file():
                file.unlink()
        (self.work / "log.txt").write_text("")

    def note(self, name: str, line: object) -> None:
        """Add a line to a file, at once."""
        fd = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(fd, json.dumps(line).encode() + b"\n")
        os.close(fd)

    def read(self, name: str) -> list[Any]:
        file = self.folder / name
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def effects(self) -> Counter[str]:
        """What has happened in the world, counted where the run cannot."""
        lines = (self.work / "log.txt").read_text().splitlines()
        return Counter([*self.read("sent"), *lines])

    def begin(self, boundary: int) -> None:
        """Run until the boundary."""
        passed = 0

        def reached() -> None:
            nonlocal passed
            passed += 1
            if passed == boundary:
                os.kill(os.getpid(), signal.SIGKILL)

        self.reached = reached
        for owner, name in (
            (Journal, "_write"),
            (SqliteSaver, "put"),
            (SqliteSaver, "put_writes"),
            (Workspace, "_changing"),
            (Workspace, "append_bytes"),
        ):
            setattr(owner, name, _then(getattr(owner, name), reached))
        self._go(self._agent.stream(GOAL))

    def resume(self) -> None:
        """Go on to the end, where nobody can be asked."""
        try:
            self._go(self._agent.resume("last"))
        except RunError:
            if self.read("acknowledged") or self.effects():
                raise
            self._go(self._agent.stream(GOAL))  # killed before it began

    def check(self, before: Counter[str]) -> list[str]:
        """What is wrong after a kill and a resume."""
        wrong = [f"{what} happened {n} times" for what, n in self.effects().items() if n > 1]
        (done,) = self.read("run")
        steps = {step["n"]: step["observation"]["text"] for step in done["steps"]}
        wrong += [f"step {n} is lost" for n, text in self.read("acknowledged") if steps[n] != text]
        if len(steps) != len(KINDS):
            wrong.append(f"it has {len(steps)} steps")
        asked = self.read("asked")
        for n, kind in enumerate(KINDS, 1):
            happened = kind == "look" or self.effects()[f"{kind} {n}"] == 1
            if n in asked:
                if before[f"{kind} {n}"] != self.effects()[f"{kind} {n}"]:
                    wrong.append(f"step {n} is unknown and was done without an answer")
            elif not happened:
                wrong.append(f"step {n} did not happen and nobody was asked")
        return wrong

    def _go(self, happening: Iterator[events.Event]) -> None:
        for event in happening:
            if isinstance(event, events.StepDone):
                self.note("acknowledged", [event.step.n, event.step.observation.text])
            elif isinstance(event, events.Finished):
                self.note("run", event.run.to_dict())

    def _made(self) -> Agent:
        @tool(effects="network")
        def send(text: str) -> str:
            """Send a letter."""
            self.reached()
            self.note("sent", text)
            self.reached()
            return f"sent {text}"

        @tool(effects="read")
        def look(n: int) -> Output:
            """Look."""
            return Output(f"seen {n}", private=False)

        def nobody(asked: events.ApprovalAsked) -> Approval:
            if asked.by == "journal":
                self.note("asked", asked.n)
            return DENIED

        agent = Agent(
            Model(_script()),
            [send, look],
            builtin=False,
            workspace=self.work,
            policy=Policy(Mode.NEVER),
            approve=nobody,
            budget=Budget(steps=30, seconds=None),
            runs=RunStore(self.folder / "runs"),
        )
        append = next(t for t in file_tools(agent.workspace) if t.name == "append_file")
        agent._own_tools.append(append)
        len(agent.toolbox.names)  # it is made here, once
        return agent


class Model(ScriptedModel):
    """Says the line that its conversation has come to, in whichever process that is."""

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        said = [message.text for message in messages if isinstance(message, AIMessage)]
        if "steps" in options["schema"].get("properties", {}):
            line = plan("send: the letters")
        else:
            line = self.script[sum(not text.startswith('{"steps"') for text in said)]
        # whether a model could say it is not the question here
        yield from ScriptedModel([line])._stream(messages, *args, **{**options, "schema": {}})


def _script() -> list[str]:
    lines = []
    for n, kind in enumerate(KINDS, 1):
        if kind == "look":
            lines.append(call("look", n=n))
        elif kind == "send":
            lines.append(call("send", text=f"send {n}"))
        else:
            lines.append(call("append_file", path="log.txt", content=f"append_file {n}\n"))
    return [*lines, answer("The letters are sent.")]


def _then(function: Callable[..., Any], reached: Callable[[], None]) -> Callable[..., Any]:
    """`function`, and a boundary behind it: something new is on disk."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        reached()
        return result

    return wrapped


if __name__ == "__main__":
    main(Path(sys.argv[1]))
