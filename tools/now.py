"""`now`: a model knows neither the date nor the time of day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from langchain_core.tools import BaseTool

from nomoat.tools.base import tool
from nomoat.tools.uses import USES


def _local() -> datetime:
    return datetime.now().astimezone()


def now_tool(clock: Callable[[], datetime] = _local) -> BaseTool:
    """`now`, by this machine's clock and time zone."""

    @tool(effects="none", uses=USES["now"])
    def now() -> str:
        """The current date, time, weekday and time zone."""
        time = clock()
        zone = f"{time.tzname() or 'local time'}, UTC{time:%z}"
        return f"{time:%Y-%m-%d %H:%M:%S}, {_DAYS[time.weekday()]} ({zone})"

    return now


# not strftime's %A: that follows the locale, and prompts are in English
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
