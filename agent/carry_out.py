"""A run carried out: begun or gone on with, told as events, and written down however it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from nomoat.agent import events
from nomoat.agent.budget import Halt
from nomoat.agent.drive import Drive
from nomoat.agent.errors import Interrupted, NomoatError, RunError, ScriptError
from nomoat.agent.graph import build
from nomoat.agent.kit import Kit
from nomoat.agent.offer import first_offer
from nomoat.agent.opening.past import keep
from nomoat.agent.runs import Run, RunFolder
from nomoat.agent.state import State, Status
from nomoat.agent.steer import Word, is_midway, steer, values_of, widen
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.journal import Journal, held
from nomoat.agent.trust.once import empty_files, there
from nomoat.tools.guard.secrets import masked_all, without_environment

EditPlan = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Shown a plan before the first step, gives the plan that holds."""


def carry_out(
    kit: Kit,
    folder: RunFolder,
    first: State | None,
    halt: Halt | None,
    *,
    word: Word | None = None,
    edit_plan: EditPlan | None = None,
) -> Iterator[events.Event]:
    """Carry a run out to its end, telling what happens; the last event is `Finished`.

    Args:
        kit: what it works with.
        folder: its own; another process that would go on with it is refused meanwhile.
        first: the state it begins in; None: it goes on from its checkpoints.
        halt: stops it between two tokens; None: only its time does.
        word: what a person says before it goes on.
        edit_plan: is given the plan before the first step, and gives the one that holds.

    Raises:
        RunError: it is held by another process, or was stopped before it began.
    """
    from langsmith import tracing_context

    began, halt = time.monotonic(), halt or Halt(kit.budget.seconds)
    # A tracing service configured for other LangChain programs gets nothing of a private run.
    with held(folder.path), folder.checkpoints() as saver, tracing_context(enabled=False):
        goal = first["goal"] if first else folder.read()["goal"]
        journal = Journal(folder.path)
        wish = values_of(saver, folder.run_id).get("goal", goal)
        # What the run may do is fixed before it reads anything, and is the same after a resume.
        journal.begin(kit.contract(wish).to_dict())
        graph = build(kit.nodes(wish, halt, journal), saver)
        turns = 10 * kit.budget.steps + 50
        drive = Drive(folder.run_id, saver, graph, halt, kit.approve, turns, began)
        if first is None and not drive.values:
            raise RunError(
                f"Run {folder.run_id} was stopped before it began.", hint="Begin it again."
            )
        run = yield from _Carried(kit, folder, goal, journal, drive).on(first, word, edit_plan)
    keep(run, kit.episodes)
    yield events.Finished(run)


@dataclass
class _Carried:
    """A run while it is carried out."""

    kit: Kit
    folder: RunFolder
    goal: str
    """As it was given."""
    journal: Journal
    drive: Drive

    def on(
        self, first: State | None, word: Word | None, edit_plan: EditPlan | None
    ) -> Generator[events.Event, None, Run]:
        """Go on to the end; what came of it is on disk, whatever it was."""
        status, error = Status.INTERRUPTED, ""
        self._write(Status.RUNNING)
        model = self.kit.model_name
        plan, steps = self.drive.plan, self.drive.steps
        yield events.RunStarted(self.folder.run_id, self.goal, model, self._may(), plan, steps)
        try:
            yield from self._steps(first, word, edit_plan)
            status = Status.RUNNING
        except Interrupted:
            if self.drive.halt.out_of_time:
                status = Status.OUT_OF_BUDGET
        except ScriptError:
            raise  # a test's script is wrong: that is not an outcome of the run
        except NomoatError as problem:
            status = Status.FAILED
            error = without_environment(f"{problem} {problem.hint}".strip())
        finally:
            run = self.drive.outcome(self.goal, status, error, model)
            run = replace(run, may=self._may())
            # only what is shown is masked: a resume reads the checkpoints
            self._write(run.status, run=masked_all(run.to_dict()))
        return run

    def _steps(
        self, first: State | None, word: Word | None, edit_plan: EditPlan | None
    ) -> Iterator[events.Event]:
        if first is not None and edit_plan is not None:
            yield from self.drive.go(first, to_a_pause=True)
            first, word = None, Word(plan=edit_plan(self.drive.plan))
        if word:
            yield from self._hear(word)
        yield from self.drive.go(first)

    def _hear(self, word: Word) -> Iterator[events.Event]:
        """Make what a person says a part of the run, behind the step that is under way."""
        drive, kit = self.drive, self.kit
        if is_midway(drive.graph, drive.config, self.journal):
            yield from drive.go(None, to_a_pause=True)
        goal, offer = drive.values["goal"], tuple[str, ...]()
        wish = word.wish(goal, drive.plan)
        if wish != goal:  # what is new in it may be done from here on
            contract = read_goal(wish, self._was_there, partial(empty_files, kit.workspace))
            widen(self.journal, contract)
            new = wish.removeprefix(goal).strip()
            offer = first_offer(new, kit.toolbox, kit.view.of(new), contract)
            drive = self.drive = drive.by(kit.nodes(wish, drive.halt, self.journal))
        step = steer(drive.graph, drive.config, word, now=time.time(), offer=offer)
        if step is not None:
            yield events.Remarked(step.n, step.observation.text)
            yield events.StepDone(step)

    def _was_there(self, path: str) -> bool:
        return path not in self.journal.made and there(self.kit.workspace, path)

    def _may(self) -> tuple[str, ...]:
        contract = self.journal.contract
        return Contract.from_dict(contract).may if contract else ()

    def _write(self, status: Status, **more: Any) -> None:
        self.folder.write(
            {
                "goal": self.goal,
                "status": status.value,
                "model": self.kit.model_name,
                "workspace": str(self.kit.workspace.root),
                "may": list(self._may()),
                **more,
            }
        )
