"""What every run of an agent works with, and what one run is put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from langchain_core.language_models.chat_models import BaseChatModel

from nomoat.agent.aside.aside import Aside
from nomoat.agent.aside.computing import Computing
from nomoat.agent.aside.querying import Querying
from nomoat.agent.aside.rewriting import Rewriting
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.check.judge import Judge
from nomoat.agent.drive import Approve
from nomoat.agent.goal.asked import files_to_make
from nomoat.agent.nodes import Nodes
from nomoat.agent.patience import Patience
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_may import narrowed, widened
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.gate import Gate
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import Once, empty_files, there
from nomoat.agent.trust.policy import Policy
from nomoat.tools.effect import Effect
from nomoat.tools.guard.net import Contact
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import View

if TYPE_CHECKING:
    from nomoat.memory.episodes import Episodes


@dataclass(frozen=True, slots=True)
class Kit:
    """What every run of an agent works with."""

    model: BaseChatModel
    workspace: Workspace
    toolbox: Toolbox
    view: View
    policy: Policy
    approve: Approve
    budget: Budget
    contacts: Callable[[], Sequence[Contact]]
    """What the network has been asked so far."""
    tables: Tables | None = None
    """The workspace's, where nomoat's own tools are there."""
    may: tuple[str, ...] = ()
    may_not: tuple[str, ...] = ()
    episodes: Episodes | None = None
    """Where runs are remembered."""

    @property
    def model_name(self) -> str:
        """What the model is called in a run's record."""
        return str(getattr(self.model, "model", None) or getattr(self.model, "model_name", "model"))

    def contract(self, goal: str) -> Contract:
        """What a run of this goal may do, as the goal and the person say."""
        read = read_goal(goal, partial(there, self.workspace), partial(empty_files, self.workspace))
        contract = widened(read, self.may)
        return narrowed(contract, self.may_not)

    def nodes(self, goal: str, halt: Halt, journal: Journal) -> Nodes:
        """The nodes of one run, which may do what its journal says."""
        contract = Contract.from_dict(journal.contract or {})
        policy = replace(self.policy, root=self.workspace.root)
        gate = Gate(policy, self.toolbox, self.workspace, journal, contract, goal)
        return Nodes(
            model=self.model,
            toolbox=self.toolbox,
            gate=gate,
            once=Once(
                self.toolbox,
                self.workspace,
                journal,
                contract,
                self.contacts,
                Patience(self.budget.seconds, halt).over,
            ),
            judge=Judge(
                self.toolbox,
                gate.exists,
                partial(self._missing, self._to_make(goal, contract), contract.kind, journal),
                may_write=Effect.WRITE in contract.effects,
            ),
            budget=self.budget,
            asides=tuple(self._asides(contract)),
            halt=halt,
        )

    def _asides(self, contract: Contract) -> Iterator[Aside]:
        names = self.toolbox.names
        yield Rewriting(self.workspace, contract, names)
        yield Computing(names)
        if self.tables is not None and getattr(self.model, "constrains_output", False):
            # a model elsewhere is mostly a bigger one, and each sample of it would be paid for
            yield Querying(self.tables, names)

    def _to_make(self, goal: str, contract: Contract) -> tuple[str, ...]:
        """The files that a goal asks for, that may be made and are not there."""
        return tuple(
            name
            for name in files_to_make(goal)
            if not self.workspace.exists(name)
            and not contract.change(name, "write", exists=False, made=False)
        )

    def _missing(self, wanted: Iterable[str], kind: str, journal: Journal) -> tuple[str, ...]:
        """Those of the files that are not there, or empty, and the kind of which none was made."""
        work = self.workspace
        left = [name for name in wanted if not (work.exists(name) and work.stat(name).size > 0)]
        written = (path.lower() for deed in journal.deeds for path in deed.touched)
        if kind and not any(path.endswith(kind) for path in written):
            left.append(f"a {kind} file")
        return tuple(left)
