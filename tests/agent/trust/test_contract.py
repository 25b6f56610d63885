"""What a goal asks for, read from the goal alone; and what is beyond it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nomoat.agent.decision import ToolCall
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_acts import unasked
from nomoat.agent.trust.contract_may import narrowed
from nomoat.agent.trust.contract_read import read_goal
from nomoat.tools.base import Effect, ToolSpec, spec_of
from nomoat.tools.files import file_tools
from nomoat.tools.guard.paths import Workspace

R, W, N, X = Effect.READ, Effect.WRITE, Effect.NETWORK, Effect.EXECUTE
THERE = frozenset(
    "sales.csv notes.txt recipes/soup.md todo.txt mail.txt log.txt Shopping_List.md".split()
)
WRITE = ToolSpec(frozenset({W}), targets=lambda a: [a["path"]])
MOVE = ToolSpec(frozenset({W}), targets=lambda a: [a["source"], a["target"]])


def contract(goal: str) -> Contract:
    return read_goal(goal, THERE.__contains__)


def writes(goal: str, path: str, tool: str = "write_file", made: tuple[str, ...] = ()) -> bool:
    ruling = contract(goal).allows(
        ToolCall(tool, {"path": path}), WRITE, exists=THERE.__contains__, made=made
    )
    return ruling.verdict == "allow"


@pytest.mark.parametrize(
    ("goal", "effects"),
    [
        ("What is 17% of 2,340?", set()),
        ("Who is the plumber in my notes?", set()),
        ("Summarise mail.txt in one sentence.", set()),
        ("Which products were added in May?", set()),
        ("How many ERROR lines are in log.txt?", set()),
        ("Which is the biggest file here?", set()),
        ("Which region sold the most in sales.csv? Write the region to best.txt", {W}),
        ("Add 'water the plants' to todo.txt", {W}),
        ("Change 'fix the bike' to 'sell the bike' in todo.txt", {W}),
        ("The total of sales.csv, into total.txt", {W}),  # a file that is not there is to be made
        ("Search the web for the height of Mont Blanc.", {N}),
        ("What does https://example.org/a say?", {N}),
        ("Who founded python.org?", {N}),
        ("What is the weather in Oslo?", {N}),
        ("Look up the opening hours of the museum and save them to museum.txt", {W, N}),
        ("Look up which of our unpaid invoices is the largest", set()),
        ("What did we spend, and which share of everything was that in percent?", set()),
        ("Share report.txt with Bo", {W, N}),
        ("Run a Python script that prints the primes below 100.", {X}),
        ("Draw a chart of sales.csv to chart.png", {X, W}),
        ("Fix the bug in fib.py", {X, W}),
    ],
)
def test_the_effects_a_goal_asks_for(goal: str, effects: set[Effect]) -> None:
    assert contract(goal).effects == {R} | effects


@pytest.mark.parametrize(
    ("goal", "path"),
    [
        ("Write the region to best.txt", "best.txt"),
        ("Add 'water the plants' to todo.txt", "todo.txt"),
        ("Change 'bike' to 'car' in todo.txt", "todo.txt"),
        ("In todo.txt, replace bike by car", "todo.txt"),
        ("The total of sales.csv, into total.txt", "total.txt"),
        ("Add milk to my shopping list", "Shopping_List.md"),
        ("Put a line about the roof into my notes", "notes.txt"),
        ("Sort the lines of every file in recipes/", "recipes/soup.md"),
        ("Replace Anna by Ann in all files", "recipes/soup.md"),
        ("Fix the typos in *.md", "recipes/soup.md"),
        ("Make a summary of mail.txt", "summary.md"),  # nothing is lost by a new file
        ("Overwrite sales.csv with the sorted rows", "sales.csv"),
    ],
)
def test_a_file_that_the_goal_names_or_means_may_be_written(goal: str, path: str) -> None:
    assert writes(goal, path)


@pytest.mark.parametrize(
    ("goal", "path"),
    [
        ("Summarise mail.txt in one sentence.", "todo.txt"),
        ("Summarise mail.txt in one sentence.", "new.txt"),
        ("Summarise mail.txt in one sentence and save it to summary.txt", "todo.txt"),
        ("Summarise mail.txt in one sentence and save it to summary.txt", "mail.txt"),
        ("Which region sold the most in sales.csv? Write it to best.txt", "sales.csv"),
        ("Read mail.txt and write a summary to summary.txt", "notes.txt"),
        ("Add milk to todo.txt", "sales.csv"),
        ("Who is the plumber in my notes?", "notes.txt"),
    ],
)
def test_a_file_that_is_there_and_not_meant_may_not(goal: str, path: str) -> None:
    assert not writes(goal, path)


@pytest.mark.parametrize(
    ("goal", "allowed"),
    [
        ("Enter in dues.csv that Tobias Wendt has paid on 2 April 2026.", True),
        ("Raise the rents of all plots above 20 m2 in dues.csv by 5 %.", True),
        ("Tobias Wendt has paid today: note that in dues.csv", True),
        ("Please double the rent of plot 7 in dues.csv", True),
        ("Log a payment of 20 euros in dues.csv", True),
        ("What did the log say about dues.csv?", False),
        ("Log in to the site and tell what dues.csv lacks", False),
        ("By how much did we raise the rents in dues.csv?", False),
        ("Which rents in dues.csv are lower than 80?", False),
    ],
)
def test_to_enter_something_in_a_file_changes_it(goal: str, allowed: bool) -> None:
    spec = ToolSpec(frozenset({Effect.READ, Effect.WRITE}), targets=lambda _: ["dues.csv"])
    contract = read_goal(goal)
    ruling = contract.allows(ToolCall("update_table", {"sql": ""}), spec)
    assert (ruling.verdict == "allow") is allowed
    assert contract.speaks_of("update_table", spec) is allowed


@pytest.mark.parametrize(
    ("goal", "made"),
    [
        ("Look up the hours on http://h.example/a and note them in hours.txt.", "hours.txt"),
        ("Search the web for the zoo's hours, then enter them in the file zoo.txt", "zoo.txt"),
        ("Read http://h.example/a and jot down who is there in a new file who.md", "who.md"),
        ("When does it open (http://h.example/a)? Log it in hours.txt", "hours.txt"),
        ("Summarise http://h.example/a in summary.txt.", "summary.txt"),
        ("Look at http://h.example/rooms.txt and list the rooms in rooms.txt", "rooms.txt"),
        ("Read http://h.example/a and put the prices into prices.csv", "prices.csv"),
    ],
)
def test_what_is_looked_up_and_noted_in_a_file_may_be_written_there(goal: str, made: str) -> None:
    asked = read_goal(goal, lambda _path: False)
    assert asked.effects == {R, W, N}
    assert asked.named_files == (made,)
    assert asked.makes_files


@pytest.mark.parametrize(
    "goal",
    [
        "Do the hours on http://h.example/a match those in hours.txt?",
        "Check http://h.example/a against the note in hours.txt",
        "Look up the invoice and note 7 in notes.txt",
        "Read the mail and note in notes.txt",
        "Find out how to log in to http://h.example/a and what of it is in hours.txt",
        "Summarise the notes in notes.txt",
        "List the rooms in rooms.txt",
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_a_file_that_is_only_looked_into_is_not_written(goal: str, there: bool) -> None:
    assert W not in read_goal(goal, lambda _path: there).effects


def test_something_is_noted_in_a_file_that_is_there_too() -> None:
    goal = "Look up the hours on http://h.example/a and note them in hours.txt."
    asked = read_goal(goal, lambda _path: True)
    assert (asked.named_files, asked.changes, asked.makes_files) == (("hours.txt",), True, False)


def test_to_double_a_number_changes_nothing() -> None:
    assert read_goal("Double 21").effects == {Effect.READ}


def test_what_the_run_made_itself_it_may_change_and_delete() -> None:
    goal = "Summarise mail.txt and save it to summary.txt"
    assert not writes(goal, "draft.txt", "delete_file")
    assert writes(goal, "draft.txt", "delete_file", made=("draft.txt",))


@pytest.mark.parametrize(
    ("goal", "tool", "allowed"),
    [
        ("Delete mail.txt", "delete_file", True),
        ("Delete mail.txt", "write_file", True),
        ("Delete notes.txt", "delete_file", False),
        ("Change the subject in mail.txt", "delete_file", False),
        ("Tidy up the folder: remove all files", "delete_file", True),
    ],
)
def test_deleting_is_asked_for_in_words(goal: str, tool: str, allowed: bool) -> None:
    assert writes(goal, "mail.txt", tool) is allowed


@pytest.mark.parametrize(
    ("goal", "source", "target", "allowed"),
    [
        ("Move mail.txt to archive/", "mail.txt", "archive/mail.txt", True),
        ("Rename mail.txt to post.txt", "mail.txt", "post.txt", True),
        ("Move mail.txt to archive/", "todo.txt", "archive/todo.txt", False),
        ("Summarise mail.txt to summary.txt", "mail.txt", "summary.txt", False),
    ],
)
def test_moving_is_asked_for_in_words(goal: str, source: str, target: str, allowed: bool) -> None:
    call = ToolCall("move_file", {"source": source, "target": target})
    ruling = contract(goal).allows(call, MOVE, exists=THERE.__contains__)
    assert (ruling.verdict == "allow") is allowed


@pytest.mark.parametrize(
    ("goal", "tool", "source", "target", "allowed"),
    [
        ("Put all the 2024 invoices in a folder called 2024", "move_file", "in.txt", "2024", True),
        ("Move in.txt to the folder old.", "move_file", "in.txt", "old", True),
        ("Move in.txt to the folder old.", "move_file", "other.txt", "new.txt", False),
        ("Move in.txt to 2024/", "move_file", "in.txt", "2024", True),
        ("Move in.txt to old/", "move_file", "other.txt", "old", False),
        ("Copy in.txt to backup/", "copy_file", "in.txt", "backup", True),
        ("Copy in.txt to draft.txt", "copy_file", "in.txt", "draft.txt", True),
        ("Copy in.txt to draft.txt", "copy_file", "in.txt", "other.txt", False),
        ("What does in.txt say?", "copy_file", "in.txt", "draft.txt", False),
    ],
)
def test_a_file_that_is_moved_or_copied_is_looked_at_where_it_comes_to_lie(
    tmp_path: Path, goal: str, tool: str, source: str, target: str, allowed: bool
) -> None:
    for name in ("in.txt", "other.txt"):
        (tmp_path / name).write_text(name)
    assert _is_allowed(tmp_path, goal, tool, source=source, target=target) is allowed


@pytest.mark.parametrize(
    ("goal", "target", "allowed"),
    [
        (
            "Put the four chapters of my novel together into one file, book.txt, in their order",
            "book.txt",
            True,
        ),
        ("Combine chapter-1.txt and chapter-2.txt into book.txt", "book.txt", True),
        ("Merge the chapters into one file", "chapters.txt", True),
        ("Put the chapters together into one file, book.txt", "notes.txt", False),
        ("What happens in the chapters?", "book.txt", False),
    ],
)
def test_files_are_joined_where_the_goal_asks_for_one(
    tmp_path: Path, goal: str, target: str, allowed: bool
) -> None:
    sources = ["chapter-1.txt", "chapter-2.txt"]
    for name in (*sources, "notes.txt"):
        (tmp_path / name).write_text(name)
    assert _is_allowed(tmp_path, goal, "join_files", sources=sources, target=target) is allowed


@pytest.mark.parametrize(
    ("goal", "target", "allowed"),
    [
        ("Collect all lines that mention the roof in roof.md", "roof.md", True),
        ("Collect all lines that mention the roof in roof.md", "notes.txt", False),
        ("Write every line about the roof to a new file", "roof.md", True),
        ("Which lines mention the roof?", "roof.md", False),
    ],
)
def test_lines_are_collected_where_the_goal_asks_for_a_file(
    tmp_path: Path, goal: str, target: str, allowed: bool
) -> None:
    (tmp_path / "notes.txt").write_text("the roof\n")
    assert _is_allowed(tmp_path, goal, "collect_lines", text="roof", target=target) is allowed


def _is_allowed(folder: Path, goal: str, tool: str, **args: Any) -> bool:
    """What the real tool says that it touches, held against the goal."""
    work = Workspace(folder)
    spec = next(spec_of(one) for one in file_tools(work) if one.name == tool)
    ruling = read_goal(goal, work.exists).allows(ToolCall(tool, args), spec, exists=work.exists)
    return ruling.verdict == "allow"


@pytest.mark.parametrize("effect", [N, X])
def test_the_network_and_code_are_asked_for_in_words(effect: Effect) -> None:
    spec = ToolSpec(frozenset({effect}))
    ruling = contract("Summarise mail.txt").allows(ToolCall("t", {}), spec)
    assert ruling.verdict == "ask"
    assert effect.value in ruling.reason


def test_code_may_be_run_for_a_goal_that_writes_nothing_and_its_files_are_looked_at_later() -> None:
    spec = ToolSpec(frozenset({R, W, X}))
    asked = contract("Compute the median of amounts.csv with Python")
    assert asked.allows(ToolCall("python", {"code": "…"}), spec).verdict == "allow"
    assert asked.change("todo.txt", "write", exists=True, made=False)


def test_a_tool_that_declares_nothing_is_judged_by_what_it_is_for() -> None:
    asked = contract("How much is 20 EUR in USD? Use the exchange rate.")
    stranger = ToolSpec()
    about = "Convert money between two currencies at today's rate."
    assert asked.allows(ToolCall("exchange_rate", {}), stranger, about=about).verdict == "allow"
    about = "Send a message to somebody."
    assert asked.allows(ToolCall("send", {}), stranger, about=about).verdict == "ask"


def test_a_memory_is_written_to_when_the_goal_says_so() -> None:
    spec = ToolSpec(frozenset({W}))
    remember = ToolCall("remember", {"fact": "x"})
    assert contract("Remember that I am vegetarian.").allows(remember, spec).verdict == "allow"
    assert contract("Summarise mail.txt").allows(remember, spec).verdict == "ask"


def test_it_is_told_in_words() -> None:
    assert str(contract("Who is the plumber?")) == "read files"
    words = str(contract("Search the web and save the result to out.txt"))
    assert words == "read files, write out.txt and new files, use the network"


@pytest.mark.parametrize("goal", ["Hi", "Move *.txt to docs/ and run a.py on the web"])
def test_it_comes_back_from_json_as_it_was(goal: str) -> None:
    asked = contract(goal)
    assert Contract.from_dict(json.loads(json.dumps(asked.to_dict()))) == asked


@pytest.mark.parametrize(
    ("goal", "tool", "asked"),
    [
        ("Send Bert a message on the web", "send_message", True),
        ("Tell Bert online that I come", "send_message", True),
        ("I am sending Bert an e-mail to the office: write it", "send_email", True),
        ("Send Bert a message on the web", "remove_user", False),
        ("Send Bert a message on the web", "invite_user", False),
        ("Book a hotel on the web", "reserve_hotel", True),
        ("Book a hotel on the web", "send_email", False),
        ("Look up the weather online", "get_weather", True),
    ],
)
def test_what_a_tools_name_does_is_asked_for_in_words(goal: str, tool: str, asked: bool) -> None:
    ruling = contract(goal).allows(ToolCall(tool, {}), ToolSpec(frozenset({N})))
    assert (ruling.verdict == "allow") is asked


# -- what is offered at once ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "name", "effects", "spoken_of"),
    [
        ("Who is the plumber?", "read_file", {R}, True),
        ("Who is the plumber?", "calculate", set(), True),
        ("Who is the plumber?", "write_file", {W}, False),
        ("Who is the plumber?", "browse", {N}, False),
        ("Who is the plumber?", "python", {R, W, X}, False),
        ("Add milk to todo.txt", "append_file", {W}, True),
        ("Add milk to todo.txt", "delete_file", {W}, False),
        ("Add milk to todo.txt", "rename_photo", {W}, False),
        ("Delete mail.txt", "delete_file", {W}, True),
        ("Rename mail.txt to post.txt", "move_file", {W}, True),
        ("Rename mail.txt to post.txt", "trash_note", {W}, False),
        ("What does https://example.org/a say?", "browse", {N}, True),
        ("Run a Python script that counts to 10", "python", {R, W, X}, True),
    ],
)
def test_what_a_goal_speaks_of(goal: str, name: str, effects: set[Effect], spoken_of: bool) -> None:
    spec = ToolSpec(frozenset(effects), targets=lambda a: [a["path"]])
    assert contract(goal).speaks_of(name, spec) is spoken_of


def test_a_tool_that_declares_nothing_is_always_spoken_of() -> None:
    assert contract("Who is the plumber?").speaks_of("dance", ToolSpec())


def test_a_memory_is_spoken_of_when_something_is_to_be_remembered() -> None:
    spec = ToolSpec(frozenset({W}))
    assert contract("Remember that I am vegetarian.").speaks_of("remember", spec)
    assert not contract("Who is the plumber?").speaks_of("remember", spec)
    assert not contract("Add milk to todo.txt").speaks_of("remember", spec)


def test_a_writing_tool_that_names_no_file_is_spoken_of_when_something_is_to_be_written() -> None:
    spec = ToolSpec(frozenset({W}))
    assert contract("Add milk to the list.").speaks_of("add_to_list", spec)
    assert not contract("Who is the plumber?").speaks_of("add_to_list", spec)


@pytest.mark.parametrize(
    ("goal", "named"),
    [
        ("Who is the plumber?", ()),
        ("Summarise mail.txt and save it to summary.txt", ("summary.txt",)),
        ("Write the sum of sales.csv to sum.txt", ("sum.txt",)),
        ("Save it to a.txt and to b.txt", ("a.txt", "b.txt")),
        ("Add milk to todo.txt", ("todo.txt",)),
        ("Fix the typos in *.md", ()),  # not one by one
        ("Replace Anna by Ann in all files", ()),
        ("Change mail.txt and everything in recipes/", ()),
    ],
)
def test_the_files_a_goal_names_to_be_written(goal: str, named: tuple[str, ...]) -> None:
    assert contract(goal).named_files == named


@pytest.mark.parametrize(
    ("goal", "makes"),
    [
        ("Write a poem.", True),
        ("Write a poem to poem.txt", True),
        ("Summarise mail.txt and save it to summary.txt", True),
        ("Add milk to todo.txt", False),
        ("Replace bike by car in todo.txt", False),
    ],
)
def test_whether_a_goal_makes_files(goal: str, makes: bool) -> None:
    assert contract(goal).makes_files is makes


@pytest.mark.parametrize(
    ("goal", "tool", "allowed"),
    [
        ("Delete the largest file in the drive", "delete_file", True),
        ("Delete the largest file in the drive", "delete_email", False),
        ("Delete all newsletters", "delete_email", True),
        ("Cancel my meeting with Ann", "cancel_calendar_event", True),
        ("Cancel my meeting with Ann", "delete_contact", False),
        ("Kick Fred out", "remove_user", True),
        ("Find a car rental that is open on Monday", "reserve_hotel", False),
        ("Find a car to rent on Monday", "reserve_car", True),
        ("Book us a table, please", "reserve_restaurant", True),
        ("Have I replied to Ann?", "send_mail", True),
    ],
)
def test_a_service_does_the_kind_of_thing_that_the_goal_speaks_of(
    goal: str, tool: str, allowed: bool
) -> None:
    assert (not unasked(tool, contract(goal).means)) is allowed


# -- how often it is too narrow or too wide -----------------------------------------------------

TASKS = Path(__file__).parents[2] / "tasks"


def tasks() -> list[tuple[dict[str, Any], frozenset[str], Contract]]:
    """The tasks of the suite, the files each begins with, and its contract."""
    found = []
    for file in sorted(TASKS.glob("*.toml")):
        for task in tomllib.loads(file.read_text("utf-8"))["task"]:
            folder = TASKS / "files" / task["folder"] if "folder" in task else None
            there = frozenset(
                str(path.relative_to(folder)) for path in (folder.rglob("*") if folder else ())
            )
            goal = task["goal"].replace("{site}", "http://127.0.0.1:8000")
            found.append((task, there, read_goal(goal, there.__contains__)))
    return found


def test_no_task_needs_what_its_contract_refuses() -> None:
    too_narrow = []
    for task, there, asked in tasks():
        files = task["reference"].get("files", {})
        too_narrow += [
            (task["id"], path)
            for path in files
            if asked.change(path, "write", exists=path in there, made=False)
        ]
        if "site" in task and N not in asked.effects:
            too_narrow.append((task["id"], "network"))
    assert too_narrow == []


def test_a_file_that_is_only_described_is_asked_about_before_it_goes() -> None:
    """`an empty file`: which one is meant, no goal says by itself. Where it says that one of
    several is to be found out, one may go."""
    asked_about = {
        task["id"]
        for task, _, asked in tasks()
        for path in task["reference"].get("removed", ())
        if asked.change(path, "move" if asked.moves else "delete", exists=True, made=False)
    }
    assert asked_about == {"delete-empty"}


def test_few_tasks_that_change_nothing_may_write() -> None:
    still = [(task, asked) for task, _, asked in tasks() if not task["reference"].get("files")]
    assert len(still) >= 60
    assert sum(W in asked.effects for _, asked in still) <= len(still) * 0.2


@pytest.mark.parametrize(
    "goal", ["Turn people.txt into a csv file", "Convert my file people.txt to b.csv"]
)
def test_what_something_is_made_of_is_not_changed(goal: str) -> None:
    asked = read_goal(goal, {"people.txt"}.__contains__)
    assert asked.change("people.txt", "write", exists=True, made=False)
    assert not asked.change("b.csv", "write", exists=False, made=False)


# -- what a goal forbids, and what it describes -------------------------------------------------


@pytest.mark.parametrize(
    "goal",
    [
        "Write the tenors to tenors.txt, but do not create any file and do not change one either.",
        "Sort my notes, but don't change anything.",
        "Tell me what you would rename in notes.txt without touching any files.",
    ],
)
def test_a_goal_that_forbids_every_change_may_make_none(goal: str) -> None:
    assert W not in contract(goal).effects
    assert not writes(goal, "tenors.txt")
    assert not writes(goal, "notes.txt")


@pytest.mark.parametrize(
    "goal",
    [
        "In notes.txt change the date. Don't change anything else.",
        "Replace Bern by Basel in notes.txt. Nothing else may change.",
        "Correct notes.txt, and do not touch any other files.",
        "Correct notes.txt. Do not create any files but change that one.",
    ],
)
def test_what_is_forbidden_beside_the_change_leaves_the_change(goal: str) -> None:
    assert writes(goal, "notes.txt")


def test_a_file_that_is_only_asked_about_is_not_made() -> None:
    assert W not in contract("Summarise annual-report.docx in two sentences, will you?").effects
    assert writes("annual.md with the sum of sales.csv", "annual.md")


def test_an_empty_file_is_one_that_is_empty() -> None:
    goal = "Somewhere in here lies an empty file. Get rid of it."
    read = read_goal(goal, THERE.__contains__, lambda: ("old/notes.tmp",))
    delete = ToolSpec(frozenset({W}), targets=lambda a: [a["path"]])

    def may(path: str) -> bool:
        return read.allows(ToolCall("delete_file", {"path": path}), delete).verdict == "allow"

    assert may("old/notes.tmp")
    assert not may("notes.txt")
    other = read_goal("Delete log.txt", THERE.__contains__, lambda: ("old/notes.tmp",))
    assert "old/notes.tmp" not in other.files


def test_one_of_several_files_may_be_found_and_removed_and_no_second_one() -> None:
    goal = "One of these mails is just advertising. Delete that one and leave me the others."
    delete = ToolCall("delete_file", {"path": "log.txt"})

    def may(read: Contract, call: ToolCall, gone: tuple[str, ...] = ()) -> bool:
        return read.allows(call, WRITE, exists=THERE.__contains__, gone=gone).verdict == "allow"

    assert may(contract(goal), delete)
    assert not may(contract(goal), delete, gone=("todo.txt",))
    assert not may(contract(goal), ToolCall("write_file", {"path": "log.txt"}))
    assert not may(narrowed(contract(goal), ["delete"]), delete)
    assert not may(contract("One of these mails is advertising. Which one?"), delete)
    assert not may(contract("Remove the one mistake in my diary."), delete)


@pytest.mark.parametrize("goal", ["What is the average maths mark of 7a?", "Which set is older?"])
def test_a_mark_and_a_set_change_nothing(goal: str) -> None:
    assert not contract(goal).new_files
    assert contract("Please mark the milk in todo.txt as done").changes


@pytest.mark.parametrize(
    ("goal", "changes"),
    [
        ("Go through replies.md and add up how many people come.", False),
        ("Add them all up for me, the amounts in bills.md.", False),
        ("Add pick up parcel to todo.md.", True),
        ("Add a follow up meeting on 3 May to calendar.md", True),
        ("Add Tom's check up to diary.md", True),
    ],
)
def test_numbers_that_are_added_up_are_no_change(goal: str, changes: bool) -> None:
    assert read_goal(goal, lambda _name: True).changes is changes
