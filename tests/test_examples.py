"""Each example runs as it stands, in a process of its own, and says what is right."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nomoat.tools.testing import call_tool, load_tool

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SAYS = {
    "hello": r"query_table\(.*North.*\nreached; seen in step",
    "documents": r"4 documents added.*030 5550 142.*from \S*heating\.eml message 1\n",
    "own_tools": r"\b17\b",
    "many_goals": r"397\.8.*reached in.*\b42\b.*reached in",
    "langchain_agent": r"weather\(\{'city': 'Bergen'\}\).*tool: In Bergen.*ai: .*17",
}
"""What each prints. The goals are such that only what was looked up or computed fits."""
SCREEN = 50


def test_no_example_is_left_out() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(SAYS)


@pytest.mark.parametrize("name", SAYS)
def test_an_example_fits_on_a_screen_and_says_how_to_run_it(name: str) -> None:
    text = (EXAMPLES / f"{name}.py").read_text("utf-8")
    assert len(text.splitlines()) <= SCREEN
    assert f"python examples/{name}.py" in str(ast.get_docstring(ast.parse(text)))


@pytest.mark.goals
@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SAYS)
def test_an_example_runs(name: str, tmp_path: Path, chat_model_path: Path) -> None:
    before = sorted(EXAMPLES.rglob("*"))
    done = subprocess.run(
        [sys.executable, "-B", str(EXAMPLES / f"{name}.py")],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(SAYS[name], done.stdout, re.DOTALL), done.stdout
    assert sorted(EXAMPLES.rglob("*")) == before
    assert list(tmp_path.iterdir()) == []


def test_the_plugin_is_a_tool_without_effects() -> None:
    region = load_tool(EXAMPLES / "plugins" / "postcode.py")
    assert call_tool(region, postcode="20095").text == "Hamburg"
    assert call_tool(region, postcode="99084").text == "elsewhere in Germany"
    assert not call_tool(region).ok
