"""Tools for travel, languages and pictures: installed, and with nothing to tell."""

from __future__ import annotations

from nomoat.tools import tool

NOTHING = "There is no entry for that."


@tool(effects="network")
def find_train(start: str, end: str, day: str) -> str:
    """Train connections between two stations."""
    return NOTHING


@tool(effects="network")
def find_flight(start: str, end: str, day: str) -> str:
    """Flights between two airports on a day."""
    return NOTHING


@tool(effects="network")
def find_hotel(town: str, night: str, guests: int = 2) -> str:
    """Free hotel rooms in a town."""
    return NOTHING


@tool(effects="network")
def track_parcel(number: str) -> str:
    """Where a parcel is, by its number."""
    return NOTHING


@tool(effects="network")
def exchange_rate(amount: float, source: str, target: str) -> str:
    """Convert money at today's rate."""
    return NOTHING


@tool(effects="network")
def stock_price(symbol: str) -> str:
    """The price of a share on the stock exchange."""
    return NOTHING


@tool(effects="none")
def translate_text(text: str, language: str) -> str:
    """Translate a text into another language."""
    return NOTHING


@tool(effects="none")
def define_word(word: str, language: str = "en") -> str:
    """The meaning of a word, from a dictionary."""
    return NOTHING


@tool(effects="none")
def spell_check(text: str, language: str = "en") -> str:
    """Find spelling mistakes in a text."""
    return NOTHING


@tool(effects="none")
def convert_units(amount: float, source: str, target: str) -> str:
    """Convert metres to feet, litres to pints and so on."""
    return NOTHING


@tool(effects="none")
def holiday_calendar(country: str, year: int) -> str:
    """Public holidays of a country in a year."""
    return NOTHING


@tool(effects="none")
def sun_times(place: str, day: str = "") -> str:
    """When the sun rises and sets at a place."""
    return NOTHING


@tool(effects="write")
def resize_image(name: str, width: int, height: int = 0) -> str:
    """Make a picture smaller or larger."""
    return NOTHING


@tool(effects="read")
def read_barcode(picture: str) -> str:
    """Read the barcode or QR code in a picture."""
    return NOTHING


@tool(effects="read")
def photo_info(picture: str) -> str:
    """When and where a photo was taken, and with which camera."""
    return NOTHING


@tool(effects="read")
def speech_to_text(recording: str, language: str = "en") -> str:
    """Write down what is said in a recording."""
    return NOTHING


@tool(effects="write")
def merge_pdf(names: list[str], target: str) -> str:
    """Join several PDF documents into one."""
    return NOTHING


@tool(effects="read")
def archive_search(words: str, year: int = 0) -> str:
    """Search the scanned papers of the family archive."""
    return NOTHING
