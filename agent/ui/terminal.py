"""A run in the terminal: live where there is one, plain lines where there is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import TracebackType

from rich.console import Console, Group
from rich.text import Text

from nomoat.agent import events
from nomoat.agent.errors import Interrupted
from nomoat.agent.printable import clean, named
from nomoat.agent.runs import Run
from nomoat.agent.state import Status
from nomoat.agent.steer import Word
from nomoat.agent.trust.policy import DENIED, Approval
from nomoat.agent.ui.lines import Part, console_of_ours, line, without_last_line_ends
from nomoat.agent.ui.live import Moving, checklist, live
from nomoat.agent.ui.pause import edited, pause
from nomoat.agent.ui.plan import Checklist
from nomoat.agent.ui.question import question
from nomoat.agent.ui.status import Limits, Progress
from nomoat.agent.ui.words import VERDICTS, folded, many, next_for, out_of_sight, speed
from nomoat.tools.guard.secrets import masked, masked_all


class Screen:
    """Shows events as they come, and asks where a call needs approval.

    Args:
        quiet: show no events; questions and remarks still appear, on standard error.
        interactive: somebody is there to answer.
        console: where events go; default: standard output.
        limits: what a run may use, as far as it is known.
    """

    def __init__(
        self,
        *,
        quiet: bool,
        interactive: bool,
        console: Console | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._console = console or console_of_ours()
        self._errors = console_of_ours(stderr=True)
        self._quiet = quiet
        self._questions = self._errors if quiet else self._console
        self.interactive = interactive
        """Somebody is there to answer."""
        self._live: Moving | None = None
        self._printing = False
        self._unsaid: list[str] = []
        self._limits = limits or Limits()
        self._progress = Progress(self._limits)
        self._plan = Checklist()
        self._goal = ""
        self.asking = False
        """A question is open: nothing else happens until it is answered."""

    def __enter__(self) -> Screen:
        if not self._quiet and self._console.is_terminal and not self._console.is_dumb_terminal:
            self._move()
        return self

    def _move(self) -> None:
        self._live = Moving(self._console, self._now)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing moves inside: something else writes to the terminal."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()
        try:
            yield
        finally:
            if live is not None:
                self._move()

    @contextmanager
    def moving(self) -> Iterator[None]:
        """What is live inside `still`: a run of its own."""
        self._progress, self._plan = Progress(self._limits), Checklist()
        with self:
            yield

    def say(self, text: str) -> None:
        """A remark beside the run: above what is live, else on standard error.

        A signal may bring it while something is printed: then it comes right after that.
        """
        self._unsaid.append(text)
        if not self._printing:
            with self._alone():
                pass

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nothing else is printed inside; what was to be said meanwhile comes at its end."""
        self._printing = True
        try:
            with self._live.between() if self._live else nullcontext():
                yield
                while self._unsaid:
                    place = self._console if self._live else self._errors
                    place.print(Text(clean(self._unsaid.pop(0)), style="dim"))
        finally:
            self._printing = False

    # -- events ------------------------------------------------------------------------------

    def show(self, event: events.Event) -> None:
        """Show one event."""
        self._progress.follow(event)
        self._tick(event)
        if not self._quiet:
            with self._alone():
                self._print(event)

    def _tick(self, event: events.Event) -> None:
        """Keep the checklist in step with what happens."""
        match event:
            case events.RunStarted(_, goal, plan=plan, steps=steps):
                self._goal, self._plan = goal, Checklist.of(plan, steps)
            case events.Planned(steps):
                self._plan = Checklist(tuple(steps))
            case events.Decided(_, thought, call):
                self._plan = self._plan.called(call, thought)
            case events.Observed(_, observation):
                self._plan = self._plan.observed(observation.ok, observation.files)
            case events.Finished(run) if run.status is Status.REACHED:
                self._plan = self._plan.reached()

    def _print(self, event: events.Event) -> None:
        match event:
            case events.RunStarted(run_id, goal, model, may):
                self._line((goal, "bold"))
                self._line((f"{model} · run {run_id}", "dim"))
                if may:
                    self._line((f"may: {', '.join(may)}", "dim"))
                if self._live is None:  # else it is shown below
                    checklist(self._console, self._shown_plan)
            case events.Planned(steps, again, usage) if again or self._live is None:
                self._line()
                self._line(("New plan" if again else "Plan", "cyan"), (speed(usage), "dim"))
                for number, step in enumerate(steps, 1):
                    self._line(masked(step), before=f"  {number}. ")
            case events.Decided(n, thought, call, usage):
                self._line()
                self._line((f"Step {n} · ", "cyan"), masked(thought), (speed(usage), "dim"))
                args = named(without_last_line_ends(masked_all(call.args)))
                self._line((call.tool, "bold"), f"({args})", before="  ")
            case events.Observed(_, observation):
                for line in folded(observation.text):
                    self._line((line, "dim" if observation.ok else "yellow"), before="  │ ")
            case events.Remarked(n, text):
                self._line()
                first, *others = folded(text) or [""]
                self._line((f"Step {n} · ", "cyan"), (first, "yellow"))
                for row in others:
                    self._line((row, "yellow"), before="  │ ")
            case events.Folded():
                self._line((out_of_sight(event), "dim"))
            case events.Finished(run):
                self._finish(run)

    def _finish(self, run: Run) -> None:
        if self._live is not None:
            checklist(self._console, self._shown_plan)
        self._line()
        if run.answer:
            self._line((run.answer, "bold"))
        if run.error:
            self._line((masked(run.error), "red"))
        for objection in run.verdict.doubts:
            self._line((objection, "yellow"))
        for one in run.refused:
            said = f"refused: {one.call.tool} in step {one.n}: {one.why}"
            self._line((masked(said), "yellow"))
        if run.sources:
            self._line((f"sources: {', '.join(run.sources)}", "dim"))
        if run.verdict.evidence:
            self._line((f"evidence: step {', '.join(map(str, run.verdict.evidence))}", "dim"))
        if run.files_changed:
            self._line((f"files changed: {', '.join(run.files_changed)}", "dim"))
        colour, words = VERDICTS[run.status]
        self._line()
        self._line(
            (words, colour),
            (f" in {run.seconds:.1f} s, {many(len(run.steps), 'step')}", "dim"),
            (f"{speed(run.usage, ', {:.0f} tok/s')}, {run.usage.generated} tokens written", "dim"),
            (f", {run.usage.evaluated} read", "dim"),
        )
        after = next_for(run, self._limits.steps)
        if after:
            self._line((after, "dim"))

    def _line(self, *parts: Part, before: str = "") -> None:
        line(self._console, *parts, before=before)

    def _now(self) -> Group:
        return live(self._console, self._progress, self._shown_plan)

    @property
    def _shown_plan(self) -> Checklist:
        """The plan, where it says more than the goal does."""
        return self._plan if self._plan.tells(self._goal) else Checklist()

    # -- approvals ---------------------------------------------------------------------------

    def approve(self, asked: events.ApprovalAsked) -> Approval:
        """Show what would happen and ask; where nobody can answer, it is refused.

        Raises:
            Interrupted: Ctrl-C was pressed instead; the question is asked again on a resume.
        """
        if not self.interactive:
            how = "--yes allows it" if asked.by in ("", "mode") else "Say so in the goal"
            if asked.by == "contract":
                how = "Say so in the goal, or with --may"
            self.say(f"Refused: {asked.reason}, and nobody can be asked. {how}.")
            return DENIED
        with self._held():
            return question(asked, self._questions, self._input)

    def confirm(self, question: str) -> bool:
        """Ask a question that is answered by yes or no; no where nobody can answer.

        Raises:
            Interrupted: Ctrl-C was pressed instead.
        """
        if not self.interactive:
            return False
        with self._held():
            return self._input(f"{clean(question)} (y/n) ").lower() in {"y", "yes"}

    def pause(self, plan: tuple[str, ...]) -> Word | None:
        """Ask what to do with a run that has stopped; None: it stays stopped."""
        self._progress.paused()
        try:
            with self._held():
                checklist(self._questions, self._shown_plan)
                word = pause(plan, self._questions, self._read)
        except Interrupted:
            return None
        if word is not None and word.plan:
            self._plan = self._plan.changed(word.plan)
        return word

    def edit_plan(self, plan: tuple[str, ...]) -> tuple[str, ...]:
        """Show a plan, and let the person change it.

        Raises:
            Interrupted: Ctrl-C was pressed instead.
        """
        with self._held():
            new = edited(plan, self._questions, self._read)
        self._plan = self._plan.changed(new)
        return new

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Nothing moves while a person answers."""
        self.asking = True
        try:
            with self.still():
                yield
        except KeyboardInterrupt:
            raise Interrupted("Stopped at a question.") from None
        finally:
            self.asking = False

    def _input(self, question: str) -> str:
        """What a person types; the end of input is an empty answer."""
        try:
            return self._read(question)
        except EOFError:
            return ""

    def _read(self, question: str) -> str:
        return self._questions.input(Text(question)).strip()
