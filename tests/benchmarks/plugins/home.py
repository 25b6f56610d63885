"""Tools of a house and of its people: installed, and with nothing to tell."""

from __future__ import annotations

from typing import Literal

from nomoat.tools import tool

NOTHING = "There is no entry for that."


@tool(effects="network")
def get_weather(place: str, days: int = 3) -> str:
    """The weather forecast of a place for the next days."""
    return NOTHING


@tool(effects="network")
def set_light(room: str, on: bool, percent: int = 100) -> str:
    """Switch the lamps of a room on or off, or dim them."""
    return NOTHING


@tool(effects="network")
def set_heating(room: str, degrees: float) -> str:
    """Set the temperature of a room's heating."""
    return NOTHING


@tool(effects="read")
def room_climate(room: str) -> str:
    """Temperature and humidity that the sensor of a room shows now."""
    return NOTHING


@tool(effects="read")
def power_meter(unit: Literal["kwh", "watt"] = "kwh") -> str:
    """What the electricity meter of the house shows."""
    return NOTHING


@tool(effects="network")
def play_music(title: str, loud: int = 50) -> str:
    """Play a song or an album on the loudspeakers."""
    return NOTHING


@tool(effects="none")
def set_timer(minutes: float, label: str = "") -> str:
    """Start a timer that rings after some minutes."""
    return NOTHING


@tool(effects="none")
def set_alarm(hour: int, minute: int = 0, weekdays: tuple[str, ...] = ()) -> str:
    """Set an alarm clock."""
    return NOTHING


@tool(effects="read")
def find_recipe(ingredients: list[str], servings: int = 2) -> str:
    """Find a recipe for given ingredients in the cookbook."""
    return NOTHING


@tool(effects="read")
def count_calories(food: str, grams: float = 100) -> str:
    """The calories and nutrients of a food."""
    return NOTHING


@tool(effects="write")
def log_weight(kilograms: float) -> str:
    """Note the body weight of today in the health diary."""
    return NOTHING


@tool(effects="read")
def step_count(day: str = "today") -> str:
    """How many steps the pedometer has counted on a day."""
    return NOTHING


@tool(effects="read")
def sleep_report(nights: int = 7) -> str:
    """How long and how well somebody has slept, by the watch."""
    return NOTHING


@tool(effects="read")
def medicine_plan(person: str) -> str:
    """Which medicines a person takes, and when."""
    return NOTHING


@tool(effects="read")
def plant_care(plant: str) -> str:
    """How much light and water a house plant needs."""
    return NOTHING


@tool(effects="read")
def bin_days(street: str) -> str:
    """On which days the bins of a street are emptied."""
    return NOTHING


@tool(effects="read")
def door_log(since: str = "") -> str:
    """Who has opened the front door, and when."""
    return NOTHING


@tool(effects="network")
def start_vacuum(rooms: list[str]) -> str:
    """Send the vacuum robot through some rooms."""
    return NOTHING
