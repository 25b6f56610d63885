"""One task tried by an agent, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.language_models.chat_models import BaseChatModel

from nomoat.agent.agent import Agent
from nomoat.agent.bench.place import Place, prepared
from nomoat.agent.bench.suite import Split, Task
from nomoat.agent.budget import Budget, Halt
from nomoat.agent.errors import ScriptError
from nomoat.agent.events import Finished, RunStarted
from nomoat.agent.runs import Run, RunStore
from nomoat.agent.state import Status
from nomoat.agent.trust.policy import Mode, Policy

if TYPE_CHECKING:
    from nomoat.memory import Embedder, Memory


@dataclass(frozen=True, slots=True)
class Outcome:
    """A task, whether it passed, and what it took."""

    task: str
    category: str
    split: Split
    passed: bool
    why: str
    """What is wrong; empty where it passed."""
    status: str
    """How the run itself says it ended."""
    run_id: str
    goal: str
    answer: str
    seconds: float
    """Of the run; making the workspace and the memory does not count."""
    steps: int
    tokens_read: int
    """Evaluated; what was evaluated before and reused is not counted again."""
    tokens_written: int
    extras: tuple[str, ...] = ()
    """New files that nothing in the task speaks of."""

    @property
    def tokens(self) -> int:
        return self.tokens_read + self.tokens_written

    @property
    def interrupted(self) -> bool:
        return self.status == Status.INTERRUPTED

    def to_dict(self) -> dict[str, Any]:
        """Plain data: what `--json` prints of it."""
        return {**asdict(self), "extras": list(self.extras), "seconds": round(self.seconds, 3)}


def run_task(
    task: Task,
    model: BaseChatModel,
    *,
    budget: Budget | None = None,
    runs: RunStore | None = None,
    embedder: Embedder | None = None,
    halt: Halt | None = None,
) -> Outcome:
    """Try a task once, in a throw-away workspace where everything is allowed.

    Args:
        task: what to try.
        model: loaded once and used for many tasks.
        budget: of the run; default: a run's own.
        runs: where the run is stored; default: in the person's data folder.
        embedder: of the memory; default: a memory's own.
        halt: stops the run between two tokens.
    """
    with prepared(task) as place, _memory(place, embedder) as memory:
        agent = Agent(
            model,
            workspace=place.workspace,
            memory=memory,
            allow_hosts=place.allow_hosts,
            policy=Policy(Mode.NEVER),
            budget=budget,
            runs=runs,
        )
        run_id, run, crash = "", None, ""
        try:
            for event in agent.stream(place.goal, halt=halt):
                if isinstance(event, RunStarted):
                    run_id = event.run_id
                elif isinstance(event, Finished):
                    run = event.run
        except ScriptError:
            raise  # a test's script is wrong: that is no outcome
        except Exception as error:  # noqa: BLE001 - a crash is this task's outcome, not the end
            crash = f"crashed: {type(error).__name__}: {error}"
        return _outcome(task, place, run_id, run, crash)


@contextmanager
def _memory(place: Place, embedder: Embedder | None) -> Iterator[Memory | None]:
    if place.documents is None:
        yield None
        return
    from nomoat.memory import Memory

    with Memory(place.documents.parent / "memory", embedder=embedder) as memory:
        memory.add([place.documents])
        yield memory


def _outcome(task: Task, place: Place, run_id: str, run: Run | None, crash: str) -> Outcome:
    reached = run is not None and run.status is Status.REACHED
    ended = place.ended(run.answer if run else "", reached=reached)
    why = crash or (run.error if run else "") or task.fault(ended)
    return Outcome(
        task=task.id,
        category=task.category,
        split=task.split,
        passed=not why,
        why=why,
        status=run.status.value if run else "crashed",
        run_id=run_id,
        goal=place.goal,
        answer=ended.answer,
        seconds=run.seconds if run else 0.0,
        steps=len(run.steps) if run else 0,
        tokens_read=run.usage.evaluated if run else 0,
        tokens_written=run.usage.generated if run else 0,
        extras=task.extras(ended),
    )
