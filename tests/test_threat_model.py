"""Each promise of the threat model is held by a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "THREAT_MODEL.md").read_text("utf-8")
NAMED = re.findall(r"(tests/[\w/]+\.py)::(\w+)", TEXT)


@pytest.mark.parametrize("file", sorted({file for file, _ in NAMED}))
def test_the_tests_that_are_named_exist(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {name for other, name in NAMED if other == file} <= there


def test_every_promise_names_a_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]
    promises = [row for row in rows if not re.match(r"\|\s*(Promise|-)", row)]
    assert len(promises) >= 25
    assert [row for row in promises if "::test_" not in row] == []


def test_other_files_that_are_named_exist() -> None:
    assert [
        name for name in re.findall(r"tests/[\w/]+\.py", TEXT) if not (ROOT / name).exists()
    ] == []
