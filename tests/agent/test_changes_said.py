"""Changes that an answer tells of, held against the files that were changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.changes_said import changes_not_made

CHANGED = ("minutes/march.md",)


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (
            "The dues.csv file and the members.csv file have been updated.",
            ["dues.csv", "members.csv"],
        ),
        ("dues.csv, members.csv and minutes/march.md were changed.", ["dues.csv", "members.csv"]),
        ("`notes.txt` has been successfully corrected.", ["notes.txt"]),
        ("march.md has been updated with her name.", []),
        ("The text of notes.txt has been written to minutes/march.md.", []),
        ("notes.txt has been read, and march.md was corrected.", []),
        ("Her name stands in notes.txt.", []),
        ("notes.txt has not been changed.", []),
    ],
)
def test_what_nobody_changed_is_said_to_be_so(answer: str, wrong: list[str]) -> None:
    claims = changes_not_made(answer, CHANGED)
    assert [claim.text for claim in claims] == [f"a change of {name}" for name in wrong]
    assert not any(claim.steps for claim in claims)


@given(st.text())
def test_of_any_answer_nothing_is_wrong_that_names_no_file(answer: str) -> None:
    assert all("." in claim.text for claim in changes_not_made(answer, ()))
