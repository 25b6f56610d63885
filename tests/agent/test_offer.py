"""Which tools are offered when: of a toolbox of plain tools, found by the words they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import BaseTool

from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.offer import OPENS_AFTER, Shown, first_offer, near_offer, offered
from nomoat.agent.offer_schema import Offer, offer
from nomoat.agent.state import Said, Step
from nomoat.agent.trust.contract import Contract
from nomoat.agent.trust.contract_read import read_goal
from nomoat.tools.base import Effects, spec_of, tool
from nomoat.tools.find import EVERYWHERE
from nomoat.tools.observation import Observation
from nomoat.tools.table_info import TABLES_TOLD
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.view import Fits, View
from tests.memory.hashed import Hashed

THERE = frozenset({"todo.txt", "sales.csv", "notes.txt"})


def paths(arguments: Any) -> list[str]:
    return [arguments["path"]]


def of(name: str, effects: Effects, *uses: str) -> BaseTool:
    """A tool with a path, found by these words."""

    def function(path: str) -> str:
        """Do it."""
        return path

    return tool(effects=effects, name=name, targets=paths, uses=uses)(function)


@tool(effects="none", uses=["how much is", "the sum of numbers"])
def calculate(expression: str) -> str:
    """Calculate."""
    return expression


@tool(effects="network", uses=["open a web page"])
def browse(url: str) -> str:
    """Read a web page."""
    return url


@tool(effects="network", uses=["search the web"])
def search_web(query: str) -> str:
    """Search the web."""
    return query


@tool(effects="read", uses=["the total per region of a table"])
def query_table(sql: str) -> str:
    """Ask a table."""
    return sql


@tool
def stranger(x: str) -> str:
    """Dance."""
    return x


BOX = Toolbox(
    [
        calculate,
        of("read_file", "read", "read a file", "what does the letter say"),
        of("find_in_files", "read", "which files mention a name"),
        of("write_file", "write", "write a text to a file"),
        of("append_file", "write", "add a line to a list"),
        of("edit_file", "read, write", "change a word in a file"),
        of("delete_file", "write", "delete a file"),
        of("move_file", "write", "move a file"),
        query_table,
        of("save_query", "read, write", "save the rows of a table to a file"),
        browse,
        search_web,
        stranger,
    ]
)
VIEW = View(BOX, Hashed())
EVERYTHING = View(BOX, None)


def contract(goal: str) -> Contract:
    return read_goal(goal, THERE.__contains__)


def first(goal: str, view: View = EVERYTHING, **facts: bool) -> tuple[str, ...]:
    return first_offer(goal, BOX, view.of(goal), contract(goal), shown=Shown(**facts))


def step(name: str, text: str = "new", *, ok: bool = True, remark: bool = False) -> Step:
    call = ToolCall(name, {"path": text})
    return Step(1, Said(""), Decision("", call), Observation(text, ok=ok), remark=remark)


# -- at the start -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "there", "not_there"),
    [
        ("Who is the plumber?", {"read_file", "stranger"}, {"write_file", "edit_file", "browse"}),
        ("Add milk to todo.txt", {"append_file", "edit_file"}, {"delete_file", "move_file"}),
        ("Delete notes.txt", {"delete_file"}, {"move_file", "browse"}),
        ("Move notes.txt to old/", {"move_file"}, {"delete_file"}),
        ("Write a poem to poem.txt", {"write_file"}, {"delete_file"}),
        ("Add milk to todo.txt", {"append_file"}, {"write_file"}),  # nothing new is to be made
        ("Who founded it? Search the web.", {"search_web"}, {"write_file"}),
    ],
)
def test_what_the_goal_does_not_ask_for_is_not_offered(
    goal: str, there: set[str], not_there: set[str]
) -> None:
    assert there <= set(first(goal))
    assert not not_there & set(first(goal))


def test_the_tools_that_fit_come_first_and_few() -> None:
    names = first("What does the letter say?", VIEW)
    assert names[0] == "read_file"
    assert len(names) < len(BOX.names)


def test_the_tools_that_look_are_there_when_nothing_fits_well() -> None:
    assert {"read_file", "find_in_files"} <= set(first("Zebras, quickly, please.", VIEW))


@pytest.mark.parametrize(
    ("goal", "sources", "there"),
    [
        ("What is 12 times 7?", True, True),
        ("What is 2 + 2?", True, True),  # the same number twice is two numbers
        ("What is the sum of all lunches?", True, False),  # of what, has to be looked up
        ("What is the sum of all lunches?", False, True),
        ("How much is 15 % more than last year?", True, False),
    ],
)
def test_it_is_calculated_with_what_is_known(goal: str, sources: bool, there: bool) -> None:
    assert ("calculate" in first(goal, has_sources=sources)) is there


def test_a_goal_that_tables_do_not_fit_opens_none() -> None:
    goal = "The total per region of a table, please."
    assert "query_table" in first(goal, VIEW)
    assert "query_table" not in first(goal, VIEW, tables_fit=False)


def test_an_address_brings_the_tools_that_take_one() -> None:
    assert "browse" in first("Compare the letter with https://example.org/a", VIEW)


def test_what_reached_a_goal_like_it_is_offered_where_it_may_be() -> None:
    asked = contract("Zebras, quickly, please.")
    names = first_offer(
        "Zebras, quickly, please.",
        BOX,
        VIEW.of("Zebras, quickly, please."),
        asked,
        used_before=("move_file", "query_table"),
    )
    assert "query_table" in names
    assert "move_file" not in names


def test_what_was_looked_at_for_it_is_not_looked_up() -> None:
    goal = "What does the letter say?"
    assert "read_file" not in first(goal, VIEW, looked=True)


# -- later ------------------------------------------------------------------------------------

GOAL = "Add milk to todo.txt"


def later(*steps: Step, goal: str = GOAL, start: Sequence[str] = ("append_file",)) -> set[str]:
    return set(offered(BOX, start, steps, contract(goal)))


def test_first_only_what_fits() -> None:
    assert offered(BOX, ("append_file",), [], contract(GOAL)) == ("append_file",)


def test_after_a_step_whatever_only_looks_is_offered_too() -> None:
    names = later(step("append_file"))
    assert {"append_file", "read_file", "find_in_files", "query_table", "calculate"} <= names
    assert "edit_file" not in names


def test_when_nothing_comes_of_it_all_the_goal_asks_for_is_offered() -> None:
    failed = [step("append_file", f"no {n}", ok=False) for n in range(OPENS_AFTER)]
    assert {"edit_file", "write_file"} <= later(*failed)
    assert not {"delete_file", "browse"} & later(*failed)  # it still does not ask for these


def test_a_tool_that_was_sent_back_twice_waits_until_something_new_was_seen() -> None:
    back = [step("append_file", f"Look first, {n}.", ok=False, remark=True) for n in range(2)]
    assert "append_file" not in later(*back)
    assert "append_file" not in later(*back, step("read_file", "no such file", ok=False))
    assert "append_file" in later(*back, step("read_file"))


def test_what_is_near_the_goal_is_all_that_is_added_where_that_is_known() -> None:
    names = set(
        offered(BOX, ("append_file",), [step("append_file")], contract(GOAL), ["read_file"])
    )
    assert names == {"append_file", "read_file"}
    near = ["move_file", "read_file"]  # what does more than look is not added
    assert set(offered(BOX, (), [step("append_file")], contract(GOAL), near)) == {"read_file"}


def test_where_nothing_is_needed_nothing_is_offered_before_a_step() -> None:
    assert offered(BOX, (), [], contract(GOAL)) == ()
    assert later(step("append_file", ok=False, remark=True), start=())


def test_tables_that_a_page_brought_can_be_asked() -> None:
    box, goal = Toolbox([browse, query_table]), "How long is Route 7 on http://127.0.0.1/routes?"
    for text, is_offered in ((f"Routes\n{TABLES_TOLD}\n- routes", True), ("Routes", False)):
        after = offered(box, ("browse",), [step("browse", text)], contract(goal), ["browse"])
        assert ("query_table" in after) is is_offered


LOOKED_UP = [
    ("Look up the opening hours on http://127.0.0.1:8000/hours and note them in hours.txt.", "txt"),
    ("Read http://127.0.0.1:8000/a and put the prices into prices.csv", "csv"),
    ("Extract all mail addresses from http://127.0.0.1:8000/a into mails.txt.", "txt"),
    ("Summarise http://127.0.0.1:8000/a in summary.md.", "md"),
]


@pytest.mark.parametrize("near", [(), ("browse",), ("browse", "calculate")])
@pytest.mark.parametrize(("goal", "ending"), LOOKED_UP)
def test_after_a_page_was_read_the_file_that_the_goal_names_can_be_written(
    goal: str, ending: str, near: tuple[str, ...]
) -> None:
    asked, start = contract(goal), first(goal, VIEW)
    assert "browse" in start
    assert "write_file" not in start
    assert "write_file" not in offered(BOX, start, [], asked, near)
    after = offer(BOX, offered(BOX, start, [step("browse", "Mon 9-12")], asked, near), asked)
    writers = [name for name in after.names if name in ("write_file", "append_file", "save_query")]
    assert writers
    for name in writers:
        (path,) = after.schema(name)["properties"]["path"]["enum"]
        assert path.endswith(f".{ending}")


@pytest.mark.parametrize(
    ("goal", "near"),
    [
        ("Read http://127.0.0.1:8000/a.", ("browse",)),
        ("Do the prices on http://127.0.0.1:8000/a match those in prices.csv?", ("browse",)),
        ("Look at http://127.0.0.1:8000/a and move notes.txt to old.txt", ("browse",)),
        ("Look at http://127.0.0.1:8000/a and add the hours to notes.txt", ("browse",)),
        ("Read http://127.0.0.1:8000/a and note it in new.txt", ("browse", "append_file")),
    ],
)
def test_it_is_not_offered_where_nothing_is_made_or_something_else_writes(
    goal: str, near: tuple[str, ...]
) -> None:
    after = offered(BOX, ("browse",), [step("browse")], contract(goal), near)
    assert "write_file" not in after


def test_an_address_is_opened_before_anything_is_done_alone() -> None:
    box = Toolbox([*map(BOX.get, BOX.names), of("join_files", "read, write", "put together")])
    scores = dict.fromkeys(box.names, 0.1) | {"join_files": 0.8}
    fits = Fits(tuple(box.names), scores)
    for goal, start in (
        ("Put the pages together in b.txt", "join_files"),
        ("Put what http://127.0.0.1:8000/a says together in b.txt", "browse"),
    ):
        assert first_offer(goal, box, fits, contract(goal))[0] == start


def test_what_may_come_in_useful_later_fits_less_well() -> None:
    goal = "What does the letter say?"
    later_on = near_offer(BOX, VIEW.of(goal), contract(goal))
    assert set(VIEW.of(goal).among(later_on)) <= set(later_on)
    assert {"read_file", "find_in_files"} <= set(later_on)
    assert not {"write_file", "browse"} & set(later_on)


def test_without_an_embedder_it_is_not_told_what_is_near() -> None:
    assert near_offer(BOX, EVERYTHING.of(GOAL), contract(GOAL)) == ()
    few = Toolbox([calculate, browse])
    assert near_offer(few, View(few, Hashed()).of(GOAL), contract(GOAL)) == ()


def test_a_goal_that_begins_with_looking_is_looked_for_before_it_writes() -> None:
    goal = "Which files mention a name, and then add a line to a list"
    assert first(goal, VIEW)[:1] == ("find_in_files",)
    assert "append_file" not in first(goal, VIEW)
    near = near_offer(BOX, VIEW.of(goal), contract(goal))
    after = offered(BOX, first(goal, VIEW), [step("find_in_files")], contract(goal), near)
    assert "append_file" in after


def test_one_sentence_that_asks_to_look_is_looked_for_before_it_writes_too() -> None:
    goal = "Save the rows of a table that say which files mention a name to names.txt"
    scores = dict.fromkeys(BOX.names, 0.1) | {"query_table": 0.8, "write_file": 0.75}
    names = first_offer(goal, BOX, Fits(tuple(BOX.names), scores), contract(goal))
    assert names == ("query_table",)


@pytest.mark.parametrize(
    ("goal", "is_offered"),
    [
        ("Enter in sales.csv that Ann has paid", True),
        ("Raise all amounts in sales.csv by 5 %", True),
        ("How many rows are in sales.csv?", False),
        ("Sort sales.csv into sorted.csv", False),  # another file is to be made
        ("Add milk to todo.txt", False),
    ],
)
def test_rows_of_a_table_that_the_goal_names_can_be_changed(goal: str, is_offered: bool) -> None:
    box = Toolbox([*map(BOX.get, BOX.names), of("update_table", "read, write", "set a value")])
    scores = dict.fromkeys(box.names, 0.1) | {"query_table": 0.8}
    names = first_offer(goal, box, Fits(tuple(box.names), scores), contract(goal))
    assert ("update_table" in names) is is_offered


@pytest.mark.parametrize(
    ("path", "writers"),
    [
        ("a.csv", {"save_query", "append_file"}),
        ("a.txt", {"write_file", "append_file"}),
        ("a.json", {"save_query", "write_file", "append_file"}),  # a list is no table
    ],
)
def test_a_file_is_written_by_the_tools_that_can(path: str, writers: set[str]) -> None:
    names = ("save_query", "write_file", "append_file", "query_table")
    asked = contract(f"Write the names to {path}")
    assert set(offer(BOX, names, asked).names) == writers | {"query_table"}


@given(
    st.lists(
        st.builds(
            step,
            st.sampled_from(BOX.names),
            st.sampled_from("abc"),
            remark=st.booleans(),
            ok=st.booleans(),
        ),
        max_size=6,
    ),
    st.sampled_from(
        ["Add milk to todo.txt", "Who is it?", "Delete notes.txt", "Read www.example.org"]
    ),
)
def test_what_the_goal_does_not_ask_for_is_never_offered(steps: list[Step], goal: str) -> None:
    asked = contract(goal)
    names = offered(BOX, first(goal), steps, asked)
    assert len(set(names)) == len(names)
    assert all(asked.speaks_of(name, spec_of(BOX.get(name))) for name in names)
    assert names == offered(BOX, first(goal), steps, asked)


# -- the arguments ----------------------------------------------------------------------------


def paths_of(goal: str, name: str, box: Toolbox = BOX) -> Any:
    return Offer(box.names, box, contract(goal)).schema(name)["properties"]["path"].get("enum")


@pytest.mark.parametrize("name", ["write_file", "append_file"])
def test_a_text_goes_to_the_file_the_goal_names(name: str) -> None:
    assert paths_of("Write the sum of sales.csv to sum.txt", name) == ["sum.txt"]
    assert paths_of("Write it to a.txt and to b.txt", name) == ["a.txt", "b.txt"]


def test_a_file_of_a_kind_ends_as_that_kind_does() -> None:
    goal = "Could you turn contacts.txt into a csv file?"
    assert "write_file" in first(goal)
    path = offer(BOX, ["write_file"], contract(goal)).schema("write_file")["properties"]["path"]
    assert re.fullmatch(path["pattern"], "contacts.csv")
    assert not re.fullmatch(path["pattern"], "contacts.txt")


def test_rows_go_to_a_table_and_words_to_a_text() -> None:
    goal = "Save the rows of sales.csv to rows.csv and a sentence on them to about.txt"
    assert paths_of(goal, "save_query") == ["rows.csv"]
    assert paths_of(goal, "write_file") == ["about.txt"]


def test_a_tool_that_can_write_none_of_the_files_is_left_out() -> None:
    names = ("read_file", "write_file", "save_query")
    to_text = offer(BOX, names, contract("Write the sum of sales.csv to sum.txt"))
    assert set(to_text.names) == {"read_file", "write_file"}
    anywhere = offer(BOX, names, contract("Write a poem."))
    assert tuple(anywhere.names) == names
    assert tuple(offer(BOX, names).names) == names


@pytest.mark.parametrize(
    "goal",
    [
        "Write a poem.",  # wherever the model likes
        "Replace Anna by Ann in all files",
        "Fix the typos in *.md",
        "Who is it?",
    ],
)
def test_where_the_goal_names_no_file_any_may_be_chosen(goal: str) -> None:
    assert paths_of(goal, "write_file") is None


def test_reading_is_not_narrowed() -> None:
    assert paths_of("Write the sum of sales.csv to sum.txt", "read_file") is None


def test_a_tool_that_knows_its_choices_keeps_them() -> None:
    @tool(effects="write", targets=paths, choices={"path": lambda: ["one.txt"]})
    def append_file(path: str) -> str:
        """Append."""
        return path

    box = Toolbox([append_file])
    assert paths_of("Add it to todo.txt", "append_file", box) == ["one.txt"]


def test_the_tools_own_schema_stays_as_it_is() -> None:
    before = BOX.schema("write_file")
    paths_of("Write it to a.txt", "write_file")
    assert BOX.schema("write_file") == before
    assert Offer(BOX.names, BOX, None).schema("write_file") == before


def wrong(name: str) -> Step:
    failed = Observation("There is no column amount.", ok=False, error_kind="retry")
    return replace(step(name), observation=failed)


def test_sql_that_did_not_run_is_corrected_first_and_once() -> None:
    assert later(wrong("query_table")) == {"query_table"}
    assert later(step("read_file"), wrong("query_table")) == {"query_table"}
    assert later(wrong("query_table"), wrong("query_table")) != {"query_table"}
    assert later(wrong("read_file")) != {"read_file"}
    assert later(step("query_table")) != {"query_table"}


def test_words_that_are_not_in_a_table_are_asked_of_it() -> None:
    assert later(step("find_in_files", "sales.csv")) == {"query_table"}
    assert later(step("find_in_files", "notes.txt")) != {"query_table"}
    nowhere = Observation("'boot' is nowhere", sources=(EVERYWHERE,))
    looked = replace(step("find_in_files", "sales.csv"), observation=nowhere)
    assert later(looked) == {"query_table"}
    found = Observation("sales.csv:2: North", sources=("sales.csv:2",))
    assert later(replace(step("find_in_files", "sales.csv"), observation=found)) != {"query_table"}


@pytest.mark.parametrize(
    ("files", "choices"),
    [
        (["a-2024.txt", "b-2025.txt", "c-2024.txt"], ["a-2024.txt", "c-2024.txt"]),
        (["2024/a-2024.txt", "b-2025.txt", "c-2024.txt"], ["c-2024.txt"]),
        (["2024/a-2024.txt", "b-2025.txt"], None),  # all are moved
        (["a.txt", "b.txt"], ["a.txt", "b.txt"]),  # the names tell nothing
    ],
)
def test_a_number_tells_which_files_are_meant(files: list[str], choices: list[str] | None) -> None:
    @tool(effects="write", choices={"source": lambda: files}, targets=lambda _arguments: files)
    def shift(source: str, target: str) -> str:
        """Move it."""
        return source + target

    goal = "Put all the 2024 invoices in a folder called 2024"
    made = offer(Toolbox([shift]), ["shift"], goal=goal)
    found = [made.schema(name)["properties"]["source"]["enum"] for name in made.names]
    assert found == ([choices] if choices else [])


@pytest.mark.parametrize(
    ("goal", "meant"),
    [
        ("Hold both lists of members against each other.", ["members-1.csv", "members-2.csv"]),
        ("Compare dues.csv with members-1.csv", ["dues.csv", "members-1.csv"]),
        ("What do the lists not have in common?", ["dues.csv", "members-1.csv", "members-2.csv"]),
        ("Compare the dues.", ["dues.csv", "members-1.csv", "members-2.csv"]),
    ],
)
def test_files_are_compared_that_the_goal_speaks_of(goal: str, meant: list[str]) -> None:
    there = ["dues.csv", "members-1.csv", "members-2.csv"]

    @tool(effects="read", choices={"first": lambda: there, "second": lambda: there})
    def compare_files(first: str, second: str) -> str:
        """Compare two."""
        return first + second

    schema = offer(Toolbox([compare_files]), ["compare_files"], goal=goal).schema("compare_files")
    assert schema["properties"]["first"]["enum"] == meant
    assert schema["properties"]["second"]["enum"] == meant


def test_what_a_goal_names_and_was_shown_is_not_looked_for() -> None:
    goal = "Turn people.txt into a csv file with names and numbers."
    assert set(first(goal)) & {"read_file", "find_in_files"}
    assert not set(first(goal, named=True)) & {"read_file", "find_in_files"}
    assert "write_file" in first(goal, named=True)


def test_the_most_of_what_only_a_table_holds_is_asked_of_it() -> None:
    goal = "Look up the largest unpaid bill, and write it to out.txt"
    assert first(goal, only_tables=True)[0] == "query_table"
    assert not set(first(goal, only_tables=True)) & {"write_file", "find_in_files", "read_file"}


def test_a_table_that_a_goal_names_is_asked_where_a_text_beside_it_was_shown() -> None:
    goal = "Work out what the water cost from water.csv and rates.txt."
    assert "query_table" in first(goal, looked=True, names_tables=True)
    assert "read_file" not in first(goal, looked=True, names_tables=True)


@tool(effects="write", name="copy_file", uses=["copy a file"])
def copy_file(source: str, target: str) -> str:
    """Copy a file."""
    return source + target


@pytest.mark.parametrize(
    ("goal", "only"),
    [
        ("copy todo.txt to more.txt, then in more.txt set the milk to 4", True),
        ("First make a copy of todo.txt named more.txt. After that add milk to todo.txt", True),
        ("Add milk to todo.txt and copy todo.txt to more.txt", False),
        ("Copy the totals of sales.csv to more.txt", False),
    ],
)
def test_what_is_copied_first_is_copied_as_it_is(goal: str, only: bool) -> None:
    box = Toolbox([*map(BOX.get, BOX.names), copy_file])
    view = View(box, Hashed())
    offered_first = first_offer(goal, box, view.of(goal), contract(goal))
    assert (offered_first == ("copy_file",)) is only
    if only:
        properties = offer(box, ["copy_file"], contract(goal), goal=goal).schema("copy_file")
        assert properties["properties"]["source"]["enum"] == ["todo.txt"]
        assert properties["properties"]["target"]["enum"] == ["more.txt"]
