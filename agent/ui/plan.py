"""The plan as a checklist, ticked off as far as it can be seen from outside how far a run is.

A step of the plan is ticked when a file that it names was written, when the run has found something
and goes on to a later step, and all are once the goal is reached. The ticks say where a run is;
whether its answer holds is said by the check of the answer alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nomoat.agent.decision import ToolCall
from nomoat.agent.state import Step

DONE, NOW, OPEN = "✓", "▸", "○"
STILL = "Still to do:"
_WORD = re.compile(r"[^\W_]+")
_COMMON = frozenset(
    "and are for from has have how into its that the their then there these this was were what "
    "when where which who why with".split()
)


@dataclass(frozen=True, slots=True)
class Checklist:
    """The steps of a plan, and which are done."""

    steps: tuple[str, ...] = ()
    done: frozenset[int] = frozenset()
    """Places in `steps`."""
    now: int = 0
    """The place that the run is at; beyond the last where none is open."""
    found: bool = False
    """Something was found since the run is there."""

    @classmethod
    def of(cls, plan: Sequence[str], steps: Sequence[Step]) -> Checklist:
        """The checklist of a run with this plan, after these steps: as it was when they were made.

        Another plan that the model made begins anew; one that the person made keeps what was done.
        """
        left = [*(step.replaced for step in steps if step.replaced), tuple(plan)]
        made = cls(left.pop(0))
        for step in steps:
            if step.replaced:
                new = left.pop(0)
                made = made.changed(new) if step.person else cls(new)
            elif step.call is not None:
                made = made.called(step.call, step.decision.thought)
                made = made.observed(step.observation.ok, step.observation.files)
        return made

    def tells(self, goal: str) -> bool:
        """Whether it says more than the goal does."""
        return bool(self.steps) and self.steps != (goal,)

    def called(self, call: ToolCall, thought: str) -> Checklist:
        """After a decision: it is at the step that the call speaks of, if that is a later one."""
        doing = thought.partition(STILL)[2] or thought
        words = _words(" ".join([call.tool, doing, *map(str, call.args.values())]))
        shared = [len(_words(step) & words) for step in self.steps]
        here = shared[self.now] if self.now < len(shared) else 0
        best = max(range(self.now, len(shared)), key=lambda at: (shared[at], -at), default=self.now)
        if best == self.now or shared[best] <= here or not self.found:
            return self
        return self._ticked(range(self.now, best), best)

    def observed(self, ok: bool, files: Sequence[str]) -> Checklist:
        """After a call, with the files that it has changed."""
        if not ok:
            return self
        names = [file.rpartition("/")[2] for file in files]
        named = [at for at, step in enumerate(self.steps) if any(name in step for name in names)]
        if not named:
            return replace(self, found=True)
        return self._ticked(range(named[-1] + 1), named[-1])

    def reached(self) -> Checklist:
        """At the end of a run that reached its goal."""
        return self._ticked(range(len(self.steps)), len(self.steps))

    def changed(self, steps: Sequence[str]) -> Checklist:
        """With other steps; those that were done before stay so."""
        done = {self.steps[at] for at in self.done}
        kept = [at for at, step in enumerate(steps) if step in done]
        return Checklist(tuple(steps))._ticked(kept, 0)

    def rows(self) -> list[tuple[str, str]]:
        """A mark and a text for each step, in order."""
        return [(self._mark(at), step) for at, step in enumerate(self.steps)]

    def _mark(self, at: int) -> str:
        if at in self.done:
            return DONE
        return NOW if at == self.now else OPEN

    def _ticked(self, places: Sequence[int], now: int) -> Checklist:
        done = self.done | set(places)
        left = (at for at in range(now, len(self.steps)) if at not in done)
        return Checklist(self.steps, done, next(left, len(self.steps)))


def _words(text: str) -> frozenset[str]:
    """The words that say what a text is about, without the endings of plurals."""
    found = (word.casefold() for word in _WORD.findall(text))
    return frozenset(w.removesuffix("s") for w in found if len(w) > 2 and w not in _COMMON)
