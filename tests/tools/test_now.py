from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from nomoat.tools.base import spec_of
from nomoat.tools.now import now_tool


def test_now_says_date_time_weekday_and_zone() -> None:
    zone = timezone(timedelta(hours=2), "CEST")
    tool = now_tool(lambda: datetime(2026, 11, 22, 7, 5, 9, tzinfo=zone))
    assert tool.invoke({}) == "2026-11-22 07:05:09, Sunday (CEST, UTC+0200)"
    assert spec_of(tool).effects == frozenset()


def test_now_is_now_where_this_machine_is() -> None:
    said = now_tool().invoke({})
    time, offset = said[:19], said[-6:-1]
    told = datetime.strptime(f"{time} {offset}", "%Y-%m-%d %H:%M:%S %z")
    assert abs(datetime.now(UTC) - told) < timedelta(seconds=5)
