"""Whether calls rest on something and answers hold, judged on states made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nomoat.agent import prompts
from nomoat.agent.check.judge import OBJECTIONS, Judge
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.state import Said, State, Step
from nomoat.tools.base import tool
from nomoat.tools.observation import Observation
from nomoat.tools.toolbox import Toolbox


@tool(effects="read")
def look(at: str) -> str:
    """Look at something."""
    return at


@tool(effects="none", grounded=["expression"])
def calculate(expression: str) -> str:
    """Calculate."""
    return expression


@tool(effects="write", grounded=["content"])
def write_file(path: str, content: str) -> str:
    """Write a file."""
    return f"{path}: {content}"


@tool(effects="read")
def read_file(path: str, start_line: int = 1) -> str:
    """Read a file."""
    return path


@tool(effects="write")
def update_table(sql: str) -> str:
    """Change rows."""
    return sql


@tool(effects="write")
def delete_file(path: str) -> str:
    """Delete a file."""
    return path


BOX = Toolbox([look, calculate, write_file, read_file, delete_file, update_table])
JUDGE = Judge(BOX, {"notes.txt"}.__contains__)


def did(name: str, text: str, **facts: Any) -> Step:
    remark, groundless = facts.pop("remark", False), facts.pop("groundless", False)
    args = facts.pop("args", {"at": text})
    seen = Observation(text, **facts)
    decision = Decision("", ToolCall(name, args))
    return Step(1, Said(""), decision, seen, remark=remark, groundless=groundless)


def state(goal: str, *steps: Step, given: str = "", near: tuple[str, ...] = ()) -> State:
    opening = prompts.opening(goal, given)
    return {"goal": goal, "opening": opening, "steps": list(steps), "near": near}


def objection(value: State, answer: str) -> str:
    found = JUDGE.objection(value, answer, JUDGE.verdict(value, answer))
    return found.text if found else ""


# -- what counts as given ---------------------------------------------------------------------


def test_words_of_the_harness_vouch_for_nothing() -> None:
    own = f'{prompts.PAST}"how many" with calculate.\n\n{prompts.DOCUMENTS}\n- Rent is 900.'
    facts = prompts.facts("How many?", prompts.opening("How many?", own))
    assert facts.split() == ["-", "Rent", "is", "900."]


@pytest.mark.parametrize(
    "given",
    [
        prompts.NO_FILES,
        f"{prompts.FILES}\n- a.txt (3 bytes)",
        f'{prompts.PAST}"what lies in the documents" with read_file.',
    ],
)
def test_an_answer_made_of_the_harnesss_words_rests_on_nothing(given: str) -> None:
    said = "It lies in the workspace, in the files of the person's documents."
    assert JUDGE.verdict(state("Where is my passport?", given=given), said).unfounded


def test_the_persons_own_files_vouch() -> None:
    given = f"{prompts.READ}\n\nnotes.txt:\nThe passport lies in the drawer."
    value = state("Where is my passport?", given=given)
    assert JUDGE.verdict(value, "It lies in the drawer.").holds


# -- calls ------------------------------------------------------------------------------------


def early(value: State, name: str, **args: str) -> str:
    call = ToolCall(name, args)
    return JUDGE.too_early(value, call, JUDGE.groundless(value, call))


def test_it_is_computed_with_what_was_given_or_seen() -> None:
    goal = "What is 17 % of the price?"
    assert "2340" in early(state(goal), "calculate", expression="2340 * 0.17")
    seen = state(goal, did("look", "The price is 2,340."))
    assert early(seen, "calculate", expression="2340 * 0.17") == ""
    remark = state(goal, did("look", "2340", remark=True, ok=False))
    assert "2340" in early(remark, "calculate", expression="2340 * 0.17")


def test_a_call_is_sent_back_once_and_then_proves_nothing() -> None:
    back = did("calculate", "sent back", args={"expression": "2340 * 2"}, remark=True, ok=False)
    value = state("How much?", back)
    assert early(value, "calculate", expression="4000 * 2") == ""
    assert JUDGE.groundless(value, ToolCall("calculate", {"expression": "4000 * 2"})) == ("4000",)
    made_up = state("How much?", did("calculate", "8000", groundless=True))
    assert JUDGE.verdict(made_up, "It is 8000.").unverified


@pytest.mark.parametrize(
    ("goal", "args", "said"),
    [
        ("Write a poem to a.txt", {"path": "a.txt", "content": " \n"}, "empty"),
        ("Make an empty file a.txt", {"path": "a.txt", "content": ""}, ""),
        ("Sum up notes.txt in a.txt", {"path": "a.txt", "content": "a text"}, "notes.txt"),
        ("Write a poem", {"path": "notes.txt", "content": "a poem"}, "notes.txt"),
    ],
)
def test_nothing_is_written_too_early(goal: str, args: dict[str, str], said: str) -> None:
    found = early(state(goal), "write_file", **args)
    assert (said in found) if said else (found == "")


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "answer", "said"),
    [
        (state("Add milk to my notes"), "Done.", "asks for a change"),
        (state("Add milk to notes.txt"), "Done.", "notes.txt is to be changed"),
        (state("Who is it?", did("look", "It is Olsen.")), "It is Anna Berg.", "Anna Berg"),
        (state("Who is it?"), "Somebody with a hat, probably.", "rests on no result"),
        (
            state("For 24 people?", did("look", "500 g for 8"), near=("calculate",)),
            "You need 500 g.",
            "not computed",
        ),
        (
            state("How much in 1765?", did("look", "1765: 1900 t"), near=("calculate",)),
            "It was 1900 t.",
            "",
        ),
        (
            state("A third of 1500 euros?", did("look", "500 for each"), near=("calculate",)),
            "It is 500.",
            "not computed",
        ),
        (state("Ask Zoe and Yan", did("look", "Zoe is well.")), "Zoe is well.", "Yan"),
        (state("Who is it?", did("look", "It is Olsen.")), "It is Olsen.", ""),
    ],
)
def test_what_speaks_against_an_answer(value: State, answer: str, said: str) -> None:
    found = objection(value, answer)
    assert (said in found) if said else (found == "")


@pytest.mark.parametrize("may_write", [True, False])
def test_a_change_that_is_only_said_is_none(may_write: bool) -> None:
    judge = Judge(BOX, lambda _path: True, may_write=may_write)
    value = state("Her name is Roy from now on: see to it, please.", did("look", "Roy it is."))
    for said in ("The name has been changed to Roy.", "I renamed her to Roy.", "Saved as Roy."):
        assert judge.verdict(value, said).unchanged is may_write
    assert not judge.verdict(value, "Her name is Roy.").unchanged


@pytest.mark.parametrize(
    ("goal", "answer", "more", "back"),
    [
        ("How many errors are in a.log?", "Two errors.", "use find_in_files", True),
        ("Is there an error in a.log?", "There is none.", "use find_in_files", True),
        ("Is there an error in a.log?", "There is one.", "use find_in_files", False),
        ("How many errors are in a.log?", "Two errors.", "", False),
    ],
)
def test_a_part_is_not_enough_where_all_is_asked(
    goal: str, answer: str, more: str, back: bool
) -> None:
    value = state(goal, did("look", "Two errors", sources=("a.log:1-9",), more=more))
    assert ("only a part of a.log" in objection(value, answer)) is back
    assert JUDGE.verdict(value, answer).open is back


def test_a_change_that_was_refused_is_not_asked_for_again_but_not_reached() -> None:
    refused = did("write_file", "not allowed", ok=False, error_kind="approval")
    value = state("Add milk to notes.txt", refused)
    verdict = JUDGE.verdict(value, "It was not allowed.")
    assert not verdict.holds
    assert "asks for a change" not in objection(value, "It was not allowed.")
    assert not JUDGE.owed.lacks(value)


@pytest.mark.parametrize(
    ("steps", "changed"),
    [
        ([], False),
        ([did("look", "seen")], False),
        ([did("write_file", "written")], True),
        ([did("write_file", "no room", ok=False)], False),
        ([did("write_file", "sent back", ok=False, remark=True)], False),
    ],
)
def test_only_a_writing_tool_that_did_its_work_changes(steps: list[Step], changed: bool) -> None:
    assert JUDGE.owed.changed(steps) is changed


@pytest.mark.parametrize(
    ("steps", "owes"),
    [
        ([], False),
        ([did("look", "seen")], True),  # looked, and nothing is changed yet
        ([did("look", "no such file", ok=False)], False),
        ([did("write_file", "written")], False),
        ([did("write_file", "not allowed", ok=False, error_kind="approval")], False),
        ([did("write_file", "written"), did("look", "seen")], False),
    ],
)
def test_after_a_look_the_change_has_to_be_made(steps: list[Step], owes: bool) -> None:
    assert JUDGE.owed.call_is_due(state("Add milk to notes.txt", *steps)) is owes
    assert not JUDGE.owed.call_is_due(state("Is there milk in notes.txt?", *steps))


def test_another_file_that_was_written_is_not_the_one_that_is_to_be_changed() -> None:
    goal = "Copy notes.txt to old.txt. Then add milk to notes.txt."
    copied = did("write_file", "written", args={"path": "old.txt"}, files=("old.txt",))
    changed = did("write_file", "written", args={"path": "notes.txt"}, files=("notes.txt",))
    refused = did("write_file", "no", args={"path": "notes.txt"}, ok=False, error_kind="approval")
    assert JUDGE.owed.call_is_due(state(goal, copied))
    assert "notes.txt is to be changed" in objection(state(goal, copied), "I copied it.")
    assert JUDGE.verdict(state(goal, copied), "I copied it.").unchanged
    for steps in ((copied, changed), (changed,), (copied, refused)):
        assert not JUDGE.owed.call_is_due(state(goal, *steps))
    assert not JUDGE.verdict(state(goal, copied, changed), "I added milk.").unchanged


def test_what_is_written_is_not_written_again() -> None:
    wrote = did("write_file", "written", args={"path": "out.txt"}, files=("out.txt",))
    again = Decision("Still to do: the goal wants more.", wrote.decision.call)
    value = state("Write a poem to out.txt", wrote)
    assert JUDGE.only_verifies(value, again)
    other = ToolCall("write_file", {"path": "other.txt"})
    assert not JUDGE.only_verifies(value, Decision("Still to do: write the poem.", other))
    assert not JUDGE.only_verifies(state("Write a poem to out.txt"), again)


def test_after_the_work_nothing_is_looked_for_that_nobody_spoke_of() -> None:
    wrote = did("write_file", "written", args={"path": "out.txt"}, files=("out.txt",))
    value = state("Write the sum of 2024 to out.txt", wrote)
    beyond = Decision("Still to do: write 2025.", ToolCall("look", {"at": "2025"}))
    assert JUDGE.only_verifies(value, beyond)
    named = Decision("Still to do: write 2024.", ToolCall("look", {"at": "2024"}))
    assert not JUDGE.only_verifies(value, named)
    computed = Decision("Still to do: write.", ToolCall("calculate", {"expression": "2025 - 1"}))
    assert not JUDGE.only_verifies(value, computed)


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        ("Food came to 256.35 euros. The rest came to 32 euros.", "Food came to 256.35 euros."),
        ("Food came to 256.35 euros.", ""),
        ("Food came to 12.5 euros. The rest came to 32 euros.", ""),
        ("It is about food. The rest came to 32 euros.", ""),
        ("See the list. Food came to 256.35 euros, the rest to 32.", ""),
    ],
)
def test_what_is_not_borne_out_is_left_out_where_the_rest_answers(answer: str, left: str) -> None:
    value = state("How much did we spend on food?", did("look", "food 256.35"))
    rest, verdict = JUDGE.borne_out(value, answer, JUDGE.verdict(value, answer))
    assert rest == (left or answer)
    assert not verdict.unverified or not left


def test_one_thing_is_not_enough_where_two_are_asked() -> None:
    value = state(
        "How much did we spend on food, and how much on books?", did("look", "food 256.35")
    )
    answer = "Food came to 256.35 euros. Books came to 32 euros."
    assert JUDGE.borne_out(value, answer, JUDGE.verdict(value, answer))[0] == answer


def test_what_was_written_is_told_where_it_holds() -> None:
    args = {"path": "a.txt", "content": "256.35"}
    wrote = did("write_file", "Wrote 1 line.", args=args, files=("a.txt",))
    seen = did("look", "food 256.35")
    value = state("Write to a.txt what we spent on food", seen, wrote)
    answer = "It was written to a.txt."
    told, verdict = JUDGE.with_written(value, answer, JUDGE.verdict(value, answer))
    assert told == f"{answer}\nIn a.txt: 256.35"
    assert verdict.holds
    from_nowhere = state(value["goal"], wrote)
    kept = JUDGE.with_written(from_nowhere, answer, JUDGE.verdict(from_nowhere, answer))
    assert kept[0] == answer


def test_what_is_deleted_is_not_looked_for_again() -> None:
    deleted = did("delete_file", "Deleted a.tmp.", args={"path": "a.tmp"})
    look_again = Decision("Still to do: check if the file is gone.", ToolCall("look", {"at": "a"}))
    assert JUDGE.only_verifies(state("Delete a.tmp", deleted), look_again)


def test_a_look_that_is_only_taken_again_leads_to_the_change() -> None:
    goal, look = "Add milk to notes.txt", did("look", "bread", args={"at": "notes.txt"})
    again = did("look", "Made already.", args={"at": "notes.txt"}, remark=True, ok=False)
    value = state(goal, look, again)
    assert JUDGE.owed.call_is_due(value)
    assert JUDGE.owed.helpful(value, ["look", "write_file"]) == ["write_file"]
    other = did("look", "Sent back.", args={"at": "x"}, remark=True, ok=False)
    assert not JUDGE.owed.call_is_due(state(goal, look, other))
    assert not JUDGE.owed.call_is_due(state("Is there milk in notes.txt?", look, again))


def test_files_that_are_missing_are_said_first() -> None:
    judge = Judge(BOX, lambda _path: False, lambda: ("out.txt",))
    value = state("Write it to out.txt")
    found = judge.objection(value, "Done.", judge.verdict(value, "Done."))
    assert found
    assert found.kind == "missing"
    assert "out.txt" in found.text
    assert judge.owed.lacks(value)


def test_each_reason_sends_an_answer_back_once_and_a_few_at_most() -> None:
    value = state("Who is it?", did("look", "It is Olsen."))
    first = JUDGE.objection(value, "It is Anna Berg.", JUDGE.verdict(value, "It is Anna Berg."))
    assert first
    again: State = {**value, "objected": (first.kind,)}
    assert JUDGE.objection(again, "It is Berg.", JUDGE.verdict(again, "It is Berg.")) is None
    often: State = {**value, "objected": tuple("abcdef"[:OBJECTIONS])}
    assert JUDGE.objection(often, "It is Berg.", JUDGE.verdict(often, "It is Berg.")) is None


def test_an_answer_that_was_sent_back_for_what_still_holds_is_not_verified() -> None:
    value = state("Ask Zoe and Yan", did("look", "Zoe is well."))
    assert JUDGE.verdict(value, "Zoe is well.").holds
    again: State = {**value, "objected": ("untouched",)}
    assert not JUDGE.verdict(again, "Zoe is well.").holds
    assert JUDGE.verdict(again, "Zoe is well, Yan was not there.").holds
    other: State = {**value, "objected": ("missing",)}
    assert JUDGE.verdict(other, "Zoe is well.").holds


def test_a_file_that_is_there_is_not_denied() -> None:
    value = state("Which version is it?", did("look", "1.2"))
    assert not JUDGE.verdict(value, "notes.txt is not in the workspace.").holds
    made = did("write_file", "Wrote notes.txt.", files=("notes.txt",))
    assert JUDGE.verdict(state("Write it.", made), "There was no notes.txt; it is made.").holds
    asked = state("Which version has other.txt?", did("look", "1.2"))
    assert JUDGE.verdict(asked, "other.txt is not in the workspace.").holds


def test_all_that_a_question_asks_about_is_answered() -> None:
    seen = [did("look", "Anna: 3"), did("look", "Bert: 4")]
    value = state("How many has Anna, and how many has Bert?", *seen)
    assert "Anna" in objection(value, "Bert has 4.")
    assert objection(value, "Anna has 3 and Bert has 4.") == ""
    assert objection(value, "3 and 4.") == ""


def test_a_gap_is_no_answer() -> None:
    value = state("Who is it?", did("look", "It is our treasurer, says [the list]."))
    assert JUDGE.verdict(value, "It is [name1], phone [phone1].").unverified
    assert JUDGE.verdict(value, "See [the list].").holds


def test_a_question_for_a_number_is_answered_with_one() -> None:
    goal = "What is the phone number of the treasurer?"
    value = state(goal, did("look", "Board: the treasurer has 4427."))
    assert "does not answer" in objection(value, "The treasurer is listed with the board.")
    assert objection(value, "The treasurer has 4427.") == ""
    left_open = JUDGE.verdict(value, "The treasurer is listed with the board.")
    assert not left_open.holds
    assert left_open.doubts == ("it does not answer all that was asked",)


def test_what_is_to_be_opened_is_asked_for_after_the_answer_that_made_it_up() -> None:
    page = "The boat to the mill is [the Tern](http://h/tern.html)."
    seen = did("browse", page, args={"url": "http://h/ferries.html"})
    value = state("What does the boat to the mill cost? See http://h/ferries.html", seen)
    found = JUDGE.objection(value, "100 kroner.", JUDGE.verdict(value, "100 kroner."))
    assert found
    assert found.kind == "unopened"
    back = Step(2, Said(""), Decision("", answer="100 kroner."), Observation("", ok=False))
    after: State = {
        **value,
        "steps": [seen, replace(back, remark=True)],
        "objected": ("unopened",),
    }
    assert JUDGE.owed.to_open(after) == ("http://h/tern.html",)
    assert JUDGE.owed.call_is_due(after)
    assert JUDGE.owed.to_open(value) == ()


# -- what cannot be done, and what is only promised --------------------------------------------


def test_an_answer_from_a_file_that_is_not_there_is_sent_back() -> None:
    goal = "Summarise report.docx in two sentences."
    value: State = {**state(goal, did("look", "There are 18 plots.")), "absent": ("report.docx",)}
    made_up = "The report tells of 18 plots."
    assert "report.docx" in objection(value, made_up)
    assert JUDGE.verdict(value, made_up).open
    assert objection(value, "report.docx is not in the workspace.") == ""
    assert JUDGE.owed.answer_is_due(value)
    assert JUDGE.owed.cannot_be(value) == "There is no report.docx here"
    at_once: State = {**value, "steps": []}
    assert JUDGE.verdict(at_once, "There is no report.docx in the workspace.").holds
    assert JUDGE.verdict(at_once, "It tells of plots.").unfounded
    both: State = {**value, "goal": "What do report.docx and notes.txt say of the plots?"}
    assert not JUDGE.owed.answer_is_due(both)


def test_a_goal_that_forbids_what_it_asks_for_is_answered_so() -> None:
    goal = "Write the tenors to tenors.txt, but do not create any file."
    value = state(goal, did("look", "Erik, tenor"))
    assert "cannot be done" in objection(value, "Erik.")
    assert JUDGE.verdict(value, "Erik.").open
    said = "tenors.txt was not written, because no file may be created."
    assert objection(value, said) == ""
    assert objection(value, "This goal contradicts itself, so it cannot be done.") == ""
    assert not JUDGE.owed.lacks(value)
    assert JUDGE.owed.answer_is_due(value)
    assert not JUDGE.owed.answer_is_due(state("Write the tenors to tenors.txt"))


@pytest.mark.parametrize(
    "answer",
    [
        "I will now replace it in the other files.",
        "Let me look into the rest.",
        "Read contacts.csv to see whether a number is missing.",
        "The name is there. I’ll next check the other minutes.",
    ],
)
def test_what_is_only_promised_is_no_answer(answer: str) -> None:
    value = state("Who is the treasurer?", did("look", "Odile, treasurer, in contacts.csv"))
    assert objection(value, answer)
    assert JUDGE.verdict(value, answer).open


def test_what_a_person_should_do_is_an_answer_where_they_ask_for_it() -> None:
    value = state("How do I bleed the radiator?", did("look", "Open the valve with the key."))
    assert objection(value, "Open the valve with the key.") == ""


def test_what_is_to_be_read_before_it_is_written_is_read_next() -> None:
    goal = "Which of the boats can we pay by notes.txt? Write their names to boats.txt"
    args = {"path": "boats.txt", "content": "Skua"}
    back = did("write_file", "Read that first.", args=args, remark=True, ok=False)
    value = state(goal, back)
    assert JUDGE.owed.to_read(value) == ("notes.txt",)
    assert JUDGE.owed.call_is_due(value)
    assert JUDGE.owed.helpful(value, ["look", "write_file"]) == ("read_file",)
    read = did("read_file", "600 EUR", args={"path": "notes.txt"}, sources=("notes.txt:1-1",))
    assert JUDGE.owed.to_read(state(goal, read, back)) == ()
    assert JUDGE.owed.to_read(state(goal, read)) == ()


def test_what_stands_whole_in_the_opening_is_not_read_again_for_a_question() -> None:
    read = Decision("", ToolCall("read_file", {"path": "notes.txt"}))
    value: State = {**state("Who is the plumber?"), "shown_whole": ("notes.txt",)}
    assert JUDGE.reads_again(value, read)
    assert not JUDGE.reads_again(state("Who is the plumber?"), read)
    other = Decision("", ToolCall("read_file", {"path": "b.txt"}))
    assert not JUDGE.reads_again(value, other)
    looked: State = {**value, "steps": [did("look", "x")]}
    assert not JUDGE.reads_again(looked, read)
    change: State = {**value, "goal": "Add the plumber to notes.txt"}
    assert not JUDGE.reads_again(change, read)


def test_what_is_made_up_is_left_out_only_after_it_was_sent_back() -> None:
    sql = "UPDATE dues SET paid = 'yes', due = 100 WHERE who = 'Bo'"
    call, goal = ToolCall("update_table", {"sql": sql}), "Enter in dues.csv that Bo has paid."
    assert JUDGE.mended(state(goal), call, ["100"]) == (call, "")
    back = did("update_table", "100 stands nowhere.", args={"sql": sql}, remark=True, ok=False)
    sure, told = JUDGE.mended(state(goal, back), call, ["100"])
    assert sure.args["sql"] == "UPDATE dues SET paid = 'yes' WHERE who = 'Bo'"
    assert told == "Left out, since 100 stands in no result and not in the goal."


def test_what_a_text_leaves_out_again_is_put_in() -> None:
    goal = "Write to the tenant of the largest debt in letter.txt: name, amount and due day."
    row = "name | amount | due\nMia Storm | 812.5 | 2026-07-01\n(1 row)"
    asked = did("query_table", row, args={"sql": "SELECT …"})
    args = {"path": "letter.txt", "content": "Dear Mia Storm, please pay 812.50."}
    call, back = (
        ToolCall("write_file", args),
        did("write_file", "…", args=args, remark=True, ok=False),
    )
    assert JUDGE.mended(state(goal, asked), call, ()) == (call, "")
    whole, told = JUDGE.mended(state(goal, asked, back), call, ())
    assert whole.args["content"] == "Due 2026-07-01\n\nDear Mia Storm, please pay 812.50."
    assert "due 2026-07-01" in told
    assert JUDGE.mended(state(goal, asked, back), whole, ()) == (whole, "")


def test_what_only_an_error_repeats_vouches_for_nothing() -> None:
    failed = did("calculate", "100 is one number.", args={"expression": "100"}, ok=False)
    call = ToolCall("update_table", {"sql": "UPDATE dues SET due = 100 WHERE who = 'Bo'"})
    assert JUDGE.groundless(state("Enter that Bo has paid.", failed), call) == ("100",)
    found = did("look", "Bo owes 100.", args={"at": "dues"})
    assert JUDGE.groundless(state("Enter that Bo has paid.", found), call) == ()
