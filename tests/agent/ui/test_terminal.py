"""What a person sees of a run, in a terminal and without one."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from nomoat.agent import events
from nomoat.agent.check.evidence import Claim, Verdict
from nomoat.agent.decision import Decision, ToolCall
from nomoat.agent.errors import Interrupted
from nomoat.agent.printable import clean
from nomoat.agent.runs import Run
from nomoat.agent.state import Said, Status, Step, Usage
from nomoat.agent.trust.policy import Approval
from nomoat.agent.ui.terminal import Screen
from nomoat.agent.ui.words import FOLDED_LINES
from nomoat.tools.observation import Observation

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31mred\r\x08 \u202egpj.exe \u2066x [bold]b[/] :warning: \x7f"
SPENT = Usage(prompt=900, cached=500, generated=60, forced=20, decode_seconds=2.0)


def console(**settings: object) -> Console:
    """As the screen makes its own, over a text that can be read."""
    options = {"file": io.StringIO(), "highlight": False, "emoji": False, **settings}
    made = Console(**options)  # type: ignore[arg-type] # plain options of a test
    made.soft_wrap = not made.is_terminal
    return made


def shown(*told: events.Event, quiet: bool = False, **settings: object) -> str:
    """What a screen prints of some events."""
    place = console(**settings)
    screen = Screen(quiet=quiet, interactive=False, console=place)
    for event in told:
        screen.show(event)
    assert isinstance(place.file, io.StringIO)
    return place.file.getvalue()


def ended(status: Status = Status.REACHED, answer: str = "It is 4.", **facts: object) -> Run:
    defaults: dict[str, object] = {
        "run_id": "20261122-071530-3f9a",
        "goal": "What is 2+2?",
        "plan": ("calculate: it",),
        "steps": (),
        "verdict": Verdict((Claim("4", "number", (1,)),)),
        "model": "m",
        "seconds": 3.21,
        "usage": SPENT,
    }
    return Run(status=status, answer=answer, **{**defaults, **facts})  # type: ignore[arg-type]


def every_event(text: str) -> list[events.Event]:
    """All that can be shown, with a text wherever one is."""
    call = ToolCall(text, {text: text})
    observed = Observation(text, files=(text,))
    verdict = Verdict((Claim(text, "name"),), (text,), unchanged=True)
    run = ended(Status.INTERRUPTED, text, error=text, verdict=verdict, model=text)
    return [
        events.RunStarted("20261122-071530-3f9a", text, text),
        events.Reading(128, 512),
        events.Writing(0, text, ""),
        events.Planned((text, text), False, SPENT),
        events.Writing(1, text, text),
        events.Decided(1, text, call, SPENT),
        events.Observed(1, observed),
        events.Remarked(2, text),
        events.Folded(1, text, clipped=True),
        events.Answered(text, verdict, SPENT),
        events.Finished(run),
    ]


# -- text that is not ours --------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{}, {"force_terminal": True, "width": 80}])
def test_nothing_in_a_text_reaches_the_terminal_as_a_command(settings: dict[str, object]) -> None:
    styles = re.compile(r"\x1b\[[\d;]*m")  # colours, which are the screen's own
    text = styles.sub("", shown(*every_event(EVIL), **settings))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", text)
    assert "[bold]b[/]" in text  # not taken for markup
    assert ":warning:" in text  # nor for an emoji


@given(st.text())
def test_clean_text_is_harmless_and_the_rest_is_kept(text: str) -> None:
    seen = clean(text)
    assert clean(seen) == seen
    assert not any(ord(c) < 32 and c not in "\n\t" for c in seen)
    assert not any(127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000 for c in seen)
    seen.encode()
    if text.isprintable():
        assert seen == text


@pytest.mark.parametrize(
    "text", ["1\u202f234 €", "नमस्ते", "👩\u200d🔬", "می\u200cخواهم", "日本", "naïve"]
)
def test_what_people_write_is_shown_as_it_is(text: str) -> None:
    assert clean(text) == text
    assert text in shown(events.RunStarted("r", text, "m"))


# -- lines ------------------------------------------------------------------------------------


def test_what_the_model_is_not_shown_any_more_is_told_in_a_line() -> None:
    assert shown(events.Folded(12, "Notes")) == (
        "The window is nearly full: steps 1 to 12 go on as a note.\n"
    )
    one = shown(events.Folded(1, "Notes", clipped=True))
    assert "step 1 goes on as a note; only the beginning of the last result" in one
    assert "note" not in shown(events.Folded(0, "", clipped=True))


def test_a_run_as_plain_lines() -> None:
    text = shown(
        events.RunStarted("20261122-071530-3f9a", "What is 2+2?", "m"),
        events.Planned(("calculate: the sum",), False, SPENT),
        events.Decided(1, "I add.", ToolCall("calculate", {"expression": "2+2", "n": 1}), SPENT),
        events.Observed(1, Observation("4")),
        events.Finished(ended()),
    )
    assert text == (
        "What is 2+2?\n"
        "m · run 20261122-071530-3f9a\n"
        "\n"
        "Plan (30 tok/s)\n"
        "  1. calculate: the sum\n"
        "\n"
        "Step 1 · I add. (30 tok/s)\n"
        "  calculate(expression=2+2, n=1)\n"
        "  │ 4\n"
        "\n"
        "It is 4.\n"
        "evidence: step 1\n"
        "\n"
        "reached in 3.2 s, 0 steps, 30 tok/s, 60 tokens written, 400 read\n"
    )


def test_a_run_that_goes_on_shows_its_plan_with_what_is_done() -> None:
    plan = ("Look it up in a.csv", "Write it to b.txt")
    call = ToolCall("write_file", {"path": "b.txt"})
    seen = Observation("done", files=("b.txt",))
    first = Step(1, Said(""), Decision("I look.", ToolCall("find", {})), Observation("1"))
    step = Step(2, Said(""), Decision("Still to do: write it.", call), seen)
    begun = events.RunStarted("r", "the goal", "m", plan=plan, steps=(first,))
    assert shown(begun).endswith("\nPlan\n  ▸ Look it up in a.csv\n  ○ Write it to b.txt\n")
    assert "✓ Look it up" in shown(replace(begun, steps=(first, step)))
    assert "Plan" not in shown(replace(begun, plan=("the goal",)))
    place = console(force_terminal=True, width=60, color_system=None)
    with Screen(quiet=False, interactive=False, console=place) as screen:
        screen.show(begun)
        screen.show(events.Decided(2, step.decision.thought, call, SPENT))
        screen.show(events.Finished(ended(Status.UNVERIFIED)))
    assert isinstance(place.file, io.StringIO)
    rows = on_screen(place.file.getvalue())
    at = rows.index("It is 4.")
    assert rows[at - 4 : at] == ["Plan", "  ✓ Look it up in a.csv", "  ▸ Write it to b.txt", ""]


def test_an_ending_says_what_does_not_hold_and_how_to_go_on() -> None:
    verdict = Verdict((Claim("Oslo", "name"),), ("out.txt",), unchanged=True)
    text = shown(events.Finished(ended(Status.UNVERIFIED, verdict=verdict)))
    assert "not observed: Oslo\nnot written: out.txt\nnothing was changed\n" in text
    assert "answered, not verified in" in text
    text = shown(events.Finished(ended(Status.INTERRUPTED, "")))
    assert text.endswith("Go on with: nomoat resume 20261122-071530-3f9a\n")
    assert "out of time" in shown(events.Finished(ended(Status.FAILED, "", error="out of time")))


@pytest.mark.parametrize("status", Status)
def test_every_status_has_words(status: Status) -> None:
    assert " in 3.2 s" in shown(events.Finished(ended(status)))


def test_long_results_are_folded() -> None:
    many = shown(events.Observed(1, Observation("\n\n".join(map(str, range(100))))))
    assert len(many.splitlines()) == FOLDED_LINES
    assert "… 95 more lines" in many
    wide = shown(events.Observed(1, Observation("x" * 100_000)))
    assert len(wide) < 500
    assert "99,600 more characters" in wide


@pytest.mark.parametrize("width", [40, 23, 12])
@pytest.mark.parametrize("text", ["word " * 60, "x" * 300, "日本語の長い文章です。" * 12])
def test_long_text_wraps_and_none_is_lost(width: int, text: str) -> None:
    wrapped = shown(*every_event(text), force_terminal=True, width=width, color_system=None)
    assert max(cell_len(line) for line in wrapped.splitlines()) <= width
    bare = re.sub(r"[│\s]", "", wrapped)
    assert bare.count(re.sub(r"\s", "", text)) >= 5


def test_without_a_terminal_lines_are_not_broken() -> None:
    answer = "word " * 60 + "end"
    assert f"\n{answer}\n" in shown(events.Finished(ended(answer=answer)), width=40)


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NO_COLOR", "1"), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, value)
    text = shown(*every_event("text"), force_terminal=True)
    codes = {code for found in re.findall(r"\x1b\[([\d;]*)m", text) for code in found.split(";")}
    assert codes <= {"", "0", "1", "2", "3"}  # bold, dim and italic are no colours
    assert codes & {"1", "2"}


def test_quiet_shows_no_events() -> None:
    assert shown(*every_event("text"), quiet=True) == ""


# -- questions --------------------------------------------------------------------------------

DIFF = "--- notes.txt\n+++ notes.txt\n@@ -1 +1 @@\n-old\n+new\n"
ASKED = events.ApprovalAsked(
    1,
    ToolCall("write_file", {"path": "notes.txt"}),
    ("write",),
    "write_file would write",
    DIFF,
    always='allow tool = "write_file"',
)


@dataclass
class Person:
    """Somebody at a keyboard."""

    screen: Screen
    console: Console

    @property
    def saw(self) -> str:
        assert isinstance(self.console.file, io.StringIO)
        return self.console.file.getvalue()


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Person]:
    def sits_down(typed: str | type[BaseException], **settings: object) -> Person:
        def read(_prompt: str = "") -> str:
            if isinstance(typed, str):
                return typed
            raise typed

        monkeypatch.setattr("builtins.input", read)
        place = console(**{"force_terminal": True, "width": 60, "color_system": None, **settings})
        return Person(Screen(quiet=False, interactive=True, console=place), place)

    return sits_down


@pytest.mark.parametrize(
    ("typed", "approval"),
    [
        ("y", Approval(True)),
        (" YES ", Approval(True)),
        ("r", Approval(True, "run")),
        ("a", Approval(True, "always")),
        ("n", Approval(False, comment="the person said no")),
        ("", Approval(False, comment="the person said no")),
        (EOFError, Approval(False, comment="the person said no")),
        ("Use todo.txt", Approval(False, comment="the person said: Use todo.txt")),
    ],
)
def test_answers(
    person: Callable[..., Person], typed: str | type[BaseException], approval: Approval
) -> None:
    somebody = person(typed)
    assert somebody.screen.approve(ASKED) == approval
    lines = [line.strip() for line in somebody.saw.splitlines()]
    assert "write_file would write" in lines
    assert {"-old", "+new"} <= set(lines)


def test_all_of_what_is_approved_is_shown(person: Callable[..., Person]) -> None:
    code = "\n".join(f"print({n}, '{'x' * 90}')" for n in range(200))
    call = ToolCall("python", {"code": code, "note": EVIL})
    somebody = person("n")
    somebody.screen.approve(events.ApprovalAsked(1, call, ("execute",), "python would", ""))
    bare = re.sub(r"\s", "", somebody.saw)
    assert all(f"print({n},'{'x' * 90}')" in bare for n in range(200))
    assert "\x1b" not in somebody.saw


def test_what_carries_private_text_is_shown_as_such(person: Callable[..., Person]) -> None:
    call = ToolCall("browse", {"url": "https://example.org/?q=marzipan"})
    asked = events.ApprovalAsked(1, call, ("network",), "…", "Open …", carried=("marzipan",))
    somebody = person("a")  # where no rule can be made, that is an answer like any other
    assert not somebody.screen.approve(asked).allowed
    assert "carries private text: marzipan" in somebody.saw


@pytest.mark.parametrize("edited", ['{"path": "b.txt"}', "no JSON", "[]", None])
def test_arguments_are_edited_as_json(
    person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch, edited: str | None
) -> None:
    somebody = person("e")
    answers = iter(["e", "y"])
    monkeypatch.setattr("builtins.input", lambda _prompt="": next(answers))
    monkeypatch.setattr("click.edit", lambda _text, extension: edited)
    expected = Approval(True, args={"path": "b.txt"}) if edited == '{"path": "b.txt"}' else None
    assert somebody.screen.approve(ASKED) == (expected or Approval(True))  # asked again


def test_ctrl_c_at_a_question_stops_the_run(person: Callable[..., Person]) -> None:
    somebody = person(KeyboardInterrupt)
    with pytest.raises(Interrupted):
        somebody.screen.approve(ASKED)
    assert not somebody.screen.asking


def test_confirm(person: Callable[..., Person]) -> None:
    assert person("y").screen.confirm("Trust it?")
    assert not person("").screen.confirm("Trust it?")
    assert not Screen(quiet=False, interactive=False).confirm("Trust it?")


def test_where_nobody_can_answer_it_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(quiet=True, interactive=False)
    assert not screen.approve(ASKED).allowed
    said = capsys.readouterr()
    assert said.out == ""
    assert "--yes allows it" in said.err
    screen.approve(replace(ASKED, by="contract"))
    assert "--yes" not in capsys.readouterr().err


# -- a real terminal --------------------------------------------------------------------------

PROGRAM = """
import time
from nomoat.agent.cli import main, run
from nomoat.agent.scripted import ScriptedModel, answer, call

class Slow(ScriptedModel):
    def _stream(self, *args, **kwargs):
        time.sleep(1.2)
        yield from super()._stream(*args, **kwargs)

lines = [
    call("write_file", path="out.txt", content="hello\\n"),
    answer("I wrote it."),
]
run.chat_model = lambda name, *, context: Slow(lines[SKIP:])
main()
"""


class Terminal:
    """A program in a terminal of its own, and all it has written so far."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        skip: int = 0,
        program: str = PROGRAM,
        **environment: str,
    ) -> None:
        self._far, near = pty.openpty()
        program = program.replace("SKIP", str(skip))
        clear = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            stdin=near,
            stdout=near,
            stderr=near,
            cwd=folder,
            env={**clear, "TERM": "xterm-256color", "COLUMNS": "100", **environment},
            start_new_session=True,
        )
        os.close(near)
        self.screen = ""
        self.pauses: list[float] = []
        """Seconds between one sign of life and the next."""

    def read_until(self, text: str, seconds: float = 60) -> None:
        """Wait until a text has appeared; an empty one waits for the end."""
        last = time.monotonic()
        deadline = last + seconds
        while not text or text not in self.screen:
            if time.monotonic() > deadline:
                pytest.fail(f"{text!r} did not appear: {self.screen[-2000:]!r}")
            if not select.select([self._far], [], [], 0.1)[0]:
                continue
            with suppress(OSError):  # the terminal is gone with the program
                piece = os.read(self._far, 65_536)
                if piece:
                    self.pauses.append(time.monotonic() - last)
                    last = time.monotonic()
                    self.screen += piece.decode(errors="replace")
                    continue
            if text:
                pytest.fail(f"it ended without {text!r}: {self.screen[-2000:]!r}")
            return

    def type(self, text: str) -> None:
        os.write(self._far, text.encode())

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def exit_status(self) -> int:
        self.read_until("")
        return self._process.wait(timeout=30)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._far)


@contextmanager
def terminal(
    folder: Path, *arguments: str, skip: int = 0, program: str = PROGRAM, **environment: str
) -> Iterator[Terminal]:
    opened = Terminal(folder, *arguments, skip=skip, program=program, **environment)
    try:
        yield opened
    finally:
        opened.close()


@pytest.mark.slow
def test_a_run_in_a_terminal_moves_asks_and_writes(tmp_path: Path, nomoat_home: Path) -> None:
    with terminal(tmp_path, "Write hello to out.txt") as there:
        there.read_until("Allow?")
        there.pauses.clear()  # what loads before is the machine's speed, and it is told
        assert "starting" in there.screen
        assert "+hello" in there.screen
        assert not (tmp_path / "out.txt").exists()
        there.type("y\n")
        assert there.exit_status() == 0
        assert "reached" in there.screen
    assert (tmp_path / "out.txt").read_text() == "hello\n"
    assert max(there.pauses) < 1.0  # the model thought for 1.2 seconds meanwhile


@pytest.mark.slow
def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path, nomoat_home: Path) -> None:
    with terminal(tmp_path, "Write hello to out.txt", TERM="dumb") as there:
        there.read_until("Allow?")
        there.type("r\n")
        assert there.exit_status() == 0
    assert "\x1b" not in there.screen
    assert "reached in" in there.screen


@pytest.mark.slow
def test_ctrl_c_at_a_question_leaves_it_open_for_later(tmp_path: Path, nomoat_home: Path) -> None:
    with terminal(tmp_path, "Write hello to out.txt") as there:
        there.read_until("Allow?")
        time.sleep(0.5)  # on a busy machine it is shown some time before it waits for the answer
        there.interrupt()
        assert there.exit_status() == 130
        assert "Go on with: nomoat resume" in there.screen
    assert not (tmp_path / "out.txt").exists()
    with terminal(tmp_path, "resume", skip=1) as there:
        there.read_until("Allow?")
        there.type("y\n")
        assert there.exit_status() == 0
    assert (tmp_path / "out.txt").read_text() == "hello\n"


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_questions_are_asked_beside_what_a_script_reads(
    tmp_path: Path, nomoat_home: Path, option: str
) -> None:
    with terminal(tmp_path, "Write me a greeting.", option) as there:
        there.read_until("Allow?")
        there.type("Not in this folder.\n")
        assert there.exit_status() == 3  # the answer says that it wrote, and it did not
    assert "Plan" not in there.screen
    assert list(tmp_path.glob("*.txt")) == []


def test_what_is_printed_stays_whatever_moves_below_it() -> None:
    """Read as a terminal would: rows are erased upwards, and none of those may be a printed one."""
    place = console(force_terminal=True, width=60, color_system=None)
    place.file = slow = Slow()
    plan = tuple(f"step {n} of the plan" for n in range(5))
    with Screen(quiet=False, interactive=False, console=place) as screen:
        screen.show(events.RunStarted("r", "the goal", "m"))
        for n in range(60):
            screen.show(events.Planned(plan[: 1 + n % 5], False, SPENT))
            screen.show(events.Writing(n, "x", "a thought " * (n % 9)))
            screen.say(f"said {n}.")
            screen.show(events.Observed(n, Observation(f"seen {n}.")))
    rows = on_screen(slow.getvalue())
    assert [row for row in rows if row.startswith("said")] == [f"said {n}." for n in range(60)]
    assert [row for row in rows if "seen" in row] == [f"  │ seen {n}." for n in range(60)]


class Slow(io.StringIO):
    """A terminal that takes its time, so that whoever draws meanwhile gets the chance."""

    def write(self, text: str) -> int:
        time.sleep(0.004)
        return super().write(text)


def on_screen(written: str) -> list[str]:
    """The rows that are left of what was written, with what rich does to the cursor."""
    rows, at = [""], 0
    for piece in re.findall(r"\x1b\[[\d;?]*[a-zA-Z]|\n|\r|[^\x1b\n\r]+", written):
        if piece == "\n":
            at += 1
            rows += [""] * (at + 1 - len(rows))
        elif piece == "\x1b[1A":
            at = max(at - 1, 0)
        elif piece == "\x1b[2K":
            rows[at] = ""
        elif not piece.startswith(("\x1b", "\r")):
            rows[at] += piece
    return rows
