"""The gate every call passes: what is asked, what a person's answers do, what the model is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.events import ApprovalAsked
from nomoat.agent.state import Said, Step
from nomoat.agent.trust.contract_read import read_goal
from nomoat.agent.trust.deed import Deed
from nomoat.agent.trust.gate import Gate
from nomoat.agent.trust.journal import Journal
from nomoat.agent.trust.once import Once
from nomoat.agent.trust.policy import DENIED, Approval, Mode, Policy
from nomoat.agent.trust.rules import Rule
from nomoat.tools.base import tool
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox

GOAL = "Summarise mail.txt and save it to summary.txt"


@tool(effects="network")
def send(text: str) -> str:
    """Send a text to somebody.

    Args:
        text: The text.
    """
    return f"sent {text}"


class Person:
    """Answers questions, and keeps them."""

    def __init__(self, *answers: Approval) -> None:
        self.answers, self.asked = list(answers), list[ApprovalAsked]()

    def __call__(self, asked: ApprovalAsked) -> Approval:
        self.asked.append(asked)
        return self.answers.pop(0) if self.answers else DENIED


@pytest.fixture
def gate(tmp_path: Path) -> Callable[..., Gate]:
    root = tmp_path / "work"
    root.mkdir()
    for name in ("mail.txt", "todo.txt"):
        (root / name).write_text("x\n")
    work = Workspace(root)

    def make(goal: str = GOAL, mode: Mode = Mode.NEVER, **facts: Any) -> Gate:
        toolbox = Toolbox([send, *file_tools(work)])
        contract = read_goal(goal, work.exists)
        run = tmp_path / "run"
        run.mkdir(exist_ok=True)
        facts.setdefault("keep", lambda _rule: None)
        policy = Policy(mode, root=root)
        return Gate(policy, toolbox, work, Journal(run), contract, goal, **facts)

    return make


def write(path: str, content: str = "y\n") -> ToolCall:
    return ToolCall("write_file", {"path": path, "content": content})


def seen(text: str, *, private: bool = False, untrusted: bool = False) -> Step:
    observed = Observation(text, private=private, untrusted=untrusted)
    return Step(1, Said(""), Decision(""), observed)


def test_what_the_goal_asks_for_passes_and_the_rest_is_refused_with_its_reason(
    gate: Callable[..., Gate],
) -> None:
    nobody = Person()
    assert gate().permit(1, write("summary.txt"), [], nobody).refusal is None
    permit = gate().permit(1, write("todo.txt"), [], nobody)
    assert permit.refusal == "the goal does not ask to change todo.txt; nobody could be asked"


@pytest.mark.parametrize(
    "args", [{"path": "./todo.txt", "content": "y"}, {"paths": "todo.txt", "content": "y"}]
)
def test_arguments_are_judged_as_the_tool_will_get_them(
    gate: Callable[..., Gate], args: dict[str, str]
) -> None:
    """A repair of the arguments after the ruling could otherwise change what is touched."""
    assert gate().permit(1, ToolCall("write_file", args), [], Person()).refusal


def test_a_call_that_does_not_fit_asks_nobody(gate: Callable[..., Gate]) -> None:
    asked = Person()
    assert gate().permit(1, ToolCall("write_file", {}), [], asked).refusal is None
    assert asked.asked == []


def test_once_is_once(gate: Callable[..., Gate]) -> None:
    person = Person(Approval(True))
    one = gate()
    assert one.permit(1, write("todo.txt"), [], person).beyond
    assert one.permit(2, write("todo.txt"), [], person).refusal


def test_for_this_run_is_for_what_was_asked(gate: Callable[..., Gate]) -> None:
    person = Person(Approval(True, "run"))
    one = gate(mode=Mode.ASK)
    assert one.permit(1, write("summary.txt"), [], person).refusal is None
    assert one.permit(2, write("summary.txt"), [], person).refusal is None
    assert len(person.asked) == 1
    assert one.permit(3, write("todo.txt"), [], person).refusal  # beyond the goal: asked again
    person.answers.append(Approval(True, "run"))
    assert one.permit(4, write("todo.txt"), [], person).refusal is None
    assert one.permit(5, write("mail.txt"), [], person).refusal is None


def test_always_becomes_a_rule(gate: Callable[..., Gate]) -> None:
    kept: list[Rule] = []
    person = Person(Approval(True, "always"))
    one = gate(mode=Mode.ASK, keep=kept.append)
    one.permit(1, write("summary.txt"), [], person)
    root = str(one.workspace.root)
    assert kept == [Rule("allow", "write_file", folder=root)]
    assert person.asked[0].always == f'allow tool = "write_file", folder = "{root}"'
    later = gate(mode=Mode.ASK)
    later.policy = Policy(Mode.ASK, tuple(kept), one.workspace.root)
    assert later.permit(1, write("summary.txt"), [], Person()).refusal is None
    assert later.permit(1, write("todo.txt"), [], Person()).refusal  # the goal still sets limits


def test_a_person_can_change_the_arguments_but_not_past_their_own_rule(
    gate: Callable[..., Gate],
) -> None:
    other = {"path": "other.txt", "content": "mine\n"}
    permit = gate(mode=Mode.ASK).permit(1, write("a.txt"), [], Person(Approval(True, args=other)))
    assert permit.call.args == other
    one = gate(mode=Mode.ASK)
    one.policy = Policy(Mode.ASK, (Rule("deny", folder="secret"),), one.workspace.root)
    hidden = {"path": "secret/a.txt", "content": ""}
    assert one.permit(1, write("a.txt"), [], Person(Approval(True, args=hidden))).refusal


def test_a_refusal_says_what_the_person_said(gate: Callable[..., Gate]) -> None:
    person = Person(Approval(False, comment="use notes.txt"))
    refusal = gate(mode=Mode.ASK).permit(1, write("summary.txt"), [], person).refusal
    assert refusal
    assert refusal.endswith("use notes.txt")


def test_what_would_be_carried_out_is_shown(gate: Callable[..., Gate]) -> None:
    person = Person()
    steps = [seen("the code word is marzipan", private=True), seen("a page", untrusted=True)]
    one = gate("Send a greeting to Bert")
    one.permit(3, ToolCall("send", {"text": "hello, the code word is marzipan"}), steps, person)
    assert person.asked[0].carried == ("the code word is marzipan",)
    assert "private data" in person.asked[0].reason


def test_passages_shown_at_the_start_are_private(gate: Callable[..., Gate]) -> None:
    passages = [("notes.txt", "the code word is marzipan")]
    person = Person()
    one = gate("Send a greeting to Bert")
    one.permit(1, ToolCall("send", {"text": "code word is marzipan"}), [], person, passages)
    assert person.asked[0].carried == ("code word is marzipan",)
    assert (
        gate("Send a greeting to Bert")
        .permit(1, ToolCall("send", {"text": "code word is marzipan"}), [], Person())
        .refusal
        is None
    )


def test_an_unknown_effect_is_asked_about_in_every_mode(gate: Callable[..., Gate]) -> None:
    one = gate("Send a greeting to Bert")
    call = ToolCall("send", {"text": "hello"})
    one.journal.intent(Deed(1, "send", dict(call.args), ("network",), call.key, call.key))
    assert one.permit(1, call, [], Person()).refusal is None  # known not to have begun
    one.journal.begun(1)
    person = Person(Approval(True))
    for n in (1, 2):
        refusal = one.permit(n, call, [], Person()).refusal
        assert refusal
        assert "begun in step 1" in refusal
    assert one.permit(2, call, [], person).refusal is None
    Once(one.toolbox, one.workspace, one.journal).call(2, call)
    assert one.permit(3, call, [], Person()).refusal is None  # now it is known
