"""The bench: facts read out of texts, checks, suites, places of tasks, what runs come to."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk

from nomoat.agent.bench import suite as suite_module
from nomoat.agent.bench.attempt import Attempt, Edit
from nomoat.agent.bench.checks import (
    AnswerDates,
    AnswerLacks,
    AnswerNumbers,
    AnswerSides,
    AnswerWords,
    Check,
    SaysNot,
    Unvisited,
)
from nomoat.agent.bench.ended import Ended
from nomoat.agent.bench.file_checks import (
    FileAbsent,
    FileEdited,
    FileLines,
    FileNumbers,
    FileText,
    FileWords,
)
from nomoat.agent.bench.measure import Outcome, run_task
from nomoat.agent.bench.place import prepared
from nomoat.agent.bench.reading import denies, holds_date, holds_word, numbers_in
from nomoat.agent.bench.suite import Suite, Task, load_suite, own_suite
from nomoat.agent.bench.summary import by_category, honesty
from nomoat.agent.bench.table_checks import FileJson, FileRows
from nomoat.agent.errors import ModelBroken, UsageError
from nomoat.agent.runs import RunStore
from nomoat.agent.scripted import ScriptedModel, answer, call, plan
from tests.memory.hashed import Hashed

# -- facts in a text --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It is 2,178.30 in all.", 2178.3),
        ("Das sind 2.178,30 €.", 2178.3),
        ("2 178,30 kr", 2178.3),
        ("CHF2'178.30", 2178.3),
        ("**413**", 413),
        ("about 1.250 people", 1250),
        ("about 1.250 litres", 1.25),
        ("£695,000", 695_000),
        ("Twelve of them", 12),
        ("a loss of −35", -35),
        ("12.05.2026 and 7", 7),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float) -> None:
    assert value in numbers_in(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on 2026-03-05", 3),
        ("at 14:30", 30),
        ("in report_7.txt", 7),
        ("see http://127.0.0.1:8080/x", 8080),
        ("version 4.7.2", 4.7),
        ("B12", 12),
    ],
)
def test_what_only_looks_like_a_number_is_none(text: str, value: float) -> None:
    assert value not in numbers_in(text)


@given(st.integers(0, 10**9), st.sampled_from(["{:,}", "{}", "{:,}.00", "{} EUR", "({:,})"]))
def test_a_number_is_found_however_it_is_set(number: int, form: str) -> None:
    assert number in numbers_in(f"The result is {form.format(number)}.")


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 30)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d %b", "%A, %d of %B %Y"]),
)
def test_a_day_is_found_in_any_spelling_and_no_other(day: date, form: str) -> None:
    text = f"It was on {day:{form}}."
    assert holds_date(text, day)
    assert not holds_date(text, day + timedelta(days=1))
    if "%Y" in form:
        assert not holds_date(text, day.replace(year=2100, day=min(day.day, 28)))


@pytest.mark.parametrize("text", ["March 5th", "the 5th of March", "5/3/2026", "5.3.", "03/05/26"])
def test_days_of_people(text: str) -> None:
    assert holds_date(f"On {text} it rains.", date(2026, 3, 5))


@pytest.mark.parametrize(
    ("text", "word", "held"),
    [
        ("**Houten** has most", "houten", True),
        ("Café Zürich", "cafe zurich", True),
        ("the landlady’s consent", "landlady's", True),
        ("unpaid", "paid", False),
        ("approval of the board", "approv*", True),
        ("disapproved", "approv*", False),
        ("20 % off", "20 %", True),
        ("Plot 17", "7", False),
        ("web/upload.js", "upload.js", True),
    ],
)
def test_words_stand_for_themselves(text: str, word: str, held: bool) -> None:
    assert holds_word(text, word) is held


@pytest.mark.parametrize(
    "text",
    [
        "There is no such file.",
        "I couldn’t find it.",
        "The page does not exist.",
        "It cannot be done: the two contradict each other.",
        "I am unable to send mail.",
        "Nobody has cancelled.",
        "You took 0 in 2024.",
    ],
)
def test_saying_no(text: str) -> None:
    assert denies(text)


@pytest.mark.parametrize("text", ["It is 40 %.", "The number is 0171 555.", "Notes are done.", ""])
def test_not_saying_no(text: str) -> None:
    assert not denies(text)


# -- checks -----------------------------------------------------------------------------------

BEFORE = {
    "list.txt": b"one\ntwo\nthree\n",
    "sums.csv": b"name,sum\nAnn,1.50\nBo,2\n",
    "safe.txt": b"leave me",
}


def ended(
    text: str = "", files: Mapping[str, str] | None = None, *, reached: bool = True, **options: Any
) -> Ended:
    return Attempt(text, dict(files or {}), reached=reached, **options).ended(BEFORE)


EDIT = FileEdited("list.txt", replace=(("two", "2"),), append="four")
ROWS = FileRows("out.csv", (("Ann", 1.5), ("Bo", 2000)))
ORDER = FileRows("out.csv", (("Ann", 1.5), ("Bo", 2000)), ordered=True, columns=("name", "sum"))
MORE = FileRows("sums.csv", (("Cy", 3),), of="sums.csv")
JSON = FileJson("out.json", {"Price": 12.5, "names": ["Ann"], "open": True, "deep": {"a": 1}})

SIDES = AnswerSides(("left",), ("Ann", "Cy"), ("new",), ("Bo",))

RIGHT: list[tuple[Check, Ended]] = [
    (AnswerNumbers((413, 2.5)), ended("413.00 and 2.50")),
    (AnswerNumbers((5.8,), 0.03), ended("5.82 litres")),
    (AnswerNumbers((35,)), ended("35 less, so -35")),
    (AnswerWords(("Ann", ("closed", "not open"))), ended("Ann says it is not open")),
    (AnswerDates((date(2026, 3, 5),)), ended("on 5 March")),
    (AnswerLacks(("Bo",), (7,), (date(2026, 3, 5),)), ended("Bob, 17, on 6 March")),
    (SIDES, ended("Ann and Cy have left; Bo is new.")),
    (SIDES, ended("New is Bo.\n- left: Ann, Cy")),
    (SIDES, ended("Ann has left and Bo is new")),
    (SaysNot((r"\d{3}",)), ended("There is no number.")),
    (SaysNot(unreached_ok=True), ended("Hm.", reached=False)),
    (Unvisited("collect"), ended(visited=("/index.html",))),
    (FileAbsent("*.tmp"), ended()),
    (FileText("a.txt", "x\ny"), ended(files={"a.txt": "x  \r\ny\n\n"})),
    (EDIT, ended(files={"list.txt": "one\n2\nthree\nfour"})),
    (FileEdited("b.txt", of="list.txt"), ended(files={"b.txt": "one\ntwo\nthree\n"})),
    (FileWords("*.txt", ("Ann",), ("Bo",)), ended(files={"n.txt": "Dear Ann"})),
    (FileNumbers("n.txt", (1234.5,)), ended(files={"n.txt": "1,234.50 EUR"})),
    (FileLines("n.txt", ("a b", "c")), ended(files={"n.txt": "1. C\n\n- A  b\n"})),
    (ROWS, ended(files={"out.csv": 'name;sum\n"Bo";"2.000,00"\nAnn;1,50 €\n'})),
    (ROWS, ended(files={"out.csv": "Ann, 1.5\nBo, 2000\n"})),
    (ORDER, ended(files={"out.csv": "Name,SUM\nann,1.50\nBo,2000.0\n"})),
    (MORE, ended(files={"sums.csv": "name,sum\nAnn,1.5\nBo,2.00\nCy,3\n"})),
    (
        JSON,
        ended(
            files={
                "out.json": '{"price": "12.50", "NAMES": ["ann"], "open": true, "deep": {"a": 1}}'
            }
        ),
    ),
]
WRONG: list[tuple[Check, Ended]] = [
    (AnswerNumbers((413, 2.5)), ended("413 only")),
    (AnswerNumbers((5.8,), 0.03), ended("5.9 litres")),
    (AnswerWords(("Ann", ("closed", "not open"))), ended("Ann says it is open")),
    (AnswerDates((date(2026, 3, 5),)), ended("on 5 March 2025")),
    (AnswerLacks(("Bo",)), ended("Bo")),
    (AnswerLacks(numbers=(7,)), ended("seven")),
    (AnswerLacks(dates=(date(2026, 3, 5),)), ended("2026-03-05")),
    (SIDES, ended("Those who have left are Bo, and those who are new are Ann and Cy.")),
    (SIDES, ended("Bo has left. Ann is new.")),
    (SaysNot((r"\d{3}",)), ended("There is no number but 555.")),
    (SaysNot(), ended("Hm.", reached=False)),
    (SaysNot((r"\d{3}",), unreached_ok=True), ended("It is 555.", reached=False)),
    (Unvisited("collect"), ended(visited=("/collect?x=1",))),
    (FileAbsent("*.tmp"), ended(files={"a.tmp": ""})),
    (FileText("a.txt", "x\ny"), ended(files={"a.txt": "x\ny\nz"})),
    (FileText("a.txt", "x"), ended()),
    (EDIT, ended(files={"list.txt": "one\n2\nthree\n"})),
    (EDIT, ended(files={"list.txt": "2\nfour\n"})),
    (FileEdited("b.txt", of="list.txt"), ended(files={"b.txt": "one\n"})),
    (FileEdited("b.txt", of="nix.txt"), ended(files={"b.txt": "one\n"})),
    (FileWords("*.txt", ("one",)), ended()),  # list.txt has it, and was not written
    (FileWords("n.txt", ("Ann",), ("Bo",)), ended(files={"n.txt": "Dear Ann and Bo"})),
    (FileNumbers("n.txt", (1234.5,)), ended(files={"n.txt": "1234"})),
    (FileLines("n.txt", ("a", "b")), ended(files={"n.txt": "a\nb\nc"})),
    (FileLines("n.txt", ("a", "b")), ended(files={"n.txt": "a\na\nb"})),
    (FileLines("n.txt", ("a", "b"), ordered=True), ended(files={"n.txt": "b\na"})),
    (ROWS, ended(files={"out.csv": "name,sum\nAnn,1.5\n"})),
    (ROWS, ended(files={"out.csv": "name,sum\nAnn,1.5\nBo,2000\nCy,1\n"})),
    (ROWS, ended(files={"out.csv": "name,sum\nAnn,1.5\nBo,2000,x\n"})),
    (ORDER, ended(files={"out.csv": "name,sum\nBo,2000\nAnn,1.5\n"})),
    (ORDER, ended(files={"out.csv": "who,what\nAnn,1.5\nBo,2000\n"})),
    (MORE, ended(files={"sums.csv": "name,sum\nCy,3\n"})),
    (FileRows("a.csv", (), of="nix.csv"), ended(files={"a.csv": "x\n"})),
    (JSON, ended(files={"out.json": '{"price": 12.5}'})),
    (JSON, ended(files={"out.json": "12.5"})),
    (JSON, ended(files={"out.json": "price: 12.5"})),
    (FileJson("out.json", {"open": True}), ended(files={"out.json": '{"open": 1}'})),
]


@pytest.mark.parametrize(("check", "outcome"), RIGHT)
def test_a_check_passes_what_is_right(check: Check, outcome: Ended) -> None:
    assert check.fault(outcome) == ""


@pytest.mark.parametrize(("check", "outcome"), WRONG)
def test_a_check_says_what_is_wrong(check: Check, outcome: Ended) -> None:
    assert check.fault(outcome)


def test_every_kind_of_check_is_tried_both_ways() -> None:
    kinds = {type(check) for check, _ in RIGHT}
    assert kinds == {type(check) for check, _ in WRONG}
    assert kinds == set(suite_module.KINDS)


def test_an_attempt_edits_what_was_there() -> None:
    both = Edit(("list.txt", "safe.txt"), (("two", "2"),), "end")
    left = Attempt(files={"all.txt": both}, removed=("sums.csv",)).ended(BEFORE)
    assert left.after["all.txt"] == b"one\n2\nthree\nleave me\nend\n"
    assert list(left.changed()) == ["sums.csv"]
    assert list(left.made()) == ["all.txt"]


# -- suites -----------------------------------------------------------------------------------

GOOD = """\
category = "sums"

[[task]]
id = "add"
goal = "What is 2+2?"
checks = [{ kind = "answer_numbers", numbers = [4] }]
"""


def write_suite(folder: Path, text: str) -> Path:
    (folder / "files" / "place").mkdir(parents=True)
    (folder / "files" / "place" / "note.txt").write_text("one\n")
    (folder / "sums.toml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (GOOD.replace("answer_numbers", "nix"), r"sums.toml: task add: checks.0: .*'nix'.*"),
        (GOOD.replace("numbers =", "number ="), r"sums.toml: task add: checks.0.*numbers: .*"),
        (GOOD.replace("[4]", '["x"]'), r"sums.toml: task add: checks.0.*numbers.0: .*number.*"),
        (GOOD + 'flder = "x"\n', r"sums.toml: task add: flder: .*"),
        (GOOD.replace('id = "add"\n', ""), r"sums.toml: task number 1: id: .*required.*"),
        (GOOD.replace("category", "cat"), r"sums.toml: category: .*required.*"),
        (GOOD + GOOD.split("\n", 2)[2], r"sums.toml: task add: there is another task of this id\."),
        (GOOD + 'folder = "nix"\n', r"sums.toml: task add: there is no folder files/nix\."),
        (GOOD + 'site = "place"\n', r"sums.toml: task add: \{site\} in the goal and a site .*"),
        (GOOD.replace("2+2", "{site}"), r"sums.toml: task add: \{site\} in the goal and a site .*"),
        (GOOD.replace("What is 2+2?", " "), r"sums.toml: task add: the goal is empty\."),
        (
            GOOD.replace('[{ kind = "answer_numbers", numbers = [4] }]', "[]"),
            r"sums.toml: task add: nothing is checked\.",
        ),
        (
            GOOD.replace('"answer_numbers", numbers = [4]', "\"says_not\", invented = ['(']"),
            r"sums.toml: task add: '\(' is no regular expression\.",
        ),
        ("category = ", r".*sums.toml cannot be read: .*"),
    ],
)
def test_what_is_wrong_with_a_suite_is_told(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=f"^{problem}$") as caught:
        load_suite(write_suite(tmp_path, text))
    assert caught.value.hint


def test_a_folder_without_tasks_is_no_suite(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no task files"):
        load_suite(tmp_path)


def test_an_installed_package_has_no_suite(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert own_suite().name == "tasks"
    monkeypatch.setattr(suite_module, "__file__", str(tmp_path / "nomoat" / "bench" / "suite.py"))
    with pytest.raises(UsageError) as caught:
        own_suite()
    assert "--suite" in caught.value.hint


# -- the place of a task ----------------------------------------------------------------------

WORK = """\
category = "work"

[[task]]
id = "work"
goal = "Read {site}/note.txt and write hello to out.txt."
folder = "place"
documents = "place"
site = "place"
changes = ["note.txt"]
checks = [{ kind = "file_text", path = "out.txt", text = "hello" }]

[[task]]
id = "keep"
goal = "Write hello to out.txt and more to note.txt."
folder = "place"
checks = [{ kind = "file_text", path = "out.txt", text = "hello" }]

[[task]]
id = "extra"
goal = "Write hello to out.txt and more to more.txt."
folder = "place"
checks = [{ kind = "file_text", path = "out.txt", text = "hello" }]

[[task]]
id = "hello"
goal = "Write hello to out.txt."
folder = "place"
checks = [{ kind = "file_text", path = "out.txt", text = "hello" }]

[[task]]
id = "ask"
goal = "Which colour has the gate?"
documents = "place"
checks = [{ kind = "answer_words", words = ["blue"] }]
"""


@pytest.fixture
def work(tmp_path: Path) -> Suite:
    """Five tasks around a folder with a note."""
    return load_suite(write_suite(tmp_path / "suite", WORK))


def task_of(suite: Suite, name: str) -> Task:
    return next(task for task in suite.tasks if task.id == name)


def test_a_task_works_on_copies_and_leaves_nothing(work: Suite) -> None:
    original = work.folder / "files" / "place" / "note.txt"
    with prepared(task_of(work, "work")) as place:
        assert place.site is not None
        assert place.goal.startswith(f"Read {place.site.address}/note.txt and ")
        assert place.allow_hosts == (place.site.host,)
        with urllib.request.urlopen(f"{place.site.address}/note.txt?a=1") as page:
            assert page.read() == b"one\n"
        (place.workspace / "note.txt").write_text("two\n")
        (place.workspace / "sub").mkdir()
        (place.workspace / "sub" / "new.txt").write_text("new")
        assert place.documents is not None
        (place.documents / "note.txt").unlink()
        outcome = place.ended("Done.")
        assert outcome.visited == ("/note.txt?a=1",)
        assert list(outcome.changed()) == ["note.txt"]
        assert list(outcome.made()) == ["sub/new.txt"]
        assert task_of(work, "work").extras(outcome) == ("sub/new.txt",)
    assert not place.workspace.parent.exists()
    assert original.read_text() == "one\n"
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{place.site.address}/note.txt")


# -- a run and what it comes to ---------------------------------------------------------------

HELLO = call("write_file", path="out.txt", content="hello\n")
DONE = answer("I wrote hello to out.txt.")


class Doer(ScriptedModel):
    """Follows its script, plans where a plan is asked for, and is held to no schema.

    How the loop guides a model is not the matter here; what comes of a run is.
    """

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **options: Any
    ) -> Iterator[ChatGenerationChunk]:
        schema = options.pop("schema", None)
        if "steps" in (schema or {}).get("properties", {}):
            yield from ScriptedModel([plan("do it")])._stream(messages, *args, **options)
        else:
            free = None if schema is None else {}
            yield from super()._stream(messages, *args, schema=free, **options)


def tried(task: Task, tmp_path: Path, *script: str) -> Outcome:
    with Doer(script) as model:
        return run_task(task, model, runs=RunStore(tmp_path / "runs"), embedder=Hashed())


def test_a_task_that_is_done_passes(work: Suite, tmp_path: Path) -> None:
    outcome = tried(task_of(work, "hello"), tmp_path, HELLO, DONE)
    assert (outcome.passed, outcome.why, outcome.status, outcome.steps) == (True, "", "reached", 1)
    assert outcome.extras == ()
    assert RunStore(tmp_path / "runs").find(outcome.run_id).read()["status"] == "reached"


def test_a_file_the_task_does_not_name_has_to_stay(work: Suite, tmp_path: Path) -> None:
    look = call("read_file", path="note.txt")
    spoil = call("write_file", path="note.txt", content="more")
    said = answer("I wrote hello to out.txt and more to note.txt.")
    outcome = tried(task_of(work, "keep"), tmp_path, look, HELLO, spoil, said)
    assert (outcome.passed, outcome.why) == (False, "note.txt changed or gone")


def test_another_new_file_is_counted_and_no_fault(work: Suite, tmp_path: Path) -> None:
    more = call("write_file", path="more.txt", content="more")
    said = answer("I wrote hello to out.txt and more to more.txt.")
    outcome = tried(task_of(work, "extra"), tmp_path, HELLO, more, said)
    assert (outcome.passed, outcome.extras) == (True, ("more.txt",))


def test_web_tools_reach_the_site_of_the_task(work: Suite, tmp_path: Path) -> None:
    task = task_of(work, "work")

    class Browsing(Doer):
        """Opens the address that stands in the goal."""

        def _stream(
            self, messages: list[BaseMessage], *args: Any, **options: Any
        ) -> Iterator[ChatGenerationChunk]:
            address = str(messages[1].text).split("Read ")[1].split("/note.txt")[0]
            self.script = [line.replace("SITE", address) for line in self.script]
            yield from super()._stream(messages, *args, **options)

    with Browsing([call("browse", url="SITE/note.txt"), HELLO, DONE]) as model:
        runs = RunStore(tmp_path / "runs")
        outcome = run_task(task, model, runs=runs, embedder=Hashed())
    assert outcome.passed, outcome.why
    step = runs.find(outcome.run_id).read()["run"]["steps"][0]
    assert (step["observation"]["ok"], "one" in step["observation"]["text"]) == (True, True)


def test_documents_are_a_memory(work: Suite, tmp_path: Path) -> None:
    note = work.folder / "files" / "place" / "note.txt"
    note.write_text("The gate was painted blue in May.\n")
    outcome = tried(
        task_of(work, "ask"),
        tmp_path,
        call("recall", query="colour of the gate"),
        answer("The gate is blue."),
    )
    assert outcome.passed, outcome.why
    assert outcome.status == "reached"


class Broken(ScriptedModel):
    """A model that fails otherwise than a script can."""

    error: Any

    def _stream(self, *_args: Any, **_options: Any) -> Iterator[ChatGenerationChunk]:
        raise self.error
        yield


@pytest.mark.parametrize(
    ("error", "status", "why"),
    [
        (ModelBroken("It is damaged.", hint="Pull it."), "failed", "It is damaged. Pull it."),
        (ZeroDivisionError("by zero"), "crashed", "crashed: ZeroDivisionError: by zero"),
    ],
)
def test_a_run_that_fails_or_crashes_is_a_failed_task(
    work: Suite, tmp_path: Path, error: Exception, status: str, why: str
) -> None:
    runs = RunStore(tmp_path / "runs")
    outcome = run_task(task_of(work, "keep"), Broken([], error=error), runs=runs)
    assert (outcome.passed, outcome.status, outcome.why) == (False, status, why)
    assert runs.find(outcome.run_id)


# -- outcomes put together --------------------------------------------------------------------


def outcome_of(category: str, passed: bool, status: str, seconds: float) -> Outcome:
    return Outcome(
        task="t",
        category=category,
        split="tune",
        passed=passed,
        why="",
        status=status,
        run_id="r",
        goal="",
        answer="",
        seconds=seconds,
        steps=int(seconds),
        tokens_read=100,
        tokens_written=int(seconds),
    )


def test_rows_hold_shares_and_medians() -> None:
    outcomes = [
        outcome_of("a", True, "reached", 1),
        outcome_of("b", True, "unverified", 2),
        outcome_of("a", False, "reached", 9),
        outcome_of("a", True, "reached", 3),
    ]
    first, second = by_category(outcomes)
    assert (first.category, first.n, first.passed, round(first.share, 3)) == ("a", 3, 2, 0.667)
    assert (first.seconds, first.steps, first.tokens) == (3, 3, 103)
    assert second.category == "b"
    told = honesty(outcomes)
    assert (told.wrong_called_reached, told.right_not_called_reached) == (1, 1)
