"""Changes that an answer tells of, held against the files that were changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nomoat.agent.check.changes_said import changes_not_made, files_denied

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


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("The package.json file is not in the workspace.", ["package.json"]),
        ("`notes.txt` was not found, so nothing was done.", ["notes.txt"]),
        ("There is no file named notes.txt here.", ["notes.txt"]),
        ("notes.txt does not exist.", ["notes.txt"]),
        ("The name is not in notes.txt.", []),
        ("notes.txt is not about her.", []),
        ("dues.csv is not in the workspace.", []),
    ],
)
def test_a_file_that_is_there_is_not_said_to_be_missing(answer: str, wrong: list[str]) -> None:
    claims = files_denied(answer, {"package.json", "notes.txt"}.__contains__)
    assert [claim.text for claim in claims] == [f"{name} is not there" for name in wrong]
    assert not any(claim.steps for claim in claims)


NAMES = st.lists(
    st.from_regex(r"[a-z]{3,8}\.(txt|md|csv)", fullmatch=True), min_size=1, unique=True
)


@given(NAMES, st.data())
def test_of_the_files_that_are_told_of_those_are_wrong_that_stand_as_they_were(
    names: list[str], data: st.DataObject
) -> None:
    changed = data.draw(st.sets(st.sampled_from(names)))
    answer = f"{', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]} have been updated."
    wrong = [f"a change of {name}" for name in names if name not in changed]
    assert [claim.text for claim in changes_not_made(answer, changed)] == wrong
