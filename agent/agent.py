"""The agent: a model, tools, a memory and a workspace, given a goal.

from nomoat.agent import Agent

run = Agent(workspace="~/reports").run("Which region sold the most in sales.csv?")
print(run.status, run.answer)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.tools import BaseTool
from langgraph.types import Command

from nomoat.agent import events
from nomoat.agent.begin import Surroundings, begin
from nomoat.agent.briefing import Searchable
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.contract import Contract
from nomoat.agent.contract_read import read_goal
from nomoat.agent.errors import Interrupted, NomoatError, RunError, ScriptError, UsageError
from nomoat.agent.evidence import Verdict, files_to_make, supporting
from nomoat.agent.gate import Gate
from nomoat.agent.graph import Graph, build
from nomoat.agent.journal import Journal, held
from nomoat.agent.judge import Judge
from nomoat.agent.llama import ChatLlama
from nomoat.agent.nodes import Nodes
from nomoat.agent.once import Once, there
from nomoat.agent.past import keep
from nomoat.agent.policy import DENIED, Approval, Policy
from nomoat.agent.runs import Run, RunFolder, RunStore, restored
from nomoat.agent.state import State, Status, Usage
from nomoat.tools.effect import Effect
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables
from nomoat.tools.toolbox import Toolbox, as_tools
from nomoat.tools.view import View

if TYPE_CHECKING:
    from nomoat.memory.episodes import Episodes

Approve = Callable[[events.ApprovalAsked], Approval]


def _deny(_asked: events.ApprovalAsked) -> Approval:
    return DENIED


@dataclass(frozen=True, slots=True)
class _Started:
    """One run on its way."""

    folder: RunFolder
    graph: Graph
    halt: Halt
    began: float


class Agent:
    """Reaches goals in a workspace.

    Args:
        model: a catalogue name, the path of a GGUF file, or any LangChain chat model.
        tools: tools of your own, besides the built-in ones: typed functions with a docstring,
            LangChain tools, nomoat tools.
        builtin: whether nomoat's own tools are there as well.
        memory: a `nomoat.memory.Memory`; what fits the goal is shown to the model at the start,
            and the tool `recall` searches it.
        episodes: a `nomoat.memory.Episodes`; runs are remembered there, and those that reached a
            goal like this one are told of. Default: none.
        workspace: the folder the tools work in. Nothing outside it is read or written.
        allow_hosts: private addresses (`HOST[:PORT]`) that web tools may reach.
        searxng: address of a SearXNG that is asked instead of public search engines.
        policy: what passes without a question; by default reading does.
        approve: answers the calls that ask; by default they are denied.
        budget: steps, seconds and tokens a run may use.
        runs: where runs are stored; default: in the person's data folder.

    Raises:
        UsageError: the workspace is no folder, or a tool is none.
    """

    def __init__(
        self,
        model: str | Path | BaseChatModel = "qwen2.5-coder-1.5b",
        tools: Iterable[object] = (),
        *,
        builtin: bool = True,
        memory: Searchable | None = None,
        episodes: Episodes | None = None,
        workspace: str | Path = ".",
        allow_hosts: Iterable[str] = (),
        searxng: str = "",
        policy: Policy | None = None,
        approve: Approve = _deny,
        budget: Budget | None = None,
        runs: RunStore | None = None,
    ) -> None:
        self.model = model if isinstance(model, BaseChatModel) else ChatLlama(model=str(model))
        self.workspace = Workspace(Path(workspace).expanduser())
        self.memory = memory
        self.episodes = episodes
        self.policy = policy or Policy()
        self.approve = approve
        self.budget = budget or Budget()
        self.runs = runs or RunStore()
        self._own_tools = as_tools(tools)
        self._builtin = builtin
        self._allow_hosts = tuple(allow_hosts)
        self._searxng = searxng

    @cached_property
    def _tables(self) -> Tables:
        return Tables(self.workspace)

    @cached_property
    def _network(self) -> Network:
        return Network(self._allow_hosts)

    @cached_property
    def _view(self) -> View:
        from nomoat.memory.embed import MiniLM

        return View(self.toolbox, MiniLM())

    @cached_property
    def toolbox(self) -> Toolbox:
        """The tools of every run of this agent."""
        return Toolbox([*self._builtin_tools(), *self._own_tools])

    def _builtin_tools(self) -> list[BaseTool]:
        if not self._builtin:
            return []
        from nomoat.tools.builtin import builtin_tools
        from nomoat.tools.search import engine

        return builtin_tools(
            self.workspace,
            tables=self._tables,
            memory=self.memory,
            network=self._network,
            search=engine(self._network, self._searxng),
        )

    # -- runs --------------------------------------------------------------------------------

    def run(self, goal: str) -> Run:
        """Reach a goal, or say why not.

        Raises:
            UsageError: the goal is empty.
        """
        for event in self.stream(goal):
            if isinstance(event, events.Finished):
                return event.run
        raise RuntimeError("a run always ends with Finished")

    def stream(self, goal: str, *, halt: Halt | None = None) -> Iterator[events.Event]:
        """Reach a goal, telling what happens; the last event is `Finished`, with the `Run`.

        Set `halt` from another thread (or a signal handler) to stop the run between two tokens.
        """
        if not goal.strip():
            raise UsageError("The goal is empty.", hint='Say what to do: nomoat "…".')
        contract = self._contract(goal)
        around = Surroundings(
            self.workspace,
            self.toolbox,
            self._view,
            tables=self._tables.infos() if self._builtin else (),
            memory=self.memory,
            episodes=self.episodes,
            reads=self._builtin,
        )
        first = begin(goal, contract, around)
        yield from self._go(self.runs.create(), first, halt)

    def resume(self, run_id: str, *, halt: Halt | None = None) -> Iterator[events.Event]:
        """Go on with a run that was interrupted, from its last complete node.

        Raises:
            RunError: there is no such run, or it is over.
        """
        folder = self.runs.find(run_id)
        status = folder.read()["status"]
        if status not in (Status.RUNNING, Status.INTERRUPTED, Status.FAILED):
            raise RunError(
                f"Run {folder.run_id} is over: {status}.", hint="`nomoat show` has its answer."
            )
        yield from self._go(folder, None, halt)

    def _go(
        self, folder: RunFolder, first: State | None, halt: Halt | None
    ) -> Iterator[events.Event]:
        from langsmith import tracing_context

        began, status, error = time.monotonic(), Status.INTERRUPTED, ""
        halt = halt or Halt(self.budget.seconds)
        # A tracing service configured for other LangChain programs gets nothing of a private run.
        with (
            held(folder.path),
            folder.checkpoints() as saver,
            tracing_context(enabled=False),
        ):
            goal = first["goal"] if first else folder.read()["goal"]
            nodes = self._nodes(goal, halt, Journal(folder.path))
            started = _Started(folder, build(nodes, saver), halt, began)
            if first is None and not started.graph.get_state(self._config(started)).values:
                raise RunError(
                    f"Run {folder.run_id} was stopped before it began.", hint="Begin it again."
                )
            folder.write(self._record(goal, Status.RUNNING))
            yield events.RunStarted(folder.run_id, goal, self._model_name())
            try:
                yield from self._drive(started, first)
                status = Status.RUNNING
            except Interrupted:
                status = Status.OUT_OF_BUDGET if halt.out_of_time else Status.INTERRUPTED
            except ScriptError:
                raise  # a test's script is wrong: that is not an outcome of the run
            except NomoatError as problem:
                status, error = Status.FAILED, f"{problem} {problem.hint}".strip()
            finally:
                run = self._outcome(started, goal, status, error)
                folder.write({**self._record(goal, run.status), "run": run.to_dict()})
        keep(run, self.episodes)
        yield events.Finished(run)

    def _nodes(self, goal: str, halt: Halt, journal: Journal) -> Nodes:
        work, toolbox = self.workspace, self.toolbox
        # What the run may do is fixed before it reads anything, and is the same after a resume.
        journal.begin(self._contract(goal).to_dict())
        contract = Contract.from_dict(journal.contract or {})
        policy = replace(self.policy, root=work.root)
        wanted = [name for name in files_to_make(goal) if not self.workspace.exists(name)]
        gate = Gate(policy, toolbox, work, journal, contract, goal)
        return Nodes(
            model=self.model,
            toolbox=toolbox,
            gate=gate,
            once=Once(toolbox, work, journal, contract, lambda: self._network.contacts),
            judge=Judge(
                toolbox,
                gate.exists,
                partial(self._missing, wanted),
                may_write=Effect.WRITE in contract.effects,
            ),
            budget=self.budget,
            halt=halt,
        )

    def _contract(self, goal: str) -> Contract:
        return read_goal(goal, partial(there, self.workspace))

    def _missing(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Those of the files that are not there, or empty."""
        work = self.workspace
        return tuple(n for n in wanted if not (work.exists(n) and work.stat(n).size > 0))

    def _drive(self, started: _Started, first: State | None) -> Iterator[events.Event]:
        entry: Any = first
        while True:
            asked: events.ApprovalAsked | None = None
            for mode, part in started.graph.stream(
                entry, self._config(started), stream_mode=["custom", "updates"], durability="sync"
            ):
                payload: Any = part
                if mode == "custom":
                    yield payload
                elif "__interrupt__" in payload:
                    asked = payload["__interrupt__"][0].value
            if asked is None:
                return
            yield asked
            entry = Command(resume=self.approve(asked))

    def _config(self, started: _Started) -> Any:
        return {
            "configurable": {"thread_id": started.folder.run_id},
            "recursion_limit": 10 * self.budget.steps + 50,
        }

    def _outcome(self, started: _Started, goal: str, ended: Status, error: str) -> Run:
        state = started.graph.get_state(self._config(started)).values
        status = state.get("status", ended) if ended is Status.RUNNING else ended
        steps = restored(state.get("steps", ()))
        usage = sum((step.said.usage for step in steps), Usage())
        if state.get("answer"):
            usage += state["said"].usage
        answer, verdict = state.get("answer", ""), restored(state.get("verdict", Verdict()))
        passages = [(citation, text) for citation, text in state.get("passages", ())]
        for step in steps:
            if step.n in verdict.evidence:
                passages += [(source, step.observation.text) for source in step.observation.sources]
        return Run(
            run_id=started.folder.run_id,
            goal=goal,
            status=status,
            answer=answer,
            sources=supporting(answer, verdict, passages),
            plan=tuple(state.get("plan", ())),
            steps=steps,
            verdict=verdict,
            model=self._model_name(),
            seconds=time.monotonic() - started.began,
            usage=usage,
            error=error,
        )

    def _record(self, goal: str, status: Status) -> dict[str, Any]:
        return {
            "goal": goal,
            "status": status.value,
            "model": self._model_name(),
            "workspace": str(self.workspace.root),
        }

    def _model_name(self) -> str:
        return str(getattr(self.model, "model", None) or getattr(self.model, "model_name", "model"))
