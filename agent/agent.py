"""The agent: a model, tools, a memory and a workspace, given a goal.

from nomoat.agent import Agent

run = Agent(workspace="~/reports").run("Which region sold the most in sales.csv?")
print(run.status, run.answer)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.tools import BaseTool

from nomoat.agent import events
from nomoat.agent.asked import files_to_make
from nomoat.agent.before import before_of
from nomoat.agent.begin import Surroundings, begin
from nomoat.agent.briefing import Searchable
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.contract import Contract
from nomoat.agent.contract_may import checked, narrowed, widened
from nomoat.agent.contract_read import read_goal
from nomoat.agent.drive import Approve, Drive
from nomoat.agent.errors import Interrupted, NomoatError, RunError, ScriptError, UsageError
from nomoat.agent.gate import Gate
from nomoat.agent.graph import build
from nomoat.agent.journal import Journal, held
from nomoat.agent.judge import Judge
from nomoat.agent.llama import ChatLlama
from nomoat.agent.nodes import Nodes
from nomoat.agent.offer import first_offer
from nomoat.agent.once import Once, there
from nomoat.agent.past import keep
from nomoat.agent.patience import Patience
from nomoat.agent.policy import DENIED, Approval, Policy
from nomoat.agent.runs import Run, RunFolder, RunStore
from nomoat.agent.state import State, Status
from nomoat.agent.steer import Word, is_midway, steer, values_of, widen
from nomoat.tools.effect import Effect
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.own import refuse_own_data
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.guard.secrets import masked_all, without_environment
from nomoat.tools.tables import Tables
from nomoat.tools.toolbox import Toolbox, as_tools
from nomoat.tools.view import View

if TYPE_CHECKING:
    from nomoat.memory.episodes import Episodes

EditPlan = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Shown a plan before the first step, gives the plan that holds."""


def _deny(_asked: events.ApprovalAsked) -> Approval:
    return DENIED


def _may(journal: Journal) -> tuple[str, ...]:
    return Contract.from_dict(journal.contract).may if journal.contract else ()


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
        may: what runs may do beyond what their goals say (`nomoat.agent.contract_may`).
        may_not: what they may not, whatever their goals say.
        runs: where runs are stored; default: in the person's data folder.

    Raises:
        UsageError: the workspace is no folder or nomoat's own, a tool is none, or a word of
            `may` is unknown.
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
        may: Iterable[str] = (),
        may_not: Iterable[str] = (),
        runs: RunStore | None = None,
    ) -> None:
        self.model = model if isinstance(model, BaseChatModel) else ChatLlama(model=str(model))
        self.workspace = Workspace(Path(workspace).expanduser())
        refuse_own_data(self.workspace.root)
        self.memory = memory
        self.episodes = episodes
        self.policy = policy or Policy()
        self.approve = approve
        self.budget = budget or Budget()
        self._may, self._may_not = checked(may), checked(may_not)
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

    def run(self, goal: str, *, before: Run | None = None) -> Run:
        """Reach a goal, or say why not; it may refer to the run `before`.

        Raises:
            UsageError: the goal is empty.
        """
        for event in self.stream(goal, before=before):
            if isinstance(event, events.Finished):
                return event.run
        raise RuntimeError("a run always ends with Finished")

    def stream(
        self,
        goal: str,
        *,
        halt: Halt | None = None,
        before: Run | None = None,
        edit_plan: EditPlan | None = None,
    ) -> Iterator[events.Event]:
        """Reach a goal, telling what happens; the last event is `Finished`, with the `Run`.

        Args:
            goal: what to do, in plain words.
            halt: set it from another thread (or a signal handler) to stop between two tokens.
            before: a run that the goal may refer to; the model is told its goal and answer.
            edit_plan: is given the plan before the first step, and gives the one that holds.

        Raises:
            UsageError: the goal is empty.
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
        first = begin(goal, contract, around, before_of(before))
        yield from self._go(self.runs.create(), first, halt, edit_plan=edit_plan)

    def resume(
        self,
        run_id: str,
        *,
        halt: Halt | None = None,
        say: str = "",
        plan: Iterable[str] = (),
    ) -> Iterator[events.Event]:
        """Go on with a run that was interrupted, from its last complete node.

        Args:
            run_id: its id, an unambiguous beginning of it, or `last`.
            halt: as for `stream`.
            say: is told to the model, becomes part of the run, and counts as the goal does.
            plan: takes the place of the run's plan, and is told to the model. With either, the
                time that the run waited does not count.

        Raises:
            RunError: there is no such run, or it is over.
        """
        folder = self.runs.find(run_id)
        status = folder.read()["status"]
        if status not in (Status.RUNNING, Status.INTERRUPTED, Status.FAILED):
            raise RunError(
                f"Run {folder.run_id} is over: {status}.", hint="`nomoat show` has its answer."
            )
        yield from self._go(folder, None, halt, Word(say.strip(), tuple(plan)))

    def _go(
        self,
        folder: RunFolder,
        first: State | None,
        halt: Halt | None,
        word: Word | None = None,
        edit_plan: EditPlan | None = None,
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
            journal = Journal(folder.path)
            nodes = self._nodes(values_of(saver, folder.run_id).get("goal", goal), halt, journal)
            turns = 10 * self.budget.steps + 50
            drive = Drive(
                folder.run_id, saver, build(nodes, saver), halt, self.approve, turns, began
            )
            if first is None and not drive.values:
                raise RunError(
                    f"Run {folder.run_id} was stopped before it began.", hint="Begin it again."
                )
            folder.write(self._record(goal, Status.RUNNING, journal))
            yield events.RunStarted(folder.run_id, goal, self._model_name(), _may(journal))
            try:
                if first is not None and edit_plan is not None:
                    yield from drive.go(first, to_a_pause=True)
                    first, word = None, Word(plan=edit_plan(drive.plan))
                if word:
                    drive = yield from self._hear(drive, word, journal)
                yield from drive.go(first)
                status = Status.RUNNING
            except Interrupted:
                status = Status.OUT_OF_BUDGET if halt.out_of_time else Status.INTERRUPTED
            except ScriptError:
                raise  # a test's script is wrong: that is not an outcome of the run
            except NomoatError as problem:
                status = Status.FAILED
                error = without_environment(f"{problem} {problem.hint}".strip())
            finally:
                run = drive.outcome(goal, status, error, self._model_name())
                run = replace(run, may=_may(journal))
                told = masked_all(run.to_dict())  # only shown: a resume reads the checkpoints
                folder.write({**self._record(goal, run.status, journal), "run": told})
        keep(run, self.episodes)
        yield events.Finished(run)

    def _nodes(self, goal: str, halt: Halt, journal: Journal) -> Nodes:
        work, toolbox = self.workspace, self.toolbox
        # What the run may do is fixed before it reads anything, and is the same after a resume.
        journal.begin(self._contract(goal).to_dict())
        contract = Contract.from_dict(journal.contract or {})
        policy = replace(self.policy, root=work.root)
        wanted = [
            name
            for name in files_to_make(goal)
            if not work.exists(name)
            and not contract.change(name, "write", exists=False, made=False)
        ]
        gate = Gate(policy, toolbox, work, journal, contract, goal)
        return Nodes(
            model=self.model,
            toolbox=toolbox,
            gate=gate,
            once=Once(
                toolbox,
                work,
                journal,
                contract,
                lambda: self._network.contacts,
                Patience(self.budget.seconds, halt).over,
            ),
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
        contract = widened(read_goal(goal, partial(there, self.workspace)), self._may)
        return narrowed(contract, self._may_not)

    def _missing(self, wanted: Iterable[str]) -> tuple[str, ...]:
        """Those of the files that are not there, or empty."""
        work = self.workspace
        return tuple(n for n in wanted if not (work.exists(n) and work.stat(n).size > 0))

    def _hear(
        self, run: Drive, word: Word, journal: Journal
    ) -> Generator[events.Event, None, Drive]:
        """Make what a person says a part of the run, behind the step that is under way."""
        if is_midway(run.graph, run.config, journal):
            yield from run.go(None, to_a_pause=True)
        goal, offer = run.values["goal"], tuple[str, ...]()
        wish = word.wish(goal, run.plan)
        if wish != goal:  # what is new in it may be done from here on
            contract = read_goal(wish, lambda path: self._was_there(path, journal))
            widen(journal, contract)
            new = wish.removeprefix(goal).strip()
            offer = first_offer(new, self.toolbox, self._view.of(new), contract)
            run = run.by(self._nodes(wish, run.halt, journal))
        step = steer(run.graph, run.config, word, now=time.time(), offer=offer)
        if step is not None:
            yield events.Remarked(step.n, step.observation.text)
            yield events.StepDone(step)
        return run

    def _was_there(self, path: str, journal: Journal) -> bool:
        return path not in journal.made and there(self.workspace, path)

    def _record(self, goal: str, status: Status, journal: Journal) -> dict[str, Any]:
        return {
            "goal": goal,
            "status": status.value,
            "model": self._model_name(),
            "workspace": str(self.workspace.root),
            "may": list(_may(journal)),
        }

    def _model_name(self) -> str:
        return str(getattr(self.model, "model", None) or getattr(self.model, "model_name", "model"))
