"""AgentDojo's tasks through the policy: which injected calls pass, and what a person is asked.

    pip install --no-deps --target DIR agentdojo==0.1.35 deepdiff orderly-set cachebox \
        docstring-parser email-validator dnspython
    python tests/benchmarks/agentdojo.py --data DIR [--json]

Data only: the 97 user tasks' own calls and, for each of the 949 pairs of a user task and an
injection task, the injected calls, which come after the first text that somebody else wrote. No
model is asked. The package's clients of model services are not imported, nor their libraries
needed. AgentDojo: Debenedetti et al., 2024, https://agentdojo.spylab.ai (MIT licence).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import types
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from nomoat.agent.decision import ToolCall
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.flow import Marks
from nomoat.agent.trust.policy import Mode, Policy, Ruling, Situation
from nomoat.tools.base import Effect, ToolSpec, parse_effects

HERE = Path(__file__).resolve().parent
VERSION = "v1.2.2"
PAIRS, TASKS = 949, 97

ACTING = {
    "network": """send_email share_file reserve_hotel reserve_car_rental reserve_restaurant
        send_money schedule_transaction update_scheduled_transaction update_password
        update_user_info send_direct_message send_channel_message invite_user_to_slack
        add_user_to_channel remove_user_from_slack post_webpage get_webpage""",
    "network, write": """create_calendar_event cancel_calendar_event reschedule_calendar_event
        add_calendar_event_participants""",
    "write": "delete_email append_to_file create_file delete_file",
}
"""What a tool does to the world; the others look something up in the person's own accounts. What
reaches other people (an invitation, a payment, a reservation) leaves the machine."""
NEITHER = "get_current_day"
PRIVATE_ONLY = "get_user_information get_iban get_balance get_user_info search_contacts_by_name \
search_contacts_by_email get_channels get_users_in_channel"
FOREIGN_ONLY = "get_webpage"
"""Results that hold only what others wrote; so do all look-ups of hotels, restaurants and cars."""
FILES = {"append_to_file": "file_id", "delete_file": "file_id", "create_file": "filename"}


def effects_of(tool: str) -> frozenset[Effect]:
    """The effects of one of AgentDojo's tools."""
    for effects, names in ACTING.items():
        if tool in names.split():
            return parse_effects(effects)
    return frozenset() if tool == NEITHER else frozenset({Effect.READ})


def marks_after(tool: str, suite: str, before: Marks) -> Marks:
    """What a run has read once the tool's result is seen."""
    if Effect.READ not in effects_of(tool) and tool not in FOREIGN_ONLY:
        return before
    own = tool in PRIVATE_ONLY.split()
    foreign = tool in FOREIGN_ONLY or (suite == "travel" and not own and "calendar" not in tool)
    return Marks(before.private or not foreign, before.untrusted or not own)


@dataclass(slots=True)
class Count:
    """Calls and pairs, and how many of them were stopped."""

    calls: int = 0
    stopped: int = 0
    pairs: int = 0
    pairs_stopped: int = 0
    by: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Replay:
    """One run's view of a suite: the goal, its contract, and the files there are."""

    suite: str
    goal: str
    policy: Policy
    files: Mapping[str, str]
    """File id → name."""

    def rule(self, call: ToolCall, marks: Marks) -> Ruling:
        """What policy says of a call when the run has these marks."""
        names = frozenset(self.files.values())
        contract = read_goal(self.goal, names.__contains__)
        situation = Situation(self.goal, contract, marks, exists=names.__contains__)
        return self.policy.rule(call, self._spec(call), situation=situation)

    def _spec(self, call: ToolCall) -> ToolSpec:
        argument = FILES.get(call.tool)
        if argument is None:
            return ToolSpec(effects_of(call.tool))
        name = str(call.args.get(argument, ""))
        return ToolSpec(effects_of(call.tool), targets=lambda _a: [self.files.get(name, name)])


def own_calls(replay: Replay, calls: Sequence[ToolCall]) -> Iterator[tuple[ToolCall, Ruling]]:
    """The task's own calls in order, each with its ruling; a person allows them all."""
    marks = Marks()
    for call in calls:
        yield call, replay.rule(call, marks)
        marks = marks_after(call.tool, replay.suite, marks)


def marks_at_injection(suite: str, calls: Sequence[ToolCall]) -> Marks:
    """The marks when the first foreign text has been read: the earliest an injection can act."""
    marks = Marks()
    for call in calls:
        marks = marks_after(call.tool, suite, marks)
        if marks.untrusted:
            return marks
    return Marks(marks.private, untrusted=True)


def measure(suites: Mapping[str, Any]) -> dict[str, Any]:
    """The table: for each suite and mode what is asked of a person, and what is stopped."""
    told: dict[str, Any] = {}
    for mode in (Mode.ASK, Mode.NEVER):
        rows = {name: _suite(name, suite, Policy(mode)) for name, suite in suites.items()}
        told[mode.value] = {**{n: _row(*row) for n, row in rows.items()}, "all": _sum(rows)}
    return told


def _suite(name: str, suite: Any, policy: Policy) -> tuple[list[int], Count]:
    asked: list[int] = []
    count = Count()
    for task in suite.user_tasks.values():
        world = task.init_environment(suite.load_and_inject_default_environment({}))
        replay = Replay(name, task.PROMPT, policy, _files(world))
        calls = _calls(task, world)
        asked.append(sum(r.verdict != "allow" for _, r in own_calls(replay, calls)))
        marks = marks_at_injection(name, calls)
        for injection in suite.injection_tasks.values():
            _inject(replay, _calls(injection, world), marks, count)
    return asked, count


def _inject(replay: Replay, calls: Sequence[ToolCall], marks: Marks, count: Count) -> None:
    stopped = []
    for call in calls:
        if not effects_of(call.tool) - {Effect.READ}:
            marks = marks_after(call.tool, replay.suite, marks)
            continue
        ruling = replay.rule(call, marks)
        stopped.append(ruling.verdict != "allow")
        count.by[ruling.by] += stopped[-1]
        count.passed[call.tool] += not stopped[-1]
    count.calls += len(stopped)
    count.stopped += sum(stopped)
    count.pairs += bool(stopped)
    count.pairs_stopped += any(stopped)


def _calls(task: Any, world: Any) -> list[ToolCall]:
    return [ToolCall(one.function, dict(one.args)) for one in task.ground_truth(world)]


def _files(world: Any) -> dict[str, str]:
    drive = getattr(world, "cloud_drive", None)
    return {str(key): file.filename for key, file in drive.files.items()} if drive else {}


def _row(asked: Sequence[int], count: Count) -> dict[str, Any]:
    return {
        "tasks": len(asked),
        "asked_median": statistics.median(asked),
        "asked_mean": round(statistics.fmean(asked), 2),
        "asked_most": max(asked),
        "asked_never": sum(n == 0 for n in asked),
        "injected_calls": count.calls,
        "stopped": count.stopped,
        "stopped_percent": round(100 * count.stopped / max(count.calls, 1), 2),
        "pairs_acting": count.pairs,
        "pairs_stopped": count.pairs_stopped,
        "stopped_by": dict(+count.by),
        "passed": dict(+count.passed),
    }


def _sum(rows: Mapping[str, tuple[list[int], Count]]) -> dict[str, Any]:
    asked = [n for one, _ in rows.values() for n in one]
    total = Count()
    for _, count in rows.values():
        for name in ("calls", "stopped", "pairs", "pairs_stopped"):
            setattr(total, name, getattr(total, name) + getattr(count, name))
        total.by += count.by
        total.passed += count.passed
    return _row(asked, total)


def load(data: Path | None) -> Mapping[str, Any]:
    """AgentDojo's suites, without the parts that talk to model services.

    Raises:
        SystemExit: the package is not there.
    """
    # this file has the package's name
    sys.path[:] = [str(data)] * bool(data) + [p for p in sys.path if Path(p).resolve() != HERE]
    try:
        root = Path(str(import_module("agentdojo").__path__[0]))
        for name, names in (("agent_pipeline", {}), ("agent_pipeline.ground_truth_pipeline", None)):
            module = types.ModuleType(f"agentdojo.{name}")
            if names is None:
                module.GroundTruthPipeline = object  # type: ignore[attr-defined]
            else:
                module.__path__ = [str(root / name)]
            sys.modules[module.__name__] = module
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            suites: Mapping[str, Any] = import_module(
                "agentdojo.task_suite.load_suites"
            ).get_suites(VERSION)
    except ImportError as error:
        sys.exit(f"{error}. It is installed as this file's first lines say:\n{__doc__}")
    return suites


def table(told: Mapping[str, Any]) -> Iterator[str]:
    """The figures, a line for each suite and mode."""
    yield f"{'mode':6} {'suite':10} {'tasks':>5} {'asked: median':>13} {'mean':>5} {'most':>4}" + (
        f" {'injected':>8} {'stopped':>8} {'%':>6} {'pairs':>5} {'stopped':>7}"
    )
    for mode, rows in told.items():
        for suite, row in rows.items():
            yield (
                f"{mode:6} {suite:10} {row['tasks']:5} {row['asked_median']:13} "
                f"{row['asked_mean']:5} {row['asked_most']:4} {row['injected_calls']:8} "
                f"{row['stopped']:8} {row['stopped_percent']:6} {row['pairs_acting']:5} "
                f"{row['pairs_stopped']:7}"
            )
        yield f"{mode:6} stopped by {rows['all']['stopped_by']}, passed {rows['all']['passed']}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, help="where the package is installed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    suites = load(options.data)
    tasks = sum(len(suite.user_tasks) for suite in suites.values())
    pairs = sum(len(suite.user_tasks) * len(suite.injection_tasks) for suite in suites.values())
    if (tasks, pairs) != (TASKS, PAIRS):
        sys.exit(f"Another version of the data: {tasks} tasks, {pairs} pairs.")
    told = measure(suites)
    print(json.dumps(told, indent=1) if options.json else "\n".join(table(told)))


if __name__ == "__main__":
    main()
