"""Each example runs as it stands, in a process of its own, and says what is right."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from nomoat.agent.scripted import answer, call
from nomoat.tools.testing import call_tool, load_tool
from tests.spoken import speaking

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "examples"
SCREEN = 50


@dataclass(frozen=True, slots=True)
class Scripted:
    """An example that thinks with a script: what the model says, and what is printed."""

    script: str
    says: str


SAYS = {
    "hello": r"query_table\(.*North.*\nreached; seen in step",
    "documents": r"4 documents added.*030 5550 142.*from \S*heating\.eml message 1\n",
    "plugin": r"\b17\b",
    "many_goals": r"397\.8.*reached in.*\b42\b.*reached in",
    "langchain_agent": r"weather\(\{'city': 'Bergen'\}\).*tool: In Bergen.*ai: .*17",
}
"""What those print that think with the default model. The goals are such that only what was looked
up or computed fits."""
SCRIPTED = {
    "table": Scripted(
        """[
        call("query_table", sql="SELECT planet, COUNT(*) AS moons FROM moons GROUP BY planet"
             " ORDER BY moons DESC LIMIT 1"),
        answer("Saturn has the most moons in moons.csv: 5."),
        ]""",
        r"planet \| moons\nSaturn \|     5\n.*: 5\.\n  moons\.csv: the goal\n  5: step 1\n",
    ),
    "tidy": Scripted(
        """[
        call("move_file", source="invoice-march.txt", target="invoices/invoice-march.txt"),
        call("move_file", source="invoice-april.txt", target="invoices/invoice-april.txt"),
        answer("I moved invoice-march.txt and invoice-april.txt to invoices."),
        ]""",
        r"after:  bread\.txt, invoices/invoice-april\.txt, invoices/invoice-march\.txt\n.*\n"
        r"undone: bread\.txt, invoice-april\.txt, invoice-march\.txt\n",
    ),
    "web_report": Scripted(
        """[
        call("browse", url="http://here/harbour.html"),
        call("browse", url="http://here/station.html"),
        call("write_file", path="report.md", content="Harbour: until 15:30. Station: until 13:00."),
        answer("The harbour library is open until 15:30, the station library until 13:00."
               " That is in report.md."),
        ]""",
        r"\AHarbour: until 15:30\. Station: until 13:00\.\n.*from http://127\.0\.0\.1:\d+/harbour"
        r".*from http://127\.0\.0\.1:\d+/station",
    ),
    "langchain_tool": Scripted(
        """[
        call("grep_search", pattern="drain is blocked", path="/", include="*.txt",
             output_mode="content"),
        answer("The file washing-machine.txt mentions a blocked drain."),
        ]""",
        r"allowed: grep_search .*\nThe file washing-machine\.txt mentions",
    ),
}
NAMES = [*SAYS, *SCRIPTED, "other_mind"]


def test_no_example_is_left_out() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_fits_on_a_screen_and_says_how_to_run_it(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text("utf-8")
    assert len(text.splitlines()) <= SCREEN
    assert f"python examples/{name}.py" in str(ast.get_docstring(ast.parse(text)))


@pytest.mark.parametrize("page", ["README.md", "docs/examples.md"])
def test_every_example_is_told_of(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert [name for name in NAMES if f"examples/{name}.py" not in text] == []


@pytest.mark.goals
@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs(name: str, tmp_path: Path, chat_model_path: Path) -> None:
    assert re.search(SAYS[name], printed(tmp_path, str(EXAMPLES / f"{name}.py")), re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTED)
def test_an_example_runs_with_a_script(name: str, tmp_path: Path) -> None:
    runner, example = str(ROOT / "tests" / "scripted_example.py"), str(EXAMPLES / f"{name}.py")
    said = printed(tmp_path, runner, example, script=SCRIPTED[name].script)
    assert re.search(SCRIPTED[name].says, said, re.DOTALL), said


@pytest.mark.slow
def test_a_server_can_be_the_mind(tmp_path: Path) -> None:
    lines = [
        call(
            "query_table",
            "I have to compare the regions in sales.csv, so I ask the table for their sums.",
            sql="SELECT region, SUM(amount) AS total FROM sales GROUP BY region ORDER BY 2 DESC",
        ),
        answer("North sold the most.", "The result says North, which is all that was asked."),
    ]
    with speaking(lines, "big") as address:
        said = printed(tmp_path, str(EXAMPLES / "other_mind.py"), address)
    assert re.search(r"\ANorth sold the most\.\nreached with .*: 1 steps in ", said), said
    assert lines == []


def printed(place: Path, *command: str, script: str = "") -> str:
    """What a script prints; it succeeds, and leaves nothing behind."""
    before = sorted(EXAMPLES.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-B", *command],
        cwd=place,
        env={**os.environ, "SCRIPT": script},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(EXAMPLES.rglob("*")) == before
    assert list(place.iterdir()) == []
    return done.stdout


def test_the_plugins_are_tools_without_effects() -> None:
    region = load_tool(EXAMPLES / "plugins" / "postcode.py")
    assert call_tool(region, postcode="20095").text == "Hamburg"
    assert call_tool(region, postcode="99084").text == "elsewhere in Germany"
    assert not call_tool(region).ok
    stock = load_tool(EXAMPLES / "plugin.py")
    assert call_tool(stock, article="lamp").text == "17"
