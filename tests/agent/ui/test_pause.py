"""What a person can say where a run has stopped."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from nomoat.agent.errors import Interrupted
from nomoat.agent.steer import Word
from nomoat.agent.ui.pause import edited
from nomoat.agent.ui.terminal import Screen

PLAN = ("look", "write")
Sits = Callable[..., Screen]


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Sits:
    """A screen before which somebody types."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)

    def sits_down(*typed: str | type[BaseException]) -> Screen:
        lines = iter(typed)

        def read(_prompt: str = "") -> str:
            line = next(lines)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", read)
        place = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
        return Screen(quiet=False, interactive=True, console=place)

    return sits_down


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ([""], Word(plan=PLAN)),
        (["go"], Word(plan=PLAN)),
        (["q"], None),
        (["Stop"], None),
        ([EOFError], None),
        ([KeyboardInterrupt], None),
        ([" Use March. "], Word("Use March.", PLAN)),
        (["p", "", "-", "read", ""], Word(plan=("look", "read"))),
        (["p", EOFError], Word(plan=PLAN)),
        (["p", "-", "-", ""], Word(plan=PLAN)),  # a plan without a step is none
    ],
)
def test_at_a_pause(person: Sits, typed: list[str | type[BaseException]], word: Word) -> None:
    screen = person(*typed)
    assert screen.pause(PLAN) == word
    assert not screen.asking


def test_a_plan_is_edited_step_by_step(person: Sits) -> None:
    assert person("", "write it down", "check", "").edit_plan(PLAN) == (
        "look",
        "write it down",
        "check",
    )
    with pytest.raises(Interrupted):
        person(KeyboardInterrupt).edit_plan(PLAN)


@pytest.mark.parametrize(
    ("saved", "plan"),
    [
        ("read\n\n  # a remark\n  write  \n", ("read", "write")),
        (None, PLAN),
        ("# nothing\n", PLAN),
    ],
)
def test_a_plan_is_edited_in_the_persons_editor(
    monkeypatch: pytest.MonkeyPatch, saved: str | None, plan: tuple[str, ...]
) -> None:
    monkeypatch.setenv("EDITOR", "an-editor")
    shown: list[str] = []

    def edit(text: str, extension: str) -> str | None:
        shown.append(text)
        return saved

    monkeypatch.setattr("click.edit", edit)
    assert edited(PLAN, Console(file=io.StringIO()), lambda _prompt: "") == plan
    assert shown[0].startswith("look\nwrite\n\n# The plan")
