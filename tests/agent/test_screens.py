"""What a person sees of nomoat in a real terminal: read off tmux, at 80 and at 120 columns.

Where there is no tmux these tests fail and name the command that installs it; `make test` does that
itself where it may. The screens are those of docs/screens: `python -m tests.screens` writes them
anew after a change that is meant.
"""

from __future__ import annotations

import difflib
import importlib.util
import re
import shutil
import unicodedata

import pytest
from rich.cells import cell_len

from tests.screens.record import ROOT, SPINNING, WIDTHS, Screen, record
from tests.screens.scenes import COMPARE, MOST, SAYS

KEPT = ROOT / "docs" / "screens"
STATUS = re.compile(r"^⠋ .*\b9 of 600 s", re.MULTILINE)
PLAN = ("Which region sold the most in sales.csv?", "Write its name to best.txt")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def installing() -> str:
    """The command of this machine that installs tmux."""
    spec = importlib.util.spec_from_file_location("nomoat_setup", ROOT / ".ci" / "setup.py")
    assert spec
    assert spec.loader
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    return str(setup.advice(setup.TERMINAL))


@pytest.fixture(scope="module", params=WIDTHS)
def screens(request: pytest.FixtureRequest) -> dict[str, Screen]:
    """Every screen that is kept of every scene, at one width."""
    if shutil.which("tmux") is None:
        pytest.fail(f"There is no tmux: {installing()}", pytrace=False)
    return {screen.name: screen for screen in record(request.param)}


def plain(screen: Screen) -> str:
    """Its text in one line, as if nothing had been wrapped."""
    return " ".join(screen.text.split())


def marks(screen: Screen) -> str:
    """The marks of the plan's steps, where it is shown last."""
    found = [re.findall(rf"^  ([✓▸○]) {re.escape(step)}$", screen.text, re.M)[-1] for step in PLAN]
    return "".join(found)


# -- whatever is shown -------------------------------------------------------------------------


def test_it_is_what_the_pages_show(screens: dict[str, Screen]) -> None:
    for screen in screens.values():
        kept = (KEPT / screen.file).read_text("utf-8")
        changes = difflib.unified_diff(kept.splitlines(), screen.text.splitlines(), lineterm="")
        assert screen.text == kept, "\n".join(
            [*changes, "If that is meant: .venv/bin/python -m tests.screens"]
        )


def test_every_file_of_the_pages_is_a_screen(screens: dict[str, Screen]) -> None:
    (width,) = {screen.width for screen in screens.values()}
    assert {f.name for f in KEPT.glob(f"*-{width}.txt")} == {s.file for s in screens.values()}


def test_no_line_is_wider_than_the_terminal(screens: dict[str, Screen]) -> None:
    for screen in screens.values():
        assert max(map(cell_len, screen.text.splitlines())) <= screen.width


def test_nothing_is_left_of_what_moved(screens: dict[str, Screen]) -> None:
    for name, screen in screens.items():
        codes = {c for c in screen.text if unicodedata.category(c)[0] == "C" and c != "\n"}
        assert not codes
        assert "�" not in screen.text
        if name.endswith(("-end", "-question", "-menu")):
            assert not SPINNING.search(screen.text)
        else:
            assert len(SPINNING.findall(screen.text)) == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("run-end", COMPARE),
        ("run-end", f"Step 2 · {SAYS} Still to do: write North. (36 tok/s)"),
        ("run-end", f"query_table(sql={MOST})"),
        ("steps-end", "All 2 steps it had are used. Begin again with --max-steps 4"),
        ("misspelt-end", "Did you mean 'models'? (If it is a goal: nomoat run 'modles'.)"),
    ],
)
def test_no_word_is_broken_where_it_wraps(
    screens: dict[str, Screen], name: str, sentence: str
) -> None:
    assert sentence in plain(screens[name])


def test_nothing_flickers(screens: dict[str, Screen]) -> None:
    looked = 0
    for screen in screens.values():
        began = False
        for look in screen.looks:
            assert look.strip()
            began = began or "· run " in look
            if began:  # what was printed stays, whatever moves below it
                looked += 1
                assert "qwen2.5-coder-1.5b · run" in look
                assert "may: read files" in look
    assert looked > 30


# -- a run -------------------------------------------------------------------------------------


def test_while_the_prompt_is_read_it_is_told_how_far_and_how_long(
    screens: dict[str, Screen],
) -> None:
    text = screens["run-reading"].text
    assert "⠋ reading 40 %, about 8 s left · 9 of 600 s" in text
    assert marks(screens["run-reading"]) == "▸○"


def test_the_thought_is_shown_as_it_is_written(screens: dict[str, Screen]) -> None:
    screen = screens["run-thinking"]
    assert re.search(r"^  I have to compare the regions in sales\.csv, so\b", screen.text, re.M)
    assert "I ask the table for the sum of each" not in screen.text  # it is not there yet
    assert "⠋ thinking · step 1 of 20 · 9 of 600 s" in screen.text
    assert marks(screen) == "▸○"


def test_the_line_below_tells_the_speed_and_how_full_the_context_is(
    screens: dict[str, Screen],
) -> None:
    text = screens["run-second-step"].text
    line = "⠋ thinking · step 2 of 20 · 9 of 600 s · 36 tok/s · context 14 %"
    assert text.rstrip().splitlines()[-1] == line
    assert STATUS.search(text)


def test_a_call_is_shown_with_its_arguments_and_what_came_of_it(screens: dict[str, Screen]) -> None:
    screen = screens["run-second-step"]
    assert f"query_table(sql={MOST})" in plain(screen)
    assert "\n  │ North  | 7581.9\n" in screen.text
    assert "\n  │ (4 rows)\n" in screen.text


def test_at_the_end_the_plan_is_ticked_and_the_answer_rests_on_something(
    screens: dict[str, Screen],
) -> None:
    screen = screens["run-end"]
    assert marks(screen) == "✓✓"
    assert "North sold the most, 7,581.90 in all. Its name is in best.txt.\n" in screen.text
    assert "sources: sales.csv\nevidence: step 1, 2\nfiles changed: best.txt\n" in screen.text
    assert screen.text.splitlines()[-1].startswith("reached in 9.4 s, 2 steps, 36 tok/s, ")


# -- an approval -------------------------------------------------------------------------------


def test_a_question_shows_what_would_happen_and_every_answer(screens: dict[str, Screen]) -> None:
    text = screens["approval-question"].text
    assert "  write_file would write\n" in text
    assert "\n+++ b/best.txt\n@@ -0,0 +1 @@\n+North\n" in text
    *_, before, last = text.splitlines()
    assert last == "  Allow?"
    assert "or say what to do instead" in before
    for answer in ("y once", "r in this run", "e edit it first", "n no", "a always (allow tool"):
        assert any(answer in line for line in text.splitlines()[-4:]), answer


def test_what_was_asked_and_answered_stays(screens: dict[str, Screen]) -> None:
    asked, end = screens["approval-question"].text, screens["approval-end"].text
    assert end.startswith(asked.rstrip() + " y\n  │ Wrote 1 line (6 bytes) to best.txt.\n")
    assert marks(screens["approval-end"]) == "✓✓"


# -- a pause -----------------------------------------------------------------------------------


def test_a_pause_says_where_the_run_is_and_what_can_be_done(screens: dict[str, Screen]) -> None:
    screen = screens["pause-menu"]
    assert "Pausing after this token. Ctrl-C again stops at once.\n" in screen.text
    assert "^C" not in screen.text
    assert marks(screen) == "▸○"
    assert screen.text.splitlines()[-1] == "  You:"
    for choice in ("Enter go on", "p edit the plan", "q stop, to go on later", "or say what the"):
        assert choice in screen.text


def test_what_was_said_is_a_step_and_the_run_goes_on(screens: dict[str, Screen]) -> None:
    text = screens["pause-end"].text
    assert "  You: Write its total too.\n\nStep 2 · The person says: Write its total too.\n" in text
    assert "write_file(path=best.txt, content=North 7,581.90)" in text
    assert marks(screens["pause-end"]) == "✓✓"
    assert "\nreached in " in text


# -- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "happened", "to_do"),
    [
        ("steps-end", "out of budget in 9.4 s, 2 steps", "Begin again with --max-steps 4"),
        ("no-model-end", "Error: There is no file models/llama.gguf.", "`nomoat models list`"),
        ("no-endpoint-end", "Error: Nothing answers at http://127.0.0.1:9/v1:", "Start the server"),
        ("misspelt-end", "No such option '--wrokspace'.", "Did you mean '--workspace'?"),
        ("misspelt-end", "No such command 'modles'.", "Did you mean 'models'?"),
        ("misspelt-end", "No such option '--verson'.", "Did you mean '--version'?"),
    ],
)
def test_a_failure_says_what_happened_and_what_to_do(
    screens: dict[str, Screen], name: str, happened: str, to_do: str
) -> None:
    text = plain(screens[name])
    assert happened in text
    assert to_do in text.partition(happened)[2]
    assert "Traceback" not in text
    assert "Errno" not in text


def test_a_run_out_of_steps_shows_how_far_it_came(screens: dict[str, Screen]) -> None:
    text = screens["steps-end"].text
    assert "\n  ✓ Compute 17% of 2,340.\n  ▸ 17% of 3,120.\n  ○ 17% of 4,050.\n" in text
    assert "The third is missing." in text
