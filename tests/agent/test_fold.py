"""Long runs stay inside the window, and lose neither plan, facts nor files by it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent import events, prompts
from nomoat.agent.agent import Agent
from nomoat.agent.budget import Budget
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.fold import FRAME, KEPT, NOTE_SHARE, size, used
from nomoat.agent.fold import fold as fold_of_steps
from nomoat.agent.fold_note import FILES, note
from nomoat.agent.fork import fork
from nomoat.agent.llm.llama import ChatLlama
from nomoat.agent.runs import RunStore, serializer
from nomoat.agent.scripted import ScriptedModel, answer, call, plan
from nomoat.agent.state import Fold, Said, State, Status, Step
from nomoat.agent.trust.policy import Mode, Policy
from nomoat.agent.window import Window, estimate, window_of
from nomoat.tools.base import tool
from nomoat.tools.observation import Observation
from tests.agent.stopping import Stopping

GOAL = "What is the code of the vault in Bergen?"
WINDOW = 2_400


# -- which steps are folded -------------------------------------------------------------------


def made(n: int, text: str, **more: Any) -> Step:
    """A step that called a tool."""
    said = Said('{"thought": "…", "tool": "look", "args": {"at": 1}}')
    return Step(n, said, Decision("…", ToolCall("look", {"at": n})), Observation(text, **more))


def told(n: int, text: str) -> Step:
    """A step in which a person said something."""
    said = Said(prompts.PAUSED)
    return Step(n, said, Decision(""), Observation(text), remark=True, person=True)


def planned(n: int, *steps: str) -> Step:
    """A step in which the model made another plan."""
    said = Said(plan(*steps))
    return Step(n, said, Decision(""), Observation(prompts.BEGIN), remark=True)


texts = st.builds(
    lambda words, count: " ".join([words] * count),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.integers(0, 40),
)
kinds = st.sampled_from(["", "", "", "failed", "approval", "remark"])


@st.composite
def runs(draw: st.DrawFn) -> list[Step]:
    """The steps of a run, in which anything may have happened."""
    steps = list[Step]()
    for n in range(1, draw(st.integers(1, 30)) + 1):
        kind = draw(kinds)
        files = draw(st.lists(st.sampled_from(["a.txt", "b/c.md"]), max_size=1))
        step = made(n, draw(texts), ok=not kind, error_kind=kind, files=tuple(files))
        steps.append(replace(step, remark=kind == "remark"))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(steps) - 1))
        steps[at] = told(at + 1, "Only in the north, please.")
    if draw(st.booleans()):
        at = draw(st.integers(0, len(steps) - 1))
        steps[at] = planned(at + 1, "read the list", "add it up")
    return steps


def folded(steps: Sequence[Step], room: int, last: Fold | None = None) -> Fold | None:
    sizes = [size(step, estimate) for step in steps]
    return fold_of_steps(steps, sizes, room, goal=GOAL, count=estimate, last=last)


def takes(steps: Sequence[Step], held: Fold | None) -> int:
    return used(steps, [size(step, estimate) for step in steps], estimate, held)


@settings(max_examples=40)
@given(runs(), st.integers(1_600, 6_000))
def test_what_is_shown_fits_and_is_folded_no_more_than_it_has_to(
    steps: list[Step], room: int
) -> None:
    fits = takes(steps, None) <= room
    result = folded(steps, room)
    assert (result is None) == fits
    if result is None:
        return
    assert takes(steps, result) <= room
    assert result.at == len(steps)
    assert 0 <= result.upto < len(steps)
    last = sum(size(step, estimate) for step in steps[-KEPT:])
    if last <= room - room // NOTE_SHARE:
        assert result.upto <= len(steps) - KEPT
        assert not result.clip


@settings(max_examples=40)
@given(runs(), st.integers(1_600, 6_000))
def test_it_is_always_the_same_and_once_is_enough(steps: list[Step], room: int) -> None:
    result = folded(steps, room)
    serde = serializer()
    stored = serde.loads_typed(serde.dumps_typed(steps))  # as a resumed run has them
    assert folded(stored, room) == result
    if result is not None:
        assert folded(steps, room, result) is None


@settings(max_examples=40)
@given(runs(), st.integers(1_600, 6_000))
def test_a_note_holds_what_a_person_said_the_plan_and_the_files(
    steps: list[Step], room: int
) -> None:
    result = folded(steps, room)
    gone = steps[: result.upto] if result else []
    text = result.note if result else ""
    for step in gone:
        if step.person:
            assert step.observation.text in text
        if step.observation.text == prompts.BEGIN:
            assert "read the list; add it up" in text
        assert all(file in text for file in step.observation.files)


@settings(max_examples=15)
@given(runs(), st.integers(1_600, 3_000))
def test_a_transcript_only_grows_between_two_folds(steps: list[Step], room: int) -> None:
    transcript, folds = prompts.Transcript("SYSTEM"), list[Fold]()
    shown = list[tuple[Fold | None, list[str]]]()
    for n in range(1, len(steps) + 1):
        state: State = {"goal": GOAL, "opening": f"Goal: {GOAL}", "steps": steps[:n]}
        new = folded(steps[:n], room, folds[-1] if folds else None)
        folds += [new] if new else []
        state["folds"] = folds
        texts = [str(message.text) for message in transcript.of(state)]
        assert texts[:2] == ["SYSTEM", f"Goal: {GOAL}"]
        fresh = [str(message.text) for message in prompts.Transcript("SYSTEM").of(state)]
        assert texts == fresh  # what a resumed run shows
        assert sum(map(estimate, texts[2:])) + FRAME * (len(texts) - 2) <= room
        shown.append((folds[-1] if folds else None, texts))
    for (held, before), (holds, after) in pairwise(shown):
        if held == holds:
            assert after[: len(before)] == before
    assert [one.upto for one in folds] == sorted(one.upto for one in folds)


def test_a_result_that_is_too_long_alone_is_shown_in_part() -> None:
    steps = [made(1, "North 3\n" * 800)]
    result = folded(steps, 1_000)
    assert result is not None
    assert (result.upto, result.note) == (0, "")
    assert 0 < result.clip < 6_400
    assert takes(steps, result) <= 1_000
    assert "characters shown" in prompts.shown(steps[0], result)
    later = [*steps, made(2, "ok")]
    after = folded(later, 1_000, result) or result
    assert takes(later, after) <= 1_000


# -- the note ---------------------------------------------------------------------------------


def test_a_note_keeps_short_results_and_of_long_ones_what_speaks_of_the_goal() -> None:
    rows = [f"row {n}: nothing of interest here" for n in range(60)]
    rows[37] = "row 37: the code of the vault is 4711"
    steps = [
        made(1, "\n".join(rows), sources=("codes.txt:1-60",)),
        made(2, "Oslo has none."),
        made(3, "Wrote 2 lines.", files=("found.txt",)),
        made(4, "This was not allowed.", ok=False, error_kind="approval"),
    ]
    text = note(GOAL, steps, 2_000)
    assert "4711" in text
    assert "row 12" not in text
    assert "look(at=2): Oslo has none." in text
    assert "Files written: found.txt" in text
    assert "Read: codes.txt" in text
    assert "look(at=4): This was not allowed." in text


def test_a_note_word_for_word() -> None:
    steps = [
        made(1, "Bergen: 4 doors.", sources=("doors.csv:1-9", "https://example.org/doors")),
        planned(2, "read the list", "add it up"),
        told(3, "The person says: only the north"),
        made(4, "Wrote 1 line.", files=("north.txt",)),
    ]
    assert note(GOAL, steps, 2_000) == (
        "Notes on steps 1 to 4, which are not shown any more. "
        "The same call shows its result again.\n"
        "The plan: read the list; add it up\n"
        "The person says: only the north\n"
        "Files written: north.txt\n"
        "Read: doors.csv, https://example.org/doors\n"
        "Results:\n"
        "- look(at=1): Bergen: 4 doors.\n"
        "- look(at=4): Wrote 1 line."
    )


@pytest.mark.parametrize("chars", [200, 400, 900, 3_000])
def test_where_not_all_fits_the_facts_stay_and_the_calls_are_named(chars: int) -> None:
    steps = [made(n, f"Nothing is written on door {n}.") for n in range(1, 200)]
    steps[4] = made(5, "The vault in Bergen has the code 4711.")
    text = note(GOAL, steps, chars)
    assert len(text) <= chars
    if chars >= 400:
        assert "4711" in text
        assert "look(at=" in text.split(prompts.NOTED_CALLS.partition("{")[0])[1]
        assert text.endswith("more")


def test_of_equal_calls_the_last_is_noted() -> None:
    first, second = made(1, "one line"), replace(made(1, "two lines"), n=2)
    text = note(GOAL, [first, second], 1_000)
    assert "two lines" in text
    assert "one line" not in text


def test_many_files_are_named_as_far_as_it_makes_sense() -> None:
    steps = [made(n, "ok", files=(f"out-{n}.txt",)) for n in range(1, 101)]
    text = note(GOAL, steps, 4_000)
    assert "out-100.txt" in text
    assert f"and {100 - FILES} more" in text


# -- the window -------------------------------------------------------------------------------


def test_a_model_says_how_much_its_window_holds() -> None:
    local = window_of(ChatLlama(model="smollm2-135m", context=2048))
    assert local is not None
    assert local.tokens == 2048
    assert window_of(ScriptedModel([])) is None
    other = window_of(ScriptedModel([], profile={"max_input_tokens": 4096}))
    assert other == Window(4096, estimate)


def test_tokens_are_estimated_rather_too_many() -> None:
    assert estimate("") == 0
    assert estimate("The code is 4711.\n") == 3 + 4 + 1 + 1
    assert estimate("电话号码") == 4


# -- whole runs -------------------------------------------------------------------------------


@tool(effects="none")
def look_up(number: int) -> str:
    """Look a number up.

    Args:
        number: Which.
    """
    if number == 3:
        return "Door 3 is the vault in Bergen. Its code is 4711."
    return (
        f"Door {number} leads to a store room with {number * 37 % 1009} shelves, all of them empty."
    )


def agent(folder: Path, model: BaseChatModel, steps: int = 210) -> Agent:
    (folder / "work").mkdir(exist_ok=True)
    return Agent(
        model,
        [look_up],
        builtin=False,
        workspace=folder / "work",
        policy=Policy(Mode.NEVER),
        budget=Budget(steps=steps, seconds=None),
        runs=RunStore(folder / "runs"),
    )


def scripted(lines: Sequence[str], kind: type[ScriptedModel] = ScriptedModel, **more: Any) -> Any:
    """A script in a small window."""
    return kind(lines, profile={"max_input_tokens": WINDOW}, **more)


def looking(count: int) -> list[str]:
    return [call("look_up", "the next door", number=n) for n in range(1, count + 1)]


def size_of(prompt: Sequence[BaseMessage]) -> int:
    return sum(estimate(str(message.text)) + FRAME for message in prompt)


def test_200_steps_work_in_a_small_window(tmp_path: Path) -> None:
    with scripted([*looking(200), answer("The code of the vault in Bergen is 4711.")]) as model:
        told = list(agent(tmp_path, model).stream(GOAL))
    last = told[-1]
    assert isinstance(last, events.Finished)
    assert (last.run.status, len(last.run.steps)) == (Status.REACHED, 200)
    assert 3 in last.run.verdict.evidence  # it left the transcript long before
    sizes = [size_of(prompt) for prompt in model.prompts]
    assert max(sizes) <= WINDOW * 3 // 4
    assert max(sizes[100:]) < max(sizes[:100]) * 1.1  # as long after 200 steps as after 50
    folds = [event for event in told if isinstance(event, events.Folded)]
    assert 5 < len(folds) < 60
    for prompt in model.prompts:
        assert GOAL in str(prompt[1].text)
    for prompt in model.prompts[60:]:
        assert any("Its code is 4711" in str(message.text) for message in prompt)


@pytest.mark.parametrize("at", [19, 20, 21, 22, 26])
def test_a_run_that_was_stopped_shows_the_model_the_same_when_it_goes_on(
    at: int, tmp_path: Path
) -> None:
    lines = [*looking(34), answer("The code of the vault in Bergen is 4711.")]
    (tmp_path / "whole").mkdir()
    with scripted(lines) as whole:
        agent(tmp_path / "whole", whole).run(GOAL)
    stopped = scripted(lines, Stopping, at=at)
    first = agent(tmp_path, stopped).run(GOAL)
    assert first.status is Status.INTERRUPTED
    with scripted(lines[at:]) as rest:
        *_, last = agent(tmp_path, rest).resume(first.run_id)
    assert isinstance(last, events.Finished)
    assert last.run.status is Status.REACHED
    texts = [[str(m.text) for m in prompt] for prompt in [*stopped.prompts[:at], *rest.prompts]]
    assert texts == [[str(m.text) for m in prompt] for prompt in whole.prompts]
    assert [str(m.text) for m in stopped.prompts[at]] == texts[at]


@pytest.mark.parametrize("step", [12, 30])
def test_a_fork_begins_with_what_the_model_was_shown_there(step: int, tmp_path: Path) -> None:
    lines = [*looking(34), answer("The code of the vault in Bergen is 4711.")]
    with scripted(lines) as whole:
        run = agent(tmp_path, whole).run(GOAL)
    store = RunStore(tmp_path / "runs")
    new = fork(store, store.find(run.run_id), step)
    with scripted(lines[step:]) as rest:
        list(agent(tmp_path, rest).resume(new.run_id))
    texts = [[str(m.text) for m in prompt] for prompt in rest.prompts]
    assert texts == [[str(m.text) for m in prompt] for prompt in whole.prompts[step:]]


class Forced(ChatLlama):
    """The real model, made to write the lines of a script: what it reads, it does evaluate."""

    script: list[str]

    def _stream(  # type: ignore[override]
        self, messages: list[BaseMessage], *args: Any, schema: Any = None, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        line = {"const": json.loads(self.script.pop(0))}
        yield from super()._stream(messages, *args, schema=line, **options)


@pytest.mark.model
def test_a_fold_costs_no_more_than_its_note(tiny_model_path: Path, tmp_path: Path) -> None:
    lines = [*looking(24), answer("The code of the vault in Bergen is 4711.")]
    chat = Forced(model=str(tiny_model_path), context=1400, threads=1, script=lines)
    told = list(agent(tmp_path, chat).stream(GOAL))
    last = told[-1]
    assert isinstance(last, events.Finished)
    assert last.run.status is Status.REACHED
    usages = [step.said.usage for step in last.run.steps]
    assert max(usage.prompt for usage in usages) < 1400 * 3 // 4
    notes = [event.note for event in told if isinstance(event, events.Folded)]
    assert len(notes) >= 2
    each = max(size(step, chat.get_num_tokens) for step in last.run.steps)
    spent = sum(usage.evaluated for usage in usages[1:])
    assert spent <= each * len(usages) + sum(chat.get_num_tokens(note) + FRAME for note in notes)
    longest = max(chat.get_num_tokens(note) for note in notes)
    assert all(usage.evaluated <= each + longest + FRAME for usage in usages[1:])
    chat.close()


def test_what_is_out_of_sight_can_be_looked_at_again(tmp_path: Path) -> None:
    again = call("look_up", "what was the code?", number=3)
    other = call("look_up", "one more", number=50)
    said = answer("The code of the vault in Bergen is 4711.")
    with scripted([*looking(40), again, other, said]) as model:
        run = agent(tmp_path, model).run(GOAL)
    seen = run.steps[40]
    assert seen.remark
    assert run.steps[2].observation.text in seen.observation.text
    assert run.steps[41].found  # and it may go on calling
    assert run.status is Status.REACHED
