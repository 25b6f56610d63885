"""Which tools come into view for goals in ordinary words, as the real embedder sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import BaseTool

from nomoat.memory.document import Document, Passage
from nomoat.memory.embed import MiniLM
from nomoat.tools.base import spec_of, tool
from nomoat.tools.builtin import builtin_tools
from nomoat.tools.guard.net import Network
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.search import DuckDuckGo
from nomoat.tools.toolbox import Toolbox
from nomoat.tools.uses import USES
from nomoat.tools.view import FEW, IN_VIEW, View, clauses, without_names
from tests.memory.hashed import Hashed

if TYPE_CHECKING:
    from nomoat.memory.embed import Vectors

GOALS = (
    ("What do 340 euros come to with 19 percent added?", "calculate"),
    ("Split a restaurant bill of 187.40 between five of us.", "calculate"),
    ("How many weeks lie between 3 May and 24 December?", "calculate"),
    ("If I drive 420 km at 80 km/h, how long am I on the road?", "calculate"),
    ("Show me everything that lies in this folder.", "list_files"),
    ("Which of my documents takes up the most space?", "list_files"),
    ("How many pictures do I have here?", "list_files"),
    ("Tell me what the letter from the landlord wants.", "read_file"),
    ("Give me the gist of minutes.md", "read_file"),
    ("What ingredients are in pancakes.txt?", "read_file"),
    ("Turn the message in brief.txt into German.", "read_file"),
    ("Where did I write down the plumber's number?", "find_in_files"),
    ("In which of my notes is Caroline mentioned?", "find_in_files"),
    ("How often does the word timeout turn up in server.log?", "find_in_files"),
    ("Compose a birthday poem and keep it in poem.txt", "write_file"),
    ("Create a packing list for a week of hiking in packing.txt", "write_file"),
    ("Put 'buy stamps' on my to-do list.", "append_file"),
    ("Append today's run of 5 km to training.md", "append_file"),
    ("Replace 'Monday' by 'Tuesday' in invitation.txt", "edit_file"),
    ("Correct the spelling of 'recieve' in draft.md", "edit_file"),
    ("The meeting in plan.txt starts at ten, not nine: fix it.", "edit_file"),
    ("Rename holiday.txt to italy.txt", "move_file"),
    ("Move all invoices into the folder 2025.", "move_file"),
    ("Make a duplicate of thesis.md before I touch it.", "copy_file"),
    ("Put the four chapters of my novel together into one file, book.txt.", "join_files"),
    ("Combine monday.txt and tuesday.txt into week.txt", "join_files"),
    ("Which plants are in garden-may.csv but not in garden-june.csv?", "compare_files"),
    ("What is different between lease-old.txt and lease-new.txt?", "compare_files"),
    ("Collect every line that mentions the boiler into boiler.md", "collect_lines"),
    ("Put all lines about Jonas from my diaries into jonas.txt", "collect_lines"),
    ("Throw old.txt away.", "delete_file"),
    ("Get rid of the file draft2.md", "delete_file"),
    ("Which customer bought the most according to orders.csv?", "query_table"),
    ("What was the average temperature per month in weather.csv?", "query_table"),
    ("How many employees in staff.xlsx earn more than 50000?", "query_table"),
    ("Total up the amounts in expenses.csv by category.", "query_table"),
    ("Export the customers from Spain in clients.csv to spain.csv", "save_query"),
    ("Turn prices.xlsx into a csv file.", "save_query"),
    ("Sort members.csv by last name and store it as sorted.csv", "save_query"),
    ("Enter in dues.csv that Tobias Wendt has paid on 2 April 2026.", "update_table"),
    ("Raise the rents of all plots above 20 m2 in plots.csv by 5 %", "update_table"),
    ("Add a row for Jo Park to members.csv", "update_table"),
    ("What's the time?", "now"),
    ("What day of the week do we have today?", "now"),
    ("What do my papers say about the notice period of the flat?", "recall"),
    ("Look in my documents for the warranty of the dishwasher.", "recall"),
    ("Remember that my shoe size is 43.", "remember"),
    ("Don't forget that Lena is allergic to nuts.", "remember"),
    ("Search the internet for the opening hours of the Louvre.", "search_web"),
    ("Find out online who won the cup yesterday.", "search_web"),
    ("What does the page https://example.org/news tell about the storm?", "browse"),
    ("Summarise https://example.com/blog/post for me.", "browse"),
    ("Fetch the JSON at https://api.example.org/rates and tell the dollar rate.", "http_get_json"),
    ("Run a Python program that prints the first 20 Fibonacci numbers.", "python"),
    ("Simulate 1000 coin flips in Python.", "python"),
    ("Ask me which of the two drafts I like better.", "ask_user"),
)

PLUGINS = {
    "get_weather": "The weather forecast of a place for the next days.",
    "send_email": "Send an e-mail to somebody.",
    "read_inbox": "List the newest e-mails of the inbox.",
    "add_event": "Put an appointment into the calendar.",
    "list_events": "Show the appointments of a day.",
    "send_sms": "Send a text message to a phone number.",
    "play_music": "Play a song or an album.",
    "set_light": "Switch a lamp on or off, or dim it.",
    "set_heating": "Set the temperature of a room's heating.",
    "book_table": "Reserve a table in a restaurant.",
    "find_train": "Train connections between two stations.",
    "find_flight": "Flights between two airports on a day.",
    "track_parcel": "Where a parcel is, by its number.",
    "exchange_rate": "Convert money between two currencies at today's rate.",
    "stock_price": "The price of a share on the stock exchange.",
    "translate_text": "Translate a text into another language.",
    "define_word": "The meaning of a word, from a dictionary.",
    "take_screenshot": "Take a picture of the screen.",
    "resize_image": "Make a picture smaller or larger.",
    "read_barcode": "Read the barcode or QR code in a picture.",
    "speech_to_text": "Write down what is said in a recording.",
    "text_to_speech": "Read a text aloud.",
    "set_timer": "Start a timer that rings after some minutes.",
    "set_alarm": "Set an alarm clock for the morning.",
    "git_status": "Which files of a git repository have changed.",
    "git_commit": "Commit the changes of a git repository.",
    "run_tests": "Run the unit tests of a project.",
    "open_ticket": "Open an issue in the bug tracker.",
    "query_database": "Run SQL on the company's PostgreSQL server.",
    "list_containers": "Show the running Docker containers.",
    "restart_service": "Restart a service on a server.",
    "disk_usage": "How full the disks of this computer are.",
    "unzip": "Unpack a zip archive.",
    "merge_pdf": "Join several PDF documents into one.",
    "count_calories": "The calories and nutrients of a food.",
    "log_weight": "Note the body weight of today.",
    "find_recipe": "Find a recipe for given ingredients.",
    "post_message": "Post a message to a team channel in the chat.",
    "find_contact": "The address and phone number of a person in the address book.",
    "print_document": "Print a document on paper.",
}
"""Tools of others, as they describe themselves: none says what people call it by."""
FOR_PLUGINS = (
    ("Will it rain in Bergen tomorrow?", "get_weather"),
    ("Mail Jonas that I am ill today.", "send_email"),
    ("Do I have any new e-mails?", "read_inbox"),
    ("Enter a dentist appointment on Thursday at 9.", "add_event"),
    ("Turn the lamp in the kitchen off.", "set_light"),
    ("Make it 21 degrees in the bathroom.", "set_heating"),
    ("How do I get from Cologne to Lyon by train?", "find_train"),
    ("Where is my parcel 00340434161094?", "track_parcel"),
    ("How many dollars are 50 euros at the moment?", "exchange_rate"),
    ("What does the word petrichor mean?", "define_word"),
    ("Wake me up at half past six.", "set_alarm"),
    ("Commit what I changed in the repository.", "git_commit"),
    ("Unpack photos.zip", "unzip"),
    ("How many calories does a banana have?", "count_calories"),
    ("Print the contract twice.", "print_document"),
)


class Shelf:
    """A memory, as far as the tools that look into one need it."""

    def search(self, query: str, k: int = 5) -> list[Passage]:
        return []

    def remember(self, text: str) -> Document:
        raise NotImplementedError


def own_tools(folder: Path) -> list[BaseTool]:
    """All that nomoat has itself."""
    network = Network()
    return builtin_tools(
        Workspace(folder),
        memory=Shelf(),
        network=network,
        search=DuckDuckGo(network.contacts),
        ask=lambda question: question,
    )


def plugin(name: str, about: str, uses: Sequence[str] = ()) -> BaseTool:
    def function(text: str) -> str:
        return text

    function.__doc__ = about
    return tool(effects="none", name=name, uses=uses)(function)


def plugins() -> list[BaseTool]:
    return [plugin(name, about) for name, about in PLUGINS.items()]


# -- with the real embedder -------------------------------------------------------------------


@pytest.fixture(scope="module")
def embedder(embedder_folder: Path) -> MiniLM:
    return MiniLM(embedder_folder)


@pytest.fixture(scope="module")
def view(embedder: MiniLM, tmp_path_factory: pytest.TempPathFactory) -> View:
    return View(Toolbox(own_tools(tmp_path_factory.mktemp("w"))), embedder)


@pytest.fixture(scope="module")
def wide(embedder: MiniLM, tmp_path_factory: pytest.TempPathFactory) -> View:
    """With as many tools as somebody has who has installed a lot."""
    tools = [*own_tools(tmp_path_factory.mktemp("w")), *plugins()]
    assert len(tools) >= 60
    return View(Toolbox(tools), embedder)


def shares(view: View, goals: Sequence[tuple[str, str]]) -> tuple[float, float, list[str]]:
    """Of the goals, how many have their tool in first place and in view; and what went wrong."""
    seen = [(goal, name, view.of(goal).among()) for goal, name in goals]
    first = sum(names[0] == name for _, name, names in seen)
    within = sum(name in names for _, name, names in seen)
    wrong = [f"{name} for {goal!r}: {names}" for goal, name, names in seen if name not in names]
    return first / len(goals), within / len(goals), wrong


@pytest.mark.model
def test_the_right_tool_is_in_view(view: View) -> None:
    first, within, wrong = shares(view, GOALS)
    assert within >= 0.9, wrong
    assert first >= 0.7


@pytest.mark.model
def test_it_is_among_sixty_tools_too(wide: View) -> None:
    first, within, wrong = shares(wide, GOALS)
    assert within >= 0.9, wrong
    assert first >= 0.6


@pytest.mark.model
def test_a_tool_that_only_describes_itself_is_found_among_sixty(wide: View) -> None:
    _, within, wrong = shares(wide, FOR_PLUGINS)
    assert within >= 0.9, wrong


@pytest.mark.model
def test_few_are_in_view_and_always_the_same(view: View, wide: View) -> None:
    for goal, _ in GOALS[::5]:
        for one in (view, wide):
            names = one.of(goal).among()
            assert 1 <= len(names) <= IN_VIEW
            assert names == one.of(goal).among()


@pytest.mark.model
def test_a_later_process_sees_the_same_and_embeds_only_the_goal(
    embedder: MiniLM, tmp_path: Path, nomoat_home: Path
) -> None:
    asked: list[int] = []

    class Counting(MiniLM):
        def embed(self, texts: Sequence[str]) -> Vectors:
            asked.append(len(texts))
            return embedder.embed(texts)

    box = Toolbox(own_tools(tmp_path))
    goal = GOALS[0][0]
    before = View(box, Counting()).of(goal).best
    assert max(asked) > 50  # the phrases of the tools
    asked.clear()
    assert View(box, Counting()).of(goal).best == before
    assert max(asked) < 10


# -- without it -------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [None, "no-such-folder"])
def test_without_an_embedder_every_tool_is_in_view(tmp_path: Path, folder: str | None) -> None:
    box = Toolbox(own_tools(tmp_path))
    view = View(box, MiniLM(tmp_path / folder) if folder else None)
    assert view.of("Rename a.txt to b.txt").among() == box.names
    assert view.of("Rename a.txt to b.txt").sureness == 0
    assert view.of("Rename a.txt to b.txt, then read it to me").first in {"", box.names[0]}
    among = ("delete_file", *box.names[:FEW])
    assert set(view.of("Rename a.txt to b.txt").among(among)) == set(among)


def test_every_own_tool_says_when_it_is_needed(tmp_path: Path) -> None:
    box = Toolbox(own_tools(tmp_path))
    specs = {name: spec_of(box.get(name)) for name in box.names}
    assert {name: spec.uses for name, spec in specs.items()} == USES
    phrases = [phrase for uses in USES.values() for phrase in uses]
    assert len(set(phrases)) == len(phrases)  # one tool for each
    for name, spec in specs.items():
        assert set(spec.grounded) <= set(box.schema(name)["properties"])


def test_few_tools_need_no_choice() -> None:
    box = Toolbox(plugins()[:FEW])
    assert View(box, Hashed()).of("Nothing of this").among() == box.names
    assert View(Toolbox([]), Hashed()).of("Nothing at all").among() == ()
    assert View(Toolbox([]), Hashed()).of("Nothing at all").sureness == 0


def test_only_what_is_asked_for_is_in_view() -> None:
    view = View(Toolbox(plugins()), Hashed())
    among = tuple(PLUGINS)[:8]
    names = view.of("Switch a lamp on or off, or dim it.").among(among)
    assert names[0] == "set_light"
    assert set(names) <= set(among)


def test_each_part_of_a_goal_brings_its_tool() -> None:
    view = View(Toolbox(plugins()), Hashed())
    goal = "Play a song or an album, then unpack a zip archive."
    assert {"play_music", "unzip"} <= set(view.of(goal).among())
    assert view.of(goal).first == "play_music"


def test_a_tool_is_found_by_what_people_say_or_else_by_what_it_is() -> None:
    others = plugins()[:10]
    said = plugin("gnat", "Unhelpful.", uses=["hoover the living room"])
    named = plugin("water_plants", "Unhelpful.")
    view = View(Toolbox([*others, said, named]), Hashed())
    assert view.of("hoover the living room").first == "gnat"
    assert view.of("water plants").first == "water_plants"


@pytest.mark.parametrize("damage", [b"", b"no array", None])
def test_damaged_vectors_on_disk_are_made_again(nomoat_home: Path, damage: bytes | None) -> None:
    box = Toolbox(plugins())
    goal = "Take a picture of the screen."
    before = View(box, Hashed()).of(goal).best
    (file,) = (nomoat_home / "cache").glob("*.npy")
    if damage is None:
        np.save(file, np.zeros((2, 3), dtype=np.float32))  # of other phrases
    else:
        file.write_bytes(damage)
    assert View(box, Hashed()).of(goal).best == before
    assert np.load(file).shape[0] > 2


def test_a_disk_that_refuses_costs_only_time(nomoat_home: Path) -> None:
    nomoat_home.mkdir()
    (nomoat_home / "cache").write_text("not a folder")
    assert View(Toolbox(plugins()), Hashed()).of("Take a picture of the screen.").best


def test_another_embedder_makes_other_vectors(nomoat_home: Path) -> None:
    for dimension in (32, 64):
        View(Toolbox(plugins()), Hashed(dimension=dimension)).of("Play a song")
    assert len(list((nomoat_home / "cache").glob("*.npy"))) == 2


# -- the parts of a goal ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("goal", "parts"),
    [
        ("What is 2 + 2?", ()),
        (
            "Read the note a.txt, then write its sum to b.txt",
            ("Read the note a.txt,", "write its sum to b.txt"),
        ),
        ("Who is the plumber? Add her to todo.txt", ("Who is the plumber?", "Add her to todo.txt")),
        ("Stop. Read the last letter.", ("Read the last letter.",)),  # one word says too little
    ],
)
def test_the_clauses_of_a_goal(goal: str, parts: tuple[str, ...]) -> None:
    whole, *found = clauses(goal)
    assert whole == goal
    assert tuple(found) == parts


@given(st.text(max_size=200))
def test_any_text_has_clauses_that_are_parts_of_it(goal: str) -> None:
    whole, *parts = clauses(goal)
    assert whole == goal
    assert all(part in goal for part in parts)
    assert isinstance(without_names(goal), str)


@pytest.mark.parametrize(
    ("said", "general"),
    [
        ("Change 'old bike' to 'new car' in todo.txt", "Change a text to a text in a file"),
        ("Sum up data/sales.csv", "Sum up a table"),
        ("Read https://a.example/x?y=1 aloud", "Read https://site.org/page aloud"),
        ("Don't change Anna's part", "Don't change Anna's part"),
        ("It costs 3.50 at most", "It costs 3.50 at most"),
    ],
)
def test_names_are_made_general(said: str, general: str) -> None:
    assert without_names(said) == general
