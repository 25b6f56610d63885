"""A task tried by nomoat, and by a peer, with the same tools."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.tools import BaseTool
from peer_child import Child
from peer_results import OWN, Result
from peer_server import Server

from nomoat.agent.agent import Agent
from nomoat.agent.bench.place import Place, prepared
from nomoat.agent.bench.suite import Task
from nomoat.agent.budget import Budget
from nomoat.agent.runs import RunStore
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.tools.builtin import builtin_tools
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.schema import arguments_schema
from nomoat.tools.toolbox import Toolbox

TOOLS = """calculate list_files read_file find_in_files write_file append_file edit_file move_file
    copy_file delete_file query_table save_query now recall browse""".split()
"""What everyone gets; `recall` where a task has documents, `browse` where it has a site."""
SYSTEM = (
    "You work in a folder with the user's files, by your tools only; paths are relative to that "
    "folder. Do what the user asks, then answer in a sentence or two."
)
"""What peers are told besides the goal and what their frameworks tell a model."""
TOKENS = 1_024
"""What a peer's model may write in a turn."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What everyone gets for a task."""

    steps: int
    seconds: float


def equal(tools: Sequence[BaseTool], *, site: bool) -> list[BaseTool]:
    """Those of nomoat's tools that everyone gets; pages can be read where a task has a site."""
    return [one for one in tools if one.name in TOOLS and (site or one.name != "browse")]


@contextmanager
def _memory(place: Place) -> Iterator[Any]:
    if place.documents is None:
        yield None
        return
    from nomoat.memory import Memory

    with Memory(place.documents.parent / "memory") as memory:
        memory.add([place.documents])
        yield memory


# -- nomoat -----------------------------------------------------------------------------------


class Equal(Agent):
    """nomoat with those of its tools that the peers have, too."""

    def _builtin_tools(self) -> list[BaseTool]:
        return equal(super()._builtin_tools(), site=bool(self._allow_hosts))


def under_nomoat(task: Task, model: BaseChatModel, limits: Limits) -> Result:
    """A task tried by nomoat."""
    with prepared(task) as place, _memory(place) as memory:
        agent = Equal(
            model,
            workspace=place.workspace,
            memory=memory,
            allow_hosts=place.allow_hosts,
            policy=Policy(Mode.NEVER),
            budget=Budget(steps=limits.steps, seconds=limits.seconds),
            runs=RunStore(place.workspace.parent / "runs"),
        )
        run = agent.run(place.goal)
        fault = task.fault(place.ended(run.answer, reached=run.status is Status.REACHED))
    why = run.error or fault
    return Result(
        peer=OWN,
        task=task.id,
        category=task.category,
        split=task.split,
        passed=not why,
        why=why,
        ended=run.status.value,
        answer=run.answer,
        seconds=run.seconds,
        steps=sum(step.call is not None for step in run.steps),
        tokens_read=run.usage.evaluated,
        tokens_written=run.usage.generated,
    )


# -- the peers --------------------------------------------------------------------------------


def toolbox_of(place: Place, memory: Any) -> Toolbox:
    """The tools of a task, as nomoat calls them."""
    tools = builtin_tools(
        Workspace(place.workspace),
        memory=memory,
        network=Network(place.allow_hosts),
        sandbox=False,
    )
    return Toolbox(equal(tools, site=place.site is not None))


def described(toolbox: Toolbox) -> list[dict[str, Any]]:
    """The tools in plain words: name, description and the schema of the arguments."""
    tools = [toolbox.get(name) for name in toolbox.names]
    return [
        {"name": one.name, "description": one.description, "schema": arguments_schema(one)}
        for one in tools
    ]


def under_peer(peer: str, task: Task, child: Child, server: Server, limits: Limits) -> Result:
    """A task tried by a peer."""
    before = server.tokens()
    with prepared(task) as place, _memory(place) as memory:
        toolbox = toolbox_of(place, memory)
        order = {
            "goal": place.goal,
            "system": SYSTEM,
            "tools": described(toolbox),
            "address": server.address,
            "steps": limits.steps,
            "tokens": TOKENS,
        }
        said = child.run(order, lambda tool, given: toolbox.call(tool, given).text, limits.seconds)
        answered = said.ended == "answered"
        why = said.error or task.fault(place.ended(said.answer, reached=answered))
    tokens = server.tokens().since(before)
    return Result(
        peer=peer,
        task=task.id,
        category=task.category,
        split=task.split,
        passed=not why,
        why=why,
        ended=said.ended,
        answer=said.answer,
        seconds=said.seconds,
        steps=said.steps,
        tokens_read=tokens.read,
        tokens_written=tokens.written,
    )
