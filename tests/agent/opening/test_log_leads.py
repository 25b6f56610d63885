"""What was out of the ordinary in a log on a day that a goal names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nomoat.agent.opening.leads import Lead
from nomoat.agent.opening.log_leads import MOST, RARE, log_leads
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.tables import Tables

ORDINARY = [
    f"2026-05-{day:02} {hour:02}:00:00 INFO  sent page {day * hour}\n"
    for day in range(1, 31)
    for hour in range(24)
]
RARELY = "2026-05-07 03:10:00 ERROR fan 2 stands still\n"


def found(folder: Path, goal: str, lines: list[str], today: date | None = None) -> tuple[Lead, ...]:
    (folder / "pump.log").write_text("".join(sorted(lines)))
    place = Workspace(folder)
    return log_leads(goal, place, Tables(place).infos(), today)


def test_the_rare_lines_of_the_day_are_shown(tmp_path: Path) -> None:
    other = "2026-05-08 04:10:00 ERROR fan 2 is hot\n"
    (lead,) = found(tmp_path, "Why did it stop on 7 May 2026?", [*ORDINARY, RARELY, other])
    assert lead.text == "2026-05-07 03:10:00 ERROR fan 2 stands still"
    assert (lead.path, lead.first) == ("pump.log", 6 * 24 + 5)


def test_yesterday_is_a_day_too(tmp_path: Path) -> None:
    (lead,) = found(tmp_path, "Why did it stop yesterday?", [*ORDINARY, RARELY], date(2026, 5, 8))
    assert "stands still" in lead.text


@pytest.mark.parametrize(
    "goal",
    [
        "Why did it stop?",
        "Why did it stop on 9 May 2026?",
        "Why did it stop in May 2026?",
        "What is due on 7 May 2026?",
        "What was the total of errors on 7 May 2026?",
        "How often did it stop on 7 May 2026?",
    ],
)
def test_without_a_day_or_where_it_is_counted_nothing_is_shown(tmp_path: Path, goal: str) -> None:
    assert found(tmp_path, goal, [*ORDINARY, RARELY]) == ()


def test_a_text_is_no_log(tmp_path: Path) -> None:
    assert found(tmp_path, "Why on 7 May 2026?", ["The fan stood still on 2026-05-07.\n"]) == ()


def test_a_storm_of_one_day_is_out_of_the_ordinary_too(tmp_path: Path) -> None:
    storm = [f"2026-05-07 03:10:{at:02} ERROR fan {at} stands still\n" for at in range(50)]
    (lead,) = found(tmp_path, "What went wrong on 7 May 2026?", [*ORDINARY, *storm])
    assert len(lead.text.splitlines()) == RARE


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), max_size=40))
def test_only_what_is_rare_is_shown_and_not_too_much(
    tmp_path_factory: pytest.TempPathFactory, said: list[str]
) -> None:
    lines = [f"2026-05-07 03:10:{at:02} WARN  valve {one}\n" for at, one in enumerate(said)]
    leads = found(
        tmp_path_factory.mktemp("log"), "What happened on 7 May 2026?", [*ORDINARY, *lines]
    )
    shown = [line for lead in leads for line in lead.text.splitlines()]
    each = [min(said.count(one), RARE) for one in set(said)]
    assert len(shown) == min(sum(each), MOST)
    assert {line.split()[-1] for line in shown} <= set(said)
