"""The agent: a model, tools, a memory and a workspace, given a goal.

from nomoat.agent import Agent

run = Agent(workspace="~/reports").run("Which region sold the most in sales.csv?")
print(run.status, run.answer)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.tools import BaseTool

from nomoat.agent import events
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.carry_out import EditPlan, carry_out
from nomoat.agent.drive import Approve
from nomoat.agent.errors import RunError, UsageError
from nomoat.agent.kit import Kit
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.opening.before import before_of
from nomoat.agent.opening.begin import Surroundings, begin
from nomoat.agent.opening.briefing import Searchable
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.state import Status
from nomoat.agent.steer import Word
from nomoat.agent.trust.contract_may import checked
from nomoat.agent.trust.policy import DENIED, Approval, Policy
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.own import refuse_own_data
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables
from nomoat.tools.toolbox import Toolbox, as_tools
from nomoat.tools.view import View

if TYPE_CHECKING:
    from nomoat.agent.trust.undo import Undone
    from nomoat.memory.episodes import Episodes

__all__ = ["Agent", "EditPlan"]


def _deny(_asked: events.ApprovalAsked) -> Approval:
    return DENIED


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
        may: what runs may do beyond what their goals say (`nomoat.agent.trust.contract_may`).
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

    def _kit(self) -> Kit:
        return Kit(
            model=self.model,
            workspace=self.workspace,
            toolbox=self.toolbox,
            view=self._view,
            tables=self._tables if self._builtin else None,
            policy=self.policy,
            approve=self.approve,
            budget=self.budget,
            contacts=lambda: self._network.contacts,
            may=self._may,
            may_not=self._may_not,
            episodes=self.episodes,
        )

    def _load_ahead(self) -> None:
        """A model that can be loaded in the background is, while a run begins."""
        ahead = getattr(self.model, "load_ahead", None)
        if ahead is not None:
            ahead()

    # -- runs --------------------------------------------------------------------------------

    def run(self, goal: str, *, before: Run | Sequence[Run] | None = None) -> Run:
        """Reach a goal, or say why not; it may refer to the runs `before`, oldest first.

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
        before: Run | Sequence[Run] | None = None,
        edit_plan: EditPlan | None = None,
    ) -> Iterator[events.Event]:
        """Reach a goal, telling what happens; the last event is `Finished`, with the `Run`.

        Args:
            goal: what to do, in plain words.
            halt: set it from another thread (or a signal handler) to stop between two tokens.
            before: runs that the goal may refer to, oldest first; the model is told goals and
                answers of the last three.
            edit_plan: is given the plan before the first step, and gives the one that holds.

        Raises:
            UsageError: the goal is empty.
        """
        if not goal.strip():
            raise UsageError("The goal is empty.", hint='Say what to do: nomoat "…".')
        self._load_ahead()
        kit = self._kit()
        around = Surroundings(
            self.workspace,
            self.toolbox,
            self._view,
            tables=self._tables.infos() if self._builtin else (),
            memory=self.memory,
            episodes=self.episodes,
            reads=self._builtin,
            lists=self._tables.lists if self._builtin else tuple,
        )
        first = begin(goal, kit.contract(goal), around, before_of(before))
        yield from carry_out(kit, self.runs.create(), first, halt, edit_plan=edit_plan)

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
        self._load_ahead()
        word = Word(say.strip(), tuple(plan))
        yield from carry_out(self._kit(), folder, None, halt, word=word)

    def undo(self, run_id: str = "last") -> list[Undone]:
        """Put files back as they were before a run in this workspace; what came of each.

        A file that was changed since is left as it is.

        Args:
            run_id: its id, an unambiguous beginning of it, or `last`.

        Raises:
            RunError: there is no such run, or it is going on in another process.
            UsageError: it worked in another workspace.
        """
        from nomoat.agent.trust.journal import Journal, held
        from nomoat.agent.trust.undo import undo

        folder = self.runs.find(run_id)
        worked_in = folder.read().get("workspace")
        if worked_in != str(self.workspace.root):
            raise UsageError(
                f"Run {folder.run_id} worked in {worked_in}, and not in {self.workspace.root}.",
                hint="Undo it with an agent of that workspace.",
            )
        with held(folder.path):
            return undo(Journal(folder.path), self.workspace)
